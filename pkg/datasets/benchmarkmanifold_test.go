package datasets_test

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/datasets"
)

func drawn(t *testing.T, name string, rows int) *datasets.Dataset {
	t.Helper()
	return generate(t, datasets.BenchmarkManifold{Name: name, Rows: rows, Seed: 1})
}

func eachOf(x *mat.Dense, f func(i int, row []float64)) {
	n, _ := x.Dims()
	for i := range n {
		f(i, x.RawRowView(i))
	}
}

// Every one of the list can be drawn, says what it is, and has the truth of the
// list.
func TestEveryBenchmarkManifold(t *testing.T) {
	all := datasets.BenchmarkManifolds()
	if len(all) != 28 {
		t.Errorf("there are %d", len(all))
	}
	for _, g := range all {
		g.Rows, g.Seed = 50, 3
		d := generate(t, g)
		n, columns := d.X.Dims()
		if n != 50 || columns != g.Columns || d.Truth.Dimension != g.Dim || len(d.Features) != columns || g.Shape() == "" {
			t.Errorf("%+v: %d × %d of dimension %d", g, n, columns, d.Truth.Dimension)
		}
		if !mat.Equal(d.X, d.Truth.Clean) || &d.X.RawMatrix().Data[0] == &d.Truth.Clean.RawMatrix().Data[0] {
			t.Errorf("%s: Clean is not a copy of X", g.Name)
		}
		if mat.Norm(d.X, math.Inf(1)) == 0 || floats.HasNaN(d.X.RawMatrix().Data) {
			t.Errorf("%s: no numbers", g.Name)
		}
		// Wider, it is the same in front of zeros.
		wider := g
		wider.Columns += 4
		w := generate(t, wider)
		if !mat.Equal(w.X.Slice(0, n, 0, columns), d.X) || mat.Norm(w.X.Slice(0, n, columns, columns+4), 1) != 0 {
			t.Errorf("%s: more columns change it", g.Name)
		}
	}
	if s := (datasets.BenchmarkManifold{Name: "M0"}).Shape(); s != "" {
		t.Errorf("what is not there is %s", s)
	}
	if a, b := drawn(t, "", 10), drawn(t, "M1", 10); !mat.Equal(a.X, b.X) {
		t.Error("no name is not M1")
	}
}

// Rows of surfaces and curves satisfy their equations.
func TestEquationsOfManifolds(t *testing.T) {
	for name, off := range map[string]func(x []float64) float64{
		"M1":  func(x []float64) float64 { return floats.Norm(x, 2) - 1 },
		"M5a": func(x []float64) float64 { return math.Hypot(math.Hypot(x[0], x[1])-2, x[2]) - 1 },
		"M5b": func(x []float64) float64 { return x[0]*math.Sin(2*x[2]) - x[1]*math.Cos(2*x[2]) },
		"M7": func(x []float64) float64 {
			t := math.Hypot(x[0], x[2])
			return math.Hypot(x[0]-t*math.Cos(t), x[2]-t*math.Sin(t))
		},
		"M10b": func(x []float64) float64 { // the nearest face
			off := math.Inf(1)
			for _, v := range x {
				off = min(off, math.Abs(v), math.Abs(1-v))
			}
			return off
		},
		"M11": func(x []float64) float64 { // out to up as cos 5φ to sin 5φ
			up, out := math.Sincos(5 * math.Atan2(x[1], x[0]))
			return (math.Hypot(x[0], x[1])-1)*up - x[2]*out
		},
		"M13a": func(x []float64) float64 { return math.Hypot(x[0], math.Abs(x[2])-1) - 1 },
		"M13b": func(x []float64) float64 { return math.Hypot(x[0]-100*math.Cos(x[2]), x[1]-100*math.Sin(x[2])) },
		"Mp2":  func(x []float64) float64 { return x[6] - floats.Dot(x[:6], x[:6]) },
		"TwinPeaks": func(x []float64) float64 {
			return x[2] - math.Sin(2*math.Pi*x[0])*math.Sin(2*math.Pi*x[1])
		},
		"Helicoid": func(x []float64) float64 { return x[0]*x[0]*(1-x[0]*x[0]) - x[1]*x[1] },
	} {
		eachOf(drawn(t, name, 500).X, func(i int, row []float64) {
			if v := off(row); !(math.Abs(v) < 1e-11) {
				t.Errorf("%s: row %d is %v off", name, i, v)
			}
		})
	}
}

