package columnar

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"sync/atomic"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/schema"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/datasets/internal/source"
	"github.com/flatland-go/flatland/pkg/datasets/table"
	"github.com/flatland-go/flatland/pkg/mat32"
)

const parquetKind = "Parquet file"

// Parquet reads and writes Parquet files.
//
// Integers, floats and decimals of any width are numbers, a missing value NaN; booleans are a category of "false" and "true" in
// tables, and 0 and 1 in matrices. Strings are a category or text by the rule of table.CSV, and a category where the file says
// so, as of pandas' Categorical. Times and dates are seconds since 1970 (UTC where the file knows the zone), times of day seconds
// since midnight; the table's Notes say so. Lists of numbers that are all of one length, as embeddings, are that many columns,
// named embedding[0] and so on; the parts of a structure are columns, named by both with a point between. Bytes, maps, lists of
// words, lists within lists and ragged lists are left out, with a note, or an error where Columns asks for them; so is the column
// in which pandas keeps an index without a name.
//
// Source: the Apache Parquet format, version 2.12.
type Parquet struct {
	// Columns are the names of those to read, in the order they are to have; that of a structure means all its parts. Default all.
	Columns []string

	// MemoryLimit in bytes refuses what would need more. Default GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64

	// Compression packs what is written. Default Zstd. Reading ignores it, and unpacks what Parquet knows but LZO.
	Compression Compression

	// RowGroup is how many rows are written together; more are packed better, and take more memory. Default 65 536. Reading
	// ignores it.
	RowGroup int
}

// Open returns the table in a file, read column by column on every core. Memory is that of the table, 8 bytes a number, 4 to 16
// and the words of text, and twice that of one column; lists twice. Errors: those of os.Open, *mat32.FileError naming the column
// where it is of one, *mat32.ParamError for Columns that the file has not, *mat32.MemoryError, and ctx.Err().
func (p Parquet) Open(ctx context.Context, path string) (*table.Table, error) {
	return p.reader(path).table(ctx)
}

// OpenDense returns the numbers in a file as a matrix, with the names of its columns; words are left out, and errors where Columns
// asks for them; so are ragged lists in any case. Missing values are NaN, and numbers beyond float32 errors. Memory is 8 bytes a
// value, of which the matrix is half. Errors: as Open.
func (p Parquet) OpenDense(ctx context.Context, path string) (x *mat32.Dense, names []string, err error) {
	return p.reader(path).matrix(ctx)
}

// Rows returns the numbers in a file, as OpenDense does, as a stream of rows. Every reading opens the file, tells whoever watches
// ctx, and ends with ctx. Memory is that of a page of every column, mostly 1 MiB, and of 1024 rows, or 65 536 where there are no
// lists. Errors: as Open, within the stream as well.
func (p Parquet) Rows(ctx context.Context, path string) (*mat32.Rows, error) {
	return p.reader(path).stream(ctx)
}

func (p Parquet) reader(path string) *reader {
	r := &reader{method: "columnar.Parquet", kind: parquetKind, path: path, columns: p.Columns, limit: p.MemoryLimit}
	r.begin = func(f *source.File, at *io.SectionReader) (contents, error) {
		if f.Size < 12 {
			return nil, f.Errorf("it is too short to be one")
		}
		if err := checkFooter(f, at); err != nil {
			return nil, err
		}
		most := mostClaimed(f.Size)
		properties := parquet.NewReaderProperties(r.budget(most))
		properties.BufferedStreamEnabled = true
		properties.MaxCompressedPageSize = min(f.Size, most)
		properties.MaxUncompressedPageSize = most
		parsed, err := file.NewParquetReader(at, file.WithReadProps(properties))
		if err != nil {
			return nil, err
		}
		pf := &parquetFile{f: f, r: parsed}
		return pf, pf.describe()
	}
	return r
}

