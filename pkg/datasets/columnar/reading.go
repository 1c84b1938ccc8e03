package columnar

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/flatland-go/flatland/pkg/datasets/internal/source"
	"github.com/flatland-go/flatland/pkg/datasets/table"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// contents is an open file, of either format.
type contents interface {
	fields() []field
	// rows returns how many rows the file says it has, −1 where it does not say.
	rows() int64
	// each reads all rows into columns, some at a time, in order, and calls take in between. Columns that are not kept hold only
	// the rows that came since.
	each(ctx context.Context, columns []*column, keep bool, take func() error) error
	close()
}

// reader is what the formats share.
type reader struct {
	method, kind, path string // "columnar.Parquet", parquetKind, and the file's
	columns            []string
	limit              int64
	begin              func(f *source.File, at *io.SectionReader) (contents, error)
}

// errEnough ends a reading that nobody wants more of.
var errEnough = errors.New("no more rows are wanted")

// guard turns a panic of the format's library, which damaged files cause, into an error of the file, and every other error that is
// not one of ours.
func guard(f *source.File, err *error) {
	if r := recover(); r != nil {
		if over, ok := r.(*mat32.MemoryError); ok {
			*err = over
			return
		}
		*err = f.Errorf("it is damaged: %v", r)
		return
	}
	var memory *mat32.MemoryError
	var param *mat32.ParamError
	if *err == nil || errors.Is(*err, errEnough) || errors.As(*err, &memory) || errors.As(*err, &param) {
		return
	}
	*err = f.Wrap(*err)
}

// open opens the file, and closes it where it cannot be read.
func (r *reader) open(ctx context.Context) (f *source.File, c contents, err error) {
	f, at, err := openAt(ctx, r.kind, r.path)
	if err != nil {
		return nil, nil, err
	}
	defer func() {
		if err != nil {
			f.Close()
		}
	}()
	defer guard(f, &err)
	c, err = r.begin(f, at)
	return f, c, err
}

// with opens the file for a function.
func (r *reader) with(ctx context.Context, do func(f *source.File, c contents) error) (err error) {
	f, c, err := r.open(ctx)
	if err != nil {
		return err
	}
	defer f.Close()
	defer guard(f, &err)
	defer c.close()
	return do(f, c)
}

var pandasIndex = regexp.MustCompile(`^__index_level_\d+__$`)

// choose returns the fields to read: those of the names, a name with its parts behind a point being all of these, or all that can
// be read but an index without a name, which pandas keeps as a column; what is left out is noted.
func (r *reader) choose(f *source.File, fields []field, matrix bool) (chosen []int, notes []string, err error) {
	if r.columns == nil {
		for j := range fields {
			c := &fields[j]
			switch {
			case pandasIndex.MatchString(c.name):
				notes = append(notes, fmt.Sprintf("left out %q, the index of pandas", c.name))
			case c.form == unread:
				notes = append(notes, fmt.Sprintf("left out %q, which holds %s", c.name, c.what))
			case matrix && !c.numeric():
				notes = append(notes, fmt.Sprintf("left out %q, which holds words", c.name))
			default:
				chosen = append(chosen, j)
			}
		}
		return chosen, notes, nil
	}
	refuse := func(value, want string) ([]int, []string, error) {
		return nil, nil, &mat32.ParamError{Method: r.method, Param: "Columns", Value: value, Want: want}
	}
	if len(r.columns) == 0 {
		return refuse("an empty list", "one name or more, or nil for all")
	}
	for i, name := range r.columns {
		if slices.Contains(r.columns[:i], name) {
			return refuse(strconv.Quote(name)+" twice", "every column once")
		}
		found := false
		for j := range fields {
			c := &fields[j]
			if c.name != name && !strings.HasPrefix(c.name, name+".") {
				continue
			}
			found = true
			if c.form == unread || matrix && !c.numeric() {
				what := c.what
				if c.form == text {
					what = "words"
				}
				return nil, nil, &mat32.FileError{Path: f.Path, Kind: f.Kind, Column: strconv.Quote(c.name), Reason: "it holds " + what + ", and no numbers"}
			}
			if !slices.Contains(chosen, j) {
				chosen = append(chosen, j)
			}
		}
		if !found {
			names := make([]string, len(fields))
			for j := range fields {
				names[j] = fields[j].name
			}
			const most = 12
			if len(names) > most {
				names = append(names[:most], "…")
			}
			return refuse(strconv.Quote(name), "a column of "+f.Path+": "+strings.Join(names, ", "))
		}
	}
	return chosen, notes, nil
}

