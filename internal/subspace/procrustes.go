package subspace

import (
	"context"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/internal/par"
)

// Procrustes asks for the rotation, and the scale if it may differ, that takes the rows of
// one matrix nearest to those of another, by least squares. The zero value allows
// reflections and no scale.
//
// Source: P. Schönemann (1966), A generalized solution of the orthogonal Procrustes
// problem; without reflections, W. Kabsch (1978), A discussion of the solution for the best
// rotation to relate two sets of vectors.
type Procrustes struct {
	Proper bool // rotations only: no reflections; for matrices of one width
	Scaled bool // the first matrix may also be multiplied by a number ≥ 0
}

// Alignment is what Procrustes finds of a (n × p) and b (n × q). The narrower of the two
// counts as filled up with columns of zeros.
type Alignment struct {
	Turn     *mat.Dense // p × q: orthonormal rows where p ≤ q, columns where p ≥ q
	Scale    float64    // by which a·Turn is multiplied; 1 unless it may differ
	Nuclear  float64    // the sum of the singular values of aᵀb; the least counts negative where a reflection was refused
	Residual float64    // the root of the summed squares of what is left: b less the turned and scaled a
}

// Align returns the alignment of a to b. Residual is measured by subtraction, so it keeps its
// digits where the two nearly agree. It panics unless both have the same number of rows,
// and of columns too where the rotation must be proper. Time about 4·n·p·q operations and
// 12·min(p, q)³; memory 8·(n·max(p, q) + 4·p·q) bytes. Errors: those of linalg.SVD.
func (s Procrustes) Align(ctx context.Context, a, b *mat.Dense) (*Alignment, error) {
	n, p := a.Dims()
	rows, q := b.Dims()
	if n != rows || s.Proper && p != q {
		panic("subspace: Procrustes of matrices that do not fit")
	}
	cross := mat.NewDense(p, q, nil)
	if err := kernel.Gemm64(ctx, blas.Trans, blas.NoTrans, 1, a.RawMatrix(), b.RawMatrix(), 0, cross.RawMatrix()); err != nil {
		return nil, err
	}
	turn, nuclear, err := s.Rotation(ctx, cross)
	if err != nil {
		return nil, err
	}
	found := &Alignment{Turn: turn, Scale: 1, Nuclear: nuclear}
	if s.Scaled {
		found.Scale = 0
		if norm := Norm(a); norm > 0 {
			found.Scale = max(0, nuclear/norm/norm)
		}
	}
	found.Residual, err = found.Misfit(ctx, a, b, found.Scale, 1)
	return found, err
}

// Rotation returns the p × q matrix of orthonormal rows or columns whose inner product with
// cross, p × q, is largest, and that product: the nuclear norm of cross unless a reflection
// is refused. Errors: those of linalg.SVD.
func (s Procrustes) Rotation(ctx context.Context, cross *mat.Dense) (turn *mat.Dense, nuclear float64, err error) {
	p, q := cross.Dims()
	tall := cross
	if p < q {
		tall = mat.DenseCopyOf(cross.T())
	}
	u, values, v, err := linalg.SVD(ctx, tall) // the right vectors are rows
	if err != nil {
		return nil, 0, err
	}
	for _, x := range values {
		nuclear += x
	}
	if least := len(values) - 1; s.Proper && mat.Det(u)*mat.Det(v) < 0 {
		kernel.Scal64(-1, v.RawRowView(least))
		nuclear -= 2 * values[least]
	}
	turn = mat.NewDense(p, q, nil)
	if p < q {
		err = kernel.Gemm64(ctx, blas.Trans, blas.Trans, 1, v.RawMatrix(), u.RawMatrix(), 0, turn.RawMatrix())
	} else {
		err = kernel.Gemm64(ctx, blas.NoTrans, blas.NoTrans, 1, u.RawMatrix(), v.RawMatrix(), 0, turn.RawMatrix())
	}
	return turn, nuclear, err
}

// Misfit returns the root of the summed squares of scaleB·b less scaleA·a·Turn. It turns the
// narrower matrix into the space of the wider, where nothing of either is lost.
func (f *Alignment) Misfit(ctx context.Context, a, b *mat.Dense, scaleA, scaleB float64) (float64, error) {
	p, q := f.Turn.Dims()
	from, to, turned, scaleFrom, scaleTo := a, b, blas.NoTrans, scaleA, scaleB
	if p > q {
		from, to, turned, scaleFrom, scaleTo = b, a, blas.Trans, scaleB, scaleA
	}
	n, width := to.Dims()
	rest := mat.NewDense(n, width, nil)
	if err := kernel.Gemm64(ctx, blas.NoTrans, turned, scaleFrom, from.RawMatrix(), f.Turn.RawMatrix(), 0, rest.RawMatrix()); err != nil {
		return 0, err
	}
	squares, err := par.Sum(ctx, n, 256, func(lo, hi int) (sum float64) {
		for i := lo; i < hi; i++ {
			row := rest.RawRowView(i)
			kernel.Axpy64(-scaleTo, to.RawRowView(i), row)
			sum += kernel.Dot64(row, row)
		}
		return sum
	})
	return math.Sqrt(squares), err
}

// Norm returns the root of the summed squares of the values of a, which must be of a size
// whose squares add up within float64.
func Norm(a *mat.Dense) float64 {
	sum := 0.
	for i := range a.RawMatrix().Rows {
		row := a.RawRowView(i)
		sum += kernel.Dot64(row, row)
	}
	return math.Sqrt(sum)
}

// Narrowed returns a matrix of the same inner products of rows as a, and of no more columns
// than rows: a itself, or the triangular factor of its rows. Memory 16·n·d bytes where n < d.
func Narrowed(ctx context.Context, a *mat.Dense) (*mat.Dense, error) {
	n, d := a.Dims()
	if d <= n {
		return a, nil
	}
	t := mat.NewDense(d, n, nil)
	t.Copy(a.T())
	_, r, err := linalg.QR(ctx, t)
	if err != nil {
		return nil, err
	}
	narrow := mat.NewDense(n, n, nil)
	narrow.Copy(r.T())
	return narrow, nil
}

// CrossValues returns the singular values of aᵀb, largest first. Errors: those of linalg.SVD.
func CrossValues(ctx context.Context, a, b *mat.Dense) ([]float64, error) {
	_, p := a.Dims()
	_, q := b.Dims()
	if p < q {
		a, b, p, q = b, a, q, p
	}
	cross := mat.NewDense(p, q, nil)
	if err := kernel.Gemm64(ctx, blas.Trans, blas.NoTrans, 1, a.RawMatrix(), b.RawMatrix(), 0, cross.RawMatrix()); err != nil {
		return nil, err
	}
	_, values, _, err := linalg.SVD(ctx, cross)
	return values, err
}
