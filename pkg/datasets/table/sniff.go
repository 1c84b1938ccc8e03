package table

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// separators are those that are looked for, the likeliest first.
const separators = ",;\t|"

// sampled is how many rows the separator is judged by.
const sampled = 64

// sniff returns the separator of a table by its beginning: one that cuts all rows into as many cells, two or more; among several, the
// one with the largest share of numbers among its cells, decimals with a comma counted where that does not separate, then the most
// cells. Where none does, it is the comma, or the
// semicolon where the comma is for decimals.
func (s *spelling) sniff(head []byte) byte {
	best, bestShare, bestWidth := byte(','), -1.0, 1
	if s.point == ',' {
		best = ';'
	}
	for _, comma := range []byte(separators) {
		if comma == s.point || comma == s.thousands && s.thousands != ',' {
			continue
		}
		d := dialect{comma: comma, comment: s.comment}
		b := head
		if end := d.lastRow(head); end > 0 {
			b = head[:end]
		}
		width, cells, numbers, rows := 0, 0, 0, 0
		for i := d.skip(b, 0); i < len(b) && rows < sampled; i = d.skip(b, i) {
			row, end, wrong := d.row(b, i)
			// One row may be a cell shorter: that of names, where the first column has none.
			if rows == 1 && len(row) == width+1 && width > 1 {
				width++
			}
			if wrong != "" || rows > 0 && len(row) != width {
				width = 0
				break
			}
			width, i = len(row), end
			rows++
			for _, cell := range row {
				cells++
				if numeric(strings.TrimSpace(cell), s.point) || comma != ',' && numeric(strings.TrimSpace(cell), ',') {
					numbers++
				}
			}
		}
		if width < 2 {
			continue
		}
		if share := float64(numbers) / float64(cells); share > bestShare || share == bestShare && width > bestWidth {
			best, bestShare, bestWidth = comma, share, width
		}
	}
	return best
}

func numeric(cell string, point byte) bool {
	_, what := number([]byte(cell), point)
	return what != isWord
}

// named is what the beginning of a table says of its columns.
type named struct {
	names  []string
	header bool // the first row holds them
	notes  []string
}

// name judges the first row, and the one below it where there is one.
func (s *spelling) name(first, second []string, header Header) named {
	numbers, words := 0, 0
	for _, cell := range first {
		switch _, what := s.number([]byte(cell)); what {
		case isMissing:
		case isWord:
			words++
		default:
			numbers++
		}
	}
	n := named{header: header == Present || header == Detect && numbers == 0 && words > 0}
	if header == Detect && !n.header && s.counts(first) && (len(first) >= 10 || s.fractional(second)) {
		n.header = true
		n.notes = append(n.notes, "the first row counts the columns and is taken for their names: Header: Absent reads it as data")
	}
	if !n.header {
		n.names = make([]string, len(first))
		for j := range n.names {
			n.names[j] = nameless(j)
		}
		if header == Detect {
			n.notes = append(n.notes, "the first row holds numbers and is data: the columns are named by their places")
		}
		return n
	}
	n.names = first
	if len(second) == len(first)+1 {
		n.names = append([]string{"index"}, first...)
		n.notes = append(n.notes, "the first row has one cell fewer than the next: the first column has no name and is called index")
	}
	n.unique()
	return n
}

// counts reports whether cells are 0, 1, 2… or 1, 2, 3…, of which the first may be empty, and four or more.
func (s *spelling) counts(cells []string) bool {
	if len(cells) > 0 && s.trimmed(cells[0]) == "" {
		cells = cells[1:]
	}
	if len(cells) < 4 {
		return false
	}
	from, err := strconv.Atoi(s.trimmed(cells[0]))
	if err != nil || from != 0 && from != 1 {
		return false
	}
	for j, cell := range cells {
		if s.trimmed(cell) != strconv.Itoa(from+j) {
			return false
		}
	}
	return true
}

// fractional reports whether a cell is a number that is not whole by its spelling.
func (s *spelling) fractional(cells []string) bool {
	for _, cell := range cells {
		_, what := s.number([]byte(cell))
		if what == isNumber && strings.IndexByte(cell, s.point) >= 0 {
			return true
		}
	}
	return false
}

func (s *spelling) trimmed(cell string) string { return string(s.trim([]byte(cell))) }

// nameless is the name of a column that has none.
func nameless(j int) string { return fmt.Sprintf("column %d", j+1) }

// unique names columns without a name by their places, and those of the same name by counting them.
func (n *named) unique() {
	taken := make(map[string]bool, len(n.names))
	for j, name := range n.names {
		if n.names[j] = strings.Trim(name, " \t"); n.names[j] != "" {
			taken[n.names[j]] = true
		}
	}
	used := make(map[string]bool, len(n.names))
	next := map[string]int{}
	var same []string
	for j, name := range n.names {
		unnamed := name == ""
		if unnamed {
			name = nameless(j)
		}
		free := name
		for used[free] || free != n.names[j] && taken[free] {
			next[name]++
			free = name + "." + strconv.Itoa(next[name])
		}
		if free != name && !unnamed {
			same = append(same, fmt.Sprintf("%q", name))
		}
		used[free] = true
		n.names[j] = free
	}
	if len(same) > 0 {
		n.notes = append(n.notes, "columns of the same name are told apart by a number: "+few(same))
	}
}

// few joins words, and counts those beyond the first.
func few(words []string) string {
	const most = 5
	if len(words) > most {
		return strings.Join(words[:most], ", ") + fmt.Sprintf(" and %d more", len(words)-most)
	}
	return strings.Join(words, ", ")
}

// first returns the first rows of a piece, where they begin, and what is wrong with them.
func (d *dialect) first(b []byte) (rows [][]string, end int, wrong trouble) {
	i := d.skip(b, 0)
	for len(rows) < 2 && i < len(b) {
		cells, next, reason := d.row(b, i)
		if reason != "" {
			if len(rows) == 0 {
				wrong = trouble{at: i, column: -1, reason: reason}
			}
			break
		}
		if rows = append(rows, cells); len(rows) == 1 {
			end = next
		}
		i = d.skip(b, next)
	}
	return rows, end, wrong
}

// nulAt returns where a NUL byte is, or −1.
func nulAt(b []byte) int { return bytes.IndexByte(b, 0) }
