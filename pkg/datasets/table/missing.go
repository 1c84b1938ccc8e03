package table

import (
	"fmt"
	"math"
	"slices"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// Complete returns a table of the rows that miss no value of the named columns, or of any column where none is named, with values of
// its own and a note of how many rows it left out. Errors: a *mat32.ParamError for a name that there is not; a
// *mat32.DegenerateError where no row is complete.
func (t *Table) Complete(columns ...string) (*Table, error) {
	const method = "table.Table.Complete"
	var chosen []*Column
	var err error
	if len(columns) == 0 {
		chosen, err = t.every(method)
	} else {
		chosen, err = t.columns(method, columns)
	}
	if err != nil {
		return nil, err
	}
	out := t.Where(func(row int) bool {
		return !slices.ContainsFunc(chosen, func(c *Column) bool { return c.Missing(row) })
	})
	n := t.Rows()
	if out.Rows() == 0 && n > 0 {
		return nil, &mat32.DegenerateError{Method: method, Reason: "every row misses a value: Fill keeps rows, and other columns may do"}
	}
	if dropped := n - out.Rows(); dropped > 0 {
		out.Notes = append(out.Notes, fmt.Sprintf("%s of %d left out, which miss values", count(dropped, "row"), n))
	}
	return out, nil
}

// Filling is what stands in for missing numbers.
type Filling int

// The fillings.
const (
	Mean   Filling = iota // of the column
	Median                // of the column: of an even number of values, the middle between the two
	Zeros
)

// String returns the filling in a word.
func (f Filling) String() string {
	switch f {
	case Mean:
		return "mean"
	case Median:
		return "median"
	case Zeros:
		return "zeros"
	}
	return fmt.Sprintf("Filling(%d)", int(f))
}

// Fill returns a table in which the named columns of numbers, or all of these where none is named, miss no values, with a note of how
// many were filled. Columns in which nothing is missing share their values with t. dr.Impute does the same by what it learned from
// other rows. Errors: a *mat32.ParamError for another filling, a name that there is not, or a column that holds no numbers; a
// *mat32.DegenerateError for a column without any value, unless it is filled with zeros.
func (t *Table) Fill(with Filling, columns ...string) (*Table, error) {
	const method = "table.Table.Fill"
	if with < Mean || with > Zeros {
		return nil, &mat32.ParamError{Method: method, Param: "with", Value: int(with), Want: "Mean, Median or Zeros"}
	}
	chosen, err := t.numeric(method, columns)
	if err != nil {
		return nil, err
	}
	out := &Table{Columns: slices.Clone(t.Columns), Notes: slices.Clone(t.Notes)}
	filled := 0
	for j := range out.Columns {
		c := &out.Columns[j]
		if !slices.Contains(chosen, &t.Columns[j]) || !slices.ContainsFunc(c.Numbers, math.IsNaN) {
			continue
		}
		value := 0.0
		if with != Zeros {
			known := slices.DeleteFunc(slices.Clone(c.Numbers), math.IsNaN)
			if len(known) == 0 {
				return nil, &mat32.DegenerateError{Method: method, Reason: fmt.Sprintf("column %q has no value to fill by", c.Name)}
			}
			if value = mean(known); with == Median {
				slices.Sort(known)
				value = middle(known)
			}
		}
		c.Numbers = slices.Clone(c.Numbers)
		for r, v := range c.Numbers {
			if math.IsNaN(v) {
				c.Numbers[r] = value
				filled++
			}
		}
	}
	if filled > 0 {
		out.Notes = append(out.Notes, fmt.Sprintf("%s filled: %v", count(filled, "missing value"), with))
	}
	return out, nil
}

// mean adds shares, which do not overflow.
func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	if math.IsInf(sum, 0) {
		sum = 0
		for _, v := range values {
			sum += v / float64(len(values))
		}
		return sum
	}
	return sum / float64(len(values))
}

// middle returns the median of sorted values.
func middle(sorted []float64) float64 {
	n := len(sorted)
	if n%2 == 1 {
		return sorted[n/2]
	}
	return sorted[n/2-1]/2 + sorted[n/2]/2
}
