package mat32

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"gonum.org/v1/gonum/mat"
)

// Rows is data that are read a batch of rows at a time, for those that do not
// fit in memory: a file, a query, a generator. They can be read as often as a
// method needs; every reading starts with the first row. RowsOf, RowsFrom,
// RowsFromBatches, RowsFromNPY and RowsFromFloat32 make one.
type Rows struct {
	columns int
	read    func(ctx context.Context, size int) iter.Seq2[mat.Matrix, error]
}

// defaultBatch holds enough rows for a block of every core, and few enough to
// stay in a cache where they are short.
const defaultBatch = 1024

// RowsOf returns the rows of a matrix, so that what reads streams also takes what
// is in memory. Batches are views of a *Dense, *CSR or *mat.Dense, and float64
// copies of other matrices. A *Distances has no rows: reading it fails with a
// *RowsNeededError.
func RowsOf(x mat.Matrix) *Rows {
	n, d := shape(x)
	return &Rows{columns: d, read: func(_ context.Context, size int) iter.Seq2[mat.Matrix, error] {
		return func(yield func(mat.Matrix, error) bool) {
			if err := CheckRows("mat32.RowsOf", x); err != nil {
				yield(nil, err)
				return
			}
			for lo := 0; lo < n; lo += size {
				if !yield(stretch(x, lo, lo+min(size, n-lo)), nil) {
					return
				}
			}
		}
	}}
}

// stretch returns the rows [lo, hi) of x.
func stretch(x mat.Matrix, lo, hi int) mat.Matrix {
	_, d := x.Dims()
	switch x := x.(type) {
	case *Dense:
		return NewDense(hi-lo, d, x.data[lo*d:hi*d:hi*d])
	case *CSR:
		return x.slice(lo, hi)
	case *mat.Dense:
		return x.Slice(lo, hi, 0, d)
	}
	part := mat.NewDense(hi-lo, d, nil)
	for i := range hi - lo {
		row := part.RawRowView(i)
		copy(row, Row(row, lo+i, x))
	}
	return part
}

// RowsFrom returns the rows that the sequences of open yield, each of the given
// number of columns. Every reading calls open again and runs the sequence once, so
// a file is opened in it and closed by defer: it may end early, and then yield
// returns false. The values are copied before the next row is asked for. An error
// that is yielded ends the reading, and is returned as a *StreamError with the
// number of the row. Batches are a *Dense of float32 or a *mat.Dense of float64
// rows.
func RowsFrom[T float32 | float64](columns int, open func() iter.Seq2[[]T, error]) *Rows {
	return &Rows{columns: columns, read: func(ctx context.Context, size int) iter.Seq2[mat.Matrix, error] {
		return func(yield func(mat.Matrix, error) bool) {
			if columns < 1 || open == nil {
				yield(nil, &ParamError{Method: "mat32.RowsFrom", Param: "columns", Value: columns, Want: "1 or more, and a function that opens the rows"})
				return
			}
			var batch []T
			row, held := 0, 0 // how many came, and how many of them are in the batch
			for values, err := range open() {
				if err == nil {
					err = ctx.Err()
				}
				if err == nil && len(values) != columns {
					err = &ShapeError{What: "it", Rows: 1, Cols: len(values), Want: fmt.Sprintf("%d columns", columns)}
				}
				if err != nil {
					yield(nil, &StreamError{Row: row, Err: err})
					return
				}
				batch = append(batch, values...)
				row++
				if held++; held == size {
					if !yield(matrixOf(held, columns, batch), nil) {
						return
					}
					batch, held = batch[:0], 0
				}
			}
			if held > 0 {
				yield(matrixOf(held, columns, batch), nil)
			}
		}
	}}
}

