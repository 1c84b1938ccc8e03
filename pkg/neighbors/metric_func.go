package neighbors

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// Func returns the metric that f computes, under a name that tells it from others: two
// functions of one name count as the same metric.
//
// f gets two rows and must not write to them. It must be symmetric, and return 0 for
// equal rows and a finite number, 0 or more, for all others; it is called by several
// goroutines at once, with the earlier row of x first, and but for a few pairs once
// for each where all are compared. Exact searches fail with a *mat32.DistanceError, naming the
// pair, where it returns something else; approximate ones take that for a row
// too far to be a neighbour. The triangle inequality is not required.
//
// Rows of x that are not float64 are copied: 8·n·d bytes.
func Func(name string, f func(a, b []float64) float64) Metric { return function{name, f} }

type function struct {
	name string
	f    func(a, b []float64) float64
}

// String returns the name.
func (m function) String() string { return m.name }

func (m function) space(_ context.Context, x mat.Matrix) (space, error) {
	if m.name == "" || m.f == nil {
		return nil, &mat32.ParamError{Method: "neighbors.Func", Param: "name", Value: m.name, Want: "a name, and a function that is not nil"}
	}
	rows := double(x)
	return &doubles{(&direct[float64, float64]{name: m.name, q: rows, x: rows, own: true, strict: m.f, pair: func(a, b []float64) float64 {
		if v := m.f(a, b); v >= 0 {
			return v
		}
		return math.Inf(1)
	}}).measured()}, nil
}

func (function) bytes(x mat.Matrix) int64 {
	if _, ok := x.(mat.RawMatrixer); ok {
		return 0
	}
	n, d := x.Dims()
	return 8 * int64(n) * int64(d)
}
