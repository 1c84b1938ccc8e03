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

// FalseNeighbors counts, for states of d = 1, 2, … delayed values, the nearest neighbours that
// are near only since d is too low: one value more takes them apart (M. Kennel, R. Brown and H.
// Abarbanel, 1992, Determining embedding dimension for phase-space reconstruction using a
// geometrical construction). Neighbours are false where the next value differs by more than
// Ratio times their distance, or where they are then farther apart than Size times the standard
// deviation of the series. Distances are Euclid's.
//
// Time O(MaxDim²·n·log n) for series of low dimension, memory 8·n·MaxDim bytes.
type FalseNeighbors struct {
	// Lag is the number of steps between two values of a state. Default as of Cao.
	Lag int

	// MaxDim is the largest d. Default 10, or less where the series is short.
	MaxDim int

	// Ratio is by how many of their distance neighbours may part. Larger values call fewer
	// false. Default 15.
	Ratio float64

	// Size is how many standard deviations of the series neighbours may be apart. Larger values
	// call fewer false. Default 2.
	Size float64

	// Share is the share of false neighbours below which d is enough. Default 0.01.
	Share float64

	// Theiler is for how many steps around a state others are not taken for neighbours. Default
	// 0: the state itself alone.
	Theiler int
}

// FalseShares are what FalseNeighbors counts.
type FalseShares struct {
	Dim    int // the first d with a share of false neighbours below the limit; 0 for none within MaxDim
	Lag    int
	Shares []float64 // of d = 1, 2, …
	Notes  []string
}

const falseNeighbors = "dynamics.FalseNeighbors"

// Resolve returns the options with defaults filled in, for a series of n values; d is ignored.
// The error is a *mat32.ParamError or *mat32.ShapeError. A Lag of 0 is found from the series
// itself.
func (f FalseNeighbors) Resolve(n, d int) (FalseNeighbors, error) {
	fail := func(param string, value any, want string) error {
		return &mat32.ParamError{Method: falseNeighbors, Param: param, Value: value, Want: want}
	}
	c, err := Cao{Lag: f.Lag, MaxDim: f.MaxDim, Theiler: f.Theiler}.Resolve(n, d)
	if err != nil {
		return f, mat32.Rename(falseNeighbors, err)
	}
	f.MaxDim = c.MaxDim
	if f.Ratio == 0 {
		f.Ratio = 15
	}
	if !(f.Ratio > 0) || math.IsInf(f.Ratio, 0) {
		return f, fail("Ratio", f.Ratio, "a positive number")
	}
	if f.Size == 0 {
		f.Size = 2
	}
	if !(f.Size > 0) || math.IsInf(f.Size, 0) {
		return f, fail("Size", f.Size, "a positive number")
	}
	if f.Share == 0 {
		f.Share = 0.01
	}
	if !(f.Share > 0 && f.Share < 1) {
		return f, fail("Share", f.Share, "0 < Share < 1")
	}
	return f, nil
}

// Estimate counts the false neighbours of a series: x is one column, in the order of time.
// Errors: a *mat32.NotFiniteError, *mat32.ShapeError or *mat32.ParamError, a
// *mat32.DegenerateError for a constant series, and that of ctx.
func (f FalseNeighbors) Estimate(ctx context.Context, x mat.Matrix) (*FalseShares, error) {
	values, lag, notes, err := lagged(ctx, falseNeighbors, x, f.Lag)
	if err != nil {
		return nil, err
	}
	f.Lag = lag
	if f, err = f.Resolve(len(values), 1); err != nil {
		return nil, err
	}
	out := &FalseShares{Lag: lag, Notes: notes}
	scaled := unitOf(values).all(values)
	stage := watch.Start(ctx, "false neighbours", f.MaxDim)
	for d := 1; d <= f.MaxDim; d++ {
		share, err := f.share(ctx, scaled, d)
		if err != nil {
			return nil, err
		}
		out.Shares = append(out.Shares, share)
		if share < f.Share && out.Dim == 0 {
			out.Dim = d
		}
		stage.Add(1)
	}
	if out.Dim == 0 {
		out.Notes = append(out.Notes,
			fmt.Sprintf("no d ≤ %d has less than %g of false neighbours", f.MaxDim, f.Share))
	}
	return out, nil
}

// share counts the false neighbours of states of d values. Those at no distance are false where
// the next value differs at all.
func (f FalseNeighbors) share(ctx context.Context, values []float64, d int) (float64, error) {
	states, err := Delays(values[:len(values)-f.Lag], d, f.Lag)
	if err != nil {
		return 0, mat32.Rename(falseNeighbors, err)
	}
	n, _ := states.Dims()
	t := newTree(ctx, states.RawMatrix().Data, d, euclidean)
	wrong, all := make([]bool, n), make([]bool, n)
	scratch := func() *search { return &search{ctx: ctx, tree: t, theiler: f.Theiler} }
	err = par.BlocksWith(ctx, n, 64, scratch, func(s *search, lo, hi int) {
		for i := lo; i < hi; i++ {
			near := s.nearest(i, 1)
			if len(near) == 0 {
				continue
			}
			all[i] = true
			next := math.Abs(values[i+d*f.Lag] - values[int(near[0].point)+d*f.Lag])
			wrong[i] = next > f.Ratio*math.Sqrt(near[0].distance) || math.Sqrt(near[0].distance+next*next) > f.Size
		}
	})
	if err != nil {
		return 0, err
	}
	count, of := 0, 0
	for i := range all {
		if all[i] {
			of++
			if wrong[i] {
				count++
			}
		}
	}
	return float64(count) / float64(max(of, 1)), nil
}

// String returns a small table.
func (f *FalseShares) String() string {
	var b strings.Builder
	if f.Dim > 0 {
		fmt.Fprintf(&b, "embedding dimension (false neighbours)  %d", f.Dim)
	} else {
		b.WriteString("embedding dimension (false neighbours)  not reached")
	}
	fmt.Fprintf(&b, "\n  lag    %d\n  d      ", f.Lag)
	for d := range f.Shares {
		fmt.Fprintf(&b, "%7d", d+1)
	}
	b.WriteString("\n  false  ")
	for _, s := range f.Shares {
		fmt.Fprintf(&b, "%7.3f", s)
	}
	for _, n := range f.Notes {
		b.WriteString("\n  note   " + n)
	}
	return b.String()
}
