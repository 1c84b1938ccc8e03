package sparse

import (
	"bytes"
	"context"

	"github.com/flatland-go/flatland/pkg/datasets/internal/decimal"
	"github.com/flatland-go/flatland/pkg/datasets/internal/source"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// coordinates reads what follows the header of a coordinate file.
func (m MatrixMarket) coordinates(ctx context.Context, f *source.File, h *header) (*mat32.CSR, error) {
	rows, cols := m.shape(h)
	const advice = "stream the rows by Rows"
	claimed := h.entries
	if f.Size > 0 && !f.Packed() { // no entry is shorter than "1 1" and the end of its line
		claimed = min(claimed, f.Size/4+1)
	} else {
		claimed = 0
	}
	if err := m.check(f, forecast(rows, claimed), 1, advice); err != nil {
		return nil, err
	}
	p := h.parser(m.Transpose)
	var blocks [][]entry
	read := int64(0)
	err := eachBlock(ctx, f, h.line, p.entries, func(block []entry, line int) error {
		blocks = append(blocks, block)
		read += int64(len(block))
		if read > h.entries {
			return f.ErrorAt(line+int(h.entries-read)+len(block), "", "here, or soon below, more entries begin than the %d of the header", h.entries)
		}
		need := read
		if h.mirror != alone {
			need += read / 2 // 8 bytes more, of perEntry
		}
		return m.check(f, forecast(rows, need), 1, advice)
	})
	if err != nil {
		return nil, err
	}
	if read < h.entries {
		return nil, f.Errorf("it ends after %d of its %d entries: it is cut off", read, h.entries)
	}
	return assemble(ctx, int(rows), int(cols), blocks, h.mirror)
}

// shape returns that of the result.
func (m MatrixMarket) shape(h *header) (rows, cols int64) {
	if m.Transpose {
		return h.cols, h.rows
	}
	return h.rows, h.cols
}

// parser reads the lines of a coordinate file.
type parser struct {
	rows, cols  uint64
	transpose   bool
	pattern     bool
	integer     bool
	noDiagonals bool
}

func (h *header) parser(transpose bool) parser {
	return parser{rows: uint64(h.rows), cols: uint64(h.cols), transpose: transpose, pattern: h.pattern, integer: h.integer, noDiagonals: h.mirror == negated}
}

// entries returns the entries of a block of lines, and the number of lines.
func (p parser) entries(text []byte) ([]entry, int, *fault) {
	list := make([]entry, 0, bytes.Count(text, []byte{'\n'})+1)
	lines := 0
	for i := 0; i < len(text); lines++ {
		i = skipSpace(text, i)
		if i == len(text) {
			break
		}
		switch text[i] {
		case '\n':
			i++
			continue
		case '%':
			i = nextLine(text, i)
			continue
		}
		row, i1 := index(text, i)
		i2 := skipSpace(text, i1)
		col, i3 := index(text, i2)
		j := skipSpace(text, i3)
		if row-1 >= p.rows || col-1 >= p.cols || i2 == i1 || i3 == i2 || j == i3 && j < len(text) && text[j] != '\n' {
			return nil, 0, p.wrongPlace(text, i, lines)
		}
		value := float32(1)
		if !p.pattern {
			var why *fault
			value, j, why = number(text, j, lines, p.integer)
			if why != nil {
				return nil, 0, why
			}
			j = skipSpace(text, j)
		}
		if j < len(text) {
			if text[j] != '\n' {
				return nil, 0, faultf(lines, "%.40q follows the entry", token(text, j))
			}
			j++
		}
		if p.noDiagonals && row == col && value != 0 {
			return nil, 0, faultf(lines, "a skew-symmetric matrix has zeros on its diagonal, not %v", value)
		}
		e := entry{int32(row - 1), int32(col - 1), value}
		if p.transpose {
			e.row, e.col = e.col, e.row
		}
		list = append(list, e)
		i = j
	}
	return list, lines, nil
}

// wrongPlace says what is wrong with the row and column at i.
func (p parser) wrongPlace(text []byte, i, line int) *fault {
	for _, want := range []struct {
		name  string
		limit uint64
	}{{"row", p.rows}, {"column", p.cols}} {
		i = skipSpace(text, i)
		word := token(text, i)
		v, end := index(text, i)
		switch {
		case len(word) == 0:
			return faultf(line, "the %s is missing", want.name)
		case end != i+len(word):
			return faultf(line, "%.40q is no number of a %s", word, want.name)
		case v == 0:
			return faultf(line, "there is no %s 0: they are counted from 1", want.name)
		case v > want.limit:
			return faultf(line, "there is no %s %s in %d", want.name, word[:min(len(word), 40)], want.limit)
		}
		i = end
	}
	return faultf(line, "the entry cannot be read")
}

// index reads digits. More than eighteen come as a number that no index is.
func index(text []byte, i int) (v uint64, end int) {
	from := i
	for i < len(text) {
		c := text[i] - '0'
		if c > 9 {
			break
		}
		v = 10*v + uint64(c)
		i++
	}
	if i-from > 18 {
		v = 1 << 60
	}
	return v, i
}

// number reads a value. It must end where its word does.
func number(text []byte, i, line int, integer bool) (v float32, end int, why *fault) {
	v, n := decimal.Prefix32(text[i:])
	end = i + n
	if n == 0 || end < len(text) && text[end] > ' ' {
		word := token(text, i)
		if len(word) == 0 {
			return 0, i, faultf(line, "the value is missing")
		}
		var err error
		v, err = decimal.Float32(word)
		switch {
		case err == nil:
		case v-v != 0:
			return 0, i, faultf(line, "%.40q is beyond the range of float32", word)
		default:
			return 0, i, faultf(line, "%.40q is no number", word)
		}
		end = i + len(word)
	}
	if integer {
		for _, c := range text[i:end] {
			if c-'0' > 9 && c != '-' && c != '+' {
				return 0, i, faultf(line, "%.40q is no integer, as the header says", text[i:end])
			}
		}
	}
	return v, end, nil
}

// skipSpace returns where the first byte is that is no space within a line; a carriage return is one.
func skipSpace(text []byte, i int) int {
	for i < len(text) && text[i] <= ' ' && text[i] != '\n' {
		i++
	}
	return i
}

// token returns what begins at i, to the next space.
func token(text []byte, i int) []byte {
	j := i
	for j < len(text) && text[j] > ' ' {
		j++
	}
	return text[i:j]
}

// nextLine returns where the line after that of i begins.
func nextLine(text []byte, i int) int {
	if k := bytes.IndexByte(text[i:], '\n'); k >= 0 {
		return i + k + 1
	}
	return len(text)
}
