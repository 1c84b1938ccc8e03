package topology

import (
	"fmt"
	"math"

	"github.com/flatland-go/flatland/internal/linkage"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// Dendrogram is a hierarchy of clusters: rows that join, the nearest first, until those of
// every connected part are together.
type Dendrogram struct {
	N      int     // rows
	Merges []Merge // by height

	// Every row or merged cluster hangs below another of at least its size, from some
	// height on, so that no way up has more than log₂ n steps.
	above  []int32
	height []float64
}

// Merge joins two clusters: those below N are rows, the others merges from N on, as in the
// linkage matrices of SciPy.
type Merge struct {
	A, B   int
	Height float64
	Size   int // rows in it
}

// NewDendrogram returns the hierarchy whose merges are the edges of a spanning tree, or of
// a forest. Time O(n·log n).
func NewDendrogram(tree *neighbors.Tree) *Dendrogram {
	d := &Dendrogram{N: tree.N, Merges: make([]Merge, 0, len(tree.Edges)), above: make([]int32, tree.N), height: make([]float64, tree.N)}
	cluster, size := make([]int, tree.N), make([]int, tree.N)
	for i := range d.above {
		d.above[i], cluster[i], size[i] = int32(i), i, 1
		d.height[i] = math.Inf(1)
	}
	for _, e := range tree.Edges {
		a, b := d.top(e.I, math.Inf(1)), d.top(e.J, math.Inf(1))
		if size[a] < size[b] {
			a, b = b, a
		}
		d.above[b], d.height[b] = a, e.Distance
		size[a] += size[b]
		d.Merges = append(d.Merges, Merge{min(cluster[a], cluster[b]), max(cluster[a], cluster[b]), e.Distance, size[a]})
		cluster[a] = tree.N + len(d.Merges) - 1
	}
	return d
}

// top returns the row that stands for the cluster of a row at a height.
func (d *Dendrogram) top(i int32, height float64) int32 {
	for d.above[i] != i && d.height[i] <= height {
		i = d.above[i]
	}
	return i
}

// Height returns that at which two rows come together, 0 for a row and itself and +Inf
// where they never do: the cophenetic distance, the largest ultrametric that is nowhere
// above the distances. Time O(log n).
func (d *Dendrogram) Height(i, j int) float64 {
	height := 0.
	for a, b := int32(i), int32(j); a != b; {
		// Heights grow on the way up.
		if d.height[a] > d.height[b] {
			a, b = b, a
		}
		if height = d.height[a]; math.IsInf(height, 1) {
			return height
		}
		a = d.above[a]
	}
	return height
}

// Cut returns the cluster of every row at a height, numbered from 0 by their first rows:
// rows are together that merge there or below.
func (d *Dendrogram) Cut(height float64) (labels []int) {
	labels = make([]int, d.N)
	number := make(map[int32]int)
	for i := range labels {
		top := d.top(int32(i), height)
		if _, ok := number[top]; !ok {
			number[top] = len(number)
		}
		labels[i] = number[top]
	}
	return labels
}

// CutInto returns the cluster of every row as they are when so many are left, numbered from
// 0 by their first rows. Merges of one height are taken in their order. Errors:
// *mat32.ParamError where there are never as many.
func (d *Dendrogram) CutInto(clusters int) (labels []int, err error) {
	if clusters > d.N || clusters < d.N-len(d.Merges) {
		return nil, &mat32.ParamError{Method: "topology.Dendrogram.CutInto", Param: "clusters", Value: clusters,
			Want: fmt.Sprintf("%d ≤ clusters ≤ n = %d", d.N-len(d.Merges), d.N)}
	}
	return linkage.Labels(d.N, d.N-clusters, func(k int) (a, b int) { return d.Merges[k].A, d.Merges[k].B }), nil
}

// Diagram returns the persistence diagram of pieces: a bar from 0 to the height of every
// merge, and one that never ends for every part that is connected. Bars of length 0, of
// rows that are equal, are left out.
func (d *Dendrogram) Diagram() Diagram {
	var bars Diagram
	for _, m := range d.Merges {
		if m.Height > 0 {
			bars = append(bars, Bar{0, m.Height})
		}
	}
	for range d.N - len(d.Merges) {
		bars = append(bars, Bar{0, math.Inf(1)})
	}
	return bars
}

// Gap returns the height in the middle of the longest range without a merge, and how many
// clusters there are then: where a cut is least in doubt. Nothing is merged below the
// first merge, so that ranges are between merges only; there must be two of them, else it
// returns 0 and the number of rows.
func (d *Dendrogram) Gap() (height float64, clusters int) {
	clusters = d.N
	longest := -1.
	for k := 1; k < len(d.Merges); k++ {
		low, high := d.Merges[k-1].Height, d.Merges[k].Height
		if high-low > longest {
			longest, height, clusters = high-low, low+(high-low)/2, d.N-k
		}
	}
	return height, clusters
}

// Linkage returns how many rows there are, and the merges as slices: merge k joins clusters a[k]
// and b[k] at a height to cluster rows + k.
func (d *Dendrogram) Linkage() (rows int, a, b []int, height []float64) {
	for _, m := range d.Merges {
		a, b, height = append(a, m.A), append(b, m.B), append(height, m.Height)
	}
	return d.N, a, b, height
}

// Caption returns a line for a chart.
func (d *Dendrogram) Caption() string { return fmt.Sprintf("single linkage · n = %d", d.N) }

// String returns a line: rows, the parts, the range of heights.
func (d *Dendrogram) String() string {
	s := fmt.Sprintf("single linkage of %d rows", d.N)
	if parts := d.N - len(d.Merges); parts > 1 {
		s += fmt.Sprintf(" in %d connected parts", parts)
	}
	if len(d.Merges) > 0 {
		at, clusters := d.Gap()
		s += fmt.Sprintf(", merges from %.4g to %.4g", d.Merges[0].Height, d.Merges[len(d.Merges)-1].Height)
		if len(d.Merges) > 1 {
			s += fmt.Sprintf(", the widest gap is at %.4g: %d clusters", at, clusters)
		}
	}
	return s
}

// Interleaving returns the interleaving distance of two hierarchies of the same rows: the
// least ε such that rows which are together at a height in one are together ε higher in the
// other, at every height and both ways. It is the largest difference of Height over all
// pairs of rows, at most that of the distances they were made of (D. Shiebler, 2021,
// Functorial manifold learning; Carlsson and Mémoli, 2010), and +Inf where two rows meet in
// one hierarchy only.
//
// The largest difference is one at a merge of either hierarchy: along the tree of one, no
// pair is farther above it in the other than the highest of the merges between them. Time
// O(n·log n), memory 16·n bytes. Errors: *mat32.ShapeError where the hierarchies are not of
// as many rows.
func Interleaving(a, b *Dendrogram) (float64, error) {
	if a.N != b.N {
		return 0, &mat32.ShapeError{What: "b", Rows: b.N, Cols: 1, Want: fmt.Sprintf("%d rows, as a has", a.N)}
	}
	return max(a.excess(b), b.excess(a)), nil
}

// excess returns by how much other is above d at most: at the merges of d, where it takes
// any pair of rows that these join.
func (d *Dendrogram) excess(other *Dendrogram) (most float64) {
	first := make([]int, d.N+len(d.Merges)) // a row of every cluster
	for i := range d.N {
		first[i] = i
	}
	for k, m := range d.Merges {
		i, j := first[m.A], first[m.B]
		first[d.N+k] = i
		most = max(most, other.Height(i, j)-m.Height)
	}
	return most
}
