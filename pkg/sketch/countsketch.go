package sketch

import (
	"context"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// CountSketch adds every value, times a random sign, to one column of the sketch:
// feature hashing.
//
// Time O(1) for every value, of sparse rows for every stored one, and O(Dim) a
// row; memory 4·n·Dim bytes for the result and 28·d for the matrix.
//
// Sources: Charikar, Chen and Farach-Colton (2002), Finding frequent items in
// data streams; Weinberger et al. (2009), Feature hashing for large scale
// multitask learning.
type CountSketch struct {
	// Dim is the number of columns of the sketch. Larger ones distort less, as
	// 1/√Dim. Zero means 128, or the number of columns where that is less.
	Dim int

	// Seed chooses places and signs.
	Seed uint64
}

const countSketch = "sketch.CountSketch"

// Resolve fills in the defaults for d columns and checks the ranges; n is not
// used.
func (c CountSketch) Resolve(n, d int) (CountSketch, error) {
	var err error
	c.Dim, err = checkDim(countSketch, c.Dim, d, most)
	return c, err
}

// Apply returns the sketch of the rows of x (n × d), n × Dim.
func (c CountSketch) Apply(ctx context.Context, x mat.Matrix) (*mat32.Dense, error) {
	return apply(ctx, countSketch, x, c.Resolve, CountSketch.linear)
}

// ApplyT returns the rows of y (n × Dim), times the sketch of d columns transposed,
// n × d.
func (c CountSketch) ApplyT(ctx context.Context, y mat.Matrix, d int) (*mat32.Dense, error) {
	return applyT(ctx, countSketch, y, d, c.Resolve, CountSketch.linear)
}

func (c CountSketch) shape() int { return c.Dim }

func (c CountSketch) stored(d int) float64 { return 28 * float64(d) }

func (c CountSketch) linear(ctx context.Context, d int) *linear {
	return scattered(ctx, countSketch, c.Seed, d, c.Dim, 1)
}
