package similarity

import (
	"context"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/measure"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// LCSKNN is the length of the longest common subsequence of the two lists of the k nearest
// rows of a row, meaned over rows: how many neighbours are in the same order in both. It is
// a similarity, k where all lists are the same: a length, not divided by k, as published.
// It is the same for both orders of x and y.
//
// Source: M. Huh, B. Cheung, T. Wang and P. Isola, 2024, The Platonic Representation
// Hypothesis.
//
// The entries of a list differ, so the subsequence is an increasing one of places: time
// O(n²·d + n·k·log k), memory 24·n·k bytes and at most 12·n·d for the rows of each.
type LCSKNN struct {
	// Neighbors is k, of other rows. Default 10, or n−1 where there are fewer rows. It is
	// the largest score.
	Neighbors int

	// Metric says which rows are near. Default neighbors.Cosine, the order of the inner
	// products of rows of length 1. It is ignored for a mat32.Distances.
	Metric neighbors.Metric

	// MemoryLimit in bytes refuses data that would need more. Default GOMEMLIMIT, or
	// 4 GiB.
	MemoryLimit int64
}

func (m LCSKNN) listing() listing {
	return listing{method: "similarity.LCSKNN", k: m.Neighbors, metric: m.Metric, limit: m.MemoryLimit,
		name: "LCS kNN", convention: "longest common subsequence of the lists of k neighbours, a length; a similarity, k is the same",
		row: (*lists).longest}
}

// longest returns the length of the longest common subsequence of the lists of row i: the
// least last places of increasing runs of every length (C. Schensted, 1961, Longest
// increasing and decreasing subsequences).
func (w *lists) longest(i int) float64 {
	w.mark(i, false)
	last := w.work[:0]
	near, _ := w.x.Row(i)
	for _, j := range near {
		place := w.place[j]
		if place == 0 {
			continue
		}
		at, _ := slices.BinarySearch(last, place)
		if at == len(last) {
			last = append(last, place)
		} else {
			last[at] = place
		}
	}
	w.mark(i, true)
	return float64(len(last))
}

// Resolve returns the options with defaults filled in, or a *mat32.ParamError or
// *mat32.ShapeError, for a matrix of n rows and d columns.
func (m LCSKNN) Resolve(n, d int) (LCSKNN, error) {
	l, err := m.listing().resolved(n, d)
	return LCSKNN{l.k, l.metric, l.limit}, err
}

// Compare compares the lists of neighbours in x (n × p) with those in y (n × q). Either may
// be a mat32.Distances. PerRow holds the length of every row. Errors are those of
// MutualKNN.Compare.
func (m LCSKNN) Compare(ctx context.Context, x, y mat.Matrix) (measure.Score, error) {
	return compare(ctx, m, x, y)
}

func (m LCSKNN) check(ctx context.Context, x, y mat.Matrix) error {
	return m.listing().check(ctx, x, y)
}

func (m LCSKNN) prepare(ctx context.Context, name string, x mat.Matrix) (prepared, error) {
	return m.listing().prepare(ctx, name, x)
}
