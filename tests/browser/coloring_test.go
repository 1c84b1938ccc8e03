package browser

import (
	"testing"

	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/viz"
	"github.com/flatland-go/flatland/tests/browser/kinds"
)

// TestColoringsOfAGrid: what is chosen from the list colours all panels.
func TestColoringsOfAGrid(t *testing.T) {
	testenv.Need(t, "chromium")
	y, p := kinds.Rings()
	two, _ := upturned(y)
	rows := make([]float64, len(p.Labels))
	for i := range rows {
		rows[i] = float64(i)
	}
	p.Colors = []viz.Coloring{{Name: "row", Values: rows}}
	grid := viz.Grid(viz.Panels{}, viz.Scatter(y, p).Titled("first"), viz.Scatter(two, p).Titled("second"))
	choose := func(by string) step { return step{"do": "recolor", "chart": 0, "by": by} }
	s := look(t, page(t, library(t), output(t, grid)), patience, nil, choose("class"), choose("row"), choose("class"))
	if err := verdict(s, 1); err != nil {
		t.Fatal(err)
	}
	for i := range 2 {
		a, b, c := s.Steps[0].Panels[i], s.Steps[1].Panels[i], s.Steps[2].Panels[i]
		if a.Look == b.Look || a.Look != c.Look || b.Ink < 100 {
			t.Errorf("panel %d looks %d, %d and %d", i, a.Look, b.Look, c.Look)
		}
	}
}
