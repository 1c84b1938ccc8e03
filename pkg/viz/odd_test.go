package viz

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/flatland-go/flatland/pkg/mat32"
	"gonum.org/v1/gonum/mat"
)

// TestOddNames: names that are markup, not text, or thousands of letters long give a chart in time, and an SVG that is one.
func TestOddNames(t *testing.T) {
	for what, name := range map[string]string{
		"markup":   `</script><script>alert("1")</script>&`,
		"controls": "a\x00b\x1bc\nd\uFFFEe",
		"bytes":    "a\xff\xfe",
		"long":     strings.Repeat("a very long name ", 700),
	} {
		start := time.Now()
		path := filepath.Join(t.TempDir(), "chart.svg")
		c := Lines(Series{Name: name, Y: []float64{1, 2}}, Series{Name: name + "2", Y: []float64{2, 1}}).Axes(Axis{Name: name}, Axis{}).Titled(name)
		if err := c.Save(path); err != nil {
			t.Fatal(what, err)
		}
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		d := xml.NewDecoder(f)
		for err == nil {
			_, err = d.Token()
		}
		if err != io.EOF {
			t.Errorf("%s: %v", what, err)
		}
		page, err := c.HTML()
		if err != nil || strings.Count(page, "<script") != 2 || strings.Count(page, "</script>") != 2 || !utf8.ValidString(page) {
			t.Errorf("%s: the page has %d scripts, error %v", what, strings.Count(page, "<script"), err)
		}
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("%s: %v", what, took)
		}
	}
}

// TestOddNumbers: numbers from one end of what there is to the other have a place on a logarithmic axis, and edges between them a length.
func TestOddNumbers(t *testing.T) {
	wide := []float64{5e-324, 1e-300, 1, 1e288, 1e300}
	edge := neighborsOf{{1}, {1, 2}, {}}
	y := mat.NewDense(3, 2, []float64{math.MaxFloat64, 0, -math.MaxFloat64, 1, math.MaxFloat64, 0})
	for what, c := range map[string]*Chart{
		"axis":    Lines(Series{X: wide, Y: wide}).Axes(Axis{Log: true}, Axis{Log: true}),
		"close":   Heatmap(mat.NewDense(1, 3, []float64{1, 1 + 1e-15, 1 + 4e-15}), Cells{}),
		"far":     Heatmap(mat.NewDense(1, 3, []float64{1e15, 1e15 + 1, 1e15 + 9}), Cells{}),
		"lengths": Connectivity(y, edge, Points{}, Straight, ByLength),
	} {
		if _, err := c.HTML(); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// neighborsOf is a graph, by the neighbours of its rows.
type neighborsOf [][]int32

func (g neighborsOf) Dims() (rows, columns int) { return len(g), len(g) }

func (g neighborsOf) Row(i int) (columns []int32, values []float64) { return g[i], nil }

// TestFit: a text is as long as there is room for, and no longer.
func TestFit(t *testing.T) {
	s, err := newSheet(nil, &light, height)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Repeat("word after word ", 300)
	for limit := length(0); limit < 200; limit += 7 {
		short := s.fit(regular, legendSize, limit, text)
		if s.measure(regular, legendSize, short) > limit {
			t.Errorf("%q is wider than %g", short, limit)
		}
		more := text[:len(strings.TrimSuffix(short, "…"))+3] + "…"
		if short != "" && s.measure(regular, legendSize, more) <= limit {
			t.Errorf("%q would fit into %g, where %q is", more, limit, short)
		}
	}
}

// TestNilLaw: a fit whose error was not looked at is named.
func TestNilLaw(t *testing.T) {
	err := Spectra(Spectrum{Values: []float64{2, 1}, Law: (*nilLaw)(nil)}).Err()
	if !errors.Is(err, mat32.ErrEmpty) || !strings.HasPrefix(err.Error(), "viz.Spectra: Spectra[0]: Law: ") {
		t.Error(err)
	}
	if err := Dimensions().Err(); !strings.HasPrefix(err.Error(), "viz.Dimensions: ") {
		t.Error(err)
	}
}

type nilLaw struct{ places []float64 }

func (l *nilLaw) Line() (places, values []float64) { return l.places, l.places }

// TestNilWithin: matrices within the arguments that are nil pointers are named.
func TestNilWithin(t *testing.T) {
	y := mat.NewDense(2, 2, []float64{0, 1, 2, 3})
	for want, c := range map[string]*Chart{
		"viz.Diagnostic: Components: ":      Diagnostic(y, Diagnosis{Components: (*mat.Dense)(nil)}),
		"viz.Biplot: rows: ":                Biplot(rowless{y}, Columns{}, Points{}),
		"viz.PhasePortrait: trajectory 0: ": PhasePortrait(func(x, y float64) (dx, dy float64) { return y, -x }, Flow{Trajectories: []mat.Matrix{(*mat.SymDense)(nil)}}),
	} {
		if err := c.Err(); !errors.Is(err, mat32.ErrEmpty) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v, want %s…", err, want)
		}
	}
}

// rowless is a model without rows.
type rowless struct{ weights *mat.Dense }

func (rowless) Embedding() *mat.Dense    { return nil }
func (r rowless) Components() *mat.Dense { return r.weights }

// TestNoChart: a Chart that no function made says so, alone and in a grid.
func TestNoChart(t *testing.T) {
	for name, c := range map[string]*Chart{"zero": {}, "zero with a title": (&Chart{}).Titled("nothing"), "a panel": Grid(Panels{}, &Chart{})} {
		if err := c.Err(); !errors.Is(err, mat32.ErrEmpty) {
			t.Errorf("%s: %v", name, err)
		}
		if err := c.Display(); !errors.Is(err, mat32.ErrEmpty) {
			t.Errorf("%s: displayed with %v", name, err)
		}
		if err := c.Save(filepath.Join(t.TempDir(), "chart.png")); !errors.Is(err, mat32.ErrEmpty) {
			t.Errorf("%s: saved with %v", name, err)
		}
		if _, err := c.HTML(); !errors.Is(err, mat32.ErrEmpty) {
			t.Errorf("%s: html with %v", name, err)
		}
	}
}
