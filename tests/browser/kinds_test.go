package browser

import (
	"strings"
	"testing"

	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/viz"
	"github.com/flatland-go/flatland/tests/browser/kinds"
	"gonum.org/v1/gonum/mat"
)

// sample returns the chart of that name from the table of kinds.
func sample(name string) *viz.Chart {
	for _, k := range kinds.All() {
		if k.Name == name {
			return k.Chart()
		}
	}
	panic("no kind is called " + name)
}

// TestHoverKinds: the tooltip of every kind that has no points of its own names what is under the pointer.
func TestHoverKinds(t *testing.T) {
	testenv.Need(t, "chromium")
	charts := []struct {
		name  string
		chart *viz.Chart
	}{
		{"lines", viz.Lines(
			viz.Series{Name: "first", X: []float64{0, 1, 2}, Y: []float64{5, 7, 6}, Low: []float64{4, 6, 5}, High: []float64{6, 8.25, 7}},
			viz.Series{Name: "second", X: []float64{0, 1, 2}, Y: []float64{1, 2, 30}},
		).Axes(viz.Axis{Name: "depth"}, viz.Axis{})},
		{"bars", viz.Bars(viz.Groups{Names: []string{"left", "<i>", "right"}},
			viz.Series{Name: "a", Y: []float64{1, 2.5, 3}, Low: []float64{0, 2, 2}, High: []float64{2, 3.5, 4}}, viz.Series{Name: "b", Y: []float64{3, 2, 1}})},
		{"heatmap", sample("Heatmap")},
		{"heatmap large", sample("Heatmap large")},
		{"images", sample("Images")},
		{"grid", sample("Grid mixed")},
		{"barcode", sample("Barcode")},
		{"persistence", sample("PersistenceDiagram")},
		{"network", viz.Network(mat.NewDense(3, 2, []float64{0, 0, 1, 0, 0, 1}), viz.Links{
			Edges: [][2]int{{0, 1}, {0, 2}}, Values: []float64{-0.25, 0.5}, ValueName: "curvature", Nodes: viz.Points{Text: []string{"corner", "<b>", "top"}},
		})},
	}
	pieces := []string{library(t)}
	for _, s := range charts {
		pieces = append(pieces, output(t, s.chart))
	}
	steps := []struct {
		step step
		want []string
		not  string
	}{
		{step{"do": "hover", "chart": 0, "series": 0, "point": 1}, []string{"depth: 1", "first: 7", "(6 to 8.25)", "second: 2"}, "30"},
		{step{"do": "legend", "chart": 0, "name": "second", "key": "Shift"}, nil, ""},
		{step{"do": "hover", "chart": 0, "series": 0, "point": 1}, []string{"first: 7"}, "second"},
		{step{"do": "hover", "chart": 1, "series": 0, "point": 1}, []string{"<i>", "a: 2.5", "(2 to 3.5)", "b: 2"}, "left"},
		{step{"do": "at", "chart": 2, "x": 100, "y": 50}, []string{"sepal length × sepal length", "correlation: 1"}, "≈"},
		{step{"do": "at", "chart": 3, "x": 100, "y": 100}, []string{"row ", "distance: ≈ "}, "sepal"},
		{step{"do": "at", "chart": 4, "x": 20, "y": 60}, []string{"0", "row 0"}, "row 3"},
		{step{"do": "at", "chart": 4, "x": 80, "y": 60}, []string{"3", "row 3"}, "row 0"},
		{step{"do": "hover", "chart": 5, "series": 0, "point": 4}, []string{"north", "row 4"}, "correlation"},
		{step{"do": "at", "chart": 5, "x": 300, "y": 150}, []string{"distance: "}, "north"},
		{step{"do": "hover", "chart": 6, "series": 3, "point": 7}, []string{"H₁", "birth: 0.2", "death: 1.5", "length: 1."}, "essential"},
		{step{"do": "at", "chart": 6, "x": 300, "y": 56}, []string{"H₀, essential", "birth: 0"}, "death"},
		{step{"do": "hover", "chart": 7, "series": 2, "point": 7}, []string{"H₁", "birth: 0.2", "death: 1.5", "length: 1."}, "H₀"},
		{step{"do": "hover", "chart": 7, "series": 1, "point": 0}, []string{"H₀, essential", "birth: 0"}, "death"},
		{step{"do": "at", "chart": 8, "x": 200, "y": 427}, []string{"0 – 1", "curvature: −0.25"}, "corner"},
		{step{"do": "hover", "chart": 8, "series": 1, "point": 0}, []string{"row 1", "<b>"}, "curvature"},
		{step{"do": "wheel", "chart": 8}, nil, ""},
		{step{"do": "hover", "chart": 8, "series": 0, "point": 0}, []string{"row "}, "curvature"}, // where zooming has moved it
	}
	var acts []step
	for _, s := range steps {
		acts = append(acts, s.step)
	}
	s := look(t, page(t, pieces...), 2*patience, nil, acts...)
	for i := range s.Charts {
		s.Charts[i].Ink = max(s.Charts[i].Ink, 100) // of which TestKinds judges
	}
	if err := verdict(s, len(charts)); err != nil {
		t.Fatal(err)
	}
	for i, want := range steps {
		got := s.Steps[i]
		for _, w := range want.want {
			if !strings.Contains(got.Text, w) {
				t.Errorf("step %d, %v: the tooltip says %q, without %q", i, want.step, got.Text, w)
			}
		}
		if want.not != "" && strings.Contains(got.Text, want.not) {
			t.Errorf("step %d, %v: the tooltip says %q, with %q", i, want.step, got.Text, want.not)
		}
	}
	if legend := s.Steps[1]; legend.Text != "second" || legend.Ink >= s.Charts[0].Ink {
		t.Errorf("a click on %q left %d of %d coloured pixels", legend.Text, legend.Ink, s.Charts[0].Ink)
	}
}

