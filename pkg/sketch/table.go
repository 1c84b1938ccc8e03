package sketch

import (
	"context"
	"slices"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
)

// table is a sparse matrix in compressed rows, one row for each value it makes.
type table struct {
	columns int
	start   []int32
	places  []int32
	weights []float32
}

// entry is a value of a sparse matrix in the column it is listed for.
type entry struct {
	row    int32
	weight float32
}

// byColumns returns the matrix of so many rows and columns whose column j holds
// what column appends to a list. Places within a row ascend. Where ctx is done the
// matrix is empty.
func byColumns(ctx context.Context, rows, columns int, column func(j int, list []entry) []entry) *table {
	const size = 1 << 12
	type block struct {
		entries []entry
		ends    []int // of each column
	}
	blocks := make([]block, (columns+size-1)/size)
	t := &table{columns: columns, start: make([]int32, rows+1)}
	err := par.Blocks(ctx, columns, size, func(lo, hi int) {
		b := &blocks[lo/size]
		for j := lo; j < hi && ctx.Err() == nil; j++ {
			b.entries = column(j, b.entries)
			b.ends = append(b.ends, len(b.entries))
		}
	})
	if err != nil || ctx.Err() != nil {
		return t
	}
	start := make([]int32, rows+1)
	for _, b := range blocks {
		for _, e := range b.entries {
			start[e.row+1]++
		}
	}
	for i := range rows {
		start[i+1] += start[i]
	}
	places, weights := make([]int32, start[rows]), make([]float32, start[rows])
	next := slices.Clone(start)
	for n, b := range blocks {
		if ctx.Err() != nil {
			return t
		}
		at := 0
		for c, end := range b.ends {
			for _, e := range b.entries[at:end] {
				places[next[e.row]], weights[next[e.row]] = int32(n*size+c), e.weight
				next[e.row]++
			}
			at = end
		}
	}
	t.start, t.places, t.weights = start, places, weights
	return t
}

func (t *table) rows() int { return len(t.start) - 1 }

// transpose returns the matrix by its columns. With slots, places are those of
// the running sums that kernel.Weigh32 adds each term to.
func (t *table) transpose(slots bool) *table {
	u := &table{columns: t.rows(), start: make([]int32, t.columns+1), places: make([]int32, len(t.places)), weights: make([]float32, len(t.weights))}
	for _, j := range t.places {
		u.start[j+1]++
	}
	for j := range t.columns {
		u.start[j+1] += u.start[j]
	}
	next := append([]int32(nil), u.start...)
	for i := range t.rows() {
		for k := t.start[i]; k < t.start[i+1]; k++ {
			j := t.places[k]
			u.places[next[j]], u.weights[next[j]] = int32(i), t.weights[k]
			if slots {
				u.places[next[j]] = int32(4*i) + (k-t.start[i])%4
			}
			next[j]++
		}
	}
	return u
}

// scatter multiplies one sparse row by the matrix whose transpose with slots is
// u, with the bits that kernel.Weigh32 gives the row in full: terms of zeros
// change no sum.
func (u *table) scatter(dst []float32, sums [][4]float32, columns []int32, values []float32) {
	clear(sums)
	for t, j := range columns {
		v := values[t]
		for k := u.start[j]; k < u.start[j+1]; k++ {
			p := u.places[k]
			sums[p>>2][p&3] += float32(u.weights[k] * v)
		}
	}
	for i := range sums {
		dst[i] = kernel.Weighed(&sums[i])
	}
}
