package sparse

import (
	"context"
	"errors"
	"iter"

	"github.com/flatland-go/flatland/pkg/datasets/internal/source"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// errStop ends a reading that nobody asks for more of.
var errStop = errors.New("no more rows are wanted")

// Rows returns the rows of a file as a stream, zeros filled in, for what does not fit into memory. Every reading opens the file,
// tells whoever watches ctx, and ends with ctx. It needs a file whose rows come one after the other: coordinates sorted by row,
// or with Transpose, by column, as those of single cells are, and arrays with Transpose. Symmetric files have no such order.
//
// Errors: those of Open for the header, and a *mat32.FileError within the stream for the rest. Memory is that of two rows, and
// 50 MiB.
func (m MatrixMarket) Rows(ctx context.Context, path string) (*mat32.Rows, error) {
	f, h, err := m.openRows(ctx, path)
	if err != nil {
		return nil, err
	}
	f.Close()
	_, cols := m.shape(h)
	return mat32.RowsFrom(int(cols), func() iter.Seq2[[]float32, error] {
		return func(yield func([]float32, error) bool) {
			f, h, err := m.openRows(ctx, path)
			if err == nil {
				defer f.Close()
				err = m.eachRow(ctx, f, h, int(cols), func(row []float32) bool { return yield(row, nil) })
			}
			if err != nil && !errors.Is(err, errStop) {
				yield(nil, err)
			}
		}
	}), nil
}

// openRows opens a file and reads its header.
func (m MatrixMarket) openRows(ctx context.Context, path string) (*source.File, *header, error) {
	f, err := source.Open(ctx, marketKind, path)
	if err != nil {
		return nil, nil, err
	}
	h, err := readHeader(f)
	if err == nil {
		_, cols := m.shape(h)
		switch {
		case h.mirror != alone:
			err = f.Errorf("it is symmetric, with half of every row in other rows: there is no stream of its rows")
		case h.array && !m.Transpose:
			err = f.Errorf("an array holds its columns one after the other: they are a stream of rows with Transpose")
		case cols == 0:
			err = f.Errorf("its rows are empty: the matrix is %d × %d", h.rows, h.cols)
		default:
			err = m.check(f, cols, 12, "rows of so many columns cannot be read")
		}
	}
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	return f, h, nil
}

// eachRow calls yield with every row of what follows a header. The error is errStop where yield wants no more.
func (m MatrixMarket) eachRow(ctx context.Context, f *source.File, h *header, cols int, yield func([]float32) bool) error {
	if h.array {
		return eachColumn(ctx, f, h, cols, yield)
	}
	rows, _ := m.shape(h)
	row, at := make([]float32, cols), int64(0) // the row to come next, and its number
	var columns []int32
	var values []float32
	finish := func() error {
		n := tidy(columns, values)
		for k, j := range columns[:n] {
			row[j] = values[k]
		}
		if !yield(row) {
			return errStop
		}
		for _, j := range columns[:n] {
			row[j] = 0
		}
		columns, values = columns[:0], values[:0]
		at++
		return nil
	}
	p := h.parser(m.Transpose)
	read := int64(0)
	err := eachBlock(ctx, f, h.line, p.entries, func(block []entry, line int) error {
		for _, e := range block {
			if int64(e.row) < at {
				return f.ErrorAt(line, "", "here, or soon below, its entries leave the order of the rows of the stream: row %d after row %d", e.row+1, at+1)
			}
			for int64(e.row) > at {
				if err := finish(); err != nil {
					return err
				}
			}
			if read++; read > h.entries {
				return f.ErrorAt(line, "", "here, or soon below, more entries begin than the %d of the header", h.entries)
			}
			if len(columns) > 2*cols+blockSize { // duplicates without end
				columns = columns[:tidy(columns, values)]
				values = values[:len(columns)]
			}
			columns, values = append(columns, e.col), append(values, e.value)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if read < h.entries {
		return f.Errorf("it ends after %d of its %d entries: it is cut off", read, h.entries)
	}
	for at < rows {
		if err := finish(); err != nil {
			return err
		}
	}
	return nil
}

// eachColumn calls yield with every column of an array.
func eachColumn(ctx context.Context, f *source.File, h *header, length int, yield func([]float32) bool) error {
	column, done := make([]float32, 0, length), int64(0)
	err := eachBlock(ctx, f, h.line, h.numbers, func(block []float32, line int) error {
		for len(block) > 0 {
			if done == h.cols {
				return f.ErrorAt(line, "", "here, or soon below, more values begin than those of a matrix of %d × %d", h.rows, h.cols)
			}
			n := min(len(block), length-len(column))
			column, block = append(column, block[:n]...), block[n:]
			if len(column) == length {
				if !yield(column) {
					return errStop
				}
				column = column[:0]
				done++
			}
		}
		return nil
	})
	if err == nil && done < h.cols {
		err = f.Errorf("it ends in column %d of %d: it is cut off", done+1, h.cols)
	}
	return err
}
