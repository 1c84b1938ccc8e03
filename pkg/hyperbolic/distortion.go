package hyperbolic

import (
	"context"
	"fmt"
	"math"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// Stretch says how an embedding changes distances.
type Stretch struct {
	Average     float64   // the mean of |d′ − d|/d, over the rows and of each over the others: 0 is best
	Worst       float64   // Expansion · Contraction: 1 is best, and best means: the same but for scale
	Expansion   float64   // the largest d′/d
	Contraction float64   // the largest d/d′
	Least       float64   // the average distortion of Scale·d′
	Scale       float64   // the one number that brings d′/d nearest to 1, by least squares over all pairs
	PerRow      []float64 // the average of each row; NaN where all others are at distance 0
	Rows        int
	Notes       []string
}

// String returns a small table.
func (s *Stretch) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "distortion     average %.4g, worst %.4g\n  expansion    %.4g\n  contraction  %.4g\n  rescaled     %.4g by %.4g\n  rows         %d\n  convention   mean of |d′ − d|/d, from 0; worst is expansion · contraction, from 1",
		s.Average, s.Worst, s.Expansion, s.Contraction, s.Least, s.Scale, s.Rows)
	for _, note := range s.Notes {
		fmt.Fprintf(&b, "\n  note         %s", note)
	}
	return b.String()
}

// Distortion compares the distances d of x with those, d′, of an embedding y of it, pair by pair (F.
// Sala, C. De Sa, A. Gu and C. Ré, 2018, Representation tradeoffs for hyperbolic embeddings).
// Both are what Delta takes: an *affinity.Sparse stands for the shortest ways in the graph,
// an *Embedding for hyperbolic distances over its Scale, rows for Euclidean ones. Pairs
// at distance 0 in x are left out, as peers do.
//
// Errors: those of Delta.Compute, from 2 rows on, naming x or y; *mat32.ShapeError where y has
// another number of rows; *mat32.DegenerateError where all distances of x are 0, or where two rows
// coincide in y and not in x, so that the worst distortion is infinite. Time O(n²), after
// the distances; memory 16·n² bytes.
func Distortion(ctx context.Context, x, y mat.Matrix) (*Stretch, error) {
	const method = "hyperbolic.Distortion"
	a, b, err := both(ctx, method, x, y)
	if err != nil {
		return nil, err
	}
	n := a.n
	s := &Stretch{Rows: n, PerRow: make([]float64, n), Expansion: math.Inf(-1), Contraction: math.Inf(-1)}
	type ends struct {
		expansion, contraction float64
		ratio, square          float64
		used, merged, skipped  int
	}
	rows := make([]ends, n)
	err = par.Blocks(ctx, n, 16, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			e, sum := ends{expansion: math.Inf(-1), contraction: math.Inf(-1)}, 0.
			to := b.row(i)
			for j, d := range a.row(i) {
				switch q := to[j] / d; {
				case j == i:
				case d == 0 || q-q != 0:
					e.skipped++
				case q == 0:
					e.merged++
				default:
					e.expansion, e.contraction = max(e.expansion, q), max(e.contraction, d/to[j])
					sum += math.Abs(q - 1)
					e.ratio += q
					e.square += q * q
					e.used++
				}
			}
			s.PerRow[i] = math.NaN()
			if e.used > 0 {
				s.PerRow[i] = sum / float64(e.used)
			}
			rows[i] = e
		}
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	all := ends{}
	measured := 0
	for i, e := range rows {
		if e.merged > 0 {
			return nil, &mat32.DegenerateError{Method: method, Reason: fmt.Sprintf("rows at row %d are apart in x and coincide in y: no scale is right", i)}
		}
		s.Expansion, s.Contraction = max(s.Expansion, e.expansion), max(s.Contraction, e.contraction)
		all.ratio += e.ratio
		all.square += e.square
		all.skipped += e.skipped
		if e.used > 0 {
			s.Average += s.PerRow[i]
			measured++
		}
	}
	if measured == 0 {
		return nil, &mat32.DegenerateError{Method: method, Reason: "all distances of x are 0"}
	}
	s.Average /= float64(measured)
	s.Worst = s.Expansion * s.Contraction
	if !(s.Worst <= math.MaxFloat64 && all.square <= math.MaxFloat64 && all.square > 0) {
		return nil, &mat32.DegenerateError{Method: method, Reason: "distances of x and y differ by factors beyond float64"}
	}
	s.Scale = all.ratio / all.square
	sums := make([]float64, n)
	err = par.Blocks(ctx, n, 16, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			to := b.row(i)
			for j, d := range a.row(i) {
				if q := to[j] / d; d > 0 && q-q == 0 {
					sums[i] += math.Abs(s.Scale*q - 1)
				}
			}
			if rows[i].used > 0 {
				sums[i] /= float64(rows[i].used)
			}
		}
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	for _, v := range sums {
		s.Least += v / float64(measured)
	}
	if all.skipped > 0 {
		s.Notes = append(s.Notes, fmt.Sprintf("%d pairs at distance 0 in x were left out", all.skipped/2))
	}
	return s, nil
}

// both returns the distances of x and of y.
func both(ctx context.Context, method string, x, y mat.Matrix) (a, b *metric, err error) {
	for _, m := range []mat.Matrix{x, y} {
		if err := sound(ctx, method, m); err != nil {
			return nil, nil, err
		}
	}
	n, _ := x.Dims()
	if rows, k := y.Dims(); rows != n {
		return nil, nil, fmt.Errorf("%s: %w", method, &mat32.ShapeError{What: "y", Rows: rows, Cols: k, Want: fmt.Sprintf("%d rows, as x has", n)})
	}
	if a, err = between(ctx, method, x, 2, 8*int64(n)*int64(n), 0); err == nil {
		b, err = between(ctx, method, y, 2, 8*int64(n)*int64(n), 0)
	}
	return a, b, err
}
