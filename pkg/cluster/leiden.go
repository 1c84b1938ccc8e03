package cluster

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
	"github.com/flatland-go/flatland/pkg/watch"
)

// Quality is what a good division into communities has most of. Both kinds weigh edges within
// communities against how many a null model lets one expect there.
type Quality string

const (
	// Modularity compares with a graph of the same degrees whose ends are joined at random (M.
	// Newman and M. Girvan, 2004, Finding and evaluating community structure in networks):
	//
	//	Σ_ij (A_ij − γ·k_i·k_j/2m)·[i and j share a community] / 2m
	//
	// for weights A, their sums k by row and 2m in all, and the resolution γ (J. Reichardt and S.
	// Bornholdt, 2006, Statistical mechanics of community detection). It is 1 at most. Communities
	// that are small beside the whole graph are not seen.
	Modularity Quality = "modularity"

	// CPM, the constant Potts model, asks that any two rows of a community weigh γ on average (V.
	// Traag, P. Van Dooren and Y. Nesterov, 2011, Narrow scope for resolution-limit-free community
	// detection):
	//
	//	Σ_{i<j} (A_ij − γ)·[i and j share a community]
	//
	// What is found in a part of the graph does not depend on the rest.
	CPM Quality = "constant Potts model"
)

// UntilStable, as a number of iterations, goes on until one changes nothing.
const UntilStable = -1

