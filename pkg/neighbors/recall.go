package neighbors

import (
	"context"
	"fmt"
	"slices"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
)

// Recall returns which share of the k nearest neighbours g has found, on average
// over rows, with the share of every row. What is nearest is for truth, an exact
// graph of the same rows, to say. A neighbour counts where it is no farther than
// the true k-th: among several at that distance no graph can tell which should be
// kept. The error is a *mat32.ParamError where the rows or metrics differ, or a
// graph has fewer than k neighbours. Time O(n·k).
func (g *Graph) Recall(truth *Graph, k int) (measure.Score, error) {
	const method = "neighbors.Graph.Recall"
	if err := g.same(method, truth); err != nil {
		return measure.Score{}, err
	}
	if most := min(g.K, truth.K); k < 1 || k > most {
		return measure.Score{}, &mat32.ParamError{Method: method, Param: "k", Value: k, Want: fmt.Sprintf("1 ≤ k ≤ K = %d", most)}
	}
	s := measure.Score{Name: "recall", Rows: g.N, Neighbors: k, PerRow: make([]float64, g.N),
		Convention: "share of the first k found that are no farther than the true k-th"}
	err := par.Blocks(context.Background(), g.N, rowBlock, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			want, limits := truth.Row(i)
			got, distances := g.Row(i)
			found := 0
			for c, j := range got[:k] {
				// Distances that another program rounded may be off in the last digit.
				if distances[c] <= limits[k-1] || slices.Contains(want[:k], j) {
					found++
				}
			}
			s.PerRow[i] = float64(found) / float64(k)
		}
	})
	for _, v := range s.PerRow {
		s.Value += v
	}
	s.Value /= float64(g.N)
	return s, err
}
