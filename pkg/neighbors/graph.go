package neighbors

import (
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// Graph holds the K nearest neighbours of every row of a matrix. A row is not
// its own neighbour; duplicates of it are, at distance zero. Neighbours are
// sorted by distance, and those at equal distance by index.
type Graph struct {
	N, K      int       // rows, and neighbours of each
	Metric    string    // "euclidean", or "precomputed" where the distances were given
	Indices   []int32   // N × K, row after row
	Distances []float64 // N × K, exact: direct subtraction of the values given, float64 sums
	Rows      string    // mat32.Fingerprint of the matrix
	Method    string    // how the neighbours were sought, with what steers it: "NN-descent, seed 1"; empty for an exact search
	Notes     []string  // what a reader should know: what was picked and why, what was done about trouble
}

// Row returns the neighbours of row i and their distances, nearest first: the
// graph itself, not copies.
func (g *Graph) Row(i int) (indices []int32, distances []float64) {
	lo, hi := i*g.K, (i+1)*g.K
	return g.Indices[lo:hi:hi], g.Distances[lo:hi:hi]
}

// Check returns an error when g cannot stand for the k nearest neighbours of the
// rows of x, Euclidean or by the distances that x holds: another number of rows,
// too few neighbours, another metric, or other values (compared by fingerprint,
// O(n·d)). The errors are *mat32.ParamError values for method.
func (g *Graph) Check(method string, x mat.Matrix, k int) error {
	n, _ := x.Dims()
	fail := func(got any, want string) error {
		return &mat32.ParamError{Method: method, Param: "Graph", Value: got, Want: want}
	}
	switch {
	case g.N != n:
		return fail(fmt.Sprintf("a graph of %d rows", g.N), fmt.Sprintf("one of the %d rows of x", n))
	case g.K < k:
		return fail(fmt.Sprintf("a graph with %d neighbours", g.K), fmt.Sprintf("at least %d", k))
	case len(g.Indices) != g.N*g.K || len(g.Distances) != g.N*g.K:
		return fail(fmt.Sprintf("a graph of %d indices and %d distances", len(g.Indices), len(g.Distances)), "N·K of each")
	case g.Metric != metric(x):
		return fail(fmt.Sprintf("a graph by the %s distance", g.Metric), metric(x))
	case g.Rows != mat32.Fingerprint(x):
		return fail("a graph of other values", "one built from x itself")
	}
	return nil
}

// Fingerprint identifies the graph for kept results: the values it was built
// from, its size and its metric.
func (g *Graph) Fingerprint() string {
	return fmt.Sprintf("%s/%d/%s", g.Rows, g.K, g.Metric)
}

// String returns one line: size and metric.
func (g *Graph) String() string {
	return fmt.Sprintf("graph of %d rows, %d nearest neighbours each, %s distance", g.N, g.K, g.Metric)
}

// The metrics by which a graph is made.
const (
	Euclidean   = "euclidean"   // of the rows
	Precomputed = "precomputed" // a mat32.Distances was given, made by whatever metric
)

// metric returns that by which the rows of x are compared.
func metric(x mat.Matrix) string {
	if _, ok := x.(*mat32.Distances); ok {
		return Precomputed
	}
	return Euclidean
}
