package neighbors

import (
	"context"

	"gonum.org/v1/gonum/mat"
)

// Metric says how rows are compared. The types of this package that implement it
// are all there are; Func makes one of any function. Wherever a Metric is an
// option, nil means Euclidean.
type Metric interface {
	// String returns the name of the metric with its parameters, as Graph.Metric
	// holds it.
	String() string

	// space returns the rows of x, which are finite, ready to be compared.
	space(ctx context.Context, x mat.Matrix) (space, error)
}

// space holds the rows of a matrix, ready to be compared by one metric. It is safe
// for concurrent use.
type space interface {
	asker

	// ask returns the rows of y, which has as many columns, ready to be compared
	// with those of the space.
	ask(ctx context.Context, y mat.Matrix) (asker, error)
}

// asker compares rows with those of a space.
type asker interface {
	// fast writes to dst numbers that order the rows listed by their distance to
	// row i: they grow with it, up to rounding in float32.
	fast(dst []float32, i int32, to []int32)

	// exact returns the distance between row i and row j of the space, with
	// float64 sums.
	exact(i, j int32) float64
}
