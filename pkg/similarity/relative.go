package similarity

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// Relative describes rows by how alike they are to anchors of their own space: coordinates
// that a rotation, reflection or rescaling of the space does not change. Where two networks
// encode the same samples up to these, as networks trained from different seeds nearly do,
// their relative coordinates agree though their own have nothing to do with each other, and
// what reads one reads the other.
//
// Coordinates are cosines, of rows as they are given: zero is where the network has it.
// Compare says how well the relative coordinates of two representations agree: the mean
// reciprocal rank of a row's own counterpart among all, a similarity, 1 where every row finds
// its own first.
//
// Source: L. Moschella, V. Maiorca, M. Fumero, A. Norelli, F. Locatello and E. Rodolà, 2023,
// Relative representations enable zero-shot latent space communication.
type Relative struct {
	// Anchors lists the rows that are anchors, of x as of y. Default those that Choose
	// chooses among the rows of x.
	Anchors []int

	// Choose says how anchors are chosen. Ignored where Anchors are given.
	Choose Anchors

	// Neighbors is k of the neighbourhoods that Agree compares. Default 10, or n−1 where
	// there are fewer rows. Compare ignores it.
	Neighbors int

	// MemoryLimit in bytes refuses data that would need more. Default GOMEMLIMIT, or
	// 4 GiB.
	MemoryLimit int64
}

const relative = "similarity.Relative"

// Resolve returns the options with defaults filled in, or a *mat32.ParamError or
// *mat32.ShapeError, for a matrix of n rows and d columns.
func (r Relative) Resolve(n, d int) (Relative, error) {
	if n < 2 {
		return r, &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: "at least 2 rows for " + relative}
	}
	for _, i := range r.Anchors {
		if i < 0 || i >= n {
			return r, &mat32.ParamError{Method: relative, Param: "Anchors", Value: i, Want: fmt.Sprintf("rows of 0 ≤ row ≤ n−1 = %d", n-1)}
		}
	}
	var err error
	if r.Anchors == nil {
		if r.Choose, err = r.Choose.Resolve(n, d); err != nil {
			return r, mat32.Rename(relative, err)
		}
	} else if len(r.Anchors) == 0 {
		return r, &mat32.ParamError{Method: relative, Param: "Anchors", Value: "none", Want: "1 or more rows, or nil for those of Choose"}
	}
	if r.Neighbors == 0 {
		r.Neighbors = min(standardNeighbors, n-1)
	}
	if r.Neighbors < 1 || r.Neighbors > n-1 {
		return r, &mat32.ParamError{Method: relative, Param: "Neighbors", Value: r.Neighbors, Want: fmt.Sprintf("1 ≤ Neighbors ≤ n−1 = %d", n-1)}
	}
	if r.MemoryLimit < 0 {
		return r, &mat32.ParamError{Method: relative, Param: "MemoryLimit", Value: r.MemoryLimit, Want: "0 or more bytes"}
	}
	return r, nil
}

// Of returns the coordinates of the rows of x (n × d) relative to the rows of anchors
// (a × d), n × a: the cosines of their angles, 0 for rows of zeros. Errors: those of
// mat32.CheckRows and mat32.Check, naming x or anchors; *mat32.ShapeError where anchors have
// other columns; *mat32.MemoryError; and one that wraps ctx.Err(). Time O(n·a·d), memory
// 8·(n + a)·d + 8·n·a bytes.
func (r Relative) Of(ctx context.Context, x, anchors mat.Matrix) (*mat.Dense, error) {
	for _, m := range []struct {
		name string
		mat.Matrix
	}{{"x", x}, {"anchors", anchors}} {
		if err := mat32.CheckRows(relative, m.Matrix); err != nil {
			return nil, err
		}
		if err := mat32.CheckContext(ctx, m.Matrix); err != nil {
			return nil, fmt.Errorf("%s: %s: %w", relative, m.name, err)
		}
	}
	n, d := x.Dims()
	a, cols := anchors.Dims()
	if cols != d {
		return nil, &mat32.ShapeError{What: "anchors", Rows: a, Cols: cols, Want: fmt.Sprintf("as many columns as x, %d", d)}
	}
	need := 8 * (int64(n+a)*int64(d) + int64(n)*int64(a))
	if err := mat32.CheckMemory(relative, need, r.MemoryLimit, "take fewer anchors, or fewer rows at a time"); err != nil {
		return nil, err
	}
	rows, err := unitLengths(ctx, x)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", relative, err)
	}
	to, err := unitLengths(ctx, anchors)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", relative, err)
	}
	c := mat.NewDense(n, a, nil)
	if err := kernel.Gemm64(ctx, blas.NoTrans, blas.Trans, 1, rows.RawMatrix(), to.RawMatrix(), 0, c.RawMatrix()); err != nil {
		return nil, fmt.Errorf("%s: %w", relative, err)
	}
	return c, nil
}

