package similarity

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/subspace"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
)

// Measure compares two representations of the same samples: x (n × p) and y (n × q), row i
// of both being sample i. Every comparison of this package with a number for an answer is
// one.
type Measure interface {
	Compare(ctx context.Context, x, y mat.Matrix) (measure.Score, error)
}

// pair is two representations: the rows of both less their means, in units that keep the
// sums of squares within float64.
type pair struct {
	n, p, q      int
	x, y         *mat.Dense
	unitX, unitY float64 // what the units of x and y are, in those of the data
}

// both checks x and y, of at least least rows, and centres them. Errors name the method, and
// x or y: those of mat32.CheckRows and mat32.Check, *mat32.ShapeError where their numbers
// of rows differ or are too few, *mat32.DegenerateError where all rows of one are equal,
// and one that wraps ctx.Err().
func both(ctx context.Context, method string, least int, x, y mat.Matrix) (*pair, error) {
	p := new(pair)
	var err error
	if p.n, p.p, p.q, err = checkBoth(ctx, method, least, x, y); err != nil {
		return nil, err
	}
	if p.x, p.unitX, err = centered(ctx, method, "x", x); err != nil {
		return nil, err
	}
	if p.y, p.unitY, err = centered(ctx, method, "y", y); err != nil {
		return nil, err
	}
	return p, nil
}

// checkBoth is the first half of both.
func checkBoth(ctx context.Context, method string, least int, x, y mat.Matrix) (n, p, q int, err error) {
	for _, m := range []struct {
		name string
		mat.Matrix
	}{{"x", x}, {"y", y}} {
		if err := mat32.CheckRows(method, m.Matrix); err != nil {
			return 0, 0, 0, err
		}
		if err := mat32.CheckContext(ctx, m.Matrix); err != nil {
			return 0, 0, 0, fmt.Errorf("%s: %s: %w", method, m.name, err)
		}
	}
	n, p = x.Dims()
	rows, q := y.Dims()
	switch {
	case n < least:
		return 0, 0, 0, &mat32.ShapeError{What: "x", Rows: n, Cols: p, Want: fmt.Sprintf("at least %d rows for %s", least, method)}
	case rows != n:
		return 0, 0, 0, &mat32.ShapeError{What: "y", Rows: rows, Cols: q, Want: fmt.Sprintf("as many rows as x, %d", n)}
	}
	return n, p, q, nil
}

// centered is subspace.Centered of rows that are not all equal.
func centered(ctx context.Context, method, name string, x mat.Matrix) (*mat.Dense, float64, error) {
	a, unit, err := subspace.Centered(ctx, x)
	if err != nil {
		return nil, 0, fmt.Errorf("%s: %w", method, err)
	}
	if unit == 0 {
		return nil, 0, allEqual(method, name)
	}
	return a, unit, nil
}

func allEqual(method, name string) error {
	return &mat32.DegenerateError{Method: method, Reason: "all rows of " + name + " are equal: there is no geometry to compare"}
}
