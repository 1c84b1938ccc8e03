package quality

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/internal/subspace"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
)

const global = "quality.GlobalScore"

// GlobalScore says how much of the large shape of the data x an embedding y keeps:
// exp(−(e − e₀)/e₀), where e is the squared error of the best linear map from y back to x,
// and e₀ that of as many principal components. It is 1 for these, and for every linear map
// of them, and falls to 0 as the error grows. (E. Amid and M. Warmuth, 2019, TriMap:
// large-scale dimensionality reduction using triplets.)
//
// Errors: those of mat32.CheckRows and mat32.Check for x and y; *mat32.ShapeError where
// their numbers of rows differ or are below 3; *mat32.DegenerateError where the rows of
// either are all equal, or those of x vary in no more dimensions than y has; and one that
// wraps ctx.Err(). Time O(n·d·k) for k columns of y, memory 8·n·(d + 3·k).
func GlobalScore(ctx context.Context, x, y mat.Matrix) (measure.Score, error) {
	fail := func(err error) (measure.Score, error) {
		return measure.Score{}, mat32.Rename(global, err)
	}
	for _, m := range []mat.Matrix{x, y} {
		if err := mat32.CheckRows(global, m); err != nil {
			return measure.Score{}, err
		}
		if err := mat32.CheckContext(ctx, m); err != nil {
			return fail(err)
		}
	}
	n, d := x.Dims()
	rows, k := y.Dims()
	if n < 3 {
		return fail(&mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: "at least 3 rows"})
	}
	if rows != n {
		return fail(&mat32.ShapeError{What: "y", Rows: rows, Cols: k, Want: fmt.Sprintf("%d rows, as x has", n)})
	}
	a, unitX, err := subspace.Centered(ctx, x)
	if err != nil {
		return fail(err)
	}
	b, unitY, err := subspace.Centered(ctx, y)
	if err != nil {
		return fail(err)
	}
	if unitX == 0 || unitY == 0 {
		return measure.Score{}, &mat32.DegenerateError{Method: global, Reason: "all rows are equal: there is no shape"}
	}
	// What of the data lies in the span of the embedding.
	u, err := subspace.Basis(ctx, b, 0)
	if err != nil {
		return fail(err)
	}
	_, rank := u.Dims()
	seen := mat.NewDense(d, rank, nil)
	if err := (linalg.Rows64{X: a}).MulTrans(ctx, seen, u); err != nil {
		return fail(err)
	}
	kept := 0.
	for _, v := range seen.RawMatrix().Data {
		kept += v * v
	}
	const often = 12 // for the errors of principal components to be those of float64
	f, err := linalg.RangeFinder{Rank: min(k, n, d), Iterations: often}.Factor(ctx, linalg.Rows64{X: a})
	if err != nil {
		return fail(err)
	}
	best := 0.
	for c, v := range f.Values {
		if c < k {
			best += v * v
		}
	}
	all := 0.
	for i := range n {
		for _, v := range a.RawRowView(i) {
			all += v * v
		}
	}
	left := all - best
	if left <= 1e-12*all {
		return measure.Score{}, &mat32.DegenerateError{Method: global, Reason: fmt.Sprintf("the rows of x vary in no more than the %d dimensions of y: there is nothing to lose", k)}
	}
	return measure.Score{Name: "global score", Value: math.Exp(-max(best-kept, 0) / left), Rows: n,
		Convention: "exp(−(e−e₀)/e₀), e of the best linear map back, e₀ of principal components"}, nil
}
