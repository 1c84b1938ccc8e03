package browser

import (
	"fmt"
	"strings"
	"testing"

	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/viz"
	"github.com/flatland-go/flatland/tests/browser/kinds"
	"gonum.org/v1/gonum/mat"
)

// marching is the four rings, which shrink from snapshot to snapshot.
func marching() *viz.Chart {
	y, p := kinds.Rings()
	var shots []viz.Snapshot
	for i, size := range []float64{1, 0.8, 0.6} {
		var z mat.Dense
		z.Scale(size, y)
		shots = append(shots, viz.Snapshot{Y: &z, Name: fmt.Sprintf("step %d", i), Loss: size})
	}
	return viz.Animation(shots, p)
}

// TestPlayer: keys on the slider move the points from snapshot to snapshot, the button plays all, and hover, legend and lasso are of what is seen.
func TestPlayer(t *testing.T) {
	testenv.Need(t, "chromium")
	slide := func(key string) step { return step{"do": "slide", "chart": 0, "key": key} }
	s := look(t, page(t, library(t), output(t, marching())), patience, nil,
		slide("End"), slide("Home"), slide("ArrowRight"),
		step{"do": "over", "chart": 0, "panel": 0, "group": 2, "point": 4},
		step{"do": "legend", "chart": 0, "name": "south"},
		step{"do": "legend", "chart": 0, "name": "south"},
		step{"do": "lasso", "chart": 0, "panel": 0, "within": []float64{0.02, 0.5, 0.4, 0.98}},
		slide("Home"), step{"do": "slide", "chart": 0, "wait": 2500},
	)
	if err := verdict(s, 1); err != nil {
		t.Fatal(err)
	}
	for i, want := range map[int]string{0: "step 2 · loss 0.6, Play", 1: "step 0 · loss 1, Play", 2: "step 1 · loss 0.8, Play", 7: "step 0 · loss 1, Play", 8: "step 2 · loss 0.6, Play"} {
		if s.Steps[i].Text != want {
			t.Errorf("step %d leads to %q, want %q", i, s.Steps[i].Text, want)
		}
	}
	if a, b, c := s.Steps[0].Panels[0].Look, s.Steps[1].Panels[0].Look, s.Steps[2].Panels[0].Look; a == b || b == c || a == c {
		t.Error("two snapshots look alike")
	}
	if got := s.Steps[3]; !strings.Contains(got.Text, "south") || !strings.Contains(got.Text, "row 64\n") || got.Shades == 0 {
		t.Errorf("the pointer over row 64 of the second snapshot: %+v", got)
	}
	if got := s.Steps[4]; got.Visible != 2 {
		t.Errorf("the legend leaves %d classes and strips, want one of each", got.Visible)
	}
	if got := s.Steps[6].Panels[0]; got.Selected != kinds.Each {
		t.Errorf("the lasso selects %d rows, want %d", got.Selected, kinds.Each)
	}
	if got := s.Steps[8].Panels[0].Selected; got != kinds.Each {
		t.Errorf("%d rows are selected when the points have moved on, want %d", got, kinds.Each)
	}
}

// TestDisplacementSlides: the slider takes points from the one map to the other.
func TestDisplacementSlides(t *testing.T) {
	testenv.Need(t, "chromium")
	y, p := kinds.Rings()
	two := mat.DenseCopyOf(y)
	for i := range 60 {
		two.Set(i, 0, y.At(i, 0)+1.5)
	}
	slide := func(key string) step { return step{"do": "slide", "chart": 0, "key": key} }
	s := look(t, page(t, library(t), output(t, viz.Displacement(y, two, p))), patience, nil, slide("End"), slide("Home"), slide("ArrowRight"))
	if err := verdict(s, 1); err != nil {
		t.Fatal(err)
	}
	if got := s.Steps[0].Text + s.Steps[1].Text; got != "the second, Playthe first map, Play" {
		t.Errorf("from end to beginning the slider says %q", got)
	}
	if a, b, c := s.Steps[0].Panels[0].Look, s.Steps[1].Panels[0].Look, s.Steps[2].Panels[0].Look; a == b || b == c || a == c {
		t.Error("the slider moves nothing")
	}
}
