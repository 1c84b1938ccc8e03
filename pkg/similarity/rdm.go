package similarity

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/subspace"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// Dissimilarity is how a representational dissimilarity matrix compares two rows of p
// values.
type Dissimilarity int

const (
	SquaredEuclideanDistance Dissimilarity = iota // ‖a−b‖²/p, the default of the RSA toolbox
	EuclideanDistance                             // ‖a−b‖
	CorrelationDistance                           // 1 − r of the values of a and b; rows of equal values are at 0 from each other and at 1 from others
	CosineDistance                                // 1 − cos of the angle between a and b; rows of zeros are at 0 from each other and at 1 from others
	MahalanobisDistance                           // (a−b)ᵀS⁻¹(a−b)/p, S the covariance by the field Noise
)

// String returns the name.
func (d Dissimilarity) String() string {
	return name(int(d), "squared Euclidean/p", "Euclidean", "correlation", "cosine", "Mahalanobis/p")
}

// RDM makes representational dissimilarity matrices: how far every row is from every other.
// What is done with them does not depend on what rows are made of, so that layers, brains
// and models can be compared (N. Kriegeskorte, M. Mur and P. Bandettini, 2008,
// Representational similarity analysis – connecting the branches of systems neuroscience).
// The squared distances over the number of columns are those of the RSA toolbox (H. Nili et
// al., 2014, A toolbox for representational similarity analysis).
//
// Distances are sums of squared differences; products of rows only tell which of them lose
// no digits when they are made of these. Time O(n²·p), memory 4·n² bytes for the distances
// and 24·n·p for the rows.
type RDM struct {
	// Dissimilarity says how rows are compared. Default SquaredEuclideanDistance.
	Dissimilarity Dissimilarity

	// Noise is the covariance S of the columns, p × p and positive definite, for
	// MahalanobisDistance: that of residuals, where there are any. Default that of the rows
	// themselves, which must then be more than columns. Ignored by others.
	Noise mat.Symmetric

	// MemoryLimit in bytes refuses data that would need more. Default GOMEMLIMIT, or
	// 4 GiB.
	MemoryLimit int64
}

const rdm = "similarity.RDM"

// Resolve returns the options with defaults filled in, or a *mat32.ParamError, for a matrix
// of n rows and d columns.
func (r RDM) Resolve(n, d int) (RDM, error) {
	refuse := func(param string, value any, want string) (RDM, error) {
		return r, &mat32.ParamError{Method: rdm, Param: param, Value: value, Want: want}
	}
	switch {
	case r.Dissimilarity < SquaredEuclideanDistance || r.Dissimilarity > MahalanobisDistance:
		return refuse("Dissimilarity", r.Dissimilarity, "one of SquaredEuclideanDistance, EuclideanDistance, CorrelationDistance, CosineDistance and MahalanobisDistance")
	case r.Dissimilarity == MahalanobisDistance && r.Noise != nil && r.Noise.SymmetricDim() != d:
		return refuse("Noise", fmt.Sprintf("%d × %[1]d", r.Noise.SymmetricDim()), fmt.Sprintf("as many columns as x has, %d", d))
	case r.Dissimilarity == MahalanobisDistance && r.Noise == nil && n <= d:
		return refuse("Noise", "none", fmt.Sprintf("a covariance, since %d rows of %d columns have none that can be inverted", n, d))
	case r.MemoryLimit < 0:
		return refuse("MemoryLimit", r.MemoryLimit, "0 or more bytes")
	}
	return r, nil
}

