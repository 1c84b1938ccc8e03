package mat32

import (
	"context"
	"errors"
	"io"
	"iter"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// joined reads all rows, checks the sizes of the batches, and returns the values.
func joined(t *testing.T, r *Rows, size int) []float64 {
	t.Helper()
	var values []float64
	full := true
	for batch, err := range r.Batches(context.Background(), size) {
		if err != nil {
			t.Fatal(err)
		}
		n, d := batch.Dims()
		if d != r.Columns() || n < 1 || n > size || !full {
			t.Fatalf("a batch of %d × %d, for %d rows of %d columns; the one before it was full: %v", n, d, size, r.Columns(), full)
		}
		full = n == size
		for i := range n {
			values = append(values, mat.Row(nil, i, batch)...)
		}
	}
	return values
}

func TestRowsOfAreTheMatrix(t *testing.T) {
	sparse, dense := sparse(t, 50, 4)
	var big mat.Dense
	big.CloneFrom(dense)
	for name, x := range map[string]mat.Matrix{
		"CSR": sparse, "Dense": dense, "mat.Dense": &big, "slice": big.Slice(3, 40, 1, 3), "transposed": big.T(),
	} {
		n, d := x.Dims()
		r := RowsOf(x)
		if r.Columns() != d {
			t.Errorf("%s: %d columns", name, r.Columns())
		}
		for _, size := range []int{1, 7, n, n + 1, math.MaxInt} {
			for range 2 { // the second reading starts with the first row, too
				if got := joined(t, r, size); !slices.Equal(got, mat.DenseCopyOf(x).RawMatrix().Data) {
					t.Errorf("%s by %d: other values", name, size)
				}
			}
		}
	}
	// What is stored in rows is not copied.
	for batch := range RowsOf(dense).Batches(context.Background(), 8) {
		if b, ok := batch.(*Dense); !ok || &b.Data()[0] != &dense.Data()[0] {
			t.Errorf("the first batch is a %T of its own", batch)
		}
		break
	}
}

// counting yields n rows of three numbers that count on from row to row, and
// then err, if any; opened and closed count the readings.
type counting struct {
	n, opened, closed int
	err               error
}

func (c *counting) open() iter.Seq2[[]float64, error] {
	return func(yield func([]float64, error) bool) {
		c.opened++
		defer func() { c.closed++ }()
		row := make([]float64, 3) // the same for every row, as readers do
		for i := range c.n {
			for j := range row {
				row[j] = float64(3*i + j)
			}
			if !yield(row, nil) {
				return
			}
		}
		if c.err != nil {
			yield(nil, c.err)
		}
	}
}

func TestRowsFromASource(t *testing.T) {
	c := &counting{n: 20}
	r := RowsFrom(3, c.open)
	for _, size := range []int{1, 6, 10, 20, 30} {
		got := joined(t, r, size)
		for k, v := range got {
			if v != float64(k) {
				t.Fatalf("by %d: value %d is %v", size, k, v)
			}
		}
		if len(got) != 60 {
			t.Errorf("by %d: %d values", size, len(got))
		}
	}
	if c.opened != 5 || c.closed != 5 {
		t.Errorf("opened %d and closed %d times in 5 readings", c.opened, c.closed)
	}
	for batch := range r.Batches(context.Background(), 6) {
		if _, ok := batch.(*mat.Dense); !ok {
			t.Errorf("float64 rows come as %T", batch)
		}
		break
	}
	if c.opened != 6 || c.closed != 6 {
		t.Errorf("opened %d and closed %d times when the reader left early", c.opened, c.closed)
	}
	floats := RowsFrom(2, func() iter.Seq2[[]float32, error] {
		return func(yield func([]float32, error) bool) { yield([]float32{1, 2}, nil) }
	})
	for batch, err := range floats.Batches(context.Background(), 0) {
		if d, ok := batch.(*Dense); err != nil || !ok || !slices.Equal(d.Data(), []float32{1, 2}) {
			t.Errorf("float32 rows come as %T, %v", batch, err)
		}
	}
	// By default as many rows as fit a batch of 1024.
	for batch := range RowsFrom(3, (&counting{n: 3000}).open).Batches(context.Background(), 0) {
		if n, _ := batch.Dims(); n != 1024 {
			t.Errorf("%d rows by default", n)
		}
		break
	}
}

// last reads until the error, which must come alone and last.
func last(t *testing.T, r *Rows, ctx context.Context, size int) (read int, err error) {
	t.Helper()
	for batch, e := range r.Batches(ctx, size) {
		if err != nil {
			t.Errorf("%v was not the end", err)
		}
		if err = e; err != nil {
			if batch != nil {
				t.Errorf("%v came with a batch", err)
			}
			continue
		}
		n, _ := batch.Dims()
		read += n
	}
	return read, err
}

func TestErrorsOfStreamsNameTheRow(t *testing.T) {
	ctx := context.Background()
	bad := func(row int, values ...float64) *Rows {
		return RowsFrom(3, func() iter.Seq2[[]float64, error] {
			return func(yield func([]float64, error) bool) {
				for i := range row {
					if !yield([]float64{1, 2, float64(i)}, nil) {
						return
					}
				}
				yield(values, nil)
			}
		})
	}
	for _, size := range []int{1, 4, 10, 11, 100} {
		whole := 10 / size * size // rows of the batches before
		read, err := last(t, bad(10, 1, math.NaN(), 3), ctx, size)
		var nf *NotFiniteError
		if !errors.As(err, &nf) || nf.Row != 10 || nf.Col != 1 || read != whole {
			t.Errorf("NaN, by %d: %v after %d rows", size, err, read)
		}
		read, err = last(t, bad(10, 1, 2), ctx, size)
		var stream *StreamError
		if !errors.As(err, &stream) || stream.Row != 10 || !errors.As(err, new(*ShapeError)) || read != whole {
			t.Errorf("a short row, by %d: %v after %d rows", size, err, read)
		}
		c := &counting{n: 10, err: io.ErrUnexpectedEOF}
		read, err = last(t, RowsFrom(3, c.open), ctx, size)
		if !errors.As(err, &stream) || stream.Row != 10 || !errors.Is(err, io.ErrUnexpectedEOF) || read != whole || c.closed != 1 {
			t.Errorf("a broken source, by %d: %v after %d rows", size, err, read)
		}
	}
	x := mat.NewDense(9, 2, nil)
	x.Set(7, 1, math.Inf(-1))
	for _, m := range []mat.Matrix{x, Convert(x), mat.DenseCopyOf(x.T()).T()} {
		read, err := last(t, RowsOf(m), ctx, 4)
		var nf *NotFiniteError
		if !errors.As(err, &nf) || nf.Row != 7 || nf.Col != 1 || read != 4 {
			t.Errorf("%T: %v after %d rows", m, err, read)
		}
	}
}

func TestStreamsWithoutRows(t *testing.T) {
	ctx := context.Background()
	d, err := NewDistances(2, []float64{1})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		rows *Rows
		is   func(error) bool
	}{
		"no rows":           {RowsFrom(3, (&counting{}).open), func(err error) bool { return errors.Is(err, ErrEmpty) }},
		"nil":               {nil, func(err error) bool { return errors.Is(err, ErrEmpty) }},
		"zero value":        {&Rows{}, func(err error) bool { return errors.Is(err, ErrEmpty) }},
		"no matrix":         {RowsOf(nil), func(err error) bool { return errors.Is(err, ErrEmpty) }},
		"nil matrix":        {RowsOf((*CSR)(nil)), func(err error) bool { return errors.Is(err, ErrEmpty) }},
		"matrix of no rows": {RowsOf(NewDense(0, 3, nil)), func(err error) bool { return errors.Is(err, ErrEmpty) }},
		"no columns":        {RowsOf(NewDense(3, 0, nil)), func(err error) bool { return errors.Is(err, ErrEmpty) }},
		"no columns read":   {RowsFrom(0, (&counting{n: 3}).open), func(err error) bool { return errors.As(err, new(*ParamError)) }},
		"no source":         {RowsFrom[float32](3, nil), func(err error) bool { return errors.As(err, new(*ParamError)) }},
		"distances":         {RowsOf(d), func(err error) bool { return errors.As(err, new(*RowsNeededError)) }},
	} {
		if read, err := last(t, c.rows, ctx, 2); !c.is(err) || read != 0 {
			t.Errorf("%s: %v after %d rows", name, err, read)
		}
		_ = c.rows.Columns()
	}
	var param *ParamError
	if _, err := last(t, RowsFrom(3, (&counting{n: 3}).open), ctx, -1); !errors.As(err, &param) {
		t.Errorf("batches of −1: %v", err)
	}
}

