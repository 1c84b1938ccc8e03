package dr

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync"
	"sync/atomic"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/saved"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// treatment is a model that treats values where they are, so that sparse rows stay
// sparse, and float32 rows such, on their way through a chain.
type treatment interface {
	Model
	fitted() *treated

	// treat treats the rows of x, which it checks: a *mat.Dense, or what float32 rows
	// that stay such come in, a *mat32.CSR or *mat32.Dense.
	treat(ctx context.Context, x mat.Matrix) (mat.Matrix, error)
}

// treated holds the rows that a treatment gave. Where they are float32 rows, sparse
// or not, an embedding is made when one is asked for: it may be far larger.
type treated struct {
	about  *Embedding // without coordinates where single has them
	single mat.Matrix // *mat32.CSR, *mat32.Dense or nil
	once   sync.Once
	full   *Embedding
}

func newTreated(z mat.Matrix, about Embedding) *treated {
	t := &treated{about: &about}
	if full, ok := z.(*mat.Dense); ok {
		about.Dense = full
	} else {
		t.single = z
	}
	return t
}

func (t *treated) embedding() *Embedding {
	if t == nil || t.single == nil {
		return t.described()
	}
	t.once.Do(func() {
		e := *t.about
		e.Dense = inFull(t.single)
		t.full = &e
	})
	return t.full
}

// embedded is embedding, or a *mat32.MemoryError where zeros that are not stored would
// not fit.
func (t *treated) embedded(method string) (*Embedding, error) {
	if t.single != nil {
		if err := checkFull(method, t.about.Rows, t.about.Dim); err != nil {
			return nil, err
		}
	}
	return t.embedding(), nil
}

// checkFull refuses rows that would not fit with all their zeros.
func checkFull(method string, n, d int) error {
	return mat32.CheckMemory(method, 8*int64(n)*int64(d), 0, "take Fit and Sparse, TransformSparse or a Chain, which keep sparse rows sparse")
}

// described is the embedding, perhaps without its coordinates.
func (t *treated) described() *Embedding {
	if t == nil {
		return nil
	}
	return t.about
}

// sparse returns the rows where they are sparse.
func (t *treated) sparse() *mat32.CSR {
	if t == nil {
		return nil
	}
	x, _ := t.single.(*mat32.CSR)
	return x
}

// rows returns what the next method of a chain is fitted to.
func (t *treated) rows() mat.Matrix {
	if t.single != nil {
		return t.single
	}
	return t.about
}

// inFull returns float32 rows as float64 values, zeros and all.
func inFull(x mat.Matrix) *mat.Dense {
	n, d := x.Dims()
	z := mat.NewDense(n, d, nil)
	for i := range n {
		mat32.Row(z.RawRowView(i), i, x)
	}
	return z
}

// transformed returns new rows as an embedding by m, which is described as about.
func transformed(ctx context.Context, m treatment, x mat.Matrix, method string, about Embedding) (*Embedding, error) {
	z, err := m.treat(ctx, x)
	if err != nil {
		return nil, err
	}
	about.Rows, about.Dim = x.Dims()
	about.Objective = math.NaN()
	full, ok := z.(*mat.Dense)
	if !ok {
		if err := checkFull(method, about.Rows, about.Dim); err != nil {
			return nil, err
		}
		full = inFull(z)
	}
	about.Dense = full
	return &about, nil
}

// transformedSparse is transformed for rows that are to stay sparse.
func transformedSparse(ctx context.Context, m treatment, x *mat32.CSR, method string) (*mat32.CSR, error) {
	z, err := m.treat(ctx, x)
	if err != nil {
		return nil, err
	}
	sparse, ok := z.(*mat32.CSR)
	if !ok {
		return nil, &mat32.DegenerateError{Method: method, Reason: "its result has no zeros to leave out: locations are subtracted"}
	}
	return sparse, nil
}

