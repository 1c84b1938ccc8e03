package viz

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/flatland-go/flatland/internal/jupyter"
	"github.com/flatland-go/flatland/pkg/datasets"
	"gonum.org/v1/gonum/mat"
)

const allDigits = 1797

// digits is a chart of the first n handwritten digits, by two weighted sums of their pixels.
func digits(n int) *Chart {
	d := datasets.Digits()
	_, k := d.X.Dims()
	y := mat.NewDense(n, 2, nil)
	for i := range n {
		for j := range k {
			v := d.X.At(i, j)
			y.Set(i, 0, y.At(i, 0)+v*math.Sin(float64(j)))
			y.Set(i, 1, y.At(i, 1)+v*math.Cos(1.7*float64(j)))
		}
	}
	return Scatter(y, Points{Labels: d.Labels[:n], Names: d.Names, Images: d}).Titled("Handwritten digits")
}

func bundle(t *testing.T, c *Chart) jupyter.Bundle {
	t.Helper()
	b, err := c.bundle()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// committed returns the html that a notebook is kept with.
func committed(b jupyter.Bundle) string {
	if saved, ok := b.Metadata[jupyter.MarkKey].(map[string]string)["saved"]; ok {
		return saved
	}
	return b.Data["text/html"].(string)
}

// TestBundle: the output has its three forms, the mark, the picture in the html, no library, and stays within its budget.
func TestBundle(t *testing.T) {
	b := bundle(t, digits(allDigits))
	html, picture, text := b.Data["text/html"].(string), b.Data["image/png"].([]byte), b.Data["text/plain"].(string)
	if len(b.Data) != 3 {
		t.Errorf("%d forms", len(b.Data))
	}
	if mark := b.Metadata[jupyter.MarkKey].(map[string]string); mark["kind"] != "chart" || mark["chart"] != "scatter" {
		t.Errorf("mark %v", mark)
	}
	if !strings.HasPrefix(text, "Handwritten digits\nScatter of 1797 points in 10 classes: 0 (178), 1 (182),") {
		t.Errorf("text %q", text)
	}
	if !strings.Contains(html, `<img width="640" height="480" alt="Handwritten digits`) ||
		!strings.Contains(html, "base64,"+base64.StdEncoding.EncodeToString(picture)+`"`) {
		t.Error("the html does not hold the picture")
	}
	for _, not := range []string{"echarts", "http:", "https:", " id="} {
		if strings.Contains(html, not) {
			t.Errorf("the html holds %q", not)
		}
	}
	if whole := outputBytes(committed(b), picture, text); whole > keptBytes {
		t.Errorf("the output takes %d bytes when it is kept, more than 150 kB", whole)
	}
	if len(picture) > pictureBytes {
		t.Errorf("the picture takes %d bytes", len(picture))
	}
	m, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		t.Fatal(err)
	}
	if m.Bounds() != image.Rect(0, 0, width, height) {
		t.Errorf("the picture is %v", m.Bounds())
	}
	p, ok := m.(*image.Paletted)
	if !ok {
		t.Fatalf("the picture is a %T", m)
	}
	for i, c := range classColors[:10] {
		if count := pixels(p, c); count < 300 {
			t.Errorf("%d pixels in the colour of class %d", count, i)
		}
	}
	if pixels(p, light.paper) < width*height/2 {
		t.Error("the background is not white")
	}
}

func pixels(m *image.Paletted, c color.RGBA) (count int) {
	for y := range m.Rect.Max.Y {
		for x := range m.Rect.Max.X {
			if color.RGBAModel.Convert(m.At(x, y)) == c {
				count++
			}
		}
	}
	return count
}

