package mds

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/watch"
)

// SMACOF lowers the stress Σ w·(d − δ)² by majorisation: every iteration moves all
// points to the minimum of a parabola above it, by the Guttman transform, so that it
// never rises (J. de Leeuw (1977), Applications of convex analysis to
// multidimensional scaling).
//
// An iteration goes once over all pairs, with square root and division: time
// O(n²·k), memory n²·k/16 bytes beside the dissimilarities, and 24·n² more with
// weights, for the inverse of their matrix, which takes O(n³) once.
type SMACOF struct {
	Dim        int
	Iterations int     // 0 means 300
	Tolerance  float64 // it ends where an iteration lowers the stress by less, relative to Σ w·d²; 0 means 1e-6

	Weights []float64  // condensed, 0 or more; nil for 1
	Start   *mat.Dense // n × Dim; nil for the classical layout
	Seed    uint64     // of what a classical start lacks
	Stage   string     // what who watches is told; "" means "SMACOF"
}

// Place returns the layout of n points. A cancel during the iterations returns the
// layout so far with the error of the context. Other errors: ErrNotFinite,
// ErrUnconnected.
func (s SMACOF) Place(ctx context.Context, n int, dissimilarities []float64) (*Layout, error) {
	if s.Iterations == 0 {
		s.Iterations = 300
	}
	if s.Tolerance == 0 {
		s.Tolerance = 1e-6
	}
	if s.Stage == "" {
		s.Stage = "SMACOF"
	}
	x, notes, err := begin(ctx, n, s.Dim, dissimilarities, s.Start, s.Seed)
	if err != nil {
		return nil, err
	}
	move, err := guttman(ctx, n, s.Dim, s.Weights)
	if err != nil {
		return nil, err
	}
	run := descent{x: x, move: move, iterations: s.Iterations, tolerance: s.Tolerance, stage: s.Stage}
	p := newPass(n, s.Dim, dissimilarities, s.Weights)
	run.step = func(ctx context.Context, x coordinates, to *coordinates, _ int) (totals, error) {
		return p.run(ctx, x, to)
	}
	l, err := run.place(ctx)
	if l != nil {
		l.Notes = append(notes, l.Notes...)
	}
	return l, err
}

// descent is the iteration that metric and non-metric scaling share.
type descent struct {
	x          coordinates
	step       func(ctx context.Context, x coordinates, to *coordinates, iteration int) (totals, error)
	move       func(ctx context.Context, x, numerator coordinates) error
	iterations int
	tolerance  float64
	stage      string
}

func (d *descent) place(ctx context.Context) (*Layout, error) {
	x, next := d.x, newCoordinates(d.x.n, d.x.k)
	l := &Layout{Stress: math.NaN(), Squares: math.NaN()}
	end := func(err error) (*Layout, error) {
		if !x.finite() {
			return nil, ErrNotFinite
		}
		x.center() // rounding adds up
		l.Points = x.dense()
		return l, err
	}
	t, err := d.step(ctx, x, &next, 0)
	if err != nil {
		return end(err)
	}
	for it := 1; it <= d.iterations; it++ {
		if math.IsNaN(t.stress) || math.IsInf(t.stress, 0) {
			return nil, ErrNotFinite
		}
		l.Stress, l.Squares = t.stress, t.squares
		if err := d.move(ctx, x, next); err != nil {
			return end(err)
		}
		old := t.falling
		if t, err = d.step(ctx, x, &next, it); err != nil {
			return end(err)
		}
		l.Iterations, l.Stress, l.Squares = it, t.stress, t.squares
		if watch.Watched(ctx) {
			watch.Report(ctx, watch.Event{Stage: d.stage, Done: it, Total: d.iterations, Loss: l.Normalized(), Layout: x.dense})
		}
		if t.stress == 0 || it > 1 && old-t.falling < d.tolerance*t.squares {
			l.Converged = true
			break
		}
	}
	if !l.Converged {
		l.Notes = append(l.Notes, fmt.Sprintf("after %d iterations the stress was still falling", d.iterations))
	}
	return end(nil)
}

// guttman returns what moves points to where the Guttman transform says, given its
// numerator: divided by n, or times the inverse of the matrix of the weights.
func guttman(ctx context.Context, n, k int, weights []float64) (func(ctx context.Context, x, numerator coordinates) error, error) {
	if weights == nil {
		return func(_ context.Context, x, numerator coordinates) error {
			for i, v := range numerator.of {
				x.of[i] = v / float64(n)
			}
			return nil
		}, nil
	}
	inverse, err := inverted(ctx, n, weights)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, x, numerator coordinates) error {
		// Into a matrix of its own: a cancel leaves x as it was.
		moved := newCoordinates(n, k)
		err := kernel.Gemm64(ctx, blas.NoTrans, blas.NoTrans, 1, blas64.General{Rows: k, Cols: n, Stride: n, Data: numerator.of},
			inverse, 0, blas64.General{Rows: k, Cols: n, Stride: n, Data: moved.of})
		if err == nil {
			copy(x.of, moved.of)
			x.center()
		}
		return err
	}, nil
}

// inverted returns (V + c·11ᵀ)⁻¹, where V is the Laplacian of the weights: what it
// makes of columns that sum to 0 is what the pseudo-inverse of V does.
func inverted(ctx context.Context, n int, weights []float64) (blas64.General, error) {
	if !connected(n, weights) {
		return blas64.General{}, ErrUnconnected
	}
	v := mat.NewSymDense(n, nil)
	raw := v.RawSymmetric()
	sum := 0.
	for _, w := range weights {
		sum += w
	}
	rank1 := 2 * sum / float64(n) / float64(n) // c·n is the mean of the diagonal
	err := par.Blocks(ctx, n, stripRows, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			row := raw.Data[i*raw.Stride:][:n]
			degree := 0.
			for j := range i {
				degree += weights[after(n, j)+i-j-1]
			}
			for j, w := range weights[after(n, i):after(n, i+1)] {
				degree += w
				row[i+1+j] = rank1 - w
			}
			row[i] = degree + rank1
		}
	})
	if err != nil {
		return blas64.General{}, err
	}
	factor, err := linalg.NewCholesky(ctx, v)
	if err != nil {
		if ctx.Err() == nil {
			err = fmt.Errorf("%w, to rounding", ErrUnconnected)
		}
		return blas64.General{}, err
	}
	inverse, err := factor.Inverse(ctx)
	if err != nil {
		return blas64.General{}, err
	}
	sym := inverse.RawSymmetric()
	full := blas64.General{Rows: n, Cols: n, Stride: sym.Stride, Data: sym.Data}
	err = par.Blocks(ctx, n, stripRows, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			for j := range i {
				full.Data[i*full.Stride+j] = full.Data[j*full.Stride+i]
			}
		}
	})
	return full, err
}

// connected reports whether pairs with a positive weight connect all rows.
func connected(n int, weights []float64) bool {
	parent := make([]int, n)
	for i := range parent {
		parent[i] = i
	}
	root := func(i int) int {
		for parent[i] != i {
			parent[i] = parent[parent[i]]
			i = parent[i]
		}
		return i
	}
	left := n - 1
	for i := range n {
		a := root(i)
		for j, w := range weights[after(n, i):after(n, i+1)] {
			if w > 0 {
				if b := root(i + 1 + j); b != a {
					parent[b] = a
					left--
				}
			}
		}
		if left == 0 {
			return true
		}
	}
	return left <= 0
}
