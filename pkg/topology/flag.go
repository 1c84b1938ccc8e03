package topology

import "slices"

// flag is the flag complex of a graph whose edges appear one after the other: every set of
// vertices that are joined pairwise is a simplex, there as soon as its last edge is. No two
// edges appear together: those of one length are ordered by their ends.
type flag struct {
	n     int
	start []int     // of the links of each vertex, and where the last end
	links []link    // of a vertex, to others that ascend
	ends  []ends    // of the edges as they appear
	birth []float64 // of the vertices; nil where all are at 0

	// The edge from which on a vertex is in no new simplex; nil where vertices stay.
	gone []uint32

	// When the edges appear: a list, or how to find out from their ends.
	lengths []float64
	measure func(i, j int) float64
}

// stays reports whether a vertex is in simplices that come with an edge.
func (f *flag) stays(v, edge uint32) bool { return f.gone == nil || edge < f.gone[v] }

// value returns when an edge appears.
func (f *flag) value(edge uint32) float64 {
	if f.lengths != nil {
		return f.lengths[edge]
	}
	e := f.ends[edge]
	return f.measure(int(e.a), int(e.b))
}

// last returns when the last edge appears, 0 where there is none.
func (f *flag) last() float64 {
	if len(f.ends) == 0 {
		return 0
	}
	return f.value(uint32(len(f.ends) - 1))
}

// link leads to a neighbour by an edge.
type link struct{ to, edge uint32 }

// ends are those of an edge, the larger first.
type ends struct{ a, b uint32 }

// near returns the links of a vertex.
func (f *flag) near(v uint32) []link { return f.links[f.start[v]:f.start[v+1]] }

// born returns when a vertex appears.
func (f *flag) born(v uint32) float64 {
	if f.birth == nil {
		return 0
	}
	return f.birth[v]
}

// span is an edge and its length.
type span struct {
	length float64
	ends
}

// compareSpans orders edges by length and then by their ends.
func compareSpans(x, y span) int {
	switch {
	case x.length < y.length:
		return -1
	case x.length > y.length:
		return 1
	case x.a != y.a:
		return int(x.a) - int(y.a)
	}
	return int(x.b) - int(y.b)
}

// newFlag makes the complex of n vertices and of edges, which it sorts.
func newFlag(n int, birth []float64, spans []span) *flag {
	f := &flag{n: n, birth: birth, start: make([]int, n+1), links: make([]link, 2*len(spans)),
		ends: make([]ends, len(spans)), lengths: make([]float64, len(spans))}
	slices.SortFunc(spans, compareSpans)
	for r, s := range spans {
		f.ends[r], f.lengths[r] = s.ends, s.length
		f.start[s.a+1]++
		f.start[s.b+1]++
	}
	for v := range n {
		f.start[v+1] += f.start[v]
	}
	next := slices.Clone(f.start[:n])
	for r, e := range f.ends {
		f.links[next[e.a]] = link{e.b, uint32(r)}
		f.links[next[e.b]] = link{e.a, uint32(r)}
		next[e.a]++
		next[e.b]++
	}
	for v := range uint32(n) {
		slices.SortFunc(f.near(v), func(x, y link) int { return int(x.to) - int(y.to) })
	}
	return f
}
