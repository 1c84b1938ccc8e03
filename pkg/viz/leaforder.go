package viz

import (
	"cmp"
	"context"
	"math"
	"slices"

	"github.com/flatland-go/flatland/internal/par"
)

// A merging is the hierarchical clustering of n things: merge k joins clusters a[k] and b[k] at a height into cluster n + k.
type merging struct {
	n      int
	a, b   []int
	height []float64
}

// averageLinkage clusters n things by their distances, n × n numbers, which it overwrites: always the two clusters whose members are nearest on
// average, by chains of nearest neighbours (F. Murtagh, A Survey of Recent Advances in Hierarchical Clustering Algorithms, 1983). Time O(n²).
func averageLinkage(n int, d []float64) merging {
	size := make([]float64, n)
	for i := range size {
		size[i] = 1
	}
	type pair struct {
		a, b   int
		height float64
	}
	var pairs []pair // by one thing of each cluster
	var chain []int
	for len(pairs) < n-1 {
		if len(chain) == 0 {
			chain = append(chain, slices.IndexFunc(size, func(s float64) bool { return s > 0 }))
		}
		at := chain[len(chain)-1]
		row := d[at*n : (at+1)*n]
		nearest, least := -1, math.Inf(1)
		if len(chain) > 1 { // of equals the one before, so that the chain ends
			nearest = chain[len(chain)-2]
			least = row[nearest]
		}
		for j, s := range size {
			if s > 0 && j != at && row[j] < least {
				nearest, least = j, row[j]
			}
		}
		if len(chain) < 2 || nearest != chain[len(chain)-2] {
			chain = append(chain, nearest)
			continue
		}
		chain = chain[:len(chain)-2]
		a, b := min(at, nearest), max(at, nearest)
		pairs = append(pairs, pair{a, b, least})
		share := size[a] / (size[a] + size[b])
		for j, s := range size {
			if s > 0 && j != a && j != b {
				v := share*d[a*n+j] + (1-share)*d[b*n+j]
				d[b*n+j], d[j*n+b] = v, v
			}
		}
		size[a], size[b] = 0, size[a]+size[b]
	}
	slices.SortStableFunc(pairs, func(p, q pair) int { return cmp.Compare(p.height, q.height) })
	m := merging{n: n}
	above, cluster := make([]int, n), make([]int, n)
	for i := range above {
		above[i], cluster[i] = i, i
	}
	top := func(i int) int {
		for above[i] != i {
			above[i] = above[above[i]]
			i = above[i]
		}
		return i
	}
	for k, p := range pairs {
		a, b := top(p.a), top(p.b)
		m.a, m.b, m.height = append(m.a, min(cluster[a], cluster[b])), append(m.b, max(cluster[a], cluster[b])), append(m.height, p.height)
		above[a], cluster[b] = b, n+k
	}
	return m
}

// An ordering finds the order of the leaves of a tree in which neighbours are nearest in sum.
type ordering struct {
	merging
	first []int     // of each cluster, the place of its first leaf in the order of the tree
	size  []int     // of each cluster
	d     []float64 // distances, by places
	best  []float64 // of two places, the least sum of a way between them through all of the smallest cluster that has both
}

