package similarity

import (
	"context"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/measure"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// MutualKNN is the share of its k nearest rows that a row has in both representations,
// meaned over rows: a similarity, 1 where all neighbourhoods are the same and about
// k/(n−1) where they have nothing to do with each other. It is the same for both orders of
// x and y.
//
// Source: M. Huh, B. Cheung, T. Wang and P. Isola, 2024, The Platonic Representation
// Hypothesis, where rows are first brought to length 1, so that neighbours are those by
// the cosine. By Euclidean distance it is the neighbourhood overlap of D. Doimo, A.
// Glielmo, A. Ansuini and A. Laio (2020), Hierarchical nucleation in deep neural networks.
//
// Time O(n²·d), memory 24·n·k bytes and at most 12·n·d for the rows of each.
type MutualKNN struct {
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

func (m MutualKNN) listing() listing {
	return listing{method: "similarity.MutualKNN", k: m.Neighbors, metric: m.Metric, limit: m.MemoryLimit,
		name: "mutual kNN", convention: "share of the k neighbours that are so in both; similarity, 1 is same",
		row: func(w *lists, i int) float64 { return float64(w.shared(i)) / float64(w.x.K) }}
}

// Resolve returns the options with defaults filled in, or a *mat32.ParamError or
// *mat32.ShapeError, for a matrix of n rows and d columns.
func (m MutualKNN) Resolve(n, d int) (MutualKNN, error) {
	l, err := m.listing().resolved(n, d)
	return MutualKNN{l.k, l.metric, l.limit}, err
}

// Compare compares the neighbours in x (n × p) with those in y (n × q). Either may be a
// mat32.Distances. PerRow holds the share of every row. Errors: those of mat32.Check and
// Resolve, naming x or y; *mat32.ShapeError where y has another number of rows;
// *mat32.DegenerateError where all rows of one are equal; *mat32.MemoryError; those of the
// metric; and one that wraps ctx.Err().
func (m MutualKNN) Compare(ctx context.Context, x, y mat.Matrix) (measure.Score, error) {
	return compare(ctx, m, x, y)
}

func (m MutualKNN) check(ctx context.Context, x, y mat.Matrix) error {
	return m.listing().check(ctx, x, y)
}

func (m MutualKNN) prepare(ctx context.Context, name string, x mat.Matrix) (prepared, error) {
	return m.listing().prepare(ctx, name, x)
}
