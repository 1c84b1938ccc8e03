package viz

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"maps"
	"math"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"github.com/flatland-go/flatland/internal/jupyter"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/mat32"
	"gonum.org/v1/gonum/mat"
)

// noiseMatrix is incompressible.
func noiseMatrix(rows, columns int) *mat.Dense {
	r := rand.New(rand.NewPCG(3, 4))
	x := mat.NewDense(rows, columns, nil)
	for i := range rows {
		for j := range columns {
			x.Set(i, j, r.NormFloat64())
		}
	}
	return x
}

func noiseSeries(k, n int) []Series {
	r := rand.New(rand.NewPCG(5, 6))
	series := make([]Series, k)
	for i := range series {
		s := &series[i]
		s.Name = fmt.Sprintf("series %d", i)
		for j := range n {
			v := 1000 * r.NormFloat64()
			s.X, s.Y = append(s.X, float64(j)+r.Float64()), append(s.Y, v)
			s.Low, s.High = append(s.Low, v-r.Float64()), append(s.High, v+r.Float64())
		}
	}
	return series
}

func names(n int, stem string) []string {
	s := make([]string, n)
	for i := range s {
		s[i] = fmt.Sprintf("%s %d", stem, i)
	}
	return s
}

// kindSamples are charts of every kind: small ones, and those that ask most of the budget.
func kindSamples() map[string]*Chart {
	d := datasets.Digits()
	few := []Series{
		{Name: "up", X: []float64{1, 10, 100}, Y: []float64{1, 2, 4}, Low: []float64{0.5, 1, 3}, High: []float64{2, 3, 5}},
		{Name: "down", X: []float64{1, 10, 100}, Y: []float64{3, 2, 0.5}, Dashed: true},
		{Name: "dots", X: []float64{5, 50}, Y: []float64{3, 3}, Dots: true},
	}
	var many []*Chart
	for i := range 24 {
		p := Points{Labels: cyclic(800, 5), Images: noise{12, 12, false}}
		many = append(many, Scatter(lattice(800), p).Titled(fmt.Sprintf("map %d", i)))
	}
	long := strings.Repeat("a long name ", 8)
	all := map[string]*Chart{
		"lines":            Lines(few...).Axes(Axis{Name: "k", Log: true}, Axis{Name: "value (m)"}).Rules(Rule{Name: "truth", At: 2.5}).Titled("Lines"),
		"lines plain":      Lines(Series{Y: []float64{3, 1, 2}}),
		"lines constant":   Lines(Series{Y: []float64{7, 7, 7}}),
		"lines one point":  Lines(Series{Y: []float64{0}}),
		"lines dimensions": Dimensions(measured()...).Titled("Dimensions"),
		"lines huge":       Lines(Series{Y: []float64{-1e300, 1e300}}).Axes(Axis{Name: long}, Axis{Name: long}).Rules(Rule{Name: long, At: 1e299}, Rule{Name: long, At: 0.9, Vertical: true}),
		"lines tiny":       Lines(Series{Name: long, Y: []float64{1e-12, 3e-12, 2e-12}}),
		"lines both logs":  Lines(Series{X: []float64{1e-9, 1, 1e9}, Y: []float64{1e-3, 1, 1e12}}).Axes(Axis{Log: true}, Axis{Log: true}),
		"lines noise":      Lines(noiseSeries(3, 4000)...),
		"bars":             Bars(Groups{Names: []string{"a", "b", "c"}}, Series{Name: "s", Y: []float64{1, -2, 3}, Low: []float64{0, -3, 2}, High: []float64{2, -1, 4}}, Series{Name: "t", Y: []float64{2, 2, 2}}).Titled("Bars"),
		"bars horizontal":  Bars(Groups{Names: names(4, "quite a long name of a group"), Horizontal: true}, Series{Y: []float64{1, 2, 3, 4}}).Axes(Axis{Name: "seconds"}, Axis{Name: "method"}),
		"bars long names":  Bars(Groups{Names: names(12, "a long name")}, Series{Name: "x", Y: make([]float64, 12)}),
		"bars many":        Bars(Groups{Horizontal: true}, Series{Y: noiseSeries(1, 600)[0].Y}),
		"bars 600":         Bars(Groups{}, noiseSeriesWithoutX(3, 200)...),
		"heatmap":          Heatmap(noiseMatrix(6, 9), Cells{Rows: names(6, "row"), Columns: names(9, "column"), Name: "noise", Down: "down", Across: "across"}).Titled("Heatmap"),
		"heatmap one":      Heatmap(mat.NewDense(1, 1, []float64{3}), Cells{}),
		"heatmap noise":    Heatmap(noiseMatrix(420, 420), Cells{Name: "noise"}),
		"heatmap names":    Heatmap(noiseMatrix(60, 400), Cells{Rows: names(60, long), Columns: names(400, long)}),
		"heatmap tall":     Heatmap(noiseMatrix(900, 3), Cells{Palette: Sequential}),
		"grid":             Grid(Panels{}, Lines(few...).Titled("one"), Lines(few[:2]...).Titled("two"), Bars(Groups{}, few[1].bare()).Titled("three")).Titled("Grid"),
		"grid of maps":     Grid(Panels{}, many...),
		"grid of heatmaps": Grid(Panels{Limits: Own}, Heatmap(noiseMatrix(100, 100), Cells{Name: "first"}).Titled("first"), Heatmap(noiseMatrix(100, 100), Cells{Name: "second"}).Titled(long)),
		"barcode":          Barcode(circle()).Titled("Barcode"),
		"barcode one":      Barcode(intervals{{3, -2, math.Inf(1)}}),
		"barcode many":     Barcode(noiseIntervals(5000)),
		"persistence":      PersistenceDiagram(circle()).Titled("Diagram").Rules(Rule{Name: "scale", At: 0.5, Vertical: true}),
		"persistence one":  PersistenceDiagram(intervals{{0, 1, 1}}),
		"persistence many": PersistenceDiagram(noiseIntervals(5000)),
		"network":          Network(wheel(8), Links{Edges: spokes(8), Values: []float64{-1, -0.5, 0, 0, 0.5, 1, 2}, ValueName: "curvature", Nodes: Points{Labels: cyclic(8, 2), Names: []string{"even", "odd"}}}).Titled("Network"),
		"network disk":     Network(wheel(8), Links{Edges: spokes(8), Disk: true, Nodes: Points{Values: []float64{0, 1, 2, 3, 4, 5, 6, 7}, ValueName: long}}),
		"network edgeless": Network(lattice(1), Links{}),
		"network many":     Network(noiseMatrix(900, 2), Links{Edges: noiseEdges(900, 1500), Values: noiseSeries(1, 1500)[0].Y}).Titled("Many"),
		"grid of networks": Grid(Panels{}, Network(wheel(8), Links{Edges: spokes(8), Disk: true}).Titled("disk"), Barcode(circle()).Titled("bars"), PersistenceDiagram(circle()).Titled("points")),
		"images":           Images(d, upTo(30), Frames{Captions: names(30, "digit"), Of: "digits"}).Titled("Images"),
		"images many":      Images(noise{24, 16, true}, upTo(400), Frames{}),
		"images one":       Images(noise{600, 300, true}, []int{5}, Frames{Captions: []string{long}}),
	}
	maps.Copy(all, graphSamples())
	maps.Copy(all, spectraSamples())
	return all
}