// Leiden divides a graph of near rows into communities: rows with many edges to each other, and
// few to others. How many there are follows from the Resolution. It is the algorithm of V. Traag,
// L. Waltman and N. J. van Eck (2019), From Louvain to Leiden: guaranteeing well-connected
// communities: rows move to where the Quality gains most, each community is then parted anew from
// single rows, and what so hangs together moves as one. Unlike that of Louvain, every community
// is connected, after any iteration.
//
// Edges join neighbours, ½ where one of two rows has the other among its nearest, 1 where both
// do; or they are given as Affinity, by any kernel of package affinity: affinity.FuzzySet is what
// is usual for cells. Of takes a graph alone. Rows with no edges are communities of their own.
//
// Time that of the neighbours, and about 20 looks at each edge for the first iteration and 3 for
// another, which is one core's work for the most part; memory 60·n·(Neighbors + 5) bytes.
type Leiden struct {
	// Quality is Modularity or CPM. Default Modularity.
	Quality Quality

	// Resolution is the γ of the Quality. Larger values find more communities, and smaller ones.
	// Its unit is none for Modularity, and a weight for CPM. Default 1, or for CPM the mean weight
	// of all pairs of rows, which Fit and Of fill in.
	Resolution float64

	// Iterations is how often the graph is gone through, each time from the communities before.
	// More find better ones. UntilStable goes on until an iteration changes nothing. Default 2, as
	// in the libraries leidenalg and igraph.
	Iterations int

	// Randomness is θ of the paper, in units of the mean weight of an edge: what parting draws among
	// gains weighs exp(gain/θ). Larger values draw more evenly. Default 0.01.
	Randomness float64

	// Neighbors is the number of other rows that a row has edges to. Larger values find fewer
	// communities. Default 15, or n−1 where that is less. It is ignored with Affinity.
	Neighbors int

	// Metric says how rows are compared. Default Euclidean. It is ignored with Affinity, and where
	// x is a mat32.Distances.
	Metric neighbors.Metric

	// Graph is a neighbour graph of x by the metric, with at least Neighbors neighbours, where
	// there is one already. Default nil: one is made.
	Graph *neighbors.Graph

	// Affinity holds the weights of the edges. Default nil: those of neighbours.
	Affinity *affinity.Sparse

	// Seed draws the order in which rows are looked at, and what is random in parting.
	Seed uint64

	// MemoryLimit in bytes refuses data that would need more. Default GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

const leidenMethod = "cluster.Leiden"

// Resolve returns the options with defaults filled in, or a *mat32.ParamError, for a matrix of
// n rows and d columns.
func (l Leiden) Resolve(n, d int) (Leiden, error) {
	l, err := l.resolve()
	if err != nil {
		return l, err
	}
	if l.Neighbors == 0 {
		l.Neighbors = min(15, n-1)
	}
	c, err := l.kernel().Resolve(n, d)
	l.Metric = c.Metric
	return l, mat32.Rename(leidenMethod, err)
}

// resolve does what is to be done for any graph.
func (l Leiden) resolve() (Leiden, error) {
	if l.Quality == "" {
		l.Quality = Modularity
	}
	if all := []Quality{Modularity, CPM}; !slices.Contains(all, l.Quality) {
		return l, &mat32.ParamError{Method: leidenMethod, Param: "Quality", Value: l.Quality, Want: fmt.Sprintf("one of %q", all)}
	}
	if l.Resolution == 0 && l.Quality == Modularity {
		l.Resolution = 1
	}
	if !(l.Resolution >= 0) || math.IsInf(l.Resolution, 0) {
		return l, &mat32.ParamError{Method: leidenMethod, Param: "Resolution", Value: l.Resolution, Want: "a finite number above 0, or 0 for the default"}
	}
	if l.Randomness == 0 {
		l.Randomness = 0.01
	}
	if !(l.Randomness > 0) || math.IsInf(l.Randomness, 0) {
		return l, &mat32.ParamError{Method: leidenMethod, Param: "Randomness", Value: l.Randomness, Want: "a finite number above 0, or 0 for 0.01"}
	}
	if l.Iterations != UntilStable {
		if err := some(leidenMethod, "Iterations", &l.Iterations, 2, 1, most, "2²⁰"); err != nil {
			return l, err
		}
	}
	return l, limited(leidenMethod, l.MemoryLimit)
}

func (l Leiden) kernel() affinity.Connectivity {
	return affinity.Connectivity{Neighbors: l.Neighbors, Symmetrization: affinity.Average, Metric: l.Metric, Graph: l.Graph, MemoryLimit: l.MemoryLimit}
}

// Fit returns the communities of the rows of x (n × d), or of those whose distances x holds.
// Errors: those of mat32.Check, Resolve and Of, *mat32.ParamError for a Graph or an Affinity that
// is not of x, *mat32.MemoryError, and one that wraps ctx.Err().
func (l Leiden) Fit(ctx context.Context, x mat.Matrix) (*LeidenModel, error) {
	n, d, err := checked(ctx, leidenMethod, x, 2)
	if err != nil {
		return nil, err
	}
	if l, err = l.Resolve(n, d); err != nil {
		return nil, err
	}
	weights := l.Affinity
	if weights != nil {
		err = weights.CheckContext(ctx, leidenMethod, "Affinity", x)
	} else {
		weights, err = l.kernel().Weigh(ctx, x)
	}
	if err != nil {
		return nil, mat32.Rename(leidenMethod, err)
	}
	return l.Of(ctx, weights)
}

// Of returns the communities of a graph, whose edges are the weights between rows; what a row
// weighs itself counts towards its degree. Neighbors, Metric, Graph and Affinity are ignored.
// Errors: those of Resolve, *mat32.ParamError for weights that are not symmetric,
// *mat32.DegenerateError where the quality is beyond float64, *mat32.MemoryError, and one that
// wraps ctx.Err().
func (l Leiden) Of(ctx context.Context, weights *affinity.Sparse) (*LeidenModel, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", leidenMethod, err)
	}
	l, err := l.resolve()
	if err != nil {
		return nil, err
	}
	if weights == nil || !weights.Symmetric() {
		return nil, &mat32.ParamError{Method: leidenMethod, Param: "weights", Value: "nil, or weights that depend on the way", Want: "symmetric ones"}
	}
	n, _ := weights.Dims()
	if err := mat32.CheckMemory(leidenMethod, 40*int64(weights.NNZ())+300*int64(n), l.MemoryLimit, "use fewer rows or edges"); err != nil {
		return nil, err
	}
	g, rows, exponent, err := newNetwork(ctx, weights, l.Quality)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", leidenMethod, err)
	}
	community := make([]int32, n)
	for i := range community {
		community[i] = int32(i)
	}
	m := &LeidenModel{Quality: l.Quality, Resolution: l.Resolution, Stable: len(g.to) == 0}
	charge, mean := l.scales(g, exponent, &m.Resolution)
	if len(g.to) > 0 {
		run := leidenRun{charge: charge, randomness: max(l.Randomness*mean, math.SmallestNonzeroFloat64), seed: l.Seed}
		stage := watch.Start(ctx, "Leiden: iterations", max(l.Iterations, 0))
		for m.Iterations < l.Iterations || l.Iterations == UntilStable && !m.Stable {
			moved, err := run.iterate(ctx, g, community)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", leidenMethod, err)
			}
			m.Iterations++
			m.Stable = !moved
			stage.Add(1)
		}
	}
	m.Labels = make([]int, n)
	for v, c := range community {
		m.Labels[rows[v]] = int(c)
	}
	m.Sizes, _ = numbered(m.Labels)
	if err := m.evaluate(ctx, weights, exponent); err != nil {
		return nil, err
	}
	return m, nil
}