// Agreement is how the relative coordinates of two representations agree.
type Agreement struct {
	Rows      int
	Anchors   []int   // the rows that were anchors
	MRR       float64 // mean reciprocal rank of a row's own counterpart in y, as seen from x
	Accuracy  float64 // share of rows that find it first
	Jaccard   float64 // mean of the shared over all of two neighbourhoods of Neighbors rows
	Cosine    float64 // mean cosine of a row's coordinates in x and in y
	Neighbors int

	reciprocal []float64
}

// String returns a small table.
func (a *Agreement) String() string {
	return fmt.Sprintf("relative coordinates of %d rows to %d anchors\n  mean reciprocal rank  %.4f\n  found first           %.4f\n  Jaccard, k = %-8d %.4f\n  mean cosine           %.4f",
		a.Rows, len(a.Anchors), a.MRR, a.Accuracy, a.Neighbors, a.Jaccard, a.Cosine)
}

// Compare is Agree of the mean reciprocal rank, whose PerRow holds the reciprocal ranks.
func (r Relative) Compare(ctx context.Context, x, y mat.Matrix) (measure.Score, error) {
	a, _, err := r.agree(ctx, x, y)
	if err != nil {
		return measure.Score{}, err
	}
	return measure.Score{Name: "relative retrieval", Value: a.MRR, Rows: a.Rows, PerRow: a.reciprocal,
		Convention: fmt.Sprintf("mean reciprocal rank in y, by cosines to %d anchors; similarity, 1 is same", len(a.Anchors))}, nil
}

// Agree compares the relative coordinates of x (n × p) and y (n × q), with the same rows for
// anchors. Errors: those of mat32.CheckRows, mat32.Check and Resolve, naming x or y;
// *mat32.ShapeError where y has another number of rows; *mat32.DegenerateError where all
// rows of one are equal; *mat32.MemoryError; and one that wraps ctx.Err(). Time
// O(n·a·(n + p + q)) for a anchors; memory 8·n·(p + q + 4·a + 256).
func (r Relative) Agree(ctx context.Context, x, y mat.Matrix) (*Agreement, error) {
	a, units, err := r.agree(ctx, x, y)
	if err != nil {
		return nil, err
	}
	var graphs [2]*neighbors.Graph
	for i, u := range units {
		if graphs[i], err = (neighbors.Exact{Neighbors: a.Neighbors, Metric: neighbors.Cosine{}, MemoryLimit: r.MemoryLimit}).Graph(ctx, u); err != nil {
			return nil, mat32.Rename(relative, err)
		}
	}
	w := &lists{x: graphs[0], y: graphs[1], place: make([]int32, a.Rows)}
	for i := range a.Rows {
		shared := float64(w.shared(i))
		a.Jaccard += shared / (2*float64(a.Neighbors) - shared) / float64(a.Rows)
		a.Cosine += kernel.Dot64(units[0].RawRowView(i), units[1].RawRowView(i)) / float64(a.Rows)
	}
	return a, nil
}

// agree fills in what retrieval tells, and returns the coordinates at length 1.
func (r Relative) agree(ctx context.Context, x, y mat.Matrix) (*Agreement, [2]*mat.Dense, error) {
	var units [2]*mat.Dense
	n, p, q, err := checkBoth(ctx, relative, 2, x, y)
	if err != nil {
		return nil, units, err
	}
	if r, err = r.Resolve(n, p); err != nil {
		return nil, units, err
	}
	count := len(r.Anchors)
	if r.Anchors == nil {
		count = r.Choose.Count
	}
	need := 8 * int64(n) * int64(p+q+4*count+rowsAtOnce)
	if err := mat32.CheckMemory(relative, need, r.MemoryLimit, "take fewer anchors, or fewer rows"); err != nil {
		return nil, units, err
	}
	for i, m := range []mat.Matrix{x, y} {
		if err := distinct(relative, []string{"x", "y"}[i], m); err != nil {
			return nil, units, err
		}
	}
	a := &Agreement{Rows: n, Anchors: r.Anchors, Neighbors: r.Neighbors}
	if a.Anchors == nil {
		if a.Anchors, err = r.Choose.Choose(ctx, x); err != nil {
			return nil, units, mat32.Rename(relative, err)
		}
	}
	for i, m := range []mat.Matrix{x, y} {
		c, err := r.Of(ctx, m, mat32.Select(m, a.Anchors))
		if err != nil {
			return nil, units, err
		}
		if units[i], err = unitLengths(ctx, c); err != nil {
			return nil, units, fmt.Errorf("%s: %w", relative, err)
		}
	}
	ranks, err := retrieved(ctx, units[0], units[1])
	if err != nil {
		return nil, units, fmt.Errorf("%s: %w", relative, err)
	}
	a.Accuracy = mean(hits(ranks, 1))
	a.reciprocal = ranks
	for i, rank := range ranks {
		ranks[i] = 1 / rank
	}
	a.MRR = mean(ranks)
	return a, units, nil
}