// checkFooter finds footers that say more than they hold.
func checkFooter(f *source.File, at io.ReaderAt) error {
	tail := make([]byte, 8)
	if _, err := at.ReadAt(tail, f.Size-8); err != nil {
		return err
	}
	switch string(tail[4:]) {
	case "PAR1":
	case "PARE":
		return f.Errorf("it is encrypted")
	default:
		return f.Errorf("it does not end in PAR1: it is cut off, or it is no such file")
	}
	length := int64(binary.LittleEndian.Uint32(tail))
	if length > f.Size-12 {
		return f.Errorf("it says that its footer is of %d bytes, and is of %d itself", length, f.Size)
	}
	footer := make([]byte, length)
	if _, err := at.ReadAt(footer, f.Size-8-length); err != nil {
		return err
	}
	if !soundFooter(footer) {
		return f.Errorf(overstated)
	}
	return nil
}

// parquetFile is an open one.
type parquetFile struct {
	f      *source.File
	r      *file.Reader
	list   []field
	leaves []leaf // of the fields
}

// leaf is how a field is stored.
type leaf struct {
	column   *schema.Column
	index    int
	number   func(values any, k int) float64 // nil for text
	element  int16                           // definition level from which a list has an element
	defined  int16                           // that of a value
	repeated bool
	large    bool // integers beyond 2^53 may come
}

func (p *parquetFile) fields() []field { return p.list }
func (p *parquetFile) rows() int64     { return p.r.NumRows() }
func (p *parquetFile) close()          { p.r.Close() }

// describe finds the fields.
func (p *parquetFile) describe() error {
	s := p.r.MetaData().Schema
	words := p.categories()
	for i := range s.NumColumns() {
		c := s.Column(i)
		l := leaf{column: c, index: i, defined: c.MaxDefinitionLevel(), repeated: c.MaxRepetitionLevel() > 0}
		fd := field{list: l.repeated}
		nested := c.MaxRepetitionLevel() > 1
		fd.name, l.element = nameOf(c)
		describeLeaf(c, &fd, &l)
		if mapped(c) {
			nested = true
		}
		switch {
		case nested:
			fd.form, fd.what = unread, "lists within lists, or maps"
		case fd.list && fd.form == text:
			fd.form, fd.what = unread, "lists of words"
		}
		fd.word = fd.form == text && words[fd.name]
		p.list, p.leaves = append(p.list, fd), append(p.leaves, l)
	}
	distinct(p.list)
	return nil
}

// nameOf returns the name of a column with those of the structures around it, and without the two groups that every list is. The
// definition level is that from which its list, where it is in one, has elements.
func nameOf(c *schema.Column) (name string, element int16) {
	var nodes []schema.Node // from the leaf up
	for n := c.SchemaNode(); n != nil && n.Parent() != nil; n = n.Parent() {
		nodes = append(nodes, n)
	}
	var parts []string
	level := int16(0)
	skip := 0
	for k := len(nodes) - 1; k >= 0; k-- {
		n := nodes[k]
		if n.RepetitionType() != parquet.Repetitions.Required {
			level++
		}
		if n.RepetitionType() == parquet.Repetitions.Repeated {
			element = level
			if k < len(nodes)-1 && isList(nodes[k+1]) {
				skip = 1 // this group
				if g, ok := n.(*schema.GroupNode); ok && g.NumFields() == 1 && !isStructured(g.Name(), nodes[k+1].Name()) {
					skip = 2 // and the element in it
				}
			}
		}
		if skip > 0 {
			skip--
			continue
		}
		parts = append(parts, n.Name())
	}
	return strings.Join(parts, "."), element
}

// isStructured reports whether the group within a list is its element, as old writers name it, and no layer around it.
func isStructured(name, list string) bool { return name == "array" || name == list+"_tuple" }

func isList(n schema.Node) bool {
	_, logical := n.LogicalType().(schema.ListLogicalType)
	return logical || n.ConvertedType() == schema.ConvertedTypes.List
}

// mapped reports whether a column is of a map.
func mapped(c *schema.Column) bool {
	for n := c.SchemaNode(); n != nil; n = n.Parent() {
		_, logical := n.LogicalType().(schema.MapLogicalType)
		if logical || n.ConvertedType() == schema.ConvertedTypes.Map || n.ConvertedType() == schema.ConvertedTypes.MapKeyValue {
			return true
		}
	}
	return false
}