// distinct gives fields that share a name names of their own.
func distinct(fields []field) {
	taken := map[string]bool{}
	for j := range fields {
		name := fields[j].name
		for k := 1; taken[fields[j].name]; k++ {
			fields[j].name = fmt.Sprintf("%s.%d", name, k)
		}
		taken[fields[j].name] = true
	}
}

// table reads all rows.
func (r *reader) table(ctx context.Context) (t *table.Table, err error) {
	err = r.with(ctx, func(f *source.File, c contents) error {
		fields := c.fields()
		chosen, notes, err := r.choose(f, fields, false)
		if err != nil {
			return err
		}
		// What is claimed must fit, and while it grows, what was read.
		if err := r.check(f, c.rows(), 8*int64(len(chosen))); err != nil {
			return err
		}
		columns := columnsOf(fields, chosen)
		err = c.each(ctx, columns, true, func() error {
			held := int64(0)
			for _, w := range columns {
				held += w.size()
				if w.list { // in columns of their own afterwards
					held += w.size()
				}
			}
			return r.check(f, held, 1)
		})
		if err != nil {
			return err
		}
		t = &table.Table{Notes: notes}
		for k, w := range columns {
			list, reason := w.finish()
			if reason != "" {
				if len(r.columns) > 0 {
					return &mat32.FileError{Path: f.Path, Kind: f.Kind, Column: strconv.Quote(w.name), Reason: reason}
				}
				t.Notes = append(t.Notes, fmt.Sprintf("left out %q: %s", w.name, reason))
			}
			t.Columns = append(t.Columns, list...)
			if w.unit != "" {
				t.Notes = append(t.Notes, fmt.Sprintf("%q is in %s", w.name, w.unit))
			}
			if w.large {
				t.Notes = append(t.Notes, fmt.Sprintf("%q holds integers beyond 2⁵³, rounded to float64", w.name))
			}
			columns[k] = nil
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return t, nil
}

// columnsOf returns empty columns of the chosen fields.
func columnsOf(fields []field, chosen []int) []*column {
	columns := make([]*column, len(chosen))
	for k, j := range chosen {
		columns[k] = &column{field: &fields[j], place: j}
	}
	return columns
}

// check returns a *mat32.MemoryError for more than the limit has room for.
func (r *reader) check(f *source.File, count, bytes int64) error {
	need := int64(math.MaxInt64)
	if bytes == 0 || count <= math.MaxInt64/max(1, bytes) {
		need = max(0, count) * bytes
	}
	return f.CheckMemory(r.method, need, r.limit, "read fewer Columns, or stream them by Rows")
}

// layout is where the numbers of a row go.
type layout struct {
	chosen []int
	widths []int // of every chosen field, 1 but for lists
	names  []string
	total  int
}

// layout reads as far as it takes to know how long lists are.
func (r *reader) layout(ctx context.Context, f *source.File, c contents) (*layout, error) {
	fields := c.fields()
	chosen, _, err := r.choose(f, fields, true)
	if err != nil {
		return nil, err
	}
	l := &layout{chosen: chosen, widths: make([]int, len(chosen))}
	var lists []int
	for k, j := range chosen {
		l.widths[k] = 1
		if fields[j].list {
			l.widths[k] = -1
			lists = append(lists, k)
		}
	}
	if len(lists) > 0 {
		asked := make([]int, len(lists))
		for i, k := range lists {
			asked[i] = chosen[k]
		}
		columns := columnsOf(fields, asked)
		err := c.each(ctx, columns, false, func() error {
			known := true
			for i, p := range columns {
				if k := lists[i]; l.widths[k] < 0 {
					width, reason := p.width()
					if reason != "" {
						return r.refuse(f, p.name, reason)
					}
					l.widths[k] = width
				}
				known = known && l.widths[lists[i]] >= 0
			}
			if known {
				return errEnough
			}
			return nil
		})
		if err != nil && !errors.Is(err, errEnough) {
			return nil, err
		}
	}
	for k, j := range chosen {
		name := fields[j].name
		if !fields[j].list {
			l.names = append(l.names, name)
			l.total++
			continue
		}
		if l.widths[k] < 0 {
			l.widths[k] = 0 // no row has one
		}
		if l.widths[k] > 1<<26 {
			return nil, r.refuse(f, name, fmt.Sprintf("its lists are of %d numbers", l.widths[k]))
		}
		for i := range l.widths[k] {
			l.names = append(l.names, fmt.Sprintf("%s[%d]", name, i))
		}
		l.total += l.widths[k]
	}
	if l.total == 0 {
		return nil, f.Errorf("no column holds numbers")
	}
	return l, nil
}

func (r *reader) refuse(f *source.File, column, reason string) error {
	return &mat32.FileError{Path: f.Path, Kind: f.Kind, Column: strconv.Quote(column), Reason: reason}
}

// fill writes the rows of some columns, row after row; so many rows of the file are before them.
func (l *layout) fill(r *reader, f *source.File, columns []*column, before int, rows []float32) error {
	// put writes a number, and reports whether float32 holds it.
	put := func(to *float32, v float64) bool {
		*to = float32(v)
		return *to-*to == 0 || v-v != 0
	}
	beyond := func(c *column, row int, v float64) error {
		return r.refuse(f, c.name, fmt.Sprintf("row %d holds %v, which is beyond float32", before+row+1, v))
	}
	first := 0
	for k, c := range columns {
		width := l.widths[k]
		at, elements := 0, c.all()
		if c.list {
			for i, n := range c.lengths {
				row := rows[i*l.total+first:][:width]
				switch {
				case n < 0:
					for j := range row {
						row[j] = float32(math.NaN())
					}
				case int(n) != width:
					return r.refuse(f, c.name, fmt.Sprintf("its lists are of different lengths: %d and %d", width, n))
				default:
					for j, v := range elements[at : at+width] {
						if !put(&row[j], v) {
							return beyond(c, i, v)
						}
					}
					at += width
				}
			}
		} else {
			for i, v := range elements {
				if !put(&rows[i*l.total+first], v) {
					return beyond(c, i, v)
				}
			}
		}
		first += width
	}
	return nil
}

// matrix reads all rows of numbers.
func (r *reader) matrix(ctx context.Context) (x *mat32.Dense, names []string, err error) {
	err = r.with(ctx, func(f *source.File, c contents) error {
		l, err := r.layout(ctx, f, c)
		if err != nil {
			return err
		}
		// Twice: in parts, and in one piece.
		if err := r.check(f, c.rows(), 8*int64(l.total)); err != nil {
			return err
		}
		var parts [][]float32
		rows := 0
		columns := columnsOf(c.fields(), l.chosen)
		err = c.each(ctx, columns, false, func() error {
			n := columns[0].rows
			rows += n
			if err := r.check(f, int64(rows), 8*int64(l.total)); err != nil {
				return err
			}
			part := make([]float32, n*l.total)
			parts = append(parts, part)
			return l.fill(r, f, columns, rows-n, part)
		})
		if err != nil {
			return err
		}
		data := make([]float32, 0, rows*l.total)
		for k, part := range parts {
			data = append(data, part...)
			parts[k] = nil
		}
		x, names = mat32.NewDense(rows, l.total, data), l.names
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	return x, names, nil
}

// stream reads rows of numbers as they are asked for.
func (r *reader) stream(ctx context.Context) (*mat32.Rows, error) {
	var l *layout
	err := r.with(ctx, func(f *source.File, c contents) (err error) {
		l, err = r.layout(ctx, f, c)
		return err
	})
	if err != nil {
		return nil, err
	}
	return mat32.RowsFrom(l.total, func() iter.Seq2[[]float32, error] {
		return func(yield func([]float32, error) bool) {
			var rows []float32
			before := 0
			err := r.with(ctx, func(f *source.File, c contents) error {
				columns := columnsOf(c.fields(), l.chosen)
				return c.each(ctx, columns, false, func() error {
					n := columns[0].rows
					rows = slices.Grow(rows[:0], n*l.total)[:n*l.total]
					if err := l.fill(r, f, columns, before, rows); err != nil {
						return err
					}
					before += n
					for i := range n {
						if !yield(rows[i*l.total:(i+1)*l.total], nil) {
							return errEnough
						}
					}
					return nil
				})
			})
			if err != nil && !errors.Is(err, errEnough) {
				yield(nil, err)
			}
		}
	}), nil
}

// openAt opens a file for reading at any place.
func openAt(ctx context.Context, kind, path string) (*source.File, *io.SectionReader, error) {
	f, err := source.Open(ctx, kind, path)
	if err != nil {
		return nil, nil, err
	}
	at, ok := f.At()
	if !ok {
		f.Close()
		if f.Packed() {
			return nil, nil, f.Errorf("it is packed by gzip, and is read from its end: unpack it")
		}
		return nil, nil, f.Errorf("it is empty or no regular file, and is read from its end")
	}
	return f, io.NewSectionReader(at, 0, f.Size), nil
}
