package viz

import (
	"fmt"
	"math"
	"strings"

	"gonum.org/v1/gonum/mat"
)

// A space is the figure of what lies in three dimensions, or, flat, in two: points, lines between them, or both.
type space struct {
	*scatter              // what is known of the points; its x and y are unused
	name     string       // its kind
	at       [3][]float64 // the points, from −1 to 1 along the longest side of the box
	half     [3]float64   // the half sides of the box
	middle   [3]float64   // of the box, in the coordinates of the data
	unit     float64      // half the longest side, in the coordinates of the data
	bounds   [3]extent    // of the coordinates
	flat     bool         // there are two coordinates
	view     view         // the first
	linked   bool         // the panels of a grid turn together
	bare     bool         // the points are not drawn
	width    length       // of lines
	links    Links        // between the points, and what is known of them
	tones    *scale       // of the values of links
	courses  []course     // sequences of points
	times    []float64    // of the points of courses
	unnamed  bool         // the courses have no names
}

// A course is one sequence among the points: those from first up to, not including, end.
type course struct{ first, end int }

// Viewed returns the chart seen from another side at first: turned by azimuth degrees around the upright axis (the third column), from
// elevation degrees above the horizon, −90 to 90. A chart without a third dimension has none, which is the chart's error, as are angles that
// are not finite or out of range.
func (c *Chart) Viewed(azimuth, elevation float64) *Chart {
	d := *c
	if d.Err() != nil {
		return &d
	}
	s, ok := d.fig.(*space)
	switch {
	case !ok || s.flat:
		d.err = fmt.Errorf("viz: Viewed: %w", param("viz.Chart", "kind", c.fig.kind(), "a chart in three dimensions"))
	case !(math.Abs(azimuth) <= 360):
		d.err = fmt.Errorf("viz: Viewed: %w", param("viz.Chart", "azimuth", azimuth, "−360 to 360 degrees"))
	case !(math.Abs(elevation) <= 90):
		d.err = fmt.Errorf("viz: Viewed: %w", param("viz.Chart", "elevation", elevation, "−90 to 90 degrees"))
	default:
		turned := *s
		turned.view = view{azimuth, math.Min(89, math.Max(-89, elevation))}
		d.fig = &turned
	}
	return &d
}

// newSpace checks points of three columns and finds their place and the first view.
func newSpace(name string, y mat.Matrix, p Points, columns int, want string) (*space, error) {
	points, err := newPoints(y, p, columns, want)
	if err != nil {
		return nil, err
	}
	if len(p.Colors) > 0 {
		return nil, pointsParam("Colors", "given", "nil: what is in three dimensions has one coloring")
	}
	s := &space{scatter: points, name: name, flat: columns == 2}
	n, _ := y.Dims()
	points.x, points.y = make([]float64, n), make([]float64, n)
	for j := range s.bounds {
		s.bounds[j] = nothing()
		if j >= columns {
			s.bounds[j] = extent{}
			continue
		}
		for i := range n {
			s.bounds[j].add(y.At(i, j))
		}
	}
	s.put(s.bounds)
	s.view = above
	if !s.flat {
		s.view = spreading(s.covariance())
	}
	return s, nil
}

// put maps the coordinates into the box of the given bounds, whose longest side is from −1 to 1.
func (s *space) put(bounds [3]extent) {
	n, columns := s.rows.Dims()
	s.unit = 0
	for j, b := range bounds { // halves, because the span of finite numbers may be infinite
		s.middle[j] = b.low/2 + b.high/2
		s.unit = math.Max(s.unit, b.high/2-b.low/2)
	}
	if s.unit == 0 {
		s.unit = 1
	}
	for j, b := range bounds {
		s.half[j] = (b.high/2 - b.low/2) / s.unit
		s.at[j] = make([]float64, n)
		for i := range n {
			if j < columns {
				s.at[j][i] = (s.rows.At(i, j)/2 - s.middle[j]/2) / (s.unit / 2)
			}
		}
	}
	if s.half == ([3]float64{}) {
		s.half = [3]float64{1, 1, 1}
	}
}

func (s *space) point(i int) [3]float64 { return [3]float64{s.at[0][i], s.at[1][i], s.at[2][i]} }

// covariance returns xx, yy, zz, xy, xz and yz.
func (s *space) covariance() (c [6]float64) {
	n := float64(len(s.x))
	var mean [3]float64
	for j, column := range s.at {
		for _, v := range column {
			mean[j] += v / n
		}
	}
	for k, pair := range [6][2]int{{0, 0}, {1, 1}, {2, 2}, {0, 1}, {0, 2}, {1, 2}} {
		a, b := s.at[pair[0]], s.at[pair[1]]
		for i := range a {
			c[k] += (a[i] - mean[pair[0]]) * (b[i] - mean[pair[1]]) / n
		}
	}
	return c
}

func (s *space) kind() string { return s.name }

func (s *space) arrange() arrangement { return single(s) }

func (s *space) summary() string {
	switch s.name {
	case "trajectories":
		return s.coursesInWords()
	case "network3d":
		return s.linksInWords()
	}
	return strings.Replace(s.scatter.summary(), "Scatter of", "Scatter in 3-D of", 1)
}

func (s *space) caption() string {
	switch s.name {
	case "trajectories":
		return s.source
	case "network3d":
		return fmt.Sprintf("%s · %d edges", s.scatter.caption(), len(s.links.Edges))
	}
	return s.scatter.caption()
}

func (s *space) key() key {
	k := s.scatter.key()
	if s.tones != nil {
		k.scale = s.tones
	}
	for i := range k.entries {
		if s.courses != nil {
			k.entries[i].line, k.entries[i].shape = true, ""
		}
	}
	return k
}

func (s *space) insets(*sheet, rect) insets { return insets{} }

// fit takes what the box needs, and the height for it to be looked at from above.
func (s *space) fit(w, h length) (length, length) {
	width, height := s.view.reach(s.half)
	unit := math.Min((w/2-boxBorder)/width, (h/2-boxBorder)/height)
	need := 2 * (unit*height + boxBorder)
	w = math.Min(w, math.Max(2*(unit*width+boxBorder), 0.9*h))
	return math.Floor(w), math.Floor(math.Min(h, math.Max(need, 0.62*w)))
}

func (s *space) axes(_ *sheet, f rect) decor {
	if s.flat {
		return framed(f)
	}
	return decor{} // the box is part of what turns
}

// within returns the space in a common box, for panels that turn together.
func (s *space) within(bounds [3]extent, v view) *space {
	t := *s
	t.put(bounds)
	t.view, t.linked = v, true
	return &t
}

// tonesReach is the range of the values of links.
func (s *space) tonesReach() extent {
	e := nothing()
	e.add(s.links.Values...)
	return e
}

// colored returns the space in common colours of points and of links, if they are.
func (s *space) colored(common bool, values, links extent) (*space, error) {
	if !common || s.values == nil && s.tones == nil {
		return s, nil
	}
	t, points := *s, *s.scatter
	t.scatter = &points
	if s.values != nil {
		points.colors = &scale{name: s.colors.name, low: values.low, high: values.high}
	}
	if s.tones != nil {
		t.tones = &scale{name: s.tones.name, low: links.low, high: links.high}
		return &t, t.tones.paint("Links", s.links.Palette, s.links.Middle)
	}
	return &t, nil
}
