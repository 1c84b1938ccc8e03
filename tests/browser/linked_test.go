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

// A panelState is what a panel shows of a selection.
type panelState struct{ Selected, Hovered, Ink, Look int }

// upturned returns the rows of a map with the columns exchanged, and a third that rises with the row.
func upturned(y *mat.Dense) (two, three *mat.Dense) {
	n, _ := y.Dims()
	two, three = mat.NewDense(n, 2, nil), mat.NewDense(n, 3, nil)
	for i := range n {
		two.SetRow(i, []float64{y.At(i, 1), -y.At(i, 0)})
		three.SetRow(i, []float64{y.At(i, 0), y.At(i, 1), 0.05 * float64(i)})
	}
	return two, three
}

// TestLinkedPanels: in the panels of a grid, one of them in three dimensions, the row under the pointer is marked in all, with its thumbnail,
// and a line drawn around points of one selects them in all.
func TestLinkedPanels(t *testing.T) {
	testenv.Need(t, "chromium")
	y, p := kinds.Rings()
	two, three := upturned(y)
	grid := viz.Grid(viz.Panels{}, viz.Scatter(y, p).Titled("first"), viz.Scatter(two, p).Titled("second"), viz.Scatter3D(three, p).Titled("third"))
	s := look(t, page(t, library(t), output(t, grid)), patience, nil,
		step{"do": "lasso", "chart": 0, "panel": 0, "within": []float64{0.99, 0.99, 0.995, 0.995}}, // around nothing
		step{"do": "over", "chart": 0, "panel": 0, "group": 0, "point": 7},
		step{"do": "over", "chart": 0, "panel": 2, "group": 1, "point": 3},
		step{"do": "lasso", "chart": 0, "panel": 0, "within": []float64{0.02, 0.55, 0.48, 0.98}}, // the first class
	)
	if err := verdict(s, 1); err != nil {
		t.Fatal(err)
	}
	before, over, from3D, after := s.Steps[0].Panels, s.Steps[1].Panels, s.Steps[2].Panels, s.Steps[3].Panels
	if !strings.Contains(s.Steps[1].Text, "row 7\n") {
		t.Errorf("the pointer is over %q, want row 7", s.Steps[1].Text)
	}
	for i := range 3 {
		if before[i].Selected != 0 || before[i].Hovered != -1 {
			t.Errorf("panel %d begins with %+v", i, before[i])
		}
		if over[i].Hovered != 7 || over[i].Look == before[i].Look {
			t.Errorf("panel %d marks row %d when row 7 of the first is under the pointer; it changes: %t", i, over[i].Hovered, over[i].Look != before[i].Look)
		}
		if said := fmt.Sprintf("row %d\n", from3D[i].Hovered); !strings.Contains(s.Steps[2].Text, said) || from3D[i].Look == over[i].Look {
			t.Errorf("panel %d marks row %d when the third says %q", i, from3D[i].Hovered, s.Steps[2].Text)
		}
		if part := float64(after[i].Ink) / float64(before[i].Ink); after[i].Selected != kinds.Each || part < 0.05 || part > 0.6 {
			t.Errorf("panel %d has %d rows selected, want %d, and %.0f %% of its colour", i, after[i].Selected, kinds.Each, 100*part)
		}
	}
}

// TestLinkedCharts: charts share a selection where they have one name and as many rows, and otherwise none.
func TestLinkedCharts(t *testing.T) {
	testenv.Need(t, "chromium")
	y, p := kinds.Rings()
	two, _ := upturned(y)
	part := viz.Points{Labels: p.Labels[:60]}
	pieces := []string{library(t)}
	for _, c := range []*viz.Chart{
		viz.Scatter(y, p).Linked("rings"), viz.Scatter(two, p).Linked("rings"), viz.Scatter(y, p).Linked("others"), viz.Scatter(y, p),
		viz.Scatter(y.Slice(0, 60, 0, 2), part).Linked("rings"),
	} {
		pieces = append(pieces, output(t, c))
	}
	s := look(t, page(t, pieces...), patience, nil, step{"do": "lasso", "chart": 0, "panel": 0, "within": []float64{0.02, 0.55, 0.48, 0.98}})
	if err := verdict(s, len(pieces)-1); err != nil {
		t.Fatal(err)
	}
	for i, want := range []int{kinds.Each, kinds.Each, 0, 0, 0} {
		if got := s.Steps[0].Panels[i].Selected; got != want {
			t.Errorf("chart %d has %d rows selected, want %d", i, got, want)
		}
	}
}
