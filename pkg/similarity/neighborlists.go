package similarity

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// listing is what measures that compare lists of neighbours have in common.
type listing struct {
	method string
	k      int
	metric neighbors.Metric
	limit  int64

	name, convention string
	row              func(w *lists, i int) float64 // the share of row i
}

const standardNeighbors = 10

// resolved returns l with its defaults for n rows and d columns.
func (l listing) resolved(n, d int) (listing, error) {
	least := 2
	if n < least {
		return l, &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: fmt.Sprintf("at least %d rows for %s", least, l.method)}
	}
	if l.k == 0 {
		l.k = min(standardNeighbors, n-1)
	}
	if l.k < 1 || l.k > n-1 {
		return l, &mat32.ParamError{Method: l.method, Param: "Neighbors", Value: l.k, Want: fmt.Sprintf("1 ≤ Neighbors ≤ n−1 = %d", n-1)}
	}
	if l.metric == nil {
		l.metric = neighbors.Cosine{}
	}
	var err error
	if l.metric, err = neighbors.ResolveMetric(l.method, l.metric); err != nil {
		return l, err
	}
	if l.limit < 0 {
		return l, &mat32.ParamError{Method: l.method, Param: "MemoryLimit", Value: l.limit, Want: "0 or more bytes"}
	}
	return l, nil
}

func (l listing) check(ctx context.Context, x, y mat.Matrix) error {
	n, d, err := checkTogether(ctx, l.method, x, y)
	if err != nil {
		return err
	}
	if l, err = l.resolved(n, d); err != nil {
		return err
	}
	return mat32.CheckMemory(l.method, 24*int64(n)*int64(l.k), l.limit, "reduce Neighbors or the number of rows")
}

func (l listing) prepare(ctx context.Context, name string, x mat.Matrix) (prepared, error) {
	l, err := l.resolved(x.Dims())
	if err != nil {
		return nil, err
	}
	if err := distinct(l.method, name, x); err != nil {
		return nil, err
	}
	g, err := neighbors.Exact{Neighbors: l.k, Metric: l.metric, MemoryLimit: l.limit}.Graph(ctx, x)
	if err != nil {
		return nil, mat32.Rename(l.method, err)
	}
	return &listed{l, g}, nil
}

// listed is a representation by the neighbours of its rows.
type listed struct {
	listing
	g *neighbors.Graph
}

// lists is what one goroutine compares.
type lists struct {
	x, y  *neighbors.Graph
	place []int32 // of every row among the neighbours looked at, 1 the first; 0 for others
	work  []int32
}

func (l *listed) against(ctx context.Context, other prepared) (measure.Score, error) {
	y := other.(*listed)
	n := l.g.N
	s := measure.Score{Name: l.name, Rows: n, Neighbors: l.k, PerRow: make([]float64, n),
		Convention: fmt.Sprintf("%s; %s neighbours, ties by index", l.convention, l.g.Metric)}
	if y.g.Metric != l.g.Metric {
		s.Convention += fmt.Sprintf("; those of y %s", y.g.Metric)
	}
	err := par.BlocksWith(ctx, n, 64, func() *lists { return &lists{x: l.g, y: y.g, place: make([]int32, n), work: make([]int32, l.k+1)} },
		func(w *lists, lo, hi int) {
			for i := lo; i < hi && ctx.Err() == nil; i++ {
				s.PerRow[i] = l.row(w, i)
			}
		})
	if err != nil {
		return measure.Score{}, fmt.Errorf("%s: %w", l.method, err)
	}
	s.Value = mean(s.PerRow)
	return s, nil
}

// mark writes where the neighbours in y of row i stand, until it is called again with
// the same i and erase.
func (w *lists) mark(i int, erase bool) {
	near, _ := w.y.Row(i)
	for t, j := range near {
		w.place[j] = int32(t + 1)
		if erase {
			w.place[j] = 0
		}
	}
}

// shared returns how many neighbours of row i are so in both.
func (w *lists) shared(i int) (count int) {
	w.mark(i, false)
	near, _ := w.x.Row(i)
	for _, j := range near {
		if w.place[j] > 0 {
			count++
		}
	}
	w.mark(i, true)
	return count
}

// mean returns the mean of values, added in order.
func mean(values []float64) float64 {
	sum := 0.
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

// checkTogether returns the dimensions of x, or an error unless x and y, of which each may
// be a mat32.Distances, hold finite values in as many rows.
func checkTogether(ctx context.Context, method string, x, y mat.Matrix) (n, d int, err error) {
	for _, m := range []struct {
		name string
		mat.Matrix
	}{{"x", x}, {"y", y}} {
		if err := mat32.CheckContext(ctx, m.Matrix); err != nil {
			return 0, 0, fmt.Errorf("%s: %s: %w", method, m.name, err)
		}
	}
	n, d = x.Dims()
	if rows, cols := y.Dims(); rows != n {
		return 0, 0, &mat32.ShapeError{What: "y", Rows: rows, Cols: cols, Want: fmt.Sprintf("as many rows as x, %d", n)}
	}
	return n, d, nil
}

// distinct returns an error where all rows of x are equal.
func distinct(method, name string, x mat.Matrix) error {
	n, d := x.Dims()
	var same func(i int) bool // as row 0
	switch x := x.(type) {
	case *mat32.Distances:
		same = func(i int) bool { return x.At(0, i) == 0 }
	default:
		first, row := make([]float64, d), make([]float64, d)
		copy(first, mat32.Row(first, 0, x))
		same = func(i int) bool {
			for j, v := range mat32.Row(row, i, x) {
				if v != first[j] {
					return false
				}
			}
			return true
		}
	}
	for i := 1; i < n; i++ {
		if !same(i) {
			return nil
		}
	}
	return &mat32.DegenerateError{Method: method, Reason: "all rows of " + name + " are equal: none is nearer than another"}
}
