package columnar

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/metadata"
	"github.com/apache/arrow-go/v18/parquet/schema"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/datasets/internal/source"
	"github.com/flatland-go/flatland/pkg/datasets/table"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// Compression packs the pages of a Parquet file.
type Compression int

// The compressions.
const (
	Zstd   Compression = iota
	Snappy             // packs less, and is read faster
	Gzip
	Uncompressed
)

// String returns the compression in a word.
func (c Compression) String() string {
	switch c {
	case Zstd:
		return "zstd"
	case Snappy:
		return "snappy"
	case Gzip:
		return "gzip"
	case Uncompressed:
		return "uncompressed"
	}
	return fmt.Sprintf("Compression(%d)", int(c))
}

// Save writes a table to a file, which appears when all is written: see Write.
func (p Parquet) Save(path string, t *table.Table) error {
	return source.Save(path, func(w io.Writer) error { return p.Write(w, t) })
}

// Write writes a table: numbers as double, words as strings, categories so that pandas and Polars find them again, and what is
// missing (NaN, no word) as null. Errors: *mat32.ParamError for options, codes that no word has and names that are there twice,
// *mat32.ShapeError for columns of different lengths, and those of w.
func (p Parquet) Write(w io.Writer, t *table.Table) error {
	if t == nil {
		return &mat32.ShapeError{What: "table", Want: "a table"}
	}
	out := make([]leafWriter, len(t.Columns))
	for j := range t.Columns {
		c := &t.Columns[j]
		if c.Rows() != t.Rows() {
			return &mat32.ShapeError{What: fmt.Sprintf("columnar.Parquet: column %q", c.Name), Rows: c.Rows(), Cols: 1, Want: fmt.Sprintf("%d rows", t.Rows())}
		}
		out[j].name = c.Name
		switch c.Kind {
		case table.Number:
			out[j].physical, out[j].kind = parquet.Types.Double, arrow.PrimitiveTypes.Float64
			out[j].write = func(cw file.ColumnChunkWriter, lo, hi int) error { return writeNumbers(cw, c.Numbers[lo:hi]) }
		case table.Category:
			for i, k := range c.Codes {
				if k < -1 || k >= len(c.Names) {
					return &mat32.ParamError{Method: "columnar.Parquet", Param: fmt.Sprintf("code of row %d of column %q", i, c.Name), Value: k, Want: fmt.Sprintf("−1 to %d", len(c.Names)-1)}
				}
			}
			out[j].physical, out[j].kind = parquet.Types.ByteArray, &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String}
			out[j].write = func(cw file.ColumnChunkWriter, lo, hi int) error {
				return writeWords(cw, lo, hi, func(i int) (string, bool) {
					if k := c.Codes[i]; k >= 0 {
						return c.Names[k], true
					}
					return "", false
				})
			}
		case table.Text:
			out[j].physical, out[j].kind = parquet.Types.ByteArray, arrow.BinaryTypes.String
			out[j].write = func(cw file.ColumnChunkWriter, lo, hi int) error {
				return writeWords(cw, lo, hi, func(i int) (string, bool) { return c.Texts[i], c.Texts[i] != "" })
			}
		default:
			return &mat32.ParamError{Method: "columnar.Parquet", Param: fmt.Sprintf("kind of column %q", c.Name), Value: int(c.Kind), Want: "Number, Category or Text"}
		}
	}
	return p.write(w, out, t.Rows())
}

// SaveMatrix writes a matrix to a file, which appears when all is written: see WriteMatrix.
func (p Parquet) SaveMatrix(path string, x mat.Matrix, names ...string) error {
	return source.Save(path, func(w io.Writer) error { return p.WriteMatrix(w, x, names...) })
}

