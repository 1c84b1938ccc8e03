package similarity

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
)

// LinearRegression says how much of the variance of y a linear map of x explains, R² of all
// columns together. It is not symmetric. Invertible affine maps of x leave it as it is, of y
// rotations and scales. 1 is all. The zero value measures on the rows that the map is
// fitted to: the fewer they are, the more it explains, and with n ≤ p + 1 everything. With
// Folds it is measured on rows left out, and may be negative: worse than their mean.
//
// Compare takes x of n × p and y of n × q, at least 3 rows. Columns may depend on each
// other: directions are left out as in CCA. Time about 8·n·p² + 2·n·p·q operations, with
// Folds for each of them; memory 8·n·(4·p + 2·q) bytes. Errors are those of CCA.
//
// Sources: S. Kornblith, M. Norouzi, H. Lee and G. Hinton (2019), Similarity of neural network
// representations revisited; with a ridge, A. Hoerl and R. Kennard (1970), Ridge
// regression: biased estimation for nonorthogonal problems.
type LinearRegression struct {
	// Backward explains x by y instead.
	Backward bool

	// Ridge is added to the variance of every direction, as a share of the mean variance
	// of the columns. Default none. Larger values trust directions of little variance
	// less.
	Ridge float64

	// Folds is into how many parts rows are cut, each explained by what the others teach:
	// 2 to n/2. Default none: all rows teach, and all are explained. Larger values teach
	// by more rows and take longer.
	Folds int

	// Seed deals the rows to the folds. Default 0. Ignored without Folds.
	Seed uint64
}

const regressionMethod = "similarity.LinearRegression"

// Resolve returns the options, or a *mat32.ParamError, for matrices of n rows, whatever d is.
func (r LinearRegression) Resolve(n, d int) (LinearRegression, error) {
	if r.Folds != 0 && (r.Folds < 2 || r.Folds > n/2) {
		return r, &mat32.ParamError{Method: regressionMethod, Param: "Folds", Value: r.Folds, Want: fmt.Sprintf("0, or 2 ≤ Folds ≤ n/2 = %d", n/2)}
	}
	return r, ridgeError(regressionMethod, r.Ridge)
}

// Compare returns the share of the variance of y that x explains, or of x by y.
func (r LinearRegression) Compare(ctx context.Context, x, y mat.Matrix) (measure.Score, error) {
	return compare(ctx, r, x, y)
}

func (r LinearRegression) check(ctx context.Context, x, y mat.Matrix) error {
	return factorable(ctx, r, regressionMethod, x, y)
}

func (r LinearRegression) prepare(ctx context.Context, name string, x mat.Matrix) (prepared, error) {
	a, _, err := centered(ctx, regressionMethod, name, x)
	if err != nil {
		return nil, err
	}
	p := &regressionOf{LinearRegression: r, rows: a, narrow: isNarrow(x)}
	if r.Folds == 0 {
		if p.basis, err = factoredRows(ctx, regressionMethod, a, r.Ridge, p.narrow); err != nil {
			return nil, fmt.Errorf("%s: %w", regressionMethod, err)
		}
	}
	return p, nil
}

type regressionOf struct {
	LinearRegression
	rows   *mat.Dense // centred
	narrow bool       // they were float32
	basis  *factors   // without Folds
}

func (r *regressionOf) against(ctx context.Context, y prepared) (measure.Score, error) {
	from, to := r, y.(*regressionOf)
	s := measure.Score{Name: "linear-regression R²", Convention: "y explained by x"}
	if r.Backward {
		from, to = to, from
		s.Convention = "x explained by y"
	}
	s.Rows, _ = from.rows.Dims()
	s.Convention += ridgeConvention(r.Ridge)
	var err error
	if r.Folds > 0 {
		s.Convention += fmt.Sprintf(", %d-fold cross-validation", r.Folds)
		s.Value, err = r.crossValidated(ctx, from, to)
	} else {
		s.Value, err = fitted(ctx, from.basis, to.rows)
		if from.basis.rank >= s.Rows-1 && r.Ridge == 0 {
			s.Notes = append(s.Notes, fmt.Sprintf("%d rows are too few for %d directions: they are explained whatever the data", s.Rows, from.basis.rank))
		}
	}
	s.Convention += "; 1 is all of the variance"
	if err != nil {
		return measure.Score{}, fmt.Errorf("%s: %w", regressionMethod, err)
	}
	return finite(regressionMethod, s)
}