func (s Series) bare() Series {
	s.X = nil
	return s
}

func noiseSeriesWithoutX(k, n int) []Series {
	series := noiseSeries(k, n)
	for i := range series {
		series[i].X = nil
	}
	return series
}

// large reports whether a sample is one that asks most of the budget.
func large(name string) bool {
	for _, sign := range []string{"noise", "many", "600", "maps", "names"} {
		if strings.Contains(name, sign) {
			return true
		}
	}
	return false
}

// TestKinds: charts of every kind stay within their budget, are the same bytes on any number of cores, and their pictures are drawn.
func TestKinds(t *testing.T) {
	testenv.Unraced(t)
	cores := runtime.GOMAXPROCS(7)
	others := kindSamples()
	runtime.GOMAXPROCS(cores)
	for name, c := range kindSamples() {
		t.Run(name, func(t *testing.T) {
			if c.Err() != nil {
				t.Fatal(c.Err())
			}
			b := bundle(t, c)
			html, picture, text := b.Data["text/html"].(string), b.Data["image/png"].([]byte), b.Data["text/plain"].(string)
			if mark := b.Metadata[jupyter.MarkKey].(map[string]string); mark["kind"] != "chart" || mark["chart"] != strings.Fields(name)[0] {
				t.Errorf("mark %v", mark)
			}
			if whole := outputBytes(committed(b), picture, text); whole > keptBytes || len(picture) > pictureBytes {
				t.Errorf("the output takes %d bytes when it is kept and the picture %d", whole, len(picture))
			}
			if !strings.Contains(html, base64.StdEncoding.EncodeToString(picture)) {
				t.Error("the html does not hold the picture")
			}
			m, err := png.Decode(bytes.NewReader(picture))
			if err != nil {
				t.Fatal(err)
			}
			p, ok := m.(*image.Paletted)
			if !ok || p.Bounds().Dx() != width || p.Bounds().Dy() < leastHeight || p.Bounds().Dy() > 960 {
				t.Errorf("the picture is a %T of %v", m, m.Bounds())
			}
			seen := map[color.Color]bool{}
			for _, i := range p.Pix {
				seen[p.Palette[i]] = true
			}
			if len(seen) < 4 {
				t.Errorf("the picture has %d colours", len(seen))
			}
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(7))
			if again := bundle(t, others[name]); again.Data["text/html"] != html {
				t.Error("the same chart gives other bytes")
			}
		})
	}
}

