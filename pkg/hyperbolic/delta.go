package hyperbolic

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/mat32"
)

const delta = "hyperbolic.Delta"

// Delta measures how far distances are from those of a tree: Gromov's δ. Four rows can be
// paired in three ways; of the sums S₁ ≥ S₂ ≥ S₃ of the distances of the pairs, a tree has
// S₁ = S₂. δ is the largest (S₁ − S₂)/2 of all quadruples (M. Gromov, 1987, Hyperbolic
// groups). It is 0 for trees and for sets whose distances are all equal, below ln 2 = 0.69
// in hyperbolic space of curvature −1 (B. Nica and J. Špakula, 2016, Strong hyperbolicity),
// and grows with the size of flat data; 2·δ over the diameter, between 0 and 1, compares
// sizes.
//
// x holds rows, compared by Euclidean distances, a *mat32.Distances, an *Embedding, or an
// *affinity.Sparse: a connected graph whose weights are the lengths of its edges.
//
// The maximum is exact, to the rounding of the distances, whatever n: a quadruple has no
// more than half the distance of the nearer of the pairs that make S₁, so that pairs are
// taken from far to near until the best so far is half their distance; in a graph only
// pairs that no edge prolongs (N. Cohen, D. Coudert and A. Lancin, 2015, On computing the
// Gromov hyperbolicity); and with a pair only rows whose distances from its two ends
// differ by less than they may (M. Borassi, D. Coudert, P. Crescenzi and A. Marino, 2015,
// On computing the hyperbolicity of real-world graphs). The first guess is climbed to from
// several pairs. Where that leaves too much, as for points of hyperbolic space, all
// quadruples are looked at whose first three rows allow a better one, eight at a time.
// Peers that draw rows, or that look from one base point (see BasePointDelta), report less
// than δ.
//
// Time: O(n²·d) for the distances, then O(n⁴) at worst, n⁴/24 quadruples at some 10 billion a
// second and core; much less where δ is a fair share of the diameter, or for graphs. Memory 12·n²
// bytes, and 16 for every pair farther apart than 2·δ.
type Delta struct {
	// Quadruples is over how many quadruples, drawn at random, the mean is taken where
	// there are more than that and more than 67 108 864 (from 203 rows on). Default
	// 1 048 576. Larger values cost time and lower the standard error, with their root;
	// from the number of all quadruples on the mean is exact. Up to 2³².
	Quadruples int

	// Seed draws them; any number will do. Default 0. Ignored where the mean is exact.
	Seed uint64

	// MemoryLimit in bytes refuses data that would need more. Default GOMEMLIMIT, or
	// 4 GiB.
	MemoryLimit int64
}

// Resolve returns the options with defaults filled in, or a *mat32.ParamError or
// *mat32.ShapeError, for a matrix of n rows and d columns.
func (o Delta) Resolve(n, d int) (Delta, error) {
	if n < 4 {
		return o, fmt.Errorf("%s: %w", delta, &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: "at least 4 rows for a quadruple"})
	}
	if o.Quadruples == 0 {
		o.Quadruples = 1 << 20
	}
	if o.Quadruples < 2 || o.Quadruples > 1<<32 {
		return o, &mat32.ParamError{Method: delta, Param: "Quadruples", Value: o.Quadruples, Want: "0, or 2 ≤ Quadruples ≤ 2³²"}
	}
	if o.MemoryLimit < 0 {
		return o, &mat32.ParamError{Method: delta, Param: "MemoryLimit", Value: o.MemoryLimit, Want: "0 or more bytes"}
	}
	return o, nil
}

// Hyperbolicity is how far distances are from those of a tree.
type Hyperbolicity struct {
	Max       float64 // δ, the largest (S₁ − S₂)/2
	Quadruple [4]int  // rows that have it: the first two are a pair of S₁, the last two the other
	Mean      float64 // over quadruples
	StdErr    float64 // of Mean, where quadruples were drawn; 0 where it is exact
	Diameter  float64 // the largest distance
	Rows      int
	Of        int    // quadruples that Mean is over
	Distances string // what was compared: "Euclidean", "shortest ways", "given", "hyperbolic"
	Notes     []string
}

// Relative returns 2·Max over the diameter, from 0 for a tree to 1; 0 where all distances are 0.
func (h *Hyperbolicity) Relative() float64 { return h.share(h.Max) }

// RelativeMean returns 2·Mean over the diameter.
func (h *Hyperbolicity) RelativeMean() float64 { return h.share(h.Mean) }

func (h *Hyperbolicity) share(v float64) float64 {
	if h.Diameter == 0 {
		return 0
	}
	return 2 * v / h.Diameter
}

// String returns a small table.
func (h *Hyperbolicity) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "δ-hyperbolicity  %.4g\n  relative    %.4g  (2δ/diameter, from 0 for a tree to 1)\n", h.Max, h.Relative())
	fmt.Fprintf(&b, "  mean        %.4g", h.Mean)
	if h.StdErr > 0 {
		fmt.Fprintf(&b, " ± %.1g", h.StdErr)
	}
	fmt.Fprintf(&b, "  over %d quadruples\n  diameter    %.4g\n  rows        %d\n  distances   %s\n  convention  four points, (S₁ − S₂)/2", h.Of, h.Diameter, h.Rows, h.Distances)
	for _, note := range h.Notes {
		fmt.Fprintf(&b, "\n  note        %s", note)
	}
	return b.String()
}

