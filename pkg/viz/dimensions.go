package viz

import (
	"fmt"
	"math"
	"slices"

	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
)

// Dimensions draws measured dimensions against the scale, the distance at which the data were looked at. Those of one method are joined by a
// line with a band, and a method with a single one is a dot with whiskers; both are two standard errors long to each side, and zero where the
// method has none.
//
//	d, err := intrinsic.Profile{}.Estimate(ctx, x)
//	viz.Dimensions(d.Points()...)
//
// What falls from left to right has noise at the small scales or edges at the large ones; what rises bends; a level stretch is the dimension.
//
// What is wrong with the arguments is the chart's error: [mat32.ErrEmpty] without a dimension, and a [*mat32.ParamError] for a value that is
// not finite or a scale that is not positive. It costs O(n·log n).
func Dimensions(all ...measure.Dimension) *Chart {
	const from = "viz.Dimensions"
	if len(all) == 0 {
		return &Chart{err: fmt.Errorf("%s: %w", from, mat32.ErrEmpty)}
	}
	var methods []string
	of := map[string][]measure.Dimension{}
	for _, d := range all {
		if !(d.Scale > 0 && d.Scale <= most) {
			return &Chart{err: param(from, d.Method+".Scale", d.Scale, "a positive distance, at most 1e300")}
		}
		if of[d.Method] == nil {
			methods = append(methods, d.Method)
		}
		of[d.Method] = append(of[d.Method], d)
	}
	// Lines first, so that dots stand on them.
	slices.SortStableFunc(methods, func(a, b string) int { return min(len(of[b]), 2) - min(len(of[a]), 2) })
	var series []Series
	for _, m := range methods {
		s := Series{Name: m, Dots: len(of[m]) == 1}
		slices.SortStableFunc(of[m], func(a, b measure.Dimension) int {
			if a.Scale < b.Scale {
				return -1
			}
			return 1
		})
		for _, d := range of[m] {
			off := 2 * d.StdErr
			if !(off >= 0 && off <= most) {
				off = 0
			}
			s.X, s.Y = append(s.X, d.Scale), append(s.Y, d.Value)
			s.Low, s.High = append(s.Low, math.Max(0, d.Value-off)), append(s.High, d.Value+off)
		}
		series = append(series, s)
	}
	return planarChart(from, &lines{series: series}, plane{x: Axis{Name: "distance", Log: true}, y: Axis{Name: "dimension"}})
}
