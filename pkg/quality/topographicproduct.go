package quality

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/screen"
	"github.com/flatland-go/flatland/pkg/measure"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

const topographic = "quality.TopographicProduct"

// TopographicProduct says whether an embedding has the right number of dimensions: about
// 0 when it has, below 0 when too few, above when too many (Bauer and Pawelzik, 1992,
// Quantifying the neighborhood preservation of self-organizing feature maps). It is the
// mean over rows and k ≤ Neighbors of log P₃, the logarithm of the 2k-th root of the
// product over the l ≤ k nearest rows of Q₁·Q₂: by how much the l-th nearest row of one
// space is farther than in the other, Q₁ = δ(to the l-th of the embedding)/δ(to the l-th
// of the data) ≥ 1, and Q₂ = d(to the l-th of the embedding)/d(to the l-th of the data).
//
// ZADU's product ends at l = k−1 under the root of k. A factor one of whose distances is
// 0 counts as 1, as that of the same row twice does, where peers return infinity; a note
// says how many.
//
// It costs two searches of neighbours, O(n²·d).
type TopographicProduct struct {
	// Neighbors is the largest k. Default 20, or n−1 where the data have fewer rows.
	// Larger values look at the arrangement of the whole. 1 to n−1.
	Neighbors int

	// MemoryLimit in bytes refuses data that would need more. Default GOMEMLIMIT, or
	// 4 GiB.
	MemoryLimit int64
}

// Resolve returns the options with defaults filled in, or a *mat32.ParamError or
// *mat32.ShapeError, for a matrix of n rows and d columns.
func (p TopographicProduct) Resolve(n, d int) (TopographicProduct, error) {
	k, err := resolveNeighbors(topographic, n, d, 2, 20, p.Neighbors, p.MemoryLimit)
	p.Neighbors = k
	return p, err
}

// Compare returns the product for the data x (n × d) and the embedding y (n rows), with
// the share of every row. Either may be a mat32.Distances. Errors: those of mat32.Check
// and Resolve, naming x or y; *mat32.ShapeError when y has another number of rows;
// *mat32.MemoryError; *mat32.DegenerateError where distances may exceed float64; and one
// that wraps ctx.Err().
func (p TopographicProduct) Compare(ctx context.Context, x, y mat.Matrix) (measure.Score, error) {
	fail := func(err error) (measure.Score, error) { return measure.Score{}, err }
	n, d, err := checkBoth(ctx, topographic, x, y)
	if err != nil {
		return fail(err)
	}
	if p, err = p.Resolve(n, d); err != nil {
		return fail(err)
	}
	var rows [2]*screen.Rows
	var graphs [2]*neighbors.Graph
	for side, m := range []mat.Matrix{x, y} {
		if rows[side], err = screened(ctx, topographic, [2]string{"x", "y"}[side], m); err != nil {
			return fail(err)
		}
		if graphs[side], err = (neighbors.Exact{Neighbors: p.Neighbors, MemoryLimit: p.MemoryLimit}).Graph(ctx, m); err != nil {
			return fail(limitOnly(topographic, err))
		}
	}
	s := measure.Score{Name: "topographic product", Rows: n, Neighbors: p.Neighbors, PerRow: make([]float64, n),
		Convention: "mean log P₃ of Bauer and Pawelzik, all k factors under the 2k-th root; 0 is right, below 0 too few dimensions"}
	skipped, err := par.Sum(ctx, n, 64, func(lo, hi int) (skipped float64) {
		for i := lo; i < hi; i++ {
			original, embedded := graphs[0], graphs[1]
			nearX, toX := original.Row(i)
			nearY, toY := embedded.Row(i)
			logs, sum := 0., 0.
			for l := range p.Neighbors {
				// δ and d to the other space's l-th.
				otherX, otherY := rows[0].Exact(i, int(nearY[l])), rows[1].Exact(i, int(nearX[l]))
				for _, q := range [2][2]float64{{otherX, toX[l]}, {toY[l], otherY}} {
					if q[0] > 0 && q[1] > 0 {
						logs += math.Log(q[0]) - math.Log(q[1])
					} else {
						skipped++
					}
				}
				sum += logs / float64(2*(l+1))
			}
			s.PerRow[i] = sum / float64(p.Neighbors)
		}
		return skipped
	})
	if err != nil {
		return fail(fmt.Errorf("%s: %w", topographic, err))
	}
	for _, v := range s.PerRow {
		s.Value += v
	}
	s.Value /= float64(n)
	if skipped > 0 {
		s.Notes = []string{fmt.Sprintf("%.0f of %d factors have a distance of 0 and count as 1", skipped, 2*n*p.Neighbors)}
	}
	return s, nil
}
