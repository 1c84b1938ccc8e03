package screen

import (
	"context"
	"slices"
	"sync"
)

// blocks are rows in an order that keeps near ones together, cut into blocks of
// one size but for the last.
type blocks struct {
	order []int32
	size  int
}

func (b *blocks) count() int { return (len(b.order) + b.size - 1) / b.size }

// at returns the rows of a block.
func (b *blocks) at(block int) []int32 {
	return b.order[block*b.size : min((block+1)*b.size, len(b.order))]
}

// inOrder cuts n rows into blocks as they come.
func inOrder(n, size int) *blocks {
	b := &blocks{order: make([]int32, n), size: size}
	for i := range b.order {
		b.order[i] = int32(i)
	}
	return b
}

// arrange orders rows by the leaves of a k-d tree over their points, n × m: every
// split halves the blocks across the column in which the points spread most,
// equal values by index. The rows of a block are in order of index.
func arrange(ctx context.Context, points []float32, m, size int) (*blocks, error) {
	b := inOrder(len(points)/m, size)
	keys := make([]keyed, len(b.order))
	var all sync.WaitGroup
	var split func(rows []int32, keys []keyed, depth int)
	split = func(rows []int32, keys []keyed, depth int) {
		if len(rows) <= size || ctx.Err() != nil {
			slices.Sort(rows)
			return
		}
		half := (len(rows) + size - 1) / size / 2 * size
		column := widest(points, m, rows)
		for k, i := range rows {
			keys[k] = keyed{points[int(i)*m+column], i}
		}
		divide(keys, half)
		for k, v := range keys {
			rows[k] = v.row
		}
		if depth < 4 {
			all.Go(func() { split(rows[:half], keys[:half], depth+1) })
		} else {
			split(rows[:half], keys[:half], depth+1)
		}
		split(rows[half:], keys[half:], depth+1)
	}
	split(b.order, keys, 0)
	all.Wait()
	return b, ctx.Err()
}

// widest returns the column in which rows vary most, judged by a part of them.
func widest(points []float32, m int, rows []int32) int {
	const judged = 256
	step := max(1, len(rows)/judged)
	best, most := 0, float64(-1)
	for c := range m {
		var n, sum, square float64
		for k := 0; k < len(rows); k += step {
			v := float64(points[int(rows[k])*m+c])
			n++
			sum += v
			square += v * v
		}
		if v := square - sum*sum/n; v > most {
			best, most = c, v
		}
	}
	return best
}

// keyed is a row with what it is sorted by.
type keyed struct {
	key float32
	row int32
}

func (a keyed) before(b keyed) bool { return a.key < b.key || a.key == b.key && a.row < b.row }

// divide moves the n lowest items to the front, those of equal keys by index, by
// Hoare's selection.
func divide(items []keyed, n int) {
	lo, hi := 0, len(items)
	for lo < n && n < hi {
		a, b, c := items[lo], items[lo+(hi-lo)/2], items[hi-1]
		if b.before(a) {
			a, b = b, a
		}
		if c.before(b) {
			b = c
			if b.before(a) {
				b = a
			}
		}
		i, j := lo, hi-1
		for i <= j {
			for items[i].before(b) {
				i++
			}
			for b.before(items[j]) {
				j--
			}
			if i <= j {
				items[i], items[j] = items[j], items[i]
				i++
				j--
			}
		}
		switch {
		case n <= j:
			hi = j + 1
		case n > i:
			lo = i
		default:
			return
		}
	}
}
