package sketch_test

import (
	"context"
	"errors"
	"math"
	"math/bits"
	"runtime"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/sketch"
	"github.com/flatland-go/flatland/tests/golden"
)

// sketcher is what every linear sketch is.
type sketcher interface {
	Apply(ctx context.Context, x mat.Matrix) (*mat32.Dense, error)
	ApplyT(ctx context.Context, y mat.Matrix, d int) (*mat32.Dense, error)
}

// sketches are all of them, of k columns.
var sketches = map[string]func(k int, seed uint64) sketcher{
	"Gaussian":         func(k int, seed uint64) sketcher { return sketch.Gaussian{Dim: k, Seed: seed} },
	"Sparse":           func(k int, seed uint64) sketcher { return sketch.Sparse{Dim: k, Seed: seed} },
	"Sparse, very":     func(k int, seed uint64) sketcher { return sketch.Sparse{Dim: k, Density: .1, Seed: seed} },
	"Sparse, dense":    func(k int, seed uint64) sketcher { return sketch.Sparse{Dim: k, Density: 1, Seed: seed} },
	"FJLT":             func(k int, seed uint64) sketcher { return sketch.FJLT{Dim: k, Density: .2, Seed: seed} },
	"FJLT, few points": func(k int, seed uint64) sketcher { return sketch.FJLT{Dim: k, Points: 2, Seed: seed} },
	"FJLT, classical":  func(k int, seed uint64) sketcher { return sketch.FJLT{Dim: k, Classical: true, Seed: seed} },
	"FJLT, independent": func(k int, seed uint64) sketcher {
		return sketch.FJLT{Dim: k, Independent: true, Density: .3, Seed: seed}
	},
	"SRHT":        func(k int, seed uint64) sketcher { return sketch.SRHT{Dim: k, Seed: seed} },
	"CountSketch": func(k int, seed uint64) sketcher { return sketch.CountSketch{Dim: k, Seed: seed} },
	"OSNAP":       func(k int, seed uint64) sketcher { return sketch.OSNAP{Dim: k, Nonzeros: min(3, k), Seed: seed} },
	"Fastfood":    func(k int, seed uint64) sketcher { return sketch.Fastfood{Dim: k, Seed: seed} },
}

// projections are maps that draw nothing and do not keep lengths.
var projections = map[string]func(k int, seed uint64) sketcher{
	"FFTReduce":      func(k int, _ uint64) sketcher { return sketch.FFTReduce{Dim: k} },
	"DCT":            func(k int, _ uint64) sketcher { return sketch.DCT{Dim: k} },
	"TruncatePrefix": func(k int, _ uint64) sketcher { return sketch.TruncatePrefix{Dim: k} },
}

// fits reports whether a map of d columns may have k.
func fits(s sketcher, d, k int) bool {
	switch s := s.(type) {
	case sketch.SRHT:
		return k <= 1<<bits.Len(uint(d-1))
	case sketch.OSNAP:
		return s.Nonzeros <= k
	case sketch.FFTReduce, sketch.DCT, sketch.TruncatePrefix:
		return k <= d
	}
	return true
}

// each runs f for every sketch, and every for projections as well.
func each(t *testing.T, f func(t *testing.T, of func(k int, seed uint64) sketcher)) {
	for name, of := range sketches {
		t.Run(name, func(t *testing.T) { f(t, of) })
	}
}

func every(t *testing.T, f func(t *testing.T, of func(k int, seed uint64) sketcher)) {
	each(t, f)
	for name, of := range projections {
		t.Run(name, func(t *testing.T) { f(t, of) })
	}
}

func done(t *testing.T) func(y *mat32.Dense, err error) *mat32.Dense {
	return func(y *mat32.Dense, err error) *mat32.Dense {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return y
	}
}

