package browser

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/viz"
	"gonum.org/v1/gonum/mat"
)

// file returns a sample's name as part of a file's.
func (s sample) file() string { return strings.ReplaceAll(s.name, " ", "-") }

// TestGallery draws every kind of chart on a light and on a dark page, all from the same left edge, and leaves pictures of each in
// build/shots and a page of all, with their static pictures, in build/gallery.html.
func TestGallery(t *testing.T) {
	testenv.Need(t, "chromium")
	lib, samples := library(t), gallery(t)
	root := testenv.Root()
	pieces := []string{lib}
	for _, s := range samples {
		if err := s.chart.Err(); err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
		pieces = append(pieces, "<h3>"+s.name+"</h3>", output(t, s.chart))
	}
	for _, theme := range []string{"light", "dark"} {
		t.Run(theme, func(t *testing.T) {
			path := page(t, pieces...)
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			page := strings.Replace(string(text), "<head>", `<head><meta name="color-scheme" content="light dark">`, 1)
			if err := os.WriteFile(path, []byte(page), 0o600); err != nil {
				t.Fatal(err)
			}
			var steps []step
			for i, s := range samples {
				steps = append(steps, step{"do": "portrait", "chart": i, "path": filepath.Join(root, "build", "shots", fmt.Sprintf("kind-%s-%s.png", s.file(), theme))})
			}
			if err := os.MkdirAll(filepath.Join(root, "build", "shots"), 0o755); err != nil {
				t.Fatal(err)
			}
			seen := drive(t, job{Page: path, Patience: 2 * patience, Scripts: true, Dark: theme == "dark", Steps: steps})
			if err := verdict(seen, len(samples)-1); err == nil {
				t.Error("a page with one chart more than wanted passes")
			}
			// Pictures of digits are grey.
			for i, s := range samples {
				if s.name == "images" && seen.Charts[i].Ink < 100 {
					seen.Charts[i].Ink = 100
				}
			}
			if err := verdict(seen, len(samples)); err != nil {
				t.Error(err)
			}
			for i, c := range seen.Charts {
				if c.Theme != theme {
					t.Errorf("%s is %s on a %s page", samples[i].name, c.Theme, theme)
				}
				if c.Left != seen.Charts[0].Left {
					t.Errorf("%s begins at %g, the first chart at %g", samples[i].name, c.Left, seen.Charts[0].Left)
				}
			}
		})
	}
	writeGallery(t, filepath.Join(root, "build"), lib, samples)
}

// writeGallery writes the page of all charts: interactive and static, light and dark.
func writeGallery(t *testing.T, build, lib string, samples []sample) {
	t.Helper()
	var b strings.Builder
	b.WriteString("<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\"><title>Flatland's charts</title>\n" +
		"<style>body{font-family:sans-serif;margin:0} section{display:flex;gap:16px;padding:12px} .dark{background:#111;color:#eee}</style></head><body>\n" + lib)
	for _, s := range samples {
		for _, theme := range []viz.Theme{viz.Light, viz.Dark} {
			name := map[viz.Theme]string{viz.Light: "light", viz.Dark: "dark"}[theme]
			picture := fmt.Sprintf("gallery-%s-%s.png", s.file(), name)
			if err := s.chart.Themed(theme).Save(filepath.Join(build, "shots", picture)); err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&b, "<section class=%q><div><h3>%s, %s</h3>%s</div><div><h3>picture</h3><img src=\"shots/%s\" alt=\"\"></div></section>\n",
				name, s.name, name, output(t, s.chart), picture)
		}
	}
	b.WriteString("</body></html>\n")
	if err := os.WriteFile(filepath.Join(build, "gallery.html"), []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestScriptsOff: a reader who runs no script sees the picture of every kind.
func TestScriptsOff(t *testing.T) {
	testenv.Need(t, "chromium")
	pieces := []string{library(t)}
	for _, s := range gallery(t) {
		pieces = append(pieces, output(t, s.chart))
	}
	path := page(t, pieces...)
	s := drive(t, job{Page: path, Dark: true})
	if len(s.Charts) != len(pieces)-1 {
		t.Fatalf("%d charts on the page, want %d", len(s.Charts), len(pieces)-1)
	}
	for i, c := range s.Charts {
		if c.State != "waiting" || !c.Picture || c.Ink != 0 {
			t.Errorf("chart %d: %+v, want its picture", i, c)
		}
	}
}

// TestHoverKinds: the tooltip of every kind that has no points of its own names what is under the pointer.
func TestHoverKinds(t *testing.T) {
	testenv.Need(t, "chromium")
	charts := []sample{
		{"lines", viz.Lines(
			viz.Series{Name: "first", X: []float64{0, 1, 2}, Y: []float64{5, 7, 6}, Low: []float64{4, 6, 5}, High: []float64{6, 8.25, 7}},
			viz.Series{Name: "second", X: []float64{0, 1, 2}, Y: []float64{1, 2, 30}},
		).Axes(viz.Axis{Name: "depth"}, viz.Axis{})},
		{"bars", viz.Bars(viz.Groups{Names: []string{"left", "<i>", "right"}},
			viz.Series{Name: "a", Y: []float64{1, 2.5, 3}, Low: []float64{0, 2, 2}, High: []float64{2, 3.5, 4}}, viz.Series{Name: "b", Y: []float64{3, 2, 1}})},
		{"heatmap", correlations()},
		{"heatmap large", distances(300)},
		{"images", pictures()},
		{"grid", mixed()},
		{"barcode", viz.Barcode(circle(t))},
		{"persistence", viz.PersistenceDiagram(circle(t))},
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
		{step{"do": "at", "chart": 6, "x": 300, "y": 32}, []string{"H₀, essential", "birth: 0"}, "death"},
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
		s.Charts[i].Ink = max(s.Charts[i].Ink, 100) // of which TestGallery judges
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
	pieces := []string{library(t), output(t, severalLines()), output(t, trust()), output(t, several())}
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
