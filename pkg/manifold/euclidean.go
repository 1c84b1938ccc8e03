package manifold

import (
	"fmt"
	"math"
)

// Euclidean is flat space: points are any numbers, and geodesics straight lines.
type Euclidean struct {
	// Dimension of the space. Default 2.
	Dimension int
}

// String returns "Euclidean(2)".
func (e Euclidean) String() string { return fmt.Sprintf("Euclidean(%d)", e.Dim()) }

// Resolve fills in the default and checks the range; see Manifold.
func (e Euclidean) Resolve() (Manifold, error) {
	err := resolveDimension("manifold.Euclidean", "Dimension", &e.Dimension, mostDimensions)
	return e, err
}

// Dim returns the dimension.
func (e Euclidean) Dim() int {
	if e.Dimension == 0 {
		return 2
	}
	return e.Dimension
}

// Ambient returns the dimension.
func (e Euclidean) Ambient() int { return e.Dim() }

// Check accepts all that is finite; see Manifold for the errors.
func (e Euclidean) Check(x []float64) error { return check(e, x) }

// Project leaves x as it is.
func (Euclidean) Project([]float64) {}

// Point copies z to dst: the origin is 0.
func (Euclidean) Point(dst, z []float64) { copy(dst, z) }

// Distance returns |x − y|. Squares that float64 cannot hold make it 0 or +Inf.
func (Euclidean) Distance(x, y []float64) float64 {
	sum := 0.
	for i, v := range x {
		sum += (v - y[i]) * (v - y[i])
	}
	return math.Sqrt(sum)
}

// Exp writes x + v.
func (Euclidean) Exp(dst, x, v []float64) {
	for i := range dst {
		dst[i] = x[i] + v[i]
	}
}

// Log writes y − x and returns its length.
func (Euclidean) Log(dst, x, y []float64) float64 {
	sum := 0.
	for i := range dst {
		dst[i] = y[i] - x[i]
		sum += dst[i] * dst[i]
	}
	return math.Sqrt(sum)
}

// Inner returns the sum of products.
func (Euclidean) Inner(_, u, v []float64) float64 { return dot(u, v) }

// Transport copies v.
func (Euclidean) Transport(dst, _, _, v []float64) { copy(dst, v) }

// Gradient copies g.
func (Euclidean) Gradient(dst, _, g []float64) { copy(dst, g) }

// LogVolume returns 0.
func (Euclidean) LogVolume(_, _ []float64) float64 { return 0 }