// Solids and affine images fill a linear space of their dimension, and are
// uniform there.
func TestSolidManifolds(t *testing.T) {
	const n = 2000
	for name, half := range map[string]float64{"M9": 2.5, "Uniform": 1} {
		x := drawn(t, name, n).X
		lo := -half
		if name == "Uniform" {
			lo = 0
		}
		for _, j := range []int{0, 9} {
			uniform(t, name, mat.Col(nil, j, x), lo, half)
		}
	}

	ball := drawn(t, "Ball", n)
	var volume []float64
	eachOf(ball.X, func(_ int, row []float64) { volume = append(volume, math.Pow(floats.Norm(row, 2), 10)) })
	uniform(t, "the volume within a row of the ball", volume, 0, 1)

	x := drawn(t, "M2", n).X
	a := mat.NewDense(5, 3, []float64{1.2, -.5, 0, .5, .9, 0, -.5, -.2, 1, .4, -.9, -.1, 1.1, -.3, 0})
	eachOf(x, func(_ int, row []float64) { floats.Sub(row, []float64{3, -1, 0, 0, 8}) })
	var p, back mat.Dense
	if err := p.Solve(a, x.T()); err != nil {
		t.Fatal(err)
	}
	if back.Mul(a, &p); !mat.EqualApprox(&back, x.T(), 1e-12) {
		t.Error("M2 is not in its linear space")
	}
	for k := range 3 {
		uniform(t, "M2", mat.Row(nil, k, &p), 0, 4)
	}
}

// All faces of a cube have rows alike, and are uniform.
func TestFacesOfACube(t *testing.T) {
	const n, d = 6600, 11
	count := make([]int, 2*d)
	var inner []float64
	eachOf(drawn(t, "M10a", n).X, func(i int, row []float64) {
		for j, v := range row {
			switch {
			case v == 0 || v == 1:
				count[2*j+int(v)]++
			case j == 4:
				inner = append(inner, v)
			}
		}
	})
	if got := floats.Sum(floatsOf(count)); got != n {
		t.Errorf("%v rows on faces of %d", got, n)
	}
	for face, c := range count {
		if want := n / (2. * d); math.Abs(float64(c)-want) > 5*math.Sqrt(want) {
			t.Errorf("%d rows on face %d, want %v", c, face, want)
		}
	}
	uniform(t, "a coordinate within a face", inner, 0, 1)
}

func floatsOf(counts []int) []float64 {
	values := make([]float64, len(counts))
	for i, c := range counts {
		values[i] = float64(c)
	}
	return values
}

// M5a is closed and M13b is not: how far the rows are apart along them.
func TestClosedCurve(t *testing.T) {
	const n = 1000
	angles := func(name string, at func(x []float64) float64) []float64 {
		var all []float64
		eachOf(drawn(t, name, n).X, func(_ int, row []float64) { all = append(all, at(row)) })
		return slices.Sorted(slices.Values(all))
	}
	knot := angles("M5a", func(x []float64) float64 { return math.Atan2(x[1], x[0]) })
	uniform(t, "M5a", knot, -math.Pi, math.Pi)
	first, last := knot[0]+2*math.Pi, knot[n-1]
	// A gap of 2π·20/n among n uniform angles has a chance of n·e⁻²⁰.
	if gap := first - last; gap > 2*math.Pi*20/n {
		t.Errorf("M5a has a gap of %v where the angle begins", gap)
	}
	uniform(t, "M13b", angles("M13b", func(x []float64) float64 { return x[2] }), 0, 10*math.Pi)
}

