package sketch

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// Sparse multiplies by a matrix most of whose entries are zero; the others are
// random signs times 1/√(Dim·Density).
//
// Time O(Dim·Density) for every value, of sparse rows for every stored one,
// memory 4·n·Dim bytes for the result and 16·d·(Dim·Density + 1) for the matrix.
//
// Sources: Achlioptas (2003), Database-friendly random projections:
// Johnson-Lindenstrauss with binary coins; Li, Hastie and Church (2006), Very
// sparse random projections, for a density of 1/√d.
type Sparse struct {
	// Dim is the number of columns of the sketch. Larger ones distort less, as
	// 1/√Dim. Zero means 128, or the number of columns where that is less.
	Dim int

	// Density is the share of entries that are not zero, in (0, 1]. Smaller ones
	// cost less time, and distort rows more that have few values. Zero means
	// Achlioptas's 1/3.
	Density float64

	// Seed chooses the entries.
	Seed uint64
}

const sparse = "sketch.Sparse"

// Resolve fills in the defaults for d columns and checks the ranges; n is not
// used.
func (s Sparse) Resolve(n, d int) (Sparse, error) {
	var err error
	if s.Dim, err = checkDim(sparse, s.Dim, d, most); err != nil {
		return s, err
	}
	if s.Density == 0 {
		s.Density = 1. / 3
	}
	return s, checkDensity(sparse, s.Density)
}

// Apply returns the sketch of the rows of x (n × d), n × Dim.
func (s Sparse) Apply(ctx context.Context, x mat.Matrix) (*mat32.Dense, error) {
	return apply(ctx, sparse, x, s.Resolve, Sparse.linear)
}

// ApplyT returns the rows of y (n × Dim), times the sketch of d columns transposed,
// n × d.
func (s Sparse) ApplyT(ctx context.Context, y mat.Matrix, d int) (*mat32.Dense, error) {
	return applyT(ctx, sparse, y, d, s.Resolve, Sparse.linear)
}

func (s Sparse) shape() int { return s.Dim }

func (s Sparse) stored(d int) float64 { return 16 * float64(d) * (float64(s.Dim)*s.Density + 1) }

func (s Sparse) linear(ctx context.Context, d int) *linear {
	scale := 1 / math.Sqrt(float64(s.Dim)*s.Density)
	t := sprinkled(ctx, s.Seed, sparse, d, s.Dim, s.Density, func(r *rng.Stream) float64 { return sign(r) * scale })
	return &linear{d: d, k: s.Dim, spares: true, chains: []chain{{factors: ones(d), size: d, stages: []stage{{t}}}}}
}
