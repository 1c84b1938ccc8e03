package dr

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// PrincipalComponentPursuit, also called robust PCA, splits the data in two: a
// matrix of low rank and one that is zero in most places, however large elsewhere.
// A part of the entries may be wrong, in any row and column, and the rest tells what
// they should be. It minimises the nuclear norm of the first matrix plus Sparsity
// times the sum of magnitudes of the second.
//
// Where the rank is low, the wrong entries are in no pattern, and the directions are
// not those of single columns or rows, both matrices are found exactly. Columns are
// not centred: an offset adds one to the rank. Rows that are outliers as a whole are
// for RobustPCA.
//
// Every iteration decomposes an n × d matrix: time O(n·d·min(n, d)) for each of some
// thirty of them where both matrices are found, and of some hundreds where the data are
// not made of two such ones; memory about 72·n·d + 48·min(n, d)² bytes. There is no map for
// new rows, whose wrong entries are not known.
//
// Sources: E. Candès, X. Li, Y. Ma and J. Wright (2011), Robust principal component
// analysis?; for the iteration Z. Lin, M. Chen and Y. Ma (2010), The augmented Lagrange
// multiplier method for exact recovery of corrupted low-rank matrices.
type PrincipalComponentPursuit struct {
	// Sparsity is what a unit of magnitude costs in the sparse matrix, beside a unit of
	// a singular value in the other. Larger ones leave more to the latter. Default
	// 1/√max(n, d).
	Sparsity float64

	// Tolerance is the share of the data, by the root of the sum of squares, that the
	// two matrices may miss in the end. Default 1e-7.
	Tolerance float64

	// Iterations bounds their number; a note tells when it was reached. Default 1000.
	Iterations int

	// MemoryLimit in bytes refuses data whose matrices would not fit. Default
	// GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

const pursuitMethod = "dr.PrincipalComponentPursuit"

// Resolve returns the options with defaults filled in for n × d data, or a
// *mat32.ParamError.
func (p PrincipalComponentPursuit) Resolve(n, d int) (PrincipalComponentPursuit, error) {
	if p.Sparsity == 0 {
		p.Sparsity = 1 / math.Sqrt(float64(max(n, d, 1)))
	}
	if p.Tolerance == 0 {
		p.Tolerance = 1e-7
	}
	if p.Iterations == 0 {
		p.Iterations = 1000
	}
	refuse := func(name string, value any, want string) (PrincipalComponentPursuit, error) {
		return p, &mat32.ParamError{Method: pursuitMethod, Param: name, Value: value, Want: want}
	}
	switch {
	case !(p.Sparsity > 0 && p.Sparsity <= math.MaxFloat32):
		return refuse("Sparsity", p.Sparsity, "a positive number")
	case !(p.Tolerance > 0 && p.Tolerance < 1):
		return refuse("Tolerance", p.Tolerance, "0 < Tolerance < 1")
	case p.Iterations < 1:
		return refuse("Iterations", p.Iterations, "1 or more")
	case p.MemoryLimit < 0:
		return refuse("MemoryLimit", p.MemoryLimit, "0 or more bytes")
	}
	return p, nil
}

// String returns the options in one line, as captions and tables show them.
func (p PrincipalComponentPursuit) String() string {
	return fmt.Sprintf("sparsity %.4g, tolerance %.2g", p.Sparsity, p.Tolerance)
}

// Fit splits x (n × d). Errors: those of mat32.CheckRows, mat32.Check and Resolve,
// *mat32.DegenerateError where all values are zero or results exceed float64,
// *mat32.MemoryError, and one that wraps ctx.Err().
func (p PrincipalComponentPursuit) Fit(ctx context.Context, x mat.Matrix) (*PrincipalComponentPursuitModel, error) {
	n, d, err := checkRows(ctx, pursuitMethod, x, 1)
	if err != nil {
		return nil, err
	}
	if p, err = p.Resolve(n, d); err != nil {
		return nil, err
	}
	small := int64(min(n, d))
	if err := mat32.CheckMemory(pursuitMethod, 72*int64(n)*int64(d)+48*small*small, p.MemoryLimit, "reduce rows or columns"); err != nil {
		return nil, err
	}
	fail := func(err error) (*PrincipalComponentPursuitModel, error) {
		return nil, fmt.Errorf("%s: %w", pursuitMethod, err)
	}
	largest, err := magnitude(ctx, x)
	if err != nil {
		return fail(err)
	}
	if largest == 0 {
		return nil, &mat32.DegenerateError{Method: pursuitMethod, Reason: "all values are zero"}
	}
	unit := binary(largest)
	data, err := dense(ctx, x, 1/unit)
	if err != nil {
		return fail(err)
	}
	s := &split{data: data, lambda: p.Sparsity}
	if err := s.start(ctx); err != nil {
		return fail(err)
	}
	stage := watch.Start(ctx, "principal component pursuit: iterations", p.Iterations)
	missed, moved, iterations := 1., 1., 0
	for (missed > p.Tolerance || moved > pursuitStill) && iterations < p.Iterations {
		if missed, moved, err = s.step(ctx); err != nil {
			return fail(err)
		}
		iterations++
		stage.Add(1)
	}
	m := &PrincipalComponentPursuitModel{options: p, iterations: iterations, components: s.components, values: s.values}
	turn, by := orientation(s.components), make([]float64, len(s.values))
	scaleRows(m.components, turn)
	for c, v := range turn {
		by[c] = v * unit
		m.values[c] *= unit
	}
	if err := scaleColumns(ctx, s.coordinates, by); err != nil {
		return fail(err)
	}
	m.outliers = newEntries(s.sparse, unit)
	if !finite(m.outliers.values) {
		return nil, &mat32.DegenerateError{Method: pursuitMethod, Reason: "the result exceeds the largest float64: rescale the data"}
	}
	if err := checkFits(pursuitMethod, s.coordinates); err != nil {
		return nil, err
	}
	m.embedding = &Embedding{Dense: s.coordinates, Method: "principal component pursuit", Options: p.String(), Rows: n, Dim: d, Objective: math.NaN()}
	if m.Rank() == 0 {
		m.embedding.Notes = append(m.embedding.Notes, "no part of the data is of low rank: all of it is in the sparse matrix")
	}
	if missed > p.Tolerance || moved > pursuitStill {
		m.embedding.Notes = append(m.embedding.Notes, fmt.Sprintf("after %d iterations the two matrices miss %.2g of the data, and may not be the best two", iterations, missed))
	}
	return m, nil
}

// Embed returns the rows of the matrix of low rank, in the coordinates of its
// directions: Fit(ctx, x) and its embedding.
func (p PrincipalComponentPursuit) Embed(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	m, err := p.Fit(ctx, x)
	if err != nil {
		return nil, err
	}
	return m.embedding, nil
}

// split is the state of the iteration, an augmented Lagrangian.
type split struct {
	data, low, sparse, dual  *mat.Dense
	work                     *mat.Dense
	lambda, penalty, highest float64
	size                     float64 // ‖data‖
	most                     float64 // that ‖dual‖ can be

	coordinates, components *mat.Dense // low = coordinates·components
	values                  []float64
}

const splitRows = 64 // a block

// start finds the first penalty and dual matrix, by the norms of the data.
func (s *split) start(ctx context.Context) error {
	n, d := s.data.Dims()
	s.low, s.sparse, s.work = mat.NewDense(n, d, nil), mat.NewDense(n, d, nil), mat.DenseCopyOf(s.data)
	values, _, err := s.spectrum(ctx, 0)
	if err != nil {
		return err
	}
	norm, largest := math.Sqrt(max(values[0], 0)), 0.
	for _, v := range s.data.RawMatrix().Data {
		largest = max(largest, math.Abs(v))
	}
	s.dual = mat.NewDense(n, d, nil)
	s.dual.Scale(1/max(norm, largest/s.lambda), s.data)
	s.penalty = 1.25 / norm
	s.highest = 1e15 * s.penalty
	s.most = math.Sqrt(float64(min(n, d))) * min(1, s.lambda*math.Sqrt(float64(max(n, d))))
	s.size = mat.Norm(s.data, 2)
	return ctx.Err()
}

// spectrum returns the eigenvalues of the smaller product of the working matrix
// with itself, and the first vectors.
func (s *split) spectrum(ctx context.Context, k int) ([]float64, *mat.Dense, error) {
	n, d := s.work.Dims()
	transpose := blas.Trans
	if n < d {
		transpose = blas.NoTrans
	}
	products := mat.NewSymDense(min(n, d), nil)
	if err := addProducts(ctx, products, transpose, s.work); err != nil {
		return nil, nil, err
	}
	return linalg.EigenSymRange(ctx, products, 0, k)
}

// pursuitStill is how far both matrices may be from the least objective, as the share of the
// dual matrix that a step moves.
const pursuitStill = 1e-4

// step improves both matrices and the dual one. It returns the share of the data that
// they miss, and how far the step moved them, in the units of the dual one. The penalty
// rises only where they moved little: sooner, what they miss would end before they are
// the best two matrices.
func (s *split) step(ctx context.Context) (missed, moved float64, err error) {
	n, d := s.data.Dims()
	// each runs f over the rows of all matrices.
	each := func(f func(data, low, sparse, dual, work []float64) float64) (float64, error) {
		return par.Sum(ctx, n, splitRows, func(lo, hi int) (sum float64) {
			for i := lo; i < hi; i++ {
				sum += f(s.data.RawRowView(i), s.low.RawRowView(i), s.sparse.RawRowView(i), s.dual.RawRowView(i), s.work.RawRowView(i))
			}
			return sum
		})
	}
	shrink := s.lambda / s.penalty
	steps, err := each(func(data, low, sparse, dual, work []float64) (sum float64) {
		for j, v := range data {
			held, before := dual[j]/s.penalty, sparse[j]
			e := v - low[j] + held
			sparse[j] = max(e-shrink, 0) + min(e+shrink, 0)
			work[j] = v - sparse[j] + held
			sum += (sparse[j] - before) * (sparse[j] - before)
		}
		return sum
	})
	if err != nil {
		return 0, 0, err
	}
	if err := s.threshold(ctx, 1/s.penalty); err != nil {
		return 0, 0, err
	}
	err = multiply(ctx, s.low, s.coordinates, blas.NoTrans, s.components, blas.NoTrans)
	if err != nil {
		return 0, 0, err
	}
	squares, err := each(func(data, low, sparse, dual, _ []float64) (sum float64) {
		for j, v := range data {
			e := v - low[j] - sparse[j]
			dual[j] += s.penalty * e
			sum += e * e
		}
		return sum
	})
	if !(squares <= math.MaxFloat64) || d == 0 {
		return 0, 0, linalg.ErrNotFinite
	}
	if moved = s.penalty * math.Sqrt(steps) / s.most; moved < pursuitStill {
		s.penalty = min(1.5*s.penalty, s.highest)
	}
	return math.Sqrt(squares) / s.size, moved, err
}

// threshold takes tau from the singular values of the working matrix and keeps what
// remains, or the first direction with nothing along it.
func (s *split) threshold(ctx context.Context, tau float64) error {
	n, d := s.work.Dims()
	s.coordinates, s.components = nil, nil // low holds what they made
	values, vectors, err := s.spectrum(ctx, min(n, d))
	if err != nil {
		return err
	}
	k := 0
	for k < len(values) && values[k] > tau*tau && values[k] > values[0]*0x1p-46 {
		k++
	}
	rank := k
	k = max(k, 1)
	s.values = make([]float64, k)
	for c := range rank {
		s.values[c] = math.Sqrt(values[c]) - tau
	}
	first := vectors.Slice(0, k, 0, min(n, d)).(*mat.Dense)
	if n < d {
		s.coordinates = mat.DenseCopyOf(first.T())
		if err := scaleColumns(ctx, s.coordinates, s.values); err != nil {
			return err
		}
		s.components = mat.NewDense(k, d, nil)
		if err := multiply(ctx, s.components, first, blas.NoTrans, s.work, blas.NoTrans); err != nil {
			return err
		}
		return linalg.Orthonormalize(ctx, s.components)
	}
	s.components = mat.DenseCopyOf(first)
	s.coordinates = mat.NewDense(n, k, nil)
	if err := multiply(ctx, s.coordinates, s.work, blas.NoTrans, first, blas.Trans); err != nil {
		return err
	}
	left := make([]float64, k)
	for c := range rank {
		left[c] = s.values[c] / math.Sqrt(values[c])
	}
	return scaleColumns(ctx, s.coordinates, left)
}
