package affinity

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// AlphaDecay weighs rows by exp(−(d/b)^Decay), where d is how far they are and b how
// far the nearest Neighbors rows reach: the kernel of PHATE. With a large Decay the
// weight is near 1 within that reach and falls to nothing beyond, which adapts to the
// density and leaves no row alone. Two rows weigh the average of what either gives
// to the other, and every row weighs itself 1.
//
// Weights below Threshold are left out. All that are not are found, as long as the
// neighbours first looked for are exact: where they do not reach far enough, rows are
// searched again, all exactly. Approximate ones, such as neighbors.Auto picks for more
// than 50 000 rows, lack some, within the reach too, which then seems longer: of normal
// rows, 60 000 × 30, 4 % of the weights. Notes say which share some rows lack that were
// searched exactly; a Graph by neighbors.Exact lacks none. A row that has Neighbors duplicates has no reach: it gives 1 to these and
// nothing to others, so that rows of which there are many copies stay cheap. Two
// such copies may weigh ½ or nothing; they stay in one piece.
//
// Time that of the neighbours (see neighbors.Auto), and O(m·n·d) for m rows that
// are searched again: few as a rule, most where Decay is small. Memory about 60 bytes
// a weight; the search ends with a *mat32.MemoryError as soon as it is clear that
// they do not fit.
//
// Source: K. Moon et al. (2019), Visualizing structure and transitions in
// high-dimensional biological data; graphtools.
type AlphaDecay struct {
	// Neighbors is the number of other rows within the reach of a row. Larger
	// values show larger structure. Default 5, or n−1 where the data have fewer rows.
	Neighbors int

	// Decay is how fast weights fall beyond the reach: 2 makes them Gaussian, and
	// large values nearly 0 or 1. Default 40.
	Decay float64

	// Threshold is the smallest weight that counts, between 0 and 1. Smaller values
	// have longer lists. Default 1e-4.
	Threshold float64

	// MaxNeighbors limits how many other rows a row gives weight to: the nearest.
	// Default n−1, which limits nothing.
	MaxNeighbors int

	// Metric says how rows are compared. Default Euclidean. It is ignored where x
	// is a mat32.Distances.
	Metric neighbors.Metric

	// Graph, when given, is a graph of the rows of x by Metric, with Neighbors or
	// more neighbours, that is used instead of a new one.
	Graph *neighbors.Graph

	// MemoryLimit in bytes refuses data whose weights would not fit. Default
	// GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

// Resolve returns the options with defaults filled in, or a *mat32.ParamError,
// for a matrix of n rows and d columns.
func (a AlphaDecay) Resolve(n, d int) (AlphaDecay, error) {
	const method = "affinity.AlphaDecay"
	a.Decay, a.Threshold = cmp.Or(a.Decay, 40), cmp.Or(a.Threshold, 1e-4)
	if err := checkNeighbors(method, n, d, &a.Metric, &a.Neighbors, 5, a.MemoryLimit); err != nil {
		return a, err
	}
	a.MaxNeighbors = cmp.Or(a.MaxNeighbors, n-1)
	switch {
	case !(a.Decay > 0) || math.IsInf(a.Decay, 0):
		return a, &mat32.ParamError{Method: method, Param: "Decay", Value: a.Decay, Want: "a finite number above 0"}
	case !(a.Threshold > 0 && a.Threshold < 1):
		return a, &mat32.ParamError{Method: method, Param: "Threshold", Value: a.Threshold, Want: "0 < Threshold < 1"}
	case a.MaxNeighbors < a.Neighbors || a.MaxNeighbors > n-1:
		return a, &mat32.ParamError{Method: method, Param: "MaxNeighbors", Value: a.MaxNeighbors, Want: fmt.Sprintf("Neighbors = %d ≤ MaxNeighbors ≤ n−1 = %d", a.Neighbors, n-1)}
	}
	return a, nil
}

// String returns the options in one line, as captions and tables show them.
func (a AlphaDecay) String() string {
	s := fmt.Sprintf("alpha decay of %d neighbours, decay %g, threshold %g", a.Neighbors, a.Decay, a.Threshold)
	if a.MaxNeighbors > 0 {
		s += fmt.Sprintf(", of at most %d rows", a.MaxNeighbors)
	}
	return s
}

// widening is how many neighbours are first looked for, for each of those within reach.
const widening = 4

// Weigh returns the weights of the rows of x (n × d), or of the rows whose distances
// x holds; Scales are their reaches. Errors: those of mat32.Check, Resolve and
// Graph.CheckMetric, *mat32.MemoryError, those of the metric, and one that wraps
// ctx.Err().
func (a AlphaDecay) Weigh(ctx context.Context, x mat.Matrix) (*Sparse, error) {
	const method = "affinity.AlphaDecay"
	if err := mat32.CheckContext(ctx, x); err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	n, d := x.Dims()
	a, err := a.Resolve(n, d)
	if err != nil {
		return nil, err
	}
	k := a.Neighbors
	if a.Graph == nil {
		k = min(widening*k, a.MaxNeighbors)
	}
	g, err := graphOf(ctx, method, x, a.Graph, k, a.Metric, a.MemoryLimit)
	if err != nil {
		return nil, err
	}
	reach, radius := make([]float64, n), make([]float64, n)
	beyond := math.Pow(-math.Log(a.Threshold), 1/a.Decay)
	copies := 0
	for i := range n {
		_, distances := g.Row(i)
		reach[i] = distances[a.Neighbors-1]
		radius[i] = min(reach[i]*beyond*(1+1e-12), math.MaxFloat64)
		if reach[i] == 0 {
			copies++
		}
	}
	lists, err := widen(ctx, method, x, g, radius, a.MaxNeighbors, a.Metric, a.MemoryLimit)
	if err != nil {
		return nil, mat32.Rename(method, err)
	}
	list := func(i int) ([]int32, []float64) {
		indices, distances := lists(i)
		if reach[i] == 0 {
			return indices[:a.Neighbors], distances[:a.Neighbors]
		}
		return indices, distances
	}
	one, err := direct(ctx, n, list, func(i int, _ int32, distance float64) float64 {
		return a.weight(distance, reach[i])
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	var notes []string
	if g.Method != "" {
		lack, err := a.lack(ctx, x, g, one)
		if err != nil {
			return nil, mat32.Rename(method, err)
		}
		notes = append(notes, lack...)
	}
	s, err := one.symmetric(ctx, 1, average)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	if copies > 0 {
		notes = append(notes, fmt.Sprintf("%d rows have %d duplicates or more, and give weight to %d of these alone", copies, a.Neighbors, a.Neighbors))
	}
	if a.MaxNeighbors == n-1 { // no limit
		a.MaxNeighbors = 0
	}
	return s.finish(g, a.String(), reach, notes...), nil
}

// The rows that tell what an approximate graph lacks: fewer where comparing each with
// all rows costs more.
const (
	witnesses   = 256
	fewest      = 16
	comparisons = 2e9 // numbers compared in all
)

// lack returns a note of which share of what rows should give to their nearest
// neighbours is not in one, made of the approximate graph g.
func (a AlphaDecay) lack(ctx context.Context, x mat.Matrix, g *neighbors.Graph, one *directed) ([]string, error) {
	if _, ok := x.(*mat32.Distances); ok {
		return nil, nil
	}
	n, d := x.Dims()
	m := min(n, max(fewest, min(witnesses, int(comparisons/(float64(n)*float64(d))))))
	rows := make([]int, m)
	for t := range rows {
		s := rng.New(0, "affinity/lack", t)
		rows[t] = t*(n/m) + s.IntN(n/m)
	}
	index, err := neighbors.Exact{Metric: a.Metric, MemoryLimit: a.MemoryLimit}.Index(ctx, x)
	if err != nil {
		return nil, err
	}
	found, err := index.Query(ctx, mat32.Select(x, rows), min(n, max(g.K, a.Neighbors)+1))
	if err != nil {
		return nil, err
	}
	due, missing := 0, 0
	for t, i := range rows {
		indices, distances := found.Row(t)
		if at := slices.Index(indices, int32(i)); at >= 0 {
			indices, distances = slices.Delete(indices, at, at+1), slices.Delete(distances, at, at+1)
		} // else so many duplicates that all are as near
		reach := distances[a.Neighbors-1]
		given, weights := one.columns[one.start[i]:one.start[i+1]], one.weights[one.start[i]:one.start[i+1]]
		for k, j := range indices[:min(len(indices), a.MaxNeighbors)] {
			if a.weight(distances[k], reach) == 0 || distances[k] == 0 {
				continue
			}
			due++
			if at, ok := slices.BinarySearch(given, j); !ok || weights[at] == 0 {
				missing++
			}
		}
	}
	return []string{fmt.Sprintf("%d of %d weights are missing that %d rows should give to others, which were searched exactly", missing, due, m)}, nil
}

// weight is what a row of some reach gives to another at a distance.
func (a AlphaDecay) weight(distance, reach float64) float64 {
	if distance == 0 {
		return 1
	}
	if reach == 0 {
		return 0
	}
	w := math.Exp(-math.Pow(distance/reach, a.Decay))
	if w < a.Threshold {
		return 0
	}
	return w
}
