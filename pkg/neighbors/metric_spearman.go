package neighbors

import (
	"cmp"
	"context"
	"slices"
	"sync"

	"gonum.org/v1/gonum/mat"
)

// Spearman is one minus the rank correlation of two rows (Spearman, The proof and
// measurement of association between two things, 1904): Correlation of the ranks of
// their values, where equal values share the mean of their ranks. A row whose values are
// all the same is at 0 from another such row, and at 1 from all others.
type Spearman struct{}

// String returns "spearman".
func (Spearman) String() string { return "spearman" }

func (m Spearman) image(d int) *image {
	order := sync.Pool{New: func() any { return new([]int32) }}
	return &image{metric: m.String(), cols: d + 1, scale: halfSquared, put: func(dst []float64, d int) string {
		scratch := order.Get().(*[]int32)
		rank(dst[:d], scratch)
		order.Put(scratch)
		unit(dst, d)
		return ""
	}}
}

func (m Spearman) space(ctx context.Context, x mat.Matrix) (space, error) {
	_, d := x.Dims()
	return m.image(d).space(ctx, x)
}

func (m Spearman) bytes(x mat.Matrix) int64 {
	_, d := x.Dims()
	return m.image(d).bytes(x)
}

// rank replaces the values of a row by their ranks, less the mean rank: halves of
// whole numbers, so exact.
func rank(row []float64, scratch *[]int32) {
	order := slices.Grow((*scratch)[:0], len(row))[:len(row)]
	*scratch = order
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int { return cmp.Compare(row[a], row[b]) })
	for lo := 0; lo < len(order); {
		hi := lo + 1
		v := row[order[lo]]
		for hi < len(order) && row[order[hi]] == v {
			hi++
		}
		for _, i := range order[lo:hi] {
			row[i] = float64(lo+hi-len(order)) / 2
		}
		lo = hi
	}
}
