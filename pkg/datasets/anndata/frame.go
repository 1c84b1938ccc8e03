package anndata

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/flatland-go/flatland/pkg/datasets/anndata/internal/hdf5"
	"github.com/flatland-go/flatland/pkg/datasets/table"
)

// Table returns the data frame at a place: "obs", "var", "raw/var", "obsm/scores"; its index is what Names returns. Columns have the
// order of the file. Numbers are float64, in which integers are exact up to 2⁵³, NaN where they are missing; truth values are a
// category of "false" and "true"; categories whose words are numbers are written as short as they are exact. A column of another kind
// is left out, and Notes says why.
//
// Memory: 8 bytes a number or category, 16 and its letters a text. Errors: *mat32.ParamError where there is no such place,
// *mat32.FileError where it holds no data frame or is damaged, *mat32.MemoryError, and that of ctx.
func (f *File) Table(ctx context.Context, at string) (*table.Table, error) {
	o, err := f.find("Table", at)
	if err != nil {
		return nil, err
	}
	e, err := encodingOf(o)
	if err != nil {
		return nil, err
	}
	var t *table.Table
	switch e {
	case frameEncoding:
		t, _, err = f.frame(ctx, o)
	case recordsEncoding:
		t, _, err = f.records(ctx, o)
	default:
		return nil, f.errorf("%s: it is no data frame but %s", alias(at), e)
	}
	if err != nil {
		return nil, f.wrap(alias(at), err)
	}
	return t, nil
}

// Names returns the index of the data frame at a place: of "obs" the names of the cells, of "var" those of the genes. Errors are as
// Table's.
func (f *File) Names(ctx context.Context, at string) ([]string, error) {
	o, err := f.find("Names", at)
	if err != nil {
		return nil, err
	}
	e, err := encodingOf(o)
	if err != nil {
		return nil, err
	}
	var names []string
	switch e {
	case frameEncoding:
		names, err = f.index(ctx, o)
	case recordsEncoding:
		_, names, err = f.records(ctx, o)
	default:
		return nil, f.errorf("%s: it is no data frame but %s", alias(at), e)
	}
	if err != nil {
		return nil, f.wrap(alias(at), err)
	}
	return names, nil
}

// frameRows returns the number of rows of a data frame, of which nothing is read.
func (f *File) frameRows(ctx context.Context, o *hdf5.Object) (int, error) {
	if o.IsDataset() {
		d, err := o.Dataset()
		if err != nil {
			return 0, err
		}
		return d.Len(), nil
	}
	i, err := f.indexObject(o)
	if err != nil {
		return 0, err
	}
	if i.IsDataset() {
		d, err := i.Dataset()
		if err != nil {
			return 0, err
		}
		return d.Len(), nil
	}
	for _, name := range []string{"values", "codes"} { // of a nullable or categorical index
		if values, err := i.Open(name); values != nil && err == nil {
			d, err := values.Dataset()
			if err != nil {
				return 0, err
			}
			return d.Len(), nil
		}
	}
	return 0, f.errorf("%s: its index is kept in a way that is not known", o.Name())
}

func (f *File) indexObject(o *hdf5.Object) (*hdf5.Object, error) {
	name, err := text(o, "_index")
	if err != nil {
		return nil, err
	}
	if name == "" {
		name = "_index"
	}
	i, err := o.Open(name)
	if err == nil && i == nil {
		err = f.errorf("%s: it is damaged: it has no index %q", o.Name(), name)
	}
	return i, err
}

// index reads the index of a data frame.
func (f *File) index(ctx context.Context, o *hdf5.Object) ([]string, error) {
	i, err := f.indexObject(o)
	if err != nil {
		return nil, err
	}
	c, err := f.column(ctx, o, i)
	if err != nil {
		return nil, err
	}
	return words(c), nil
}

// words returns the values of a column in words.
func words(c table.Column) []string {
	switch c.Kind {
	case table.Text:
		return c.Texts
	case table.Category:
		out := make([]string, len(c.Codes))
		for i, code := range c.Codes {
			if code >= 0 {
				out[i] = c.Names[code]
			}
		}
		return out
	}
	return numerals(c.Numbers)
}

// numerals writes numbers as short as they are exact.
func numerals(numbers []float64) []string {
	out := make([]string, len(numbers))
	for i, v := range numbers {
		out[i] = strconv.FormatFloat(v, 'g', -1, 64)
		if v == math.Trunc(v) && math.Abs(v) < 1e15 {
			out[i] = strconv.FormatFloat(v, 'f', -1, 64)
		}
	}
	return out
}

