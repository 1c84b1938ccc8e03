package neighbors

import (
	"context"
	"fmt"
	"math"
	"math/bits"
	"runtime"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// NNDescent finds approximate nearest neighbours: those within the leaves of a few
// random-projection trees to begin with, and then, again and again, the nearest
// among the neighbours of neighbours. Which rows are found is approximate; their
// distances are exact.
//
// Where the metric is Euclidean, or is that of mapped rows (cosine, correlation,
// Spearman, Hellinger, Mahalanobis, haversine), rows are compared block by block
// with products of matrices; those of many columns whose variance lies in a few
// directions by their coordinates along these. By other metrics, and by given
// distances (mat32.Distances), they are compared one by one. Fast distances choose
// candidates, more than K, which are measured again in float64.
//
// All cores work and give the same graph, however many they are. Rows that equal
// one another are neighbours at distance zero. Every row gets K neighbours: where
// fewer were found, and where K is near n (n ≤ 4·(K + max(8, K/4))), all pairs are
// measured, and Graph.Notes says so.
//
// Time about O(n·log n·d·K) (in practice n^1.1); memory n·(36·K + 4·T + 8) bytes, T being
// Trees, 4 kB·MaxCandidates² at most for pairs found, and 4·n·d bytes where x is no
// *mat32.Dense, and as many where it has 256 columns or fewer or is compared along few
// directions.
//
// Source: Dong, Charikar and Li (2011), Efficient k-nearest neighbor graph
// construction for generic similarity measures.
type NNDescent struct {
	// Neighbors is the number of other rows to find for each row. Default 15, or
	// n−1 where the data have fewer rows.
	Neighbors int

	// Metric says how rows are compared. Default Euclidean. It is ignored where x
	// is a mat32.Distances.
	Metric Metric

	// Trees is the number of random-projection trees. Default 1.6·log₁₀ n, between 3
	// and 12. More trees find more to begin with and take longer. At least 2: what
	// one tree parts would stay apart.
	Trees int

	// LeafSize is the number of rows, at most, that are compared with each other
	// in a leaf of a tree. Default 512, and at least twice the neighbours that are
	// kept. Larger leaves find more and take longer.
	LeafSize int

	// Iterations is how many times, at most, neighbours of neighbours are compared.
	// Default 1 + log₂ n, at least 5. Delta ends it earlier.
	Iterations int

	// Delta ends the descent after an iteration that changed less than this share of the
	// neighbours kept. Default 0.8: leaves are large and candidates many, so that one
	// iteration or two find nearly all; 0.001, that of the paper, goes on until nothing
	// moves. Larger values end earlier.
	Delta float64

	// EfSearch is how many of the nearest rows found so far a query of the index goes
	// on from. Default 100, and at least K + max(8, K/4). Larger values find more
	// true neighbours and take longer. It is ignored by Graph.
	EfSearch int

	// MaxCandidates is how many new neighbours, and as many old ones, of every row
	// are compared with each other in an iteration. Default 3·Neighbors + 5, and at most
	// 100. Larger values find more and take longer. At most 255.
	MaxCandidates int

	// Seed draws the trees and the candidates.
	Seed uint64

	// MemoryLimit in bytes refuses data whose graph, or index, would not fit.
	// Default GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

// Resolve returns the options with defaults filled in, or a *mat32.ParamError,
// for a matrix of n rows and d columns.
func (o NNDescent) Resolve(n, d int) (NNDescent, error) {
	if n < 2 {
		return o, fmt.Errorf("neighbors.NNDescent: %w", &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: "at least 2 rows for neighbours"})
	}
	orElse := func(v *int, otherwise int) {
		if *v == 0 {
			*v = otherwise
		}
	}
	orElse(&o.Neighbors, min(15, n-1))
	orElse(&o.Trees, max(3, min(12, int(math.Round(1.6*math.Log10(float64(n)))))))
	orElse(&o.LeafSize, 512)
	orElse(&o.Iterations, max(5, bits.Len(uint(n))))
	orElse(&o.MaxCandidates, min(100, 3*o.Neighbors+5))
	orElse(&o.EfSearch, 100)
	if o.Delta == 0 {
		o.Delta = 0.8
	}
	var err error
	if o.Metric, err = ResolveMetric("neighbors.NNDescent", o.Metric); err != nil {
		return o, err
	}
	refuse := func(param string, value any, want string) (NNDescent, error) { return o, o.refuse(param, value, want) }
	switch {
	case o.Neighbors < 1 || o.Neighbors > n-1:
		return refuse("Neighbors", o.Neighbors, fmt.Sprintf("1 ≤ Neighbors ≤ n−1 = %d", n-1))
	case o.Trees < 2 || o.Trees > 1000:
		return refuse("Trees", o.Trees, "2 ≤ Trees ≤ 1000")
	case o.LeafSize < 2:
		return refuse("LeafSize", o.LeafSize, "2 or more rows")
	case o.Iterations < 1:
		return refuse("Iterations", o.Iterations, "1 or more")
	case !(o.Delta > 0 && o.Delta <= 1):
		return refuse("Delta", o.Delta, "0 < Delta ≤ 1")
	case o.MaxCandidates < 1 || o.MaxCandidates > math.MaxUint8:
		return refuse("MaxCandidates", o.MaxCandidates, "1 ≤ MaxCandidates ≤ 255")
	case o.EfSearch < 1:
		return refuse("EfSearch", o.EfSearch, "1 or more rows")
	case o.MemoryLimit < 0:
		return refuse("MemoryLimit", o.MemoryLimit, "0 or more bytes")
	}
	o.LeafSize = max(o.LeafSize, 2*o.width(n))
	return o, nil
}

func (o NNDescent) refuse(param string, value any, want string) error {
	return &mat32.ParamError{Method: "neighbors.NNDescent", Param: param, Value: value, Want: want}
}

// width returns how many neighbours of a row are kept meanwhile.
func (o NNDescent) width(n int) int { return min(n-1, (o.Neighbors+max(8, o.Neighbors/4)+3)&^3) }

// reducedWidth is width where rows are compared along few directions, by distances
// that are less exact.
func (o NNDescent) reducedWidth(n int) int { return min(n-1, (2*o.Neighbors+2+3)&^3) }

// reach returns how many of the neighbours kept are candidates of others: few more
// than are sought, for those farther away are seldom near to anything new.
func (o NNDescent) reach() int { return o.Neighbors + max(2, o.Neighbors/3) }

// String names what steers the search.
func (o NNDescent) String() string {
	return fmt.Sprintf("NN-descent, %d trees with leaves of %d, %d candidates, delta %g, at most %d iterations, seed %d",
		o.Trees, o.LeafSize, o.MaxCandidates, o.Delta, o.Iterations, o.Seed)
}

// bytes forecasts the memory of a graph of the rows of x.
func (o NNDescent) bytes(x mat.Matrix) int64 {
	n, d := x.Dims()
	each := 12*max(o.width(n), o.reducedWidth(n)) + 4*o.Trees + 12*o.Neighbors + 40
	if _, given := x.(*mat32.Distances); !given {
		each += 4 * d
	}
	return bytesOf(o.Metric, x) + int64(n)*int64(each) + 2*joinRound*int64(o.MaxCandidates)*int64(o.MaxCandidates)
}

// Graph returns the neighbour graph of the rows of x (n × d), or of the rows whose
// distances x holds. Errors: those of mat32.Check and Resolve, *DomainError,
// *mat32.MemoryError, *mat32.DegenerateError where distances exceed float64, and
// one that wraps ctx.Err().
func (o NNDescent) Graph(ctx context.Context, x mat.Matrix) (*Graph, error) {
	g, _, err := o.graph(ctx, x, false)
	return g, err
}

// descended is what an index goes on from.
type descended struct {
	o     NNDescent
	space space
	lists *nearLists // nil where all pairs were measured; rows have other numbers there
	order []int32    // which row each number stands for
}

// graph is Graph, and forecasts what an index takes more.
func (o NNDescent) graph(ctx context.Context, x mat.Matrix, indexed bool) (*Graph, *descended, error) {
	fail := func(err error) (*Graph, *descended, error) {
		return nil, nil, fmt.Errorf("neighbors.NNDescent: %w", err)
	}
	if err := mat32.CheckContext(ctx, x); err != nil {
		return fail(err)
	}
	n, d := x.Dims()
	o, err := o.Resolve(n, d)
	if err != nil {
		return nil, nil, err
	}
	need := o.bytes(x)
	if indexed { // links, and a tree
		need += 8 * int64(n) * int64(o.Neighbors+6)
	}
	if err := mat32.CheckMemory("neighbors.NNDescent", need, o.MemoryLimit, "reduce Neighbors, MaxCandidates or the number of rows"); err != nil {
		return nil, nil, err
	}
	fingerprint, err := mat32.FingerprintContext(ctx, x)
	if err != nil {
		return fail(err)
	}
	rows, name, err := spaceOf(ctx, o.Metric, x)
	if err != nil {
		return fail(err)
	}
	k := o.Neighbors
	g := &Graph{N: n, K: k, Metric: name, Rows: fingerprint, Method: o.String()}
	made := &descended{o: o, space: rows}
	if n <= 4*o.width(n) {
		g.Notes = append(g.Notes, "all pairs were measured: the rows are few for so many neighbours")
		g.Indices, g.Distances = make([]int32, n*k), make([]float64, n*k)
		err = rows.nearest(ctx, k, g.Indices, g.Distances)
	} else {
		err = made.descend(ctx, x, g)
	}
	if err != nil {
		return fail(err)
	}
	if i := slices.IndexFunc(g.Distances, infinite); i >= 0 {
		return nil, nil, tooFar("neighbors.NNDescent", fmt.Sprintf("row %d", i/k))
	}
	return g, made, nil
}

// descend finds the neighbours of g.
func (m *descended) descend(ctx context.Context, x mat.Matrix, g *Graph) error {
	o, n := m.o, g.N
	points, reduced, err := m.points(ctx, x)
	if err != nil {
		return err
	}
	width := o.width(n)
	if reduced {
		width = max(width, o.reducedWidth(n))
	}
	stage := watch.Start(ctx, "neighbours: trees", o.Trees)
	first, err := grow(ctx, points, 0, 1, o.LeafSize, o.Seed)
	if err != nil {
		return err
	}
	m.order = first.rows[0]
	if points, err = points.numbered(ctx, m.order); err != nil {
		return err
	}
	if reduced {
		m.space.(*screened).rows.Release()
	}
	forest, err := grow(ctx, points, 1, o.Trees-1, o.LeafSize, o.Seed)
	if err != nil {
		return err
	}
	collect(n * width)
	if m.lists, err = newNearLists(ctx, n, width); err != nil {
		return err
	}
	d := &descent{points: points, nearLists: m.lists, meetings: newMeetings(n, o.Trees, first.depth), most: o.MaxCandidates, seed: o.Seed, reach: min(width, o.reach())}
	if err := d.plant(ctx, first); err != nil {
		return err
	}
	stage.Add(1)
	if first.depth > 0 { // else the only leaf held all rows
		for tree := range o.Trees - 1 {
			if err := d.compare(ctx, forest, tree); err != nil {
				return err
			}
			stage.Add(1)
		}
		d.start, d.from = make([]int, n+1), make([]uint32, n*d.reach)
		d.chosen, d.counts = make([]int32, 2*d.most*min(n, joinRound)), make([]uint8, 2*min(n, joinRound))
		for iteration := range o.Iterations {
			stage := watch.Start(ctx, fmt.Sprintf("neighbours: iteration %d", iteration+1), n)
			if err := d.invert(ctx); err != nil {
				return err
			}
			entered, err := d.join(ctx, iteration, stage.Add)
			if err != nil {
				return err
			}
			if float64(entered) < o.Delta*float64(n)*float64(d.width) {
				break
			}
		}
	}
	d = nil
	collect(n * width)
	return m.measure(ctx, g)
}

// collect gives back what a stage of large work has left, before the next one takes
// as much again: a collector that waits until the heap has doubled, data that are
// borrowed included, would let the process grow by half.
func collect(work int) {
	if work > 1<<20 {
		runtime.GC()
	}
}

// measure measures what the lists hold, and keeps the nearest.
func (m *descended) measure(ctx context.Context, g *Graph) error {
	k := g.K
	g.Indices, g.Distances = make([]int32, g.N*k), make([]float64, g.N*k)
	stage := watch.Start(ctx, "neighbours: distances", g.N)
	short := make([]int32, (g.N+63)/64) // rows of each block that had too few neighbours
	err := par.BlocksWith(ctx, g.N, 64, func() *[]near { return new([]near) }, func(s *[]near, lo, hi int) {
		for p, i := range m.order[lo:hi] {
			if ctx.Err() != nil {
				return
			}
			found := (*s)[:0]
			for _, key := range m.lists.of(int32(lo + p)) {
				if key != vacant {
					j := m.order[rowOf(key)]
					found = append(found, near{m.space.exact(i, j), j})
				}
			}
			if len(found) < k {
				found = found[:0]
				short[lo/64]++
				for j := range int32(g.N) {
					if j%patience == 0 && ctx.Err() != nil {
						return
					}
					if j != i {
						found = append(found, near{m.space.exact(i, j), j})
					}
				}
			}
			slices.SortFunc(found, nearer)
			indices, distances := g.Row(int(i))
			for t, v := range found[:k] {
				indices[t], distances[t] = v.row, v.dist
			}
			*s = found
		}
		stage.Add(hi - lo)
	})
	if err != nil {
		return err
	}
	total := int32(0)
	for _, s := range short {
		total += s
	}
	if total > 0 {
		g.Notes = append(g.Notes, fmt.Sprintf("all distances of %d rows were measured, for which too few neighbours had been found", total))
	}
	return nil
}

// points returns the rows of x to be compared fast, as they are in their space, and
// whether they are reduced to the coordinates along few directions.
func (m *descended) points(ctx context.Context, x mat.Matrix) (_ points, reduced bool, _ error) {
	n, _ := x.Dims()
	of, ok := m.space.(*screened)
	if !ok {
		return &spaced{space: m.space, n: n}, false, nil
	}
	few, err := of.rows.Reduced(ctx)
	if err != nil {
		return nil, false, err
	}
	if few != nil {
		return &vectors{m: few.M, data: few.Data}, true, nil
	}
	data, err := of.rows.Rows32(ctx)
	if err != nil {
		return nil, false, err
	}
	if data == nil { // distances were given
		return &spaced{space: m.space, n: n}, false, nil
	}
	_, d := of.rows.Dims()
	return &vectors{m: d, data: data}, false, nil
}
