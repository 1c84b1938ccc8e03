package sparse

import (
	"cmp"
	"context"
	"math"
	"slices"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// entry is a value and its place, counted from 0.
type entry struct {
	row, col int32
	value    float32
}

// A mirror says which value stands at (j, i) for a value at (i, j).
type mirror int

const (
	alone   mirror = iota // none
	same                  // the same
	negated               // its negative
)

// assemble returns the sparse matrix with the given entries, in the order of the blocks; several at one place are added, in
// float64 and in that order. Entries of one place in a row are side by side afterwards, without a sort where columns ascend as
// they come.
func assemble(ctx context.Context, rows, cols int, blocks [][]entry, m mirror) (*mat32.CSR, error) {
	// Parts of the blocks are counted and put down side by side: next[p*rows+i] is how many entries part p has in row i, and then
	// where the next of them goes.
	entries := 0
	for _, block := range blocks {
		entries += len(block)
	}
	parts := max(1, min(8, len(blocks), entries/(4*max(1, rows))))
	part := func(p int) [][]entry { return blocks[p*len(blocks)/parts : (p+1)*len(blocks)/parts] }
	next := make([]int, parts*rows)
	err := par.Blocks(ctx, parts, 1, func(p, _ int) {
		count := next[p*rows : (p+1)*rows]
		for _, block := range part(p) {
			if ctx.Err() != nil {
				return
			}
			for _, e := range block {
				count[e.row]++
			}
			if m == alone {
				continue
			}
			for _, e := range block {
				if e.row != e.col {
					count[e.col]++
				}
			}
		}
	})
	if err != nil {
		return nil, err
	}
	start := make([]int, rows+1)
	total := 0
	for i := range rows {
		start[i] = total
		for p := range parts {
			total, next[p*rows+i] = total+next[p*rows+i], total
		}
	}
	start[rows] = total
	indices, values := make([]int32, total), make([]float32, total)
	err = par.Blocks(ctx, parts, 1, func(p, _ int) {
		next := next[p*rows : (p+1)*rows]
		put := func(row, col int32, value float32) {
			k := next[row]
			indices[k], values[k] = col, value
			next[row] = k + 1
		}
		for _, block := range part(p) {
			if ctx.Err() != nil {
				return
			}
			for _, e := range block {
				put(e.row, e.col, e.value)
				if m != alone && e.row != e.col {
					if m == negated {
						e.value = -e.value
					}
					put(e.col, e.row, e.value)
				}
			}
		}
	})
	if err != nil {
		return nil, err
	}
	length := next[:rows] // of each row, once its duplicates are added
	const stride = 1024
	shrunk := make([]bool, (rows+stride-1)/stride)
	err = par.Blocks(ctx, rows, stride, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			length[i] = tidy(indices[start[i]:start[i+1]], values[start[i]:start[i+1]])
			shrunk[lo/stride] = shrunk[lo/stride] || length[i] < start[i+1]-start[i]
		}
	})
	if err != nil {
		return nil, err
	}
	if slices.Contains(shrunk, true) {
		to := 0
		for i := range rows {
			from, n := start[i], length[i]
			copy(indices[to:], indices[from:from+n])
			copy(values[to:], values[from:from+n])
			start[i] = to
			to += n
		}
		start[rows] = to
		indices, values = indices[:to:to], values[:to:to]
	}
	return mat32.NewCSR(rows, cols, start, indices, values)
}

// tidy sorts the entries of a row by column, adds those of one column, and returns how many are left.
func tidy(columns []int32, values []float32) int {
	ascending, distinct := true, true
	for k := 1; k < len(columns); k++ {
		ascending = ascending && columns[k-1] <= columns[k]
		distinct = distinct && columns[k-1] != columns[k]
	}
	if !ascending {
		type item struct {
			column int32
			value  float32
		}
		row := make([]item, len(columns))
		for k := range row {
			row[k] = item{columns[k], values[k]}
		}
		slices.SortStableFunc(row, func(a, b item) int { return cmp.Compare(a.column, b.column) })
		distinct = true
		for k, e := range row {
			columns[k], values[k] = e.column, e.value
			distinct = distinct && (k == 0 || row[k-1].column != e.column)
		}
	}
	if distinct {
		return len(columns)
	}
	left := 0
	for k := 0; k < len(columns); left++ {
		column, sum := columns[k], 0.
		for ; k < len(columns) && columns[k] == column; k++ {
			sum += float64(values[k])
		}
		columns[left], values[left] = column, float32(sum)
	}
	return left
}

// The bytes that a matrix takes while it is assembled: an entry as it was read, where it goes, and its share of what more parts
// than one count; a row's start and its next.
const (
	perEntry = 12 + 8 + 2
	perRow   = 8 + 8
)

// forecast returns the bytes that rows and entries take, or the largest int64 where it holds no such number.
func forecast(rows, entries int64) int64 {
	if rows > math.MaxInt64/(4*perRow) || entries > math.MaxInt64/(4*perEntry) {
		return math.MaxInt64
	}
	return rows*perRow + entries*perEntry
}
