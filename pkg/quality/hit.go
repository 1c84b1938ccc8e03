package quality

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// NeighborhoodHit returns the mean share of the k nearest rows in the embedding
// y that have the label of the row itself (Paulovich, Nonato, Minghim and
// Levkowitz, 2008, Least square projection): 1 when all groups are apart. It
// says something of the embedding as far as the labels say something of the
// data.
//
// A mat32.Distances given as y stands for rows at these distances.
//
// Labels are 0 and above, −1 for unknown. Rows of unknown label neither are
// judged nor count as neighbours of others; a row all of whose neighbours are
// unknown is not judged. Rows of the score counts the rows judged, and PerRow
// is NaN at the others.
//
// Errors: those of mat32.Check; *mat32.ShapeError unless there is a label for
// each row; *mat32.ParamError for a label below −1 or k beyond 1 … n−1;
// *mat32.DegenerateError when no row can be judged; and one that wraps
// ctx.Err(). It costs the search of neighbours, O(n²·d). Ranks has a method of
// the same name that costs nothing more.
func NeighborhoodHit(ctx context.Context, y mat.Matrix, labels []int, k int) (measure.Score, error) {
	if err := mat32.CheckContext(ctx, y); err != nil {
		return measure.Score{}, fmt.Errorf("%s: %w", hit, err)
	}
	n, _ := y.Dims()
	if err := checkLabels(hit, n, n-1, k, labels); err != nil {
		return measure.Score{}, err
	}
	g, err := neighbors.Exact{Neighbors: k}.Graph(ctx, y)
	if err != nil {
		return measure.Score{}, fmt.Errorf("%s: %w", hit, err)
	}
	return hits(g.Indices, k, k, labels)
}

// NeighborhoodHit is the function of the same name on the embedding compared,
// for 1 ≤ k ≤ K. Because labels are data, it returns errors and never panics.
func (r *Ranks) NeighborhoodHit(k int, labels []int) (measure.Score, error) {
	if err := checkLabels(hit, r.N, r.K, k, labels); err != nil {
		return measure.Score{}, err
	}
	return hits(r.Embedded, r.K, k, labels)
}

const hit = "quality.NeighborhoodHit"

// hits judges the first k of the stored neighbours of every row.
func hits(neighbors []int32, stored, k int, labels []int) (measure.Score, error) {
	s := measure.Score{Name: "neighbourhood hit", Neighbors: k, Convention: "embedded neighbours, ties by index, unknown labels left out"}
	return judged(hit, s, labels, func(i int) (float64, bool) {
		same, known := 0, 0
		for _, j := range neighbors[i*stored : i*stored+k] {
			if labels[j] >= 0 {
				known++
			}
			if labels[j] == labels[i] {
				same++
			}
		}
		return float64(same) / float64(max(known, 1)), known > 0
	})
}