// TestDarkPictures: a dark chart has the same layout on dark paper, in every form, and only its own theme.
func TestDarkPictures(t *testing.T) {
	testenv.Unraced(t)
	for name, c := range kindSamples() {
		if large(name) {
			continue
		}
		d := c.Themed(Dark)
		picture, err := d.png()
		if err != nil {
			t.Fatal(name, err)
		}
		m, err := png.Decode(bytes.NewReader(picture))
		if err != nil {
			t.Fatal(name, err)
		}
		if got := color.RGBAModel.Convert(m.At(1, 1)); got != dark.paper {
			t.Errorf("%s: the paper is %v", name, got)
		}
		html, err := d.HTML()
		if err != nil {
			t.Fatal(name, err)
		}
		if !strings.Contains(html, `"looks":{"dark":`) || strings.Contains(html, `"light":{`) {
			t.Errorf("%s: a dark chart does not carry the dark theme only", name)
		}
		if html, _ = c.HTML(); !strings.Contains(html, `"dark":{`) || !strings.Contains(html, `"light":{`) {
			t.Errorf("%s: a chart that follows its page does not carry both themes", name)
		}
		a, err := c.layout()
		if err != nil {
			t.Fatal(name, err)
		}
		b, err := d.layout()
		if err != nil || fmt.Sprint(a.Panels[0].Frame, a.Labels) != fmt.Sprint(b.Panels[0].Frame, b.Labels) {
			t.Errorf("%s: dark paper moves the layout: %v", name, err)
		}
	}
	if c := Scatter(lattice(3), Points{}).Themed(7); c.Err() == nil || !strings.Contains(c.Err().Error(), "Theme is 7") {
		t.Errorf("an unknown theme: %v", c.Err())
	}
}

