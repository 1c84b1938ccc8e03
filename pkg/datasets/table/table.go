package table

import (
	"fmt"
	"math"
	"slices"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// Kind is what the values of a column are.
type Kind int

// The kinds of columns.
const (
	Number   Kind = iota // a float64, NaN where it is missing
	Category             // one of a few words, −1 where it is missing
	Text                 // words, empty where they are missing
)

// String returns the kind in a word.
func (k Kind) String() string {
	switch k {
	case Number:
		return "number"
	case Category:
		return "category"
	case Text:
		return "text"
	}
	return fmt.Sprintf("Kind(%d)", int(k))
}

// Column is one column of a table. Which of the slices holds its values depends on its kind; the others are nil.
type Column struct {
	Name    string
	Kind    Kind
	Numbers []float64
	Codes   []int    // of a category: indices into Names, −1 where it is missing
	Names   []string // of a category: its words
	Texts   []string
}

// Rows returns the number of values.
func (c *Column) Rows() int {
	switch c.Kind {
	case Category:
		return len(c.Codes)
	case Text:
		return len(c.Texts)
	}
	return len(c.Numbers)
}

// Missing reports whether the value of a row is missing.
func (c *Column) Missing(row int) bool {
	switch c.Kind {
	case Category:
		return c.Codes[row] < 0
	case Text:
		return c.Texts[row] == ""
	}
	return math.IsNaN(c.Numbers[row])
}

// word returns the word of a row of a category or text, which is empty where it is missing.
func (c *Column) word(row int) string {
	if c.Kind == Text {
		return c.Texts[row]
	}
	if code := c.Codes[row]; code >= 0 {
		return c.Names[code]
	}
	return ""
}

// take returns a column of the given rows.
func (c *Column) take(rows []int) Column {
	out := Column{Name: c.Name, Kind: c.Kind, Names: slices.Clone(c.Names)}
	switch c.Kind {
	case Category:
		out.Codes = at(c.Codes, rows)
	case Text:
		out.Texts = at(c.Texts, rows)
	default:
		out.Numbers = at(c.Numbers, rows)
	}
	return out
}

func at[T any](values []T, rows []int) []T {
	out := make([]T, len(rows))
	for i, r := range rows {
		out[i] = values[r]
	}
	return out
}

// Table is a table whose columns have names. It is what every reader of tables returns, whatever the format of the file.
type Table struct {
	Columns []Column
	Notes   []string // what reading it had to decide
}

// Rows returns the number of rows.
func (t *Table) Rows() int {
	if len(t.Columns) == 0 {
		return 0
	}
	return t.Columns[0].Rows()
}

// Names returns the names of the columns.
func (t *Table) Names() []string {
	names := make([]string, len(t.Columns))
	for j := range t.Columns {
		names[j] = t.Columns[j].Name
	}
	return names
}

// Numbers returns the names of the columns that hold numbers.
func (t *Table) Numbers() []string {
	var names []string
	for j := range t.Columns {
		if t.Columns[j].Kind == Number {
			names = append(names, t.Columns[j].Name)
		}
	}
	return names
}

// Column returns the column of a name, whose slices are those of the table. The error is a *mat32.ParamError that lists the names
// there are.
func (t *Table) Column(name string) (*Column, error) { return t.column("table.Table.Column", name) }

func (t *Table) column(method, name string) (*Column, error) {
	for j := range t.Columns {
		if t.Columns[j].Name == name {
			return &t.Columns[j], nil
		}
	}
	return nil, &mat32.ParamError{Method: method, Param: "column", Value: fmt.Sprintf("%q", name), Want: "one of " + few(quoted(t.Names()))}
}

// columns returns the columns of the names, or all that hold numbers where there are no names; all columns must have as many values.
func (t *Table) columns(method string, names []string) ([]*Column, error) {
	if len(names) == 0 {
		names = t.Numbers()
		if len(names) == 0 {
			return nil, &mat32.DegenerateError{Method: method, Reason: "no column holds numbers: OneHot makes numbers of categories"}
		}
	}
	places := make(map[string]int, len(t.Columns))
	for j := range t.Columns {
		places[t.Columns[j].Name] = j
	}
	out := make([]*Column, len(names))
	for i, name := range names {
		j, ok := places[name]
		if !ok {
			_, err := t.column(method, name)
			return nil, err
		}
		out[i] = &t.Columns[j]
	}
	return out, t.check(method, out)
}

// check finds columns of another length than the first, and codes that name nothing, in tables that were made by hand.
func (t *Table) check(method string, columns []*Column) error {
	n := t.Rows()
	for _, c := range columns {
		if c.Rows() != n {
			return &mat32.ShapeError{What: fmt.Sprintf("%s: column %q", method, c.Name), Rows: c.Rows(), Cols: 1, Want: count(n, "row")}
		}
		if c.Kind != Category {
			continue
		}
		for r, code := range c.Codes {
			if code < -1 || code >= len(c.Names) {
				return &mat32.ParamError{Method: method, Param: fmt.Sprintf("code of row %d of column %q", r, c.Name), Value: code, Want: fmt.Sprintf("−1 to %d", len(c.Names)-1)}
			}
		}
	}
	return nil
}

// every returns all columns, checked.
func (t *Table) every(method string) ([]*Column, error) {
	out := make([]*Column, len(t.Columns))
	for j := range out {
		out[j] = &t.Columns[j]
	}
	return out, t.check(method, out)
}
