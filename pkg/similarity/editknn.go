package similarity

import (
	"context"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/measure"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// EditKNN is one minus the edit distance between the two lists of the k nearest rows of a
// row, as a share of k, meaned over rows. The distance counts the neighbours to put in,
// take out or replace that turn one list into the other (V. Levenshtein, 1966, Binary codes
// capable of correcting deletions, insertions, and reversals). It is a similarity, 1 where
// all lists are the same and 0 where no neighbour is at a place of use. It is the same for
// both orders of x and y.
//
// Source: M. Huh, B. Cheung, T. Wang and P. Isola, 2024, The Platonic Representation
// Hypothesis.
//
// Time O(n²·d + n·k²), memory 24·n·k bytes and at most 12·n·d for the rows of each.
type EditKNN struct {
	// Neighbors is k, of other rows. Default 10, or n−1 where there are fewer rows. Few
	// neighbours compare details, many the arrangement of the whole.
	Neighbors int

	// Metric says which rows are near. Default neighbors.Cosine, the order of the inner
	// products of rows of length 1. It is ignored for a mat32.Distances.
	Metric neighbors.Metric

	// MemoryLimit in bytes refuses data that would need more. Default GOMEMLIMIT, or
	// 4 GiB.
	MemoryLimit int64
}

func (m EditKNN) listing() listing {
	return listing{method: "similarity.EditKNN", k: m.Neighbors, metric: m.Metric, limit: m.MemoryLimit,
		name: "edit kNN", convention: "1 − Levenshtein distance of the lists of k neighbours over k; similarity, 1 is same",
		row: func(w *lists, i int) float64 { return 1 - float64(w.edits(i))/float64(w.x.K) }}
}

// edits returns the edit distance between the lists of row i.
func (w *lists) edits(i int) int32 {
	a, _ := w.x.Row(i)
	b, _ := w.y.Row(i)
	row := w.work[:len(b)+1] // distances between the first entries of a and of b
	for t := range row {
		row[t] = int32(t)
	}
	for s, v := range a {
		corner := row[0]
		row[0] = int32(s + 1)
		for t, u := range b {
			best := corner
			if v != u {
				best = min(corner, row[t], row[t+1]) + 1
			}
			corner, row[t+1] = row[t+1], best
		}
	}
	return row[len(b)]
}

// Resolve returns the options with defaults filled in, or a *mat32.ParamError or
// *mat32.ShapeError, for a matrix of n rows and d columns.
func (m EditKNN) Resolve(n, d int) (EditKNN, error) {
	l, err := m.listing().resolved(n, d)
	return EditKNN{l.k, l.metric, l.limit}, err
}

// Compare compares the lists of neighbours in x (n × p) with those in y (n × q). Either may
// be a mat32.Distances. PerRow holds the share of every row. Errors are those of
// MutualKNN.Compare.
func (m EditKNN) Compare(ctx context.Context, x, y mat.Matrix) (measure.Score, error) {
	return compare(ctx, m, x, y)
}

func (m EditKNN) check(ctx context.Context, x, y mat.Matrix) error {
	return m.listing().check(ctx, x, y)
}

func (m EditKNN) prepare(ctx context.Context, name string, x mat.Matrix) (prepared, error) {
	return m.listing().prepare(ctx, name, x)
}
