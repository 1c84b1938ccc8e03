package sketch

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// TruncatePrefix keeps the first columns of a row: all that is needed where
// columns go from coarse to fine, as principal components do by construction and
// Matryoshka representations are trained to. PrefixCurve measures how many are
// enough.
//
// Time O(Dim) a row and a check of what is dropped, memory 4·n·Dim bytes for the
// result.
//
// Source: Kusupati et al. (2022), Matryoshka representation learning.
type TruncatePrefix struct {
	// Dim is the number of columns kept, at most d. Larger ones keep more. Zero
	// means 128, or d where that is less.
	Dim int

	// Normalize scales what is kept of every row to length one, for comparison by
	// cosine; rows of zeros stay. Default false.
	Normalize bool
}

const truncatePrefix = "sketch.TruncatePrefix"

// Resolve fills in the defaults for d columns and checks the ranges; n is not
// used.
func (p TruncatePrefix) Resolve(n, d int) (TruncatePrefix, error) {
	var err error
	p.Dim, err = checkDim(truncatePrefix, p.Dim, d, d)
	return p, err
}

// Apply returns the first columns of x (n × d), n × Dim.
func (p TruncatePrefix) Apply(ctx context.Context, x mat.Matrix) (*mat32.Dense, error) {
	z, err := apply(ctx, truncatePrefix, x, p.Resolve, TruncatePrefix.linear)
	if err != nil || !p.Normalize {
		return z, err
	}
	n, k := z.Dims()
	err = par.Blocks(ctx, n, blockRows(k), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			row := z.Row(i)
			length := math.Sqrt(kernel.DotMixed(row, row))
			for j, v := range row {
				row[j] = float32(float64(v) / max(length, math.SmallestNonzeroFloat64))
			}
		}
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", truncatePrefix, err)
	}
	return z, nil
}

// ApplyT returns the rows of y (n × Dim) with zeros up to d columns, n × d. What is
// scaled has no transpose.
func (p TruncatePrefix) ApplyT(ctx context.Context, y mat.Matrix, d int) (*mat32.Dense, error) {
	if p.Normalize {
		return nil, &mat32.ParamError{Method: truncatePrefix, Param: "Normalize", Value: true, Want: "false: what is scaled row by row is not linear, and has no transpose"}
	}
	return applyT(ctx, truncatePrefix, y, d, p.Resolve, TruncatePrefix.linear)
}

func (p TruncatePrefix) shape() int { return p.Dim }

func (p TruncatePrefix) stored(d int) float64 { return 16 * float64(d) }

func (p TruncatePrefix) linear(_ context.Context, d int) *linear {
	first := one(d, counting(p.Dim), func(int) float64 { return 1 })
	return &linear{d: d, k: p.Dim, spares: true, chains: []chain{{factors: ones(d), size: d, stages: []stage{{first}}}}}
}
