package viz

import (
	"fmt"
	"math"
	"strings"

	"github.com/flatland-go/flatland/pkg/mat32"
	"gonum.org/v1/gonum/mat"
)

// A Snapshot is one of several maps of the same rows: of one moment of an optimisation, or for one choice of a parameter.
type Snapshot struct {
	Y    mat.Matrix // a map of the plane: two columns
	Name string     // "iteration 250", "perplexity 30"
	Loss float64    // shown beside the name unless it is 0 or NaN
}

// MaxSnapshots is how many snapshots an [Animation] takes.
const MaxSnapshots = 1000

// moving is the figure of points that move from one map to the next: that of Animation, and of Displacement. The scatter is the last map.
type moving struct {
	*scatter
	name    string
	states  []state
	strip   []int     // the snapshots that the reader sees at once, small
	lengths []float64 // of a Displacement, how far each row is from its first place; else nil
	longest float64
	said    string // what the caption says besides
}

// A state is a snapshot in its place.
type state struct {
	x, y []float64 // as those of scatter
	name string
	loss string // "", or " · loss 1.5"
}

// Animation draws maps of the same rows as one map whose points move. In the notebook the reader plays it, or moves a slider; hover,
// legend, lasso and zoom work at every moment, and below are up to six of the snapshots, small, which a click goes to: the first, the last,
// and some between which the points go about the same way. The static
// picture has the last snapshot large and these below. All have the same limits.
//
//	ctx, rec := viz.Record(cell.Context(), viz.Tape{})
//	emb, err := dr.TSNE{}.Embed(ctx, x)
//	viz.Animation(rec.Snapshots(), viz.Points{Labels: d.Labels}).Show()
//
// Maps for several choices of a parameter differ by turns and reflections that mean nothing: [Aligned] takes them away.
//
// Between snapshots points move along straight lines, which are no part of the optimisation; for readers who ask their system for reduced
// motion they jump. Places are rounded to 1/8192 of the plot's side. The page has as many of the snapshots and rows, spread evenly, as there
// is room for, and says so: 60 snapshots of 3000 points all.
//
// What is wrong with the arguments is the chart's error: those of [Scatter] for each snapshot, [mat32.ErrEmpty] where there is none,
// [*mat32.ShapeError] for snapshots that differ in their rows, [*mat32.ParamError] for fewer than two or more than MaxSnapshots. It costs
// O(snapshots · n), about half a second for 60 snapshots of 3000 points.
func Animation(snapshots []Snapshot, p Points) *Chart {
	m, err := newAnimation(snapshots, p)
	if err != nil {
		return &Chart{err: fmt.Errorf("viz.Animation: %w", err)}
	}
	return &Chart{fig: m}
}

func newAnimation(snapshots []Snapshot, p Points) (*moving, error) {
	m, err := newMoving("animation", snapshots, p)
	if err != nil {
		return nil, err
	}
	const small = 6
	m.strip = m.along(small)
	m.said = fmt.Sprintf("%d snapshots", len(snapshots))
	return m, nil
}

func newMoving(name string, snapshots []Snapshot, p Points) (*moving, error) {
	switch k := len(snapshots); {
	case k == 0:
		return nil, mat32.ErrEmpty
	case k < 2 || k > MaxSnapshots:
		return nil, param("viz.Animation", "snapshots", k, fmt.Sprintf("2 to %d", MaxSnapshots))
	}
	last := len(snapshots) - 1
	s, err := newScatter(snapshots[last].Y, p)
	if err != nil {
		return nil, fmt.Errorf("snapshot %d: %w", last, err)
	}
	limits := s.limits
	for i, shot := range snapshots[:last] {
		if err := sameRows(shot.Y, len(s.x)); err != nil {
			return nil, fmt.Errorf("snapshot %d: %w", i, err)
		}
		for j := range limits {
			for row := range s.x {
				limits[j].add(shot.Y.At(row, j))
			}
		}
	}
	m := &moving{scatter: s, name: name}
	for i, shot := range snapshots {
		at := scatter{rows: shot.Y}
		at.place(limits)
		one := state{at.x, at.y, shot.Name, ""}
		if one.name == "" {
			one.name = fmt.Sprintf("%d of %d", i+1, len(snapshots))
		}
		if shot.Loss != 0 && shot.Loss-shot.Loss == 0 {
			one.loss = " · loss " + minus(fmt.Sprintf("%.4g", shot.Loss))
		}
		m.states = append(m.states, one)
	}
	s.limits, s.x, s.y = limits, m.states[last].x, m.states[last].y
	return m, nil
}

// sameRows reports that y is no map of the plane, of the given number of rows.
func sameRows(y mat.Matrix, rows int) error {
	if err := filled(y); err != nil {
		return err
	}
	if n, d := y.Dims(); n != rows || d != 2 {
		return &mat32.ShapeError{What: "Y", Rows: n, Cols: d, Want: fmt.Sprintf("%d × 2: maps of the same rows", rows)}
	}
	return nil
}

// evenly returns at most some of the numbers below n, in order and evenly spread, the first and the last among them.
func evenly(n, some int) []int {
	if n <= some {
		return rowsTo(n)
	}
	at := make([]int, some)
	for i := range at {
		at[i] = int(math.Round(float64(i) * float64(n-1) / float64(some-1)))
	}
	return at
}

// along returns at most some of the states, between which the points go ways of about the same length: the first, the last, and such as differ.
func (m *moving) along(some int) []int {
	n, last := len(m.states), len(m.states)-1
	gone := make([]float64, n)
	for i := 1; i < n; i++ {
		way, a, b := 0.0, m.states[i-1], m.states[i]
		for k := range a.x {
			way += math.Hypot(b.x[k]-a.x[k], b.y[k]-a.y[k])
		}
		gone[i] = gone[i-1] + way
	}
	if n <= some || gone[last] == 0 {
		return evenly(n, some)
	}
	at := []int{0}
	for j := 1; j < some-1; j++ {
		goal, i := gone[last]*float64(j)/float64(some-1), at[j-1]+1
		for room := last - (some - 1 - j); i < room && gone[i] < goal; {
			i++
		}
		at = append(at, i)
	}
	return append(at, last)
}

func (m *moving) kind() string { return m.name }

func (m *moving) caption() string {
	if m.said == "" {
		return m.scatter.caption()
	}
	return m.scatter.caption() + " · " + m.said
}

func (m *moving) summary() string {
	s := m.scatter.summary()
	if m.lengths != nil {
		return strings.Replace(s, "Scatter of", "Displacement of", 1)
	}
	return strings.Replace(s, "Scatter of", fmt.Sprintf("Animation, from %s to %s, of", m.states[0].name, m.states[len(m.states)-1].name), 1)
}

func (m *moving) arrange() arrangement {
	a := single(m)
	a.height = movingSide + sliderRow
	if m.strip != nil {
		a.height += stripGap + m.tileSide() + stripName
	}
	return a
}
