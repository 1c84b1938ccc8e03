package anndata

import (
	"context"
	"strings"

	"github.com/flatland-go/flatland/pkg/datasets/anndata/internal/hdf5"
)

// Array is numbers in more than two dimensions, or in two where they need more digits than float32 has.
type Array struct {
	Shape  []int
	Values []float64 // the last dimension runs fastest
}

// Value returns whatever is at a place, as "uns" and what is below it hold it: a string, an int, a float64 or a bool; a []string,
// []int, []float64 or []bool; an *Array; a *mat32.CSR; a *table.Table for a data frame or records, a *table.Column for a categorical
// list or one with missing values; nil for nothing; and a map[string]any for what has names below it. What is kept in a way that is
// not known is left out of a map, and an error where it is asked for by name.
//
// Errors are as Matrix's. Of a map, MemoryLimit holds for all that is below it.
func (f *File) Value(ctx context.Context, at string) (any, error) {
	o, err := f.find("Value", at)
	if err != nil {
		return nil, err
	}
	w := &walk{file: f, seen: map[uint64]bool{}}
	v, err := w.value(ctx, o)
	if err != nil {
		return nil, f.wrap(alias(at), err)
	}
	return v, nil
}

// walk goes through what is below a place.
type walk struct {
	file  *File
	seen  map[uint64]bool // groups on the way down
	bytes int64           // that what was read takes
	count int
}

// mostValues are read by one call, lest a group that has itself below it many times over be unfolded.
const mostValues = 1 << 16

func (w *walk) value(ctx context.Context, o *hdf5.Object) (any, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	f := w.file
	if w.count++; w.count > mostValues {
		return nil, f.errorf("%s: there are more than %d values: ask for them by name", o.Name(), mostValues)
	}
	e, err := encodingOf(o)
	if err != nil {
		return nil, err
	}
	switch e {
	case nullEncoding:
		return nil, nil
	case arrayEncoding, stringsEncoding:
		d, err := o.Dataset()
		if err != nil {
			return nil, err
		}
		return w.array(ctx, d)
	case csrEncoding, cscEncoding:
		m := &stored{file: f, method: "Value", at: o.Name(), object: o, encoding: e}
		if err := m.locateSparse(); err != nil {
			return nil, err
		}
		if err := w.take(8 * int64(m.data.Len()+m.indptr.Len())); err != nil {
			return nil, err
		}
		return m.read(ctx)
	case frameEncoding:
		rows, err := f.frameRows(ctx, o)
		if err != nil {
			return nil, err
		}
		names, err := texts(o, "column-order")
		if err != nil {
			return nil, err
		}
		if err := w.take(8 * int64(rows) * int64(len(names))); err != nil {
			return nil, err
		}
		t, _, err := f.frame(ctx, o)
		return t, err
	case recordsEncoding:
		d, err := o.Dataset()
		if err != nil {
			return nil, err
		}
		if err := w.take(3 * int64(d.Len()) * int64(d.Type.Size)); err != nil {
			return nil, err
		}
		t, _, err := f.records(ctx, o)
		return t, err
	case categoricalEncoding, integersEncoding, booleansEncoding, wordsEncoding:
		name := "values"
		if e == categoricalEncoding {
			name = "codes"
		}
		d, err := f.part(o, name)
		if err != nil {
			return nil, err
		}
		if err := w.take(16 * int64(d.Len())); err != nil {
			return nil, err
		}
		c, err := f.column(ctx, o, o)
		if err != nil {
			return nil, err
		}
		c.Name = o.Name()[strings.LastIndexByte(o.Name(), '/')+1:]
		return &c, nil
	case dictEncoding:
		return w.dict(ctx, o)
	}
	return nil, unknownColumn("it is kept as " + string(e) + ", which is not known")
}

// take counts bytes that are to be read.
func (w *walk) take(n int64) error {
	w.bytes += n
	return w.file.memory("Value", w.bytes, "ask for parts of it by name")
}

func (w *walk) dict(ctx context.Context, o *hdf5.Object) (any, error) {
	if w.seen[o.Address()] {
		return nil, w.file.errorf("%s: it is damaged: it lies within itself", o.Name())
	}
	w.seen[o.Address()] = true
	defer delete(w.seen, o.Address())
	names, err := o.Links()
	if err != nil {
		return nil, err
	}
	all := map[string]any{}
	for _, name := range names {
		p, err := o.Open(name)
		if err != nil {
			return nil, err
		}
		if p == nil { // a soft link to nowhere
			continue
		}
		v, err := w.value(ctx, p)
		if _, unknown := err.(unknownColumn); unknown {
			continue
		}
		if err != nil {
			return nil, err
		}
		all[name] = v
	}
	return all, nil
}

// array reads numbers, truth values or strings of any shape.
func (w *walk) array(ctx context.Context, d *hdf5.Dataset) (any, error) {
	if d.Null {
		return nil, nil
	}
	if err := d.Claim(); err != nil {
		return nil, err
	}
	if err := w.take(int64(d.Len()) * int64(8+d.Type.Size)); err != nil {
		return nil, err
	}
	n, rows := d.Len(), d.Rows()
	switch {
	case d.Type.Class == hdf5.String || d.Type.Class == hdf5.Variable && d.Type.Text:
		words, err := d.Strings(ctx, 0, rows)
		return single(d, words), err
	case d.Type.Class == hdf5.Enum:
		codes := make([]int, n)
		if err := hdf5.Read(ctx, d, codes, 0, rows, nil); err != nil {
			return nil, err
		}
		if !d.Type.Bool() {
			return single(d, codes), nil
		}
		truths := make([]bool, n)
		for i, v := range codes {
			truths[i] = v != 0
		}
		return single(d, truths), nil
	case d.Type.Class == hdf5.Integer && len(d.Shape) <= 1:
		numbers := make([]int, n)
		err := hdf5.Read(ctx, d, numbers, 0, rows, nil)
		return single(d, numbers), err
	case d.Type.Class == hdf5.Integer, d.Type.Class == hdf5.Float:
		numbers := make([]float64, n)
		if err := hdf5.Read(ctx, d, numbers, 0, rows, nil); err != nil {
			return nil, err
		}
		if len(d.Shape) > 1 {
			return &Array{Shape: d.Shape, Values: numbers}, nil
		}
		return single(d, numbers), nil
	}
	return nil, unknownColumn("its elements are " + d.Type.String())
}

// single returns the one value of a scalar, or all.
func single[T any](d *hdf5.Dataset, values []T) any {
	if len(d.Shape) == 0 && len(values) == 1 {
		return values[0]
	}
	return values
}
