package viz

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// Levels are piecewise linear functions, as *topology.Landscape and *topology.MeanBand are: the level, the highest 0, and the scale and value
// of every turn, level by level and by scale.
type Levels interface {
	Turns() (level []int, scale, value []float64)
}

// mostLevels is how many levels a landscape shows.
const mostLevels = 8

// Landscape draws a persistence landscape, level below level: each class of homology is a tent over its life, and level k is the k-th highest tent
// everywhere (P. Bubenik, Statistical Topological Data Analysis using Persistence Landscapes, 2015). What stands high lives long.
//
//	l, err := topology.NewLandscape(p.Diagrams[1], 0)
//	viz.Landscape(l)
//
// A mean landscape that has a method Envelope() (scale, low, high []float64), as *topology.MeanBand does, has a band. Of more than 8 levels the
// highest are drawn, as the caption says. Series, axes and rules are those of [Lines].
//
// What is wrong with the arguments is the chart's error: [mat32.ErrEmpty] without a level, a [*mat32.ShapeError] for slices of unequal lengths, a
// [*mat32.ParamError] for levels below 0 or numbers that are not finite. It costs O(n).
func Landscape(l Levels) *Chart {
	const from = "viz.Landscape"
	series, source, err := newLandscape(l)
	if err != nil {
		return &Chart{err: fmt.Errorf("%s: %w", from, err)}
	}
	return planarChart(from, &lines{series: series, source: source}, plane{x: Axis{Name: "scale"}, y: Axis{Name: "landscape"}})
}

func newLandscape(l Levels) (series []Series, source string, err error) {
	if v := reflect.ValueOf(l); !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil() {
		return nil, "", mat32.ErrEmpty
	}
	level, scale, value := l.Turns()
	if len(scale) != len(level) || len(value) != len(level) {
		return nil, "", &mat32.ShapeError{What: "Turns", Rows: len(scale), Cols: 1, Want: fmt.Sprintf("as many scales and values (%d) as levels (%d)", len(value), len(level))}
	}
	if len(level) == 0 {
		return nil, "", mat32.ErrEmpty
	}
	of := map[int]*Series{}
	var order []int
	for i, k := range level {
		if k < 0 {
			return nil, "", param("Turns", fmt.Sprintf("level[%d]", i), k, "0 or more")
		}
		if of[k] == nil {
			of[k] = &Series{Name: "λ" + subscript(k+1), smooth: true}
			order = append(order, k)
		}
		of[k].X, of[k].Y = append(of[k].X, scale[i]), append(of[k].Y, value[i])
	}
	slices.Sort(order)
	for _, k := range order[:min(mostLevels, len(order))] {
		series = append(series, *of[k])
	}
	if c, ok := l.(interface{ Caption() string }); ok {
		source = c.Caption()
	}
	if e, ok := l.(interface {
		Envelope() (scale, low, high []float64)
	}); ok && len(series) == 1 {
		s := &series[0]
		x, low, high := e.Envelope()
		s.Name = "mean"
		s.X, s.Y, s.Low, s.High = joined(s.X, s.Y, x, low, high)
	}
	if n := len(order); n > mostLevels {
		if source != "" {
			source += " · "
		}
		source += fmt.Sprintf("the %d highest of %d levels", mostLevels, n)
	}
	return series, source, nil
}

// joined returns a line and its band at the scales of both.
func joined(x, y, scale, low, high []float64) (at, mean, below, above []float64) {
	at = append(slices.Clone(x), scale...)
	slices.Sort(at)
	at = slices.Compact(at)
	for _, s := range at {
		m := linear(x, y, s)
		mean = append(mean, m)
		below, above = append(below, min(m, linear(scale, low, s))), append(above, max(m, linear(scale, high, s)))
	}
	return at, mean, below, above
}

// linear is the value at s of a line through points, level beyond its ends.
func linear(x, y []float64, s float64) float64 {
	i, exact := slices.BinarySearch(x, s)
	switch {
	case len(x) == 0:
		return 0
	case exact:
		return y[i]
	case i == 0:
		return y[0]
	case i == len(x):
		return y[len(x)-1]
	}
	return y[i-1] + (s-x[i-1])/(x[i]-x[i-1])*(y[i]-y[i-1])
}

// Betti draws how many classes of homology there are at every scale, a line for each dimension: pieces, rings, cavities. Classes that never die
// run to the right end.
//
//	p, err := topology.Rips{}.Compute(ctx, x)
//	viz.Betti(p)
//
// What is wrong with the argument is the chart's error, as it is for [Barcode]; axes and rules are those of [Lines]. It costs O(n·log n).
func Betti(h Homology) *Chart {
	const from = "viz.Betti"
	m, err := newHomology(h)
	if err != nil {
		return &Chart{err: fmt.Errorf("%s: %w", from, err)}
	}
	end := m.reaches.high + 0.05*(m.reaches.high-m.reaches.low)
	var series []Series
	for _, l := range m.of {
		series = append(series, l.steps(m.reaches.low, end))
	}
	return planarChart(from, &lines{series: series, source: m.source}, plane{x: Axis{Name: "scale"}, y: Axis{Name: "Betti number"}})
}

// steps counts the classes alive from one scale to another.
func (l lives) steps(from, to float64) Series {
	change := map[float64]int{}
	for _, one := range l.all {
		change[one.birth]++
		if !one.essential() {
			change[one.death]--
		}
	}
	s := Series{Name: l.name(), smooth: true, X: []float64{from}, Y: []float64{0}}
	var at []float64
	for scale := range change {
		at = append(at, scale)
	}
	slices.Sort(at)
	alive := 0
	for _, scale := range at {
		if change[scale] == 0 {
			continue
		}
		s.X, s.Y = append(s.X, scale, scale), append(s.Y, float64(alive), float64(alive+change[scale]))
		alive += change[scale]
	}
	s.X, s.Y = append(s.X, to), append(s.Y, float64(alive))
	return s
}
