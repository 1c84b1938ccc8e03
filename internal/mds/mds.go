// Package mds places points so that their distances are near given dissimilarities:
// multidimensional scaling.
//
// Dissimilarities and weights are condensed, as mat32.Distances holds them: of every
// pair i < j one float64, row after row, 4·n² bytes. They are borrowed and never
// changed. Layouts have the same bits on any number of cores.
package mds

import (
	"context"
	"errors"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
)

// ErrNotFinite says that squares of the dissimilarities, or the points, are beyond
// float64.
var ErrNotFinite = errors.New("the dissimilarities or the layout exceed float64")

// ErrUnconnected says that the weights leave some rows without a way to the others,
// so that where they lie is open.
var ErrUnconnected = errors.New("the positive weights do not connect all rows")

// Layout is where points were placed.
type Layout struct {
	Points     *mat.Dense // n × dim, around the origin
	Stress     float64    // Σ w·(d − δ)² over all pairs
	Squares    float64    // Σ w·d², of the distances between the points
	Iterations int
	Converged  bool
	Notes      []string
}

// Normalized returns Kruskal's stress-1, √(Σ w·(d − δ)² / Σ w·d²): 0 for a perfect
// fit, and NaN where all points coincide and should not.
func (l *Layout) Normalized() float64 { return normalized(l.Stress, l.Squares) }

func normalized(stress, squares float64) float64 {
	if stress == 0 {
		return 0
	}
	return math.Sqrt(stress / squares)
}

// after returns where the pairs of row i with the rows that follow it begin.
func after(n, i int) int { return i * (2*n - i - 1) / 2 }

// Condense returns the condensed form of what row tells: it writes the
// dissimilarities of row i to rows i+1 … n−1. Many goroutines call it at once.
func Condense(ctx context.Context, n int, row func(i int, after []float64)) ([]float64, error) {
	const rowsAtOnce = 8
	pairs := make([]float64, n*(n-1)/2)
	err := par.Blocks(ctx, n, rowsAtOnce, func(lo, hi int) {
		for i := lo; i < hi && ctx.Err() == nil; i++ {
			row(i, pairs[after(n, i):after(n, i+1)])
		}
	})
	return pairs, err
}

// Stress returns the raw stress of points (n × k) for dissimilarities, and the sum
// of their squared distances: Σ w·(d − δ)² and Σ w·d². weights may be nil for 1.
func Stress(ctx context.Context, dissimilarities, weights []float64, points *mat.Dense) (stress, squares float64, err error) {
	x := columnsOf(points)
	p := newPass(x.n, x.k, dissimilarities, weights)
	t, err := p.run(ctx, x, nil)
	return t.stress, t.squares, err
}

// coordinates are those of n points in k dimensions, one dimension after the other:
// the innermost loops run over points.
type coordinates struct {
	n, k int
	of   []float64
}

func newCoordinates(n, k int) coordinates { return coordinates{n, k, make([]float64, n*k)} }

func columnsOf(m *mat.Dense) coordinates {
	n, k := m.Dims()
	x := newCoordinates(n, k)
	for c := range k {
		mat.Col(x.along(c), c, m)
	}
	return x
}

// along returns the coordinates of all points along dimension c.
func (x coordinates) along(c int) []float64 { return x.of[c*x.n : (c+1)*x.n] }

func (x coordinates) dense() *mat.Dense {
	m := mat.NewDense(x.n, x.k, nil)
	for c := range x.k {
		m.SetCol(c, x.along(c))
	}
	return m
}

// center moves the mean of the points to the origin.
func (x coordinates) center() {
	for c := range x.k {
		to := x.along(c)
		mean := 0.
		for _, v := range to {
			mean += v / float64(x.n)
		}
		for i := range to {
			to[i] -= mean
		}
	}
}

func (x coordinates) finite() bool {
	for _, v := range x.of {
		if v-v != 0 {
			return false
		}
	}
	return true
}