// optimal returns the leaves in the order, among all 2ⁿ⁻¹ in which the tree can be drawn, whose sum of distances between neighbours is least
// (Z. Bar-Joseph, D. K. Gifford and T. S. Jaakkola, Fast Optimal Leaf Ordering for Hierarchical Clustering, 2001). The one of both directions
// that begins with the smaller number. Time O(n³), memory 16·n² bytes.
func (m merging) optimal(distance func(i, j int) float64) []int {
	n := m.n
	if n == 1 {
		return []int{0}
	}
	o := &ordering{merging: m, first: make([]int, 2*n-1), size: make([]int, 2*n-1), d: make([]float64, n*n), best: make([]float64, n*n)}
	for i := range n {
		o.size[i] = 1
	}
	for k := range m.a {
		o.size[n+k] = o.size[m.a[k]] + o.size[m.b[k]]
	}
	for k := n - 2; k >= 0; k-- {
		o.first[m.a[k]] = o.first[n+k]
		o.first[m.b[k]] = o.first[n+k] + o.size[m.a[k]]
	}
	leaf := make([]int, n) // at each place
	for i := range n {
		leaf[o.first[i]] = i
	}
	must(par.Blocks(context.Background(), n, 16, func(lo, hi int) {
		for p := lo; p < hi; p++ {
			for q := range n {
				o.d[p*n+q] = distance(leaf[p], leaf[q])
			}
		}
	}))
	for k := range m.a {
		o.solve(k)
	}
	root := 2*n - 2
	a, b := m.a[n-2], m.b[n-2]
	from, to, least := 0, 0, math.Inf(1)
	for i := o.first[a]; i < o.first[a]+o.size[a]; i++ {
		for j := o.first[b]; j < o.first[b]+o.size[b]; j++ {
			if v := o.best[i*n+j]; v < least {
				from, to, least = i, j, v
			}
		}
	}
	order := o.walk(make([]int, 0, n), root, from, to)
	for i, p := range order {
		order[i] = leaf[p]
	}
	if order[0] > order[n-1] {
		slices.Reverse(order)
	}
	return order
}

// across returns the places at which a way through a cluster may end that begins at a place of it: those of the other branch.
func (o *ordering) across(cluster, from int) (lo, hi int) {
	if cluster < o.n {
		return o.first[cluster], o.first[cluster] + 1
	}
	branch := o.a[cluster-o.n]
	if from < o.first[branch]+o.size[branch] {
		branch = o.b[cluster-o.n]
	}
	return o.first[branch], o.first[branch] + o.size[branch]
}

// solve finds the best ways through a merged cluster: from any place of its first branch through all of that, and then through all of the second.
func (o *ordering) solve(k int) {
	n, a, b := o.n, o.a[k], o.b[k]
	aLo, bLo, bSize := o.first[a], o.first[b], o.size[b]
	must(par.BlocksWith(context.Background(), o.size[a], 8, func() []float64 { return make([]float64, bSize) }, func(cross []float64, lo, hi int) {
		for i := aLo + lo; i < aLo+hi; i++ {
			for l := range cross {
				cross[l] = math.Inf(1)
			}
			from, to := o.across(a, i)
			for k := from; k < to; k++ { // the last of the first branch, and the first of the second
				so, row := o.best[i*n+k], o.d[k*n+bLo:k*n+bLo+bSize]
				for l, v := range row {
					if v += so; v < cross[l] {
						cross[l] = v
					}
				}
			}
			for j := bLo; j < bLo+bSize; j++ {
				from, to := o.across(b, j)
				least := math.Inf(1)
				for l, v := range o.best[j*n+from : j*n+to] {
					if v += cross[from-bLo+l]; v < least {
						least = v
					}
				}
				o.best[i*n+j] = least
			}
		}
	}))
	for i := aLo; i < aLo+o.size[a]; i++ {
		for j := bLo; j < bLo+bSize; j++ {
			o.best[j*n+i] = o.best[i*n+j]
		}
	}
}

// walk appends the places of a cluster on the best way through it from one place to another.
func (o *ordering) walk(order []int, cluster, from, to int) []int {
	if cluster < o.n {
		return append(order, from)
	}
	n, a, b := o.n, o.a[cluster-o.n], o.b[cluster-o.n]
	if from >= o.first[b] {
		a, b = b, a
	}
	kLo, kHi := o.across(a, from)
	lLo, lHi := o.across(b, to)
	last, next, least := kLo, lLo, math.Inf(1)
	for k := kLo; k < kHi; k++ {
		for l := lLo; l < lHi; l++ {
			if v := o.best[from*n+k] + o.d[k*n+l] + o.best[l*n+to]; v < least {
				last, next, least = k, l, v
			}
		}
	}
	return o.walk(o.walk(order, a, from, last), b, next, to)
}
