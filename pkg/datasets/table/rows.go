package table

import (
	"context"
	"fmt"
	"io"
	"iter"

	"github.com/flatland-go/flatland/pkg/datasets/internal/source"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// Rows returns the rows of a file, of the Columns, as a stream of float32 for what learns in one pass, such as dr.IncrementalPCA:
// memory is a few MiB and that of a row, however long the file is. Every reading opens the file, tells whoever watches ctx, and ends
// with ctx. All cells must be numbers: one that is not, is missing or is beyond float32 ends the reading with a *mat32.FileError that
// names its line and column, and an infinity with the *mat32.NotFiniteError of Batches. The beginning of the file is read at once,
// with the errors of Open, to find the columns.
func (c CSV) Rows(ctx context.Context, path string) (*mat32.Rows, error) {
	s, err := c.spelling()
	if err != nil {
		return nil, err
	}
	l := &layout{CSV: c, spelling: s}
	open := func() (*source.File, *builder, error) {
		file, err := source.Open(ctx, csvKind, path)
		if err != nil {
			return nil, nil, err
		}
		b, err := l.start(file)
		if err != nil {
			file.Close()
		}
		return file, b, err
	}
	file, _, err := open()
	if err != nil {
		return nil, err
	}
	file.Close()
	if err := l.choose(); err != nil {
		return nil, err
	}
	tasks := make([]task, len(l.names))
	for slot, column := range l.chosen {
		if l.forced(column, Category) || l.forced(column, Text) {
			return nil, &mat32.ParamError{Method: "table.CSV.Rows", Param: "Columns", Value: fmt.Sprintf("%q, which Types makes words", l.names[column]), Want: "columns of numbers"}
		}
		tasks[column] = task{do: takeNumber, slot: slot, required: true}
	}
	return mat32.RowsFrom(len(l.chosen), func() iter.Seq2[[]float32, error] {
		return func(yield func([]float32, error) bool) {
			file, b, err := open()
			if err != nil {
				yield(nil, err)
				return
			}
			defer file.Close()
			b.tasks = tasks
			if err := b.stream(ctx, l, yield); err != nil {
				yield(nil, err)
			}
		}
	}), nil
}

// start opens a file at its first row of data.
func (l *layout) start(file *source.File) (*builder, error) {
	b := &builder{spelling: l.spelling, limit: l.MemoryLimit, left: -1, line: 1 + l.SkipLines}
	if l.MaxRows > 0 {
		b.left = l.MaxRows
	}
	var err error
	if b.chunks, err = open(file, l.SkipLines); err != nil {
		return nil, err
	}
	return b, l.begin(b)
}

// stream gives rows to yield as long as it takes them.
func (b *builder) stream(ctx context.Context, l *layout, yield func([]float32, error) bool) error {
	p := newParser(b.spelling, b.tasks)
	p.strict = true
	width := len(l.chosen)
	row := make([]float32, width)
	for b.left != 0 {
		chunk, _, err := b.take(p)
		switch err {
		case nil:
		case io.EOF:
			return nil
		case errLongRow:
			return b.longRow(chunk)
		default:
			return err
		}
		p.limit = b.left
		p.parse(chunk)
		for r := range p.rows {
			if err := ctx.Err(); err != nil {
				return err
			}
			for j, v := range p.numbers[r*width : (r+1)*width] {
				row[j] = float32(v)
			}
			if !yield(row, nil) {
				return nil
			}
		}
		if b.left > 0 {
			b.left -= p.rows
		}
		if at := nulAt(chunk); at >= 0 && b.left != 0 {
			p.wrong = trouble{at, -1, nulReason}
		}
		if p.wrong.reason != "" && b.left != 0 {
			return b.trouble(chunk, p.wrong)
		}
		b.line += lines(chunk)
	}
	return nil
}
