package neighbors

import (
	"fmt"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// Neighborhoods holds neighbours of every row, as many as each has: the rows of a
// ball, or those of a graph made symmetric. A row is not its own neighbour;
// neighbours are sorted by distance, and those at equal distance by index.
type Neighborhoods struct {
	N         int       // rows
	Metric    string    // as of a Graph
	Start     []int     // N + 1 values: the neighbours of row i stand at Start[i] … Start[i+1]−1
	Indices   []int32   // row after row
	Distances []float64 // exact, as of a Graph
	Rows      string    // mat32.Fingerprint of the matrix; empty where it is not known

	// Of is 0 where neighbours are rows among themselves. In what ExactIndex.Within
	// returns it is the number of rows of the index: rows are those of the query,
	// neighbours those of the index, and there is no graph to speak of. What works
	// on graphs refuses it.
	Of int
}

// Dims returns N twice, as Graph.Dims does.
func (h *Neighborhoods) Dims() (rows, columns int) { return h.N, h.N }

// Row returns the neighbours of row i and their distances, nearest first: the
// neighbourhoods themselves, not copies.
func (h *Neighborhoods) Row(i int) (indices []int32, distances []float64) {
	lo, hi := h.Start[i], h.Start[i+1]
	return h.Indices[lo:hi:hi], h.Distances[lo:hi:hi]
}

// String returns one line: size, how many neighbours rows have, and metric.
func (h *Neighborhoods) String() string {
	least, most := len(h.Indices), 0
	for i := range h.N {
		size := h.Start[i+1] - h.Start[i]
		least, most = min(least, size), max(most, size)
	}
	return fmt.Sprintf("neighbourhoods of %d rows, %d to %d neighbours each, %.1f on average, %s distance",
		h.N, least, most, float64(len(h.Indices))/float64(max(h.N, 1)), h.Metric)
}

// Nearest returns the graph of the k nearest neighbours of every row, as a copy.
// The error is a *mat32.ParamError where a row, which it names, has fewer.
func (h *Neighborhoods) Nearest(k int) (*Graph, error) {
	const method = "neighbors.Neighborhoods.Nearest"
	if err := h.sound(method); err != nil {
		return nil, err
	}
	if k < 1 || k > h.N-1 {
		return nil, &mat32.ParamError{Method: method, Param: "k", Value: k, Want: fmt.Sprintf("1 ≤ k ≤ n−1 = %d", h.N-1)}
	}
	g := &Graph{N: h.N, K: k, Metric: h.Metric, Indices: make([]int32, 0, h.N*k), Distances: make([]float64, 0, h.N*k), Rows: h.Rows}
	for i := range h.N {
		indices, distances := h.Row(i)
		if len(indices) < k {
			return nil, &mat32.ParamError{Method: method, Param: "k", Value: k, Want: fmt.Sprintf("at most %d, which is all that row %d has", len(indices), i)}
		}
		g.Indices = append(g.Indices, indices[:k]...)
		g.Distances = append(g.Distances, distances[:k]...)
	}
	return g, nil
}

// sound returns an error for neighbourhoods that nothing here makes.
func (h *Neighborhoods) sound(method string) error {
	switch {
	case h == nil:
		return &mat32.ParamError{Method: method, Param: "Neighborhoods", Value: "nil", Want: "neighbourhoods"}
	case h.Of != 0:
		return &mat32.ParamError{Method: method, Param: "Neighborhoods", Value: fmt.Sprintf("%d queries, whose neighbours are among the %d rows of an index", h.N, h.Of),
			Want: "rows whose neighbours are among themselves, as of neighbors.Within or Graph.Union"}
	}
	torn := h.N < 0 || len(h.Start) != h.N+1 || len(h.Indices) != len(h.Distances) || h.Start[0] != 0 || h.Start[h.N] != len(h.Indices)
	for i := 0; i < h.N && !torn; i++ {
		torn = h.Start[i] > h.Start[i+1] || h.Start[i+1] > len(h.Indices)
	}
	if torn {
		return &mat32.ParamError{Method: method, Param: "Neighborhoods",
			Value: fmt.Sprintf("%d starts, %d indices and %d distances for %d rows", len(h.Start), len(h.Indices), len(h.Distances), h.N),
			Want:  "N + 1 ascending starts from 0 to the number of indices, and as many distances"}
	}
	return soundLists(method, "Neighborhoods", h.N, h.Row)
}
