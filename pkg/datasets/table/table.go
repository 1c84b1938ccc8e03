package table

import (
	"fmt"
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
