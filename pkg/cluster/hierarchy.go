package cluster

import (
	"fmt"
	"io"
	"math"
	"sort"

	"github.com/flatland-go/flatland/internal/linkage"
	"github.com/flatland-go/flatland/internal/saved"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// Hierarchy holds the joins of rows and clusters, lowest first, and one cut through them.
type Hierarchy struct {
	Method string // the linkage
	N      int    // rows
	Merges []Merge
	Labels []int // the cluster of every row, numbered from 0 by their first rows
}

// Merge joins two clusters: those below N are rows, the others merges from N on, as in the
// linkage matrices of SciPy.
type Merge struct {
	A, B   int
	Height float64 // how far they were apart
	Size   int     // rows in it
}

// merge numbers the clusters of joins that are sorted by height.
func (h *Hierarchy) merge(joined []join) {
	above, size := make([]int, 2*h.N-1), make([]int, 2*h.N-1)
	for i := range above {
		above[i], size[i] = i, 1
	}
	top := func(i int) int {
		for above[i] != i {
			above[i] = above[above[i]]
			i = above[i]
		}
		return i
	}
	for k, j := range joined {
		a, b, c := top(int(j.i)), top(int(j.j)), h.N+k
		above[a], above[b] = c, c
		size[c] = size[a] + size[b]
		h.Merges = append(h.Merges, Merge{min(a, b), max(a, b), j.height, size[c]})
	}
}

// Into returns the cluster of every row as they are when so many are left, numbered from 0 by
// their first rows. Errors: *mat32.ParamError where there are never as many.
func (h *Hierarchy) Into(clusters int) ([]int, error) {
	if clusters < 1 || clusters > h.N {
		return nil, &mat32.ParamError{Method: "cluster.Hierarchy.Into", Param: "clusters", Value: clusters, Want: fmt.Sprintf("1 ≤ clusters ≤ n = %d", h.N)}
	}
	return linkage.Labels(h.N, h.N-clusters, h.pair), nil
}

// Cut returns the cluster of every row at a height, numbered from 0 by their first rows: rows
// are together that are joined there or below.
func (h *Hierarchy) Cut(height float64) []int {
	below := sort.Search(len(h.Merges), func(k int) bool { return !(h.Merges[k].Height <= height) })
	return linkage.Labels(h.N, below, h.pair)
}

func (h *Hierarchy) pair(k int) (a, b int) { return h.Merges[k].A, h.Merges[k].B }

// Linkage returns how many rows there are, and the merges as slices: merge k joins clusters a[k]
// and b[k] at a height to cluster rows + k. It is what viz.Dendrogram draws.
func (h *Hierarchy) Linkage() (rows int, a, b []int, height []float64) {
	for _, m := range h.Merges {
		a, b, height = append(a, m.A), append(b, m.B), append(height, m.Height)
	}
	return h.N, a, b, height
}

// Caption returns a line for a chart.
func (h *Hierarchy) Caption() string { return fmt.Sprintf("%s linkage · n = %d", h.Method, h.N) }

// String returns a line: the linkage, rows, the range of heights, the sizes of the clusters.
func (h *Hierarchy) String() string {
	sizes := h.sizes()
	s := fmt.Sprintf("%s linkage of %d rows: %d clusters of %v", h.Method, h.N, len(sizes), sizes)
	if k := len(h.Merges); k > 0 {
		s += fmt.Sprintf(", merges from %.4g to %.4g", h.Merges[0].Height, h.Merges[k-1].Height)
	}
	return s
}

// sizes returns the rows of every cluster.
func (h *Hierarchy) sizes() (sizes []int) {
	for _, l := range h.Labels {
		if l == len(sizes) {
			sizes = append(sizes, 0)
		}
		sizes[l]++
	}
	return sizes
}

const hierarchyKind = "cluster.Hierarchy"

// WriteTo writes the hierarchy in a form that ReadFrom reads.
func (h *Hierarchy) WriteTo(w io.Writer) (int64, error) {
	return write(w, hierarchyKind, func(s *saved.Writer) {
		s.Text(h.Method)
		s.Int(h.N)
		s.Int(len(h.sizes()))
		s.Int(len(h.Merges))
		for _, m := range h.Merges {
			s.Int(m.A<<32 | m.B)
			s.Float(m.Height)
		}
	})
}

func (h *Hierarchy) decode(s *saved.Reader) {
	h.Method, h.N = s.Text(), s.Int()
	clusters, merges := s.Int(), s.Int()
	if s.OK() && (h.N < 1 || h.N > math.MaxInt32/2 || merges != h.N-1 || clusters < 1 || clusters > h.N) {
		s.Fail("its numbers of rows, merges and clusters do not fit")
	}
	joined := map[int]bool{} // clusters that are part of another
	size := func(c int) int {
		if c < h.N {
			return 1
		}
		return h.Merges[c-h.N].Size
	}
	last := 0.
	for k := 0; k < merges && s.OK(); k++ {
		both, height := s.Int(), s.Float()
		a, b := both>>32, both&math.MaxUint32
		if a < 0 || a >= b || b >= h.N+k || joined[a] || joined[b] || !(height >= last) || math.IsInf(height, 0) {
			s.Fail("its merges are not sorted merges of clusters")
			return
		}
		joined[a], joined[b], last = true, true, height
		h.Merges = append(h.Merges, Merge{a, b, height, size(a) + size(b)})
	}
	if s.OK() {
		h.Labels = linkage.Labels(h.N, h.N-clusters, h.pair)
	}
}

// ReadFrom replaces the hierarchy by one that WriteTo wrote. The error is a *mat32.FileError, and
// h does not change, where the file is damaged, of another kind or of a newer version.
func (h *Hierarchy) ReadFrom(r io.Reader) (int64, error) {
	return read(r, hierarchyKind, h, (*Hierarchy).decode)
}

// MarshalBinary returns what WriteTo writes.
func (h *Hierarchy) MarshalBinary() ([]byte, error) { return saved.Marshal(h) }

// UnmarshalBinary reads what MarshalBinary returned.
func (h *Hierarchy) UnmarshalBinary(b []byte) error { return saved.Unmarshal(h, b) }
