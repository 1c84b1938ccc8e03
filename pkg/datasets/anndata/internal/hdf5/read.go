package hdf5

import (
	"bytes"
	"context"
	"sort"
	"strings"
	"sync"

	"github.com/flatland-go/flatland/internal/par"
)

// Tick is told how many elements were read, from any goroutine.
type Tick func(elements int)

// piecesAtOnce are the chunks, or pieces of data without chunks, that are handed to a goroutine together.
const piecesAtOnce = 4

// pieceBytes of data that have no chunks are read at once.
const pieceBytes = 1 << 20

// Claim checks that the elements a dataset claims can be there, so that memory may be asked for them. The error is that of damage.
func (d *Dataset) Claim() error { return d.claim() }

// Read fills out with the elements of the rows lo to hi of the first dimension, row after row, in parallel; a single value is a row
// of one element. Memory beside out is two chunks and a stored one a core. ctx is heard between chunks.
func Read[T Value](ctx context.Context, d *Dataset, out []T, lo, hi int, tick Tick) error {
	if d.fill != nil {
		value := make([]T, 1)
		if err := decode(d.Object, d.Type, value, bytes.Clone(d.fill)); err != nil {
			return err
		}
		if value[0] != 0 { // NaN also
			for i := range out {
				out[i] = value[0]
			}
		}
	}
	return d.visit(ctx, lo, hi, func(at int, b []byte) error {
		n := len(b) / d.Type.Size
		if tick != nil {
			defer tick(n)
		}
		return decode(d.Object, d.Type, out[at:at+n], b)
	})
}

// Raw returns the bytes of the rows lo to hi.
func (d *Dataset) raw(ctx context.Context, lo, hi int) ([]byte, error) {
	if err := d.claim(); err != nil {
		return nil, err
	}
	size := d.Type.Size
	out := make([]byte, (hi-lo)*d.row()*size)
	if d.fill != nil {
		for i := 0; i < len(out); i += size {
			copy(out[i:], d.fill)
		}
	}
	return out, d.visit(ctx, lo, hi, func(at int, b []byte) error {
		copy(out[at*size:], b)
		return nil
	})
}

// row returns the number of elements in a row.
func (d *Dataset) row() int {
	n := 1
	for _, m := range d.Shape[min(1, len(d.Shape)):] {
		n *= m
	}
	return n
}

// Rows returns the number of rows: 1 for a single value.
func (d *Dataset) Rows() int {
	switch {
	case d.Null:
		return 0
	case len(d.Shape) == 0:
		return 1
	}
	return d.Shape[0]
}

// visit calls f, from several goroutines, with stretches of the elements of rows lo to hi, and where they begin, counted from row
// lo. f may write to the bytes.
func (d *Dataset) visit(ctx context.Context, lo, hi int, f func(at int, b []byte) error) error {
	if lo < 0 || hi > d.Rows() || lo > hi {
		return d.errorf("it has no rows %d to %d", lo, hi)
	}
	row, size := d.row(), d.Type.Size
	if hi == lo || row == 0 {
		return nil
	}
	var first failure
	switch {
	case d.class == compactLayout:
		return f(0, bytes.Clone(d.compact[lo*row*size:hi*row*size]))
	case d.class == contiguousLayout:
		if d.at == undefined {
			return nil
		}
		piece := max(pieceBytes/size, 1)
		err := par.BlocksWith(ctx, (hi-lo)*row, piece, func() *unpacker { return &unpacker{} }, func(u *unpacker, from, to int) {
			if first.failed() {
				return
			}
			u.raw = grown(u.raw, uint64((to-from)*size))
			err := d.file.readInto(u.raw, d.at+uint64(lo*row+from)*uint64(size))
			if err == nil {
				err = f(from, u.raw)
			}
			first.note(err)
		})
		return first.or(err)
	}
	if err := d.locate(); err != nil {
		return err
	}
	// Chunks are sorted, and those of the rows follow each other.
	perRow := uint64(1)
	for _, n := range d.along(d.space.dims)[1:] {
		perRow *= n
	}
	begin := uint64(lo) / d.chunk[0] * perRow
	end := (uint64(hi-1)/d.chunk[0] + 1) * perRow
	from := sort.Search(len(d.chunks), func(i int) bool { return d.chunks[i].number >= begin })
	to := sort.Search(len(d.chunks), func(i int) bool { return d.chunks[i].number >= end })
	chunks := d.chunks[from:to]
	err := par.BlocksWith(ctx, len(chunks), piecesAtOnce, func() *unpacker { return &unpacker{} }, func(u *unpacker, from, to int) {
		for _, c := range chunks[from:to] {
			if first.failed() || ctx.Err() != nil {
				return
			}
			b, err := u.chunk(d, c)
			if err == nil {
				err = d.scatter(c, b, lo, hi, f)
			}
			first.note(err)
		}
	})
	return first.or(err)
}

