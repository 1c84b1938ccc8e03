package screen

import (
	"math"
	"slices"
)

// EveryRank ranks all other rows as seen from one, by exact distances. It is the
// scratch of one goroutine: 24 bytes a row.
type EveryRank struct {
	r     *Rows
	ruler *ruler
	dist  []float64
	start []int32 // of the bins, in order
	order []near
}

// EveryRank returns a ranker of the rows.
func (r *Rows) EveryRank() *EveryRank {
	return &EveryRank{r: r, ruler: newRuler(r, r), dist: make([]float64, r.n), start: make([]int32, r.n+2), order: make([]near, r.n)}
}

// From writes to ranks[j] the rank of row j as seen from row i: 1 + the number of
// other rows that come before, by exact distance and by index at equal distance.
// That of i itself is 0. Time O(n·d), and O(n·log n) at worst to order them.
//
// Bins of equal width hold mostly one row each.
func (e *EveryRank) From(i int, ranks []int32) {
	n := e.r.n
	least, most := math.Inf(1), 0.
	for j := range n {
		if j == i {
			continue
		}
		var v float64
		if e.r.given != nil {
			v = e.r.given.At(i, j)
		} else {
			v = e.ruler.exact(int32(i), int32(j))
		}
		e.dist[j] = v
		least, most = min(least, v), max(most, v)
	}
	scale := float64(n-1) / (most - least)
	if !(scale > 0) || math.IsInf(scale, 1) { // all but equal
		scale = 0
	}
	// Grows with v, as scale·(v − least) does when rounded.
	bin := func(v float64) int { return min(int(scale*(v-least)), n-1) }
	clear(e.start)
	for j, v := range e.dist[:n] {
		if j != i {
			e.start[bin(v)+2]++
		}
	}
	for b := 2; b < len(e.start); b++ {
		e.start[b] += e.start[b-1]
	}
	for j, v := range e.dist[:n] {
		if j == i {
			continue
		}
		b := bin(v) + 1
		e.order[e.start[b]] = near{v, int32(j)}
		e.start[b]++
	}
	for b := range n {
		if s := e.order[e.start[b]:e.start[b+1]]; len(s) > 1 {
			sortNear(s)
		}
	}
	for t, o := range e.order[:n-1] {
		ranks[o.row] = int32(t + 1)
	}
	ranks[i] = 0
}

// sortNear sorts rows that came by index.
func sortNear(s []near) {
	if len(s) > 24 {
		slices.SortFunc(s, compare)
		return
	}
	for a := 1; a < len(s); a++ {
		v := s[a]
		b := a
		for ; b > 0 && v.before(s[b-1]); b-- {
			s[b] = s[b-1]
		}
		s[b] = v
	}
}
