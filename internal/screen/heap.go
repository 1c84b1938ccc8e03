package screen

import (
	"cmp"
	"math"
	"sort"
)

// heap holds the nearest rows found so far, the last on top, in the memory of
// the answer. It is full from the start: of rows that any other precedes.
type heap struct {
	indices   []int32
	distances []float64
}

// reset fills the heap with what any row precedes.
func (h heap) reset() {
	for t := range h.indices {
		h.indices[t], h.distances[t] = math.MaxInt32, math.Inf(1)
	}
}

// takes reports whether a row belongs among those of the heap.
func (h heap) takes(dist float64, row int32) bool {
	return dist < h.distances[0] || dist == h.distances[0] && row < h.indices[0]
}

// offer puts a row in the place of the last, unless that precedes it; it reports whether
// it did.
func (h heap) offer(dist float64, row int32) bool {
	if !h.takes(dist, row) {
		return false
	}
	i, n := 0, len(h.indices)
	indices, distances := h.indices, h.distances[:n]
	for {
		child := 2*i + 1
		if child >= n {
			break
		}
		if next := child + 1; next < n &&
			(distances[next] > distances[child] || distances[next] == distances[child] && indices[next] > indices[child]) {
			child = next
		}
		if dist > distances[child] || dist == distances[child] && row > indices[child] {
			break
		}
		indices[i], distances[i] = indices[child], distances[child]
		i = child
	}
	indices[i], distances[i] = row, dist
	return true
}

// The heap in order is the answer.
func (h heap) Len() int { return len(h.indices) }
func (h heap) Less(a, b int) bool {
	return h.distances[a] < h.distances[b] || h.distances[a] == h.distances[b] && h.indices[a] < h.indices[b]
}
func (h heap) Swap(a, b int) {
	h.indices[a], h.indices[b] = h.indices[b], h.indices[a]
	h.distances[a], h.distances[b] = h.distances[b], h.distances[a]
}

// sort puts the nearest first: by insertion, where there are few, without the
// calls of package sort.
func (h heap) sort() {
	if len(h.indices) > 40 {
		sort.Sort(h)
		return
	}
	for i := 1; i < len(h.indices); i++ {
		row, dist := h.indices[i], h.distances[i]
		j := i
		for ; j > 0 && (h.distances[j-1] > dist || h.distances[j-1] == dist && h.indices[j-1] > row); j-- {
			h.indices[j], h.distances[j] = h.indices[j-1], h.distances[j-1]
		}
		h.indices[j], h.distances[j] = row, dist
	}
}

// near is a neighbour: exact distance and row.
type near struct {
	dist float64
	row  int32
}

// before reports whether a precedes b: by distance, then by index.
func (a near) before(b near) bool { return a.dist < b.dist || a.dist == b.dist && a.row < b.row }

// compare orders by distance, then by index.
func compare(a, b near) int {
	return cmp.Or(cmp.Compare(a.dist, b.dist), cmp.Compare(a.row, b.row))
}
