package quality

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/subspace"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// clusters are the rows of each label.
type clusters struct {
	labels []int // that occur, in order
	of     []int // the place in labels of every row's, −1 where it is unknown
	sizes  []int
	known  int // rows of known label
}

// clustersOf returns the clusters of n rows, or an error unless there are at least two.
func clustersOf(method string, n int, labels []int) (*clusters, error) {
	if len(labels) != n {
		return nil, &mat32.ShapeError{What: "labels", Rows: len(labels), Cols: 1, Want: fmt.Sprintf("one for each of the %d rows", n)}
	}
	c, err := partition(method, "labels", labels)
	if err == nil && len(c.labels) < 2 {
		err = &mat32.DegenerateError{Method: method, Reason: fmt.Sprintf("the labels name %d clusters: there must be at least 2 to compare", len(c.labels))}
	}
	return c, err
}

// partition returns the clusters of labels, however few.
func partition(method, name string, labels []int) (*clusters, error) {
	c := &clusters{labels: slices.Clone(labels), of: make([]int, len(labels))}
	slices.Sort(c.labels)
	c.labels = slices.Compact(c.labels)
	if len(c.labels) > 0 && c.labels[0] < -1 {
		i := slices.Index(labels, c.labels[0])
		return nil, &mat32.ParamError{Method: method, Param: fmt.Sprintf("%s[%d]", name, i), Value: labels[i], Want: "0 or above, or −1 for unknown"}
	}
	if len(c.labels) > 0 && c.labels[0] == -1 {
		c.labels = c.labels[1:]
	}
	c.sizes = make([]int, len(c.labels))
	for i, label := range labels {
		k, known := slices.BinarySearch(c.labels, label)
		if !known {
			c.of[i] = -1
			continue
		}
		c.of[i] = k
		c.sizes[k]++
		c.known++
	}
	return c, nil
}

// centers returns the mean of the rows of every cluster.
func (c *clusters) centers(ctx context.Context, x *mat.Dense) (*mat.Dense, error) {
	_, d := x.Dims()
	centers := mat.NewDense(len(c.labels), d, nil)
	for i, k := range c.of {
		if i%1024 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if k >= 0 {
			kernel.Axpy64(1/float64(c.sizes[k]), x.RawRowView(i), centers.RawRowView(k))
		}
	}
	return centers, nil
}

// judge returns the rows of x less their mean and in units of which squares fit, with
// their clusters.
func judge(ctx context.Context, method string, x mat.Matrix, labels []int) (*mat.Dense, *clusters, error) {
	if err := mat32.CheckRows(method, x); err != nil {
		return nil, nil, err
	}
	if err := mat32.CheckContext(ctx, x); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", method, err)
	}
	n, _ := x.Dims()
	c, err := clustersOf(method, n, labels)
	if err != nil {
		return nil, nil, err
	}
	a, unit, err := subspace.Centered(ctx, x)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", method, err)
	}
	if unit == 0 {
		return nil, nil, &mat32.DegenerateError{Method: method, Reason: "all rows are equal: no cluster is apart from another"}
	}
	return a, c, nil
}

// gaps measures the distances of one row to all, in a unit of which the largest is not
// beyond 2⁵ times the root of the columns.
type gaps struct {
	n, cost int
	rows    *mat.Dense
	given   *mat32.Distances
	unit    unit // of given distances
}

// gapsOf returns the gaps of finite rows, or of given distances. It copies rows, 8·n·d
// bytes.
func gapsOf(ctx context.Context, method, name string, x mat.Matrix) (*gaps, error) {
	n, d := x.Dims()
	equal := &mat32.DegenerateError{Method: method, Reason: "all rows of " + name + " are equal: no distance is larger than another"}
	if given, ok := x.(*mat32.Distances); ok {
		most := 0.
		for _, v := range given.Condensed() {
			most = max(most, v)
		}
		if most == 0 {
			return nil, equal
		}
		_, exp := math.Frexp(most)
		return &gaps{n: n, cost: n, given: given, unit: unitAt(exp)}, nil
	}
	rows, unit, err := subspace.Centered(ctx, x)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	if unit == 0 {
		return nil, equal
	}
	return &gaps{n: n, cost: n * (d + 4), rows: rows}, nil
}

// to writes the distances of row i to rows lo … n−1.
func (g *gaps) to(dst []float64, i, lo int) {
	if g.given != nil {
		for j := lo; j < g.n; j++ {
			dst[j-lo] = g.unit.of(math.Abs(g.given.At(i, j)))
		}
		return
	}
	row := g.rows.RawRowView(i)
	for j := lo; j < g.n; j++ {
		dst[j-lo] = math.Sqrt(kernel.SquaredDistance64(row, g.rows.RawRowView(j)))
	}
}

// each calls f for every row with room for n distances, on every core.
func (g *gaps) each(ctx context.Context, f func(buf []float64, i int)) error {
	return par.BlocksWith(ctx, g.n, max(1, min(64, 1<<22/g.cost)), func() []float64 { return make([]float64, g.n) },
		func(buf []float64, lo, hi int) {
			for i := lo; i < hi; i++ {
				f(buf, i)
			}
		})
}
