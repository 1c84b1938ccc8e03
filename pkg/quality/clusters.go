package quality

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
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
	n     int
	rows  *mat.Dense
	norms []float64 // the squared lengths of rows, where they are multiplied
	given *mat32.Distances
	unit  unit // of given distances
}

// From so many columns on, products of blocks of rows are faster than differences.
const multiplied = 12

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
		return &gaps{n: n, given: given, unit: unitAt(exp)}, nil
	}
	rows, unit, err := subspace.Centered(ctx, x)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	if unit == 0 {
		return nil, equal
	}
	g := &gaps{n: n, rows: rows}
	if d >= multiplied {
		g.norms = make([]float64, n)
		for i := range n {
			g.norms[i] = kernel.Dot64(rows.RawRowView(i), rows.RawRowView(i))
		}
	}
	return g, nil
}

// each calls f for every row with its distances to all, on every core. Memory is 32 MB, or 32
// times a row of distances where that is more.
func (g *gaps) each(ctx context.Context, f func(distances []float64, i int)) error {
	size := gapsAtOnce(g.n)
	room := make([]float64, size*g.n)
	for from := 0; from < g.n; from += size {
		to := min(from+size, g.n)
		all := blas64.General{Rows: to - from, Cols: g.n, Stride: g.n, Data: room[:(to-from)*g.n]}
		if g.norms != nil {
			part := g.rows.Slice(from, to, 0, g.rows.RawMatrix().Cols).(*mat.Dense)
			if err := kernel.Gemm64(ctx, blas.NoTrans, blas.Trans, 1, part.RawMatrix(), g.rows.RawMatrix(), 0, all); err != nil {
				return err
			}
		}
		err := par.Blocks(ctx, to-from, 4, func(lo, hi int) {
			for i := lo; i < hi; i++ {
				distances := all.Data[i*g.n : (i+1)*g.n]
				g.measure(distances, from+i)
				f(distances, from+i)
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// gapsAtOnce is how many of n rows are measured at once.
func gapsAtOnce(n int) int { return min(n, max(32, min(256, 1<<22/n))) }

// measure writes the distances of row i, over its products with all rows where these are
// multiplied.
func (g *gaps) measure(dst []float64, i int) {
	if g.given != nil {
		for j := range dst {
			dst[j] = g.unit.of(math.Abs(g.given.At(i, j)))
		}
		return
	}
	row := g.rows.RawRowView(i)
	for j := range dst {
		square := -1.
		if g.norms != nil {
			both := g.norms[i] + g.norms[j]
			if v := both - 2*dst[j]; v > both/64 { // a difference of near numbers has few digits
				square = v
			}
		}
		if square < 0 {
			square = kernel.SquaredDistance64(row, g.rows.RawRowView(j))
		}
		dst[j] = math.Sqrt(square)
	}
}
