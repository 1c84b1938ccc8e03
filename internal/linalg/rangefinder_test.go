package linalg

import (
	"context"
	"errors"
	"math"
	"testing"

	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/mat"
)

// spectrumMatrix returns an n × d matrix whose singular values fall as f says.
func spectrumMatrix(n, d int, f func(i int) float64) (*mat.Dense, []float64) {
	k := min(n, d)
	left, right := random(k, n), random(k, d)
	for _, m := range []*mat.Dense{left, right} {
		if err := Orthonormalize(context.Background(), m); err != nil {
			panic(err)
		}
	}
	values := make([]float64, k)
	for i := range values {
		values[i] = f(i)
		for j := range n {
			left.Set(i, j, values[i]*left.At(i, j))
		}
	}
	var a mat.Dense
	a.Mul(left.T(), right)
	return &a, values
}

// float32Rows returns the values as float32, in rows longer than they need be.
func float32Rows(x *mat.Dense) Rows32 {
	n, d := x.Dims()
	r := blas32.General{Rows: n, Cols: d, Stride: d + 3, Data: make([]float32, n*(d+3))}
	for i := range n {
		for j := range d {
			r.Data[i*r.Stride+j] = float32(x.At(i, j))
		}
	}
	return Rows32{r}
}

// The error of a truncation is at most little more than the best one's, and the
// leading values are right, at either orientation and for each kind of matrix.
func TestRangeFinder(t *testing.T) {
	const rank = 7
	for name, f := range map[string]func(i int) float64{
		"exponential": func(i int) float64 { return math.Exp(-float64(i) / 4) },
		"slow":        func(i int) float64 { return 1 / math.Sqrt(float64(1+i)) },
		"of rank 5":   func(i int) float64 { return max(0, float64(5-i)) },
		"zero":        func(int) float64 { return 0 },
		"huge":        func(i int) float64 { return 1e30 * math.Exp(-float64(i)) },
	} {
		for _, shape := range [][2]int{{300, 60}, {50, 290}, {9, 9}, {30, 1}, {1, 30}} {
			x, truth := spectrumMatrix(shape[0], shape[1], f)
			for kind, c := range map[string]struct {
				a         Rectangular
				tolerance float64
			}{"float64": {Rows64{x}, 1e-9}, "float32": {float32Rows(x), 2e-5}, "sparse": {sparseOfDense(x), 1e-9}} {
				r, err := RangeFinder{Rank: rank, Iterations: 5}.Factor(context.Background(), c.a)
				if err != nil {
					t.Fatal(err)
				}
				k := min(rank, len(truth))
				checkFactors(t, name+" "+kind, x, r, truth, k, c.tolerance)
				// The slow spectrum alone is not resolved to all digits.
				loose := c.tolerance
				if name == "slow" {
					loose = max(loose, 1e-4)
				}
				for i := range k {
					if math.Abs(r.Values[i]-truth[i]) > loose*truth[0] {
						t.Errorf("%s %s %v: value %d is %v, want %v", name, kind, shape, i, r.Values[i], truth[i])
					}
				}
			}
		}
	}
}

func sparseOfDense(x *mat.Dense) *CSR {
	n, d := x.Dims()
	var all []triplet
	for i := range n {
		for j := range d {
			all = append(all, triplet{i, j, x.At(i, j)})
		}
	}
	return sparseOf(n, d, all)
}

func checkFactors(t *testing.T, name string, x *mat.Dense, r *Factors, truth []float64, k int, tolerance float64) {
	t.Helper()
	n, d := x.Dims()
	if rows, cols := r.U.Dims(); rows != n || cols != k {
		t.Fatalf("%s: U is %d × %d, want %d × %d", name, rows, cols, n, k)
	}
	if rows, cols := r.V.Dims(); rows != k || cols != d {
		t.Fatalf("%s: V is %d × %d, want %d × %d", name, rows, cols, k, d)
	}
	for side, m := range map[string]mat.Matrix{"U": r.U.T(), "V": r.V} {
		var gram mat.Dense
		gram.Mul(m, m.T())
		for i := range k {
			for j := range k {
				unit := 0.
				if i == j {
					unit = 1
				}
				if math.Abs(gram.At(i, j)-unit) > 1e-12 {
					t.Fatalf("%s: rows %d and %d of %s have the product %v", name, i, j, side, gram.At(i, j))
				}
			}
		}
	}
	var rest mat.Dense
	scaled := mat.DenseCopyOf(r.U)
	for i := range n {
		for j := range k {
			scaled.Set(i, j, r.Values[j]*r.U.At(i, j))
		}
	}
	rest.Mul(scaled, r.V)
	rest.Sub(x, &rest)
	best := 0.
	for _, v := range truth[k:] {
		best = math.Hypot(best, v)
	}
	if got := mat.Norm(&rest, 2); got > 1.01*best+20*tolerance*truth[0] {
		t.Errorf("%s: %d × %d: an error of %v, the best is %v", name, n, d, got, best)
	}
	for i := 1; i < k; i++ {
		if r.Values[i] > r.Values[i-1] {
			t.Errorf("%s: values do not fall: %v", name, r.Values)
		}
	}
}

// The blocks of all iterations are worth more than the last of them.
func TestKrylovBeatsPower(t *testing.T) {
	x, truth := spectrumMatrix(300, 120, func(i int) float64 { return 1 / math.Sqrt(float64(1+i)) })
	miss := func(f RangeFinder) float64 {
		f.Rank = 10
		r, err := f.Factor(context.Background(), Rows64{x})
		if err != nil {
			t.Fatal(err)
		}
		worst := 0.
		for i, v := range r.Values {
			worst = max(worst, truth[i]-v)
		}
		return worst
	}
	krylov, power, none := miss(RangeFinder{Iterations: 3}), miss(RangeFinder{Iterations: 3, PowerOnly: true}), miss(RangeFinder{Iterations: -1})
	if !(3*krylov < power && 2*power < none) {
		t.Errorf("the largest errors are %v with all blocks, %v with the last, %v without iterations", krylov, power, none)
	}
}

