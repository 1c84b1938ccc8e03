package subspace

import (
	"context"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/linalg"
)

// Principal is how two subspaces lie to each other: column k of A and column k of B are the
// directions of each that meet under angle k.
type Principal struct {
	Angles  []float64  // in radians, the smallest first, between 0 and π/2
	Cosines []float64  // of the angles: the canonical correlations of centred columns
	A, B    *mat.Dense // n × len(Angles), the columns of each orthonormal
	U, V    *mat.Dense // p and q × len(Angles): A = a·U, B = b·V
}

// PrincipalAngles returns the angles between the spaces spanned by the columns of a (n × p)
// and b (n × q), which must be orthonormal: min(p, q) of them. It panics unless both have
// the same number of rows. Time about 6·n·p·q operations and 24·min(p, q)³; memory
// 24·n·min(p, q) bytes. Errors: those of linalg.SVD.
//
// The cosines are the singular values of aᵀb. They tell nothing of angles below 10⁻⁸, so
// angles of less than π/4 come from their sines, the singular values of what is left of one
// basis when its projection on the other is taken away. Source: Å. Björck and G. Golub
// (1973), Numerical methods for computing angles between linear subspaces.
func PrincipalAngles(ctx context.Context, a, b *mat.Dense) (*Principal, error) {
	n, p := a.Dims()
	rows, q := b.Dims()
	if n != rows {
		panic("subspace: angles of matrices that do not fit")
	}
	if p < q {
		f, err := PrincipalAngles(ctx, b, a)
		if err != nil {
			return nil, err
		}
		f.A, f.B, f.U, f.V = f.B, f.A, f.V, f.U
		return f, nil
	}
	cross := mat.NewDense(p, q, nil)
	if err := kernel.Gemm64(ctx, blas.Trans, blas.NoTrans, 1, a.RawMatrix(), b.RawMatrix(), 0, cross.RawMatrix()); err != nil {
		return nil, err
	}
	u, cosines, v, err := linalg.SVD(ctx, cross)
	if err != nil {
		return nil, err
	}
	f := &Principal{Angles: make([]float64, q), Cosines: cosines, A: mat.NewDense(n, q, nil), B: mat.NewDense(n, q, nil), U: u, V: mat.DenseCopyOf(v.T())}
	if err := kernel.Gemm64(ctx, blas.NoTrans, blas.NoTrans, 1, a.RawMatrix(), u.RawMatrix(), 0, f.A.RawMatrix()); err != nil {
		return nil, err
	}
	if err := kernel.Gemm64(ctx, blas.NoTrans, blas.NoTrans, 1, b.RawMatrix(), f.V.RawMatrix(), 0, f.B.RawMatrix()); err != nil {
		return nil, err
	}
	rest := mat.DenseCopyOf(b)
	if err := kernel.Gemm64(ctx, blas.NoTrans, blas.NoTrans, -1, a.RawMatrix(), cross.RawMatrix(), 1, rest.RawMatrix()); err != nil {
		return nil, err
	}
	_, sines, _, err := linalg.SVD(ctx, rest)
	if err != nil {
		return nil, err
	}
	for k, c := range cosines {
		s := sines[q-1-k]
		if c < s {
			f.Angles[k] = math.Acos(c)
		} else {
			f.Angles[k] = math.Asin(min(s, 1))
		}
		f.Cosines[k] = min(c, 1)
	}
	return f, nil
}

// Basis returns orthonormal columns that span those of x, which must be finite: as many as
// singular values exceed tolerance times the largest, where 0 means max(n, d)·2⁻⁵².
// Columns of zeros have none. Time about 6·n·d·min(n, d) operations. Errors: those of
// linalg.SVD.
func Basis(ctx context.Context, x *mat.Dense, tolerance float64) (*mat.Dense, error) {
	n, d := x.Dims()
	if tolerance == 0 {
		tolerance = float64(max(n, d)) * 0x1p-52
	}
	var left *mat.Dense
	var values []float64
	var err error
	if n >= d {
		left, values, _, err = linalg.SVD(ctx, x)
	} else {
		var right *mat.Dense
		_, values, right, err = linalg.SVD(ctx, mat.DenseCopyOf(x.T()))
		if err == nil {
			left = mat.DenseCopyOf(right.T())
		}
	}
	if err != nil {
		return nil, err
	}
	rank := 0
	for rank < len(values) && values[rank] > tolerance*values[0] {
		rank++
	}
	if rank == 0 {
		return &mat.Dense{}, nil
	}
	return mat.DenseCopyOf(left.Slice(0, n, 0, rank)), nil
}
