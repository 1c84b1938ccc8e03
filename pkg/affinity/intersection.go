package affinity

import (
	"context"
	"fmt"
	"math"

	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// IntersectLabels returns weights that respect the labels of the rows too, as supervised
// UMAP does: those of rows of different labels are multiplied by exp(−far), and those of
// which a row has none, which −1 stands for, by exp(−1). What is left of a row is divided
// by its largest weight, so that each is fully joined to some row again, and of what two
// rows then give to each other, a and b, is made the union a + b − a·b.
//
// The farther, the less labels give way to the rows; weights that come to nothing are left
// out, so rows may have none. Scales are those of s.
//
// Errors: *mat32.ParamError for weights that are not symmetric, another number of labels,
// one below −1, and a far that is not 0 or more; and ctx.Err(). Time and memory
// O(weights).
//
// Source: L. McInnes, J. Healy and J. Melville (2018), UMAP: Uniform manifold
// approximation and projection for dimension reduction; umap-learn.
func (s *Sparse) IntersectLabels(ctx context.Context, labels []int, far float64) (*Sparse, error) {
	const method = "affinity.Sparse.IntersectLabels"
	if err := s.checkSymmetric(method, "Sparse"); err != nil {
		return nil, err
	}
	if len(labels) != s.rows() {
		return nil, &mat32.ParamError{Method: method, Param: "labels", Value: fmt.Sprintf("%d labels", len(labels)), Want: fmt.Sprintf("one for every row: %d", s.rows())}
	}
	for i, label := range labels {
		if label < -1 {
			return nil, &mat32.ParamError{Method: method, Param: "labels", Value: fmt.Sprintf("%d at row %d", label, i), Want: "0 or more, or −1 for unknown"}
		}
	}
	if !(far >= 0) {
		return nil, &mat32.ParamError{Method: method, Param: "far", Value: far, Want: "0 or more"}
	}
	unknown, other := math.Exp(-1), math.Exp(-far)
	return s.reconnected(ctx, method, fmt.Sprintf("labels %.4g apart", far), func(i int, put func(int32, float64)) {
		columns, weights := s.Row(i)
		for k, j := range columns {
			w := weights[k]
			switch from, to := labels[i], labels[j]; {
			case from < 0 || to < 0:
				w *= unknown
			case from != to:
				w *= other
			}
			put(j, w)
		}
	})
}

// Intersect returns weights of rows that are near by both s and t, as UMAP by targets
// does: up to a mix of ½ those of s times a power of those of t, of which the exponent is
// mix/(1−mix), beyond a power of those of s, (1−mix)/mix, times those of t. So 0 stands
// for s and 1 for t. A pair that only one of the two joins has next to nothing of the other:
// half of its least weight, but 1e-8 or more, and of t 1e-4 or less. Then each row is fully
// joined to some row again, and what two give to each other is united; see
// IntersectLabels. Scales are those of s.
//
// Errors: *mat32.ParamError for weights that are not symmetric, another number of rows, and
// a mix beyond 0 and 1; and ctx.Err(). Time and memory O(weights of both).
//
// Source: umap-learn, which supervises UMAP by numbers so.
func (s *Sparse) Intersect(ctx context.Context, t *Sparse, mix float64) (*Sparse, error) {
	const method = "affinity.Sparse.Intersect"
	if err := s.checkSymmetric(method, "Sparse"); err != nil {
		return nil, err
	}
	if err := t.checkSymmetric(method, "t"); err != nil {
		return nil, err
	}
	if t.rows() != s.rows() {
		return nil, &mat32.ParamError{Method: method, Param: "t", Value: fmt.Sprintf("weights of %d rows", t.rows()), Want: fmt.Sprintf("those of the same %d", s.rows())}
	}
	if !(mix >= 0 && mix <= 1) {
		return nil, &mat32.ParamError{Method: method, Param: "mix", Value: mix, Want: "0 ≤ mix ≤ 1"}
	}
	const least, most = 1e-8, 1e-4
	left := max(s.least()/2, least)
	right := min(max(t.least()/2, least), most)
	join := func(a, b float64) float64 { return a * math.Pow(b, mix/(1-mix)) }
	if mix >= .5 {
		join = func(a, b float64) float64 { return math.Pow(a, (1-mix)/mix) * b }
	}
	return s.reconnected(ctx, method, fmt.Sprintf("mixed by %.4g with %s", mix, t.Kernel), func(i int, put func(int32, float64)) {
		sc, sw := s.Row(i)
		tc, tw := t.Row(i)
		for len(sc) > 0 || len(tc) > 0 {
			var j int32
			a, b := left, right
			switch {
			case len(tc) == 0 || len(sc) > 0 && sc[0] < tc[0]:
				j, a = sc[0], sw[0]
				sc, sw = sc[1:], sw[1:]
			case len(sc) == 0 || tc[0] < sc[0]:
				j, b = tc[0], tw[0]
				tc, tw = tc[1:], tw[1:]
			default:
				j, a, b = sc[0], sw[0], tw[0]
				sc, sw, tc, tw = sc[1:], sw[1:], tc[1:], tw[1:]
			}
			put(j, join(a, b))
		}
	})
}

// checkSymmetric returns an error unless s has weights that are symmetric.
func (s *Sparse) checkSymmetric(method, param string) error {
	switch {
	case s == nil || s.w == nil:
		return &mat32.ParamError{Method: method, Param: param, Value: "nil", Want: "weights"}
	case !s.symmetric:
		return &mat32.ParamError{Method: method, Param: param, Value: "weights that depend on the way", Want: "symmetric ones"}
	}
	return nil
}

// least returns the smallest weight, or +Inf where there is none.
func (s *Sparse) least() float64 {
	least := math.Inf(1)
	for i := range s.rows() {
		_, weights := s.Row(i)
		for _, w := range weights {
			least = min(least, w)
		}
	}
	return least
}

// union returns a + b − a·b, 1 where either is, and above 0 where either is.
func union(a, b float64) float64 {
	a, b = max(a, b), min(a, b)
	return max(math.SmallestNonzeroFloat64, min(a+b*(1-a), 1))
}

// reconnected returns the weights that row puts, symmetric and by ascending columns, those
// of every row over its largest, and of the two of a pair the union.
func (s *Sparse) reconnected(ctx context.Context, method, what string, row func(i int, put func(j int32, w float64))) (*Sparse, error) {
	n := s.rows()
	largest, start := make([]float64, n), make([]int, n+1)
	err := par.Blocks(ctx, n, rowBlock, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			row(i, func(_ int32, w float64) {
				if w > 0 {
					largest[i] = max(largest[i], w)
					start[i+1]++
				}
			})
		}
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	for i := range n {
		start[i+1] += start[i]
	}
	columns, weights := make([]int32, start[n]), make([]float64, start[n])
	err = par.Blocks(ctx, n, rowBlock, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			at := start[i]
			row(i, func(j int32, w float64) {
				if w > 0 {
					columns[at], weights[at] = j, union(w/largest[i], w/largest[j])
					at++
				}
			})
		}
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	w, err := linalg.NewCSR(n, n, start, columns, weights)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	out := &Sparse{Kernel: s.Kernel + ", " + what, Metric: s.Metric, Rows: s.Rows, Scales: s.Scales, Notes: s.Notes[:len(s.Notes):len(s.Notes)], w: w, symmetric: true}
	left, first := 0, -1
	for i, v := range largest {
		if before, _ := s.Row(i); v == 0 && len(before) > 0 {
			if left++; first < 0 {
				first = i
			}
		}
	}
	if left > 0 {
		out.Notes = append(out.Notes, fmt.Sprintf("%d rows are near to none that they may be joined to, row %d among them, and have no weights", left, first))
	}
	return out, nil
}
