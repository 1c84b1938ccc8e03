package main

import (
	"github.com/flatland-go/flatland/pkg/viz"
	"github.com/flatland-go/flatland/tests/bench"
)

// picture draws times against rows, where powers are straight lines.
func picture(found []bench.Growth) *viz.Chart {
	var series []viz.Series
	for _, g := range found {
		s := viz.Series{Name: g.Name}
		for _, p := range g.Points {
			s.X, s.Y = append(s.X, float64(p.Rows)), append(s.Y, p.Seconds)
		}
		if len(s.Y) > 0 {
			series = append(series, s)
		}
	}
	return viz.Lines(series...).Axes(viz.Axis{Name: "rows", Log: true}, viz.Axis{Name: "seconds", Log: true})
}
