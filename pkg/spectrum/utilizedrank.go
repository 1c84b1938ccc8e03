package spectrum

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// UtilizedRank says how much of a layer of weights its data use. The inputs of the
// layer lie near a subspace of their space, and what it makes of them near one of the
// outputs' space; between these the weights act, and elsewhere they could be
// anything. A matrix of full rank may be used in few dimensions.
//
// The subspaces are spanned by principal directions about the origin, not the mean,
// since it is about the origin that a matrix acts.
//
// Source: I. Garg, C. Koguchi, E. Verma and D. Ulbricht (2024), Revealing the utilized
// rank of subspaces of learning in neural networks.
type UtilizedRank struct {
	// Energy is the share of the squares of inputs, and of outputs, that the
	// subspaces hold, above 0 and at most 1. Larger values find larger ranks.
	// Default 0.99.
	Energy float64
}

const utilizedRank = "spectrum.UtilizedRank"

// Resolve returns the options with defaults filled in; n and d do not matter.
func (u UtilizedRank) Resolve(n, d int) (UtilizedRank, error) {
	if u.Energy == 0 {
		u.Energy = .99
	}
	return u, within(utilizedRank, "Energy", u.Energy, 0x1p-1074, 1, "0 < Energy ≤ 1")
}

// Utilized is what UtilizedRank finds of a layer.
type Utilized struct {
	Rank    int // the smaller of Inputs and Outputs
	Inputs  int // dimensions of the subspace of the inputs
	Outputs int // dimensions of that of the outputs
	Full    int // the rank that the shape of the weights allows

	// Weights is what is left of the weights between the subspaces, of their
	// shape and of rank Rank at most.
	Weights *mat.Dense

	// Change is how much the outputs change with these Weights: the length of the
	// difference over that of the outputs, of all rows together. By the triangle
	// it is at most √(1−Energy)·(1 + ‖x‖·‖w‖₂/‖x·w‖).
	Change float64
}

// Utilization returns Rank over Full.
func (u *Utilized) Utilization() float64 { return float64(u.Rank) / float64(u.Full) }

// String returns the rank beside the full one.
func (u *Utilized) String() string {
	return fmt.Sprintf("utilized rank  %d of %d\n  inputs    %d\n  outputs   %d\n  change    %.3g", u.Rank, u.Full, u.Inputs, u.Outputs, u.Change)
}

// MeanUtilization returns the mean utilization of the layers of a network, NaN for
// none.
func MeanUtilization(layers ...*Utilized) float64 {
	s := 0.
	for _, l := range layers {
		s += l.Utilization()
	}
	return s / float64(len(layers))
}

// Layer looks at the weights w (d × m) by which x·w is made of the inputs x (n × d).
//
// Time O(n·d·(d + m) + d³ + m³), memory 8·(n·(d + 2·m) + 4·(d² + m²)) bytes. Errors: those of
// mat32.CheckRows, mat32.Check and Resolve, *mat32.ShapeError where w has other
// than d rows, *mat32.DegenerateError where x, w or x·w is zero, *mat32.MemoryError,
// and one that wraps ctx.Err().
func (u UtilizedRank) Layer(ctx context.Context, x, w mat.Matrix) (*Utilized, error) {
	fail := func(err error) (*Utilized, error) { return nil, mat32.Rename(utilizedRank, err) }
	u, err := u.Resolve(0, 0)
	if err != nil {
		return nil, err
	}
	rows, _, err := copied(ctx, utilizedRank, x, 2)
	if err != nil {
		return nil, err
	}
	weights, unit, err := copied(ctx, utilizedRank, w, 3)
	if err != nil {
		return nil, err
	}
	n, d := rows.Dims()
	given, m := weights.Dims()
	if given != d {
		return fail(&mat32.ShapeError{What: "w", Rows: given, Cols: m, Want: fmt.Sprintf("%d rows, as x has columns", d)})
	}
	if err := mat32.CheckMemory(utilizedRank, 8*(int64(n)*int64(d+2*m)+4*(int64(d)*int64(d)+int64(m)*int64(m))), 0, "take fewer rows"); err != nil {
		return nil, err
	}
	outputs := mat.NewDense(n, m, nil)
	if err := product(ctx, blas.NoTrans, blas.NoTrans, outputs, rows, weights); err != nil {
		return fail(err)
	}
	found := &Utilized{Full: min(d, m)}
	from, err := u.subspace(ctx, rows)
	if err != nil {
		return fail(err)
	}
	to, err := u.subspace(ctx, outputs)
	if err != nil {
		return fail(err)
	}
	found.Inputs, _ = from.Dims()
	found.Outputs, _ = to.Dims()
	found.Rank = min(found.Inputs, found.Outputs)
	// fromᵀ·(from·w·toᵀ)·to, for the directions are rows.
	middle := mat.NewDense(found.Inputs, found.Outputs, nil)
	half := mat.NewDense(d, found.Outputs, nil)
	left := mat.NewDense(found.Inputs, m, nil)
	found.Weights = mat.NewDense(d, m, nil)
	changed := mat.NewDense(n, m, nil)
	for _, step := range []func() error{
		func() error { return product(ctx, blas.NoTrans, blas.Trans, half, weights, to) },
		func() error { return product(ctx, blas.NoTrans, blas.NoTrans, middle, from, half) },
		func() error { return product(ctx, blas.NoTrans, blas.NoTrans, left, middle, to) },
		func() error { return product(ctx, blas.Trans, blas.NoTrans, found.Weights, from, left) },
		func() error { return product(ctx, blas.NoTrans, blas.NoTrans, changed, rows, found.Weights) },
	} {
		if err := step(); err != nil {
			return fail(err)
		}
	}
	var difference, all float64
	for i, y := range outputs.RawMatrix().Data {
		c := changed.RawMatrix().Data[i] - y
		difference, all = difference+c*c, all+y*y
	}
	found.Change = math.Sqrt(difference / all)
	found.Weights.Scale(unit, found.Weights)
	return found, nil
}

// subspace returns the leading principal directions of the rows, about the origin, as
// rows: as many as hold the energy.
func (u UtilizedRank) subspace(ctx context.Context, rows *mat.Dense) (*mat.Dense, error) {
	_, d := rows.Dims()
	scatter := mat.NewSymDense(d, nil)
	raw := scatter.RawSymmetric()
	to := blas64.General{Rows: d, Cols: d, Stride: raw.Stride, Data: raw.Data}
	if err := kernel.Syrk64(ctx, blas.Trans, 1, rows.RawMatrix(), 0, to); err != nil {
		return nil, err
	}
	values, vectors, err := linalg.EigenSym(ctx, scatter)
	if err != nil {
		return nil, err
	}
	k, err := Share(values, u.Energy)
	if err != nil {
		return nil, err
	}
	return mat.DenseCopyOf(vectors.Slice(0, k, 0, d)), nil
}

func product(ctx context.Context, ta, tb blas.Transpose, to, a, b *mat.Dense) error {
	return kernel.Gemm64(ctx, ta, tb, 1, a.RawMatrix(), b.RawMatrix(), 0, to.RawMatrix())
}
