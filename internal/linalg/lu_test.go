package linalg

import (
	"context"
	"errors"
	"math"
	"runtime"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/testenv"
)

// saddle has eigenvalues of both signs, and a zero in the first place of its diagonal.
func saddle(n int) *mat.Dense {
	a := mat.DenseCopyOf(randomSym(n))
	a.Set(0, 0, 0)
	return a
}

func TestLU(t *testing.T) {
	ctx := context.Background()
	for _, n := range []int{2, 3, 16, 17, 33, 64, 100, 150} {
		a := saddle(n)
		f, err := LUInPlace(ctx, mat.DenseCopyOf(a))
		if err != nil {
			t.Fatal(err)
		}
		for _, sides := range []int{1, 5, 200} {
			x := random(n, sides)
			var b, back mat.Dense
			b.Mul(a, x)
			if err := f.Solve(ctx, &b); err != nil {
				t.Fatal(err)
			}
			back.Sub(&b, x)
			if e := largest(&back); !(e < 1e-9) {
				t.Errorf("n=%d, %d sides: the solution differs by %v", n, sides, e)
			}
		}
		var inverse mat.Dense
		if err := inverse.Inverse(a); err != nil {
			t.Fatal(err)
		}
		want := mat.Norm(&inverse, 1)
		got, err := InverseNorm(ctx, n, f.Solve)
		if err != nil || !(got <= want*(1+1e-9) && got > want/3) {
			t.Errorf("n=%d: the norm of the inverse is %v, %v, want %v", n, got, err, want)
		}
	}
}

func TestLUNamesTheColumn(t *testing.T) {
	for name, v := range map[string]float64{"zero": 0, "NaN": math.NaN(), "Inf": math.Inf(1)} {
		a := saddle(40)
		for i := range 40 {
			a.Set(i, 20, v)
			a.Set(20, i, v)
		}
		_, err := LUInPlace(context.Background(), a)
		var e *SingularError
		if !errors.As(err, &e) || v == 0 && e.Column != 20 {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestLUSameBitsOnAnyCores(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	var first []float64
	for _, procs := range testenv.Cores() {
		runtime.GOMAXPROCS(procs)
		a, b := saddle(230), random(230, 400)
		f, err := LUInPlace(context.Background(), a)
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Solve(context.Background(), b); err != nil {
			t.Fatal(err)
		}
		got := append(slices.Clone(f.w.Data), b.RawMatrix().Data...)
		if first == nil {
			first = got
		}
		if !slices.Equal(first, got) {
			t.Errorf("%d cores give other bits", procs)
		}
	}
}

func TestLUIsCanceled(t *testing.T) {
	canceled(t, func(ctx context.Context) error {
		f, err := LUInPlace(ctx, saddle(200))
		if err != nil {
			return err
		}
		return f.Solve(ctx, random(200, 30))
	})
}
