package browser

import (
	"image"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/viz"
	"gonum.org/v1/gonum/mat"
)

// TestLegend: a click on a class shows it alone, and another all; with shift it hides one, and another shows it again.
func TestLegend(t *testing.T) {
	testenv.Need(t, "chromium")
	click, shift := step{"do": "legend", "chart": 0, "name": "east"}, step{"do": "legend", "chart": 0, "name": "east", "key": "Shift"}
	s := look(t, page(t, library(t), output(t, chart())), patience, nil, click, click, shift, shift)
	if err := verdict(s, 1); err != nil {
		t.Fatal(err)
	}
	whole := float64(s.Charts[0].Ink)
	for i, want := range []struct {
		visible  int
		from, to float64 // of the colour
	}{{1, 0.1, 0.45}, {classes, 0.99, 1.01}, {classes - 1, 0.6, 0.9}, {classes, 0.99, 1.01}} {
		got := s.Steps[i]
		if part := float64(got.Ink) / whole; got.Visible != want.visible || part < want.from || part > want.to {
			t.Errorf("after click %d %d classes are visible, with %.0f %% of the colour; want %d, with %.0f to %.0f %%",
				i, got.Visible, 100*part, want.visible, 100*want.from, 100*want.to)
		}
	}
}

// many is a chart of more classes than its legend has room for.
func many() *viz.Chart {
	const classes = 40
	y, p := mat.NewDense(3*classes, 2, nil), viz.Points{}
	for i := range 3 * classes {
		angle := 2 * math.Pi * float64(i) / (3 * classes)
		y.SetRow(i, []float64{math.Cos(angle), math.Sin(angle)})
		p.Labels = append(p.Labels, i/3)
	}
	return viz.Scatter(y, p)
}

// lassoTitle is the first tool of a map.
const lassoTitle = "Lasso: select points and copy their rows (or shift-drag)"

// TestLegendKeys: the keyboard reaches the legend and the tools, one stop of the tab key each; arrows go from name to name, also to those that
// there was no room for.
func TestLegendKeys(t *testing.T) {
	testenv.Need(t, "chromium")
	focus := step{"do": "focus", "chart": 0, "in": "[role=group]"}
	s := look(t, page(t, library(t), output(t, many())), patience, nil,
		focus,
		step{"do": "press", "chart": 0, "keys": []string{"ArrowDown", "ArrowDown", "Enter"}},
		step{"do": "press", "chart": 0, "keys": []string{"End", "Space"}},
		step{"do": "press", "chart": 0, "keys": []string{"Escape"}},
		step{"do": "press", "chart": 0, "keys": []string{"Home", "Shift+Enter"}},
		step{"do": "focus", "chart": 0, "in": "[role=toolbar]"},
		step{"do": "press", "chart": 0, "keys": []string{"End"}},
		step{"do": "press", "chart": 0, "keys": []string{"ArrowLeft", "Enter"}},
	)
	if err := verdict(s, 1); err != nil {
		t.Fatal(err)
	}
	for i, want := range []struct {
		focused string
		visible int
	}{{"0", 40}, {"2", 1}, {"39", 1}, {"39", 40}, {"0", 39}, {lassoTitle, 39}, {"Save as PNG", 39}, {"Reset", 40}} {
		if got := s.Steps[i]; got.Text != want.focused || got.Visible != want.visible {
			t.Errorf("after step %d the focus is on %q, with %d classes visible; want %q and %d", i, got.Text, got.Visible, want.focused, want.visible)
		}
	}
}

// TestSavePNG: the picture that the page saves is twice as fine as the chart and holds the legend.
func TestSavePNG(t *testing.T) {
	testenv.Need(t, "chromium")
	path := filepath.Join(t.TempDir(), "saved.png")
	s := look(t, page(t, library(t), output(t, chart())), patience, nil, step{"do": "save", "chart": 0, "path": path})
	if err := verdict(s, 1); err != nil {
		t.Fatal(err)
	}
	if s.Steps[0].Text != "Four rings.png" {
		t.Errorf("the file is called %q", s.Steps[0].Text)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	m, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	if size := m.Bounds().Size(); size != image.Pt(1280, 960) {
		t.Errorf("the picture is %v", size)
	}
	ink := 0
	for y := range 200 {
		for x := 900; x < 1280; x++ { // where the names of the classes are
			if r, g, b, _ := m.At(x, y).RGBA(); r+g+b < 3*0x6000 {
				ink++
			}
		}
	}
	if ink < 100 {
		t.Errorf("%d dark pixels where the legend should be", ink)
	}
}