// ‖Sx‖² is ‖x‖² on average over seeds, whatever the row: of one value, of equal
// ones, of random ones.
func TestSketchesAreUnbiased(t *testing.T) {
	const d, k = 13, 8
	seeds := 1500
	if testing.Short() {
		seeds = 40
	}
	x := fixture.Normal(1, 3, d)
	for j := range d {
		x.Set(0, j, 0)
		x.Set(1, j, 2)
	}
	x.Set(0, 4, 3)
	each(t, func(t *testing.T, of func(k int, seed uint64) sketcher) {
		var mean, square [3]float64
		for seed := range seeds {
			y := done(t)(of(k, uint64(seed)).Apply(context.Background(), x))
			for i := range 3 {
				ratio := norm(y, i) / norm(x, i)
				mean[i] += ratio / float64(seeds)
				square[i] += ratio * ratio / float64(seeds)
			}
		}
		for i, m := range mean {
			// Five standard errors, and what float32 rounds.
			if margin := 5*math.Sqrt(max(square[i]-m*m, 0)/float64(seeds)) + 1e-6; math.Abs(m-1) > margin {
				t.Errorf("row %d: the mean of ‖Sx‖²/‖x‖² is %.4f, want 1 ± %.4f", i, m, margin)
			}
		}
	})
}

func norm(x mat.Matrix, i int) (sum float64) {
	_, d := x.Dims()
	for j := range d {
		sum += x.At(i, j) * x.At(i, j)
	}
	return sum
}

// ⟨Sx, y⟩ = ⟨x, Sᵀy⟩, for all shapes around those of blocks and powers of two,
// and with more columns than there were.
func TestApplyTIsTheAdjoint(t *testing.T) {
	every(t, func(t *testing.T, of func(k int, seed uint64) sketcher) {
		for _, d := range []int{1, 2, 7, 8, 9, 16, 31, 40} {
			for _, k := range []int{1, 3, 8, 21} {
				s := of(k, 5)
				if !fits(s, d, k) {
					continue
				}
				const n = 11
				x, y := fixture.Normal(2, n, d), fixture.Normal(3, n, k)
				sx := done(t)(s.Apply(context.Background(), x))
				ty := done(t)(s.ApplyT(context.Background(), y, d))
				for i := range n {
					var a, b, size float64
					for c := range k {
						a += sx.At(i, c) * y.At(i, c)
						size += math.Abs(sx.At(i, c) * y.At(i, c))
					}
					for j := range d {
						b += x.At(i, j) * ty.At(i, j)
						size += math.Abs(x.At(i, j) * ty.At(i, j))
					}
					if math.Abs(a-b) > 1e-5*size+1e-9 {
						t.Fatalf("%d to %d columns, row %d: ⟨Sx, y⟩ = %v, ⟨x, Sᵀy⟩ = %v", d, k, i, a, b)
					}
				}
			}
		}
	})
}

// Sparse rows, any type of matrix, any number of rows and any number of cores
// give the same bits.
func TestSketchesOfAnyFormAreTheSame(t *testing.T) {
	const n, d, k = 300, 270, 24
	thin := func(x *mat32.Dense) *mat32.Dense {
		for i := range x.Data() {
			if i*3%10 != 0 {
				x.Data()[i] = 0
			}
		}
		return x
	}
	x, backward := thin(mat32.Convert(fixture.Normal(4, n, d))), thin(mat32.Convert(fixture.Normal(5, n, k)))
	csr, wide := sparse(t, x), mat.DenseCopyOf(x)
	every(t, func(t *testing.T, of func(k int, seed uint64) sketcher) {
		s := of(k, 9)
		want := done(t)(s.Apply(context.Background(), x))
		for _, procs := range testenv.Cores() {
			old := runtime.GOMAXPROCS(procs)
			for name, m := range map[string]mat.Matrix{"float32": x, "float64": wide, "sparse": csr} {
				if got := done(t)(s.Apply(context.Background(), m)); !slices.Equal(got.Data(), want.Data()) {
					t.Errorf("%s on %d cores gives other bits", name, procs)
				}
			}
			runtime.GOMAXPROCS(old)
		}
		for _, rows := range []int{1, 5, 8, 100} {
			got := done(t)(s.Apply(context.Background(), mat32.NewDense(rows, d, x.Data()[:rows*d])))
			if !slices.Equal(got.Data(), want.Data()[:rows*k]) {
				t.Fatalf("%d rows by themselves are not sketched as among all", rows)
			}
		}
		back := done(t)(s.ApplyT(context.Background(), backward, d))
		for name, m := range map[string]mat.Matrix{"float64": mat.DenseCopyOf(backward), "sparse": sparse(t, backward)} {
			if got := done(t)(s.ApplyT(context.Background(), m, d)); !slices.Equal(got.Data(), back.Data()) {
				t.Errorf("%s: the transpose gives other bits", name)
			}
		}
	})
}