// WriteMatrix writes a matrix of columns with the given names, or x0, x1 and so on where there are none; with one name for several
// columns every row is a list of that name, as embeddings are kept. Values are float for the matrices of mat32 and double for
// others; NaN is written as such. Errors: *mat32.ShapeError for another number of names, and as Write.
func (p Parquet) WriteMatrix(w io.Writer, x mat.Matrix, names ...string) error {
	if x == nil {
		return &mat32.ShapeError{What: "x", Want: "a matrix"}
	}
	n, d := x.Dims()
	single := false
	switch x.(type) {
	case *mat32.Dense, *mat32.CSR:
		single = true
	}
	physical, kind := parquet.Types.Double, arrow.PrimitiveTypes.Float64
	if single {
		physical, kind = parquet.Types.Float, arrow.PrimitiveTypes.Float32
	}
	if len(names) == 1 && d > 1 {
		list := leafWriter{name: names[0], physical: physical, kind: arrow.FixedSizeListOf(int32(d), kind), list: true}
		list.write = func(cw file.ColumnChunkWriter, lo, hi int) error { return writeLists(cw, x, lo, hi, d) }
		return p.write(w, []leafWriter{list}, n)
	}
	if len(names) == 0 {
		for j := range d {
			names = append(names, fmt.Sprintf("x%d", j))
		}
	}
	if len(names) != d {
		return &mat32.ShapeError{What: "names", Rows: len(names), Cols: 1, Want: fmt.Sprintf("one, or one for each of %d columns", d)}
	}
	out := make([]leafWriter, d)
	for j := range out {
		out[j] = leafWriter{name: names[j], physical: physical, kind: kind, required: true}
		out[j].write = func(cw file.ColumnChunkWriter, lo, hi int) error { return writeColumn(cw, x, lo, hi, j) }
	}
	return p.write(w, out, n)
}

// leafWriter is a column to write.
type leafWriter struct {
	name     string
	physical parquet.Type
	kind     arrow.DataType
	required bool // nothing is missing
	list     bool
	write    func(cw file.ColumnChunkWriter, lo, hi int) error
}

// node returns the column's place in the schema of the file, and in that of Arrow.
func (l *leafWriter) node() (schema.Node, arrow.Field, error) {
	repetition := parquet.Repetitions.Optional
	if l.required {
		repetition = parquet.Repetitions.Required
	}
	as := arrow.Field{Name: l.name, Type: l.kind, Nullable: !l.required}
	if !l.list {
		var logical schema.LogicalType = schema.NoLogicalType{}
		if l.physical == parquet.Types.ByteArray {
			logical = schema.StringLogicalType{}
		}
		n, err := schema.NewPrimitiveNodeLogical(l.name, repetition, logical, l.physical, -1, -1)
		return n, as, err
	}
	as.Nullable = false
	element, err := schema.NewPrimitiveNode("element", parquet.Repetitions.Required, l.physical, -1, -1)
	if err != nil {
		return nil, as, err
	}
	group, err := schema.NewGroupNode("list", parquet.Repetitions.Repeated, schema.FieldList{element}, -1)
	if err != nil {
		return nil, as, err
	}
	n, err := schema.NewGroupNodeLogical(l.name, parquet.Repetitions.Required, schema.FieldList{group}, schema.NewListLogicalType(), -1)
	return n, as, err
}

const defaultRowGroup = 1 << 16

func (p Parquet) write(w io.Writer, columns []leafWriter, rows int) (err error) {
	codec, ok := map[Compression]compress.Compression{Zstd: compress.Codecs.Zstd, Snappy: compress.Codecs.Snappy, Gzip: compress.Codecs.Gzip, Uncompressed: compress.Codecs.Uncompressed}[p.Compression]
	if !ok {
		return &mat32.ParamError{Method: "columnar.Parquet", Param: "Compression", Value: p.Compression, Want: "Zstd, Snappy, Gzip or Uncompressed"}
	}
	step := p.RowGroup
	if step == 0 {
		step = defaultRowGroup
	}
	if step < 0 {
		return &mat32.ParamError{Method: "columnar.Parquet", Param: "RowGroup", Value: p.RowGroup, Want: "1 row or more, or 0 for 65 536"}
	}
	if len(columns) == 0 {
		return &mat32.ShapeError{What: "columnar.Parquet: the table", Rows: rows, Want: "at least one column"}
	}
	nodes, fields := make(schema.FieldList, len(columns)), make([]arrow.Field, len(columns))
	seen := map[string]bool{}
	for j := range columns {
		if seen[columns[j].name] {
			return &mat32.ParamError{Method: "columnar.Parquet", Param: "name of a column", Value: fmt.Sprintf("%q", columns[j].name), Want: "names that are there once"}
		}
		seen[columns[j].name] = true
		if nodes[j], fields[j], err = columns[j].node(); err != nil {
			return err
		}
	}
	root, err := schema.NewGroupNode("schema", parquet.Repetitions.Required, nodes, -1)
	if err != nil {
		return err
	}
	hint, err := encodeSchema(arrow.NewSchema(fields, nil))
	if err != nil {
		return err
	}
	kv := metadata.NewKeyValueMetadata()
	if err := kv.Append("ARROW:schema", hint); err != nil {
		return err
	}
	properties := []parquet.WriterProperty{parquet.WithCompression(codec), parquet.WithVersion(parquet.V2_LATEST), parquet.WithMaxRowGroupLength(math.MaxInt64), parquet.WithCreatedBy("flatland")}
	for j := range columns {
		if columns[j].physical != parquet.Types.ByteArray { // numbers seldom come again
			properties = append(properties, parquet.WithDictionaryDefault(false))
			break
		}
	}
	for j := range columns {
		if columns[j].physical == parquet.Types.ByteArray {
			properties = append(properties, parquet.WithDictionaryPath(parquet.ColumnPath{columns[j].name}, true))
		}
	}
	out, err := file.NewParquetWriterWithError(onlyWriter{w}, root, file.WithWriterProps(parquet.NewWriterProperties(properties...)), file.WithWriteMetadata(kv))
	if err != nil {
		return err
	}
	for lo := 0; lo < rows; {
		hi := min(rows, lo+min(step, rows-lo))
		group, err := out.AppendRowGroupChecked()
		if err != nil {
			return err
		}
		for j := range columns {
			cw, err := group.NextColumn()
			if err != nil {
				return err
			}
			if err := columns[j].write(cw, lo, hi); err != nil {
				return err
			}
			if err := cw.Close(); err != nil {
				return err
			}
		}
		if err := group.Close(); err != nil {
			return err
		}
		lo = hi
	}
	return out.Close()
}

