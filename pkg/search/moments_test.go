package search

import (
	"context"
	"math"
	"runtime"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// Moments of float32 rows are those in float64 of rows whose values are off in the seventh digit
// of how they vary, and their mean by as little, however far from the origin and however large
// they are; and the same bits on any number of cores.
func TestMomentsOfFloat32(t *testing.T) {
	ctx := context.Background()
	n := 5000
	if testing.Short() {
		n = 2200 // more than a block
	}
	for _, c := range []struct{ scale, offset float64 }{{1, 0}, {1, 1000}, {1e-25, 0}, {1e30, 1e30}, {1e-30, -1e-28}} {
		full := fixture.Normal(3, n, 9)
		full.Apply(func(i, j int, v float64) float64 { return c.offset + c.scale*v*math.Pow(.5, float64(j)) }, full)
		x := mat32.Convert(full)
		full = mat.DenseCopyOf(x)
		got, want := must(moments(ctx, x)), must(moments(ctx, full))
		largest := max(mat.Max(full), -mat.Min(full))
		unit := float64(unitOf(float32(largest)))
		for i := range 9 {
			for j := range 9 {
				was, is := want.At(i, j)*largest*(largest/c.scale/c.scale), got.At(i, j)/(unit*c.scale)/(unit*c.scale)
				size, other, mean := math.Pow(.5, float64(i)), math.Pow(.5, float64(j)), math.Abs(c.offset/c.scale)
				if slack := 1e-6*size*other + 1e-7*mean*(size+other) + 1e-14*mean*mean; !(math.Abs(was-is) <= slack) {
					t.Errorf("scale %g, offset %g: moment %d, %d is %v, want %v", c.scale, c.offset, i, j, is, was)
				}
			}
		}
		cores := runtime.GOMAXPROCS(3)
		again := must(moments(ctx, x))
		runtime.GOMAXPROCS(cores)
		if !mat.Equal(got, again) {
			t.Errorf("scale %g, offset %g: other bits on three cores", c.scale, c.offset)
		}
	}
	if m := must(moments(ctx, mat32.NewDense(3, 2, nil))); m != nil {
		t.Errorf("of zero rows: %v", mat.Formatted(m))
	}
}
