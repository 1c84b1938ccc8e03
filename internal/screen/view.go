package screen

import (
	"context"
	"math"
)

// View is a matrix whose rows are made when they are asked for: those of another
// matrix, mapped one by one to where Euclidean distances are wanted. It is read by
// several goroutines at once.
type View interface {
	// Dims returns the number of rows and columns.
	Dims() (n, d int)

	// Row returns row i, finite and the same whenever it is asked for: memory of the
	// view's own, which is not written to, or buf, d values long.
	Row(buf []float64, i int) []float64
}

// NewMapped is New for the rows of v, which are made anew for every exact
// distance.
func NewMapped(ctx context.Context, v View) (*Rows, error) {
	n, d := v.Dims()
	return prepare(ctx, &Rows{n: n, d: d, unit: 1, view: v})
}

// scaled is a view times a power of two.
type scaled struct {
	View
	exp int
}

func (v scaled) Row(buf []float64, i int) []float64 {
	for j, x := range v.View.Row(buf, i) {
		buf[j] = math.Ldexp(x, v.exp)
	}
	return buf
}