// The copies that scale M6, M8, Mbeta and Mn are side by side.
func TestCopiesOfManifolds(t *testing.T) {
	for name, width := range map[string]int{"M6": 12, "M8": 24, "Mbeta": 20, "Mn1": 36, "Mn2": 48} {
		d := drawn(t, name, 20)
		n, columns := d.X.Dims()
		first := d.X.Slice(0, n, 0, width)
		for c := width; c < columns; c += width {
			if !mat.Equal(first, d.X.Slice(0, n, c, c+width)) {
				t.Errorf("%s: columns from %d on are no copy", name, c)
			}
		}
		if mat.Equal(first.(*mat.Dense).Slice(0, n, 0, width/2), d.X.Slice(0, n, width/2, width)) {
			t.Errorf("%s: half of a copy is one", name)
		}
	}
}

func TestLineDiskBall(t *testing.T) {
	const n = 6000
	d := generate(t, datasets.LineDiskBall{Rows: n, Seed: 2})
	for label, want := range []struct {
		dimension int
		share     float64
		at        func(x []float64) (place float64, on bool) // uniform in [0, 1]
	}{
		{1, 5, func(x []float64) (float64, bool) { return 1 + 2*x[2], x[0] == 0 && x[1] == 0 }},
		{2, 13 * math.Pi / 4, func(x []float64) (float64, bool) { return x[0]*x[0] + (x[2]-1)*(x[2]-1), x[1] == 0 }},
		{3, 100 * math.Pi / 6, func(x []float64) (float64, bool) {
			return 8 * math.Pow(floats.Norm([]float64{x[0], x[1], x[2] - 2.5}, 2), 3), true
		}},
		{1, 5, func(x []float64) (float64, bool) { return 2 * (x[2] - 3), x[0] == 0 && x[1] == 0 }},
	} {
		var places []float64
		eachOf(rowsOf(d, label), func(_ int, row []float64) {
			place, on := want.at(row)
			if places = append(places, place); !on || place < 0 || place > 1 {
				t.Errorf("%v is not of the %s", row, d.Names[label])
			}
		})
		uniform(t, d.Names[label], places, 0, 1)
		expect := n * want.share / (10 + 13*math.Pi/4 + 100*math.Pi/6)
		if got := float64(len(places)); math.Abs(got-expect) > 5*math.Sqrt(expect) {
			t.Errorf("%v rows of the %s, want %v", got, d.Names[label], expect)
		}
		for i, l := range d.Labels {
			if l == label && d.Truth.Dimensions[i] != want.dimension {
				t.Fatalf("row %d of the %s has dimension %d", i, d.Names[label], d.Truth.Dimensions[i])
			}
		}
	}
}

func TestRollAndSphere(t *testing.T) {
	const n = 4000
	d := generate(t, datasets.RollAndSphere{Rows: n, Seed: 2})
	spiral := func(r float64) float64 { // its length from r = 0, where dr/dφ = 2/3π
		s := 2 / (3 * math.Pi)
		return (r*math.Hypot(r, s)/s + s*math.Asinh(r/s)) / 2
	}
	var along, heights []float64
	eachOf(rowsOf(d, 0), func(_ int, x []float64) {
		r := math.Hypot(x[0], x[1])
		sin, cos := math.Sincos(1.5 * math.Pi * (r - 1))
		if x[3] != 0 || math.Hypot(x[0]-r*cos, x[1]-r*sin) > 1e-12 {
			t.Errorf("%v is not on the roll", x)
		}
		along, heights = append(along, spiral(r)), append(heights, x[2])
	})
	uniform(t, "the length along the roll", along, spiral(1), spiral(3))
	uniform(t, "the height on the roll", heights, -4, 4)
	var shares []float64
	eachOf(rowsOf(d, 1), func(_ int, x []float64) {
		if math.Abs(floats.Norm(x, 2)-1) > 1e-15*4 {
			t.Errorf("%v is not on the sphere", x)
		}
		// Two of the four coordinates of a uniform direction have uniform squares.
		shares = append(shares, x[0]*x[0]+x[3]*x[3])
	})
	uniform(t, "the share of two coordinates", shares, 0, 1)
	if len(along) != n/2 || len(shares) != n/2 {
		t.Errorf("%d rows of the roll, %d of the sphere", len(along), len(shares))
	}
	for i, l := range d.Labels {
		if d.Truth.Dimensions[i] != 2+l {
			t.Fatalf("row %d has dimension %d", i, d.Truth.Dimensions[i])
		}
	}
}