// sparse returns what is not zero of x.
func sparse(t *testing.T, x *mat32.Dense) *mat32.CSR {
	t.Helper()
	n, d := x.Dims()
	var stored []mat32.Triplet
	for i := range n {
		for j, v := range x.Row(i) {
			if v != 0 {
				stored = append(stored, mat32.Triplet{Row: i, Col: j, Value: v})
			}
		}
	}
	csr, err := mat32.FromTriplets(n, d, stored)
	if err != nil {
		t.Fatal(err)
	}
	return csr
}

// At Dim = m the transform is a rotation: every length is kept, and the
// transpose takes it back.
func TestSRHTOfAllColumnsIsAnIsometry(t *testing.T) {
	x := fixture.Normal(6, 9, 50)
	s := sketch.SRHT{Dim: 64, Seed: 3}
	y := done(t)(s.Apply(context.Background(), x))
	back := done(t)(s.ApplyT(context.Background(), y, 50))
	for i := range 9 {
		if r := norm(y, i) / norm(x, i); math.Abs(r-1) > 1e-5 {
			t.Errorf("row %d: ‖Sx‖²/‖x‖² = %v", i, r)
		}
		for j := range 50 {
			if math.Abs(back.At(i, j)-x.At(i, j)) > 1e-5 {
				t.Fatalf("value (%d, %d) comes back as %v, was %v", i, j, back.At(i, j), x.At(i, j))
			}
		}
	}
}

// Every column of a count sketch, and of an OSNAP, holds what it should.
func TestColumnsOfSparseSketches(t *testing.T) {
	const d, k = 40, 12
	unit := mat32.NewDense(d, d, nil)
	for j := range d {
		unit.Set(j, j, 1)
	}
	for _, c := range []struct {
		s     sketcher
		count int
	}{{sketch.CountSketch{Dim: k}, 1}, {sketch.OSNAP{Dim: k, Nonzeros: 5}, 5}, {sketch.OSNAP{Dim: k, Nonzeros: k}, k}} {
		y := done(t)(c.s.Apply(context.Background(), unit))
		for j := range d {
			for s := range c.count { // one in each stretch
				in := 0
				for i := s * k / c.count; i < (s+1)*k/c.count; i++ {
					if v := math.Abs(y.At(j, i)); v != 0 {
						in++
						if math.Abs(v-1/math.Sqrt(float64(c.count))) > 1e-7 {
							t.Errorf("%T: an entry is ±%v", c.s, v)
						}
					}
				}
				if in != 1 {
					t.Fatalf("%T, column %d: %d entries in stretch %d", c.s, j, in, s)
				}
			}
		}
	}
}

// A Dim beyond the columns takes further blocks; rows of Fastfood keep their
// length on average over rows already.
func TestFastfoodOfManyBlocks(t *testing.T) {
	x := fixture.Normal(7, 20, 30)
	y := done(t)(sketch.Fastfood{Dim: 1000, Seed: 1}.Apply(context.Background(), x))
	for i := range 20 {
		if r := norm(y, i) / norm(x, i); math.Abs(r-1) > .5 {
			t.Errorf("row %d: ‖Sx‖²/‖x‖² = %v", i, r)
		}
	}
}

