package screen

import (
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/watch"
)

// Queries are rows of another matrix, ready to be compared with those of Rows.
// They are safe for concurrent use.
type Queries struct {
	rows *Rows
	own  *Rows
}

// Ask takes the rows of y, finite and with as many columns as r, for queries; r
// must not be of given distances. It borrows and copies as New does.
func (r *Rows) Ask(ctx context.Context, y mat.Matrix) (*Queries, error) {
	own, err := New(ctx, y)
	return &Queries{r, own}, err
}

// AskMapped is Ask for the rows of v, mapped as those of r were.
func (r *Rows) AskMapped(ctx context.Context, v View) (*Queries, error) {
	own, err := NewMapped(ctx, v)
	return &Queries{r, own}, err
}

// Dims returns the number of rows asked about and of columns.
func (q *Queries) Dims() (n, d int) { return q.own.n, q.own.d }

// FastTo writes to dst the fast squared distances, in the units of r.FastTo,
// between query i and the rows listed.
func (q *Queries) FastTo(dst []float32, i int, to []int32) {
	for t, j := range to {
		v := q.Exact(i, int(j)) / q.rows.unit * q.rows.fit
		dst[t] = float32(v * v)
	}
}

// Exact returns the Euclidean distance between query i and row j, and +Inf where
// float64 cannot hold it.
func (q *Queries) Exact(i, j int) float64 {
	buf := make([]float64, 2*q.own.d)
	a, b := q.own.row(buf[:q.own.d], i), q.rows.row(buf[q.own.d:], j)
	return math.Sqrt(kernel.SquaredDistance64(a, b)) * q.rows.unit
}

// Nearest writes the k nearest rows of every query i, nearest first and those
// at equal distance by index, to indices[i·k:] and their exact distances to
// distances[i·k:]. It reports the stage "neighbours", a unit a query. The error
// is ctx.Err().
func (q *Queries) Nearest(ctx context.Context, k int, indices []int32, distances []float64) error {
	stage := watch.Start(ctx, "neighbours", q.own.n)
	return par.BlocksWith(ctx, q.own.n, 16, func() []near { return make([]near, q.rows.n) }, func(all []near, lo, hi int) {
		for i := lo; i < hi; i++ {
			if ctx.Err() != nil {
				return
			}
			for j := range all {
				all[j] = near{q.Exact(i, j), int32(j)}
			}
			slices.SortFunc(all, compare)
			for t, v := range all[:k] {
				indices[i*k+t], distances[i*k+t] = v.row, v.dist
			}
		}
		stage.Add(hi - lo)
	})
}
