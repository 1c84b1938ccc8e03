package browser

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/viz"
	"github.com/flatland-go/flatland/tests/browser/kinds"
	"gonum.org/v1/gonum/mat"
)

// clouds returns rows in ten clouds, by class, without a random number.
func clouds(n int) (*mat.Dense, []int) {
	y, labels := mat.NewDense(n, 2, nil), make([]int, n)
	for i := range n {
		labels[i] = int(uint32(i*2654435761)>>8) % 10
		u, v := math.Mod(float64(i)*0.6180339887498949, 1), math.Mod(float64(i)*0.7548776662466927, 1)
		r, turn := math.Sqrt(-2*math.Log(u+1e-9)), math.Pi/5*float64(labels[i])
		y.SetRow(i, []float64{5*math.Cos(turn) + r*math.Cos(2*math.Pi*v), 5*math.Sin(turn) + r*math.Sin(2*math.Pi*v)})
	}
	return y, labels
}

// rounds are images that no compression makes small.
type rounds struct{}

func (rounds) Image(i int) image.Image {
	const side = 28
	m := image.NewGray(image.Rect(0, 0, side, side))
	for k := range m.Pix {
		far := math.Hypot(float64(k%side-side/2), float64(k/side-side/2)) - 7 - 2*math.Sin(float64(i))
		m.SetGray(k%side, k/side, color.Gray{uint8(200*math.Exp(-far*far/6)) + uint8(uint32((i*784+k)*2654435761)>>28)})
	}
	return m
}

// TestLarge: maps of many points are all on the page, in as many bytes and as fast as a reader expects, who zooms, hovers, seeks and selects.
func TestLarge(t *testing.T) {
	testenv.Need(t, "chromium")
	lib := library(t)
	for _, test := range []struct {
		n      int
		bytes  int
		images viz.Imager
	}{{5_000, 2_000_000, rounds{}}, {70_000, 1_000_000, nil}, {1_000_000, 1_500_000, nil}} {
		t.Run(fmt.Sprint(test.n), func(t *testing.T) {
			y, labels := clouds(test.n)
			c := viz.Scatter(y, viz.Points{Labels: labels, Images: test.images}).Titled(fmt.Sprintf("%d points", test.n))
			html := output(t, c)
			picture := filepath.Join(t.TempDir(), "picture.png")
			if err := c.Save(picture); err != nil {
				t.Fatal(err)
			}
			png, err := os.ReadFile(picture)
			if err != nil {
				t.Fatal(err)
			}
			// The output holds the picture once more beside the page.
			if size := len(html) + strings.Count(html, `"`) + len(png)*4/3; size > test.bytes {
				t.Errorf("the output takes %d bytes, more than %d", size, test.bytes)
			}
			steps := []step{{"do": "pace", "chart": 0}}
			if shots := filepath.Join(testenv.Root(), "build", "shots"); os.MkdirAll(shots, 0o755) == nil {
				steps = append(steps,
					step{"do": "portrait", "chart": 0, "path": filepath.Join(shots, fmt.Sprintf("large-%d-zoomed.png", test.n))},
					step{"do": "reset", "chart": 0},
					step{"do": "portrait", "chart": 0, "path": filepath.Join(shots, fmt.Sprintf("large-%d.png", test.n))},
				)
			}
			s := look(t, page(t, lib, html), 60_000, nil, steps...)
			if err := verdict(s, 1); err != nil {
				t.Fatal(err)
			}
			p := s.Steps[0]
			t.Logf("%d bytes, first paint %.0f ms after load, hover %.1f ms, a frame of zooming %.0f ms, of dragging %.0f ms", len(html), p.First, p.Hover, p.Zoom, p.Drag)
			if p.Said < 20 {
				t.Errorf("%d of 39 places say something", p.Said)
			}
			for what, limit := range map[string][2]float64{"first paint": {p.First, 2000}, "hover": {p.Hover, 50}, "zoom": {p.Zoom, 100}, "drag": {p.Drag, 100}} {
				if limit[0] > limit[1] && !(what == "first paint" && test.n > 70_000) {
					t.Errorf("%s takes %.0f ms, more than %.0f", what, limit[0], limit[1])
				}
			}
		})
	}
}

