package linalg

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
)

// Operator is a symmetric matrix known by what it does to blocks of vectors.
type Operator interface {
	// Dim returns the order n of the matrix.
	Dim() int
	// Apply writes the product of the matrix and the block x, n × b, to dst,
	// which has the shape of x and shares no memory with it. The same input
	// must give the same bits.
	Apply(ctx context.Context, dst, x *mat.Dense) error
}

// affine is an Operator that computes dst ← alpha·A·x + shift·x + gamma·dst in
// one pass; with gamma 0 the former values of dst are not read.
type affine interface {
	affine(ctx context.Context, dst, x *mat.Dense, alpha, shift, gamma float64) error
}

// bounded is an Operator that knows an interval which holds its eigenvalues.
type bounded interface {
	bounds() (low, high float64)
}

// applyAffine does what affine says for any operator; work, of the shape of x, is
// used where a has no such method.
func applyAffine(ctx context.Context, a Operator, dst, x, work *mat.Dense, alpha, shift, gamma float64) error {
	if f, ok := a.(affine); ok {
		return f.affine(ctx, dst, x, alpha, shift, gamma)
	}
	if err := a.Apply(ctx, work, x); err != nil {
		return err
	}
	n, b := x.Dims()
	return par.Blocks(ctx, n, tallRows, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			to, from, product := dst.RawRowView(i), x.RawRowView(i), work.RawRowView(i)
			for j := range b {
				v := alpha*product[j] + shift*from[j]
				if gamma != 0 {
					v += gamma * to[j]
				}
				to[j] = v
			}
		}
	})
}

// Dense is a symmetric matrix of which both triangles are filled.
type Dense struct{ *mat.Dense }

// Dim returns the order of the matrix.
func (a Dense) Dim() int { n, _ := a.Dims(); return n }

// Apply writes A·x to dst.
func (a Dense) Apply(ctx context.Context, dst, x *mat.Dense) error {
	return kernel.Gemm64(ctx, blas.NoTrans, blas.NoTrans, 1, a.RawMatrix(), x.RawMatrix(), 0, dst.RawMatrix())
}

// Affine is Scale·A + Shift·I.
type Affine struct {
	Of           Operator
	Scale, Shift float64
}

// Dim returns the order of the matrix.
func (a Affine) Dim() int { return a.Of.Dim() }

// Apply writes the product to dst.
func (a Affine) Apply(ctx context.Context, dst, x *mat.Dense) error {
	return a.affine(ctx, dst, x, 1, 0, 0)
}

func (a Affine) affine(ctx context.Context, dst, x *mat.Dense, alpha, shift, gamma float64) error {
	var work *mat.Dense
	if _, ok := a.Of.(affine); !ok {
		n, b := x.Dims()
		work = mat.NewDense(n, b, nil)
	}
	return applyAffine(ctx, a.Of, dst, x, work, alpha*a.Scale, alpha*a.Shift+shift, gamma)
}

func (a Affine) bounds() (low, high float64) {
	low, high = math.Inf(-1), math.Inf(1)
	if b, ok := a.Of.(bounded); ok && a.Scale != 0 {
		low, high = b.bounds()
	}
	low, high = a.Scale*low+a.Shift, a.Scale*high+a.Shift
	return min(low, high), max(low, high)
}

// negated is −A.
func negated(a Operator) Operator { return Affine{Of: a, Scale: -1} }

// InputError says what is wrong with an argument.
type InputError struct{ What, Reason string }

// Error returns the message.
func (e *InputError) Error() string { return fmt.Sprintf("%s: %s", e.What, e.Reason) }

// ConvergenceError says how far an iteration came that did not reach its
// tolerance. It wraps ErrNoConvergence.
type ConvergenceError struct {
	Method     string
	Iterations int
	Residual   float64 // the largest that is left
	Tolerance  float64
	Reason     string
}

// Error returns the message.
func (e *ConvergenceError) Error() string {
	return fmt.Sprintf("%s: the residual is %.3g after %d iterations, want %.3g: %s", e.Method, e.Residual, e.Iterations, e.Tolerance, e.Reason)
}

// Unwrap returns ErrNoConvergence.
func (e *ConvergenceError) Unwrap() error { return ErrNoConvergence }
