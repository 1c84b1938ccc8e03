package geometry

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/flatland-go/flatland/internal/contingency"
	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// CurvatureAlignment compares two representations of the same rows by how the graphs of their
// neighbours bend: node by node, edge by edge, by the distribution of curvature, and by the
// communities that a Ricci flow draws out of each. Whole spaces may agree where distances do
// not, as turning, scaling and what keeps neighbours change nothing.
//
// The graphs join every row to its nearest ones, both ways, by edges of length 1.
//
// Time that of the neighbours, O(n·d·log n) to O(n²·d), and of two RicciFlows along up to
// n·Neighbors edges; memory 60·n·Neighbors bytes and theirs.
//
// Source: N. Torbati, M. Gaebler, S. Hofmann and N. Scherf (2025), Exploring Geometric
// Representational Alignment through Ollivier-Ricci Curvature and Ricci Flow.
type CurvatureAlignment struct {
	// Neighbors is how many of the nearest other rows each is joined to. Default 10, or n−1
	// where there are fewer rows. With more, graphs are smoother, and curvature higher.
	Neighbors int

	// Metric says which rows are near. Default Euclidean. It is ignored for a
	// mat32.Distances.
	Metric neighbors.Metric

	// Flow is what is compared: the curvature that it follows is that of the graphs.
	// Default RicciFlow{}.
	Flow RicciFlow

	// MemoryLimit in bytes refuses data whose graphs would not fit. Default GOMEMLIMIT, or
	// 4 GiB. Flow.Curvature has its own.
	MemoryLimit int64
}

const curvatureAlignment = "geometry.CurvatureAlignment"

func (c CurvatureAlignment) graph() affinity.Connectivity {
	return affinity.Connectivity{Neighbors: c.Neighbors, Metric: c.Metric, MemoryLimit: c.MemoryLimit}
}

// Resolve returns the options with defaults filled in, or a *mat32.ParamError or
// *mat32.ShapeError, for matrices of n rows and d columns.
func (c CurvatureAlignment) Resolve(n, d int) (CurvatureAlignment, error) {
	if n < 3 {
		return c, fmt.Errorf("%s: %w", curvatureAlignment, &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: "at least 3 rows"})
	}
	if c.Neighbors == 0 {
		c.Neighbors = min(10, n-1)
	}
	g, err := c.graph().Resolve(n, d)
	if err != nil {
		return c, mat32.Rename(curvatureAlignment, err)
	}
	c.Metric = g.Metric
	if c.Flow, err = c.Flow.Resolve(n, n*c.Neighbors); err != nil {
		return c, mat32.Rename(curvatureAlignment, err)
	}
	return c, nil
}

// CurvatureAgreement is what two representations have in common by their curvature.
type CurvatureAgreement struct {
	// Nodes is the correlation (Pearson's) over rows of the curvature at the row, and Edges
	// that over the edges that both graphs have: 1 is the same.
	Nodes, Edges measure.Score

	// Distribution is the Wasserstein distance of the curvatures of the edges of one from
	// those of the other, and Kolmogorov the largest difference of their cumulative
	// distributions: 0 is the same. They do not look at which row is which.
	Distribution, Kolmogorov measure.Score

	// Communities is the adjusted Rand index of the communities of both flows: 1 is the same,
	// about 0 chance.
	Communities measure.Score

	X, Y *RicciMetric // the flows
}

// String returns a small table.
func (a *CurvatureAgreement) String() string {
	s := "curvature alignment"
	for _, m := range []measure.Score{a.Nodes, a.Edges, a.Distribution, a.Kolmogorov, a.Communities} {
		s += fmt.Sprintf("\n  %-36s %.4f", m.Name, m.Value)
	}
	for _, m := range []measure.Score{a.Nodes, a.Edges} {
		for _, n := range m.Notes {
			s += "\n  note  " + n
		}
	}
	return s
}

