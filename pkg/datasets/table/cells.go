package table

import "bytes"

// dialect is how the bytes of a table are cells and rows: RFC 4180 with any separator, where a row ends with "\n", "\r\n" or "\r".
type dialect struct {
	comma   byte
	comment []byte // lines that begin with it are skipped; nil for none
}

const quote = '"'

// blank reports whether a byte is white space within a cell.
func (d *dialect) blank(c byte) bool { return (c == ' ' || c == '\t') && c != d.comma }

// trim takes white space off both ends of a cell.
func (d *dialect) trim(cell []byte) []byte {
	for len(cell) > 0 && d.blank(cell[0]) {
		cell = cell[1:]
	}
	for len(cell) > 0 && d.blank(cell[len(cell)-1]) {
		cell = cell[:len(cell)-1]
	}
	return cell
}

// lineEnd returns where the line that holds i ends, behind its end mark, or −1 where that is not in b. A "\r" at the end of b may be
// half of a mark.
func lineEnd(b []byte, i int) int { return behind(b, i+mark(b[i:])) }

// mark returns where the first byte of an end of line is, len(b) where there is none.
func mark(b []byte) int {
	n := bytes.IndexByte(b, '\n')
	if n < 0 {
		n = len(b)
	}
	if r := bytes.IndexByte(b[:n], '\r'); r >= 0 {
		return r
	}
	return n
}

// behind returns what follows the end of line that begins at i.
func behind(b []byte, i int) int {
	switch {
	case i >= len(b):
		return -1
	case b[i] == '\n':
		return i + 1
	case i+1 == len(b):
		return -1
	case b[i+1] == '\n':
		return i + 2
	}
	return i + 1
}

// rowEnd returns where the row or skipped line that begins at i ends, or −1 where that is not in b.
func (d *dialect) rowEnd(b []byte, i int) int {
	if d.comment != nil && bytes.HasPrefix(b[i:], d.comment) {
		return lineEnd(b, i)
	}
	start, end := i, i+mark(b[i:])
	for {
		q := bytes.IndexByte(b[i:end], quote)
		if q < 0 {
			return behind(b, end)
		}
		q += i
		i = q + 1
		if q > start && b[q-1] != d.comma {
			continue // it stands for itself
		}
		for {
			q := bytes.IndexByte(b[i:], quote)
			if q < 0 || i+q+1 == len(b) {
				return -1
			}
			i += q + 1
			if b[i] != quote {
				break
			}
			i++
		}
		if i > end {
			end = i + mark(b[i:])
		}
	}
}

// lastRow returns where the last whole row of b ends, which begins with one, or 0.
func (d *dialect) lastRow(b []byte) int {
	if bytes.IndexByte(b, quote) < 0 {
		if i := bytes.LastIndexByte(b, '\n'); i >= 0 {
			return i + 1
		}
		if len(b) == 0 {
			return 0
		}
		return bytes.LastIndexByte(b[:len(b)-1], '\r') + 1
	}
	for i := 0; ; {
		end := d.rowEnd(b, i)
		if end < 0 || end == len(b) {
			return max(end, i)
		}
		i = end
	}
}

// skip returns where the next row begins at i or later: behind empty lines, those of white space and comments.
func (d *dialect) skip(b []byte, i int) int {
	for i < len(b) {
		switch c := b[i]; {
		case c == '\n' || c == '\r':
			i++
			continue
		case d.comment != nil && bytes.HasPrefix(b[i:], d.comment):
			if i = lineEnd(b, i); i < 0 {
				return len(b)
			}
			continue
		case d.blank(c):
			j := i + 1
			for j < len(b) && d.blank(b[j]) {
				j++
			}
			if j == len(b) || b[j] == '\n' || b[j] == '\r' {
				i = j
				continue
			}
		}
		return i
	}
	return i
}

// cellEnd returns where the cell without quotes that begins at i ends.
func (d *dialect) cellEnd(b []byte, i int) int {
	for i < len(b) && b[i] != d.comma && b[i] != '\n' && b[i] != '\r' {
		i++
	}
	return i
}

// What is wrong with a quoted cell.
const (
	openQuote  = "a quote opens this cell and none closes it"
	innerQuote = "a quote ends before the cell does: quotes within quotes are doubled"
)

// cell returns the cell that begins at i, and where it ends. Quotes within quotes are written to spare, where there are any, and the
// cell is then part of what spare becomes. What is wrong with it is in words.
func (d *dialect) cell(b []byte, i int, spare []byte) (cell []byte, end int, grown []byte, wrong string) {
	if i >= len(b) || b[i] != quote {
		end = d.cellEnd(b, i)
		return b[i:end], end, spare, ""
	}
	i++
	from, doubled := len(spare), false
	for {
		q := bytes.IndexByte(b[i:], quote)
		if q < 0 {
			return nil, i, spare, openQuote
		}
		cell = b[i : i+q]
		i += q + 1
		again := i < len(b) && b[i] == quote
		if again || doubled {
			spare = append(spare, cell...)
			doubled = true
		}
		if !again {
			break
		}
		spare = append(spare, quote)
		i++
	}
	if i < len(b) && b[i] != d.comma && b[i] != '\n' && b[i] != '\r' {
		return nil, i, spare, innerQuote
	}
	if doubled {
		cell = spare[from:]
	}
	return cell, i, spare, ""
}

// row returns the cells of the row that begins at i, as text, and where it ends: behind its end mark, or at the end of b.
func (d *dialect) row(b []byte, i int) (cells []string, end int, wrong string) {
	var spare []byte
	for {
		var cell []byte
		cell, i, spare, wrong = d.cell(b, i, spare[:0])
		if wrong != "" {
			return cells, i, wrong
		}
		cells = append(cells, string(cell))
		if i == len(b) || b[i] != d.comma {
			break
		}
		i++
	}
	if end = behind(b, i); end < 0 {
		end = len(b)
	}
	return cells, end, ""
}

// width returns the number of cells of the row that begins at i, or what is wrong with it.
func (d *dialect) width(b []byte, i int) (n int, wrong string) {
	var spare []byte
	for {
		_, i, spare, wrong = d.cell(b, i, spare[:0])
		n++
		if wrong != "" || i == len(b) || b[i] != d.comma {
			return n, wrong
		}
		i++
	}
}

// lines counts the ends of lines of b, where a "\r" at its end is one.
func lines(b []byte) int {
	n := bytes.Count(b, []byte{'\n'})
	for {
		i := bytes.IndexByte(b, '\r')
		if i < 0 {
			return n
		}
		if i+1 == len(b) || b[i+1] != '\n' {
			n++
		}
		b = b[i+1:]
	}
}