// boxes returns the places of all text of a layout.
func boxes(t *testing.T, l layout) (all []rect, texts []string) {
	t.Helper()
	s, err := newSheet(nil, &light, l.Height)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range l.Labels {
		w := regular
		if b.Bold {
			w = bold
		}
		long := s.measure(w, b.Size, b.Text)
		r := rect{b.X - b.Align*long, b.Y - 0.72*b.Size, long, 0.72 * b.Size}
		if b.Turned {
			r = rect{b.X - 0.72*b.Size, b.Y - (1-b.Align)*long, 0.72 * b.Size, long}
		}
		all, texts = append(all, r), append(texts, b.Text)
	}
	if l.Legend != nil {
		rows, _ := l.Legend.rows()
		for i, name := range rows {
			name = s.fit(regular, legendSize, l.Legend.Most, name)
			y := l.Legend.Y + legendRow*(length(i)+0.5)
			all = append(all, rect{l.Legend.X, y - 5, l.Legend.Indent + s.measure(regular, legendSize, name), 10})
			texts = append(texts, name)
		}
	}
	return all, texts
}

// TestNothingOverlaps: no two texts of any chart touch, none leaves the sheet, and every chart begins at the same left edge.
func TestNothingOverlaps(t *testing.T) {
	for name, c := range kindSamples() {
		if name == "lines huge" { // the names of its rules cross, as the rules do
			continue
		}
		l, err := c.layout()
		if err != nil {
			t.Fatal(name, err)
		}
		all, texts := boxes(t, l)
		first := math.Inf(1)
		for _, p := range l.Panels {
			first = math.Min(first, p.Frame.X)
			if p.Frame.W < 40 || p.Frame.H < 2 || p.Frame.X < edge-1 || p.Frame.right() > width-edge || p.Frame.bottom() > l.Height-edge {
				t.Errorf("%s: a frame is %+v on a sheet %g high", name, p.Frame, l.Height)
			}
		}
		for i, a := range all {
			first = math.Min(first, a.X)
			if a.X < edge-2 || a.right() > width-2 || a.Y < 2 || a.bottom() > l.Height-2 {
				t.Errorf("%s: %q is at %+v, off the sheet, which is %g high", name, texts[i], a, l.Height)
			}
			for j, b := range all[:i] {
				if a.X < b.right() && b.X < a.right() && a.Y < b.bottom() && b.Y < a.bottom() {
					t.Errorf("%s: %q and %q overlap: %+v, %+v", name, texts[j], texts[i], b, a)
				}
			}
		}
		if math.Abs(first-edge) > 2 {
			t.Errorf("%s begins %.1f pixels from the left, want %d", name, first, edge)
		}
	}
}

// A kindError is a chart of bad arguments and the type of its error, or the error.
type kindError struct {
	c    *Chart
	want any
}