// TestSameBytes: the same chart is the same bytes in every form, on any number of cores, and when it is asked for several at once.
func TestSameBytes(t *testing.T) {
	forms := func() [][]byte {
		c := digits(400)
		all := make([][]byte, 3)
		var wait sync.WaitGroup
		for i, form := range []func() ([]byte, error){c.png, c.svg, c.page} {
			wait.Go(func() {
				var err error
				if all[i], err = form(); err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		return all
	}
	first := forms()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(7))
	for i, b := range forms() {
		if !bytes.Equal(first[i], b) {
			t.Errorf("form %d differs", i)
		}
	}
}

// TestPayload: the page gets back what the chart was made of.
func TestPayload(t *testing.T) {
	const n = 40
	p := Points{
		Labels: cyclic(n, 3), Names: []string{"</script><b>", `"quoted"`, "é"}, Text: make([]string, n), Values: make([]float64, n),
		Images: tiles{skip: func(i int) bool { return i%2 == 1 }},
	}
	for i := range n {
		p.Values[i] = -5 + float64(i)
	}
	p.Text[7] = "seven <!-- & more"
	c := Scatter(lattice(n), p)
	html, err := c.HTML()
	if err != nil {
		t.Fatal(err)
	}
	_, data, _ := strings.Cut(html, `<script type="application/json">`)
	data, _, _ = strings.Cut(data, "</script>")
	var whole struct {
		Panels []struct {
			Kind string
			Data scatterPayload
		}
	}
	if err := json.Unmarshal([]byte(data), &whole); err != nil {
		t.Fatal(err)
	}
	if len(whole.Panels) != 1 || whole.Panels[0].Kind != "scatter" {
		t.Fatalf("panels %+v", whole.Panels)
	}
	got := decoded(t, &whole.Panels[0].Data)
	if c := got.Colors[0]; len(c.Classes) != 3 || c.Classes[0].Name != p.Names[0] || c.Classes[1].Name != p.Names[1] || got.text[7] != p.Text[7] {
		t.Errorf("names %v, text %q", c.Classes, got.text[7])
	}
	if len(got.x) != n || len(got.class) != n || len(got.level) != n {
		t.Fatalf("%d, %d, %d elements", len(got.x), len(got.class), len(got.level))
	}
	// Ten columns and four lines of rows, on one scale: a step is as long in x as in y.
	step := 0.93 / 9
	for i := range n {
		wantX, wantY := 0.035+step*float64(i%10), 0.5+step*(1.5-float64(i/10))
		if math.Abs(got.x[i]-wantX) > 1e-5 || math.Abs(got.y[i]-wantY) > 1e-5 {
			t.Errorf("row %d at (%.5f, %.5f), want (%.5f, %.5f)", i, got.x[i], got.y[i], wantX, wantY)
		}
		if v := got.Colors[0].Low + got.level[i]*(got.Colors[0].High-got.Colors[0].Low); math.Abs(v-p.Values[i]) > 1e-3 {
			t.Errorf("value %d is %g, want %g", i, v, p.Values[i])
		}
		if int(got.class[i]) != p.Labels[i] {
			t.Errorf("class %d is %d", i, got.class[i])
		}
	}
	if got.Thumbs == nil || len(got.Thumbs.Points) != n/2 || got.Thumbs.Points[3] != 6 {
		t.Errorf("thumbnails %+v", got.Thumbs)
	}
}

func TestSave(t *testing.T) {
	t.Setenv("FLATLAND_ECHARTS", "")
	dir := t.TempDir()
	c := Scatter(lattice(20), Points{Labels: cyclic(20, 2), Names: []string{"ham & eggs", "<spam>"}}).Titled("A & B")
	for name, want := range map[string][]string{
		"x.html": {"<!DOCTYPE html>", "<title>A &amp; B</title>", `<div data-flatland="scatter"`, "<img ", "globalThis.flatland"},
		"x.SVG":  {"<svg ", "ham\u00A0&amp;\u00A0eggs", "Arial", "font-weight:bold", "&lt;spam&gt;"},
		"x.png":  {"\x89PNG"},
	} {
		path := filepath.Join(dir, name)
		if err := c.Save(path); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range want {
			if !bytes.Contains(text, []byte(w)) {
				t.Errorf("%s is without %q", name, w)
			}
		}
	}
	if err := c.Save(filepath.Join(dir, "x.jpeg")); err == nil || !strings.Contains(err.Error(), "must end in .html, .pdf, .png, .svg") {
		t.Errorf("x.jpeg: %v", err)
	}
	if err := c.Save(filepath.Join(dir, "none", "x.png")); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("a folder that is not there: %v", err)
	}
}

// TestLegends: names that are long or many neither reach the plot nor leave the sheet.
func TestLegends(t *testing.T) {
	long := strings.Repeat("a long name ", 10)
	for name, p := range map[string]Points{
		"long names":  {Labels: cyclic(30, 2), Names: []string{long, "b"}},
		"many":        {Labels: cyclic(300, 60)},
		"value names": {Values: make([]float64, 30), ValueName: long},
	} {
		c := Scatter(lattice(max(len(p.Labels), len(p.Values))), p).Titled(long)
		l, err := c.layout()
		if err != nil {
			t.Fatal(err)
		}
		if f := l.Panels[0].Frame; f.X != edge || f.right()+gap > width-margin || f.W < 300 || f.bottom() > height-margin {
			t.Errorf("%s: the plot is %+v", name, f)
		}
		picture, err := c.png()
		if err != nil {
			t.Fatal(err)
		}
		m, err := png.Decode(bytes.NewReader(picture))
		if err != nil {
			t.Fatal(err)
		}
		for y := range height {
			for x := width - 8; x < width; x++ {
				if r, g, b, _ := m.At(x, y).RGBA(); r&g&b != 0xFFFF {
					t.Fatalf("%s: something is drawn at (%d, %d), by the edge", name, x, y)
				}
			}
		}
	}
	s, err := newScatter(lattice(300), Points{Labels: cyclic(300, 60)})
	if err != nil {
		t.Fatal(err)
	}
	sh, err := newSheet(nil, &light, height)
	if err != nil {
		t.Fatal(err)
	}
	if names, more := newLegend(sh, s.key().entries, rect{H: 400}).rows(); !more || len(names) != 21 || names[20] != "and 40 more" {
		t.Errorf("a legend of 60 classes: %d rows, the last %q", len(names), names[len(names)-1])
	}
}
