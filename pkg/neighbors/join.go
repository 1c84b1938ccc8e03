package neighbors

import (
	"context"
	"fmt"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// Join connects the components of a graph by as few edges as it takes, between
// rows that are near. What is joined can be walked through: geodesics exist, and
// spectral maps have no coordinate that only tells components apart.
type Join struct {
	// Centroids joins components by their means: those whose means are neighbours
	// in the minimum spanning tree of all means, at the row of each that is nearest
	// to the mean of the other. It looks at fewer pairs, but the edges need not be
	// the shortest. Default false: the shortest edges between components, of all,
	// which the minimum spanning tree of the rows would have.
	Centroids bool

	// Metric says how rows are compared: that of the graph. Default Euclidean. It
	// is ignored where x is a mat32.Distances.
	Metric Metric

	// MemoryLimit in bytes refuses data that would not fit. Default GOMEMLIMIT, or
	// 4 GiB.
	MemoryLimit int64
}

// Joined is a graph whose components were joined.
type Joined struct {
	Graph      *Neighborhoods // the neighbours given, and of rows at the ends of added edges the other end
	Added      []Edge         // sorted by length
	Components *Components    // those that there were
}

// String returns one line.
func (j *Joined) String() string {
	longest := 0.
	for _, e := range j.Added {
		longest = max(longest, e.Distance)
	}
	if len(j.Added) == 0 {
		return j.Components.String() + ", nothing to join"
	}
	return fmt.Sprintf("%v, joined by %d edges of at most %.6g", j.Components, len(j.Added), longest)
}

// Resolve returns the options with defaults filled in, or a *mat32.ParamError,
// for a matrix of n rows and d columns.
func (j Join) Resolve(n, d int) (Join, error) {
	var err error
	if j.Metric, err = ResolveMetric("neighbors.Join", j.Metric); err != nil {
		return j, err
	}
	if j.MemoryLimit < 0 {
		return j, &mat32.ParamError{Method: "neighbors.Join", Param: "MemoryLimit", Value: j.MemoryLimit, Want: "0 or more bytes"}
	}
	return j, nil
}

// Connect joins the components of h, neighbours of the rows of x (n × d): as many
// edges less one as there are components, between the same rows on any number of
// cores. Errors: *mat32.ParamError where h is not of x or of another metric, those
// of mat32.Check and Resolve, *mat32.RowsNeededError for the means of rows that are
// known by their distances alone, *DomainError where the metric is not defined for a
// row or a mean, *mat32.MemoryError, *mat32.DegenerateError where distances
// exceed float64, and one that wraps ctx.Err(). Time O(n²·d) for two components or
// a few hundred, O(n²·d·log c) for c of them; O(n·d·c) with Centroids.
func (j Join) Connect(ctx context.Context, x mat.Matrix, h *Neighborhoods) (*Joined, error) {
	const method = "neighbors.Join"
	if err := mat32.CheckContext(ctx, x); err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	n, d := x.Dims()
	j, err := j.Resolve(n, d)
	if err != nil {
		return nil, err
	}
	if err := h.sound(method); err != nil {
		return nil, err
	}
	_, name := metricOf(j.Metric, x)
	fail := func(got any, want string) error {
		return &mat32.ParamError{Method: method, Param: "Neighborhoods", Value: got, Want: want}
	}
	switch {
	case h.N != n:
		return nil, fail(fmt.Sprintf("of %d rows", h.N), fmt.Sprintf("of the %d rows of x", n))
	case h.Metric != name:
		return nil, fail(fmt.Sprintf("by the %s distance", h.Metric), name)
	case h.Rows != "":
		fingerprint, err := mat32.FingerprintContext(ctx, x)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", method, err)
		}
		if fingerprint != h.Rows {
			return nil, fail("of other values", "those of x itself")
		}
	}
	joined := &Joined{Graph: h, Components: h.components()}
	if joined.Components.Count == 1 {
		return joined, nil
	}
	need := bytesOf(j.Metric, x) + int64(n)*(100+4*int64(d)) + int64(len(h.Indices))*12
	if err := mat32.CheckMemory(method, need, j.MemoryLimit, "use fewer rows"); err != nil {
		return nil, err
	}
	rows, _, err := spaceOf(ctx, j.Metric, x)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	if j.Centroids {
		joined.Added, err = j.byCentroids(ctx, method, x, rows, joined.Components)
	} else {
		var p *spanner
		if p, err = newSpanner(ctx, rows, h.sets(), nil, nil); err == nil {
			joined.Added, err = p.shortest(ctx, method)
		} else {
			err = fmt.Errorf("%s: %w", method, err)
		}
	}
	if err != nil {
		return nil, err
	}
	if joined.Graph, err = h.with(ctx, joined.Added); err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	return joined, nil
}