// Distances returns the dissimilarities of the rows of x (n × p). A mat32.Distances is
// returned as it is. Errors: those of mat32.Check and Resolve; *mat32.MemoryError;
// *mat32.ParamError where Noise is not positive definite; *mat32.DegenerateError where the
// covariance of the rows is not, or a distance is beyond float64; and one that wraps
// ctx.Err().
func (r RDM) Distances(ctx context.Context, x mat.Matrix) (*mat32.Distances, error) {
	if err := mat32.CheckContext(ctx, x); err != nil {
		return nil, fmt.Errorf("%s: %w", rdm, err)
	}
	if d, ok := x.(*mat32.Distances); ok {
		return d, nil
	}
	n, _ := x.Dims()
	pairs, unit, err := r.condensed(ctx, x)
	if err != nil {
		return nil, mat32.Rename(rdm, err)
	}
	for t, v := range pairs {
		pairs[t] = v * unit
		if r.Dissimilarity == SquaredEuclideanDistance {
			pairs[t] *= unit
		}
		if math.IsInf(pairs[t], 0) {
			return nil, &mat32.DegenerateError{Method: rdm, Reason: "distances exceed the largest float64: rescale the data"}
		}
	}
	return mat32.NewDistances(n, pairs)
}

// forecast returns the memory that condensed takes.
func (r RDM) forecast(n, d int) int64 {
	return 4*int64(n)*int64(n-1) + 24*int64(n)*int64(d) + 8*int64(n)*min(int64(n), rowsAtOnce)
}

// condensed returns the dissimilarities of the rows of x as mat32.NewDistances takes them,
// where distances are in units of unit.
func (r RDM) condensed(ctx context.Context, x mat.Matrix) (pairs []float64, unit float64, err error) {
	n, d := x.Dims()
	if r, err = r.Resolve(n, d); err != nil {
		return nil, 0, err
	}
	if err := mat32.CheckMemory(rdm, r.forecast(n, d), r.MemoryLimit, "reduce the number of rows"); err != nil {
		return nil, 0, err
	}
	rows, unit, factor := (*mat.Dense)(nil), 1., 1.
	switch r.Dissimilarity {
	case CorrelationDistance, CosineDistance:
		rows, err = unitChords(ctx, x, r.Dissimilarity == CorrelationDistance)
		factor = .5 // 1 − cos φ is half the square of the chord
	default:
		if rows, unit, err = subspace.Centered(ctx, x); err == nil && r.Dissimilarity == MahalanobisDistance && unit > 0 {
			rows, err = r.whiten(ctx, rows, unit)
			unit = 1
		}
		if r.Dissimilarity != EuclideanDistance {
			factor = 1 / float64(d)
		}
	}
	if err != nil {
		return nil, 0, err
	}
	if pairs, err = squaredDistances(ctx, rows); err != nil {
		return nil, 0, err
	}
	for t, v := range pairs {
		if pairs[t] = v * factor; r.Dissimilarity == EuclideanDistance {
			pairs[t] = math.Sqrt(v)
		}
	}
	return pairs, unit, nil
}

// whiten returns rows, which are in units of unit, times a root of the inverse of the
// covariance.
func (r RDM) whiten(ctx context.Context, rows *mat.Dense, unit float64) (*mat.Dense, error) {
	n, d := rows.Dims()
	s := mat.NewSymDense(d, nil)
	if r.Noise != nil {
		if err := mat32.Check(r.Noise); err != nil {
			return nil, fmt.Errorf("%s: Noise: %w", rdm, err)
		}
		for i := range d {
			for j := range i + 1 {
				v := r.Noise.At(i, j) / unit / unit
				if math.IsInf(v, 0) {
					return nil, &mat32.DegenerateError{Method: rdm, Reason: "Noise is beyond float64 in the units of the rows: rescale them"}
				}
				s.SetSym(i, j, v)
			}
		}
	} else {
		c := mat.NewDense(d, d, nil)
		if err := kernel.Syrk64(ctx, blas.Trans, 1/float64(n-1), rows.RawMatrix(), 0, c.RawMatrix()); err != nil {
			return nil, err
		}
		for i := range d {
			for j := range i + 1 {
				s.SetSym(i, j, c.At(i, j))
			}
		}
	}
	values, vectors, err := linalg.EigenSym(ctx, s)
	if err != nil {
		return nil, err
	}
	least, most := values[0], values[0]
	for _, v := range values {
		least, most = min(least, v), max(most, v)
	}
	if !(least > float64(d)*0x1p-50*most) {
		if r.Noise != nil {
			return nil, &mat32.ParamError{Method: rdm, Param: "Noise", Value: "a matrix that is not so", Want: "a covariance that is positive definite"}
		}
		return nil, &mat32.DegenerateError{Method: rdm, Reason: "columns are combinations of others: the covariance cannot be inverted, give Noise"}
	}
	white := mat.NewDense(n, d, nil)
	if err := kernel.Gemm64(ctx, blas.NoTrans, blas.Trans, 1, rows.RawMatrix(), vectors.RawMatrix(), 0, white.RawMatrix()); err != nil {
		return nil, err
	}
	for i := range n {
		row := white.RawRowView(i)
		for j, v := range values {
			row[j] /= math.Sqrt(v)
		}
	}
	return white, nil
}

