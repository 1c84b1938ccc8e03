package dynamics

import (
	"context"
	"fmt"
	"math"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// Cao finds how many delayed values of a series make a state: in too few dimensions points are
// neighbours that are not, and part when one dimension more is looked at (L. Cao, 1997,
// Practical method for determining the minimum embedding dimension of a scalar time series).
//
// E1(d) compares by how much nearest neighbours part from d to d+1 dimensions with how much
// they do from d+1 to d+2; it stops changing, near 1, where d is enough. E2(d) compares how far
// apart the values that follow are: where the past says nothing of the future, as in noise, it
// is 1 for every d; where E2 is not, the series is deterministic to that extent. Distances are
// the largest difference of a coordinate.
//
// Time O(MaxDim²·n·log n) for series of low dimension, memory 8·n·MaxDim bytes.
type Cao struct {
	// Lag is the number of steps between two values of a state. Default 1 where the correlation
	// of neighbouring values is below 1/e, as in maps, and else the first minimum of the mutual
	// information of the series and itself later.
	Lag int

	// MaxDim is the largest d of which E1 and E2 are found. Default 10, or less where the series
	// is short.
	MaxDim int

	// Tolerance is how near to 1 E1 must come, and stay. Larger values find fewer dimensions.
	// Default 0.15.
	Tolerance float64

	// Noise is how far from 1 E2 must be for some d, for the series not to be called noise.
	// Default 0.1.
	Noise float64

	// Theiler is for how many steps around a state others are not taken for neighbours, since
	// they are near in time. Default 0: the state itself alone.
	Theiler int
}

// EmbeddingDimension is what Cao finds.
type EmbeddingDimension struct {
	Dim   int       // the minimum dimension; 0 where E1 does not come near 1 within MaxDim
	Noise bool      // E2 is about 1 for all d: the series is noise, as far as can be told from it
	Lag   int       // the steps between two values of a state
	E1    []float64 // of d = 1, 2, …
	E2    []float64
	Notes []string
}

const (
	cao = "dynamics.Cao"

	// mostDims is how many values make a state at most: beyond, all are about equally far.
	mostDims = 100
)

// Resolve returns the options with defaults filled in, for a series of n values; d is ignored.
// The error is a *mat32.ParamError, or wraps a *mat32.ShapeError. A Lag of 0 is found from the
// series itself.
func (c Cao) Resolve(n, d int) (Cao, error) {
	fail := func(param string, value any, want string) error {
		return &mat32.ParamError{Method: cao, Param: param, Value: value, Want: want}
	}
	if n < 20 {
		return c, mat32.Rename(cao, &mat32.ShapeError{
			What: "x", Rows: n, Cols: d, Want: "one column of 20 values or more, in the order of time",
		})
	}
	if c.Lag < 0 || c.Lag > n/4 {
		return c, fail("Lag", c.Lag, fmt.Sprintf("1 ≤ Lag ≤ n/4 = %d, or 0 for one found from the series", n/4))
	}
	lag := max(c.Lag, 1)
	// States of MaxDim+2 values must be left, ten at least.
	most := min((n-10)/lag-1, mostDims)
	if c.MaxDim == 0 {
		c.MaxDim = max(min(10, most), 1)
	}
	if c.MaxDim < 1 || c.MaxDim > most {
		return c, fail("MaxDim", c.MaxDim, fmt.Sprintf("1 ≤ MaxDim ≤ %d and (n−10)/Lag − 1, that is %d", mostDims, most))
	}
	if c.Tolerance == 0 {
		c.Tolerance = 0.15
	}
	if !(c.Tolerance > 0 && c.Tolerance < 1) {
		return c, fail("Tolerance", c.Tolerance, "0 < Tolerance < 1")
	}
	if c.Noise == 0 {
		c.Noise = 0.1
	}
	if !(c.Noise > 0 && c.Noise < 1) {
		return c, fail("Noise", c.Noise, "0 < Noise < 1")
	}
	if c.Theiler < 0 || c.Theiler > n/8 {
		return c, fail("Theiler", c.Theiler, fmt.Sprintf("0 ≤ Theiler ≤ n/8 = %d", n/8))
	}
	return c, nil
}

// Estimate finds the dimension of a series: x is one column, in the order of time. Errors: a
// *mat32.NotFiniteError, *mat32.ShapeError or *mat32.ParamError, a *mat32.DegenerateError for a
// constant series, and that of ctx.
func (c Cao) Estimate(ctx context.Context, x mat.Matrix) (*EmbeddingDimension, error) {
	values, lag, notes, err := lagged(ctx, cao, x, c.Lag)
	if err != nil {
		return nil, err
	}
	c.Lag = lag
	if c, err = c.Resolve(len(values), 1); err != nil {
		return nil, err
	}
	out := &EmbeddingDimension{Lag: lag, Notes: notes}
	values = unitOf(values).all(values)
	if err := mat32.CheckMemory(cao, 8*int64(len(values))*int64(c.MaxDim+2), 0, "a smaller MaxDim takes less"); err != nil {
		return nil, err
	}
	stage := watch.Start(ctx, "Cao's dimension", c.MaxDim+1)
	e, far := make([]float64, c.MaxDim+1), make([]float64, c.MaxDim+1)
	for d := 1; d <= c.MaxDim+1; d++ {
		if e[d-1], far[d-1], err = c.parting(ctx, values, d); err != nil {
			return nil, err
		}
		stage.Add(1)
	}
	out.Noise = true
	for d := range c.MaxDim {
		out.E1 = append(out.E1, e[d+1]/e[d])
		out.E2 = append(out.E2, far[d+1]/far[d])
		out.Noise = out.Noise && math.Abs(out.E2[d]-1) <= c.Noise
	}
	for d := c.MaxDim; d >= 1 && math.Abs(out.E1[d-1]-1) <= c.Tolerance; d-- {
		out.Dim = d
	}
	if out.Dim == 0 {
		out.Notes = append(out.Notes,
			fmt.Sprintf("E1 does not come within %g of 1 for d ≤ %d", c.Tolerance, c.MaxDim))
	}
	if out.Noise {
		out.Notes = append(out.Notes,
			"E2 is about 1 for every d: the past says no more of the next value in any dimension, as in noise")
	}
	return out, nil
}

// parting returns E(d), by what factor the distance of nearest neighbours grows from d to d+1
// dimensions, and E*(d), how far apart the next values of neighbours are, both in the mean.
func (c Cao) parting(ctx context.Context, values []float64, d int) (e, far float64, err error) {
	n := len(values) - d*c.Lag // states of d values that have one more
	points := make([]float64, n*d)
	for i := range n {
		for j := range d {
			points[i*d+j] = values[i+j*c.Lag]
		}
	}
	t := newTree(ctx, points, d, chebyshev)
	factor, gap := make([]float64, n), make([]float64, n)
	scratch := func() *search { return &search{ctx: ctx, tree: t, theiler: c.Theiler, distinct: true} }
	err = par.BlocksWith(ctx, n, 64, scratch, func(s *search, lo, hi int) {
		for i := lo; i < hi; i++ {
			factor[i], gap[i] = math.NaN(), math.NaN()
			if near := s.nearest(i, 1); len(near) > 0 {
				next := math.Abs(values[i+d*c.Lag] - values[int(near[0].point)+d*c.Lag])
				factor[i], gap[i] = math.Max(near[0].distance, next)/near[0].distance, next
			}
		}
	})
	if err != nil {
		return 0, 0, err
	}
	count := 0
	for i, f := range factor {
		if !math.IsNaN(f) {
			e, far, count = e+f, far+gap[i], count+1
		}
	}
	if count == 0 || far == 0 {
		return 0, 0, &mat32.DegenerateError{Method: cao, Reason: fmt.Sprintf(
			"states of %d values repeat: none has a neighbour at a distance whose future is another", d)}
	}
	if math.IsInf(e, 0) {
		return 0, 0, &mat32.DegenerateError{
			Method: cao, Reason: "a few values dwarf all others: neighbours part by a factor that is no number",
		}
	}
	return e / float64(count), far / float64(count), nil
}

// String returns a small table.
func (e *EmbeddingDimension) String() string {
	var b strings.Builder
	if e.Dim > 0 {
		fmt.Fprintf(&b, "minimum embedding dimension (Cao)  %d", e.Dim)
	} else {
		b.WriteString("minimum embedding dimension (Cao)  not reached")
	}
	fmt.Fprintf(&b, "\n  lag  %d\n  d  ", e.Lag)
	for d := range e.E1 {
		fmt.Fprintf(&b, "%7d", d+1)
	}
	for i, row := range [][]float64{e.E1, e.E2} {
		fmt.Fprintf(&b, "\n  E%d ", i+1)
		for _, v := range row {
			fmt.Fprintf(&b, "%7.3f", v)
		}
	}
	for _, n := range e.Notes {
		b.WriteString("\n  note  " + n)
	}
	return b.String()
}
