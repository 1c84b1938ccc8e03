package viz

import (
	"fmt"
	"slices"
	"strings"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// A Series is some numbers with a name: a line of [Lines], or one bar in each group of [Bars].
type Series struct {
	// Name stands in the legend. Series of one name share a colour. Without any name there is no legend.
	Name string
	// X is where the numbers are; nil means at 0, 1, 2, …. Bars have none.
	X []float64
	// Y are the numbers, at least one.
	Y []float64
	// Low and High are the ends of a band around the line, or of the whiskers of a bar or of up to 30 Dots: numbers like Y, not differences
	// from it. Either both or none.
	Low, High []float64
	// Dashed breaks the line.
	Dashed bool
	// Dots shows the points without the line between them.
	Dots bool

	smooth bool   // few points have no markers either
	of     string // the series whose colour it has; empty: its own
}

// A Rule is a line across a chart at one number, for example the true answer.
type Rule struct {
	Name     string  // beside the line; may be empty
	At       float64 // on the y axis, or the x axis when Vertical
	Vertical bool
}

// lines is the figure that Lines makes.
type lines struct {
	series []Series
	tints  []tint
	bounds plane
	x, y   span
	source string // what the numbers' result says of itself
}

// A plane is what the user says about the axes of a chart.
type plane struct {
	x, y  Axis
	rules []Rule
}

// A planar figure has axes, on which rules can be drawn.
type planar interface {
	on(p plane) (figure, error)
	plane() plane
}

// markedPoints is up to how many points a series shows each of them.
const markedPoints = 30

// Lines draws series of numbers as lines over a common x axis, with bands for their uncertainty: how a measure changes with a parameter,
// a spectrum, a loss over epochs.
//
//	viz.Lines(viz.Series{Name: "TwoNN", X: k, Y: d, Low: low, High: high}).
//		Axes(viz.Axis{Name: "neighbours", Log: true}, viz.Axis{Name: "dimension"}).
//		Rules(viz.Rule{Name: "truth", At: 2})
//
// A series of at most 30 points shows each as a marker. The y axis starts at zero when no number is negative and zero is near. Points are
// joined in the order they are given in. In the notebook the nearest point of each series is named under the pointer, and a click on a name
// shows its series alone.
//
// The interactive chart keeps six digits of each number; of a series that is longer than its share of 6000 numbers it shows the least and
// the greatest of equal parts, and says so. The picture shows all.
//
// What is wrong with the arguments is the chart's error: [mat32.ErrEmpty] without a series or with an empty one, a [*mat32.ShapeError] for
// slices of other lengths than Y, a [*mat32.ParamError] for numbers that are not finite or whose size is above 1e300, for a Low above its
// High, and for limits and logarithmic axes that do not suit the numbers. It costs O(n).
func Lines(series ...Series) *Chart {
	return planarChart("viz.Lines", &lines{series: series}, plane{})
}

// planarChart puts the figure on a plane.
func planarChart(from string, f planar, p plane) *Chart {
	fig, err := f.on(p)
	if err != nil {
		return &Chart{err: fmt.Errorf("%s: %w", from, err)}
	}
	return &Chart{fig: fig}
}

// Axes returns the chart on the given axes. Charts without numbers on axes, such as a [Scatter], have none to give, which is the chart's
// error, as are limits that the axis cannot have. Bars have numbers on one axis only; of the other the name counts.
func (c *Chart) Axes(x, y Axis) *Chart {
	return c.replane("Axes", func(p *plane) { p.x, p.y = x, y })
}

// Rules returns the chart with lines across it, in addition to those it has. They lie within the plot: axes without limits of their own
// reach as far as the rules.
func (c *Chart) Rules(rules ...Rule) *Chart {
	return c.replane("Rules", func(p *plane) { p.rules = append(slices.Clone(p.rules), rules...) })
}

func (c *Chart) replane(what string, change func(*plane)) *Chart {
	d := *c
	if d.Err() != nil {
		return &d
	}
	f, ok := c.fig.(planar)
	if !ok {
		d.err = fmt.Errorf("viz: %s: %w", what, param("viz.Chart", "kind", c.fig.kind(), "a chart with axes: lines, bars, barcode, persistence, dendrogram or phase"))
		return &d
	}
	p := f.plane()
	change(&p)
	fig, err := f.on(p)
	if err != nil {
		d.err = fmt.Errorf("viz: %s: %w", what, err)
		return &d
	}
	d.fig = fig
	return &d
}

// check returns what is wrong with series.
func check(series []Series) error {
	if len(series) == 0 {
		return mat32.ErrEmpty
	}
	for i, s := range series {
		where := fmt.Sprintf("Series[%d]", i)
		if s.Name != "" {
			where = fmt.Sprintf("Series %q", s.Name)
		}
		if len(s.Y) == 0 {
			return fmt.Errorf("%s: %w", where, mat32.ErrEmpty)
		}
		for _, c := range []struct {
			name   string
			values []float64
		}{{"X", s.X}, {"Y", s.Y}, {"Low", s.Low}, {"High", s.High}} {
			if len(c.values) != 0 && len(c.values) != len(s.Y) {
				return &mat32.ShapeError{What: where + "." + c.name, Rows: len(c.values), Cols: 1, Want: fmt.Sprintf("one element for each of the %d of Y", len(s.Y))}
			}
			if err := finite(where, c.name, c.values); err != nil {
				return err
			}
		}
		if (len(s.Low) == 0) != (len(s.High) == 0) {
			return param(where, "Low, High", fmt.Sprintf("%d and %d elements", len(s.Low), len(s.High)), "both or none")
		}
		for j := range s.Low {
			if s.Low[j] > s.High[j] {
				return param(where, fmt.Sprintf("Low[%d]", j), s.Low[j], fmt.Sprintf("at most High[%d], %g", j, s.High[j]))
			}
		}
	}
	return nil
}

// at returns where the i-th point is on the x axis.
func (s Series) at(i int) float64 {
	if s.X == nil {
		return float64(i)
	}
	return s.X[i]
}

func (l *lines) plane() plane { return l.bounds }

func (l *lines) on(p plane) (figure, error) {
	if err := check(l.series); err != nil {
		return nil, err
	}
	x, y, err := l.extents(p)
	if err != nil {
		return nil, err
	}
	return l.within(p, x, y, nil)
}

// extents returns the ranges of the numbers and rules.
func (l *lines) extents(p plane) (x, y extent, err error) {
	x, y = nothing(), nothing()
	for _, s := range l.series {
		for i, v := range s.Y {
			x.add(s.at(i))
			y.add(v)
		}
		for i := range s.Low {
			if !p.y.Log || s.Low[i] > 0 {
				y.add(s.Low[i])
			}
			if !p.y.Log || s.High[i] > 0 {
				y.add(s.High[i])
			}
		}
	}
	for i, r := range p.rules {
		if err := finite(fmt.Sprintf("Rules[%d]", i), "At", []float64{r.At}); err != nil {
			return x, y, err
		}
		if r.Vertical {
			x.add(r.At)
		} else {
			y.add(r.At)
		}
	}
	return x, y, nil
}

// within returns the figure on axes for the given ranges. Names that tints has keep their colour, and others are added to it.
func (l *lines) within(p plane, x, y extent, tints map[string]tint) (figure, error) {
	m := &lines{series: l.series, bounds: p, source: l.source}
	var err error
	if m.x, err = p.x.span("Axes.X", x, 0.02, false); err != nil {
		return nil, err
	}
	if m.y, err = p.y.span("Axes.Y", y, 0.05, true); err != nil {
		return nil, err
	}
	m.tints = paint(l.series, tints)
	return m, nil
}

// paint gives each series the colour of its name, or of the series it belongs to, or the next that is free.
func paint(series []Series, known map[string]tint) []tint {
	if known == nil {
		known = map[string]tint{}
	}
	tints := make([]tint, len(series))
	for i, s := range series {
		name := s.Name
		if s.of != "" {
			name = s.of
		}
		t, ok := known[name]
		if !ok || name == "" {
			t = tint(len(known))
			if name == "" {
				name = fmt.Sprint("\x00", len(known)) // no name that a reader gives
			}
			known[name] = t
		}
		tints[i] = t
	}
	return tints
}

func (l *lines) kind() string { return "lines" }

func (l *lines) arrange() arrangement { return single(l) }

func (l *lines) caption() string { return l.source }

func (l *lines) summary() string { return "Lines of " + listed(l.series, "points") }

// listed counts the numbers of each series.
func listed(series []Series, of string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d series", len(series))
	for i, s := range series {
		sep := ", "
		if i == 0 {
			sep = ": "
		}
		name := s.Name
		if name == "" {
			name = "unnamed"
		}
		fmt.Fprintf(&b, "%s%s (%d %s", sep, name, len(s.Y), of)
		e := nothing()
		e.add(s.Y...)
		fmt.Fprintf(&b, ", %s to %s)", tick(e.low), tick(e.high))
	}
	return b.String()
}

func (l *lines) key() key {
	var k key
	for i, s := range l.series {
		if s.Name == "" || slices.ContainsFunc(k.entries, func(e entry) bool { return e.name == s.Name }) {
			continue
		}
		e := entry{name: s.Name, tint: l.tints[i], line: !s.Dots, dashed: s.Dashed}
		if s.marked() {
			e.shape = l.shape(i)
		}
		k.entries = append(k.entries, e)
	}
	return k
}

// marked reports whether each point has a marker.
func (s Series) marked() bool { return s.Dots || len(s.Y) <= markedPoints && !s.smooth }

// shape tells series apart without their colours.
func (l *lines) shape(i int) shape { return shapes[int(l.tints[i])%len(shapes)] }
