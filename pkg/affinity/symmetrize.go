package affinity

import (
	"context"
	"slices"

	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/internal/par"
)

// Symmetrization says what becomes of two rows of which only one has the other among
// its neighbours.
type Symmetrization string

const (
	// Union joins them as if both had.
	Union Symmetrization = "union"

	// Mutual does not join them.
	Mutual Symmetrization = "mutual"

	// Average joins them at half the weight.
	Average Symmetrization = "average"
)

// average is the weight of two rows by what either gives to the other.
func average(forth, back float64) float64 { return forth/2 + back/2 }

// directed holds what every row gives to its neighbours, by ascending columns;
// weights may be zero.
type directed struct {
	start   []int
	columns []int32
	weights []float64
}

// direct weighs the neighbours that list returns for every row; weight is told which
// row, which neighbour, and how far it is.
func direct(ctx context.Context, n int, list func(i int) ([]int32, []float64), weight func(i int, j int32, distance float64) float64) (*directed, error) {
	return directRows(ctx, n, list, func(dst []float64, i int, columns []int32, distances []float64) {
		for k, j := range columns {
			dst[k] = weight(i, j, distances[k])
		}
	})
}

// directRows is direct for weights that depend on all neighbours of a row.
func directRows(ctx context.Context, n int, list func(i int) ([]int32, []float64), weigh func(dst []float64, i int, columns []int32, distances []float64)) (*directed, error) {
	a := &directed{start: make([]int, n+1)}
	for i := range n {
		columns, _ := list(i)
		a.start[i+1] = a.start[i] + len(columns)
	}
	a.columns, a.weights = make([]int32, a.start[n]), make([]float64, a.start[n])
	type scratch struct {
		weights []float64
		order   []uint64
	}
	err := par.BlocksWith(ctx, n, rowBlock, func() *scratch { return new(scratch) }, func(s *scratch, lo, hi int) {
		for i := lo; i < hi; i++ {
			columns, distances := list(i)
			s.weights = slices.Grow(s.weights[:0], len(columns))[:len(columns)]
			weigh(s.weights, i, columns, distances)
			s.order = s.order[:0]
			for k, j := range columns {
				s.order = append(s.order, uint64(j)<<32|uint64(k))
			}
			slices.Sort(s.order)
			at := a.start[i]
			for k, o := range s.order {
				a.columns[at+k], a.weights[at+k] = int32(o>>32), s.weights[uint32(o)]
			}
		}
	})
	return a, err
}

// transposed returns what every row is given, by ascending rows. Parts of the rows
// are counted, and then placed, side by side.
func (a *directed) transposed(ctx context.Context) (*directed, error) {
	n := len(a.start) - 1
	parts := max(1, min(16, len(a.columns)>>16))
	size := (n + parts - 1) / parts
	next := make([][]int32, (n+size-1)/size) // of every part: how many, and then where, by column
	err := par.Blocks(ctx, n, size, func(lo, hi int) {
		counts := make([]int32, n)
		for _, j := range a.columns[a.start[lo]:a.start[hi]] {
			counts[j]++
		}
		next[lo/size] = counts
	})
	if err != nil {
		return nil, err
	}
	t := &directed{start: make([]int, n+1), columns: make([]int32, len(a.columns)), weights: make([]float64, len(a.weights))}
	for j := range n {
		t.start[j+1] = t.start[j]
		for _, counts := range next {
			before := int32(t.start[j+1] - t.start[j])
			t.start[j+1] += int(counts[j])
			counts[j] = before
		}
	}
	return t, par.Blocks(ctx, n, size, func(lo, hi int) {
		before := next[lo/size]
		for i := lo; i < hi; i++ {
			for k := a.start[i]; k < a.start[i+1]; k++ {
				j := a.columns[k]
				at := t.start[j] + int(before[j])
				before[j]++
				t.columns[at], t.weights[at] = int32(i), a.weights[k]
			}
		}
	})
}

// symmetric returns the weights that join makes of what rows give to each other, 0
// for nothing; it must not matter to join which of the two comes first. Every row
// weighs itself as self says, unless that is 0.
func (a *directed) symmetric(ctx context.Context, self float64, join func(forth, back float64) float64) (*Sparse, error) {
	n := len(a.start) - 1
	t, err := a.transposed(ctx)
	if err != nil {
		return nil, err
	}
	start := make([]int, n+1)
	err = par.Blocks(ctx, n, rowBlock, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			a.merge(t, i, self, join, func(int32, float64) { start[i+1]++ })
		}
	})
	if err != nil {
		return nil, err
	}
	for i := range n {
		start[i+1] += start[i]
	}
	columns, weights := make([]int32, start[n]), make([]float64, start[n])
	err = par.Blocks(ctx, n, rowBlock, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			at := start[i]
			a.merge(t, i, self, join, func(j int32, w float64) {
				columns[at], weights[at] = j, w
				at++
			})
		}
	})
	if err != nil {
		return nil, err
	}
	w, err := linalg.NewCSR(n, n, start, columns, weights)
	return &Sparse{w: w, symmetric: true}, err
}

// merge puts the weights of row i that are not zero, by ascending columns.
func (a *directed) merge(t *directed, i int, self float64, join func(forth, back float64) float64, put func(j int32, w float64)) {
	forth, forthEnd := a.start[i], a.start[i+1]
	back, backEnd := t.start[i], t.start[i+1]
	own := self == 0 // the row has weighed itself
	for forth < forthEnd || back < backEnd {
		var j int32
		var f, b float64
		switch {
		case back == backEnd || forth < forthEnd && a.columns[forth] < t.columns[back]:
			j, f = a.columns[forth], a.weights[forth]
			forth++
		case forth == forthEnd || t.columns[back] < a.columns[forth]:
			j, b = t.columns[back], t.weights[back]
			back++
		default:
			j, f, b = a.columns[forth], a.weights[forth], t.weights[back]
			forth, back = forth+1, back+1
		}
		if !own && int(j) > i {
			put(int32(i), self)
			own = true
		}
		if w := join(f, b); w > 0 {
			put(j, w)
		}
	}
	if !own {
		put(int32(i), self)
	}
}
