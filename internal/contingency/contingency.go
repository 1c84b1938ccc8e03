// Package contingency counts the rows of two labelings by both of their labels.
package contingency

import "slices"

// Table holds how many rows are in a cluster of one labeling and a cluster of the other.
type Table struct {
	Rows  float64
	A, B  []float64 // rows of each cluster
	Cells []Cell    // that hold any, by A and then B
}

// Cell is a cluster of each labeling, and the rows they share.
type Cell struct {
	A, B int
	Rows float64
}

// Of counts rows by labels from 0 on, below inA and inB. Rows with a negative label in either are left out. a and b are equally
// long. Time O(n·log n).
func Of(a, b []int, inA, inB int) *Table {
	t := &Table{A: make([]float64, inA), B: make([]float64, inB)}
	var pairs [][2]int
	for i, k := range a {
		if l := b[i]; k >= 0 && l >= 0 {
			pairs = append(pairs, [2]int{k, l})
			t.A[k]++
			t.B[l]++
			t.Rows++
		}
	}
	slices.SortFunc(pairs, func(p, q [2]int) int {
		if p[0] != q[0] {
			return p[0] - q[0]
		}
		return p[1] - q[1]
	})
	for i, p := range pairs {
		if i == 0 || p != pairs[i-1] {
			t.Cells = append(t.Cells, Cell{A: p[0], B: p[1]})
		}
		t.Cells[len(t.Cells)-1].Rows++
	}
	return t
}

// AdjustedRand returns how well the labelings agree on which pairs of rows belong together, less what chance would (L. Hubert and
// P. Arabie, 1985, Comparing partitions). Where both have one cluster, or both one for every row, it is 1.
func (t *Table) AdjustedRand() float64 {
	pairs := func(rows float64) float64 { return rows * (rows - 1) / 2 }
	both, inA, inB, all := 0., 0., 0., pairs(t.Rows)
	for _, c := range t.Cells {
		both += pairs(c.Rows)
	}
	for _, n := range t.A {
		inA += pairs(n)
	}
	for _, n := range t.B {
		inB += pairs(n)
	}
	if inA == 0 && inB == 0 || inA == all && inB == all {
		return 1
	}
	chance := inA * inB / all
	return (both - chance) / ((inA+inB)/2 - chance)
}
