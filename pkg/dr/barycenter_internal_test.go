package dr

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// The weights do not depend on the unit, though squares of distances leave float64.
func TestBarycenterInAnyUnit(t *testing.T) {
	x := mat.NewDense(4, 2, []float64{1, 0, 0, 1, -1, 0.5, 0.25, -1})
	at, rows := []float64{.5, .25}, []int32{0, 1, 2, 3}
	want := make([]float64, 4)
	new(barycenter).weigh(want, x, at, rows, 1e-3)
	for _, unit := range []float64{0x1p-900, 0x1p-600, 0x1p600, 0x1p1000} {
		y := mat.DenseCopyOf(x)
		y.Scale(unit, y)
		got := make([]float64, 4)
		new(barycenter).weigh(got, y, []float64{at[0] * unit, at[1] * unit}, rows, 1e-3)
		near(t, "weights", got, want, 1e-12)
	}
	same := make([]float64, 4)
	new(barycenter).weigh(same, mat.NewDense(4, 2, nil), []float64{0, 0}, rows, 1e-3)
	for _, w := range same {
		if math.Abs(w-.25) > 1e-15 {
			t.Errorf("equal rows weigh %v", same)
		}
	}
}
