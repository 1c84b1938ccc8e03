package table

import "slices"

// Select returns a table of the named columns, in that order, which shares their values with t. The error is a *mat32.ParamError for
// a name that there is not.
func (t *Table) Select(columns ...string) (*Table, error) {
	out := &Table{Notes: slices.Clone(t.Notes)}
	for _, name := range columns {
		c, err := t.column("table.Table.Select", name)
		if err != nil {
			return nil, err
		}
		out.Columns = append(out.Columns, *c)
	}
	return out, nil
}

// Where returns a table of the rows for which keep is true, with values of its own.
func (t *Table) Where(keep func(row int) bool) *Table {
	var rows []int
	for r := range t.Rows() {
		if keep(r) {
			rows = append(rows, r)
		}
	}
	return t.take(rows)
}

// Head returns a table of the first n rows, or of all where there are fewer, with values of its own.
func (t *Table) Head(n int) *Table {
	rows := make([]int, max(0, min(n, t.Rows())))
	for r := range rows {
		rows[r] = r
	}
	return t.take(rows)
}

func (t *Table) take(rows []int) *Table {
	out := &Table{Columns: make([]Column, len(t.Columns)), Notes: slices.Clone(t.Notes)}
	for j := range t.Columns {
		out.Columns[j] = t.Columns[j].take(rows)
	}
	return out
}