// TestChoosing: a lasso selects rows, gives them to the clipboard or a field as a Go slice, and fades the others; a search does so by class,
// text and row; a list over the legend recolours the points.
func TestChoosing(t *testing.T) {
	testenv.Need(t, "chromium")
	y, p := kinds.Rings()
	rows := len(p.Labels)
	heights := make([]float64, rows)
	for i := range heights {
		heights[i] = float64(i)
	}
	p.Colors = []viz.Coloring{{Name: "height", Values: heights}, {Name: "half", Labels: make([]int, rows)}}
	for i := range rows {
		p.Colors[1].Labels[i] = 2 * i / rows
	}
	s := look(t, page(t, library(t), output(t, viz.Scatter(y, p).Titled("Choices"))), patience, nil,
		step{"do": "lasso", "chart": 0, "panel": 0, "within": []float64{0, 0.5, 0.5, 1}}, // the left lower quarter is class 0, north
		step{"do": "note", "chart": 0},
		step{"do": "keys", "chart": 0, "keys": []string{"Escape"}},
		step{"do": "search", "chart": 0, "text": "EAST"},
		step{"do": "search", "chart": 0, "text": "point <7>"},
		step{"do": "search", "chart": 0, "text": "119"},
		step{"do": "search", "chart": 0, "text": "nothing like it"},
		step{"do": "reset", "chart": 0},
		step{"do": "recolor", "chart": 0, "by": "height"},
		step{"do": "hover", "chart": 0, "series": 0, "point": 50},
		step{"do": "recolor", "chart": 0, "by": "half"},
		step{"do": "legend", "chart": 0, "name": "1"},
		step{"do": "recolor", "chart": 0, "by": "class"},
		step{"do": "deny"},
		step{"do": "lasso", "chart": 0, "panel": 0, "within": []float64{0, 0.5, 0.5, 1}},
		step{"do": "note", "chart": 0},
	)
	if err := verdict(s, 1); err != nil {
		t.Fatal(err)
	}
	var north []string
	for i := range kinds.Each {
		north = append(north, fmt.Sprint(i))
	}
	slice := "[]int{" + strings.Join(north, ", ") + "}\n30 of 120 points"
	for i, want := range map[int]string{
		1: slice + ", copied", 15: slice, 3: "30 of 120", 4: "1 of 120", 5: "1 of 120", 6: "0 of 120", 9: "height: 50",
	} {
		if got := s.Steps[i].Text; !strings.Contains(got, want) {
			t.Errorf("step %d says %q, want %q", i, got, want)
		}
	}
	whole := float64(s.Charts[0].Ink)
	for i, want := range map[int][2]float64{1: {0.1, 0.5}, 3: {0.1, 0.5}, 4: {0, 0.2}, 7: {0.99, 1.01}, 11: {0.35, 0.65}, 12: {0.9, 1.1}} {
		if part := float64(s.Steps[i].Ink) / whole; part < want[0] || part > want[1] {
			t.Errorf("after step %d %.0f %% of the colour is there, want %.0f to %.0f", i, 100*part, 100*want[0], 100*want[1])
		}
	}
}

// TestLargeOffenders: data that are not whole do not pass for a chart.
func TestLargeOffenders(t *testing.T) {
	testenv.Need(t, "chromium")
	y, labels := clouds(120_000)
	good := output(t, viz.Scatter(y, viz.Points{Labels: labels}))
	_, rest, _ := strings.Cut(good, `"class":"`)
	class, _, _ := strings.Cut(rest, `"`)
	_, rest, _ = strings.Cut(good, `"z":"`)
	z, _, _ := strings.Cut(rest, `"`)
	if class == "" || z == "" || bytes.Contains([]byte(class), []byte("<")) {
		t.Fatal("no classes or no curve")
	}
	s := look(t, page(t, library(t), strings.Replace(good, class, z, 1), strings.Replace(good, `"n":120000`, `"n":119999`, 1), good), 2*patience, nil)
	for i, want := range []string{"failed", "failed", "drawn"} {
		if len(s.Charts) != 3 || s.Charts[i].State != want {
			t.Errorf("charts %+v, want the %dth %s", s.Charts, i, want)
		}
	}
}

// TestMapKeys: the keyboard zooms and moves a map, and 0 and Escape show all of it again.
func TestMapKeys(t *testing.T) {
	testenv.Need(t, "chromium")
	y, p := kinds.Rings()
	keys := func(list ...string) step { return step{"do": "keys", "chart": 0, "keys": list} }
	s := look(t, page(t, library(t), output(t, viz.Scatter(y, p))), patience, nil,
		keys("=", "+"), keys("ArrowLeft", "ArrowUp"), keys("-"), keys("0"), keys("+", "+"), keys("Escape"))
	if err := verdict(s, 1); err != nil {
		t.Fatal(err)
	}
	whole := s.Charts[0].Ink
	in, moved, out := s.Steps[0].Ink, s.Steps[1].Ink, s.Steps[2].Ink
	if in > whole*3/4 || moved == in || out == moved || out == whole || s.Steps[1].Text == s.Steps[0].Text {
		t.Errorf("coloured pixels: %d, zoomed in %d, moved %d, zoomed out %d", whole, in, moved, out)
	}
	for i, want := range map[int]int{3: whole, 4: in, 5: whole} {
		if got := s.Steps[i].Ink; got != want {
			t.Errorf("after step %d %d coloured pixels, want %d", i, got, want)
		}
	}
}