func TestCancelEndsAStream(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	c := &counting{n: 1000}
	rows := 0
	var end error
	for batch, err := range RowsFrom(3, c.open).Batches(ctx, 10) {
		if err != nil {
			end = err
			continue
		}
		n, _ := batch.Dims()
		if rows += n; rows == 30 {
			cancel()
		}
	}
	var stream *StreamError
	if !errors.Is(end, context.Canceled) || !errors.As(end, &stream) || stream.Row != 30 || rows != 30 || c.closed != 1 {
		t.Errorf("%v after %d rows", end, rows)
	}
	for name, r := range map[string]*Rows{"source": RowsFrom(3, c.open), "matrix": RowsOf(NewDense(5, 2, nil))} {
		if read, err := last(t, r, ctx, 2); !errors.Is(err, context.Canceled) || read != 0 {
			t.Errorf("%s, cancelled before: %v after %d rows", name, err, read)
		}
	}
	if c.opened != 1 {
		t.Error("a source was opened after the cancel")
	}
}

// batches yields matrices of so many rows, and then err, if any.
func batches(err error, rows ...int) *Rows {
	return RowsFromBatches(2, func(_ context.Context, size int) iter.Seq2[mat.Matrix, error] {
		return func(yield func(mat.Matrix, error) bool) {
			for i, n := range rows {
				x := NewDense(n, 2+i/2, nil)
				if !yield(x, nil) {
					return
				}
			}
			if err != nil {
				yield(nil, err)
			}
		}
	})
}

