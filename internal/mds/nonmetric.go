package mds

import (
	"context"
	"math"
	"math/bits"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/isotonic"
	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
)

// NonMetric keeps the order of the dissimilarities alone: the stress is that for
// disparities, the numbers in this order nearest to the distances (J. Kruskal (1964),
// Nonmetric multidimensional scaling: a numerical method). Where dissimilarities are
// equal, disparities need not be: Kruskal's primary approach to ties.
//
// Every iteration regresses the distances on the order, and takes one step of SMACOF
// towards the disparities, scaled to a mean square of 1. The first is towards the
// dissimilarities themselves: the order of the distances of a poor start says little.
// Time O(n²·k) an iteration and O(n²) to sort once, more where many are equal; memory
// 12·n² bytes beside the dissimilarities.
type NonMetric struct {
	Dim        int
	Iterations int        // 0 means 300
	Tolerance  float64    // it ends where an iteration lowers the stress by less, relative to Σ d²; 0 means 1e-6
	Start      *mat.Dense // n × Dim; nil for the classical layout
	Seed       uint64     // of what a classical start lacks
}

// Place returns the layout of n points; its Stress is that for the disparities. A
// cancel during the iterations returns the layout so far with the error of the
// context. Other errors: ErrNotFinite.
func (s NonMetric) Place(ctx context.Context, n int, dissimilarities []float64) (*Layout, error) {
	if s.Iterations == 0 {
		s.Iterations = 300
	}
	if s.Tolerance == 0 {
		s.Tolerance = 1e-6
	}
	x, notes, err := begin(ctx, n, s.Dim, dissimilarities, s.Start, s.Seed)
	if err != nil {
		return nil, err
	}
	r, err := newRegression(ctx, dissimilarities)
	if err != nil {
		return nil, err
	}
	move, _ := guttman(ctx, n, s.Dim, nil)
	p := newPass(n, s.Dim, nil, nil)
	l, err := (&descent{x: x, move: move, iterations: s.Iterations, tolerance: s.Tolerance, stage: "non-metric scaling",
		step: func(ctx context.Context, x coordinates, to *coordinates, iteration int) (totals, error) {
			p.targets = dissimilarities
			if iteration > 0 {
				if err := r.fit(ctx, x); err != nil {
					return totals{}, err
				}
				p.targets = r.disparities
			}
			t, err := p.run(ctx, x, to)
			if err != nil {
				return t, err
			}
			scale := unitSquare(p.targets)
			for i := range to.of {
				to.of[i] *= scale
			}
			// What falls is the stress for disparities of that scale, Σ (d − scale·d̂)²,
			// where Σ d·d̂ = Σ d̂² = Σ d² − Σ (d − d̂)² for the regression d̂.
			m := float64(len(p.targets))
			t.falling = t.squares + m - 2*math.Sqrt(m*max(t.squares-t.stress, 0))
			return t, nil
		}}).place(ctx)
	if l != nil {
		l.Notes = append(notes, l.Notes...)
	}
	return l, err
}

// unitSquare returns the factor that brings the mean square of values to 1.
func unitSquare(values []float64) float64 {
	sum := 0.
	for _, v := range values {
		sum += v * v
	}
	if sum == 0 {
		return 1
	}
	return math.Sqrt(float64(len(values)) / sum)
}

// regression fits distances to the order of the dissimilarities.
type regression struct {
	order       []uint32 // of the pairs
	ties        [][2]int // parts of order whose dissimilarities are equal
	disparities []float64
	sorted      []float64
}

const pairsAtOnce = 1 << 15

func newRegression(ctx context.Context, dissimilarities []float64) (*regression, error) {
	r := &regression{}
	var err error
	if r.order, err = ordered(ctx, dissimilarities); err != nil {
		return nil, err
	}
	for from := 0; from < len(r.order); {
		to, value := from+1, dissimilarities[r.order[from]]
		for to < len(r.order) && dissimilarities[r.order[to]] == value {
			to++
		}
		if to > from+1 {
			r.ties = append(r.ties, [2]int{from, to})
		}
		from = to
	}
	r.disparities, r.sorted = make([]float64, len(r.order)), make([]float64, len(r.order))
	return r, nil
}

// fit makes the disparities those of the distances between the points.
func (r *regression) fit(ctx context.Context, x coordinates) error {
	d := r.disparities
	if err := lengths(ctx, d, x); err != nil {
		return err
	}
	err := par.Blocks(ctx, len(r.ties), 64, func(lo, hi int) {
		for _, t := range r.ties[lo:hi] {
			if ctx.Err() != nil {
				return
			}
			slices.SortFunc(r.order[t[0]:t[1]], func(a, b uint32) int {
				switch {
				case d[a] < d[b]:
					return -1
				case d[a] > d[b]:
					return 1
				}
				return int(a) - int(b)
			})
		}
	})
	if err != nil {
		return err
	}
	err = par.Blocks(ctx, len(d), pairsAtOnce, func(lo, hi int) {
		for t, p := range r.order[lo:hi] {
			r.sorted[lo+t] = d[p]
		}
	})
	if err != nil {
		return err
	}
	if err := isotonic.Fit(ctx, r.sorted, r.sorted, nil); err != nil {
		return err
	}
	return par.Blocks(ctx, len(d), pairsAtOnce, func(lo, hi int) {
		for t, p := range r.order[lo:hi] {
			d[p] = r.sorted[lo+t]
		}
	})
}

// lengths fills d with the distances between the points.
func lengths(ctx context.Context, d []float64, x coordinates) error {
	return par.Blocks(ctx, x.n, 16, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			row := d[after(x.n, i):after(x.n, i+1)]
			clear(row)
			for c := range x.k {
				kernel.AddSquares64(row, x.along(c)[i+1:], x.along(c)[i])
			}
			for t, s := range row {
				row[t] = math.Sqrt(s)
			}
		}
	})
}

// ordered returns the places of values, none of which is negative, from the least to
// the largest; equal ones in the order of their places.
func ordered(ctx context.Context, values []float64) ([]uint32, error) {
	// The bits of such numbers are in their order: sort by digits, the last first.
	const digit = 11
	n := len(values)
	keys, spare := make([]uint64, n), make([]uint64, n)
	order, next := make([]uint32, n), make([]uint32, n)
	differ := uint64(0)
	for i, v := range values {
		keys[i], order[i] = math.Float64bits(v+0), uint32(i) // a negative zero is none
		differ |= keys[i] ^ keys[0]
	}
	for shift := bits.TrailingZeros64(differ); shift < bits.Len64(differ); shift += digit {
		var places [1 << digit]int
		for _, k := range keys {
			places[k>>shift&(1<<digit-1)]++
		}
		sum := 0
		for d, count := range places {
			places[d] = sum
			sum += count
		}
		for i, k := range keys {
			if i%pairsAtOnce == 0 && ctx.Err() != nil {
				return nil, ctx.Err()
			}
			to := &places[k>>shift&(1<<digit-1)]
			spare[*to], next[*to] = k, order[i]
			*to++
		}
		keys, spare, order, next = spare, keys, next, order
	}
	return order, ctx.Err()
}