// scatter calls f with the stretches of a chunk that follow each other in the data.
func (d *Dataset) scatter(c chunk, b []byte, lo, hi int, f func(at int, b []byte) error) error {
	rank, size := len(d.chunk), d.Type.Size
	grid := d.along(d.space.dims)
	start := make([]int, rank)  // of the chunk
	length := make([]int, rank) // of it that are data
	number := c.number
	for i := rank - 1; i >= 0; i-- {
		start[i] = int(number % grid[i] * d.chunk[i])
		number /= grid[i]
		length[i] = min(int(d.chunk[i]), d.Shape[i]-start[i])
	}
	skip := max(lo-start[0], 0)
	length[0] = min(length[0], hi-start[0])
	// The last dimensions in which the chunk has all there is are one stretch.
	inner := rank - 1
	for inner > 0 && length[inner] == int(d.chunk[inner]) && length[inner] == d.Shape[inner] {
		inner--
	}
	stretch := 1
	for i := inner + 1; i < rank; i++ {
		stretch *= length[i]
	}
	place := make([]int, rank)
	place[0] = skip
	for {
		// One stretch along the dimension inner, from its place to its length.
		from, at := 0, 0
		for i := range rank {
			from = from*int(d.chunk[i]) + place[i]
			p := start[i] + place[i]
			if i == 0 {
				p -= lo
			}
			at = at*d.Shape[i] + p
		}
		n := (length[inner] - place[inner]) * stretch
		if err := f(at, b[from*size:(from+n)*size]); err != nil {
			return err
		}
		i := inner - 1
		for ; i >= 0; i-- {
			if place[i]++; place[i] < length[i] {
				break
			}
			place[i] = 0
		}
		if i < 0 {
			return nil
		}
	}
}

// failure keeps the first error of several goroutines.
type failure struct {
	mu  sync.Mutex
	err error
}

func (f *failure) note(err error) {
	if err == nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err == nil {
		f.err = err
	}
}

func (f *failure) failed() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err != nil
}

// or returns the failure, or else err.
func (f *failure) or(err error) error {
	if f.failed() {
		return f.err
	}
	return err
}

// Strings returns the strings of the rows lo to hi.
func (d *Dataset) Strings(ctx context.Context, lo, hi int) ([]string, error) {
	raw, err := d.raw(ctx, lo, hi)
	if err != nil {
		return nil, err
	}
	return d.strings(ctx, d.Type, raw, len(raw)/max(d.Type.Size, 1))
}

