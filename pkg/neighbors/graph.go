package neighbors

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// Graph holds the K nearest neighbours of every row of a matrix. A row is not
// its own neighbour; duplicates of it are, at distance zero. Neighbours are
// sorted by distance, and those at equal distance by index.
type Graph struct {
	N, K      int       // rows, and neighbours of each
	Metric    string    // Metric.String(), such as "euclidean", or "precomputed" where the distances were given
	Indices   []int32   // N × K, row after row
	Distances []float64 // N × K, exact: direct subtraction of the values given, float64 sums
	Rows      string    // mat32.Fingerprint of the matrix
	Method    string    // how the neighbours were sought, with what steers it: "NN-descent, seed 1"; empty for an exact search
	Notes     []string  // what a reader should know: what was picked and why, what was done about trouble
}

// Dims returns N twice: the graph as a matrix of rows by rows, of which Row gives the
// rows.
func (g *Graph) Dims() (rows, columns int) { return g.N, g.N }

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
	return g.CheckMetric(method, x, k, nil)
}

// CheckContext is Check for large data: where ctx is done before all is read, the error
// wraps ctx.Err().
func (g *Graph) CheckContext(ctx context.Context, method string, x mat.Matrix, k int) error {
	return g.CheckMetricContext(ctx, method, x, k, nil)
}

// CheckMetric is Check for neighbours by a metric; nil means Euclidean. Where x
// holds distances, the neighbours must be those by them, whatever the metric.
func (g *Graph) CheckMetric(method string, x mat.Matrix, k int, m Metric) error {
	return g.CheckMetricContext(context.Background(), method, x, k, m)
}

// CheckMetricContext is CheckMetric for large data: where ctx is done before all is
// read, the error wraps ctx.Err().
func (g *Graph) CheckMetricContext(ctx context.Context, method string, x mat.Matrix, k int, m Metric) error {
	n, _ := x.Dims()
	want := metric(x)
	if want != Precomputed {
		m, err := ResolveMetric(method, m)
		if err != nil {
			return err
		}
		want = m.String()
	}
	fail := func(got any, want string) error {
		return &mat32.ParamError{Method: method, Param: "Graph", Value: got, Want: want}
	}
	switch {
	case g == nil:
		return fail("nil", "a graph")
	case g.N != n:
		return fail(fmt.Sprintf("a graph of %d rows", g.N), fmt.Sprintf("one of the %d rows of x", n))
	case g.K < k:
		return fail(fmt.Sprintf("a graph with %d neighbours", g.K), fmt.Sprintf("at least %d", k))
	case len(g.Indices) != g.N*g.K || len(g.Distances) != g.N*g.K:
		return fail(fmt.Sprintf("a graph of %d indices and %d distances", len(g.Indices), len(g.Distances)), "N·K of each")
	case g.Metric != want:
		return fail(fmt.Sprintf("a graph by the %s distance", g.Metric), want)
	}
	rows, err := mat32.FingerprintContext(ctx, x)
	if err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	if g.Rows != rows {
		return fail("a graph of other values", "one built from x itself")
	}
	return nil
}

// Fingerprint identifies the graph for kept results: the values it was built
// from, its size, its metric, and what it holds, which two approximate searches
// need not agree on. It costs O(n·K).
func (g *Graph) Fingerprint() string {
	h := sha256.New()
	b := make([]byte, 0, 8<<10)
	flush := func(limit int) {
		if len(b) > limit {
			h.Write(b)
			b = b[:0]
		}
	}
	for _, j := range g.Indices {
		b = binary.LittleEndian.AppendUint32(b, uint32(j))
		flush(cap(b) - 8)
	}
	for _, d := range g.Distances {
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(d))
		flush(cap(b) - 8)
	}
	flush(0)
	return fmt.Sprintf("%s/%d/%s/%s", g.Rows, g.K, g.Metric, hex.EncodeToString(h.Sum(nil)[:16]))
}

// String returns one line, size, metric and method, and one for every note.
func (g *Graph) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "graph of %d rows, %d nearest neighbours each, %s distance", g.N, g.K, g.Metric)
	if g.Method != "" {
		b.WriteString(", by " + g.Method)
	}
	for _, note := range g.Notes {
		b.WriteString("\n  " + note)
	}
	return b.String()
}

// Neighborhoods returns the graph as neighbourhoods, which happen to have one
// size. They share its memory.
func (g *Graph) Neighborhoods() (*Neighborhoods, error) {
	return g.ragged("neighbors.Graph.Neighborhoods")
}

func (g *Graph) ragged(method string) (*Neighborhoods, error) {
	if err := g.sound(method); err != nil {
		return nil, err
	}
	h := &Neighborhoods{N: g.N, Metric: g.Metric, Start: make([]int, g.N+1), Indices: g.Indices, Distances: g.Distances, Rows: g.Rows}
	for i := range h.Start {
		h.Start[i] = i * g.K
	}
	return h, nil
}

// sound returns an error for a graph that no search makes: anybody can put one
// together.
func (g *Graph) sound(method string) error {
	if g == nil {
		return &mat32.ParamError{Method: method, Param: "Graph", Value: "nil", Want: "a graph"}
	}
	if g.N < 2 || g.K < 1 || g.K > g.N-1 || len(g.Indices) != g.N*g.K || len(g.Distances) != g.N*g.K {
		return &mat32.ParamError{Method: method, Param: "Graph",
			Value: fmt.Sprintf("%d indices and %d distances for %d rows of %d neighbours", len(g.Indices), len(g.Distances), g.N, g.K),
			Want:  "N·K of each, with 1 ≤ K ≤ N−1"}
	}
	return soundLists(method, "Graph", g.N, g.Row)
}

// soundLists returns an error unless the neighbours of every row are other rows,
// each once, sorted, at distances.
func soundLists(method, param string, n int, list func(i int) ([]int32, []float64)) error {
	bad := make([]error, (n+rowBlock-1)/rowBlock)
	err := par.BlocksWith(context.Background(), n, rowBlock, func() []int32 { return make([]int32, n) }, func(listed []int32, lo, hi int) {
		for i := lo; i < hi; i++ {
			indices, distances := list(i)
			for k, j := range indices {
				d := distances[k]
				if j < 0 || int(j) >= n || int(j) == i || !(d >= 0) || math.IsInf(d, 0) ||
					k > 0 && (d < distances[k-1] || d == distances[k-1] && j <= indices[k-1]) || listed[j] == int32(i)+1 {
					bad[lo/rowBlock] = &mat32.ParamError{Method: method, Param: param,
						Value: fmt.Sprintf("neighbour %d of row %d, row %d at distance %v", k, i, j, d),
						Want:  fmt.Sprintf("another of the %d rows, listed once, and the list sorted by distance and index", n)}
					return
				}
				listed[j] = int32(i) + 1
			}
		}
	})
	for _, b := range bad {
		if b != nil {
			return b
		}
	}
	return err
}

// Precomputed is the metric of a graph of given distances (mat32.Distances), made by
// whatever metric.
const Precomputed = "precomputed"

// metric returns that by which the rows of x are compared.
func metric(x mat.Matrix) string {
	if _, ok := x.(*mat32.Distances); ok {
		return Precomputed
	}
	return Euclidean{}.String()
}