// TestLegendKinds: a click on a name with the shift key held hides it in all panels, with its band, whiskers and marks, and another brings it
// back.
func TestLegendKinds(t *testing.T) {
	testenv.Need(t, "chromium")
	pieces := []string{library(t), output(t, sample("Grid lines")), output(t, sample("Bars")), output(t, sample("Grid"))}
	names := []string{"MLE", "continuity", "versicolor"}
	var steps []step
	for i, name := range names {
		click := step{"do": "legend", "chart": i, "name": name, "key": "Shift"}
		steps = append(steps, click, click)
	}
	s := look(t, page(t, pieces...), 2*patience, nil, steps...)
	if err := verdict(s, len(names)); err != nil {
		t.Fatal(err)
	}
	for i, name := range names {
		whole, hidden, shown := float64(s.Charts[i].Ink), float64(s.Steps[2*i].Ink), float64(s.Steps[2*i+1].Ink)
		if part := hidden / whole; part < 0.25 || part > 0.8 {
			t.Errorf("without %s %.0f %% of the colour is left", name, 100*part)
		}
		if part := shown / whole; part < 0.99 {
			t.Errorf("with %s back, %.0f %% of the colour is", name, 100*part)
		}
	}
}

// TestThemes: a chart follows the page it is on, also when that changes, unless it is themed; what a legend hides stays hidden.
func TestThemes(t *testing.T) {
	testenv.Need(t, "chromium")
	lib := library(t)
	charts := []string{output(t, chart()), output(t, chart().Themed(viz.Light)), output(t, chart().Themed(viz.Dark))}
	s := look(t, page(t, append(charts, lib)...), patience, nil,
		step{"do": "legend", "chart": 0, "name": "east"},
		step{"do": "theme", "attribute": "data-jp-theme-light", "value": "false"},
		step{"do": "theme", "attribute": "data-jp-theme-light", "value": "true"},
		step{"do": "theme", "dark": true}, // of a page that is white whatever the system is
		step{"do": "theme", "attribute": "data-jp-theme-light", "value": ""},
		step{"do": "theme", "attribute": "class", "value": "vscode-body vscode-dark"},
		step{"do": "theme", "attribute": "class", "value": ""},
		step{"do": "theme", "attribute": "style", "value": "background: #1b1b1b"},
	)
	if err := verdict(s, len(charts)); err != nil {
		t.Fatal(err)
	}
	want := []string{"dark", "light", "light", "light", "dark", "light", "dark"}
	for i, first := range want {
		if got := s.Steps[i+1].Text; got != first+" light dark" {
			t.Errorf("after step %d the charts are %s, want %s light dark", i+1, got, first)
		}
	}
	if part := float64(s.After[0].Ink) / float64(s.Charts[0].Ink); part > 0.9 {
		t.Errorf("after changes of theme %.0f %% of the colour is there, with a class hidden", 100*part)
	}
}
