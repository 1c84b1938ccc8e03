package geometry

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
	"github.com/flatland-go/flatland/pkg/watch"
)

// MSTSpread spreads points over the sphere by making their minimum spanning tree longer, step
// by step: every edge pushes its ends apart, and the points are brought back to length 1. No more
// than d+1 points end at the corners of a regular simplex, whose cosines are all −1/(n−1): where
// dimensions are free the tree uses them, which is why its length undoes their collapse.
//
// Apply takes x of n × d. Time of Steps trees (neighbors.MST), memory 16·n·d bytes and that of
// one. Cancelled, it returns the points so far, marked Partial, with the error.
//
// Source: J. Mordacq, D. Loiseaux, V. Kalogeiton and S. Oudot (2025), T-REGS: minimum spanning
// tree regularization for self-supervised learning, where points are the rows that a network
// makes.
type MSTSpread struct {
	// Steps is how many there are. Larger values come nearer to the end. Default 500.
	Steps int

	// Rate is how far an edge pushes its ends in the first step, the radius being 1; it falls
	// to 0 in a straight line. Larger values go faster, and past the end. Default 0.1.
	Rate float64
}

const mstSpread = "geometry.MSTSpread"

// Resolve returns the options with defaults filled in, or a *mat32.ParamError; n and d do
// not matter.
func (m MSTSpread) Resolve(n, d int) (MSTSpread, error) {
	if m.Steps == 0 {
		m.Steps = 500
	}
	if m.Rate == 0 {
		m.Rate = .1
	}
	if m.Steps < 1 || m.Steps > 1<<24 {
		return m, &mat32.ParamError{Method: mstSpread, Param: "Steps", Value: m.Steps, Want: "1 ≤ Steps ≤ 16777216, or 0 for 500"}
	}
	if !(m.Rate > 0 && m.Rate <= 10) {
		return m, &mat32.ParamError{Method: mstSpread, Param: "Rate", Value: m.Rate, Want: "0 < Rate ≤ 10, or 0 for 0.1"}
	}
	return m, nil
}

// SpreadPoints is what MSTSpread makes of rows.
type SpreadPoints struct {
	Points  *mat.Dense // n × d, of length 1
	Lengths []float64  // of the tree before each step, and after the last
	Partial bool       // it was cancelled
}

// String returns a line.
func (s *SpreadPoints) String() string {
	n, d := s.Points.Dims()
	last := len(s.Lengths) - 1
	return fmt.Sprintf("%d points in %d dimensions, spanning tree %.4g → %.4g in %d steps", n, d, s.Lengths[0], s.Lengths[last], last)
}

// Apply spreads the rows of x, brought to length 1. Errors: those of Resolve, mat32.CheckRows and
// mat32.Check, *mat32.ShapeError below 2 rows or columns, *mat32.DegenerateError for a row of
// zeros, *mat32.MemoryError, and one that wraps ctx.Err().
func (m MSTSpread) Apply(ctx context.Context, x mat.Matrix) (*SpreadPoints, error) {
	m, err := m.Resolve(0, 0)
	if err != nil {
		return nil, err
	}
	z, err := directionsOf(ctx, mstSpread, 2, 2, x)
	if err != nil {
		return nil, err
	}
	n, d := z.rows.Dims()
	if d < 2 {
		return nil, fmt.Errorf("%s: %w", mstSpread, &mat32.ShapeError{What: "x", Rows: z.given, Cols: d, Want: "at least 2 columns"})
	}
	if n < z.given {
		return nil, &mat32.DegenerateError{Method: mstSpread, Reason: "a row is zero and lies nowhere on the sphere"}
	}
	s := &SpreadPoints{Points: z.rows}
	push := mat.NewDense(n, d, nil)
	apart := make([]float64, d)
	for step := 0; ; step++ {
		tree, err := neighbors.MST{}.Fit(ctx, s.Points)
		if err != nil {
			s.Partial = len(s.Lengths) > 0 && ctx.Err() != nil
			if !s.Partial {
				s = nil
			}
			return s, mat32.Rename(mstSpread, err)
		}
		s.Lengths = append(s.Lengths, tree.Length())
		watch.Report(ctx, watch.Event{Stage: "MST spread: steps", Done: step, Total: m.Steps, Loss: -tree.Length(),
			Layout: func() *mat.Dense { return mat.DenseCopyOf(s.Points) }})
		if step == m.Steps {
			return s, nil
		}
		push.Zero()
		for k, e := range tree.Edges {
			copy(apart, s.Points.RawRowView(int(e.I)))
			kernel.Axpy64(-1, s.Points.RawRowView(int(e.J)), apart)
			if !normalize(apart) { // equal rows part any way
				r := rng.New(0, mstSpread, step*n+k)
				for j := range apart {
					apart[j] = r.Normal() / math.Sqrt(float64(d))
				}
			}
			kernel.Axpy64(1, apart, push.RawRowView(int(e.I)))
			kernel.Axpy64(-1, apart, push.RawRowView(int(e.J)))
		}
		rate := m.Rate * (1 - float64(step)/float64(m.Steps))
		for i := range n {
			p := s.Points.RawRowView(i)
			kernel.Axpy64(rate, push.RawRowView(i), p)
			normalize(p)
		}
	}
}
