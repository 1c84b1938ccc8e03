package intrinsic

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// begin checks x and resolves the options for it: what every estimator does
// first. beginRows refuses distances as well.
func begin[E interface{ Resolve(n, d int) (E, error) }](ctx context.Context, method string, e E, x mat.Matrix) (E, error) {
	if err := mat32.CheckContext(ctx, x); err != nil {
		return e, fmt.Errorf("%s: %w", method, err)
	}
	n, d := x.Dims()
	return e.Resolve(n, d)
}

func beginRows[E interface{ Resolve(n, d int) (E, error) }](ctx context.Context, method string, e E, x mat.Matrix) (E, error) {
	if err := mat32.CheckRows(method, x); err != nil {
		return e, err
	}
	return begin(ctx, method, e, x)
}

// neighborhood resolves a number of neighbours: the standard one where k is
// zero, or n−1 where the data have fewer rows, and at least fewest. It checks
// the memory limit as well, which all that have neighbours have.
func neighborhood(method string, k, standard, fewest, n, d int, limit int64) (int, error) {
	if k == 0 {
		k = min(standard, n-1)
	}
	switch {
	case limit < 0:
		return k, &mat32.ParamError{Method: method, Param: "MemoryLimit", Value: limit, Want: "0 or more bytes"}
	case n < fewest+1:
		return k, &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: fmt.Sprintf("at least %d rows for %s", fewest+1, method)}
	case k < fewest || k > n-1:
		return k, &mat32.ParamError{Method: method, Param: "Neighbors", Value: k, Want: fmt.Sprintf("%d ≤ Neighbors ≤ n−1 = %d", fewest, n-1)}
	}
	return k, nil
}

// findStandard is find for k neighbours, which were asked for or, where asked is
// zero, are the standard number: that shrinks, to no less than fewest, to what
// the distinct rows have.
func findStandard(ctx context.Context, method string, x mat.Matrix, asked, k, fewest int, graph *neighbors.Graph, limit int64) (*distinct, error) {
	if asked != 0 {
		fewest = k
	}
	return find(ctx, method, x, k, min(fewest, k), graph, limit)
}

// distinctRows returns the rows of x that equal no earlier one.
func distinctRows(ctx context.Context, method string, x mat.Matrix) ([]int, error) {
	rows, err := mat32.DistinctContext(ctx, x)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	return rows, nil
}

// someDistinct is distinctRows for what needs some of them.
func someDistinct(ctx context.Context, method string, x mat.Matrix, fewest int) ([]int, error) {
	rows, err := distinctRows(ctx, method, x)
	if n, _ := x.Dims(); err == nil && len(rows) < fewest {
		return nil, &mat32.DegenerateError{Method: method,
			Reason: fmt.Sprintf("only %d of the %d rows are distinct, and %d are needed", len(rows), n, fewest)}
	}
	return rows, err
}

// forDistinct returns the options as they were asked for resolved for the distinct rows
// of x, which are of a sample whose size is their number.
func forDistinct[E interface{ Resolve(n, d int) (E, error) }](method string, asked E, distinct int, x mat.Matrix) (E, error) {
	n, d := x.Dims()
	e, err := asked.Resolve(distinct, d)
	if err != nil {
		err = &mat32.DegenerateError{Method: method,
			Reason: fmt.Sprintf("only %d of the %d rows are distinct: %v", distinct, n, err)}
	}
	return e, err
}

// dimension returns a result that rests on the rows of s, at their mean
// distance to all neighbours found, with the estimates at each, if any.
func (s *distinct) dimension(name string, value, stdErr float64, local []float64, convention string) measure.Dimension {
	d := measure.Dimension{
		Method:     name,
		Value:      value,
		StdErr:     stdErr,
		Scale:      s.scale(),
		Rows:       s.n,
		Removed:    s.removed(),
		Notes:      s.notes,
		Convention: convention,
	}
	if local != nil {
		d.Local = s.everyRow(local)
	}
	return d
}

// meanOf returns the mean of a distance over the distinct rows, safe from
// overflow and underflow.
func (s *distinct) meanOf(distance func(i int) float64) float64 {
	var mean, sum float64
	for i := range s.n {
		r := distance(i)
		mean += r / float64(s.n)
		sum += r
	}
	if mean == 0 { // the shares of minute distances all rounded to zero
		return sum / float64(s.n)
	}
	return mean
}