// Compute returns the hyperbolicity of x. Errors: those of mat32.Check and Resolve;
// *mat32.ParamError for a graph with directions; *mat32.DegenerateError for one in pieces,
// and where distances are beyond float64; *mat32.MemoryError; and one that wraps ctx.Err().
func (o Delta) Compute(ctx context.Context, x mat.Matrix) (*Hyperbolicity, error) {
	if err := sound(ctx, delta, x); err != nil {
		return nil, err
	}
	o, err := o.Resolve(x.Dims())
	if err != nil {
		return nil, err
	}
	m, err := between(ctx, delta, x, 4, 0, o.MemoryLimit)
	if err != nil {
		return nil, err
	}
	h := &Hyperbolicity{Diameter: m.diameter, Rows: m.n, Distances: m.name}
	s := &search{metric: m, limit: o.MemoryLimit}
	if m.given {
		if s.excess, err = m.excess(ctx); err != nil {
			return nil, fmt.Errorf("%s: %w", delta, err)
		}
		if s.excess > 1e-9*m.diameter {
			h.Notes = append(h.Notes, fmt.Sprintf("the triangle inequality fails, by up to %.3g: it is no metric", s.excess))
		}
	}
	if err := s.run(ctx); err != nil {
		return nil, mat32.Rename(delta, err)
	}
	h.Max, h.Quadruple = s.best.delta, s.best.rows
	if err := o.mean(ctx, m, h); err != nil {
		return nil, fmt.Errorf("%s: %w", delta, err)
	}
	return h, nil
}

// fourPoint returns (S₁ − S₂)/2 of three sums.
func fourPoint(a, b, c float64) float64 {
	if a < b {
		a, b = b, a
	}
	if c > b {
		return math.Abs(a-c) / 2
	}
	return (a - b) / 2
}

// quadruple returns the δ of four rows, and the rows so that the pairs of S₁ stand together.
func (m *metric) quadruple(i, j, k, l int) (float64, [4]int) {
	a, b, c := m.of[i*m.n+j]+m.of[k*m.n+l], m.of[i*m.n+k]+m.of[j*m.n+l], m.of[i*m.n+l]+m.of[j*m.n+k]
	rows := [4]int{i, j, k, l}
	switch {
	case b > a && b >= c:
		rows = [4]int{i, k, j, l}
	case c > a && c > b:
		rows = [4]int{i, l, j, k}
	}
	return fourPoint(a, b, c), rows
}

// mean takes the mean over all quadruples, or over some.
func (o Delta) mean(ctx context.Context, m *metric, h *Hyperbolicity) error {
	const allOf = 1 << 26
	n := m.n
	all := float64(n) * float64(n-1) / 2 * float64(n-2) / 3 * float64(n-3) / 4
	if all <= max(allOf, float64(o.Quadruples)) {
		h.Of = int(math.Round(all))
		// The parts are those of the first two rows.
		pairs := n * (n - 1) / 2
		sum, err := par.Sum(ctx, pairs, 16, func(lo, hi int) (sum float64) {
			i, j := m.place(lo)
			for range hi - lo {
				if ctx.Err() != nil {
					return 0
				}
				sum += m.from(i, j)
				if j++; j == n {
					i++
					j = i + 1
				}
			}
			return sum
		})
		h.Mean = sum / all
		return err
	}
	h.Of = o.Quadruples
	const draws = 4096
	blocks := (o.Quadruples + draws - 1) / draws
	squares := make([]float64, blocks)
	sum, err := par.Sum(ctx, blocks, 1, func(b, _ int) (sum float64) {
		s := rng.New(o.Seed, delta, b)
		for range min(draws, o.Quadruples-b*draws) {
			var rows [4]int
			for t := 0; t < 4; {
				rows[t] = s.IntN(n)
				if !slices.Contains(rows[:t], rows[t]) {
					t++
				}
			}
			v, _ := m.quadruple(rows[0], rows[1], rows[2], rows[3])
			if h.Diameter > 0 {
				v /= h.Diameter // whose square is a number
			}
			sum += v
			squares[b] += v * v
		}
		return sum
	})
	count := float64(o.Quadruples)
	mean, square := sum/count, 0.
	for _, v := range squares {
		square += v
	}
	h.Mean = mean * h.Diameter
	h.StdErr = math.Sqrt(max(0, square/count-mean*mean)/(count-1)) * h.Diameter
	return err
}

// from returns the sum over quadruples i < j < k < l.
func (m *metric) from(i, j int) (sum float64) {
	a, b := m.row(i), m.row(j)
	first := a[j]
	for k := j + 1; k < m.n; k++ {
		c := m.row(k)[k+1:]
		a, b, ak, bk := a[k+1:], b[k+1:], a[k], b[k]
		a, b = a[:len(c)], b[:len(c)]
		for l, v := range c {
			x, y, z := first+v, ak+b[l], a[l]+bk
			sum += math.Abs(max(x, y) - max(z, min(x, y)))
		}
	}
	return sum / 2
}