// TestKindErrors: bad arguments are the chart's error, which says what is wrong.
func TestKindErrors(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	line := Series{Y: []float64{1, 2}}
	bad := mat.NewDense(2, 2, []float64{1, nan, 3, 4})
	var none *mat.Dense
	param, shape := &mat32.ParamError{}, &mat32.ShapeError{}
	all := map[string]kindError{
		"viz.Lines: the matrix is empty":                       {Lines(), mat32.ErrEmpty},
		`viz.Lines: Series "e": the matrix is empty`:           {Lines(Series{Name: "e"}), mat32.ErrEmpty},
		"Series[1].X has shape 1 × 1":                          {Lines(line, Series{X: []float64{1}, Y: line.Y}), shape},
		"Series[0].Low has shape 3 × 1":                        {Lines(Series{Y: line.Y, Low: []float64{1, 2, 3}, High: line.Y}), shape},
		"Series[0]: Y[1] is NaN":                               {Lines(Series{Y: []float64{1, nan}}), param},
		"Series[0]: X[0] is +Inf":                              {Lines(Series{X: []float64{inf, 2}, Y: line.Y}), param},
		"Series[0]: Y[0] is 1e+301":                            {Lines(Series{Y: []float64{1e301}}), param},
		"Low, High is 2 and 0 elements":                        {Lines(Series{Y: line.Y, Low: line.Y}), param},
		"Low[1] is 9, want at most High[1], 3":                 {Lines(Series{Y: line.Y, Low: []float64{0, 9}, High: []float64{2, 3}}), param},
		"Axes.X: Log is 0":                                     {Lines(line).Axes(Axis{Log: true}, Axis{}), param},
		"Axes.Y: Max is 1, want more than":                     {Lines(line).Axes(Axis{}, Axis{Min: 3, Max: 1}), param},
		"Axes.Y: Min is NaN":                                   {Lines(line).Axes(Axis{}, Axis{Min: nan}), param},
		"Axes.Y: Min is 5e-324":                                {Lines(line).Axes(Axis{}, Axis{Min: Zero, Log: true}), param},
		"Rules[1]: At[0] is NaN":                               {Lines(line).Rules(Rule{At: 1}, Rule{At: nan}), param},
		"viz: Axes: viz.Chart: kind is scatter":                {Scatter(lattice(3), Points{}).Axes(Axis{}, Axis{}), param},
		"viz.Bars: the matrix is empty":                        {Bars(Groups{}), mat32.ErrEmpty},
		"Names has shape 1 × 1":                                {Bars(Groups{Names: []string{"a"}}, line), shape},
		"Series[1].Y has shape 1 × 1":                          {Bars(Groups{}, line, Series{Y: []float64{1}}), shape},
		"Series[0]: X is given":                                {Bars(Groups{}, Series{X: line.Y, Y: line.Y}), param},
		"bars is 601, want at most 600":                        {Bars(Groups{}, Series{Y: make([]float64, 601)}), param},
		"Axes: Log is true, want false":                        {Bars(Groups{}, line).Axes(Axis{}, Axis{Log: true}), param},
		"want limits with zero between them":                   {Bars(Groups{}, line).Axes(Axis{}, Axis{Min: 1}), param},
		"Rules[0]: Vertical is true":                           {Bars(Groups{}, line).Rules(Rule{Vertical: true}), param},
		"viz.Heatmap: the matrix is empty":                     {Heatmap(none, Cells{}), mat32.ErrEmpty},
		"value at row 0, column 1 is NaN":                      {Heatmap(bad, Cells{}), &mat32.NotFiniteError{}},
		"Rows has shape 3 × 1, want one name for each of 2":    {Heatmap(lattice(2), Cells{Rows: names(3, "r")}), shape},
		"Columns has shape 1 × 1, want one name for each of 2": {Heatmap(lattice(2), Cells{Columns: names(1, "r")}), shape},
		"Cells: Palette is 9":                                  {Heatmap(lattice(2), Cells{Palette: 9}), param},
		"Cells: Min, Max is [5 1]":                             {Heatmap(lattice(2), Cells{Min: 5}), param},
		"Cells: Middle is NaN":                                 {Heatmap(lattice(2), Cells{Middle: nan}), param},
		"viz.Images: the matrix is empty":                      {Images(nil, []int{1}, Frames{}), mat32.ErrEmpty},
		"none of the rows has a picture":                       {Images(datasets.Iris(), []int{1}, Frames{}), mat32.ErrEmpty},
		"rows[1] is -3":                                        {Images(tiles{}, []int{0, -3}, Frames{}), param},
		"Captions has shape 1 × 1":                             {Images(tiles{}, []int{0, 3}, Frames{Captions: []string{"a"}}), shape},
		"Columns is -1":                                        {Images(tiles{}, []int{0, 3}, Frames{Columns: -1}), param},
		"rows has shape 401 × 1":                               {Images(tiles{}, make([]int, 401), Frames{}), shape},
		"viz.Grid: the matrix is empty":                        {Grid(Panels{}), mat32.ErrEmpty},
		"panel 1: the matrix is empty":                         {Grid(Panels{}, Lines(line), nil), mat32.ErrEmpty},
		"panel 0: viz.Lines: the matrix":                       {Grid(Panels{}, Lines()), mat32.ErrEmpty},
		"panel 0: viz.Grid: kind is grid":                      {Grid(Panels{}, Grid(Panels{}, Lines(line))), param},
		"Columns is 7":                                         {Grid(Panels{Columns: 7}, Lines(line)), param},
		"Limits is 3":                                          {Grid(Panels{Limits: 3}, Lines(line)), param},
		"panel 1 and the first differ in which axes":           {Grid(Panels{}, Lines(line), Lines(line).Axes(Axis{}, Axis{Log: true})), param},
		"viz.Barcode: the matrix is empty":                     {Barcode(nil), mat32.ErrEmpty},
		"viz.PersistenceDiagram: the matrix is empty":          {PersistenceDiagram(intervals{}), mat32.ErrEmpty},
		"viz.Barcode: Intervals: birth[1] is NaN":              {Barcode(intervals{{0, 0, 1}, {0, nan, 1}}), param},
		"birth[0] is -Inf":                                     {PersistenceDiagram(intervals{{0, math.Inf(-1), 1}}), param},
		"death[0] is NaN":                                      {Barcode(intervals{{0, 0, nan}}), param},
		"death[0] is 0, want at least its birth, 1":            {PersistenceDiagram(intervals{{0, 1, 0}}), param},
		"dimension[0] is -1":                                   {Barcode(intervals{{-1, 0, 1}}), param},
		"Intervals has shape 2 × 1":                            {Barcode(ragged{}), shape},
		"Rules[0]: Vertical is false":                          {Barcode(circle()).Rules(Rule{At: 1}), param},
		"viz: Axes: Axes.X: Log is 0":                          {Barcode(circle()).Axes(Axis{Log: true}, Axis{}), param},
		"viz.Network: the matrix is empty":                     {Network(none, Links{}), mat32.ErrEmpty},
		"Edges[1] is [0 5], want two rows, 0 to 4":             {Network(lattice(5), Links{Edges: [][2]int{{0, 1}, {0, 5}}}), param},
		"Values has shape 1 × 1, want one for each of the 7":   {Network(wheel(8), Links{Edges: spokes(8), Values: []float64{1}}), shape},
		"Links: Values[6] is NaN":                              {Network(wheel(8), Links{Edges: spokes(8), Values: []float64{1, 2, 3, 4, 5, 6, nan}}), param},
		"there is one colour bar":                              {Network(lattice(2), Links{Edges: [][2]int{{0, 1}}, Values: []float64{1}, Nodes: Points{Values: []float64{1, 2}}}), param},
		"the radius of row 2 is 2":                             {Network(lattice(3), Links{Disk: true}), param},
		"Links: Palette is 9":                                  {Network(lattice(2), Links{Edges: [][2]int{{0, 1}}, Values: []float64{1}, Palette: 9}), param},
		"Links: Width is -1":                                   {Network(lattice(2), Links{Width: -1}), param},
		"Points: Images is given":                              {Network(lattice(2), Links{Nodes: Points{Images: tiles{}}}), param},
		"Edges has shape 20001 × 2":                            {Network(lattice(2), Links{Edges: make([][2]int, 20001)}), shape},
		"panels is 25":                                         {Grid(Panels{}, make([]*Chart, 25)...), param},
	}
	maps.Copy(all, graphErrors())
	maps.Copy(all, spectraErrors())
	for says, test := range all {
		err := test.c.Err()
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("error %v, want one that says %q", err, says)
			continue
		}
		ok := false
		switch want := test.want.(type) {
		case *mat32.ParamError:
			ok = errors.As(err, &want)
		case *mat32.ShapeError:
			ok = errors.As(err, &want)
		case *mat32.DegenerateError:
			ok = errors.As(err, &want)
		case *mat32.NotFiniteError:
			ok = errors.As(err, &want)
		case error:
			ok = errors.Is(err, want)
		}
		if !ok {
			t.Errorf("%v is not a %T", err, test.want)
		}
		if test.c.Display() != err || test.c.Titled("x").Rules(Rule{}).Err() != err {
			t.Errorf("%q: Display and changed charts have another error", says)
		}
	}
}
