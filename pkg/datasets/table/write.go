package table

import (
	"compress/gzip"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/flatland-go/flatland/pkg/datasets/internal/source"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// Write writes a table with a first row of names, in UTF-8 with "\n" behind every row, as Comma (default: comma), Decimal and Comment
// say; other options are of no matter. Numbers have the fewest digits that read back to the same float64, and missing values are
// empty cells. Read gives the same table again: names, values to the last bit, and kinds, as far as these follow from the cells: a
// category or text whose words all look like numbers, or like missing values, needs Types or Missing. Errors: those of w; a
// *mat32.ParamError for options out of range; a *mat32.ShapeError for columns of unequal length; mat32.ErrEmpty without columns.
func (c CSV) Write(w io.Writer, t *Table) error {
	if c.Comma == 0 {
		c.Comma = ','
	}
	s, err := c.spelling()
	if err != nil {
		return err
	}
	if len(t.Columns) == 0 {
		return mat32.ErrEmpty
	}
	columns, err := t.every("table.CSV.Write")
	if err != nil {
		return err
	}
	out := writer{spelling: s, special: string([]byte{s.comma, quote}) + "\r\n"}
	for j, col := range columns {
		out.next(j)
		out.word(col.Name, j == 0, len(columns) == 1)
	}
	out.line = append(out.line, '\n')
	for r := range t.Rows() {
		for j, col := range columns {
			out.next(j)
			if col.Kind == Number {
				out.number(col.Numbers[r], len(columns) == 1)
			} else {
				out.word(col.word(r), j == 0, len(columns) == 1)
			}
		}
		out.line = append(out.line, '\n')
		if len(out.line) >= 1<<16 {
			if _, err := w.Write(out.line); err != nil {
				return err
			}
			out.line = out.line[:0]
		}
	}
	_, err = w.Write(out.line)
	return err
}

// Save writes a table to a file, packed by gzip where its name ends in ".gz". The file appears, or is replaced, when it is whole.
// Errors are those of Write and of the file system.
func (c CSV) Save(path string, t *Table) error {
	err := source.Save(path, func(w io.Writer) error {
		if !strings.HasSuffix(path, ".gz") {
			return c.Write(w, t)
		}
		packed := gzip.NewWriter(w)
		if err := c.Write(packed, t); err != nil {
			return err
		}
		return packed.Close()
	})
	if err != nil {
		return fmt.Errorf("saving %s: %w", path, err)
	}
	return nil
}

// writer builds lines.
type writer struct {
	*spelling
	special string
	line    []byte
}

func (w *writer) next(column int) {
	if column > 0 {
		w.line = append(w.line, w.comma)
	}
}

func (w *writer) number(v float64, alone bool) {
	switch magnitude := math.Abs(v); {
	case math.IsNaN(v):
		if alone { // an empty line is no row
			w.line = append(w.line, quote, quote)
		}
	case math.IsInf(v, 0):
		if v < 0 {
			w.line = append(w.line, '-')
		}
		w.line = append(w.line, "inf"...)
	default:
		from := len(w.line)
		form := byte('f')
		if magnitude != 0 && (magnitude < 1e-5 || magnitude >= 1e16) {
			form = 'e'
		}
		w.line = strconv.AppendFloat(w.line, v, form, -1, 64)
		if w.point == '.' {
			return
		}
		for i := from; i < len(w.line); i++ {
			if w.line[i] == '.' {
				w.line[i] = w.point
			}
		}
	}
}

// word quotes what would be read as something else.
func (w *writer) word(word string, first, alone bool) {
	plain := !strings.ContainsAny(word, w.special)
	switch {
	case word == "":
		plain = !alone
	case w.blank(word[0]), w.blank(word[len(word)-1]):
		plain = false
	case first && w.comment != nil && strings.HasPrefix(word, string(w.comment)):
		plain = false
	case first && strings.IndexByte("\xef\xfe\xff\x1f", word[0]) >= 0: // what the marks at the beginning of files begin with
		plain = false
	}
	if plain {
		w.line = append(w.line, word...)
		return
	}
	w.line = append(w.line, quote)
	for i := range len(word) {
		if word[i] == quote {
			w.line = append(w.line, quote)
		}
		w.line = append(w.line, word[i])
	}
	w.line = append(w.line, quote)
}
