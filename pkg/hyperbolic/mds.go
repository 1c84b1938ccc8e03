package hyperbolic

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/pkg/mat32"
)

const hmds = "hyperbolic.MDS"

// MDS finds points of hyperbolic space from their distances (F. Sala, C. De Sa, A. Gu and C.
// Ré, 2018, Representation tradeoffs for hyperbolic embeddings: h-MDS). Lorentz's products of
// points x of the hyperboloid are −cosh(d): of the matrix of these, the eigenvectors with the
// largest eigenvalues, times their roots, are the coordinates but the first, which follows
// from them. Distances of hyperbolic points of Components dimensions give these points again,
// but for a rigid motion; other distances are fitted as classical scaling fits them, best
// where they are long. The one eigenvector below 0 becomes the origin, which puts the points
// round it.
//
// x is what Delta takes. Distances are right to about 1e-16·exp(diameter), in the space, for
// points that are hyperbolic: to 1e-8 up to 18 units apart.
//
// Errors: those of mat32.Check; *mat32.ShapeError for fewer than 2 rows; *mat32.ParamError;
// *mat32.DegenerateError for a graph in pieces, and for distances that are all 0, beyond float64, or
// a Scale that takes them beyond 300; *mat32.MemoryError; and one that wraps ctx.Err().
// Time about 2·n³ operations, memory 32·n² bytes.
type MDS struct {
	// Components is the dimension of the space. Default 2, or n−1 where there are fewer
	// than 3 rows. From 1 to n−1. Larger values fit distances better.
	Components int

	// Scale is how long a distance of 1 becomes in the space, of curvature −1. Default 1,
	// or, with a note, what makes the largest distance 30 where it would be longer: cosh
	// of more leaves no digits for short ones. Larger values bend more: near 0 it is classical
	// scaling in flat space.
	Scale float64

	// MemoryLimit in bytes refuses data that would need more. Default GOMEMLIMIT, or
	// 4 GiB.
	MemoryLimit int64
}

// Resolve returns the options with defaults filled in, but for Scale, which the distances
// decide, or a *mat32.ParamError or *mat32.ShapeError.
func (o MDS) Resolve(n, d int) (MDS, error) {
	if n < 2 {
		return o, fmt.Errorf("%s: %w", hmds, &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: "at least 2 rows"})
	}
	if o.Components == 0 {
		o.Components = min(2, n-1)
	}
	switch {
	case o.Components < 1 || o.Components > n-1:
		return o, &mat32.ParamError{Method: hmds, Param: "Components", Value: o.Components, Want: fmt.Sprintf("1 ≤ Components ≤ n−1 = %d", n-1)}
	case o.Scale != 0 && !(o.Scale >= 1e-300 && o.Scale <= 1e300):
		return o, &mat32.ParamError{Method: hmds, Param: "Scale", Value: o.Scale, Want: "0, or 1e-300 ≤ Scale ≤ 1e300"}
	case o.MemoryLimit < 0:
		return o, &mat32.ParamError{Method: hmds, Param: "MemoryLimit", Value: o.MemoryLimit, Want: "0 or more bytes"}
	}
	return o, nil
}

// Embed finds the points.
func (o MDS) Embed(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	const longest, usual = 300, 30 // of distances in the space
	if err := sound(ctx, hmds, x); err != nil {
		return nil, err
	}
	o, err := o.Resolve(x.Dims())
	if err != nil {
		return nil, err
	}
	n, _ := x.Dims()
	m, err := between(ctx, hmds, x, 2, 24*int64(n)*int64(n), o.MemoryLimit)
	if err != nil {
		return nil, err
	}
	if m.diameter == 0 {
		return nil, &mat32.DegenerateError{Method: hmds, Reason: fmt.Sprintf("all %d rows are equal: there are no distances", n)}
	}
	e := &Embedding{Dim: o.Components, Scale: o.Scale}
	if o.Scale == 0 {
		e.Scale = 1
		if m.diameter > usual {
			e.Scale = usual / m.diameter
			e.Notes = append(e.Notes, fmt.Sprintf("distances go up to %.3g: they were scaled to %d", m.diameter, usual))
		}
		if m.diameter < 1e-3 {
			e.Notes = append(e.Notes, fmt.Sprintf("distances go up to %.3g, in which hyperbolic space is as good as flat: a larger Scale bends it", m.diameter))
		}
	}
	if !(e.Scale*m.diameter <= longest) || e.Scale == 0 {
		return nil, &mat32.DegenerateError{Method: hmds, Reason: fmt.Sprintf("distances go up to %.3g, times a Scale of %.3g: let the product be at most %d", m.diameter, e.Scale, longest)}
	}
	if e.Scale*m.diameter < 1e-7 {
		return nil, &mat32.DegenerateError{Method: hmds, Reason: fmt.Sprintf("distances go up to %.3g, times a Scale of %.3g: cosh of less than 1e-7 is 1: rescale the data, or choose a Scale", m.diameter, e.Scale)}
	}
	a := mat.NewSymDense(n, nil)
	raw := a.RawSymmetric()
	for i := range n {
		if ctx.Err() != nil {
			return nil, fmt.Errorf("%s: %w", hmds, ctx.Err())
		}
		to := raw.Data[i*raw.Stride+i : i*raw.Stride+n]
		for k, v := range m.row(i)[i:] {
			to[k] = -math.Cosh(e.Scale * v)
		}
	}
	m.of = nil
	values, vectors, err := linalg.EigenSymRange(ctx, a, 0, o.Components)
	if err != nil {
		return nil, mat32.Rename(hmds, err)
	}
	e.Values = values
	e.Dense = mat.NewDense(n, o.Components, nil)
	floor, none := float64(n)*0x1p-52*math.Abs(values[n-1]), 0
	for k := range o.Components {
		if !(values[k] > floor) {
			none++
			continue
		}
		row, most := vectors.RawRowView(k), 0.
		for _, v := range row {
			if math.Abs(v) > math.Abs(most) {
				most = v
			}
		}
		root := math.Copysign(math.Sqrt(values[k]), most)
		for i, v := range row {
			e.Set(i, k, v*root)
		}
	}
	if none > 0 {
		e.Notes = append(e.Notes, fmt.Sprintf("the last %d of %d eigenvalues are 0 or below: their coordinates are 0", none, o.Components))
	}
	point := make([]float64, o.Components+1)
	for i := range n {
		row := e.RawRowView(i)
		copy(point[1:], row)
		FromLorentz(row, point)
	}
	e.Method = fmt.Sprintf("hyperbolic MDS (scale %.3g)", e.Scale)
	return e, nil
}