// RowsFromBatches returns the rows of the matrices that the sequences of open yield,
// for sources that have many rows at a time, or sparse ones. Every reading calls open
// again, with a context and the number of rows that a batch is asked to have: all but
// the last must have as many, and each the given number of columns. A batch holds
// until the next one is asked for. The sequence may be ended early, and then yield
// returns false. An error that is yielded ends the reading, and is returned as a
// *StreamError with the number of the first row that was not given.
func RowsFromBatches(columns int, open func(ctx context.Context, size int) iter.Seq2[mat.Matrix, error]) *Rows {
	return &Rows{columns: columns, read: func(ctx context.Context, size int) iter.Seq2[mat.Matrix, error] {
		return func(yield func(mat.Matrix, error) bool) {
			if columns < 1 || open == nil {
				yield(nil, &ParamError{Method: "mat32.RowsFromBatches", Param: "columns", Value: columns, Want: "1 or more, and a function that opens the rows"})
				return
			}
			row, last := 0, size
			for batch, err := range open(ctx, size) {
				if err == nil {
					err = ctx.Err()
				}
				n, d := 0, columns
				if err == nil {
					n, d = shape(batch)
				}
				switch {
				case err != nil:
				case d != columns:
					err = &ShapeError{What: "a batch", Rows: n, Cols: d, Want: fmt.Sprintf("%d columns", columns)}
				case n < 1 || n > size || last != size:
					err = &ShapeError{What: "a batch", Rows: n, Cols: d, Want: fmt.Sprintf("%d rows, or fewer in the last", size)}
				}
				if err != nil {
					yield(nil, &StreamError{Row: row, Err: err})
					return
				}
				row, last = row+n, n
				if !yield(batch, nil) {
					return
				}
			}
		}
	}}
}

// matrixOf borrows data for a matrix of the type that holds such values.
func matrixOf[T float32 | float64](rows, columns int, data []T) mat.Matrix {
	if data, ok := any(data).([]float32); ok {
		return NewDense(rows, columns, data)
	}
	return mat.NewDense(rows, columns, any(data).([]float64))
}

// Columns returns the number of columns.
func (r *Rows) Columns() int {
	if r == nil {
		return 0
	}
	return r.columns
}

// Batches reads the rows from the first on, size at a time (fewer in the last
// batch; 0 means 1024):
//
//	for batch, err := range rows.Batches(ctx, 0) {
//		if err != nil {
//			return err
//		}
//		…
//	}
//
// A batch holds until the next one is asked for. An error comes alone and last,
// and the rows of the batch it comes in are not given:
// *NotFiniteError for NaN or an infinity, whose Row counts from the first row of
// the data; *StreamError, with such a number too, for what the source reports, for
// a row of another length and for a cancel, which wraps ctx.Err(); ErrEmpty where
// there are no rows; *ParamError for a negative size; *RowsNeededError for
// distances. Memory is that of a batch.
func (r *Rows) Batches(ctx context.Context, size int) iter.Seq2[mat.Matrix, error] {
	return func(yield func(mat.Matrix, error) bool) {
		switch {
		case size < 0:
			yield(nil, &ParamError{Method: "mat32.Rows", Param: "size", Value: size, Want: "0 or more rows"})
			return
		case size == 0:
			size = defaultBatch
		}
		first := 0
		if r != nil && r.read != nil {
			if err := ctx.Err(); err != nil { // before the source is opened
				yield(nil, &StreamError{Row: first, Err: err})
				return
			}
			for batch, err := range r.read(ctx, size) {
				if err == nil {
					err = checkBatch(ctx, batch, first)
				}
				if err != nil {
					yield(nil, err)
					return
				}
				if !yield(batch, nil) {
					return
				}
				n, _ := batch.Dims()
				first += n
			}
		}
		if first == 0 {
			yield(nil, ErrEmpty)
		}
	}
}

// checkBatch is Check for rows of which the first has the given number.
func checkBatch(ctx context.Context, batch mat.Matrix, first int) error {
	if err := ctx.Err(); err != nil {
		return &StreamError{Row: first, Err: err}
	}
	err := Check(batch)
	var bad *NotFiniteError
	if errors.As(err, &bad) {
		return &NotFiniteError{Row: first + bad.Row, Col: bad.Col, Value: bad.Value}
	}
	return err
}
