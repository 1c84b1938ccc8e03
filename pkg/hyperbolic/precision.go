package hyperbolic

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
)

// MeanAveragePrecision says whether the nodes that are linked in a graph are the nearest in
// an embedding y of it. For each node it takes every neighbour in turn and the nodes
// that are no farther in y, of which the share that are neighbours is the precision; the mean over neighbours,
// then over nodes, is 1 where all neighbours are nearer than all others. It looks at links
// alone, where Distortion looks at all distances. (M. Nickel and D. Kiela, 2017,
// Poincaré embeddings for learning hierarchical representations; F. Sala and others, 2018.)
//
// graph says by positive weights, of whatever size, who is linked, in each direction by itself;
// y is what Delta takes. Equal distances count as no farther, against the embedding. Nodes
// without links are left out, with a note: NaN in PerRow.
//
// Errors: *mat32.ParamError for a nil graph; those of Delta.Compute for y, from 2 rows on;
// *mat32.ShapeError where it has another number of rows; *mat32.DegenerateError for a graph
// without links. Time O(n²·log n), memory 8·n² bytes.
func MeanAveragePrecision(ctx context.Context, graph *affinity.Sparse, y mat.Matrix) (measure.Score, error) {
	const method = "hyperbolic.MeanAveragePrecision"
	if err := sound(ctx, method, y); err != nil {
		return measure.Score{}, err
	}
	n, k := y.Dims()
	if graph == nil {
		return measure.Score{}, &mat32.ParamError{Method: method, Param: "graph", Value: "nil", Want: "links"}
	}
	if nodes, _ := graph.Dims(); nodes != n {
		return measure.Score{}, fmt.Errorf("%s: %w", method, &mat32.ShapeError{What: "y", Rows: n, Cols: k, Want: fmt.Sprintf("%d rows, as the graph has nodes", nodes)})
	}
	m, err := between(ctx, method, y, 2, 0, 0)
	if err != nil {
		return measure.Score{}, err
	}
	s := measure.Score{Name: "mean average precision", Rows: n, PerRow: make([]float64, n),
		Convention: "of linked nodes by " + m.name + " distance, ties against it, each node once; from 0 to 1, all linked nodes are nearest"}
	alone := make([]int, n)
	sum, err := par.Sum(ctx, n, 16, func(lo, hi int) (sum float64) {
		sorted, linked := make([]float64, 0, n), []float64(nil)
		for i := lo; i < hi; i++ {
			if ctx.Err() != nil {
				return 0
			}
			row := m.row(i)
			sorted, linked = sorted[:0], linked[:0]
			for j, d := range row {
				if j != i {
					sorted = append(sorted, d)
				}
			}
			slices.Sort(sorted)
			to, _ := graph.Row(i)
			for _, j := range to {
				if int(j) != i {
					linked = append(linked, row[j])
				}
			}
			if len(linked) == 0 {
				s.PerRow[i], alone[i] = math.NaN(), 1
				continue
			}
			slices.Sort(linked)
			own, at := 0., 0
			for t, d := range linked {
				for at < len(sorted) && sorted[at] <= d {
					at++
				}
				hits := t + 1 // and those at the same distance
				for hits < len(linked) && linked[hits] == d {
					hits++
				}
				own += float64(hits) / float64(at)
			}
			s.PerRow[i] = own / float64(len(linked))
			sum += s.PerRow[i]
		}
		return sum
	})
	if err != nil {
		return measure.Score{}, fmt.Errorf("%s: %w", method, err)
	}
	left := 0
	for _, a := range alone {
		left += a
	}
	if left == n {
		return measure.Score{}, &mat32.DegenerateError{Method: method, Reason: "the graph has no links"}
	}
	if left > 0 {
		s.Notes = append(s.Notes, fmt.Sprintf("%d nodes without links were left out", left))
	}
	s.Value = sum / float64(n-left)
	return s, nil
}