// onlyWriter hides that what is written to can be closed.
type onlyWriter struct{ io.Writer }

// encodeSchema returns a schema as Arrow's writers leave it in a Parquet file.
func encodeSchema(s *arrow.Schema) (string, error) {
	var b bytes.Buffer
	w := ipc.NewWriter(&b, ipc.WithSchema(s))
	if err := w.Close(); err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(b.Bytes()), nil
}

func writeNumbers(cw file.ColumnChunkWriter, values []float64) error {
	present, levels := make([]float64, 0, len(values)), make([]int16, len(values))
	for i, v := range values {
		if v == v {
			levels[i] = 1
			present = append(present, v)
		}
	}
	_, err := cw.(*file.Float64ColumnChunkWriter).WriteBatch(present, levels, nil)
	return err
}

func writeWords(cw file.ColumnChunkWriter, lo, hi int, word func(i int) (string, bool)) error {
	present, levels := make([]parquet.ByteArray, 0, hi-lo), make([]int16, hi-lo)
	for i := lo; i < hi; i++ {
		if w, ok := word(i); ok {
			levels[i-lo] = 1
			present = append(present, parquet.ByteArray(w))
		}
	}
	_, err := cw.(*file.ByteArrayColumnChunkWriter).WriteBatch(present, levels, nil)
	return err
}

func writeColumn(cw file.ColumnChunkWriter, x mat.Matrix, lo, hi, j int) (err error) {
	switch cw := cw.(type) {
	case *file.Float32ColumnChunkWriter:
		values := make([]float32, hi-lo)
		for i := range values {
			values[i] = float32(x.At(lo+i, j))
		}
		_, err = cw.WriteBatch(values, nil, nil)
	case *file.Float64ColumnChunkWriter:
		values := make([]float64, hi-lo)
		for i := range values {
			values[i] = x.At(lo+i, j)
		}
		_, err = cw.WriteBatch(values, nil, nil)
	}
	return err
}

// writeLists writes rows as lists, some at a time.
func writeLists(cw file.ColumnChunkWriter, x mat.Matrix, lo, hi, d int) (err error) {
	step := max(1, 1<<16/d)
	for ; lo < hi && err == nil; lo += step {
		n := min(step, hi-lo)
		definition, repetition := make([]int16, n*d), make([]int16, n*d)
		for k := range definition {
			definition[k] = 1
			if k%d > 0 {
				repetition[k] = 1
			}
		}
		switch cw := cw.(type) {
		case *file.Float32ColumnChunkWriter:
			values := make([]float32, n*d)
			for k := range values {
				values[k] = float32(x.At(lo+k/d, k%d))
			}
			_, err = cw.WriteBatch(values, definition, repetition)
		case *file.Float64ColumnChunkWriter:
			values := make([]float64, n*d)
			for k := range values {
				values[k] = x.At(lo+k/d, k%d)
			}
			_, err = cw.WriteBatch(values, definition, repetition)
		}
	}
	return err
}
