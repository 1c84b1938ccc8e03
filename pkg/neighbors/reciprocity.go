package neighbors

import (
	"context"
	"slices"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/measure"
)

// Reciprocity returns how often a neighbour has the row among its own K nearest,
// on average, with the share of every row: 1 where neighbourhood is mutual, low
// where there are hubs or the density changes. Time O(n·K²).
func (g *Graph) Reciprocity() (measure.Score, error) {
	if err := g.sound("neighbors.Graph.Reciprocity"); err != nil {
		return measure.Score{}, err
	}
	s := measure.Score{Name: "reciprocity", Rows: g.N, Neighbors: g.K, PerRow: make([]float64, g.N)}
	err := par.Blocks(context.Background(), g.N, rowBlock, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			indices, _ := g.Row(i)
			mutual := 0
			for _, j := range indices {
				if theirs, _ := g.Row(int(j)); slices.Contains(theirs, int32(i)) {
					mutual++
				}
			}
			s.PerRow[i] = float64(mutual) / float64(g.K)
		}
	})
	for _, v := range s.PerRow {
		s.Value += v
	}
	s.Value /= float64(g.N)
	return s, err
}

// MeanDistances returns the mean distance to the nearest neighbour, to the second
// nearest and so on, K numbers: how fast neighbourhoods grow. Time O(n·K).
func (g *Graph) MeanDistances() ([]float64, error) {
	if err := g.sound("neighbors.Graph.MeanDistances"); err != nil {
		return nil, err
	}
	mean := make([]float64, g.K)
	for i := range g.N {
		_, distances := g.Row(i)
		for k, d := range distances {
			mean[k] += d / float64(g.N) // of what is near the largest float64, the sum would not be finite
		}
	}
	return mean, nil
}
