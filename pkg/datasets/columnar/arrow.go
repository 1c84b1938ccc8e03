package columnar

import (
	"context"
	"errors"
	"io"
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"

	"github.com/flatland-go/flatland/pkg/datasets/internal/source"
	"github.com/flatland-go/flatland/pkg/datasets/table"
	"github.com/flatland-go/flatland/pkg/mat32"
)

const arrowKind = "Arrow file"

// Arrow reads Arrow's IPC files, which Feather version 2 is, and its streams. What their types become is said at Parquet;
// dictionaries are categories with all their words, and durations are seconds.
//
// Source: the Apache Arrow columnar format, version 1.5.
type Arrow struct {
	// Columns are the names of those to read, in the order they are to have; that of a structure means all its parts. Default all.
	Columns []string

	// MemoryLimit in bytes refuses what would need more. Default GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

// Open returns the table in a file. Memory is that of the table, and of one of the file's batches of rows: many writers make but
// one. Errors: those of os.Open, *mat32.FileError naming the column where it is of one, *mat32.ParamError for Columns that
// the file has not, *mat32.MemoryError, and ctx.Err().
func (a Arrow) Open(ctx context.Context, path string) (*table.Table, error) {
	return a.reader(path).table(ctx)
}

// OpenDense returns the numbers in a file as a matrix, with the names of its columns; words are left out, and errors where Columns
// asks for them; so are ragged lists in any case. Missing values are NaN, and numbers beyond float32 errors. Memory is 8 bytes a
// value, of which the matrix is half, and that of a batch of the file. Errors: as Open.
func (a Arrow) OpenDense(ctx context.Context, path string) (x *mat32.Dense, names []string, err error) {
	return a.reader(path).matrix(ctx)
}

// Rows returns the numbers in a file, as OpenDense does, as a stream of rows. Every reading opens the file, tells whoever watches
// ctx, and ends with ctx. Memory is that of a batch of the file. Errors: as Open, within the stream as well.
func (a Arrow) Rows(ctx context.Context, path string) (*mat32.Rows, error) {
	return a.reader(path).stream(ctx)
}

func (a Arrow) reader(path string) *reader {
	r := &reader{method: "columnar.Arrow", kind: arrowKind, path: path, columns: a.Columns, limit: a.MemoryLimit}
	r.begin = func(f *source.File, at *io.SectionReader) (contents, error) {
		most := max(mostClaimed(f.Size), 64*f.Size)
		if r.limit > 0 {
			most = min(most, r.limit)
		}
		af := &arrowFile{f: f, at: at, budget: r.budget(most)}
		return af, af.describe()
	}
	return r
}

// arrowFile is an open one.
type arrowFile struct {
	f      *source.File
	at     *io.SectionReader
	budget *budget
	file   *ipc.FileReader // nil for a stream
	list   []field
	paths  [][]int // of every field, through structures
}

func (a *arrowFile) fields() []field { return a.list }

func (a *arrowFile) rows() int64 { return -1 }

func (a *arrowFile) close() {
	if a.file != nil {
		a.file.Close()
	}
}

func (a *arrowFile) options() []ipc.Option {
	return []ipc.Option{ipc.WithAllocator(a.budget), ipc.WithMetadataSizeLimit(a.f.Size), ipc.WithBodySizeLimit(a.f.Size)}
}

// describe finds the fields.
func (a *arrowFile) describe() error {
	magic := make([]byte, 6)
	if _, err := a.at.ReadAt(magic, 0); err != nil {
		return a.f.Errorf("it is too short to be one")
	}
	file := string(magic) == "ARROW1"
	if !soundArrow(a.at, a.f.Size, !file) {
		return a.f.Errorf("its schema is missing, or damaged, and says more than it holds: it is cut off, or it is no such file")
	}
	var s *arrow.Schema
	if file {
		file, err := ipc.NewFileReader(a.at, a.options()...)
		if err != nil {
			return a.damaged(err)
		}
		a.file, s = file, file.Schema()
	} else {
		r, err := a.stream()
		if err != nil {
			return a.damaged(err)
		}
		s = r.Schema()
		r.Release()
	}
	for i, fd := range s.Fields() {
		a.describeField(fd.Name, fd.Type, []int{i}, 0)
	}
	distinct(a.list)
	return nil
}

// stream begins to read a stream.
func (a *arrowFile) stream() (*ipc.Reader, error) {
	if _, err := a.at.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	return ipc.NewReader(a.at, a.options()...)
}

// damaged returns an error of the library as the memory that was asked for, where that is the reason.
func (a *arrowFile) damaged(err error) error {
	if over := a.budget.over.Load(); over != nil {
		return over
	}
	return err
}

// deepest is how many structures a value may be in.
const deepest = 32

func (a *arrowFile) describeField(name string, t arrow.DataType, path []int, depth int) {
	if s, ok := t.(*arrow.StructType); ok && depth < deepest {
		for i, fd := range s.Fields() {
			a.describeField(name+"."+fd.Name, fd.Type, append(path[:len(path):len(path)], i), depth+1)
		}
		return
	}
	fd := field{name: name, what: "values of the type " + t.String()}
	switch l := t.(type) {
	case *arrow.ListType:
		fd.list, t = true, l.Elem()
	case *arrow.LargeListType:
		fd.list, t = true, l.Elem()
	case *arrow.FixedSizeListType:
		fd.list, t = true, l.Elem()
	}
	fd.form, fd.unit = formOf(t)
	_, fd.word = t.(*arrow.DictionaryType)
	if fd.list && fd.form == text {
		fd.form, fd.what = unread, "lists of words"
	}
	a.list, a.paths = append(a.list, fd), append(a.paths, path)
}

// formOf returns what values of a type are, and the unit of times.
func formOf(t arrow.DataType) (f form, unit string) {
	switch t := t.(type) {
	case *arrow.BooleanType:
		return boolean, ""
	case *arrow.NullType, *arrow.Int8Type, *arrow.Int16Type, *arrow.Int32Type, *arrow.Int64Type, *arrow.Uint8Type, *arrow.Uint16Type, *arrow.Uint32Type, *arrow.Uint64Type,
		*arrow.Float16Type, *arrow.Float32Type, *arrow.Float64Type, *arrow.Decimal32Type, *arrow.Decimal64Type, *arrow.Decimal128Type, *arrow.Decimal256Type:
		return number, ""
	case *arrow.Date32Type, *arrow.Date64Type:
		return number, "seconds since 1970-01-01"
	case *arrow.TimestampType:
		if t.TimeZone != "" {
			return number, "seconds since 1970-01-01 UTC"
		}
		return number, "seconds since 1970-01-01"
	case *arrow.Time32Type, *arrow.Time64Type:
		return number, "seconds since midnight"
	case *arrow.DurationType:
		return number, "seconds"
	case *arrow.StringType, *arrow.LargeStringType, *arrow.StringViewType:
		return text, ""
	case *arrow.DictionaryType:
		switch t.ValueType.(type) {
		case *arrow.DictionaryType:
		default:
			if f, _ := formOf(t.ValueType); f != unread {
				return text, ""
			}
		}
	}
	return unread, ""
}

// each reads the batches of rows.
func (a *arrowFile) each(ctx context.Context, columns []*column, keep bool, take func() error) error {
	if len(columns) == 0 {
		return nil
	}
	if a.file != nil {
		for i := range a.file.NumRecords() {
			if err := ctx.Err(); err != nil {
				return err
			}
			batch, err := a.file.RecordBatchAt(i)
			if err != nil {
				return a.damaged(err)
			}
			err = a.take(ctx, batch, columns, keep, take)
			batch.Release()
			if err != nil {
				return err
			}
		}
		return nil
	}
	r, err := a.stream()
	if err != nil {
		return a.damaged(err)
	}
	defer r.Release()
	for r.Next() {
		if err := a.take(ctx, r.RecordBatch(), columns, keep, take); err != nil {
			return err
		}
	}
	if err := r.Err(); err != nil && !errors.Is(err, io.EOF) {
		return a.damaged(err)
	}
	return nil
}

// take reads a batch in stretches of rows.
func (a *arrowFile) take(ctx context.Context, batch arrow.RecordBatch, columns []*column, keep bool, take func() error) error {
	total := int(batch.NumRows())
	if total/8 > a.budget.limit { // columns of nothing but missing values take no bytes
		return a.f.Errorf("a batch says that it has %d rows", total)
	}
	for lo := 0; lo < total; {
		if err := ctx.Err(); err != nil {
			return err
		}
		hi := min(total, lo+1<<10)
		for _, c := range columns {
			if !keep {
				c.reset()
			}
			if err := a.append(c, batch, lo, hi); err != nil {
				return err
			}
			c.rows += hi - lo
		}
		if err := take(); err != nil {
			return err
		}
		lo = hi
	}
	return nil
}

// append appends rows of a batch to a column.
func (a *arrowFile) append(c *column, batch arrow.RecordBatch, lo, hi int) error {
	path := a.paths[c.place]
	values := batch.Column(path[0])
	var around []arrow.Array // structures whose missing rows are missing
	for _, i := range path[1:] {
		s, ok := values.(*array.Struct)
		if !ok {
			return a.f.Errorf("a batch has another schema than the file")
		}
		around = append(around, s)
		values = s.Field(i)
	}
	if values.Len() < hi {
		return a.f.Errorf("the column %q has %d rows in a batch of %d", c.name, values.Len(), batch.NumRows())
	}
	missing := func(i int) bool {
		for _, s := range around {
			if s.IsNull(i) {
				return true
			}
		}
		return values.IsNull(i)
	}
	if !c.list {
		return a.scalars(c, values, lo, hi, missing)
	}
	l, ok := values.(array.ListLike)
	if !ok {
		return a.f.Errorf("a batch has another schema than the file")
	}
	elements := l.ListValues()
	for i := lo; i < hi; i++ {
		if missing(i) {
			c.lengths = append(c.lengths, -1)
			continue
		}
		from, to := l.ValueOffsets(i)
		if from < 0 || to < from || to > int64(elements.Len()) || to-from > math.MaxInt32 {
			return a.f.Errorf("the column %q has a list from %d to %d of %d values", c.name, from, to, elements.Len())
		}
		c.lengths = append(c.lengths, int32(to-from))
		if err := a.scalars(c, elements, int(from), int(to), elements.IsNull); err != nil {
			return err
		}
	}
	return nil
}

// scalars appends the values from lo to hi.
func (a *arrowFile) scalars(c *column, values arrow.Array, lo, hi int, missing func(i int) bool) error {
	if c.form == text {
		return a.words(c, values, lo, hi, missing)
	}
	at := numbersOf(values, &c.large)
	if at == nil {
		return a.f.Errorf("a batch has another schema than the file")
	}
	for i := lo; i < hi; i++ {
		if missing(i) {
			c.miss()
		} else {
			c.put(at(i))
		}
	}
	return nil
}

func (a *arrowFile) words(c *column, values arrow.Array, lo, hi int, missing func(i int) bool) error {
	var at func(i int) string
	switch v := values.(type) {
	case *array.String:
		at = v.Value
	case *array.LargeString:
		at = v.Value
	case *array.StringView:
		at = v.Value
	case *array.Dictionary:
		return a.dictionary(c, v, lo, hi, missing)
	default:
		return a.f.Errorf("a batch has another schema than the file")
	}
	for i := lo; i < hi; i++ {
		if missing(i) {
			c.miss()
		} else {
			c.say([]byte(at(i)))
		}
	}
	return nil
}

// dictionary appends words of a dictionary; all its words are words of the category, in its order.
func (a *arrowFile) dictionary(c *column, v *array.Dictionary, lo, hi int, missing func(i int) bool) error {
	d := v.Dictionary()
	if d.Len() > a.budget.limit/4 {
		return a.f.Errorf("the dictionary of the column %q says that it has %d words", c.name, d.Len())
	}
	codes := make([]int32, d.Len())
	for k := range codes {
		codes[k] = -1
		if d.IsValid(k) {
			codes[k] = c.code([]byte(d.ValueStr(k)))
		}
	}
	for i := lo; i < hi; i++ {
		if missing(i) {
			c.miss()
			continue
		}
		k := v.GetValueIndex(i)
		if k < 0 || k >= len(codes) {
			return a.f.Errorf("the column %q has word %d of %d", c.name, k, len(codes))
		}
		c.codes = append(c.codes, codes[k])
	}
	return nil
}

// numbersOf returns a function that returns the value at a place as a number, or nil for what is none.
func numbersOf(values arrow.Array, large *bool) func(i int) float64 {
	switch v := values.(type) {
	case *array.Null:
		return func(int) float64 { return math.NaN() }
	case *array.Boolean:
		return func(i int) float64 {
			if v.Value(i) {
				return 1
			}
			return 0
		}
	case *array.Int8:
		return numeric(v.Int8Values())
	case *array.Int16:
		return numeric(v.Int16Values())
	case *array.Int32:
		return numeric(v.Int32Values())
	case *array.Uint8:
		return numeric(v.Uint8Values())
	case *array.Uint16:
		return numeric(v.Uint16Values())
	case *array.Uint32:
		return numeric(v.Uint32Values())
	case *array.Float32:
		return numeric(v.Float32Values())
	case *array.Float64:
		return numeric(v.Float64Values())
	case *array.Int64:
		return func(i int) float64 {
			k := v.Value(i)
			*large = *large || k > exact || k < -exact
			return float64(k)
		}
	case *array.Uint64:
		return func(i int) float64 {
			k := v.Value(i)
			*large = *large || k > exact
			return float64(k)
		}
	case *array.Float16:
		return func(i int) float64 { return float64(v.Value(i).Float32()) }
	case *array.Decimal32:
		scale := v.DataType().(arrow.DecimalType).GetScale()
		return func(i int) float64 { return v.Value(i).ToFloat64(scale) }
	case *array.Decimal64:
		scale := v.DataType().(arrow.DecimalType).GetScale()
		return func(i int) float64 { return v.Value(i).ToFloat64(scale) }
	case *array.Decimal128:
		scale := v.DataType().(arrow.DecimalType).GetScale()
		return func(i int) float64 { return v.Value(i).ToFloat64(scale) }
	case *array.Decimal256:
		scale := v.DataType().(arrow.DecimalType).GetScale()
		return func(i int) float64 { return v.Value(i).ToFloat64(scale) }
	case *array.Date32:
		return func(i int) float64 { return 86400 * float64(v.Value(i)) }
	case *array.Date64:
		return func(i int) float64 { return float64(v.Value(i)) / 1e3 }
	case *array.Timestamp:
		unit := second(v.DataType().(*arrow.TimestampType).Unit)
		return func(i int) float64 { return float64(v.Value(i)) / unit }
	case *array.Duration:
		unit := second(v.DataType().(*arrow.DurationType).Unit)
		return func(i int) float64 { return float64(v.Value(i)) / unit }
	case *array.Time32:
		unit := second(v.DataType().(*arrow.Time32Type).Unit)
		return func(i int) float64 { return float64(v.Value(i)) / unit }
	case *array.Time64:
		unit := second(v.DataType().(*arrow.Time64Type).Unit)
		return func(i int) float64 { return float64(v.Value(i)) / unit }
	}
	return nil
}

func numeric[T int8 | int16 | int32 | uint8 | uint16 | uint32 | float32 | float64](values []T) func(i int) float64 {
	return func(i int) float64 { return float64(values[i]) }
}

// second returns how many of a unit a second has.
func second(u arrow.TimeUnit) float64 { return float64(1e9) / float64(u.Multiplier().Nanoseconds()) }
