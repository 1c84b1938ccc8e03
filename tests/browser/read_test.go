package browser

import (
	"testing"

	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/viz"
)

// TestReadAloud: readers who listen to a page hear what a chart is, and the numbers of one that has few.
func TestReadAloud(t *testing.T) {
	testenv.Need(t, "chromium")
	lines := viz.Lines(viz.Series{Name: "<b>", X: []float64{1, 2}, Y: []float64{-0.5, 3}}).Axes(viz.Axis{Name: "depth"}, viz.Axis{}).Titled("Deep")
	bars := viz.Bars(viz.Groups{Names: []string{"left", "right"}},
		viz.Series{Name: "a", Y: []float64{1, 2.5}, Low: []float64{0, 2}, High: []float64{2, 3}}, viz.Series{Name: "b", Y: []float64{3, 2}})
	s := look(t, page(t, library(t), output(t, lines), output(t, bars), output(t, chart())), patience, nil,
		step{"do": "read", "chart": 0}, step{"do": "read", "chart": 1}, step{"do": "read", "chart": 2})
	if err := verdict(s, 3); err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{
		"figure\n" + lines.String() + "\nseries|depth|y\n<b>|1|\u22120.5\n<b>|2|3",
		"figure\n" + bars.String() + "\n|a|b\nleft|1 (0 to 2)|3\nright|2.5 (2 to 3)|2",
		"figure\n" + chart().String(),
	} {
		if got := s.Steps[i].Text; got != want {
			t.Errorf("chart %d is read as %q, want %q", i, got, want)
		}
	}
}
