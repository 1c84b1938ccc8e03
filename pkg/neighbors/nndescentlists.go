package neighbors

import (
	"context"
	"math"
	"slices"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
)

// nearLists holds the nearest rows found so far of every row, width at most, nearest
// first. Their keys hold, from the highest bit on, the fast distance, the row, and
// whether the neighbour is new: not yet compared with the row's other neighbours.
type nearLists struct {
	n, width int
	keys     []uint64
	worst    []float32 // the last fast distance of every row; +Inf while there are vacant places
}

// vacant is the key of a place without neighbour.
var vacant = uint64(code(float32(math.Inf(1))))<<32 | math.MaxUint32

func newNearLists(ctx context.Context, n, width int) (*nearLists, error) {
	l := &nearLists{n: n, width: width, keys: make([]uint64, n*width), worst: make([]float32, n)}
	return l, par.Blocks(ctx, n, rowBlock, func(lo, hi int) {
		for k := lo * width; k < hi*width; k++ {
			l.keys[k] = vacant
		}
		for i := lo; i < hi; i++ {
			l.worst[i] = float32(math.Inf(1))
		}
	})
}

func keyOf(j int32, v float32) uint64 { return uint64(code(v))<<32 | uint64(j)<<1 | 1 }

func rowOf(key uint64) int32 { return int32(uint32(key) >> 1) }

// of returns the list of row i.
func (l *nearLists) of(i int32) []uint64 { return l.keys[int(i)*l.width : (int(i)+1)*l.width] }

// fill writes the nearest of the neighbours that keys hold to the empty list of row
// i. It puts keys in another order.
func (l *nearLists) fill(i int32, keys []uint64) {
	if len(keys) > l.width {
		lowest(keys, l.width)
		keys = keys[:l.width]
	}
	slices.Sort(keys)
	list := l.of(i)
	copy(list, keys)
	l.worst[i] = valueOf(uint32(list[l.width-1] >> 32))
}

// has reports whether row j is in the list of row i.
func (l *nearLists) has(i, j int32) bool {
	return kernel.HasMasked(l.of(i), math.MaxUint32-1, uint64(j)<<1)
}

// touch reads from the lists of rows, all over the memory, one after the other
// without waiting, so that they are on their way to the cache together.
func (l *nearLists) touch(rows []int32) uint64 {
	const line = 8 // keys
	var sum uint64
	for _, i := range rows {
		list := l.of(i)
		for k := 0; k < len(list); k += line {
			sum += list[k]
		}
		sum += list[len(list)-1]
	}
	return sum
}

// offer puts row j, at a fast distance of v, in the list of row i. It reports
// whether it was near enough and not yet there.
func (l *nearLists) offer(i, j int32, v float32) bool {
	if !(v < l.worst[i]) {
		return false
	}
	if l.has(i, j) {
		return false
	}
	list, key := l.of(i), keyOf(j, v)
	t := len(list) - 1
	for t > 0 && list[t-1] > key {
		list[t] = list[t-1]
		t--
	}
	list[t] = key
	l.worst[i] = valueOf(uint32(list[len(list)-1] >> 32))
	return true
}

// update is a pair that may enter the list of row to.
type update struct {
	to, row int32
	v       float32
}

// entry offers updates block of rows by block, so that the lists of one stay in the
// cache meanwhile, and in a block in the order in which they come.
type entry struct {
	ends   []int
	sorted []update
}

func (e *entry) enter(l *nearLists, updates [][]update, block int) (entered int) {
	e.ends = grown(e.ends, l.n/block+1)
	clear(e.ends)
	total := 0
	for _, some := range updates {
		total += len(some)
		for _, u := range some {
			e.ends[int(u.to)/block]++
		}
	}
	at := 0
	for b, count := range e.ends {
		e.ends[b] = at
		at += count
	}
	e.sorted = grown(e.sorted, total)
	for _, some := range updates {
		for _, u := range some {
			end := &e.ends[int(u.to)/block]
			e.sorted[*end] = u
			*end++
		}
	}
	for _, u := range e.sorted {
		if l.offer(u.to, u.row, u.v) {
			entered++
		}
	}
	return entered
}