func TestRowsFromBatches(t *testing.T) {
	ctx := context.Background()
	x, err := NewCSR(5, 3, []int{0, 1, 1, 3, 3, 4}, []int32{2, 0, 1, 2}, []float32{1, 2, 3, 4})
	if err != nil {
		t.Fatal(err)
	}
	sparse := RowsFromBatches(3, func(ctx context.Context, size int) iter.Seq2[mat.Matrix, error] {
		return RowsOf(x).Batches(ctx, size)
	})
	for _, size := range []int{1, 2, 5, 7} {
		if got := joined(t, sparse, size); !slices.Equal(got, []float64{0, 0, 1, 0, 0, 0, 2, 3, 0, 0, 0, 0, 0, 0, 4}) {
			t.Errorf("by %d: %v", size, got)
		}
	}
	for batch := range sparse.Batches(ctx, 2) {
		if _, ok := batch.(*CSR); !ok {
			t.Errorf("sparse rows come as %T", batch)
		}
	}
	var stream *StreamError
	var shape *ShapeError
	for name, c := range map[string]struct {
		rows *Rows
		row  int
	}{
		"short in the middle": {batches(nil, 3, 4), 3},
		"too many":            {batches(nil, 5), 0},
		"none":                {batches(nil, 4, 0), 4},
		"columns":             {batches(nil, 4, 4, 4), 8},
	} {
		if read, err := last(t, c.rows, ctx, 4); !errors.As(err, &stream) || !errors.As(err, &shape) || stream.Row != c.row || read != c.row {
			t.Errorf("%s: %v after %d rows", name, err, read)
		}
	}
	broken := errors.New("broken")
	if read, err := last(t, batches(broken, 4, 2), ctx, 4); !errors.Is(err, broken) || !errors.As(err, &stream) || stream.Row != 6 || read != 6 {
		t.Errorf("%v after %d rows", err, read)
	}
	var param *ParamError
	if _, err := last(t, RowsFromBatches(0, nil), ctx, 4); !errors.As(err, &param) {
		t.Errorf("no columns: %v", err)
	}
	canceled, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := last(t, batches(nil, 4), canceled, 4); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
}