// frame reads a data frame and returns the number of its rows.
func (f *File) frame(ctx context.Context, o *hdf5.Object) (*table.Table, int, error) {
	rows, err := f.frameRows(ctx, o)
	if err != nil {
		return nil, 0, err
	}
	names, err := texts(o, "column-order")
	if err != nil {
		return nil, 0, err
	}
	if err := f.memory("Table", int64(rows)*int64(len(names))*8, ""); err != nil {
		return nil, 0, err
	}
	t := &table.Table{}
	for _, name := range names {
		if err := ctx.Err(); err != nil {
			return nil, 0, err
		}
		p, err := o.Open(name)
		if err == nil && p == nil {
			err = f.errorf("%s: it is damaged: its column %s is not there", o.Name(), name)
		}
		if err != nil {
			return nil, 0, err
		}
		c, err := f.column(ctx, o, p)
		if unknown, ok := err.(unknownColumn); ok {
			t.Notes = append(t.Notes, fmt.Sprintf("the column %s is left out: %s", name, string(unknown)))
			continue
		}
		if err != nil {
			return nil, 0, err
		}
		if c.Rows() != rows {
			return nil, 0, f.errorf("%s: it is damaged: its column %s has %d rows, not %d", o.Name(), name, c.Rows(), rows)
		}
		c.Name = name
		t.Columns = append(t.Columns, c)
	}
	return t, rows, nil
}

// unknownColumn says why a column cannot be one of a table.
type unknownColumn string

func (u unknownColumn) Error() string { return string(u) }

// column reads a column; frame is what it is of.
func (f *File) column(ctx context.Context, frame, o *hdf5.Object) (c table.Column, err error) {
	e, err := encodingOf(o)
	if err != nil {
		return c, err
	}
	switch e {
	case arrayEncoding, stringsEncoding:
		d, err := o.Dataset()
		if err != nil {
			return c, err
		}
		if len(d.Shape) != 1 {
			return c, unknownColumn(fmt.Sprintf("its shape is %v", d.Shape))
		}
		// Version 0.7 kept codes, and a reference to what they mean.
		a, err := o.Attribute("categories")
		if err != nil {
			return c, err
		}
		if a == nil {
			return f.list(ctx, d)
		}
		categories, err := a.Object()
		if err != nil {
			return c, err
		}
		return f.categorical(ctx, d, categories)
	case categoricalEncoding:
		codes, err := f.part(o, "codes")
		if err != nil {
			return c, err
		}
		categories, err := o.Open("categories")
		if err == nil && categories == nil {
			err = f.errorf("%s: it is damaged: it has no categories", o.Name())
		}
		if err != nil {
			return c, err
		}
		return f.categorical(ctx, codes, categories)
	case integersEncoding, booleansEncoding, wordsEncoding:
		return f.nullable(ctx, o)
	}
	return c, unknownColumn("it is kept as " + string(e))
}

// list reads numbers, truth values or strings.
func (f *File) list(ctx context.Context, d *hdf5.Dataset) (c table.Column, err error) {
	n := d.Len()
	if err := d.Claim(); err != nil {
		return c, err
	}
	if err := f.memory("Table", int64(n)*int64(8+d.Type.Size), ""); err != nil {
		return c, err
	}
	rows := d.Rows()
	switch {
	case d.Type.Bool():
		codes := make([]int, n)
		err = hdf5.Read(ctx, d, codes, 0, rows, nil)
		return truths(codes), err
	case d.Type.Class == hdf5.Integer || d.Type.Class == hdf5.Float:
		c.Numbers = make([]float64, n)
		return c, hdf5.Read(ctx, d, c.Numbers, 0, rows, nil)
	case d.Type.Class == hdf5.Enum:
		return enumeration(ctx, d)
	case d.Type.Class == hdf5.String || d.Type.Class == hdf5.Variable && d.Type.Text:
		c.Kind = table.Text
		c.Texts, err = d.Strings(ctx, 0, rows)
		return c, err
	}
	return c, unknownColumn("its elements are " + d.Type.String())
}

// truths returns a column of what is 0, 1 or, where it is missing, −1.
func truths(codes []int) table.Column {
	for i, v := range codes {
		if v > 0 {
			codes[i] = 1
		}
	}
	return table.Column{Kind: table.Category, Codes: codes, Names: []string{"false", "true"}}
}

// enumeration reads a column of an HDF5 enumeration.
func enumeration(ctx context.Context, d *hdf5.Dataset) (table.Column, error) {
	c := table.Column{Kind: table.Category, Codes: make([]int, d.Len()), Names: d.Type.Words}
	if err := hdf5.Read(ctx, d, c.Codes, 0, d.Rows(), nil); err != nil {
		return c, err
	}
	place := map[int]int{}
	for i, v := range d.Type.Values {
		place[int(v)] = i
	}
	for i, v := range c.Codes {
		code, ok := place[v]
		if !ok {
			code = -1
		}
		c.Codes[i] = code
	}
	return c, nil
}