// The sparser density keeps its distortion: on rows of four values, where it
// matters, that of the classical one within a few percent, at a fraction of the
// entries.
func TestTheSparserFJLTKeepsItsDistortion(t *testing.T) {
	if testing.Short() {
		t.Skip("a comparison of averages, with nothing to race")
	}
	const n, d, k = 200, 1024, 256
	x := mat32.NewDense(n, d, nil)
	for i := range n {
		for c := range 4 {
			x.Set(i, (i*37+c*211)%d, float64(1+c%2))
		}
	}
	mean := func(f sketch.FJLT) (sum float64) {
		for seed := range uint64(8) {
			f.Dim, f.Seed = k, seed
			y := done(t)(f.Apply(context.Background(), x))
			p, err := sketch.Distortion{Pairs: 5000}.Compare(context.Background(), x, y)
			if err != nil {
				t.Fatal(err)
			}
			sum += p.MeanAbs / 8
		}
		return sum
	}
	sparser, classical, far := mean(sketch.FJLT{}), mean(sketch.FJLT{Classical: true}), mean(sketch.FJLT{Density: 1. / d, Independent: true})
	a, _ := sketch.FJLT{Dim: k}.Resolve(n, d)
	b, _ := sketch.FJLT{Dim: k, Classical: true}.Resolve(n, d)
	t.Logf("mean |ratio − 1|: %.4f at density %.3f, %.4f at %.3f, %.4f at 1/m", sparser, a.Density, classical, b.Density, far)
	if a.Density > b.Density/3 || sparser > 1.1*classical || far < 1.2*sparser {
		t.Error("want at most 1.1 times the distortion at a third of the entries, and far more at one entry a row")
	}
}

func TestMinDimAgainstScikitLearn(t *testing.T) {
	var g struct {
		MinDim []struct {
			N   int     `json:"n"`
			Eps float64 `json:"eps"`
			Dim int     `json:"dim"`
		} `json:"min_dim"`
	}
	golden.Load(t, "sketch", &g)
	if len(g.MinDim) < 20 {
		t.Fatal("the golden is not there")
	}
	for _, c := range g.MinDim {
		if got, err := sketch.MinDim(c.N, c.Eps); err != nil || got != c.Dim {
			t.Errorf("%d rows, eps %v: %d and %v, want %d", c.N, c.Eps, got, err, c.Dim)
		}
	}
	for _, c := range []struct {
		n   int
		eps float64
	}{{0, .1}, {-1, .1}, {10, 0}, {10, 1}, {10, math.NaN()}, {10, math.Inf(1)}, {10, 1e-300}} {
		var pe *mat32.ParamError
		if _, err := sketch.MinDim(c.n, c.eps); !errors.As(err, &pe) {
			t.Errorf("%d rows, eps %v: %v", c.n, c.eps, err)
		}
	}
}

func TestFWHTAgainstSciPy(t *testing.T) {
	var g struct {
		Hadamard struct{ Vector, Product []float32 } `json:"hadamard"`
	}
	golden.Load(t, "sketch", &g)
	x := slices.Clone(g.Hadamard.Vector)
	if err := sketch.FWHT(x); err != nil || len(x) != 16 || !slices.Equal(x, g.Hadamard.Product) {
		t.Errorf("got %v and %v, want %v", x, err, g.Hadamard.Product)
	}
	for m := 1; m <= 1<<12; m *= 2 {
		x := make([]float32, m)
		for i := range x {
			x[i] = float32(i%17 - 8)
		}
		y := slices.Clone(x)
		if err := errors.Join(sketch.FWHT(y), sketch.FWHT(y)); err != nil {
			t.Fatal(err)
		}
		for i := range x {
			if y[i] != x[i]*float32(m) {
				t.Fatalf("%d values, twice transformed: value %d is %v, want %v", m, i, y[i], x[i]*float32(m))
			}
		}
	}
	for _, m := range []int{0, 3, 12} {
		var se *mat32.ShapeError
		if err := sketch.FWHT(make([]float32, m)); !errors.As(err, &se) {
			t.Errorf("%d values: %v", m, err)
		}
	}
}

