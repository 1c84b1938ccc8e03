package ours

import (
	"context"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/tests/bench/wire"
)

// Gemm multiplies one matrix with the transpose of another.
func Gemm(ctx context.Context, in []*mat32.Dense, _ wire.Options, _ uint64) (wire.Result, error) {
	a, b := general(in[0]), general(in[1])
	c := blas32.General{Rows: a.Rows, Cols: b.Rows, Stride: b.Rows, Data: make([]float32, a.Rows*b.Rows)}
	err := kernel.Gemm32(ctx, blas.NoTrans, blas.Trans, 1, a, b, 0, c)
	return wire.Result{Arrays: []wire.Output{{Name: "product", Rows: c.Rows, Columns: c.Cols, Values: c.Data}}}, err
}

// Eigen decomposes the leading square of a symmetric matrix.
func Eigen(ctx context.Context, in []*mat32.Dense, _ wire.Options, _ uint64) (wire.Result, error) {
	values, vectors, err := linalg.EigenSym(ctx, square(in[0]))
	if err != nil {
		return wire.Result{}, err
	}
	return wire.Result{Arrays: []wire.Output{{Name: "values", Rows: 1, Columns: len(values), Values: values}, dense("vectors", vectors)}}, nil
}

// Cholesky factors the leading square of a positive definite matrix.
func Cholesky(ctx context.Context, in []*mat32.Dense, _ wire.Options, _ uint64) (wire.Result, error) {
	c, err := linalg.NewCholesky(ctx, square(in[0]))
	if err != nil {
		return wire.Result{}, err
	}
	u := c.U().RawTriangular()
	return wire.Result{Arrays: []wire.Output{{Name: "upper", Rows: u.N, Columns: u.Stride, Values: u.Data}}}, nil
}

func general(x *mat32.Dense) blas32.General {
	n, d := x.Dims()
	return blas32.General{Rows: n, Cols: d, Stride: d, Data: x.Data()}
}

var squares preparation[*mat.SymDense]

// square returns the leading square of a symmetric matrix, in the precision that decompositions are asked for.
func square(x *mat32.Dense) *mat.SymDense {
	s, _ := squares.of(x, func() (*mat.SymDense, error) {
		n, _ := x.Dims()
		s := mat.NewSymDense(n, nil)
		for i := range n {
			for j := i; j < n; j++ {
				s.SetSym(i, j, x.At(i, j))
			}
		}
		return s, nil
	})
	return s
}
