package neighbors

import "fmt"

// Answer holds the K rows of an index that are nearest to every row of a query.
// The rows of the query are new to the index: none is left out as being the row
// asked about, so that a row which is in the index as well finds itself, at
// distance zero. Rows are sorted by distance, and those at equal distance by
// index.
type Answer struct {
	N, K      int       // rows asked about, and rows found for each
	Metric    string    // Metric.String() of the index
	Indices   []int32   // N × K, row after row: rows of the index
	Distances []float64 // N × K, exact: float64 sums
}

// Row returns what is nearest to row i of the query and how far it is, nearest
// first: the answer itself, not copies.
func (a *Answer) Row(i int) (indices []int32, distances []float64) {
	lo, hi := i*a.K, (i+1)*a.K
	return a.Indices[lo:hi:hi], a.Distances[lo:hi:hi]
}

// String returns one line: size and metric.
func (a *Answer) String() string {
	return fmt.Sprintf("answer to %d rows, %d nearest rows each, %s distance", a.N, a.K, a.Metric)
}