// categorical reads a column of codes and their categories.
func (f *File) categorical(ctx context.Context, d *hdf5.Dataset, categories *hdf5.Object) (c table.Column, err error) {
	if err := d.Claim(); err != nil {
		return c, err
	}
	if err := f.memory("Table", 8*int64(d.Len()), ""); err != nil {
		return c, err
	}
	codes := make([]int, d.Len())
	if err := hdf5.Read(ctx, d, codes, 0, d.Rows(), nil); err != nil {
		return c, err
	}
	names, err := f.categories(ctx, categories)
	if err != nil {
		return c, err
	}
	return f.coded(d.Name(), codes, names)
}

// categories reads the words of a categorical column.
func (f *File) categories(ctx context.Context, o *hdf5.Object) ([]string, error) {
	e, err := encodingOf(o)
	if err != nil {
		return nil, err
	}
	var c table.Column
	switch e {
	case integersEncoding, booleansEncoding, wordsEncoding:
		c, err = f.nullable(ctx, o)
	case arrayEncoding, stringsEncoding:
		var d *hdf5.Dataset
		if d, err = o.Dataset(); err == nil {
			c, err = f.list(ctx, d)
		}
	default:
		err = unknownColumn("its categories are kept as " + string(e))
	}
	return words(c), err
}

// coded returns a categorical column.
func (f *File) coded(name string, codes []int, names []string) (c table.Column, err error) {
	for i, code := range codes {
		if code < -1 || code >= len(names) {
			return c, f.errorf("%s: it is damaged: row %d has the category %d of %d", name, i, code, len(names))
		}
	}
	return table.Column{Kind: table.Category, Codes: codes, Names: names}, nil
}

// nullable reads a column of values, and a mask of those that are missing.
func (f *File) nullable(ctx context.Context, o *hdf5.Object) (c table.Column, err error) {
	values, err := f.part(o, "values")
	if err != nil {
		return c, err
	}
	if c, err = f.list(ctx, values); err != nil {
		return c, err
	}
	// Until version 0.8 a mask might be left out where nothing is missing.
	if p, err := o.Open("mask"); p == nil {
		return c, err
	}
	d, err := f.part(o, "mask")
	if err != nil {
		return c, err
	}
	if err := d.Claim(); err != nil {
		return c, err
	}
	if d.Len() != c.Rows() {
		return c, f.errorf("%s: it is damaged: %d values have a mask of %d", o.Name(), c.Rows(), d.Len())
	}
	mask := make([]int, d.Len())
	if err := hdf5.Read(ctx, d, mask, 0, d.Rows(), nil); err != nil {
		return c, err
	}
	for i, m := range mask {
		switch {
		case m == 0:
		case c.Kind == table.Number:
			c.Numbers[i] = math.NaN()
		case c.Kind == table.Category:
			c.Codes[i] = -1
		default:
			c.Texts[i] = ""
		}
	}
	return c, nil
}

// records reads the table that a dataset of compounds is: data frames were that until version 0.6, with their index in the field
// "index", and the words of categories elsewhere.
func (f *File) records(ctx context.Context, o *hdf5.Object) (*table.Table, []string, error) {
	d, err := o.Dataset()
	if err != nil {
		return nil, nil, err
	}
	fields, err := f.fields(ctx, d)
	if err != nil {
		return nil, nil, err
	}
	t := &table.Table{}
	var names []string
	for _, field := range fields {
		c, err := f.field(ctx, field)
		if unknown, ok := err.(unknownColumn); ok {
			t.Notes = append(t.Notes, fmt.Sprintf("the column %s is left out: %s", field.Name, string(unknown)))
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		c.Name = field.Name
		if slices.Contains([]string{"index", "_index"}, c.Name) && names == nil {
			names = words(c)
			continue
		}
		t.Columns = append(t.Columns, c)
	}
	return t, names, nil
}

// field reads a column of records.
func (f *File) field(ctx context.Context, field hdf5.Field) (c table.Column, err error) {
	switch t := field.Type; {
	case t.Class == hdf5.String || t.Class == hdf5.Variable && t.Text:
		c.Kind = table.Text
		c.Texts, err = field.Strings()
		return c, err
	case t.Bool():
		codes, err := field.Ints()
		return truths(codes), err
	case t.Class == hdf5.Integer:
		categories, err := f.root.Open("uns/" + field.Name + "_categories")
		if err != nil {
			return c, err
		}
		if categories != nil && categories.IsDataset() {
			codes, err := field.Ints()
			if err != nil {
				return c, err
			}
			names, err := f.categories(ctx, categories)
			if err != nil {
				return c, err
			}
			return f.coded(field.Name, codes, names)
		}
		fallthrough
	case t.Class == hdf5.Float:
		c.Numbers, err = field.Floats()
		return c, err
	default:
		return c, unknownColumn("its elements are " + t.String())
	}
}
