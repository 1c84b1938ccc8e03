package sparse

import (
	"bytes"
	"context"
	"errors"
	"io"
	"iter"
	"math"
	"slices"
	"strconv"

	"github.com/flatland-go/flatland/pkg/datasets/internal/decimal"
	"github.com/flatland-go/flatland/pkg/datasets/internal/source"
	"github.com/flatland-go/flatland/pkg/mat32"
)

const svmKind = "svmlight file"

// Base is the index that the first column has in a file.
type Base int

// The bases.
const (
	Detect   Base = iota // FromZero where any line holds index 0, or no line holds any, and FromOne otherwise
	FromZero             // as many programs write
	FromOne              // as svmlight and libsvm read
)

// SVMLight reads the text of svmlight and libsvm: in every line a target, perhaps "qid:" and the number of a query, and
// index:value of what is not zero, indices ascending. What follows a # is a comment. It reads what scikit-learn's
// load_svmlight_file does, and detects the Base as that does.
//
// Values are kept as float32, targets as float64.
//
// Source: T. Joachims, 1999, Making large-scale SVM learning practical, in Advances in Kernel Methods; C.-C. Chang and C.-J. Lin,
// 2011, LIBSVM: a library for support vector machines.
type SVMLight struct {
	// Features is the number of columns; a larger index is an error. Default as many as the largest index needs.
	Features int

	// Base is the index of the first column. Default Detect.
	Base Base

	// Multilabel reads several targets with commas between them, or none, in place of one.
	Multilabel bool

	// MemoryLimit in bytes refuses what would need more. Default GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

// Labeled is what such a file holds.
type Labeled struct {
	X       *mat32.CSR
	Targets []float64   // of every row; nil with Multilabel
	Labels  [][]float64 // with Multilabel, those of every row, ascending
	Queries []int64     // of every row, nil where there are none
	Base    Base        // that the file has: FromZero or FromOne
}

// Classes returns the targets as labels, which are indices into the names: the distinct targets, ascending. Both are nil with
// Multilabel.
func (l *Labeled) Classes() (labels []int, names []string) {
	if l.Targets == nil {
		return nil, nil
	}
	distinct := slices.Clone(l.Targets)
	slices.Sort(distinct)
	distinct = slices.Compact(distinct)
	for _, v := range distinct {
		names = append(names, strconv.FormatFloat(v, 'g', -1, 64))
	}
	labels = make([]int, len(l.Targets))
	for i, v := range l.Targets {
		labels[i], _ = slices.BinarySearch(distinct, v)
	}
	return labels, names
}

// Open returns what a file holds. Time is that of reading the text on every core; memory is 16 bytes an entry and 48 a row, of
// which the result keeps half, and labels. Errors: those of os.Open, *mat32.FileError naming the line, *mat32.ParamError for
// options, *mat32.MemoryError, and ctx.Err().
func (s SVMLight) Open(ctx context.Context, path string) (*Labeled, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	f, err := source.Open(ctx, svmKind, path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return s.read(ctx, f)
}

// Read is Open for what a reader gives.
func (s SVMLight) Read(ctx context.Context, r io.Reader) (*Labeled, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	f, err := source.From(ctx, svmKind, "", r)
	if err != nil {
		return nil, err
	}
	return s.read(ctx, f)
}

func (s SVMLight) check() error {
	if s.Features < 0 || s.Features > math.MaxInt32 {
		return &mat32.ParamError{Method: "sparse.SVMLight", Param: "Features", Value: s.Features, Want: "0 ≤ Features < 2³¹"}
	}
	if s.Base < Detect || s.Base > FromOne {
		return &mat32.ParamError{Method: "sparse.SVMLight", Param: "Base", Value: int(s.Base), Want: "Detect, FromZero or FromOne"}
	}
	return nil
}

// samples are the rows of a block of lines.
type samples struct {
	targets []float64
	labels  []float64 // of all rows, one after the other
	counts  []int     // of the labels of every row
	queries []int64
	ends    []int // of the entries of every row
	indices []int32
	values  []float32

	least, most int32 // of the indices
	mostLine    int   // where most is, within the block
	firstQuery  int   // line of the first row with a query, −1 for none
	firstPlain  int   // and without one
}

func (s SVMLight) read(ctx context.Context, f *source.File) (*Labeled, error) {
	var blocks []*samples
	rows, entries := 0, 0
	all := total{least: math.MaxInt32, most: -1}
	err := eachBlock(ctx, f, 1, s.parse, func(b *samples, line int) error {
		blocks = append(blocks, b)
		rows += len(b.ends)
		entries += len(b.indices)
		need := int64(entries)*16 + int64(rows)*48
		if s.Multilabel {
			need += int64(rows) * 40
		}
		if err := f.CheckMemory("sparse.SVMLight", need, s.MemoryLimit, "stream the rows by Rows"); err != nil {
			return err
		}
		return all.add(f, s, b, line)
	})
	if err != nil {
		return nil, err
	}
	base, cols, err := all.shape(f, s)
	if err != nil {
		return nil, err
	}
	l := &Labeled{Base: base}
	start, indices, values := make([]int, 1, rows+1), make([]int32, 0, entries), make([]float32, 0, entries)
	shift := int32(0)
	if base == FromOne {
		shift = 1
	}
	for k, b := range blocks {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		first := len(indices)
		for _, end := range b.ends {
			start = append(start, first+end)
		}
		for _, j := range b.indices {
			indices = append(indices, j-shift)
		}
		values = append(values, b.values...)
		l.Targets = append(l.Targets, b.targets...)
		l.Queries = append(l.Queries, b.queries...)
		labels := b.labels
		for _, n := range b.counts {
			l.Labels = append(l.Labels, labels[:n:n])
			labels = labels[n:]
		}
		blocks[k] = nil
	}
	l.X, err = mat32.NewCSR(rows, cols, start, indices, values)
	return l, err
}

// total is what is known of all blocks so far.
type total struct {
	least, most   int32
	mostLine      int
	queries, none bool // rows with and without one were seen
}

// add takes what a block adds.
func (t *total) add(f *source.File, s SVMLight, b *samples, line int) error {
	t.least = min(t.least, b.least)
	if b.most > t.most {
		t.most, t.mostLine = b.most, line+b.mostLine
	}
	if b.firstQuery >= 0 && (t.none || b.firstPlain >= 0 && b.firstPlain < b.firstQuery) {
		return f.ErrorAt(line+b.firstQuery, "", "the row has a query, and rows above have none")
	}
	if b.firstPlain >= 0 && (t.queries || b.firstQuery >= 0) {
		return f.ErrorAt(line+b.firstPlain, "", "the row has no query, and rows above have one")
	}
	t.queries, t.none = t.queries || b.firstQuery >= 0, t.none || b.firstPlain >= 0
	return nil
}

// shape returns the base and the number of columns.
func (t *total) shape(f *source.File, s SVMLight) (Base, int, error) {
	base := s.Base
	if base == Detect {
		base = FromOne
		if t.least == 0 || t.most < 0 {
			base = FromZero
		}
	}
	cols := int(t.most) + 1
	if base == FromOne {
		cols = max(0, int(t.most))
	}
	if s.Features > 0 {
		if cols > s.Features {
			return 0, 0, f.ErrorAt(t.mostLine, "", "index %d is beyond the %d features", t.most, s.Features)
		}
		cols = s.Features
	}
	return base, cols, nil
}

// parse reads a block of lines.
func (s SVMLight) parse(text []byte) (*samples, int, *fault) {
	b := &samples{least: math.MaxInt32, most: -1, firstQuery: -1, firstPlain: -1}
	entries, newlines := bytes.Count(text, []byte{':'}), bytes.Count(text, []byte{'\n'})+1
	b.indices, b.values = make([]int32, 0, entries), make([]float32, 0, entries)
	b.ends = make([]int, 0, newlines)
	if !s.Multilabel {
		b.targets = make([]float64, 0, newlines)
	}
	lines := 0
	for i := 0; i < len(text); lines++ {
		end := nextLine(text, i)
		row := text[i:end]
		if lines == 0 {
			row = bytes.TrimPrefix(row, []byte("\xef\xbb\xbf"))
		}
		i = end
		if k := bytes.IndexByte(row, '#'); k >= 0 {
			row = row[:k]
		}
		row = bytes.TrimRight(row, " \t\r\n\v\f")
		at := skipSpace(row, 0)
		if at == len(row) {
			continue
		}
		at, why := s.target(b, row, at, lines)
		if why != nil {
			return nil, 0, why
		}
		at = skipSpace(row, at)
		if bytes.HasPrefix(row[at:], []byte("qid:")) {
			word := token(row, at)
			q, err := strconv.ParseInt(string(word[4:]), 10, 64)
			if err != nil {
				return nil, 0, faultf(lines, "%.40q is no number of a query", word)
			}
			b.queries = append(b.queries, q)
			at = skipSpace(row, at+len(word))
			if b.firstQuery < 0 {
				b.firstQuery = lines
			}
		} else if b.firstPlain < 0 {
			b.firstPlain = lines
		}
		if why = s.features(b, row, at, lines); why != nil {
			return nil, 0, why
		}
		b.ends = append(b.ends, len(b.indices))
	}
	return b, lines, nil
}

// target reads what a line begins with.
func (s SVMLight) target(b *samples, row []byte, at, line int) (int, *fault) {
	word := token(row, at)
	if !s.Multilabel {
		v, err := decimal.Float64(word)
		if err != nil || math.IsNaN(v) {
			return 0, faultf(line, "the target %.40q is no number%s", word, several(word))
		}
		b.targets = append(b.targets, v)
		return at + len(word), nil
	}
	if bytes.IndexByte(word, ':') >= 0 { // none
		b.counts = append(b.counts, 0)
		return at, nil
	}
	first := len(b.labels)
	for part := range bytes.SplitSeq(word, []byte{','}) {
		v, err := decimal.Float64(part)
		if err != nil || math.IsNaN(v) {
			return 0, faultf(line, "the label %.40q is no number", part)
		}
		b.labels = append(b.labels, v)
	}
	slices.Sort(b.labels[first:])
	b.counts = append(b.counts, len(b.labels)-first)
	return at + len(word), nil
}

// several explains a target with commas.
func several(word []byte) string {
	if bytes.IndexByte(word, ',') >= 0 {
		return ": several are read with Multilabel"
	}
	return ""
}

// features reads the rest of a line.
func (s SVMLight) features(b *samples, row []byte, at, line int) *fault {
	last := int64(-1)
	for at < len(row) {
		v, end := index(row, at)
		if end == at || end == len(row) || row[end] != ':' {
			return faultf(line, "%.40q is not index:value", token(row, at))
		}
		j := int64(v)
		switch {
		case v >= math.MaxInt32:
			return faultf(line, "index %.40s is beyond what is read, %d", row[at:end], math.MaxInt32-1)
		case j <= last:
			return faultf(line, "index %d follows index %d: they must ascend", j, last)
		case j == 0 && s.Base == FromOne:
			return faultf(line, "index 0, where they are counted from 1")
		}
		last = j
		value, next, why := number(row, end+1, line, false)
		if why != nil {
			return why
		}
		b.indices, b.values = append(b.indices, int32(j)), append(b.values, value)
		b.least = min(b.least, int32(j))
		if int32(j) > b.most {
			b.most, b.mostLine = int32(j), line
		}
		at = skipSpace(row, next)
	}
	return nil
}

// Rows returns the rows of a file as a stream, zeros filled in and without their targets, for what does not fit into memory.
// Every reading opens the file, tells whoever watches ctx, and ends with ctx. With no Features, or no Base, the file is read once
// before to find them. Errors: those of Open, within the stream as well. Memory is that of two rows, and 50 MiB.
func (s SVMLight) Rows(ctx context.Context, path string) (*mat32.Rows, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	if s.Features == 0 || s.Base == Detect {
		all := total{least: math.MaxInt32, most: -1}
		err := s.eachSamples(ctx, path, &all, nil)
		if err != nil {
			return nil, err
		}
		f := &source.File{Path: path, Kind: svmKind}
		s.Base, s.Features, err = all.shape(f, s)
		if err != nil {
			return nil, err
		}
		if s.Features == 0 {
			return nil, f.Errorf("its rows are empty")
		}
	}
	if err := source.CheckMemory("sparse.SVMLight", path, 8*int64(s.Features), s.MemoryLimit, "rows of so many columns cannot be read"); err != nil {
		return nil, err
	}
	return mat32.RowsFrom(s.Features, func() iter.Seq2[[]float32, error] {
		return func(yield func([]float32, error) bool) {
			all := total{least: math.MaxInt32, most: -1}
			err := s.eachSamples(ctx, path, &all, func(row []float32) bool { return yield(row, nil) })
			if err != nil && !errors.Is(err, errStop) {
				yield(nil, err)
			}
		}
	}), nil
}

// eachSamples reads a file, and calls yield, where it is not nil, with its rows.
func (s SVMLight) eachSamples(ctx context.Context, path string, all *total, yield func([]float32) bool) error {
	f, err := source.Open(ctx, svmKind, path)
	if err != nil {
		return err
	}
	defer f.Close()
	var row []float32
	shift := int32(0)
	if yield != nil {
		row = make([]float32, s.Features)
		if s.Base == FromOne {
			shift = 1
		}
	}
	return eachBlock(ctx, f, 1, s.parse, func(b *samples, line int) error {
		if err := all.add(f, s, b, line); err != nil || yield == nil {
			return err
		}
		if _, _, err := all.shape(f, s); err != nil {
			return err
		}
		from := 0
		for _, end := range b.ends {
			for k := from; k < end; k++ {
				row[b.indices[k]-shift] = b.values[k]
			}
			if !yield(row) {
				return errStop
			}
			for k := from; k < end; k++ {
				row[b.indices[k]-shift] = 0
			}
			from = end
		}
		return nil
	})
}
