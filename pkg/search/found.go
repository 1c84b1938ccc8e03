package search

import (
	"fmt"
	"strings"

	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
)

// Found holds the K rows that score best for every query, the best first, ties by row.
type Found struct {
	N, K   int
	Rows   []int32   // N × K
	Scores []float64 // N × K, inner products with float64 sums
	Cost   Cost
}

// Cost is what a search took, for all of its queries together.
type Cost struct {
	MultiplyAdds int64 // multiplications of a coordinate, each with an addition
	Bytes        int64 // of vectors that were read, each query by itself
}

func (c *Cost) add(rows, coordinates int64, bytes float64) {
	c.MultiplyAdds += rows * coordinates
	c.Bytes += int64(float64(rows*coordinates) * bytes)
}

// Of returns the costs as shares of another's.
func (c Cost) Of(other Cost) (multiplyAdds, bytes float64) {
	return float64(c.MultiplyAdds) / float64(other.MultiplyAdds), float64(c.Bytes) / float64(other.Bytes)
}

// String returns one line.
func (c Cost) String() string {
	return fmt.Sprintf("%.3g multiply-adds, %.3g bytes", float64(c.MultiplyAdds), float64(c.Bytes))
}

// Row returns what was found for a query: parts of the answer, not copies.
func (f *Found) Row(i int) (rows []int32, scores []float64) {
	return f.Rows[i*f.K : (i+1)*f.K], f.Scores[i*f.K : (i+1)*f.K]
}

// String returns a small table.
func (f *Found) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "the best %d rows for %d queries\n  cost        %v", f.K, f.N, f.Cost)
	return b.String()
}

// check refuses what is no answer: one may come from elsewhere.
func (f *Found) check(what string, scored bool) error {
	if f == nil {
		return &mat32.ShapeError{What: what, Want: "an answer, not nil"}
	}
	if f.N < 1 || f.K < 1 || len(f.Rows)/f.K != f.N || len(f.Rows)%f.K != 0 || scored && len(f.Scores) != len(f.Rows) {
		return &mat32.ShapeError{What: what, Rows: f.N, Cols: f.K, Want: fmt.Sprintf("N × K Rows and Scores, one or more: it has %d and %d", len(f.Rows), len(f.Scores))}
	}
	return nil
}

// Recall returns the share of the rows in truth that were found: the mean over queries of how
// many of the truth's K rows are among those of found, whose K may be larger. Scores do not
// matter. Errors: a *mat32.ShapeError where there are not as many queries, and for answers that
// are nil or have other Rows than N × K.
func Recall(truth, found *Found) (measure.Score, error) {
	const method = "search.Recall"
	if err := truth.check("truth", false); err != nil {
		return measure.Score{}, mat32.Rename(method, err)
	}
	if err := found.check("found", false); err != nil {
		return measure.Score{}, mat32.Rename(method, err)
	}
	if truth.N != found.N {
		return measure.Score{}, mat32.Rename(method, &mat32.ShapeError{What: "found", Rows: found.N, Cols: found.K, Want: fmt.Sprintf("a row for each of %d queries", truth.N)})
	}
	s := measure.Score{Name: "recall", Rows: truth.N, Neighbors: truth.K, PerRow: make([]float64, truth.N),
		Convention: fmt.Sprintf("of the best %d by inner product, among %d found", truth.K, found.K)}
	for i := range truth.N {
		want, got := truth.Rows[i*truth.K:][:truth.K], found.Rows[i*found.K:][:found.K]
		among := make(map[int32]bool, len(got))
		for _, r := range got {
			among[r] = true
		}
		for _, r := range want {
			if among[r] {
				s.PerRow[i] += 1 / float64(truth.K)
			}
		}
		s.Value += s.PerRow[i] / float64(truth.N)
	}
	return s, nil
}