// byCentroids returns the edges between the components whose means are joined by
// the minimum spanning tree of all means.
func (j Join) byCentroids(ctx context.Context, method string, x mat.Matrix, rows space, c *Components) ([]Edge, error) {
	if err := mat32.CheckRows(method+" with Centroids", x); err != nil {
		return nil, err
	}
	n, d := x.Dims()
	means := mat.NewDense(c.Count, d, nil)
	buf := make([]float64, d)
	for i := range n {
		if i%256 == 0 && ctx.Err() != nil {
			return nil, fmt.Errorf("%s: %w", method, ctx.Err())
		}
		mean, share := means.RawRowView(c.Labels[i]), 1/float64(c.Sizes[c.Labels[i]])
		for k, v := range mat32.Row(buf, i, x) {
			mean[k] += share * v
		}
	}
	tree, err := MST{Metric: j.Metric, MemoryLimit: j.MemoryLimit}.Fit(ctx, means)
	if err != nil {
		return nil, fmt.Errorf("%s: between the means of components: %w", method, err)
	}
	asked, err := rows.ask(ctx, means)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	members := make([][]int32, c.Count)
	for i, label := range c.Labels {
		members[label] = append(members[label], int32(i))
	}
	// nearest returns the row of a component that is nearest to a mean.
	nearest := func(mean int32, rows []int32) int32 {
		best, at := rows[0], asked.exact(mean, rows[0])
		for k, i := range rows[1:] {
			if k%patience == 0 && ctx.Err() != nil {
				break // the error is returned below
			}
			if dist := asked.exact(mean, i); dist < at {
				best, at = i, dist
			}
		}
		return best
	}
	var edges []Edge
	for _, e := range tree.Edges {
		a, b := nearest(e.J, members[e.I]), nearest(e.I, members[e.J])
		edges = append(edges, Edge{min(a, b), max(a, b), rows.exact(a, b)})
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("%s: %w", method, err)
		}
	}
	slices.SortFunc(edges, shorter)
	return edges, finite(method, edges)
}

// with returns the neighbourhoods with edges added, which join rows that are not
// neighbours yet, both ways.
func (h *Neighborhoods) with(ctx context.Context, edges []Edge) (*Neighborhoods, error) {
	added := map[int32][]near{}
	for _, e := range edges {
		added[e.I] = append(added[e.I], near{e.Distance, e.J})
		added[e.J] = append(added[e.J], near{e.Distance, e.I})
	}
	all := &Neighborhoods{N: h.N, Metric: h.Metric, Rows: h.Rows}
	lists := make([][]near, h.N)
	err := par.Blocks(ctx, h.N, rowBlock, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			indices, distances := h.Row(i)
			list := make([]near, len(indices), len(indices)+len(added[int32(i)]))
			for k, j := range indices {
				list[k] = near{distances[k], j}
			}
			lists[i] = append(list, added[int32(i)]...)
			slices.SortFunc(lists[i], nearer)
		}
	})
	all.take(lists)
	return all, err
}
