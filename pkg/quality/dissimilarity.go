package quality

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync/atomic"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
	"github.com/flatland-go/flatland/pkg/watch"
)

// NeighborDissimilarity compares how many neighbours any two rows share in the data
// and in the embedding, as ZADU does (Jeon, Cho, Jang, Lee, Hyun, Ko, Jo and Seo,
// 2023, ZADU: a Python library for evaluating the reliability of dimensionality
// reduction embeddings):
//
//	max(‖D⁺‖, ‖D⁻‖),   D = (S − T)/k off the diagonal
//
// by Frobenius norms of the positive and of the negative part, S and T counting the
// common neighbours in the graphs in which two rows are neighbours when either is
// among the k nearest of the other. It is 0 when all neighbourhoods are kept, and
// without a bound: it grows with n, and only embeddings of the same rows compare. It
// is no mean of rows and has no PerRow.
//
// Errors: *mat32.ParamError unless 1 ≤ k ≤ K, and one that wraps ctx.Err(). Time
// O(Σ deg²) over the degrees of the graphs, which is n·k² but for hubs; memory
// 16·n·k bytes, and 8·n for each core. It reports the stage "shared neighbours".
func (r *Ranks) NeighborDissimilarity(ctx context.Context, k int) (measure.Score, error) {
	const method = "quality.NeighborDissimilarity"
	if k < 1 || k > r.K {
		return measure.Score{}, &mat32.ParamError{Method: method, Param: "k", Value: k, Want: fmt.Sprintf("1 ≤ k ≤ %d", r.K)}
	}
	stage := watch.Start(ctx, "shared neighbours", r.N)
	data, shown := mutual(r.Original, r.N, r.K, k), mutual(r.Embedded, r.N, r.K, k)
	type scratch struct {
		counts []int32
		seen   []int32
	}
	var fewer, more atomic.Int64 // whole numbers: the same in any order
	err := par.BlocksWith(ctx, r.N, 64, func() *scratch { return &scratch{counts: make([]int32, r.N)} }, func(s *scratch, lo, hi int) {
		var plus, minus int64
		for i := lo; i < hi; i++ {
			if ctx.Err() != nil {
				return
			}
			s.seen = s.seen[:0]
			for side, g := range [2][][]int32{data, shown} {
				sign := int32(1 - 2*side)
				for _, m := range g[i] {
					for _, j := range g[m] {
						if s.counts[j] == 0 {
							s.seen = append(s.seen, j)
						}
						s.counts[j] += sign
					}
				}
			}
			for _, j := range s.seen { // a row may be there twice: the second time it counts zero
				c := int64(s.counts[j])
				s.counts[j] = 0
				switch {
				case int(j) == i:
				case c > 0:
					plus += c * c
				default:
					minus += c * c
				}
			}
		}
		more.Add(plus)
		fewer.Add(minus)
		stage.Add(hi - lo)
	})
	if err != nil {
		return measure.Score{}, fmt.Errorf("%s: %w", method, err)
	}
	return measure.Score{Name: "neighbour dissimilarity", Rows: r.N, Neighbors: k,
		Value:      math.Sqrt(float64(max(fewer.Load(), more.Load()))) / float64(k),
		Convention: "distance, 0 is same, Frobenius norm of shared neighbours over k, grows with n, ties by index"}, nil
}

// mutual lists for each of n rows those that are among its k nearest, of so many
// stored, or it among theirs.
func mutual(nearest []int32, n, stored, k int) [][]int32 {
	g := make([][]int32, n)
	for i := range n {
		for _, j := range nearest[i*stored : i*stored+k] {
			g[i] = append(g[i], j)
			g[j] = append(g[j], int32(i))
		}
	}
	for i, row := range g {
		slices.Sort(row)
		g[i] = slices.Compact(row)
	}
	return g
}
