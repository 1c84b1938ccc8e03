package dr

import (
	"context"
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// TruncatedSVD projects the rows on the leading right singular vectors of the
// matrix as it is: of all planes through the origin theirs is nearest to the rows.
// Columns are not centred, so that sparse data stay sparse; of counts of words it
// is latent semantic analysis. For centred data it is PCA. The sign of a component
// is chosen so that its entry of largest magnitude is positive.
//
// The exact solver decomposes the whole matrix, sparse ones in full: time
// O(n·d·min(n, d)), memory about 40·n·d bytes. The randomised one multiplies
// blocks of half of k = Components + Oversample vectors with it, 2·Iterations + 1
// times, and takes the best of the Krylov space that they span, in which narrow
// blocks find more than wide ones do for as many products: time
// O(s·k·Iterations + (n + d)·(k·Iterations)²) for s values that are not zero,
// memory about 32·s + 8·(n + d)·k·(Iterations + 1) bytes. A singular value that
// occurs more often than a block has vectors is found only that often. Of
// float32 rows that are not sparse its products have about six digits.
//
// Sources: C. Eckart and G. Young (1936), The approximation of one matrix by
// another of lower rank; S. Deerwester, S. Dumais, G. Furnas, T. Landauer and R.
// Harshman (1990), Indexing by latent semantic analysis; C. Musco and C. Musco
// (2015), Randomized block Krylov methods for stronger and faster approximate
// singular value decomposition.
type TruncatedSVD struct {
	// Components is the number of components kept, at most min(n, d). Default: all
	// of these.
	Components int

	// Solver is Exact or Randomized. Default Auto: Randomized where min(n, d) is
	// above 300 and more than four times Components + Oversample.
	Solver Solver

	// Oversample is how many more vectors the random blocks have, for Randomized.
	// More of them cost time and help where singular values fall slowly; where they
	// fill the smaller side of the matrix, the result is the exact one. Default 10.
	Oversample int

	// Iterations is how often a block is multiplied with the matrix and its
	// transpose, for Randomized. More of them cost time and bring the components
	// nearer to the exact ones. Default 6.
	Iterations int

	// Seed of the random blocks, for Randomized.
	Seed uint64

	// MemoryLimit in bytes refuses data whose matrices would not fit. Default
	// GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

// Resolve returns the options with defaults filled in for n × d data, or a
// *mat32.ParamError.
func (t TruncatedSVD) Resolve(n, d int) (TruncatedSVD, error) {
	const method = "dr.TruncatedSVD"
	most := min(n, d)
	if t.Components == 0 {
		t.Components = most
	}
	if t.Oversample == 0 {
		t.Oversample = 10
	}
	if t.Iterations == 0 {
		t.Iterations = 6
	}
	if err := checkRange(method, "Components", t.Components, 1, most, "min(n, d)"); err != nil {
		return t, err
	}
	for _, o := range []struct {
		name  string
		value int
	}{{"Oversample", t.Oversample}, {"Iterations", t.Iterations}} {
		if o.value < 1 || o.value > mostBlocks {
			return t, &mat32.ParamError{Method: method, Param: o.name, Value: o.value, Want: fmt.Sprintf("1 ≤ %s ≤ %d", o.name, mostBlocks)}
		}
	}
	if t.MemoryLimit < 0 {
		return t, &mat32.ParamError{Method: method, Param: "MemoryLimit", Value: t.MemoryLimit, Want: "0 or more bytes"}
	}
	if t.Solver == Auto {
		t.Solver = Exact
		if most > 300 && most > 4*(t.Components+t.Oversample) {
			t.Solver = Randomized
		}
	}
	return t, checkSolver(method, t.Solver, Exact, Randomized)
}

// String returns the options in one line, as captions and tables show them.
func (t TruncatedSVD) String() string {
	s := fmt.Sprintf("%d components, %s", t.Components, t.Solver)
	if t.Solver == Randomized {
		s += fmt.Sprintf(", %d iterations, seed %d", t.Iterations, t.Seed)
	}
	return s
}

// Fit learns the components of x (n × d). Errors: those of mat32.CheckRows,
// mat32.Check and Resolve, *mat32.DegenerateError where all values are zero or
// results exceed float64, *mat32.MemoryError, and one that wraps ctx.Err().
func (t TruncatedSVD) Fit(ctx context.Context, x mat.Matrix) (*TruncatedSVDModel, error) {
	const method = "dr.TruncatedSVD"
	n, d, err := checkRows(ctx, method, x, 1)
	if err != nil {
		return nil, err
	}
	t, err = t.Resolve(n, d)
	if err != nil {
		return nil, err
	}
	if err := mat32.CheckMemory(method, t.memory(x), t.MemoryLimit, "reduce Components, rows or columns, or take Randomized"); err != nil {
		return nil, err
	}
	fail := func(err error) (*TruncatedSVDModel, error) {
		if errors.Is(err, linalg.ErrNotFinite) {
			return nil, &mat32.DegenerateError{Method: method, Reason: "products of the values exceed the largest float64: rescale the data"}
		}
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	largest, err := magnitude(ctx, x)
	if err != nil {
		return fail(err)
	}
	if largest == 0 {
		return nil, &mat32.DegenerateError{Method: method, Reason: "all values are zero"}
	}
	unit := 1.
	if largest < 0x1p-60 || largest > 0x1p60 {
		unit = binary(largest)
	}
	stage := watch.Start(ctx, "truncated SVD", 1)
	f, err := t.factor(ctx, x, 1/unit)
	if err != nil {
		return fail(err)
	}
	stage.Add(1)
	signs := orientation(f.V)
	scaleRows(f.V, signs)
	for c := range signs {
		signs[c] *= f.Values[c] * unit
	}
	if err := scaleColumns(ctx, f.U, signs); err != nil {
		return fail(err)
	}
	if err := checkFits(method, f.U); err != nil {
		return nil, err
	}
	_, squares, err := columnMoments(ctx, x, 1/unit)
	if err != nil {
		return fail(err)
	}
	m := &TruncatedSVDModel{options: t, rows: n, components: f.V, values: f.Values, share: make([]float64, len(f.Values))}
	total := 0.
	for _, s := range squares {
		total += s
	}
	for c := range m.values {
		m.values[c] *= unit
		m.share[c] = spread(f.U, c, unit)
	}
	m.embedding = &Embedding{Dense: f.U, Method: "truncated SVD", Options: t.String(), Rows: n, Dim: d, Objective: math.NaN()}
	m.variance = make([]float64, len(m.values))
	for c, s := range m.share {
		m.variance[c] = s * unit * unit / float64(max(n-1, 1))
		m.share[c] = 0
		if total > 0 {
			m.share[c] = min(s/total, 1)
		}
	}
	if !finite(m.variance) {
		return nil, &mat32.DegenerateError{Method: method, Reason: "the variance exceeds the largest float64: rescale the data"}
	}
	if zero := m.zero(); zero > 0 {
		m.embedding.Notes = append(m.embedding.Notes, fmt.Sprintf("the last %d of %d singular values are zero: the rows do not fill the space", zero, t.Components))
	}
	return m, nil
}

// spread returns the sum of squared deviations of a column over unit.
func spread(z *mat.Dense, column int, unit float64) float64 {
	n, _ := z.Dims()
	mean, squares := 0., 0.
	for i := range n {
		mean += z.At(i, column) / unit / float64(n)
	}
	for i := range n {
		e := z.At(i, column)/unit - mean
		squares += e * e
	}
	return squares
}

// whole reports whether the random blocks would fill the matrix.
func (t TruncatedSVD) whole(n, d int) bool {
	return t.Solver == Exact || t.Components+t.Oversample >= min(n, d)
}

// width is that of a random block.
func (t TruncatedSVD) width() int { return (t.Components + t.Oversample + 1) / 2 }

// memory is the forecast of Fit in bytes.
func (t TruncatedSVD) memory(x mat.Matrix) int64 {
	n, d := x.Dims()
	rows, columns := int64(n), int64(d)
	if t.whole(n, d) {
		return 40 * rows * columns
	}
	need := 16 * (rows + columns) * int64(max(t.width()*(t.Iterations+1), t.Components+t.Oversample))
	switch x := x.(type) {
	case *mat32.CSR:
		return need + 32*int64(x.NNZ())
	case *mat32.Dense, *mat.Dense:
		return need
	}
	return need + 8*rows*columns
}

// factor decomposes x·scale.
func (t TruncatedSVD) factor(ctx context.Context, x mat.Matrix, scale float64) (*linalg.Factors, error) {
	n, d := x.Dims()
	if !t.whole(n, d) {
		a, err := products(ctx, x, scale)
		if err != nil {
			return nil, err
		}
		f, err := linalg.RangeFinder{Rank: t.Components, Oversample: t.Oversample, Iterations: t.Iterations, Width: t.width(), Seed: t.Seed}.Factor(ctx, a)
		if err != nil {
			return nil, err
		}
		return padded(f, t.Components), nil
	}
	y, err := dense(ctx, x, scale)
	if err != nil {
		return nil, err
	}
	if n < d {
		y = mat.DenseCopyOf(y.T())
	}
	left, values, right, err := linalg.SVD(ctx, y)
	if err != nil {
		return nil, err
	}
	k := t.Components
	if n < d {
		return &linalg.Factors{U: mat.DenseCopyOf(right.Slice(0, k, 0, n).T()), Values: values[:k],
			V: mat.DenseCopyOf(left.Slice(0, d, 0, k).T())}, nil
	}
	return &linalg.Factors{U: mat.DenseCopyOf(left.Slice(0, n, 0, k)), Values: values[:k], V: mat.DenseCopyOf(right.Slice(0, k, 0, d))}, nil
}

// products returns x·scale as what multiplies blocks of vectors.
func products(ctx context.Context, x mat.Matrix, scale float64) (linalg.Rectangular, error) {
	switch x := x.(type) {
	case *mat32.CSR:
		return sparse(ctx, x, scale)
	case *mat32.Dense:
		if scale == 1 {
			n, d := x.Dims()
			return linalg.Rows32{X: blas32.General{Rows: n, Cols: d, Stride: d, Data: x.Data()}}, nil
		}
	case *mat.Dense:
		if scale == 1 {
			return linalg.Rows64{X: x}, nil
		}
	}
	y, err := dense(ctx, x, scale)
	return linalg.Rows64{X: y}, err
}

// padded returns factors of the rank that was asked for where the matrix has a
// lower one: further values are zero, and their vectors, which say nothing, too.
func padded(f *linalg.Factors, k int) *linalg.Factors {
	if len(f.Values) == k {
		return f
	}
	n, _ := f.U.Dims()
	_, d := f.V.Dims()
	p := &linalg.Factors{U: mat.NewDense(n, k, nil), Values: make([]float64, k), V: mat.NewDense(k, d, nil)}
	p.U.Slice(0, n, 0, len(f.Values)).(*mat.Dense).Copy(f.U)
	p.V.Slice(0, len(f.Values), 0, d).(*mat.Dense).Copy(f.V)
	copy(p.Values, f.Values)
	return p
}

// Embed returns the rows of x in the coordinates of the components: Fit(ctx, x)
// and its embedding.
func (t TruncatedSVD) Embed(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	m, err := t.Fit(ctx, x)
	if err != nil {
		return nil, err
	}
	return m.embedding, nil
}