// scales returns what a pair of nodes of size 1 costs, and the mean weight of an edge, both in the
// unit of the network, and fills in the resolution.
func (l Leiden) scales(g *network, exponent int, resolution *float64) (charge, mean float64) {
	all, sizes, n := 0., 0., float64(g.nodes())
	for _, w := range g.weight {
		all += w
	}
	for _, s := range g.size {
		sizes += s
	}
	mean = all / max(1, float64(len(g.weight)))
	switch {
	case l.Quality == Modularity:
		charge = *resolution / sizes
	case *resolution == 0:
		charge = all / max(1, n*(n-1))
		*resolution = math.Ldexp(charge, exponent)
	default:
		charge = math.Ldexp(*resolution, -exponent)
	}
	return min(charge, 1e200), mean // with which no two nodes are together
}

// leidenRun iterates.
type leidenRun struct {
	charge, randomness float64
	seed               uint64
	pass               int // how many random orders were drawn
}

// attempts is how often communities of several nodes are parted into single ones before that is
// taken for what they are. By chance it happens in one of four for a pair, and less for more.
const attempts = 20

// iterate goes once through the levels of a graph, from the communities of its nodes, and reports
// whether any moved.
func (r *leidenRun) iterate(ctx context.Context, g *network, community []int32) (changed bool, err error) {
	now := slices.Clone(community)
	var node []int32 // of every row, at this level; nil where these are the rows
	for failed := 0; ; {
		p := newPartition(g, r.charge, now)
		moved, err := p.move(ctx, rng.New(r.seed, "leiden/order", r.pass))
		if err != nil {
			return false, err
		}
		changed = changed || moved
		count := renumbered(now)
		if count == g.nodes() {
			break
		}
		part, parts, err := p.refine(ctx, count, r.randomness, r.seed, r.pass)
		if err != nil {
			return false, err
		}
		r.pass++
		if parts == g.nodes() {
			if failed++; failed < attempts {
				continue
			}
			now = part // rounding made them move, which gained nothing
			break
		}
		failed = 0
		if g, err = g.aggregate(ctx, part, parts); err != nil {
			return false, err
		}
		up := make([]int32, parts)
		for v, c := range now {
			up[part[v]] = c
		}
		now = up
		if node == nil {
			node = part
			continue
		}
		for i, v := range node {
			node[i] = part[v]
		}
	}
	for i := range community {
		if node == nil {
			community[i] = now[i]
		} else {
			community[i] = now[node[i]]
		}
	}
	return changed, nil
}