// Narrow blocks find more than wide ones in a Krylov space of as many dimensions.
func TestNarrowBlocksBeatWideOnes(t *testing.T) {
	x, truth := spectrumMatrix(300, 200, func(i int) float64 { return 1 / (1 + float64(i)/40) })
	const k = 12
	lost := func(f RangeFinder) float64 {
		f.Rank, f.Oversample, f.Seed = k, 4, 1
		r, err := f.Factor(context.Background(), Rows64{X: x})
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Values) != k {
			t.Fatalf("%d values of %d", len(r.Values), k)
		}
		worst := 0.
		for i, v := range r.Values {
			worst = max(worst, truth[i]-v)
		}
		return worst
	}
	wide, narrow := lost(RangeFinder{Iterations: 3}), lost(RangeFinder{Width: 8, Iterations: 7})
	if narrow > wide/2 {
		t.Errorf("narrow blocks miss %.3g, wide ones %.3g", narrow, wide)
	}
	// Whatever the width, there are as many values as were asked for.
	lost(RangeFinder{Width: 1, Iterations: 1})
}

// A centred matrix is that without its column means, and never formed.
func TestRangeFinderCenters(t *testing.T) {
	x, _ := spectrumMatrix(200, 40, func(i int) float64 { return math.Exp(-float64(i) / 3) })
	mean := make([]float64, 40)
	for i := range 200 {
		for j := range mean {
			x.Set(i, j, x.At(i, j)+float64(j))
			mean[j] += x.At(i, j) / 200
		}
	}
	centered := mat.DenseCopyOf(x)
	for i := range 200 {
		for j, m := range mean {
			centered.Set(i, j, x.At(i, j)-m)
		}
	}
	want, err := RangeFinder{Rank: 5}.Factor(context.Background(), Rows64{centered})
	if err != nil {
		t.Fatal(err)
	}
	for name, a := range map[string]Rectangular{"dense": Rows64{x}, "sparse": sparseOfDense(x), "wide": transposed{transposed{Rows64{x}}}} {
		got, err := RangeFinder{Rank: 5}.Factor(context.Background(), Centered{Of: a, Mean: mean})
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range want.Values {
			if math.Abs(got.Values[i]-v) > 1e-11*want.Values[0] {
				t.Errorf("%s: value %d is %v, want %v", name, i, got.Values[i], v)
			}
		}
		if !mat.EqualApprox(got.V, want.V, 1e-7) {
			t.Errorf("%s: other vectors", name)
		}
	}
}

func TestRangeFinderSameBitsOnAnyCores(t *testing.T) {
	x := random(2100, 90)
	for _, a := range []Rectangular{Rows64{x}, float32Rows(x), Centered{Of: Rows64{x}, Mean: make([]float64, 90)}} {
		onCores(t, func() []*mat.Dense {
			r, err := RangeFinder{Rank: 5, Seed: 4}.Factor(context.Background(), a)
			if err != nil {
				t.Fatal(err)
			}
			return []*mat.Dense{r.U, r.V, mat.NewDense(1, 5, r.Values)}
		})
	}
}

// A matrix in other units has the same vectors, though its squares leave the range.
func TestRangeFinderSeesNoUnits(t *testing.T) {
	x, truth := spectrumMatrix(120, 90, func(i int) float64 { return math.Exp(-float64(i) / 10) })
	for _, exponent := range []int{-1000, -600, 0, 600, 1000} {
		y := mat.DenseCopyOf(x)
		y.Apply(func(_, _ int, v float64) float64 { return math.Ldexp(v, exponent) }, x)
		f, err := RangeFinder{Rank: 6}.Factor(context.Background(), Rows64{y})
		if err != nil {
			t.Fatalf("2^%d: %v", exponent, err)
		}
		for i, v := range f.Values {
			if got := math.Ldexp(v, -exponent); math.Abs(got-truth[i]) > 1e-9 {
				t.Errorf("2^%d: value %d is %v, want %v", exponent, i, got, truth[i])
			}
		}
	}
}

func TestRangeFinderIsCanceled(t *testing.T) {
	x := random(150, 70)
	for _, a := range []Rectangular{Rows64{x}, float32Rows(x)} {
		canceled(t, func(ctx context.Context) error {
			_, err := RangeFinder{Rank: 5}.Factor(ctx, a)
			return err
		})
	}
}

func TestRangeFinderRefuses(t *testing.T) {
	var wrong *InputError
	for name, f := range map[string]RangeFinder{"rank": {Rank: -1}, "oversample": {Oversample: -1}, "iterations": {Iterations: -2}} {
		if _, err := f.Factor(context.Background(), Rows64{random(5, 4)}); !errors.As(err, &wrong) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if _, err := (RangeFinder{}).Factor(context.Background(), Rows64{&mat.Dense{}}); !errors.As(err, &wrong) {
		t.Errorf("empty: got %v", err)
	}
	x := random(40, 40)
	x.Scale(4e307, x)
	if _, err := (RangeFinder{}).Factor(context.Background(), Rows64{x}); !errors.Is(err, ErrNotFinite) {
		t.Errorf("a singular value beyond all numbers: got %v", err)
	}
	x = random(40, 9)
	x.Set(3, 4, math.NaN())
	if _, err := (RangeFinder{}).Factor(context.Background(), Rows64{x}); err == nil {
		t.Error("a matrix with NaN has factors")
	}
}
