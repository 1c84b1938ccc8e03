package viz

import (
	"fmt"
	"slices"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// Groups says what the groups of [Bars] are.
type Groups struct {
	// Names are those of the groups, one for each number of a series. Without them groups are numbered from 0.
	Names []string
	// Horizontal lets the bars grow to the right, which leaves room for long names. Groups then stand from top to bottom.
	Horizontal bool
}

// mostBars is how many bars a chart takes.
const mostBars = 600

// bars is the figure that Bars makes.
type bars struct {
	g      Groups
	series []Series
	tints  []tint
	bounds plane
	names  span // the axis of the groups
	values span
}

// Bars draws numbers as bars that begin at zero, in groups: one bar of each series in each group. Low and High of a series become whiskers.
// The numbers stand at the ends of their bars where there is room for all. In the notebook a bar shows its numbers under the pointer.
// [Chart.Axes] takes the axes as they lie: of upright bars the numbers are on y and x names the groups, of Horizontal ones the numbers are on
// x and y names the groups. A [Rule] among horizontal bars is Vertical.
//
//	viz.Bars(viz.Groups{Names: []string{"PCA", "UMAP"}}, viz.Series{Name: "trust", Y: trust, Low: low, High: high})
//
// What is wrong with the arguments is the chart's error: [mat32.ErrEmpty] without a series or with an empty one, a [*mat32.ShapeError] for
// series of unequal lengths, a [*mat32.ParamError] for numbers that are not finite or whose size is above 1e300, for a Low above its High, for
// a series with an X, for more than 600 bars, and for an axis of the numbers that is logarithmic, on which zero has no place, or does not hold zero.
// [Lines] with Dots suits such numbers. It costs O(n).
func Bars(g Groups, series ...Series) *Chart {
	return planarChart("viz.Bars", &bars{g: g, series: series}, plane{})
}

func (b *bars) plane() plane { return b.bounds }

func (b *bars) on(p plane) (figure, error) {
	if err := check(b.series); err != nil {
		return nil, err
	}
	n := len(b.series[0].Y)
	for i, s := range b.series {
		if s.X != nil {
			return nil, param(fmt.Sprintf("Series[%d]", i), "X", "given", "nil: bars stand where their group is")
		}
		if len(s.Y) != n {
			return nil, &mat32.ShapeError{What: fmt.Sprintf("Series[%d].Y", i), Rows: len(s.Y), Cols: 1, Want: fmt.Sprintf("%d elements, one for each group, as Series[0] has", n)}
		}
	}
	if all := n * len(b.series); all > mostBars {
		return nil, param("viz.Bars", "bars", all, fmt.Sprintf("at most %d: Lines shows more", mostBars))
	}
	if b.g.Names != nil && len(b.g.Names) != n {
		return nil, &mat32.ShapeError{What: "Names", Rows: len(b.g.Names), Cols: 1, Want: fmt.Sprintf("one for each of the %d numbers of a series", n)}
	}
	e, err := b.extent(p)
	if err != nil {
		return nil, err
	}
	return b.within(p, e, nil)
}

// valueAxis returns the axis of the numbers among the two.
func (b *bars) valueAxis(p plane) Axis {
	if b.g.Horizontal {
		return p.x
	}
	return p.y
}

// extent returns the range of the numbers, whiskers, rules and zero.
func (b *bars) extent(p plane) (extent, error) {
	e := extent{0, 0}
	for _, s := range b.series {
		e.add(s.Y...)
		e.add(s.Low...)
		e.add(s.High...)
	}
	for i, r := range p.rules {
		where := fmt.Sprintf("Rules[%d]", i)
		if r.Vertical != b.g.Horizontal {
			return e, param(where, "Vertical", r.Vertical, "a line at a number: of bars, groups have none")
		}
		if err := finite(where, "At", []float64{r.At}); err != nil {
			return e, err
		}
		e.add(r.At)
	}
	return e, nil
}

func (b *bars) within(p plane, e extent, tints map[string]tint) (figure, error) {
	m := &bars{g: b.g, series: b.series, bounds: p, tints: paint(b.series, tints)}
	a := b.valueAxis(p)
	if a.Log {
		return nil, param("Axes", "Log", true, "false: bars begin at zero")
	}
	var err error
	if m.values, err = a.span("Axes", e, 0.08, true); err != nil {
		return nil, err
	}
	// A bar ends in space, but begins on the axis.
	if e.low == 0 && a.Min == 0 {
		m.values.low = 0
	}
	if e.high == 0 && e.low < 0 && a.Max == 0 {
		m.values.high = 0
	}
	if m.values.low > 0 || m.values.high < 0 {
		return nil, param("Axes", "Min, Max", []float64{m.values.low, m.values.high}, "limits with zero between them, where bars begin")
	}
	n := len(b.series[0].Y)
	names := b.g.Names
	if names == nil {
		names = indices(n)
	}
	other := p.x
	m.names = span{low: -0.5, high: float64(n) - 0.5, names: names, given: b.g.Names != nil}
	if b.g.Horizontal { // the first group is at the top
		other = p.y
		m.names.low, m.names.high = m.names.high, m.names.low
	}
	m.names.Name = other.Name
	return m, nil
}

func (b *bars) kind() string { return "bars" }

func (b *bars) arrange() arrangement { return single(b) }

func (b *bars) caption() string { return "" }

func (b *bars) summary() string { return "Bars of " + listed(b.series, "bars") }

func (b *bars) key() key {
	var k key
	for i, s := range b.series {
		if s.Name != "" && !slices.ContainsFunc(k.entries, func(e entry) bool { return e.name == s.Name }) {
			k.entries = append(k.entries, entry{name: s.Name, tint: b.tints[i], shape: "rect"})
		}
	}
	return k
}

// barShare is how much of a group's room its bars take, and barMost how many groups wide a single bar may be.
const barShare = 0.74

// offset returns where the bar of a series lies in its group, whose middle is 0 and whose width is 1.
func (b *bars) offset(i int) (from, to float64) {
	share := barShare
	if len(b.series) == 1 {
		share = 0.62
	}
	each := share / float64(len(b.series))
	return -share/2 + each*float64(i), -share/2 + each*float64(i+1)
}

func (b *bars) xy() (x, y span) {
	if b.g.Horizontal {
		return b.values, b.names
	}
	return b.names, b.values
}
