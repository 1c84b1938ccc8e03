package neighbors

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"
)

// Euclidean is the distance √Σ(a−b)².
type Euclidean struct{}

// String returns "euclidean".
func (Euclidean) String() string { return "euclidean" }

func (Euclidean) space(ctx context.Context, x mat.Matrix) (space, error) {
	return asTheyAre(ctx, x, scale{})
}

func (Euclidean) bytes(x mat.Matrix) int64 { return bytesAsTheyAre(x) }

// SquaredEuclidean is Σ(a−b)². It orders neighbours as Euclidean does, and breaks
// the triangle inequality.
type SquaredEuclidean struct{}

// String returns "sqeuclidean", as SciPy calls it.
func (SquaredEuclidean) String() string { return "sqeuclidean" }

func (SquaredEuclidean) space(ctx context.Context, x mat.Matrix) (space, error) {
	return asTheyAre(ctx, x, scale{
		from: func(v float64) float64 { return v * v },
		to:   math.Sqrt,
	})
}

func (SquaredEuclidean) bytes(x mat.Matrix) int64 { return bytesAsTheyAre(x) }
