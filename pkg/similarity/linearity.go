package similarity

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/subspace"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
)

// LinearityScore tells how nearly y is a linear map of x: 1 less the least squared error of
// any, both centred and of summed squares 1,
//
//	1 − min ‖X·A − Y‖²,
//
// which is the share of the variance of y that least squares explains. 1 is linear, 0 is
// nothing linear. Layers of a transformer score near 1 with those after them, as each adds
// little to what comes in; WithoutResidual asks of what it adds.
//
// Compare takes x of n × p and y of n × q, at least 2 rows; x of as many independent columns
// as rows less one explains anything, which is noted. It takes about 6·n·p·min(n, p) +
// 4·n·p·q operations; memory 8·n·(3·p + 2·q) bytes.
//
// Errors: those of mat32.CheckRows and mat32.Check for x and y; *mat32.ShapeError where
// their numbers of rows differ or are too few, or those of columns WithoutResidual;
// *mat32.DegenerateError where all rows of one, or of what is added, are equal; and one that
// wraps ctx.Err().
//
// Source: A. Razzhigaev, M. Mikhalchuk, E. Goncharova and others (2024), Your transformer is
// secretly linear.
type LinearityScore struct {
	// WithoutResidual compares x with y − x: what a layer of a residual network adds.
	WithoutResidual bool
}

// Resolve returns the options as they are, whatever n and d.
func (l LinearityScore) Resolve(n, d int) (LinearityScore, error) { return l, nil }

// Compare returns the score of the linear maps from x to y.
func (l LinearityScore) Compare(ctx context.Context, x, y mat.Matrix) (measure.Score, error) {
	const method = "similarity.LinearityScore"
	p, err := both(ctx, method, 2, x, y)
	if err != nil {
		return measure.Score{}, err
	}
	what := "y"
	if l.WithoutResidual {
		if p.p != p.q {
			return measure.Score{}, &mat32.ShapeError{What: "y", Rows: p.n, Cols: p.q, Want: fmt.Sprintf("the %d columns of x, which are taken from it", p.p)}
		}
		what = "y − x"
		unit := max(p.unitX, p.unitY) // powers of two: nothing is lost
		p.y.Apply(func(i, j int, v float64) float64 { return v*(p.unitY/unit) - p.x.At(i, j)*(p.unitX/unit) }, p.y)
		var u float64
		if p.y, u, err = subspace.Centered(ctx, p.y); err != nil {
			return measure.Score{}, fmt.Errorf("%s: %w", method, err)
		}
		if u == 0 {
			return measure.Score{}, &mat32.DegenerateError{Method: method, Reason: "nothing is added: y is x but for a constant"}
		}
	}
	q, err := subspace.Basis(ctx, p.x, 0)
	if err != nil {
		return measure.Score{}, fmt.Errorf("%s: %w", method, err)
	}
	share, err := spanned(ctx, q, p.y)
	if err != nil {
		return measure.Score{}, fmt.Errorf("%s: %w", method, err)
	}
	s := measure.Score{Name: "linearity score", Value: share, Rows: p.n,
		Convention: "share of the variance of " + what + " that linear maps of x explain; similarity, 1 is linear"}
	if _, rank := q.Dims(); rank >= p.n-1 {
		s.Notes = []string{fmt.Sprintf("the columns of x span all that %d rows can be: any y is a linear map of them", p.n)}
	}
	return finite(method, s)
}

// LayerProfile returns the scores of every representation, in rows of the same samples, with
// the next: one fewer than there are. Errors are those of Compare, or a *mat32.ParamError for
// fewer than two layers.
func (l LinearityScore) LayerProfile(ctx context.Context, layers ...mat.Matrix) ([]measure.Score, error) {
	if len(layers) < 2 {
		return nil, &mat32.ParamError{Method: "similarity.LinearityScore", Param: "layers", Value: len(layers), Want: "two or more"}
	}
	scores := make([]measure.Score, 0, len(layers)-1)
	for i := range layers[1:] {
		s, err := l.Compare(ctx, layers[i], layers[i+1])
		if err != nil {
			return nil, fmt.Errorf("layers %d and %d: %w", i, i+1, err)
		}
		scores = append(scores, s)
	}
	return scores, nil
}

// spanned returns the share of the summed squares of y, centred, that lies in the space
// of the orthonormal columns of q.
func spanned(ctx context.Context, q, y *mat.Dense) (float64, error) {
	square, err := sumOfSquares(ctx, y)
	if err != nil {
		return 0, err
	}
	left, err := unexplained(ctx, q, y)
	if err != nil {
		return 0, err
	}
	rest, err := sumOfSquares(ctx, left)
	if err != nil {
		return 0, err
	}
	return max(0, min(1-rest/square, 1)), nil // but for rounding it is within
}

// unexplained returns y less its projection on the orthonormal columns of q: measured by
// subtraction, what is left of next to nothing keeps its digits.
func unexplained(ctx context.Context, q, y *mat.Dense) (*mat.Dense, error) {
	left := mat.DenseCopyOf(y)
	_, k := q.Dims()
	if k == 0 {
		return left, nil
	}
	_, d := y.Dims()
	cross := mat.NewDense(k, d, nil)
	if err := kernel.Gemm64(ctx, blas.Trans, blas.NoTrans, 1, q.RawMatrix(), y.RawMatrix(), 0, cross.RawMatrix()); err != nil {
		return nil, err
	}
	return left, kernel.Gemm64(ctx, blas.NoTrans, blas.NoTrans, -1, q.RawMatrix(), cross.RawMatrix(), 1, left.RawMatrix())
}

// sumOfSquares returns the summed squares of a.
func sumOfSquares(ctx context.Context, a *mat.Dense) (float64, error) {
	n, _ := a.Dims()
	return par.Sum(ctx, n, 64, func(lo, hi int) (sum float64) {
		for i := lo; i < hi; i++ {
			for _, v := range a.RawRowView(i) {
				sum += v * v
			}
		}
		return sum
	})
}