// Compare compares x (n × p) with y (n × q). Either may be a mat32.Distances. Errors: those of
// mat32.Check, Resolve and RicciFlow, naming x or y; *mat32.ShapeError where y has another
// number of rows; *mat32.DegenerateError where all rows of one are equal; *mat32.MemoryError;
// and one that wraps ctx.Err().
func (c CurvatureAlignment) Compare(ctx context.Context, x, y mat.Matrix) (*CurvatureAgreement, error) {
	var flows [2]*RicciMetric
	var nodes [2][]float64
	rows := -1
	for k, m := range []struct {
		name string
		mat.Matrix
	}{{"x", x}, {"y", y}} {
		if err := mat32.CheckContext(ctx, m.Matrix); err != nil {
			return nil, fmt.Errorf("%s: %s: %w", curvatureAlignment, m.name, err)
		}
		n, d := m.Dims()
		if k == 1 && n != rows {
			return nil, fmt.Errorf("%s: %w", curvatureAlignment, &mat32.ShapeError{What: "y", Rows: n, Cols: d, Want: fmt.Sprintf("the rows of x, %d", rows)})
		}
		rows = n
	}
	_, columns := x.Dims()
	c, err := c.Resolve(rows, columns)
	if err != nil {
		return nil, err
	}
	for k, m := range []struct {
		name string
		mat.Matrix
	}{{"x", x}, {"y", y}} {
		distinct, err := mat32.DistinctContext(ctx, m.Matrix)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", curvatureAlignment, err)
		}
		if len(distinct) == 1 {
			return nil, &mat32.DegenerateError{Method: curvatureAlignment, Reason: "all rows of " + m.name + " are equal"}
		}
		g, err := c.graph().Weigh(ctx, m.Matrix)
		if err == nil {
			flows[k], err = c.Flow.Compute(ctx, g)
		}
		if err != nil {
			return nil, mat32.Rename(curvatureAlignment, err)
		}
		w := &network{n: rows, edges: flows[k].Edges}
		nodes[k], _ = w.nodeMeans(flows[k].Initial)
	}
	a := &CurvatureAgreement{X: flows[0], Y: flows[1]}
	convention := c.Flow.Curvature.String()
	correlated := func(name string, u, v []float64) measure.Score {
		s := measure.Score{Name: name, Rows: len(u), Neighbors: c.Neighbors, Convention: "Pearson's; " + convention + "; 1 is the same"}
		if s.Value = stat.Correlation(u, v, nil); len(u) < 2 || math.IsNaN(s.Value) {
			s.Value = 0
			s.Notes = []string{name + " is not defined, and 0: curvature is everywhere the same in one"}
		}
		return s
	}
	a.Nodes = correlated("correlation of node curvature", nodes[0], nodes[1])
	var u, v []float64
	for i, j := 0, 0; i < len(a.X.Edges) && j < len(a.Y.Edges); {
		switch order := slices.Compare(a.X.Edges[i][:], a.Y.Edges[j][:]); {
		case order < 0:
			i++
		case order > 0:
			j++
		default:
			u, v = append(u, a.X.Initial[i]), append(v, a.Y.Initial[j])
			i++
			j++
		}
	}
	a.Edges = correlated("correlation of edge curvature", u, v)
	from, to := slices.Sorted(slices.Values(a.X.Initial)), slices.Sorted(slices.Values(a.Y.Initial))
	score := func(name string, value float64, convention string) measure.Score {
		return measure.Score{Name: name, Value: value, Rows: rows, Neighbors: c.Neighbors, Convention: convention}
	}
	a.Distribution = score("Wasserstein distance of curvatures", apartOnTheLine(from, to), convention+"; 0 is the same")
	a.Kolmogorov = score("Kolmogorov-Smirnov distance", stat.KolmogorovSmirnov(from, nil, to, nil), convention+"; 0 is the same")
	a.Communities = score("adjusted Rand index of communities", agreement(a.X.Communities(), a.Y.Communities()),
		"communities of largest modularity after the flow; 1 is the same, 0 chance")
	return a, nil
}

// apartOnTheLine is the Wasserstein distance of two samples, which ascend: the area between
// their cumulative distributions.
func apartOnTheLine(a, b []float64) (area float64) {
	i, j, at := 0, 0, math.Min(a[0], b[0])
	for i < len(a) || j < len(b) {
		next := math.Inf(1)
		if i < len(a) {
			next = a[i]
		}
		if j < len(b) {
			next = min(next, b[j])
		}
		area += (next - at) * math.Abs(float64(i)/float64(len(a))-float64(j)/float64(len(b)))
		for at = next; i < len(a) && a[i] == at; i++ {
		}
		for ; j < len(b) && b[j] == at; j++ {
		}
	}
	return area
}

// agreement is the adjusted Rand index of two divisions into communities.
func agreement(a, b *Communities) float64 {
	return contingency.Of(a.Labels, b.Labels, a.Count, b.Count).AdjustedRand()
}
