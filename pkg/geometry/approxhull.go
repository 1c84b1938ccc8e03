package geometry

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// ApproxHull keeps the rows that hold a cloud apart: again and again it removes the row
// whose removal costs the least magnitude, as long as the whole cost stays below a
// tolerance. From far enough away these are rows about the corners of the convex hull. The
// cost of a removal is exact (see Magnitude.LeaveOneOut), and is measured anew after
// each. Distances are Euclidean.
//
// It takes 2·n³ operations, for the inverse and for what the removals change in it, and
// 24·n² bytes.
//
// Source: E. Fung, E. Bunch and D. Dickinson (2019), Approximating the convex hull via metric
// space magnitude, which orders points by a moment of its own and drops the least while the
// loss of magnitude stays below a threshold. Here the costs of removal order them.
type ApproxHull struct {
	// Scale is t, in the inverse of the unit of the rows. Default one over the largest
	// distance of a row to the mean. Larger values keep rows inside the hull as well.
	Scale float64

	// Tolerance is the share of the magnitude that may be lost, below 1. Default 0.01.
	// Larger values keep fewer rows. Ignored where Keep is given.
	Tolerance float64

	// Keep is the number of rows to keep, where it is given.
	Keep int

	// MemoryLimit in bytes refuses data that would need more. Default GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

// Resolve returns the options with defaults filled in but for Scale, which depends on the
// rows, or a *mat32.ParamError or *mat32.ShapeError, for a matrix of n rows and d columns.
func (h ApproxHull) Resolve(n, d int) (ApproxHull, error) {
	const method = "geometry.ApproxHull"
	if h.Tolerance == 0 {
		h.Tolerance = .01
	}
	if _, err := (Magnitude{Scale: h.Scale, MemoryLimit: h.MemoryLimit}).resolved(method, n, d); err != nil {
		return h, err
	}
	switch {
	case !(h.Tolerance > 0 && h.Tolerance < 1):
		return h, &mat32.ParamError{Method: method, Param: "Tolerance", Value: h.Tolerance, Want: "0 < Tolerance < 1"}
	case h.Keep < 0 || h.Keep > n:
		return h, &mat32.ParamError{Method: method, Param: "Keep", Value: h.Keep, Want: fmt.Sprintf("0 ≤ Keep ≤ n = %d", n)}
	}
	return h, nil
}

// Hull is what ApproxHull keeps.
type Hull struct {
	Rows      []int     // that are kept, in ascending order; the first of equal ones
	Removed   []int     // the others but for copies, in the order of their removal
	Costs     []float64 // of the magnitude, of each removal
	Magnitude float64   // of all rows
	Scale     float64
	Notes     []string
}

// String returns what is kept and lost in a line.
func (h *Hull) String() string {
	return fmt.Sprintf("%d rows hold %.4g of the magnitude %.5g of %d at scale %.4g",
		len(h.Rows), 1-total(h.Costs)/h.Magnitude, h.Magnitude, len(h.Rows)+len(h.Removed), h.Scale)
}

// Compute returns the rows of x (n × d) that are kept. Errors: those of mat32.Check and
// Resolve; *mat32.RowsNeededError for a mat32.Distances; *mat32.MemoryError;
// *mat32.DegenerateError where rows cannot be told apart at the Scale; and one that wraps
// ctx.Err().
func (h ApproxHull) Compute(ctx context.Context, x mat.Matrix) (*Hull, error) {
	const method = "geometry.ApproxHull"
	if _, ok := x.(*mat32.Distances); ok {
		return nil, &mat32.RowsNeededError{Method: method}
	}
	if err := mat32.CheckContext(ctx, x); err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	n, d := x.Dims()
	h, err := h.Resolve(n, d)
	if err != nil {
		return nil, err
	}
	if h.Scale == 0 {
		h.Scale = farthest(x)
	}
	m := Magnitude{Scale: h.Scale, MemoryLimit: h.MemoryLimit}
	if err := mat32.CheckMemory(method, m.bytes(x)+16*int64(n)*int64(n), h.MemoryLimit, "use fewer rows"); err != nil {
		return nil, err
	}
	p, err := m.points(ctx, method, x)
	if err != nil {
		return nil, err
	}
	z, giveBack := linalg.Symmetric(p.n)
	defer giveBack()
	s, err := p.factor(ctx, method, h.Scale, z)
	if err != nil {
		return nil, err
	}
	if s.definite == nil {
		return nil, &mat32.DegenerateError{Method: method, Reason: fmt.Sprintf("rows cannot be told apart at scale %.6g: take a larger one", h.Scale)}
	}
	w, err := s.weights(ctx)
	if err != nil {
		return nil, err
	}
	inverse, err := s.definite.Inverse(ctx)
	if err != nil {
		return nil, err
	}
	hull := &Hull{Magnitude: total(w), Scale: h.Scale, Notes: p.notes}
	if err := h.remove(ctx, hull, w, inverse); err != nil {
		return nil, err
	}
	for i, k := range hull.Removed {
		hull.Removed[i] = p.first[k]
	}
	for i, k := range hull.Rows {
		hull.Rows[i] = p.first[k]
	}
	return hull, nil
}

// remove takes points away one by one: without point k the weights are w − Z⁻¹ₖ·wₖ/(Z⁻¹)ₖₖ,
// and the inverse changes alike.
func (h ApproxHull) remove(ctx context.Context, hull *Hull, w []float64, inverse *mat.SymDense) error {
	raw := inverse.RawSymmetric()
	row := func(i int) []float64 { return raw.Data[i*raw.Stride : i*raw.Stride+raw.N] }
	alive := make([]int, len(w))
	for i := range alive {
		alive[i] = i
	}
	stage := watch.Start(ctx, "hull: removals", len(w))
	ctx, dismiss := par.WithCrew(ctx)
	defer dismiss()
	lost := 0.
	for len(alive) > max(h.Keep, 1) {
		best, least := 0, math.Inf(1)
		for t, i := range alive {
			if cost := w[i] * w[i] / row(i)[i]; cost < least {
				best, least = t, cost
			}
		}
		if h.Keep == 0 && lost+least > h.Tolerance*hull.Magnitude {
			break
		}
		lost += least
		k := alive[best]
		alive = slices.Delete(alive, best, best+1)
		hull.Removed, hull.Costs = append(hull.Removed, k), append(hull.Costs, least)
		own := row(k)
		err := par.Blocks(ctx, len(alive), 64, func(lo, hi int) {
			for _, i := range alive[lo:hi] {
				share := row(i)[k] / own[k]
				w[i] -= share * w[k]
				kernel.Axpy64(-share, own, row(i))
			}
		})
		if err != nil {
			return err
		}
		stage.Add(1)
	}
	hull.Rows = alive
	return nil
}

// farthest returns one over the largest distance of a row to the mean, or 1 where all
// are equal.
func farthest(x mat.Matrix) float64 {
	n, d := x.Dims()
	mean, buf := make([]float64, d), make([]float64, d)
	for i := range n {
		for j, v := range mat32.Row(buf, i, x) {
			mean[j] += v / float64(n)
		}
	}
	most := 0.
	for i := range n {
		length := 0.
		for j, v := range mat32.Row(buf, i, x) {
			length = math.Hypot(length, v-mean[j])
		}
		most = max(most, length)
	}
	if scale := 1 / most; scale > 0 && !math.IsInf(scale, 0) {
		return scale
	}
	return 1
}
