package viz

import (
	"fmt"
	"math"
	"reflect"
	"slices"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// An Explained model knows the share of each of its components in the variance of the data, as *dr.PCAModel does and others of pkg/dr that
// are linear or kernel methods.
type Explained interface {
	ExplainedVarianceRatio() []float64
}

// Eigenvalues are those of any result, for [Scree]: the share of each is that in their sum.
//
//	viz.Scree(viz.Eigenvalues(model.Eigenvalues()), viz.Components{})
type Eigenvalues []float64

// ExplainedVarianceRatio returns the shares, the largest first; a value below zero, which distances that are not Euclidean have, has none.
func (v Eigenvalues) ExplainedVarianceRatio() []float64 {
	shares := slices.Clone(v)
	sum := 0.0
	for i, x := range shares {
		if x < 0 {
			shares[i] = 0
		}
		sum += shares[i]
	}
	for i := range shares {
		shares[i] /= sum
	}
	slices.SortFunc(shares, func(a, b float64) int { return sign(b - a) })
	return shares
}

// Components says how a [Scree] is drawn. All of it may be left out.
type Components struct {
	// Choices are how many components rules keep, such as those of pkg/spectrum: a line each.
	Choices []Choice
	// Chance are the shares to compare with, of spectrum.Stick or of parallel analysis: a curve of that name.
	Chance []Series
	// Most is how many components are shown. Zero means 40, or more where a choice lies beyond.
	Most int
	// Log shows the shares on a logarithmic axis.
	Log bool
}

// A Choice is how many components a rule keeps.
type Choice struct {
	Name  string
	Count int
}

// scree is the figure that Scree makes.
type scree struct {
	shares, sums []float64 // of the components that are shown
	all          int
	c            Components
	bounds       plane
	x, y         span
	source       string
}

// sums has the numbers of the cumulative share.
var sums = span{low: 0, high: 1}

// Scree draws how much of the variance each component of a model explains, by dots on the axis at the left, and all up to it together, by a
// thin line on the axis at the right. Rules of how many to keep are lines between the last that is kept and the next.
//
//	k, err := spectrum.BrokenStick(model.ExplainedVariance())
//	viz.Scree(model, viz.Components{Choices: []viz.Choice{{Name: "broken stick", Count: k}}})
//
// In the notebook a component says its share and the sum under the pointer. The caption is the model's own, if it has a method
// Caption() string.
//
// What is wrong with the arguments is the chart's error: [mat32.ErrEmpty] without a model or components, a [*mat32.ParamError] for shares that
// are not numbers from 0 to 1 and choices out of range, and the errors of [Lines] for Chance. It costs O(components).
//
// Source: R. Cattell (1966), The scree test for the number of factors.
func Scree(m Explained, c Components) *Chart {
	const from = "viz.Scree"
	if v := reflect.ValueOf(m); !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil() {
		return &Chart{err: fmt.Errorf("%s: %w", from, mat32.ErrEmpty)}
	}
	s := &scree{shares: m.ExplainedVarianceRatio(), c: c, source: captionOf(m)}
	s.all = len(s.shares)
	if s.all == 0 {
		return &Chart{err: fmt.Errorf("%s: %w", from, mat32.ErrEmpty)}
	}
	sum := 0.0
	for i, v := range s.shares {
		if !(v >= -1e-9 && v <= 1+1e-9) {
			return &Chart{err: param(from, fmt.Sprintf("ExplainedVarianceRatio()[%d]", i), v, "a share from 0 to 1")}
		}
		sum += math.Max(0, v)
		s.sums = append(s.sums, math.Min(1, sum))
	}
	most := 40
	for i, k := range c.Choices {
		if k.Count < 0 || k.Count > s.all {
			return &Chart{err: param(from, fmt.Sprintf("Choices[%d].Count", i), k.Count, fmt.Sprintf("0 to %d components", s.all))}
		}
		most = max(most, k.Count+2)
	}
	if c.Most < 0 {
		return &Chart{err: param(from, "Most", c.Most, "1 or more components, or 0 for the default")}
	}
	if c.Most > 0 {
		most = c.Most
	}
	if len(c.Chance) > 0 {
		if err := check(c.Chance); err != nil {
			return &Chart{err: fmt.Errorf("%s: %w", from, err)}
		}
	}
	most = min(most, s.all)
	s.shares, s.sums = s.shares[:most], s.sums[:most]
	return planarChart(from, s, plane{})
}

func (s *scree) plane() plane { return s.bounds }

func (s *scree) on(p plane) (figure, error) {
	m := *s
	m.bounds = p
	x, y := nothing(), nothing()
	x.add(0.5, float64(len(m.shares))+0.5)
	if p.x.Name == "" {
		p.x.Name = "component"
	}
	if p.y.Name == "" {
		p.y.Name = "share of the variance"
	}
	p.x.whole, p.y.Log = true, p.y.Log || m.c.Log
	for _, v := range m.shares {
		if v > 1e-12 || !p.y.Log {
			y.add(v)
		}
	}
	for _, c := range m.c.Chance {
		for _, v := range c.Y[:min(len(c.Y), len(m.shares))] {
			if v > 0 || !p.y.Log {
				y.add(v)
			}
		}
	}
	for i, r := range p.rules {
		if err := finite(fmt.Sprintf("Rules[%d]", i), "At", []float64{r.At}); err != nil {
			return nil, err
		}
		if !r.Vertical {
			y.add(r.At)
		}
	}
	if p.y.Log && y.low > y.high {
		return nil, param("Components", "Log", true, "false: no share is above zero")
	}
	if !p.y.Log {
		y.add(0)
	}
	var err error
	if m.x, err = p.x.span("Axes.X", x, 0, false); err != nil {
		return nil, err
	}
	m.y, err = p.y.span("Axes.Y", y, 0.05, true)
	return &m, err
}

func (s *scree) kind() string { return "scree" }

func (s *scree) arrange() arrangement { return single(s) }

func (s *scree) caption() string {
	if shown := len(s.shares); shown < s.all {
		return withMore(s.source, fmt.Sprintf("%d of %d components", shown, s.all))
	}
	return s.source
}

func (s *scree) summary() string {
	last := len(s.shares) - 1
	text := fmt.Sprintf("Scree of %d components: the first has %s of the variance, %d have %s", s.all, tick(s.shares[0]), last+1, tick(s.sums[last]))
	for _, c := range s.c.Choices {
		text += fmt.Sprintf("; %s keeps %d", c.Name, c.Count)
	}
	return text
}

// The names and colours of a scree.
const (
	screeShare = "share"
	screeSum   = "up to here (right)"
	sumTint    = tint(1)
)

// chanceTint is the colour of a curve to compare with.
func chanceTint(i int) tint { return tint(2 + i) }

func (s *scree) key() key {
	k := key{entries: []entry{{name: screeShare, tint: soleTint, line: true, shape: shapes[0]}, {name: screeSum, tint: sumTint, line: true}}}
	for i, c := range s.c.Chance {
		if c.Name != "" {
			k.entries = append(k.entries, entry{name: c.Name, tint: chanceTint(i), line: true})
		}
	}
	return k
}

func (s *scree) insets(sh *sheet, room rect) insets {
	in := planeInsets(sh, room, room.W, s.x, s.y)
	in.right = math.Max(in.right, numberGap+sh.measure(regular, axisSize, "0.8")+2)
	return in
}

func (s *scree) fit(w, h length) (length, length) { return w, math.Min(h, math.Max(w, lowest)) }

func (s *scree) axes(sh *sheet, f rect) decor {
	d := planeAxes(sh, f, s.x, s.y, fromY)
	for _, n := range sums.notches(f.H, high) {
		at := f.bottom() - f.H*sums.share(n.value)
		d.label(label{X: f.right() + numberGap, Y: at + axisSize*0.36, Text: n.text, Size: axisSize, Role: faint})
		d.stroke(rule, f.right(), at, f.right()+3, at)
	}
	d.stroke(rule, f.right(), f.Y, f.right(), f.bottom())
	d.add(ruleDecor(sh, f, s.x, s.y, s.bounds.rules))
	// Choices of one number share a line; names go down, where they stay apart.
	names := map[int]string{}
	var counts []int
	for _, c := range s.c.Choices {
		if _, known := names[c.Count]; known {
			names[c.Count] += ", " + c.Name
			continue
		}
		names[c.Count] = c.Name
		counts = append(counts, c.Count)
	}
	slices.Sort(counts)
	for i, k := range counts {
		r := ruleDecor(sh, f, s.x, s.y, []Rule{{Name: fmt.Sprintf("%s: %d", names[k], k), At: float64(k) + 0.5, Vertical: true}})
		for j := range r.Labels {
			r.Labels[j].Y += length(i) * axisSize * 1.4
		}
		d.add(r)
	}
	return d
}

func (s *scree) groups(f rect) []group {
	clip := func(g group, at [][2]length) []group {
		var all []group
		for _, part := range clipLine(at, f) {
			g.at = [][][2]length{part}
			all = append(all, g)
		}
		return all
	}
	var share, sum [][2]length
	dots := group{name: screeShare, tint: soleTint, shape: shapes[0], size: math.Min(markerSize, math.Max(2.5, 0.6*f.W/float64(len(s.shares)))),
		columns: []column{{name: "share"}, {name: "up to here"}}}
	for i, v := range s.shares {
		x := float64(i + 1)
		sum = append(sum, place(f, s.x, sums, x, s.sums[i]))
		if s.y.Log && !(v > 0) {
			continue
		}
		at := place(f, s.x, s.y, x, v)
		share = append(share, at)
		if at[0] < f.X || at[0] > f.right() || at[1] < f.Y-1 || at[1] > f.bottom()+1 {
			continue
		}
		dots.at = append(dots.at, [][2]length{at})
		dots.titles = append(dots.titles, fmt.Sprintf("component %d", i+1))
		dots.columns[0].values = append(dots.columns[0].values, v)
		dots.columns[1].values = append(dots.columns[1].values, s.sums[i])
	}
	var all []group
	for i, c := range s.c.Chance {
		var at [][2]length
		for j, v := range c.Y[:min(len(c.Y), len(s.shares))] {
			if v > 0 || !s.y.Log {
				at = append(at, place(f, s.x, s.y, float64(j+1), v))
			}
		}
		all = append(all, clip(group{name: c.Name, tint: chanceTint(i), width: lineWidth, mute: true}, at)...)
	}
	all = append(all, clip(group{name: screeSum, tint: sumTint, width: thinWidth, mute: true}, sum)...)
	all = append(all, clip(group{name: screeShare, tint: soleTint, width: lineWidth, mute: true}, share)...)
	if len(dots.at) > 0 {
		all = append(all, dots)
	}
	return all
}

func (s *scree) draw(sh *sheet, f rect) { sh.marks(s.groups(f), f) }

func (s *scree) data(f rect, g page) (any, error) { return packMarks(s.groups(f), false, g) }