// unitChords returns the rows of x at length 1, less their own means where centered says
// so. A last column gives those of length 0 a direction of their own.
func unitChords(ctx context.Context, x mat.Matrix, centered bool) (*mat.Dense, error) {
	n, d := x.Dims()
	u := mat.NewDense(n, d+1, nil)
	return u, par.BlocksWith(ctx, n, 64, func() []float64 { return make([]float64, d) }, func(buffer []float64, lo, hi int) {
		for i := lo; i < hi; i++ {
			row := u.RawRowView(i)[:d]
			copy(row, mat32.Row(buffer, i, x))
			if centered {
				center(row)
			}
			toUnit(row)
			if kernel.Dot64(row, row) == 0 {
				u.Set(i, d, 1)
			}
		}
	})
}

// center takes the mean of a row from its values, near the first of them, so that equal
// values are zeros and none overflows; it halves them.
func center(row []float64) {
	first, mean := row[0], 0.
	for j, v := range row {
		row[j] = v/2 - first/2
		mean += row[j] / float64(len(row))
	}
	for j := range row {
		row[j] -= mean
	}
}

// rowsAtOnce are multiplied with all others.
const rowsAtOnce = 256

// squaredDistances returns those of the rows of x, which are of moderate size, condensed.
func squaredDistances(ctx context.Context, x *mat.Dense) ([]float64, error) {
	n, _ := x.Dims()
	pairs := make([]float64, n*(n-1)/2)
	norms := make([]float64, n)
	for i := range n {
		row := x.RawRowView(i)
		norms[i] = kernel.Dot64(row, row)
	}
	stage := watch.Start(ctx, "dissimilarities", n)
	for from := 0; from < n; from += rowsAtOnce {
		to := min(from+rowsAtOnce, n)
		part, rest := x.Slice(from, to, 0, x.RawMatrix().Cols).(*mat.Dense), x.Slice(from, n, 0, x.RawMatrix().Cols).(*mat.Dense)
		dots := mat.NewDense(to-from, n-from, nil)
		if err := kernel.Gemm64(ctx, blas.NoTrans, blas.Trans, 1, part.RawMatrix(), rest.RawMatrix(), 0, dots.RawMatrix()); err != nil {
			return nil, err
		}
		err := par.Blocks(ctx, to-from, 8, func(lo, hi int) {
			for i := from + lo; i < from+hi; i++ {
				at := i*(2*n-i-1)/2 - i - 1
				row := dots.RawRowView(i - from)
				for j := i + 1; j < n; j++ {
					both := norms[i] + norms[j]
					v := both - 2*row[j-from]
					if v < both/64 { // a difference of near numbers has few digits
						v = kernel.SquaredDistance64(x.RawRowView(i), x.RawRowView(j))
					}
					pairs[at+j] = v
				}
			}
		})
		if err != nil {
			return nil, err
		}
		stage.Add(to - from)
	}
	return pairs, nil
}
