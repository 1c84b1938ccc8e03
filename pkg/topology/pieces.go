package topology

import "math"

// pieces returns the persistent homology of dimension 0, and for every edge whether it
// joins two pieces. Of two pieces that meet, the younger one dies.
func (f *flag) pieces() (Diagram, []bool) {
	root := make([]uint32, f.n)
	for v := range root {
		root[v] = uint32(v)
	}
	find := func(v uint32) uint32 {
		for root[v] != v {
			root[v] = root[root[v]]
			v = root[v]
		}
		return v
	}
	size := make([]uint32, f.n)
	oldest := make([]float64, f.n) // of the piece at its root
	for v := range oldest {
		size[v], oldest[v] = 1, f.born(uint32(v))
	}
	var bars Diagram
	joins := make([]bool, len(f.ends))
	left := f.n
	for r, e := range f.ends {
		a, b := find(e.a), find(e.b)
		if a == b {
			continue
		}
		joins[r] = true
		if v, young := f.value(uint32(r)), max(oldest[a], oldest[b]); young < v {
			bars = append(bars, Bar{young, v})
		}
		if size[a] < size[b] {
			a, b = b, a
		}
		root[b] = a
		size[a] += size[b]
		oldest[a] = min(oldest[a], oldest[b])
		if left--; left == 1 {
			break
		}
	}
	for v := range root {
		if find(uint32(v)) == uint32(v) {
			bars = append(bars, Bar{oldest[v], math.Inf(1)})
		}
	}
	bars.Sort()
	return bars, joins
}
