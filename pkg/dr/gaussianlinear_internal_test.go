package dr

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
)

// What pulls a row is half the slope of the squared errors of its distances.
func TestPullIsTheGradient(t *testing.T) {
	const n, k, h = 9, 3, 1e-6
	z := fixture.Normal(1, n, k)
	e := &edges{start: make([]int, n+1)}
	for i := range n {
		for j := range n {
			if j != i {
				e.other, e.distance = append(e.other, int32(j)), append(e.distance, 1+float64((i+j)%4))
			}
		}
		e.start[i+1] = len(e.other)
	}
	by, spare := make([]float64, k), make([]float64, k)
	for i := range n {
		e.pull(i, z, by)
		for c := range k {
			at := z.At(i, c)
			z.Set(i, c, at+h)
			up := e.pull(i, z, spare)
			z.Set(i, c, at-h)
			down := e.pull(i, z, spare)
			z.Set(i, c, at)
			if slope := (up - down) / (4 * h); math.Abs(slope-by[c]) > 1e-6 {
				t.Errorf("row %d, coordinate %d: half the slope is %v, the pull %v", i, c, slope, by[c])
			}
		}
	}
	same := mat.NewDense(n, k, nil) // all at one place: no direction is better than another
	if loss := e.pull(0, same, by); !(loss > 0) || by[0] != 0 {
		t.Errorf("rows at one place: loss %v, pull %v", loss, by)
	}
}
