package table

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// Dense returns the named columns of numbers, or all of these where none is named, as rows of float32. Errors: a *mat32.ParamError
// for a name that there is not, or a column that holds no numbers; a *ValueError for the first value in reading order that is
// missing, infinite or beyond float32; mat32.ErrEmpty without rows. Complete and Fill make a table without missing values, and
// DenseMissing keeps them.
func (t *Table) Dense(columns ...string) (*mat32.Dense, error) {
	return t.single("table.Table.Dense", false, columns)
}

// DenseMissing is Dense with NaN for what is missing, for methods that take such values: dr.Impute, and dr.PCA with Missing: EM.
func (t *Table) DenseMissing(columns ...string) (*mat32.Dense, error) {
	return t.single("table.Table.DenseMissing", true, columns)
}

// Dense64 is Dense with rows of float64.
func (t *Table) Dense64(columns ...string) (*mat.Dense, error) {
	const method = "table.Table.Dense64"
	chosen, err := t.numeric(method, columns)
	if err != nil {
		return nil, err
	}
	data, err := rowsOf[float64](chosen, t.Rows(), math.MaxFloat64, false)
	if err != nil {
		return nil, err
	}
	return mat.NewDense(t.Rows(), len(chosen), data), nil
}

func (t *Table) single(method string, missing bool, columns []string) (*mat32.Dense, error) {
	chosen, err := t.numeric(method, columns)
	if err != nil {
		return nil, err
	}
	data, err := rowsOf[float32](chosen, t.Rows(), math.MaxFloat32, missing)
	if err != nil {
		return nil, err
	}
	return mat32.NewDense(t.Rows(), len(chosen), data), nil
}

// numeric returns columns that must hold numbers.
func (t *Table) numeric(method string, names []string) ([]*Column, error) {
	chosen, err := t.columns(method, names)
	if err != nil {
		return nil, err
	}
	for _, c := range chosen {
		if c.Kind != Number {
			return nil, &mat32.ParamError{Method: method, Param: "column", Value: fmt.Sprintf("%q, which is a %v", c.Name, c.Kind),
				Want: "columns of numbers: OneHot makes numbers of categories"}
		}
	}
	return chosen, nil
}

// ValueError says where a table holds a value that a matrix must not.
type ValueError struct {
	Row    int // of the table, counted from 0
	Column string
	Value  float64 // NaN where it is missing
	Single bool    // it is finite, but beyond float32
}

// Error returns the message.
func (e *ValueError) Error() string {
	where := fmt.Sprintf("row %d of column %q", e.Row, e.Column)
	switch {
	case math.IsNaN(e.Value):
		return where + " misses its value: Complete leaves such rows out, Fill fills them, DenseMissing keeps NaN"
	case e.Single:
		return fmt.Sprintf("%s is %v, which is beyond float32: Dense64 holds it", where, e.Value)
	}
	return fmt.Sprintf("%s is %v: every value must be finite", where, e.Value)
}

// rowsOf copies columns to rows.
func rowsOf[T float32 | float64](columns []*Column, n int, largest float64, missing bool) ([]T, error) {
	if n == 0 {
		return nil, mat32.ErrEmpty
	}
	width := len(columns)
	data := make([]T, n*width)
	const block = 256
	first := make([]*ValueError, (n+block-1)/block)
	err := par.Blocks(context.Background(), n, block, func(lo, hi int) {
		for j, c := range columns {
			for r, v := range c.Numbers[lo:hi] {
				if !(math.Abs(v) <= largest) && !(missing && math.IsNaN(v)) {
					if e := first[lo/block]; e == nil || lo+r < e.Row {
						first[lo/block] = &ValueError{Row: lo + r, Column: c.Name, Value: v, Single: !math.IsNaN(v) && !math.IsInf(v, 0)}
					}
				}
				data[(lo+r)*width+j] = T(v)
			}
		}
	})
	for _, e := range first {
		if e != nil {
			return nil, e
		}
	}
	return data, err
}
