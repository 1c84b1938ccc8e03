package similarity

import (
	"context"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/measure"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// CycleKNN is the share of rows that find back to themselves: from a row to its k nearest
// rows in y, and from any of these to its k nearest rows in x. It is a similarity, 1 where
// all do, and grows fast with k, towards 1 also for representations that have nothing to do
// with each other: a walk has k² ends. It is another for y and x.
//
// Source: M. Huh, B. Cheung, T. Wang and P. Isola, 2024, The Platonic Representation
// Hypothesis; their code measures it as here.
//
// Time O(n²·d + n·k²), memory 24·n·k bytes and at most 12·n·d for the rows of each.
type CycleKNN struct {
	// Neighbors is k, of other rows. Default 10, or n−1 where there are fewer rows.
	// Larger values let more rows find back.
	Neighbors int

	// Metric says which rows are near. Default neighbors.Cosine, the order of the inner
	// products of rows of length 1. It is ignored for a mat32.Distances.
	Metric neighbors.Metric

	// MemoryLimit in bytes refuses data that would need more. Default GOMEMLIMIT, or
	// 4 GiB.
	MemoryLimit int64
}

func (m CycleKNN) listing() listing {
	return listing{method: "similarity.CycleKNN", k: m.Neighbors, metric: m.Metric, limit: m.MemoryLimit,
		name: "cycle kNN", convention: "share of rows among the neighbours in x of their neighbours in y; similarity, 1 is same",
		row: (*lists).returns}
}

// returns is 1 for a row that finds back.
func (w *lists) returns(i int) float64 {
	there, _ := w.y.Row(i)
	for _, j := range there {
		back, _ := w.x.Row(int(j))
		for _, l := range back {
			if int(l) == i {
				return 1
			}
		}
	}
	return 0
}

// Resolve returns the options with defaults filled in, or a *mat32.ParamError or
// *mat32.ShapeError, for a matrix of n rows and d columns.
func (m CycleKNN) Resolve(n, d int) (CycleKNN, error) {
	l, err := m.listing().resolved(n, d)
	return CycleKNN{l.k, l.metric, l.limit}, err
}

// Compare follows the neighbours in y (n × q) and then those in x (n × p). Either may be a
// mat32.Distances. PerRow is 1 for a row that finds back and 0 for others. Errors are those
// of MutualKNN.Compare.
func (m CycleKNN) Compare(ctx context.Context, x, y mat.Matrix) (measure.Score, error) {
	return compare(ctx, m, x, y)
}

func (m CycleKNN) check(ctx context.Context, x, y mat.Matrix) error {
	return m.listing().check(ctx, x, y)
}

func (m CycleKNN) prepare(ctx context.Context, name string, x mat.Matrix) (prepared, error) {
	return m.listing().prepare(ctx, name, x)
}
