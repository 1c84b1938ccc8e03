package table

import (
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/flatland-go/flatland/pkg/datasets/internal/source"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// CSV reads and writes tables as text, with separators between cells: CSV and TSV as RFC 4180 (Shafranovich, Common format and MIME
// type for comma-separated values files, 2005) and spreadsheets have them. Its zero value finds out by itself what the separator is,
// whether the first row holds names, and what every column is. What it had to decide is in the table's Notes.
//
// Cells are separated by one byte; those with a separator, an end of line or a quote in them stand in double quotes, and quotes within
// are doubled. Rows end with "\n", "\r\n" or "\r". Lines that are empty or white space are skipped. A byte-order mark is left out,
// UTF-16 with one is read, and so is what gzip packs, whatever its name. Bytes that are not UTF-8 are kept as they are, and noted.
//
// A column whose cells are numbers, or missing, is a Number, however far down the first word may be: a decimal number with or without
// an exponent, or "inf" or "infinity" with or without a sign and in any case; blanks around it do not count. It is read to the nearest
// float64, as strconv.ParseFloat does. Hexadecimal numbers are words. Any other column is a Category where it has at most half as many
// different words as it has cells that are not missing, and 65 536 at most, or only "true" and "false" in lower, upper or title case;
// else it is Text. Whole numbers that a float64 does not hold, above 2⁵³, and numbers beyond its range, which become infinite, are
// noted with their column.
//
// The table is the same on any number of cores. Time is linear in the bytes; a file is read a second time for columns in which a word
// comes after the first megabyte, and what is no file and cannot be read twice is kept for that, 64 MiB in memory and the rest in a
// temporary file. Memory is that of the table (8 bytes a cell, 16 and the words of text) and a few MiB a core, and up to half as much
// again while the number of rows is unknown, as in a packed file.
type CSV struct {
	// Comma separates cells. Default that of comma, semicolon, tab and bar which cuts the first rows into as many cells each.
	Comma byte

	// Decimal stands before the fraction of numbers. Default '.'.
	Decimal byte

	// Thousands separates the thousands of numbers. Default none.
	Thousands byte

	// Comment begins lines to skip. Default none.
	Comment string

	// SkipLines is how many lines before the table are skipped.
	SkipLines int

	// Header says whether the first row holds the names of the columns. Default Detect.
	Header Header

	// Columns are the names of those to read, in the order they are to have. Default all.
	Columns []string

	// MaxRows ends reading after so many rows of the file. Default all.
	MaxRows int

	// Missing are the spellings of missing values, beside the empty cell; in a column of numbers one that is a number means all
	// spellings of it. Default those of pandas, such as "NA", "N/A", "NaN", "nan", "null" and "None"; an empty list is none.
	Missing []string

	// Types are the kinds of columns by name, whatever their cells look like. A cell that is no number, in a column that is said to
	// be a Number, is an error.
	Types map[string]Kind

	// MemoryLimit in bytes refuses what would need more. Default GOMEMLIMIT, or 4 GiB. It counts the
	// cells of the table and the words of text.
	MemoryLimit int64
}

// Header says whether the first row of a table holds the names of its columns.
type Header int

// What is said of the first row.
const (
	// Detect takes the first row for names where it has a word and no number, or where it counts the columns (0, 1, 2… or 1, 2, 3…)
	// and has ten cells or more, or four and a fraction below it. Where all cells are words, it is names.
	Detect  Header = iota
	Present        // it holds names
	Absent         // it is data
)

// String returns the choice in a word.
func (h Header) String() string {
	switch h {
	case Detect:
		return "detect"
	case Present:
		return "present"
	case Absent:
		return "absent"
	}
	return fmt.Sprintf("Header(%d)", int(h))
}

const csvKind = "CSV table"

// missingSpellings are those that pandas knows.
func missingSpellings() []string {
	return []string{"#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA", "NULL",
		"NaN", "None", "n/a", "nan", "null"}
}

// spelling checks the options.
func (c CSV) spelling() (*spelling, error) {
	refuse := func(param string, value any, want string) (*spelling, error) {
		return nil, &mat32.ParamError{Method: "table.CSV", Param: param, Value: value, Want: want}
	}
	s := &spelling{point: '.', thousands: c.Thousands, missing: map[string]bool{}}
	s.comma = c.Comma
	if c.Decimal != 0 {
		s.point = c.Decimal
	}
	for _, given := range []struct {
		param string
		value byte
	}{{"Comma", c.Comma}, {"Decimal", c.Decimal}, {"Thousands", c.Thousands}} {
		switch v := given.value; {
		case v == quote, v == '\n', v == '\r', v >= utf8.RuneSelf, given.param != "Comma" && (strings.IndexByte("+-eE", v) >= 0 || v-'0' <= 9):
			return refuse(given.param, fmt.Sprintf("%q", v), "an ASCII character that is no quote, end of line or part of a number")
		}
	}
	switch {
	case c.Comma != 0 && c.Comma == s.point:
		return refuse("Decimal", fmt.Sprintf("%q", s.point), "another character than Comma")
	case c.Thousands != 0 && c.Thousands == s.point:
		return refuse("Thousands", fmt.Sprintf("%q", c.Thousands), "another character than Decimal")
	case c.SkipLines < 0:
		return refuse("SkipLines", c.SkipLines, "0 or more")
	case c.MaxRows < 0:
		return refuse("MaxRows", c.MaxRows, "1 or more, or 0 for all")
	case c.Header < Detect || c.Header > Absent:
		return refuse("Header", int(c.Header), "Detect, Present or Absent")
	case strings.ContainsAny(c.Comment, "\r\n\""):
		return refuse("Comment", fmt.Sprintf("%q", c.Comment), "characters without a quote or an end of line")
	}
	if c.Comment != "" {
		s.comment = []byte(c.Comment)
	}
	for name, kind := range c.Types {
		if kind < Number || kind > Text {
			return refuse("Types", fmt.Sprintf("%v for %q", kind, name), "Number, Category or Text")
		}
	}
	spellings := c.Missing
	if spellings == nil {
		spellings = missingSpellings()
	}
	for _, word := range spellings {
		if word = strings.Trim(word, " \t"); word == "" {
			continue
		}
		s.missing[word] = true
		s.begins[word[0]] = true
		s.longest = max(s.longest, len(word))
		if v, what := number([]byte(word), s.point); what != isWord {
			s.sentinels = append(s.sentinels, v)
		}
	}
	return s, nil
}

// Open reads the table of a file.
//
// Errors: those of os.Open; a *mat32.FileError that names the file, the line and, where it is about one, the column, for rows of
// unequal length, quotes that are not closed, NUL bytes, rows of more than 64 MiB, cells that are no numbers in a column that is said
// to be a Number, and damaged packing; a *mat32.ParamError for options out of their range and names of columns that the table has
// not; a *mat32.MemoryError for a table that would need more than MemoryLimit; ctx.Err().
func (c CSV) Open(ctx context.Context, path string) (*Table, error) {
	return c.read(ctx, func() (*source.File, error) { return source.Open(ctx, csvKind, path) })
}

// Read reads the table that r holds from where it stands. Errors are those of Open, and what r returns.
func (c CSV) Read(ctx context.Context, r io.Reader) (*Table, error) {
	name := "(reader)"
	if f, ok := r.(*os.File); ok {
		name = f.Name()
	}
	again := twice(r)
	defer again.Close()
	return c.read(ctx, func() (*source.File, error) {
		r, err := again.open()
		if err != nil {
			return nil, err
		}
		return source.From(ctx, csvKind, name, r)
	})
}

// read reads what open opens, a second time where a column of numbers turns out to hold words.
func (c CSV) read(ctx context.Context, open func() (*source.File, error)) (*Table, error) {
	s, err := c.spelling()
	if err != nil {
		return nil, err
	}
	l := &layout{CSV: c, spelling: s}
	b, err := l.scan(open, nil)
	if err != nil {
		return nil, err
	}
	t := &Table{Columns: make([]Column, len(l.chosen)), Notes: l.notes}
	place := map[int]int{}
	for i, column := range l.chosen {
		place[column] = i
	}
	var again []int
	for i := range b.numbers {
		n := &b.numbers[i]
		name := l.names[n.column]
		if n.seen.word {
			n.values = nil
			again = append(again, n.column)
			continue
		}
		if n.seen.huge {
			t.Notes = append(t.Notes, fmt.Sprintf("column %q holds numbers beyond the range of a float64, which became infinite", name))
		}
		if n.seen.long {
			t.Notes = append(t.Notes, fmt.Sprintf("column %q holds whole numbers that no float64 holds, which were rounded: Types can make it Text", name))
		}
		t.Columns[place[n.column]] = Column{Name: name, Kind: Number, Numbers: n.values}
	}
	words := make([]*wordColumn, 0, len(b.words)+len(again))
	for i := range b.words {
		words = append(words, &b.words[i])
	}
	if len(again) > 0 {
		watch.Note(ctx, "reading the table", "reading it again for columns that hold words further down")
		second, err := l.scan(open, again)
		if err != nil {
			return nil, err
		}
		if second.rows != b.rows {
			return nil, second.chunks.file.Errorf("it changed while it was read: it had %s, and then %d", count(b.rows, "row"), second.rows)
		}
		for i := range second.words {
			words = append(words, &second.words[i])
		}
	}
	for _, w := range words {
		name := l.names[w.column]
		t.Columns[place[w.column]] = w.decide(name, c.Types)
		if note := w.note(name, s.point); note != "" {
			t.Notes = append(t.Notes, note)
		}
	}
	return t, nil
}

// decide makes a category or text of a column of words.
func (w *wordColumn) decide(name string, types map[string]Kind) Column {
	if !w.direct.Load() {
		cells := 0
		for _, code := range w.codes {
			if code >= 0 {
				cells++
			}
		}
		if w.category || 2*len(w.names) <= cells || !slices.ContainsFunc(w.names, func(word string) bool { return !isBool(word) }) {
			return Column{Name: name, Kind: Category, Codes: w.codes, Names: w.names}
		}
		w.toText(len(w.codes), len(w.codes))
	}
	return Column{Name: name, Kind: Text, Texts: w.texts}
}

func isBool(word string) bool {
	switch word {
	case "true", "false", "True", "False", "TRUE", "FALSE":
		return true
	}
	return false
}

// note says what is odd about the words of a column.
func (w *wordColumn) note(name string, point byte) string {
	words := w.names
	if w.direct.Load() {
		words = w.texts
	}
	decimals := 0
	for _, word := range words {
		if word == "" {
			continue
		}
		if !utf8.ValidString(word) {
			return fmt.Sprintf("column %q holds bytes that are not UTF-8, as in %q: they are kept as they are", name, word)
		}
		if decimals >= 0 {
			if _, what := number([]byte(word), ','); point != ',' && what != isWord {
				decimals++
			} else {
				decimals = -1
			}
		}
	}
	if decimals > 0 && slices.ContainsFunc(words, func(word string) bool { return strings.Contains(word, ",") }) {
		return fmt.Sprintf("column %q looks like numbers with a decimal comma: Decimal: ',' reads them", name)
	}
	return ""
}

// layout is how the columns of a file are to be read, which its beginning says.
type layout struct {
	CSV
	*spelling
	named
	chosen []int // columns of the file, in the order of the table
	known  bool
}

// scan reads the columns of a file, or only those given, as words.
func (l *layout) scan(openFile func() (*source.File, error), only []int) (*builder, error) {
	file, err := openFile()
	if err != nil {
		return nil, err
	}
	defer file.Close()
	b, err := l.start(file)
	if err != nil {
		return nil, err
	}
	if only == nil {
		if err := l.choose(); err != nil {
			return nil, err
		}
		l.plan(b)
		l.expect(b)
	} else {
		b.tasks = make([]task, len(l.names))
		b.words = make([]wordColumn, len(only))
		for i, column := range only {
			b.tasks[column] = task{do: takeWord, slot: i}
			b.words[i].column, b.words[i].codeOf = column, map[string]int{}
			b.words[i].category = l.forced(column, Category)
		}
	}
	if err := b.run(); err != nil {
		return nil, err
	}
	b.trim()
	return b, nil
}

// begin reads the first piece, finds out how to read the table where that is not known yet, and leaves the rows of the piece to the
// workers.
func (l *layout) begin(b *builder) error {
	file := b.chunks.file
	head, err := b.chunks.peek()
	if err != nil {
		return err
	}
	if l.comma == 0 {
		l.comma = l.sniff(head)
		if l.comma != ',' {
			l.notes = append(l.notes, fmt.Sprintf("cells are separated by %q", l.comma))
		}
	}
	if l.comma == l.point {
		return &mat32.ParamError{Method: "table.CSV", Param: "Decimal", Value: fmt.Sprintf("%q", l.point),
			Want: "another character than what separates cells: set Comma"}
	}
	first, err := b.chunks.next(nil, &l.dialect)
	if err == errLongRow {
		return b.longRow(first)
	}
	if err != nil && err != io.EOF {
		return err
	}
	if at := nulAt(first); at >= 0 {
		return b.trouble(first, trouble{at, -1, nulReason})
	}
	rows, end, wrong := l.first(first)
	if wrong.reason != "" {
		return b.trouble(first, wrong)
	}
	if !l.known {
		if len(rows) == 0 {
			return file.Errorf("it is empty: it has neither names nor rows")
		}
		var second []string
		if len(rows) > 1 {
			second = rows[1]
		}
		l.named, l.known = func() named {
			n := l.name(rows[0], second, l.Header)
			n.notes = append(l.notes, n.notes...)
			return n
		}(), true
		if b.chunks.wide {
			l.notes = append(l.notes, "the file is UTF-16")
		}
	}
	b.names = l.names
	if l.header {
		b.line += lines(first[:end])
		first = first[end:]
	}
	b.pending = first
	return nil
}

// choose finds the columns to read by their names.
func (l *layout) choose() error {
	at := make(map[string]int, len(l.names))
	for j, name := range l.names {
		at[name] = j
	}
	unknown := func(param, name string) error {
		return &mat32.ParamError{Method: "table.CSV", Param: param, Value: fmt.Sprintf("%q", name), Want: "a column of the table: " + few(quoted(l.names))}
	}
	for name := range l.Types {
		if _, ok := at[name]; !ok {
			return unknown("Types", name)
		}
	}
	if l.Columns == nil {
		for j := range l.names {
			l.chosen = append(l.chosen, j)
		}
		return nil
	}
	if len(l.Columns) == 0 {
		return &mat32.ParamError{Method: "table.CSV", Param: "Columns", Value: "an empty list", Want: "one name or more, or nil for all"}
	}
	twice := map[int]bool{}
	for _, name := range l.Columns {
		j, ok := at[name]
		if !ok {
			return unknown("Columns", name)
		}
		if twice[j] {
			return &mat32.ParamError{Method: "table.CSV", Param: "Columns", Value: fmt.Sprintf("%q twice", name), Want: "every column once"}
		}
		twice[j] = true
		l.chosen = append(l.chosen, j)
	}
	return nil
}

func quoted(names []string) []string {
	out := make([]string, len(names))
	for j := range out {
		out[j] = strconv.Quote(names[j])
	}
	return out
}

// forced reports whether a column is said to be of a kind.
func (l *layout) forced(column int, kind Kind) bool {
	k, ok := l.Types[l.names[column]]
	return ok && k == kind
}

// plan says how each column is read: as it is said to be, or by the first piece. A column of which that holds a word is words, others
// are numbers until one turns up.
func (l *layout) plan(b *builder) {
	b.tasks = make([]task, len(l.names))
	for _, column := range l.chosen {
		t := &b.tasks[column]
		t.do = takeNumber
		switch {
		case l.forced(column, Number):
			t.required = true
		case l.forced(column, Category), l.forced(column, Text):
			t.do = takeWord
		}
	}
	trial := slices.Clone(b.tasks)
	n := 0
	for j := range trial {
		t := &trial[j]
		t.required = false
		if t.do == takeWord {
			t.do = leave
		}
		if t.do == takeNumber {
			t.slot = n
			n++
		}
	}
	p := newParser(l.spelling, trial)
	p.limit = b.left
	p.parse(b.pending)
	if p.rows > 0 {
		b.expected = p.rows
	}
	for j, t := range trial {
		if t.do == takeNumber && !b.tasks[j].required && p.seen[t.slot].word {
			b.tasks[j].do = takeWord
		}
	}
	texts := 0
	for j := range b.tasks {
		switch t := &b.tasks[j]; t.do {
		case takeNumber:
			t.slot = len(b.numbers)
			b.numbers = append(b.numbers, numberColumn{column: j})
		case takeWord:
			t.slot = texts
			texts++
		}
	}
	b.words = make([]wordColumn, texts)
	for j, t := range b.tasks {
		if t.do == takeWord {
			w := &b.words[t.slot]
			w.column, w.codeOf, w.category = j, map[string]int{}, l.forced(j, Category)
			w.direct.Store(l.forced(j, Text))
		}
	}
}

// expect forecasts the number of rows by the size of the file and of its first piece.
func (l *layout) expect(b *builder) {
	file := b.chunks.file
	if b.expected == 0 || file.Packed() || file.Size == 0 || b.chunks.ended {
		return
	}
	size := float64(file.Size)
	if b.chunks.wide {
		size *= 0.6 // most characters need half the bytes
	}
	rows := size / float64(len(b.pending)) * float64(b.expected)
	b.expected = int(min(rows*1.02, math.MaxInt32*16))
	if b.left >= 0 {
		b.expected = min(b.expected, b.left)
	}
}