// eachRow returns x, whose shape has been checked, with every row changed by f.
// Where f leaves zeros alone (zeros is true) float32 rows stay such, and sparse ones
// sparse: f gets the columns of the values that are stored, nil where it gets the
// whole row.
func eachRow(ctx context.Context, method string, x mat.Matrix, zeros bool, f func(i int, columns []int32, values []float64)) (mat.Matrix, error) {
	n, d := x.Dims()
	if zeros {
		switch x := x.(type) {
		case *mat32.CSR:
			return eachSparseRow(ctx, method, x, f)
		case *mat32.Dense:
			z := mat32.NewDense(n, d, nil)
			return z, eachSingleRow(ctx, method, n, d, func(i int, row []float64) []float32 {
				f(i, nil, mat32.Row(row[:d], i, x))
				return z.Row(i)
			})
		}
	}
	if err := mat32.CheckMemory(method, 8*int64(n)*int64(d), 0, "keep sparse rows sparse, or take fewer"); err != nil {
		return nil, err
	}
	z := mat.NewDense(n, d, nil)
	var beyond atomic.Bool
	err := par.Blocks(ctx, n, 64, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			row := z.RawRowView(i)
			copy(row, mat32.Row(row, i, x))
			f(i, nil, row)
			if !finite(row) {
				beyond.Store(true)
			}
		}
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	if beyond.Load() {
		return nil, checkFits(method, z)
	}
	return z, nil
}

// eachSparseRow is eachRow for the stored values of sparse rows.
func eachSparseRow(ctx context.Context, method string, x *mat32.CSR, f func(i int, columns []int32, values []float64)) (*mat32.CSR, error) {
	n, d := x.Dims()
	start, values := make([]int, n+1), make([]float32, x.NNZ())
	for i := range n {
		columns, _ := x.Row(i)
		start[i+1] = start[i] + len(columns)
	}
	err := eachSingleRow(ctx, method, n, d, func(i int, row []float64) []float32 {
		columns, stored := x.Row(i)
		for k, v := range stored {
			row[k] = float64(v)
		}
		f(i, columns, row[:len(stored)])
		return values[start[i]:start[i+1]]
	})
	if err != nil {
		return nil, err
	}
	return x.WithValues(values)
}

// eachSingleRow calls f for n rows with room for d values, which f fills, and rounds
// those to what f returns.
func eachSingleRow(ctx context.Context, method string, n, d int, f func(i int, row []float64) []float32) error {
	const block = 256
	beyond := make([]bool, (n+block-1)/block)
	err := par.BlocksWith(ctx, n, block, func() []float64 { return make([]float64, d) }, func(row []float64, lo, hi int) {
		for i := lo; i < hi; i++ {
			out := f(i, row)
			for k := range out {
				v := float32(row[k])
				out[k] = v
				beyond[lo/block] = beyond[lo/block] || v-v != 0
			}
		}
	})
	if err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	if slices.Contains(beyond, true) {
		return &mat32.DegenerateError{Method: method, Reason: "the result exceeds the largest float32, as which float32 rows are kept: rescale the data"}
	}
	return nil
}

func (t *treated) encode(w *saved.Writer) {
	t.about.encode(w)
	switch x := t.single.(type) {
	case *mat32.CSR:
		n, d := x.Dims()
		w.Int(n)
		w.Int(d)
		w.Bool(true)
		for i := range n {
			columns, values := x.Row(i)
			w.Int32s(columns)
			w.Float32s(values)
		}
	case *mat32.Dense:
		n, d := x.Dims()
		w.Int(n)
		w.Int(d)
		w.Bool(false)
		w.Float32s(x.Data())
	}
}

func (t *treated) decode(r *saved.Reader) {
	t.about = new(Embedding)
	t.about.described(r)
	if !r.OK() || t.about.Dense != nil {
		return
	}
	n, d := r.Int(), r.Int()
	if r.Bool() {
		t.single = decodeSparse(r, n, d)
	} else if data := r.Float32s(); n > 0 && d > 0 && len(data)/d == n && len(data)%d == 0 {
		t.single = mat32.NewDense(n, d, data)
	}
	if !r.OK() || t.single == nil || mat32.Check(t.single) != nil {
		t.single = nil
		r.Fail("its rows are not well formed")
	}
}

// decodeSparse reads rows whose number is not trusted with memory, or returns nil.
func decodeSparse(r *saved.Reader, n, d int) mat.Matrix {
	start, indices, values := []int{0}, []int32{}, []float32{}
	for i := 0; i < n && r.OK(); i++ {
		indices, values = append(indices, r.Int32s()...), append(values, r.Float32s()...)
		start = append(start, len(indices))
	}
	x, err := mat32.NewCSR(n, d, start, indices, values)
	if err != nil {
		return nil
	}
	return x
}
