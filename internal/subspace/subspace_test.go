package subspace

import (
	"context"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
)

// Centered keeps its digits for values of any size, far from zero and at the ends of float64.
func TestCentered(t *testing.T) {
	x := fixture.Normal(1, 200, 3)
	for _, c := range []struct{ scale, offset float64 }{{1, 0}, {0x1p-1000, 0}, {0x1p1020, 0}, {1, 0x1p20}} {
		y := mat.DenseCopyOf(x)
		y.Apply(func(_, _ int, v float64) float64 { return v*c.scale + c.offset }, y)
		a, unit, err := Centered(context.Background(), y)
		if err != nil {
			t.Fatal(err)
		}
		for j := range 3 {
			mean := 0.
			for i := range 200 {
				mean += x.At(i, j) / 200
			}
			sum := 0.
			for i := range 200 {
				sum += a.At(i, j)
				if want := x.At(i, j) - mean; math.Abs(a.At(i, j)*(unit/c.scale)-want) > 1e-9 || math.Abs(a.At(i, j)) > 8 {
					t.Fatalf("%v: row %d: got %v in units of %v, want %v", c, i, a.At(i, j), unit, want)
				}
			}
			if math.Abs(sum) > 1e-12 {
				t.Errorf("%v: column %d sums to %v", c, j, sum)
			}
		}
	}
	ends := mat.NewDense(2, 1, []float64{-math.MaxFloat64, math.MaxFloat64})
	if a, unit, _ := Centered(context.Background(), ends); a.At(1, 0) != -a.At(0, 0) || !(a.At(1, 0) > 0) || math.IsInf(unit, 0) {
		t.Errorf("the ends of float64: %v in units of %v", mat.Formatted(a), unit)
	}
	same := mat.NewDense(3, 2, []float64{.1, .7, .1, .7, .1, .7})
	if a, unit, _ := Centered(context.Background(), same); unit != 0 || mat.Norm(a, 1) != 0 {
		t.Errorf("equal rows: unit %v, %v", unit, mat.Formatted(a))
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, _, err := Centered(ctx, x); err != ctx.Err() {
		t.Errorf("got %v after a cancel", err)
	}
}
