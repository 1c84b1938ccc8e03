package measure

import (
	"math"
	"strings"
)

// Score is a measured number such as a trustworthiness or a stress.
type Score struct {
	Name       string    // the standard name, for example "trustworthiness"
	Value      float64   // the number itself
	StdErr     float64   // standard error when the number was sampled; 0 when it is exact
	Rows       int       // how many rows it was measured on
	Neighbors  int       // the neighbourhood size, where there is one
	Convention string    // which definition, where peers disagree
	PerRow     []float64 // the share of every row, where the number is a mean over rows
	Notes      []string  // what was done otherwise than asked, and why
}

// String returns a small table: the value with its error, then what it was
// measured on and by which convention.
func (s Score) String() string {
	t := table{title: s.Name, value: number(s.Value, s.StdErr)}
	t.rowIf(s.Neighbors > 0, "neighbours", integer(s.Neighbors))
	t.rowIf(s.Rows > 0, "rows", integer(s.Rows))
	t.rowIf(s.Convention != "", "convention", s.Convention)
	t.notes(s.Notes)
	return t.String()
}

// Dimension is a measured intrinsic dimension.
type Dimension struct {
	Method     string    // for example "TwoNN"
	Value      float64   // the estimate
	StdErr     float64   // its standard error as Convention says; NaN when the method has none
	Scale      float64   // the typical distance at which the data were looked at
	Rows       int       // rows the estimate rests on
	Removed    int       // rows left out, such as duplicates
	Local      []float64 // the estimate at every row given; NaN where a row was left out; nil when the method has none
	Convention string    // estimator, aggregation and treatment of duplicates
	Notes      []string  // what was done otherwise than asked, and why
}

// Brief returns the value with its error: "1.949 ± 0.062".
func (d Dimension) Brief() string { return number(d.Value, d.StdErr) }

// String returns a small table: the value with its error, then scale, rows and
// convention.
func (d Dimension) String() string {
	t := table{title: "dimension (" + d.Method + ")", value: number(d.Value, d.StdErr)}
	t.rowIf(d.Scale > 0, "scale", trim(d.Scale, 4))
	t.rowIf(d.Rows > 0, "rows", integer(d.Rows))
	t.rowIf(d.Removed > 0, "removed", integer(d.Removed))
	t.rowIf(d.Convention != "", "convention", d.Convention)
	t.notes(d.Notes)
	return t.String()
}

func (t *table) notes(notes []string) {
	for _, n := range notes {
		t.rowIf(true, "note", n)
	}
}

// number prints a value with its error: both to the error's second digit, or
// four digits when there is no error.
func number(value, stdErr float64) string {
	if !(stdErr > 0) || math.IsInf(stdErr, 0) {
		return trim(value, 4)
	}
	places := 1 - int(math.Floor(math.Log10(stdErr)))
	places = min(max(places, 0), 12)
	return fixed(value, places) + " ± " + fixed(stdErr, places)
}

type table struct {
	title, value string
	rows         [][2]string
}

func (t *table) rowIf(ok bool, name, value string) {
	if ok {
		t.rows = append(t.rows, [2]string{name, value})
	}
}

// The values of a table stand in one column, and long ones go on below.
const (
	indent = 14
	width  = 84
)

func (t *table) String() string {
	var b strings.Builder
	b.WriteString(t.title + "  " + t.value)
	for _, r := range t.rows {
		b.WriteString("\n  " + r[0] + strings.Repeat(" ", max(1, indent-2-len([]rune(r[0])))))
		column := indent
		for i, word := range strings.Fields(r[1]) {
			size := len([]rune(word))
			switch {
			case i == 0:
			case column+1+size > width:
				b.WriteString("\n" + strings.Repeat(" ", indent))
				column = indent
			default:
				b.WriteString(" ")
				column++
			}
			b.WriteString(word)
			column += size
		}
	}
	return b.String()
}
