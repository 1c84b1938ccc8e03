package affinity

import (
	"context"
	"fmt"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// checkNeighbors fills in the default of Neighbors and checks what the options of
// kernels share.
func checkNeighbors(method string, n, d int, metric *neighbors.Metric, count *int, usual int, limit int64) error {
	var err error
	if *metric, err = neighbors.ResolveMetric(method, *metric); err != nil {
		return err
	}
	if n < 2 {
		return fmt.Errorf("%s: %w", method, &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: "at least 2 rows, for there to be others"})
	}
	if *count == 0 {
		*count = min(usual, n-1)
	}
	if *count < 1 || *count > n-1 {
		return &mat32.ParamError{Method: method, Param: "Neighbors", Value: *count, Want: fmt.Sprintf("1 ≤ Neighbors ≤ n−1 = %d", n-1)}
	}
	if limit < 0 {
		return &mat32.ParamError{Method: method, Param: "MemoryLimit", Value: limit, Want: "0 or more bytes"}
	}
	return nil
}

// pairBytes is what a weight takes while a kernel is made: as a neighbour, one way,
// the other way, and in the answer, forth and back; rowBytes is what a row does.
const (
	pairBytes = 5 * 12
	rowBytes  = 100
)

// graphOf returns the nearest neighbours of the rows of x, k or more of them: those
// of a given graph, or of a new one.
func graphOf(ctx context.Context, method string, x mat.Matrix, given *neighbors.Graph, k int, metric neighbors.Metric, limit int64) (*neighbors.Graph, error) {
	return graphSeeded(ctx, method, x, given, k, metric, 0, limit)
}

// graphSeeded is graphOf with the seed of an approximate search.
func graphSeeded(ctx context.Context, method string, x mat.Matrix, given *neighbors.Graph, k int, metric neighbors.Metric, seed uint64, limit int64) (*neighbors.Graph, error) {
	n, _ := x.Dims()
	if err := mat32.CheckMemory(method, int64(n)*(rowBytes+pairBytes*int64(k)), limit, "use fewer neighbours or rows"); err != nil {
		return nil, err
	}
	if given == nil {
		g, err := neighbors.Auto{Neighbors: k, Metric: metric, Seed: seed, MemoryLimit: limit}.Graph(ctx, x)
		if err != nil {
			return nil, mat32.Rename(method, err)
		}
		return g, nil
	}
	if err := given.CheckMetricContext(ctx, method, x, k, metric); err != nil {
		return nil, err
	}
	if _, err := given.Neighborhoods(); err != nil { // which looks at every neighbour
		return nil, fmt.Errorf("%s: Graph: %w", method, err)
	}
	return given, nil
}

// nearest returns the lists of the k nearest neighbours of a graph.
func nearest(g *neighbors.Graph, k int) func(i int) ([]int32, []float64) {
	return func(i int) ([]int32, []float64) {
		indices, distances := g.Row(i)
		return indices[:k], distances[:k]
	}
}

// finish fills in what a reader of the weights should know.
func (s *Sparse) finish(g *neighbors.Graph, kernel string, scales []float64, notes ...string) *Sparse {
	s.Kernel, s.Metric, s.Rows, s.Scales = kernel, g.Metric, g.Rows, scales
	s.Notes = slices.Clone(g.Notes)
	if g.Method != "" {
		s.Notes = append(s.Notes, "neighbours are approximate: "+g.Method)
	}
	s.Notes = append(s.Notes, notes...)
	alone, first := 0, -1
	for i := range s.w.Dim() {
		columns, _ := s.Row(i)
		if len(columns) == 0 || len(columns) == 1 && int(columns[0]) == i {
			if alone++; first < 0 {
				first = i
			}
		}
	}
	if alone > 0 {
		s.Notes = append(s.Notes, fmt.Sprintf("%d rows have no weights to others, row %d among them", alone, first))
	}
	return s
}
