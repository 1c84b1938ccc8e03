package viz

import (
	"encoding/binary"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// whole is a plot alone on its page.
var whole = page{share: 1}

// cellsOf returns the numbers that the page gets of a heatmap.
func cellsOf(t *testing.T, c *Chart) (*heatmapPayload, []float64) {
	t.Helper()
	value, err := c.fig.(*heatmap).data(rect{0, 0, 400, 400}, whole)
	if err != nil {
		t.Fatal(err)
	}
	p := value.(*heatmapPayload)
	b := unpacked(t, p.Cells)
	size := 1
	if p.Levels > math.MaxUint8 {
		size = 2
	}
	if len(b) != size*p.Rows*p.Columns {
		t.Fatalf("%d bytes for %d × %d cells", len(b), p.Rows, p.Columns)
	}
	values := make([]float64, p.Rows*p.Columns)
	for i := range values {
		q := float64(b[size*i])
		if size == 2 {
			q = float64(binary.LittleEndian.Uint16(b[2*i:]))
		}
		values[i] = p.Low + q/float64(p.Levels)*(p.High-p.Low)
	}
	return p, values
}

// TestHeatmapCells: the page gets each number to half a level of the range, and of a matrix that is too large the means of blocks.
func TestHeatmapCells(t *testing.T) {
	for _, n := range []int{3, 60, 100} {
		x := noiseMatrix(n, n+1)
		p, values := cellsOf(t, Heatmap(x, Cells{}))
		if p.Side != 1 || p.Rows != n || p.Columns != n+1 || n <= 60 && p.Levels != math.MaxUint16 {
			t.Fatalf("%d rows: %d × %d of %d levels", n, p.Rows, p.Columns, p.Levels)
		}
		for i := range n {
			for j := range n + 1 {
				if d := math.Abs(values[i*(n+1)+j] - x.At(i, j)); d > 0.501*(p.High-p.Low)/float64(p.Levels) {
					t.Fatalf("%d rows: cell (%d, %d) is %g off", n, i, j, d)
				}
			}
		}
	}
	x := noiseMatrix(401, 403)
	p, values := cellsOf(t, Heatmap(x, Cells{}))
	if p.Side < 2 || p.Rows != (401+p.Side-1)/p.Side || len(p.Cells) > cellBytes*4/3 {
		t.Fatalf("blocks of %d, %d rows, %d bytes", p.Side, p.Rows, len(p.Cells))
	}
	mean := 0.0
	for i := range p.Side {
		for j := range p.Side {
			mean += x.At(p.Side+i, 2*p.Side+j) / float64(p.Side*p.Side)
		}
	}
	if d := math.Abs(values[p.Columns+2] - mean); d > 0.501*(p.High-p.Low)/float64(p.Levels) {
		t.Errorf("a block is %g off its mean", d)
	}
}

// TestPalettes: numbers on both sides of the middle diverge from it, equally far both ways.
func TestPalettes(t *testing.T) {
	for name, test := range map[string]struct {
		low, high float64
		c         Cells
		diverging bool
		from, to  float64
	}{
		"positive":     {1, 5, Cells{}, false, 1, 5},
		"both":         {-1, 5, Cells{}, true, -5, 5},
		"hardly below": {-0.01, 5, Cells{}, false, -0.01, 5},
		"asked":        {1, 5, Cells{Palette: Diverging}, true, -5, 5},
		"refused":      {-1, 5, Cells{Palette: Sequential}, false, -1, 5},
		"middle":       {1, 5, Cells{Middle: 2}, true, -1, 5},
		"limits":       {1, 5, Cells{Min: Zero, Max: 10}, false, 0, 10},
	} {
		h, err := newHeatmap(mat.NewDense(1, 2, []float64{test.low, test.high}), test.c)
		if err != nil {
			t.Fatal(name, err)
		}
		if s := h.colors; s.diverging != test.diverging || s.low != test.from || s.high != test.to {
			t.Errorf("%s: %+v", name, s)
		}
	}
}

// TestThin: of a long series the page gets the extremes, in order, wherever on the axis they are.
func TestThin(t *testing.T) {
	const n = 50_000
	s := Series{X: make([]float64, n), Y: make([]float64, n)}
	for i := range n {
		s.X[i] = float64(i + 1)
		s.Y[i] = math.Sin(float64(i) / 900)
	}
	s.Y[3], s.Y[7], s.Y[31_234] = 9, -9, 11
	c := Lines(s).Axes(Axis{Log: true}, Axis{})
	value, err := c.fig.(*lines).data(rect{W: 500, H: 300}, whole)
	if err != nil {
		t.Fatal(err)
	}
	p := value.(*linesPayload)
	got := p.Series[0]
	if len(got.Y) > mostNumbers/2 || len(got.X) != len(got.Y) || p.Note == "" {
		t.Fatalf("%d numbers, %d places, note %q", len(got.Y), len(got.X), p.Note)
	}
	want := map[float64]float64{4: 9, 8: -9, 31_235: 11, 1: s.Y[0], n: s.Y[n-1]}
	for i, x := range got.X {
		if i > 0 && x <= got.X[i-1] {
			t.Fatalf("place %d, %g, does not follow %g", i, x, got.X[i-1])
		}
		if y, ok := want[x]; ok && y == got.Y[i] {
			delete(want, x)
		}
	}
	if len(want) > 0 {
		t.Errorf("missing: %v", want)
	}
	short := c.fig.(*lines).thin(Series{Y: make([]float64, 100)}, 100)
	if len(short) != 100 {
		t.Errorf("of 100 numbers, %d are shown", len(short))
	}
}

// TestBarPlaces: bars begin at zero, and are as long as their numbers are large, upwards and to the right.
func TestBarPlaces(t *testing.T) {
	y := []float64{1, 4, -2}
	f := rect{100, 50, 300, 200}
	for _, horizontal := range []bool{false, true} {
		b := Bars(Groups{Horizontal: horizontal}, Series{Y: y}, Series{Y: y}).fig.(*bars)
		unit := 0.0
		for j, v := range y {
			p, q := b.place(f, 0, j).rect, b.place(f, 1, j).rect
			long, zero := p.H, p.bottom()
			if horizontal {
				long, zero = p.W, p.X
			}
			if v < 0 {
				zero = p.Y
				if horizontal {
					zero = p.right()
				}
			}
			if unit == 0 {
				unit = long / v
			}
			if math.Abs(long-unit*math.Abs(v)) > 1e-9 {
				t.Errorf("bar %d is %g long, want %g", j, long, unit*math.Abs(v))
			}
			want := f.bottom() - f.H*b.values.share(0)
			if horizontal {
				want = f.X + f.W*b.values.share(0)
			}
			if math.Abs(zero-want) > 1e-9 {
				t.Errorf("bar %d begins at %g, want %g", j, zero, want)
			}
			if horizontal && p.bottom() > q.Y || !horizontal && p.right() > q.X {
				t.Errorf("the bars of group %d overlap", j)
			}
		}
	}
}

// TestGridShares: panels have the axes and colours that the limits say, and a name one colour.
func TestGridShares(t *testing.T) {
	a := Lines(Series{Name: "x", Y: []float64{0, 1}}, Series{Name: "y", Y: []float64{1, 0}})
	b := Lines(Series{Name: "y", Y: []float64{0, 50, 100}}, Series{Name: "z", Y: []float64{3, 3, 3}})
	plots := func(p Panels, charts ...*Chart) []plot {
		c := Grid(p, charts...)
		if c.Err() != nil {
			t.Fatal(c.Err())
		}
		return c.fig.arrange().plots
	}
	shared := plots(Panels{}, a, b)
	first, second := shared[0].(*lines), shared[1].(*lines)
	if first.y.high != second.y.high || first.y.high < 100 || first.x.high != second.x.high || first.x.high < 2 {
		t.Errorf("shared: %+v and %+v, %+v and %+v", first.x, second.x, first.y, second.y)
	}
	if first.tints[1] != second.tints[0] || second.tints[1] == first.tints[0] || second.tints[1] == first.tints[1] {
		t.Errorf("colours %v and %v", first.tints, second.tints)
	}
	own := plots(Panels{Limits: Own}, a, b)
	if own[0].(*lines).y.high > 2 || own[1].(*lines).y.high < 100 || own[0].(*lines).tints[1] != own[1].(*lines).tints[0] {
		t.Error("with limits of their own, panels share an axis, or names have several colours")
	}
	if a.fig.(*lines).y.high > 2 {
		t.Error("the grid changed its panel")
	}

	small, large := mat.NewDense(2, 2, []float64{1, 2, 3, 4}), mat.NewDense(2, 2, []float64{10, 20, 30, 40})
	heat := plots(Panels{}, Heatmap(small, Cells{}), Heatmap(large, Cells{}))
	if s := heat[0].key().scale; *s != *heat[1].key().scale || s.low != 1 || s.high != 40 {
		t.Errorf("shared colours from %g to %g", s.low, s.high)
	}
	if heat = plots(Panels{}, Heatmap(small, Cells{Name: "a"}), Heatmap(large, Cells{Name: "b"})); heat[0].key().scale.high != 4 {
		t.Error("numbers of two names share colours")
	}

	for limits, want := range map[Limits]bool{Comparable: false, Shared: true} {
		maps := plots(Panels{Limits: limits}, Scatter(small, Points{}), Scatter(large, Points{}))
		low, high := maps[0].(*scatter), maps[1].(*scatter)
		if together := low.x[1]-low.x[0] < 0.2 && high.x[1]-high.x[0] > 0.2; together != want {
			t.Errorf("limits %d: the maps' points are %g and %g apart", limits, low.x[1]-low.x[0], high.x[1]-high.x[0])
		}
	}
}