// fitted returns R² of y on the rows that the map is fitted to.
func fitted(ctx context.Context, x *factors, y *mat.Dense) (float64, error) {
	_, q := y.Dims()
	seen := mat.NewDense(len(x.values), q, nil)
	if err := kernel.Gemm64(ctx, blas.Trans, blas.NoTrans, 1, x.left.RawMatrix(), y.RawMatrix(), 0, seen.RawMatrix()); err != nil {
		return 0, err
	}
	all, err := inner(ctx, y, y)
	if err != nil {
		return 0, err
	}
	kept := 0.
	for k := range x.values {
		row := seen.RawRowView(k)
		g := x.gain(k) * x.gain(k)
		kept += (2*g - g*g) * kernel.Dot64(row, row)
	}
	return min(kept/all, 1), nil
}

// crossValidated returns R² of y over all folds, against the means of the rows that teach.
func (r *regressionOf) crossValidated(ctx context.Context, from, to *regressionOf) (float64, error) {
	n, p := from.rows.Dims()
	_, q := to.rows.Dims()
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	stream := rng.New(r.Seed, "similarity: folds", 0)
	stream.Shuffle(n, func(i, j int) { order[i], order[j] = order[j], order[i] })
	var missed, all float64
	for fold := range r.Folds {
		lo, hi := fold*n/r.Folds, (fold+1)*n/r.Folds
		x, meanX := taught(from.rows, order, lo, hi)
		y, meanY := taught(to.rows, order, lo, hi)
		f, err := factoredRows(ctx, regressionMethod, x, r.Ridge, from.narrow)
		if err != nil {
			return 0, err
		}
		// The map: V·S/(S² + ridge)·Uᵀ·y.
		seen := mat.NewDense(max(len(f.values), 1), q, nil)
		if len(f.values) > 0 {
			if err := kernel.Gemm64(ctx, blas.Trans, blas.NoTrans, 1, f.left.RawMatrix(), y.RawMatrix(), 0, seen.RawMatrix()); err != nil {
				return 0, err
			}
		}
		for k, v := range f.values {
			kernel.Scal64(v/(v*v+f.ridge), seen.RawRowView(k))
		}
		coordinates := make([]float64, len(f.values))
		row, left := make([]float64, p), make([]float64, q)
		for _, i := range order[lo:hi] {
			if err := ctx.Err(); err != nil {
				return 0, err
			}
			for j, v := range from.rows.RawRowView(i) {
				row[j] = v - meanX[j]
			}
			for j, v := range to.rows.RawRowView(i) {
				left[j] = v - meanY[j]
			}
			all += kernel.Dot64(left, left)
			clear(coordinates)
			for j, v := range row {
				if len(coordinates) > 0 {
					kernel.Axpy64(v, f.right.RawRowView(j), coordinates)
				}
			}
			for k, c := range coordinates {
				kernel.Axpy64(-c, seen.RawRowView(k), left)
			}
			missed += kernel.Dot64(left, left)
		}
	}
	return 1 - missed/all, nil
}

// taught returns the rows of a in order but for those from lo to hi, less their means.
func taught(a *mat.Dense, order []int, lo, hi int) (*mat.Dense, []float64) {
	n, d := a.Dims()
	t, mean := mat.NewDense(n-(hi-lo), d, nil), make([]float64, d)
	at := 0
	for i, row := range order {
		if i >= lo && i < hi {
			continue
		}
		copy(t.RawRowView(at), a.RawRowView(row))
		kernel.Axpy64(1/float64(n-(hi-lo)), a.RawRowView(row), mean)
		at++
	}
	for i := range at {
		kernel.Axpy64(-1, mean, t.RawRowView(i))
	}
	return t, mean
}
