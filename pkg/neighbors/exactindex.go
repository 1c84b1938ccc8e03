package neighbors

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// ExactIndex answers which rows of a matrix are nearest to new ones, by comparing
// them with all. It never changes, and is safe for concurrent use; the rows are
// borrowed where they are of a type that Exact need not copy.
type ExactIndex struct {
	n, d   int
	metric string
	limit  int64
	rows   space
}

// Index returns the rows of x (n × d), ready to be compared with new ones. Only
// Metric and MemoryLimit of the options count. Parameters that a metric learns, such
// as the covariance of Mahalanobis, are those of x. Errors: those of mat32.Check,
// *mat32.RowsNeededError for a mat32.Distances, *mat32.MemoryError, those of the
// metric, and one that wraps ctx.Err().
func (e Exact) Index(ctx context.Context, x mat.Matrix) (*ExactIndex, error) {
	const method = "neighbors.Exact"
	if err := mat32.CheckContext(ctx, x); err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	if _, ok := x.(*mat32.Distances); ok {
		return nil, &mat32.RowsNeededError{Method: method}
	}
	var err error
	if e.Metric, err = ResolveMetric(method, e.Metric); err != nil {
		return nil, err
	}
	if e.MemoryLimit < 0 {
		return nil, &mat32.ParamError{Method: method, Param: "MemoryLimit", Value: e.MemoryLimit, Want: "0 or more bytes"}
	}
	if err := mat32.CheckMemory(method, bytesOf(e.Metric, x), e.MemoryLimit, "reduce the number of rows"); err != nil {
		return nil, err
	}
	rows, name, err := spaceOf(ctx, e.Metric, x)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	n, d := x.Dims()
	return &ExactIndex{n, d, name, e.MemoryLimit, rows}, nil
}

// Dims returns how many rows the index holds, and of how many columns.
func (ix *ExactIndex) Dims() (n, d int) { return ix.n, ix.d }

// Query returns the k nearest rows of the index, or all where there are fewer, for
// every row of y (m × d). Where the index holds a *mat32.CSR with few values that are
// not zero, y is rounded to float32. Time O(n·m·d), memory that of Index for y, and
// 12·m·k bytes. Errors: those of mat32.Check, *mat32.ParamError for k below 1,
// *mat32.ShapeError where y has another number of columns, *mat32.MemoryError,
// those of the metric, *mat32.DegenerateError where distances exceed float64, and
// one that wraps ctx.Err().
func (ix *ExactIndex) Query(ctx context.Context, y mat.Matrix, k int) (*Answer, error) {
	const method = "neighbors.ExactIndex"
	if k < 1 {
		return nil, &mat32.ParamError{Method: method, Param: "k", Value: k, Want: "1 or more rows"}
	}
	k = min(k, ix.n)
	q, err := ix.ask(ctx, method, y, 12*int64(k))
	if err != nil {
		return nil, err
	}
	m, _ := y.Dims()
	a := &Answer{N: m, K: k, Metric: ix.metric, Indices: make([]int32, m*k), Distances: make([]float64, m*k)}
	if err := q.nearest(ctx, k, a.Indices, a.Distances); err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	if i := slices.IndexFunc(a.Distances, infinite); i >= 0 {
		return nil, tooFar(method, fmt.Sprintf("row %d of the query", i/k))
	}
	return a, nil
}

// Within returns for every row of y (m × d) all rows of the index at a distance of
// at most radius. In what it returns, rows are those of y and neighbours those of the
// index, so that only Row and String mean something. Errors: those of Query, with
// *mat32.ParamError for a radius below 0 or not finite, and *mat32.MemoryError where
// there are too many neighbours.
func (ix *ExactIndex) Within(ctx context.Context, y mat.Matrix, radius float64) (*Neighborhoods, error) {
	const method = "neighbors.ExactIndex"
	if err := checkRadius(method, radius); err != nil {
		return nil, err
	}
	q, err := ix.ask(ctx, method, y, 0)
	if err != nil {
		return nil, err
	}
	m, _ := y.Dims()
	h, err := neighborhoods(ctx, method, q, m, ix.metric, radius, ix.limit)
	if err != nil {
		return nil, err
	}
	h.Of = ix.n
	return h, nil
}

// ask checks y, and compares its rows with those of the index; an answer takes so
// many bytes a row.
func (ix *ExactIndex) ask(ctx context.Context, method string, y mat.Matrix, answer int64) (asker, error) {
	if err := mat32.CheckContext(ctx, y); err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	if _, ok := y.(*mat32.Distances); ok {
		return nil, &mat32.RowsNeededError{Method: method}
	}
	m, cols := y.Dims()
	if cols != ix.d {
		return nil, fmt.Errorf("%s: %w", method, &mat32.ShapeError{What: "y", Rows: m, Cols: cols, Want: fmt.Sprintf("the %d columns of the index", ix.d)})
	}
	// Metrics map rows to at most one column more, in float64 and in float32.
	if err := mat32.CheckMemory(method, int64(m)*(12*int64(cols+1)+answer), ix.limit, "ask about fewer rows at a time"); err != nil {
		return nil, err
	}
	q, err := ix.rows.ask(ctx, y)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	return q, nil
}

func infinite(d float64) bool { return math.IsInf(d, 0) }

// tooFar returns the error for distances that exceed float64.
func tooFar(method, what string) error {
	return &mat32.DegenerateError{Method: method, Reason: "distances from " + what + " exceed the largest float64: rescale the data"}
}