// strings decodes n strings of fixed or variable length.
func (o *Object) strings(ctx context.Context, t *Type, raw []byte, n int) ([]string, error) {
	out := make([]string, n)
	switch {
	case t.Class == String:
		for i := range out {
			out[i] = t.trim(raw[i*t.Size : (i+1)*t.Size])
		}
		return out, nil
	case t.Class == Variable && t.Text && t.Size == 4+o.file.offset+4:
		c := o.file.cursor(raw)
		// Strings do not share their letters, and those of one dataset follow each other but for a few.
		var letters, read uint64
		for i := range out {
			if i%1024 == 0 && ctx.Err() != nil {
				return nil, ctx.Err()
			}
			length, at, number := c.u32(), c.address(), c.u32()
			if length == 0 || at == 0 || at == undefined {
				continue
			}
			b, n, err := o.file.heapObject(at, number)
			if err != nil {
				return nil, err
			}
			letters += uint64(length)
			read += n
			if letters > o.file.size || read > small+16*o.file.size {
				return nil, o.errorf("it is damaged: its strings are longer than the file")
			}
			if uint64(length) > uint64(len(b)) {
				return nil, o.errorf("it is damaged: a string of it is cut off")
			}
			out[i] = strings.TrimRight(string(b[:length]), "\x00")
		}
		return out, nil
	}
	return nil, o.errorf("its elements are %v, not strings", t)
}

// trim cuts the padding of a string of fixed length.
func (t *Type) trim(b []byte) string {
	if t.padding == 2 {
		return string(bytes.TrimRight(b, " "))
	}
	if end := bytes.IndexByte(b, 0); end >= 0 && t.padding == 0 {
		b = b[:end]
	}
	return string(bytes.TrimRight(b, "\x00"))
}

// Objects returns the objects that references of a dataset lead to.
func (d *Dataset) Objects(ctx context.Context) ([]*Object, error) {
	if d.Type.Class != Reference || !d.Type.object {
		return nil, d.errorf("its elements are %v, not references to objects", d.Type)
	}
	raw, err := d.raw(ctx, 0, d.Rows())
	if err != nil {
		return nil, err
	}
	var out []*Object
	for c := d.file.cursor(raw); c.left() > 0; {
		o, err := d.file.object(c.address(), d.name)
		if err != nil {
			return nil, err
		}
		out = append(out, o)
	}
	return out, nil
}

// Field is one field of compounds, for all rows.
type Field struct {
	Member
	owner *Object
	raw   []byte // the elements one after the other
	n     int
}

// Fields returns the fields of a dataset of compounds.
func (d *Dataset) Fields(ctx context.Context) ([]Field, error) {
	if d.Type.Class != Compound {
		return nil, d.errorf("its elements are %v, not compounds", d.Type)
	}
	raw, err := d.raw(ctx, 0, d.Rows())
	if err != nil {
		return nil, err
	}
	n := len(raw) / d.Type.Size
	fields := make([]Field, len(d.Type.Members))
	for k, m := range d.Type.Members {
		f := Field{Member: m, owner: d.Object, raw: make([]byte, n*m.Type.Size), n: n}
		for i := range n {
			copy(f.raw[i*m.Type.Size:(i+1)*m.Type.Size], raw[i*d.Type.Size+m.Offset:])
		}
		fields[k] = f
	}
	return fields, nil
}

// Strings returns the field of all rows as strings.
func (f Field) Strings() ([]string, error) {
	return f.owner.strings(context.Background(), f.Type, f.raw, f.n)
}

// Floats returns the field of all rows as numbers, an array's one after the other.
func (f Field) Floats() ([]float64, error) {
	t, n := f.values()
	out := make([]float64, n)
	return out, decode(f.owner, t, out, bytes.Clone(f.raw))
}

// Ints returns the field of all rows as integers, an array's one after the other.
func (f Field) Ints() ([]int, error) {
	t, n := f.values()
	out := make([]int, n)
	return out, decode(f.owner, t, out, bytes.Clone(f.raw))
}

// Rows returns the number of rows.
func (f Field) Rows() int { return f.n }

// Columns returns the number of values in a row: those of an array, or one.
func (f Field) Columns() int {
	n := 1
	for _, m := range f.Type.Dims {
		n *= m
	}
	return n
}

// values returns the type of the values, and how many there are.
func (f Field) values() (*Type, int) {
	if f.Type.Class == Array {
		return f.Type.Base, f.n * f.Columns()
	}
	return f.Type, f.n
}