// each reads the row groups.
func (p *parquetFile) each(ctx context.Context, columns []*column, keep bool, take func() error) error {
	step := 1 << 16
	for _, c := range columns {
		if c.list {
			step = 1 << 10
		}
	}
	if len(columns) == 0 {
		return nil
	}
	for g := range p.r.NumRowGroups() {
		group := p.r.RowGroup(g)
		left := group.NumRows()
		if left < 0 {
			return p.f.Errorf("row group %d says that it has %d rows", g, left)
		}
		chunks := make([]*chunk, len(columns))
		for k, c := range columns {
			l := &p.leaves[c.place]
			values, err := group.Column(l.index)
			if err != nil {
				return err
			}
			chunks[k] = &chunk{leaf: l, values: values}
		}
		for left > 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
			n := int(min(int64(step), left))
			failed := make([]error, len(columns))
			err := par.Blocks(ctx, len(columns), 1, func(k, _ int) {
				c := columns[k]
				if !keep {
					c.reset()
				}
				rows, err := chunks[k].read(c, n)
				if err == nil && rows < n {
					err = &mat32.FileError{Path: p.f.Path, Kind: p.f.Kind, Column: fmt.Sprintf("%q", c.name), Reason: fmt.Sprintf("row group %d ends %d rows before the %d that it says", g, left-int64(rows), group.NumRows())}
				}
				c.rows += rows
				failed[k] = err
			})
			if err != nil {
				return err
			}
			for _, err := range failed {
				if err != nil {
					return err
				}
			}
			if err := take(); err != nil {
				return err
			}
			left -= int64(n)
		}
	}
	return nil
}

// categories returns the names of the columns of words that were a category when pandas, Polars or Arrow wrote them.
func (p *parquetFile) categories() map[string]bool {
	found := map[string]bool{}
	kv := p.r.MetaData().KeyValueMetadata()
	text := kv.FindValue("ARROW:schema")
	if text == nil {
		return found
	}
	func() {
		defer func() { _ = recover() }() // what is only a hint does no harm
		message, err := base64.StdEncoding.DecodeString(*text)
		if err != nil || !soundArrow(bytes.NewReader(message), int64(len(message)), true) {
			return
		}
		r, err := ipc.NewReader(strings.NewReader(string(message)), ipc.WithMetadataSizeLimit(int64(len(message))), ipc.WithBodySizeLimit(int64(len(message))))
		if err != nil {
			return
		}
		defer r.Release()
		for _, f := range r.Schema().Fields() {
			if f.Type.ID() == arrow.DICTIONARY {
				found[f.Name] = true
			}
		}
	}()
	return found
}

// budget is an allocator that gives no more at a time than it may.
type budget struct {
	method     string
	path       string
	limit      int
	underlying memory.Allocator
	over       atomic.Pointer[mat32.MemoryError] // what was refused
}

func (b *budget) check(size int) {
	if size > b.limit || size < 0 {
		over := &mat32.MemoryError{Method: b.method, Path: b.path, Need: int64(size), Limit: int64(b.limit), Advice: "a piece of the file says that it is so large: it is damaged, or was written in too large pieces"}
		b.over.Store(over)
		panic(over)
	}
}

// budget returns an allocator that gives so many bytes at a time at most.
func (r *reader) budget(most int64) *budget {
	return &budget{method: r.method, path: r.path, limit: int(most), underlying: memory.NewGoAllocator()}
}

// Allocate implements memory.Allocator.
func (b *budget) Allocate(size int) []byte {
	b.check(size)
	return b.underlying.Allocate(size)
}

// Reallocate implements memory.Allocator.
func (b *budget) Reallocate(size int, old []byte) []byte {
	b.check(size)
	return b.underlying.Reallocate(size, old)
}

// Free implements memory.Allocator.
func (b *budget) Free(old []byte) { b.underlying.Free(old) }
