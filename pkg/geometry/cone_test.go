package geometry

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/kernel"
)

// The nearest point of a cone leaves a rest that has no positive product with any row, and none at
// all with the point: conditions that no other point meets. Rows may depend on each other and be
// more than dimensions.
func TestProjectionOnAConeIsTheNearestPoint(t *testing.T) {
	for _, c := range []struct{ n, d int }{{1, 3}, {3, 8}, {8, 3}, {40, 12}, {12, 40}, {150, 30}} {
		rows := fixture.Normal(uint64(c.n), c.n, c.d)
		for i := range c.n {
			if i%5 == 4 { // twice, and between two others
				copy(rows.RawRowView(i), rows.RawRowView(i-1))
				if i%2 == 0 {
					kernel.Axpy64(1, rows.RawRowView(i-2), rows.RawRowView(i))
				}
			}
			normalize(rows.RawRowView(i))
		}
		cone := newCone(rows)
		for k := range 60 {
			v := fixture.Normal(uint64(100+k), 1, c.d).RawRowView(0)
			square := cone.project(v)
			point := make([]float64, c.d)
			for m, i := range cone.in {
				if cone.weights[m] < 0 {
					t.Fatalf("%d × %d: a weight of %g", c.n, c.d, cone.weights[m])
				}
				kernel.Axpy64(cone.weights[m], rows.RawRowView(i), point)
			}
			if own := kernel.Dot64(point, point); math.Abs(own-square) > 1e-9 || math.Abs(kernel.Dot64(point, cone.rest)) > 1e-9 {
				t.Fatalf("%d × %d: the point has the square %g, not %g, and a product of %g with the rest", c.n, c.d, own, square, kernel.Dot64(point, cone.rest))
			}
			var products mat.VecDense
			products.MulVec(rows, mat.NewVecDense(c.d, cone.rest))
			if worst := mat.Max(&products); worst > 1e-8 {
				t.Fatalf("%d × %d: a row is still to be gained, by %g", c.n, c.d, worst)
			}
		}
	}
}
