package linalg

import (
	"context"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/rng"
)

// Inverted finds the smallest eigenvalues of a symmetric positive semidefinite matrix A
// of order N whose rows sum to zero, beside that of the constant vector, by solving
// equations with A + shift·I: block Lanczos on the inverse, whose largest eigenvalues are
// as far apart as small ones of A are relative to each other. It finds what Extremal does
// not, where these are a millionth of the largest and less.
type Inverted struct {
	N, Pairs int

	// Solve replaces every row of b by the solution x of (A + shift·I)·x = it.
	Solve func(ctx context.Context, b *mat.Dense) error

	// Tolerance bounds the residuals of the pairs (μ, x) of the inverse, relative to μ;
	// 0 means 1e-10.
	Tolerance float64

	Seed uint64

	// Progress, unless nil, hears the largest residual after each step.
	Progress func(residual float64)
}

// Find returns the vectors as rows, orthonormal and orthogonal to the constant, that of
// the smallest eigenvalue first, and the largest residual. Where rounding leaves more than
// the tolerance, it ends when two steps in a row have gained nothing.
func (v Inverted) Find(ctx context.Context) (vectors *mat.Dense, residual float64, err error) {
	const blocks = 12 // of vectors before a restart, beside those it starts with
	pairs := min(v.Pairs, v.N-1)
	width := min(pairs+4, v.N-1)
	room := min(blocks*width, v.N-1)
	tolerance := v.Tolerance
	if tolerance == 0 {
		tolerance = 1e-10
	}
	basis, images := mat.NewDense(room, v.N, nil), mat.NewDense(room, v.N, nil)
	next := mat.NewDense(width, v.N, nil)
	for i := range width {
		row := next.RawRowView(i)
		s := rng.New(v.Seed, "linalg/inverted", i)
		for j := range row {
			row[j] = s.Normal()
		}
	}
	used := 0
	best, idle := math.Inf(1), 0
	for {
		// The new vectors, at right angles to all before.
		before := used
		count, _ := next.Dims()
		for i := range count {
			if used == room {
				break
			}
			to := basis.RawRowView(used)
			copy(to, next.RawRowView(i))
			if squareToAll(basis, used, to) {
				used++
			}
		}
		if used == before && before == 0 {
			return nil, math.Inf(1), &ConvergenceError{Method: "linalg.Inverted", Residual: math.Inf(1), Tolerance: tolerance, Reason: "no vector is left beside the constant"}
		}
		if used > before {
			fresh := images.Slice(before, used, 0, v.N).(*mat.Dense)
			fresh.Copy(basis.Slice(before, used, 0, v.N))
			if err := v.Solve(ctx, fresh); err != nil {
				return nil, 0, err
			}
			for i := range used - before {
				center(fresh.RawRowView(i))
			}
		}
		small, err := rowProducts(ctx, basis, images, used)
		if err != nil {
			return nil, 0, err
		}
		values, turn, err := EigenSym(ctx, small)
		if err != nil {
			return nil, 0, err
		}
		kept := min(width, used)
		ritz, image := mat.NewDense(kept, v.N, nil), mat.NewDense(kept, v.N, nil)
		if err := rotated(ctx, ritz, turn, basis, used); err != nil {
			return nil, 0, err
		}
		if err := rotated(ctx, image, turn, images, used); err != nil {
			return nil, 0, err
		}
		residual = 0
		next = mat.DenseCopyOf(image)
		for i := range kept {
			row := next.RawRowView(i)
			kernel.Axpy64(-values[i], ritz.RawRowView(i), row)
			if r := math.Sqrt(kernel.Dot64(row, row)); i < pairs {
				residual = max(residual, r/math.Abs(values[i]))
			}
		}
		if v.Progress != nil {
			v.Progress(residual)
		}
		if idle++; residual < best/2 {
			best, idle = residual, 0
		}
		if residual <= tolerance || idle >= 8 || idle >= 2 && residual < 1e-6 || used == before || used == v.N-1 {
			return mat.DenseCopyOf(ritz.Slice(0, min(pairs, kept), 0, v.N)), residual, nil
		}
		if used+width > room {
			keep := min(3*width, used, room-width)
			if keep < kept {
				keep = kept
			}
			for _, m := range []*mat.Dense{basis, images} {
				to := mat.NewDense(keep, v.N, nil)
				if err := rotated(ctx, to, turn, m, used); err != nil {
					return nil, 0, err
				}
				m.Slice(0, keep, 0, v.N).(*mat.Dense).Copy(to)
			}
			used = keep
		}
	}
}

// center subtracts the mean.
func center(row []float64) {
	sum := 0.
	for _, x := range row {
		sum += x
	}
	sum /= float64(len(row))
	for j := range row {
		row[j] -= sum
	}
}

// squareToAll makes row a unit vector at right angles to the constant and to the first
// rows of the basis, and reports whether anything is left of it.
func squareToAll(basis *mat.Dense, used int, row []float64) bool {
	length := math.Sqrt(kernel.Dot64(row, row))
	for range 3 {
		if !(length > 0) || math.IsInf(length, 1) {
			return false
		}
		kernel.Scal64(1/length, row)
		center(row)
		for b := range used {
			other := basis.RawRowView(b)
			kernel.Axpy64(-kernel.Dot64(other, row), other, row)
		}
		if length = math.Sqrt(kernel.Dot64(row, row)); length > .5 {
			kernel.Scal64(1/length, row)
			return true
		}
	}
	return false
}

// rowProducts returns the products of the first rows of a and b, made symmetric.
func rowProducts(ctx context.Context, a, b *mat.Dense, used int) (*mat.SymDense, error) {
	_, n := a.Dims()
	full := blas64.General{Rows: used, Cols: used, Stride: used, Data: make([]float64, used*used)}
	x, y := a.Slice(0, used, 0, n).(*mat.Dense).RawMatrix(), b.Slice(0, used, 0, n).(*mat.Dense).RawMatrix()
	if err := kernel.Gemm64(ctx, blas.NoTrans, blas.Trans, 1, x, y, 0, full); err != nil {
		return nil, err
	}
	s := mat.NewSymDense(used, nil)
	for i := range used {
		for j := range i + 1 {
			s.SetSym(i, j, (full.Data[i*used+j]+full.Data[j*used+i])/2)
		}
	}
	return s, nil
}

// rotated writes the first rows of turn, times the first rows of m, to dst.
func rotated(ctx context.Context, dst, turn, m *mat.Dense, used int) error {
	rows, n := dst.Dims()
	return kernel.Gemm64(ctx, blas.NoTrans, blas.NoTrans, 1, turn.Slice(0, rows, 0, used).(*mat.Dense).RawMatrix(),
		m.Slice(0, used, 0, n).(*mat.Dense).RawMatrix(), 0, dst.RawMatrix())
}
