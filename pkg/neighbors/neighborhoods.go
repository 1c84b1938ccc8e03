package neighbors

import "fmt"

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
}

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
