package viz

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/flatland-go/flatland/pkg/mat32"
	"gonum.org/v1/gonum/mat"
)

// A Trajectory is a sequence of points: the states of a system over time, or of a model in training.
type Trajectory struct {
	// Name stands in the legend. Without a name a trajectory is called by its number, from 0.
	Name string
	// At has the points as its rows, in order: two columns or three, as all trajectories of a chart have.
	At mat.Matrix
	// Time is when the points are: increasing numbers. Nil means 0, 1, 2, ….
	Time []float64
}

// Courses says how [Trajectories] are drawn. All of it may be left out.
type Courses struct {
	// ByTime colours the lines by time, with a colour bar in place of the legend; so is what has no name to be coloured by.
	ByTime bool
	// TimeName is what the time is, with its unit. Empty means "step" where no trajectory has a Time, else "time".
	TimeName string
	// Width is that of the lines in pixels, 0.3 to 10. Zero means from 2.2 for up to 200 points, shrinking as their number grows, to 0.8.
	Width float64
}

// MaxVertices is how many points the trajectories of a chart have at most, together.
const MaxVertices = 200_000

// Trajectories draws sequences of points as curves, in the plane or in a box that can be turned, as their matrices have two columns or
// three: the orbits of a dynamical system, the way of a model through the space of functions. A dot is at the start of each, and arrowheads
// along its way; where one passes behind another, or behind itself, it is paler, and interrupted.
//
//	viz.Trajectories(viz.Courses{}, viz.Trajectory{Name: "seed 1", At: a}, viz.Trajectory{Name: "seed 2", At: b})
//
// In the notebook the point under the pointer says its sequence, time and coordinates, and a box is turned as that of [Scatter3D]. Of more than
// some thousand points the chart that is saved holds the ends of nearly straight pieces only, and says so.
//
// What is wrong with the arguments is the chart's error: [mat32.ErrEmpty] without a trajectory or for one without points, a
// [*mat32.NotFiniteError], a [*mat32.ShapeError] for matrices of other shapes, times that are not one for each point, and more than MaxVertices
// points, a [*mat32.ParamError] for times that do not increase, more than [MaxClasses] trajectories coloured by name, and a Width out of
// range. It costs O(points).
func Trajectories(c Courses, all ...Trajectory) *Chart {
	s, err := newTrajectories(c, all)
	if err != nil {
		return &Chart{err: fmt.Errorf("viz.Trajectories: %w", err)}
	}
	return &Chart{fig: s}
}

func newTrajectories(c Courses, all []Trajectory) (*space, error) {
	if c.Width != 0 && !(0.3 <= c.Width && c.Width <= 10) {
		return nil, param("Courses", "Width", c.Width, "0.3 ≤ Width ≤ 10 pixels, or 0 for the default")
	}
	if len(all) == 0 {
		return nil, mat32.ErrEmpty
	}
	rows, columns := 0, 0
	for i, t := range all {
		where := fmt.Sprintf("Trajectory[%d].At", i)
		if err := filled(t.At); err != nil {
			return nil, fmt.Errorf("%s: %w", where, err)
		}
		n, d := t.At.Dims()
		if d != 2 && d != 3 || i > 0 && d != columns {
			return nil, &mat32.ShapeError{What: where, Rows: n, Cols: d, Want: "2 or 3 columns, as many as the others"}
		}
		if t.Time != nil && len(t.Time) != n {
			return nil, &mat32.ShapeError{What: fmt.Sprintf("Trajectory[%d].Time", i), Rows: len(t.Time), Cols: 1, Want: fmt.Sprintf("one for each of the %d points", n)}
		}
		for k, v := range t.Time {
			if !(math.Abs(v) <= most) || k > 0 && v <= t.Time[k-1] {
				return nil, param(fmt.Sprintf("Trajectory[%d]", i), fmt.Sprintf("Time[%d]", k), v, "finite numbers that increase")
			}
		}
		rows, columns = rows+n, d
	}
	if rows > MaxVertices {
		return nil, &mat32.ShapeError{What: "At", Rows: rows, Cols: columns, Want: fmt.Sprintf("at most %d points in all; take every other", MaxVertices)}
	}
	y, p := mat.NewDense(rows, columns, nil), Points{}
	var courses []course
	times := make([]float64, 0, rows)
	named, timed := false, false
	for i, t := range all {
		n, _ := t.At.Dims()
		courses = append(courses, course{len(times), len(times) + n})
		for k := range n {
			for j := range columns {
				y.Set(len(times), j, t.At.At(k, j))
			}
			when := float64(k)
			if t.Time != nil {
				when = t.Time[k]
			}
			times = append(times, when)
			p.Labels = append(p.Labels, i)
		}
		p.Names = append(p.Names, t.Name)
		if t.Name == "" {
			p.Names[i] = fmt.Sprint(i)
		}
		named, timed = named || t.Name != "", timed || t.Time != nil
	}
	if byTime := c.ByTime || !named && len(all) == 1; byTime {
		p.Values, p.ValueName = times, c.TimeName
		if p.ValueName == "" {
			p.ValueName = map[bool]string{false: "step", true: "time"}[timed]
		}
	}
	s, err := newSpace("trajectories", y, p, columns, "")
	if err != nil {
		return nil, err
	}
	s.courses, s.times, s.unnamed, s.bare, s.width = courses, times, !named, true, c.Width
	if s.width == 0 {
		s.width = math.Min(2.2, math.Max(0.8, 2.2*math.Pow(200/float64(rows), 0.16)))
	}
	s.p.ValueName = c.TimeName
	if s.p.ValueName == "" {
		s.p.ValueName = map[bool]string{false: "step", true: "time"}[timed]
	}
	var said []string
	for _, t := range all {
		if t, ok := t.At.(interface{ Caption() string }); ok && !slices.Contains(said, t.Caption()) {
			said = append(said, t.Caption())
		}
	}
	s.source = strings.Join(append(said, fmt.Sprintf("%s of %d points", counted(len(all), "trajectory", "trajectories"), rows)), " · ")
	return s, nil
}

func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func (s *space) coursesInWords() string {
	n := len(s.courses)
	said := fmt.Sprintf("%s in %d dimensions", counted(n, "trajectory", "trajectories"), 3-map[bool]int{true: 1}[s.flat])
	if n == 1 {
		name := ""
		if !s.unnamed {
			name = s.p.Names[0] + ", "
		}
		return said + fmt.Sprintf(": %s%d points", name, len(s.x))
	}
	for i, c := range s.courses {
		if i == 6 && n > 7 {
			return said + fmt.Sprintf(" and %d more", n-i)
		}
		said += fmt.Sprintf("%s %s (%d)", [2]string{":", ","}[min(i, 1)], s.p.Names[i], c.end-c.first)
	}
	return said
}