// Profiles by hand: a map that doubles all lengths, and one that drops a column.
func TestDistortionByHand(t *testing.T) {
	x := mat.NewDense(4, 2, []float64{0, 0, 1, 0, 0, 1, 0, 0})
	y := mat.DenseCopyOf(x)
	y.Scale(2, y)
	p, err := sketch.Distortion{}.Compare(context.Background(), x, y)
	if err != nil || p.Mean != 4 || p.StdDev != 0 || p.Worst != 3 || p.Equal != 1 || len(p.Ratios) != 5 || p.Within(2.9) != 0 || p.Within(3) != 1 {
		t.Errorf("doubled: %+v, %v", p, err)
	}
	p, err = sketch.Distortion{}.Compare(context.Background(), x, x.Slice(0, 4, 0, 1))
	if err != nil || p.Quantile(0) != 0 || p.Quantile(1) != 1 || p.Quantile(.5) != .5 && p.Quantile(.5) != 0.5000000000000001 && math.Abs(p.Quantile(.5)-.5) > 1e-12 || !math.IsNaN(p.Quantile(2)) {
		t.Errorf("a column less: %+v, %v", p, err)
	}
}

// What cannot be sketched back is refused by name.
func TestApplyTRefuses(t *testing.T) {
	every(t, func(t *testing.T, of func(k int, seed uint64) sketcher) {
		var pe *mat32.ParamError
		var se *mat32.ShapeError
		var nf *mat32.NotFiniteError
		s := of(4, 1)
		if _, err := s.ApplyT(context.Background(), mat.NewDense(3, 4, nil), 0); !errors.As(err, &pe) {
			t.Errorf("no columns: %v", err)
		}
		if _, err := s.ApplyT(context.Background(), mat.NewDense(3, 5, nil), 9); !errors.As(err, &se) {
			t.Errorf("five columns for four: %v", err)
		}
		y := mat.NewDense(3, 4, nil)
		y.Set(2, 1, math.NaN())
		if _, err := s.ApplyT(context.Background(), y, 9); !errors.As(err, &nf) || nf.Row != 2 || nf.Col != 1 {
			t.Errorf("NaN: %v", err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if _, err := s.ApplyT(ctx, mat.NewDense(3, 4, nil), 9); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: %v", err)
		}
	})
}

// Another seed draws other pairs of many rows, and the profile is nearly the
// same; of few rows every pair is measured once.
func TestDistortionDrawsPairs(t *testing.T) {
	x, y := fixture.Normal(8, 300, 6), fixture.Normal(9, 300, 6)
	of := func(pairs int, seed uint64) *sketch.Profile {
		p, err := sketch.Distortion{Pairs: pairs, Seed: seed}.Compare(context.Background(), x, y)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	a, b, all := of(20000, 1), of(20000, 2), of(44850, 1)
	if slices.Equal(a.Ratios, b.Ratios) || len(a.Ratios) != 20000 {
		t.Error("another seed draws the same pairs")
	}
	if len(all.Ratios) != 44850 || !slices.Equal(all.Ratios, of(1<<20, 2).Ratios) {
		t.Error("all pairs are not each measured once")
	}
	if math.Abs(a.Quantile(.5)-all.Quantile(.5)) > .05*all.Quantile(.5) {
		t.Errorf("the median of drawn pairs is %v, of all %v", a.Quantile(.5), all.Quantile(.5))
	}
}
