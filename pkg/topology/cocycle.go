package topology

import "slices"

// Cocycle represents a class of cohomology while its bar lasts: a number for simplices of its
// dimension, zero for all that are not listed, whose sum around every simplex one dimension
// up vanishes until the bar ends. A ring's shows where one would have to cut it.
type Cocycle struct {
	Simplices    [][]int // vertices, which ascend: as they are ordered, so are the simplices oriented
	Coefficients []int   // from 1 to Prime−1
}

// cocycle reads a combination of simplices.
func (h *cohomology) cocycle(entries []uint64) Cocycle {
	c := Cocycle{Simplices: make([][]int, 0, len(entries)), Coefficients: make([]int, 0, len(entries))}
	for _, e := range entries {
		h.open(&h.t, &h.lower, e>>h.cbits)
		simplex := make([]int, 0, len(h.t.vertices))
		for _, v := range slices.Backward(h.t.vertices) {
			simplex = append(simplex, int(v))
		}
		c.Simplices, c.Coefficients = append(c.Simplices, simplex), append(c.Coefficients, int(h.coef(e)))
	}
	return c
}

// Edges returns the edges of a cocycle of dimension 1 and their coefficients, of the integers
// modulo prime those nearest to 0: what a chart of a network draws. Of other dimensions it
// returns none.
func (c Cocycle) Edges(prime int) (edges [][2]int, values []float64) {
	for i, s := range c.Simplices {
		if len(s) != 2 {
			return nil, nil
		}
		v := c.Coefficients[i]
		if v > prime/2 {
			v -= prime
		}
		edges, values = append(edges, [2]int{s[0], s[1]}), append(values, float64(v))
	}
	return edges, values
}
