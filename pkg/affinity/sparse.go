package affinity

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// rowBlock is how many rows of a sparse matrix are one unit of work.
const rowBlock = 128

// Sparse holds weights between rows: how near each is to others. A weight that is
// stored is positive, and one that is not is zero; columns ascend. Rows may weigh
// themselves.
//
// It is a gonum mat.Matrix, n × n, and takes 12 bytes a weight and 8 a row. Its
// weights never change, and it is safe for concurrent use.
type Sparse struct {
	Kernel string    // what weighed, with its options; empty for weights of other origin
	Metric string    // by which the rows were compared, as of a neighbors.Graph
	Rows   string    // mat32.Fingerprint of the matrix; empty where it is not known
	Scales []float64 // of every row the distance that counts as near to it; nil where a kernel has none
	Notes  []string  // what a reader should know: what was done about ties, duplicates and rows without weights

	w         *linalg.CSR
	symmetric bool
}

// NewSparse returns the weights of n rows: row i gives weights[k] to row
// indices[k] for start[i] ≤ k < start[i+1]. The slices are borrowed and must not be
// changed afterwards.
//
// Errors: *mat32.ShapeError where the slices do not fit n or each other,
// *mat32.SparseError, naming the row, where columns are out of range or do not
// ascend, or a weight is not positive and finite. It costs O(weights · log of those
// of a row).
func NewSparse(n int, start []int, indices []int32, weights []float64) (*Sparse, error) {
	if n < 1 || n > math.MaxInt32 || len(start) != n+1 || start[0] != 0 || start[n] != len(indices) || len(weights) != len(indices) {
		return nil, &mat32.ShapeError{What: "weights", Rows: n, Cols: len(weights),
			Want: fmt.Sprintf("1 or more rows, as many offsets and one more, ending at the number of columns, %d, and as many weights", len(indices))}
	}
	for i := range n {
		lo, hi := start[i], start[i+1]
		if lo > hi || hi > len(indices) {
			return nil, &mat32.SparseError{Row: i, Reason: fmt.Sprintf("it runs from offset %d to %d of %d", lo, hi, len(indices))}
		}
		for k := lo; k < hi; k++ {
			j := indices[k]
			switch {
			case j < 0 || int(j) >= n:
				return nil, &mat32.SparseError{Row: i, Reason: fmt.Sprintf("column %d is outside the %d rows", j, n)}
			case k > lo && j <= indices[k-1]:
				return nil, &mat32.SparseError{Row: i, Reason: fmt.Sprintf("column %d follows column %d", j, indices[k-1])}
			case !(weights[k] > 0) || math.IsInf(weights[k], 0):
				return nil, &mat32.SparseError{Row: i, Reason: fmt.Sprintf("the weight of column %d is %v: weights are positive and finite", j, weights[k])}
			}
		}
	}
	w, err := linalg.NewCSR(n, n, start, indices, weights)
	if err != nil {
		return nil, err
	}
	s := &Sparse{w: w}
	s.symmetric = s.mirrors()
	return s, nil
}

// mirrors reports whether every weight is that of the way back.
func (s *Sparse) mirrors() bool {
	n := s.rows()
	torn := make([]bool, (n+rowBlock-1)/rowBlock)
	// No error: this context is never done.
	_ = par.Blocks(context.Background(), n, rowBlock, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			columns, weights := s.Row(i)
			for k, j := range columns {
				back, from := s.Row(int(j))
				at, ok := slices.BinarySearch(back, int32(i))
				if !ok || from[at] != weights[k] {
					torn[lo/rowBlock] = true
					return
				}
			}
		}
	})
	return !slices.Contains(torn, true)
}

// Dims returns the number of rows, twice.
func (s *Sparse) Dims() (rows, cols int) { return s.rows(), s.rows() }

// rows is the number of rows; the zero value has none.
func (s *Sparse) rows() int {
	if s.w == nil {
		return 0
	}
	return s.w.Dim()
}

// NNZ returns the number of weights.
func (s *Sparse) NNZ() int {
	if s.w == nil {
		return 0
	}
	return s.w.NNZ()
}

// Symmetric reports whether every weight is that of the way back.
func (s *Sparse) Symmetric() bool { return s.symmetric }

// Row returns the columns, ascending, and the weights of row i: the matrix itself,
// not copies, so they must not be written to.
func (s *Sparse) Row(i int) (columns []int32, weights []float64) { return s.w.Row(i) }

// At returns the weight that row i gives to row j, in O(log m) for the m weights of
// row i; it panics outside the matrix.
func (s *Sparse) At(i, j int) float64 {
	n := s.rows()
	if uint(j) >= uint(n) {
		panic(mat.ErrColAccess)
	}
	if uint(i) >= uint(n) {
		panic(mat.ErrRowAccess)
	}
	columns, weights := s.Row(i)
	if k, ok := slices.BinarySearch(columns, int32(j)); ok {
		return weights[k]
	}
	return 0
}

// T returns the transpose: the matrix itself where it is symmetric, else a view.
func (s *Sparse) T() mat.Matrix {
	if s.symmetric {
		return s
	}
	return mat.Transpose{Matrix: s}
}

// Mul writes the product of the matrix and the block x (n × b) to dst, which has the
// shape of x and shares no memory with it. The error is ctx.Err(), or a
// *mat32.ParamError for the zero value. Time O(weights · b), on every core.
func (s *Sparse) Mul(ctx context.Context, dst, x *mat.Dense) error {
	if s.w == nil {
		return zeroSparse("affinity.Sparse.Mul")
	}
	return s.w.Apply(ctx, dst, x)
}

// zeroSparse is the error of weights that nothing has made.
func zeroSparse(method string) error {
	return &mat32.ParamError{Method: method, Param: "Sparse", Value: "the zero value", Want: "weights"}
}

// Degrees returns the sum of the weights of every row, that to itself included.
func (s *Sparse) Degrees() []float64 {
	d := make([]float64, s.rows())
	// No error: this context is never done.
	_ = par.Blocks(context.Background(), len(d), rowBlock, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			_, weights := s.Row(i)
			for _, w := range weights {
				d[i] += w
			}
		}
	})
	return d
}

// Components returns the connected components: rows between which one can walk
// along weights, forth or back. A row without weights to or from others is one of
// its own. Time O(weights), memory O(n).
func (s *Sparse) Components() *neighbors.Components {
	n := s.rows()
	lowest := make([]int32, n) // a way to the lowest row of the component
	for i := range lowest {
		lowest[i] = int32(i)
	}
	find := func(i int32) int32 {
		for lowest[i] != i {
			lowest[i] = lowest[lowest[i]]
			i = lowest[i]
		}
		return i
	}
	for i := range n {
		columns, _ := s.Row(i)
		for _, j := range columns {
			a, b := find(int32(i)), find(j)
			lowest[max(a, b)] = min(a, b)
		}
	}
	c := &neighbors.Components{Labels: make([]int, n)}
	for i := range n {
		root := int(find(int32(i)))
		if root == i {
			c.Labels[i] = c.Count
			c.Count++
			c.Sizes = append(c.Sizes, 0)
		} else {
			c.Labels[i] = c.Labels[root] // which is lower, and so has its number
		}
		c.Sizes[c.Labels[i]]++
	}
	return c
}

// Check returns a *mat32.ParamError for method, naming param, when s cannot stand
// for weights between the rows of x: another number of rows, other values (compared
// by fingerprint, O(n·d), where s knows its rows), or weights that are not symmetric.
func (s *Sparse) Check(method, param string, x mat.Matrix) error {
	return s.CheckContext(context.Background(), method, param, x)
}

// CheckContext is Check for large data: where ctx is done before all is read, the error
// wraps ctx.Err().
func (s *Sparse) CheckContext(ctx context.Context, method, param string, x mat.Matrix) error {
	fail := func(got any, want string) error {
		return &mat32.ParamError{Method: method, Param: param, Value: got, Want: want}
	}
	n, _ := x.Dims()
	switch {
	case s == nil || s.w == nil:
		return fail("nil", "weights")
	case s.rows() != n:
		return fail(fmt.Sprintf("weights of %d rows", s.rows()), fmt.Sprintf("those of the %d rows of x", n))
	case !s.symmetric:
		return fail("weights that depend on the way", "symmetric ones")
	case s.Rows == "":
		return nil
	}
	rows, err := mat32.FingerprintContext(ctx, x)
	if err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	if rows != s.Rows {
		return fail("weights of other values", "those of x itself")
	}
	return nil
}

// Fingerprint identifies the weights for kept results: the values and the metric they
// are of, and every weight; not Kernel, Scales and Notes. It costs O(weights).
func (s *Sparse) Fingerprint() string {
	h := sha256.New()
	b := make([]byte, 0, 8<<10)
	put := func(v uint64) {
		if b = binary.LittleEndian.AppendUint64(b, v); len(b) == cap(b) {
			h.Write(b)
			b = b[:0]
		}
	}
	n := s.rows()
	for i := range n {
		columns, weights := s.Row(i)
		put(uint64(len(columns)))
		for k, j := range columns {
			put(uint64(j))
			put(math.Float64bits(weights[k]))
		}
	}
	h.Write(b)
	return fmt.Sprintf("%s/%d/%s/%s", s.Rows, n, s.Metric, hex.EncodeToString(h.Sum(nil)[:16]))
}

// String returns one line, size, kernel and metric, and one for every note.
func (s *Sparse) String() string {
	var b strings.Builder
	n := s.rows()
	fmt.Fprintf(&b, "weights of %d rows, %.1f each on average", n, float64(s.NNZ())/float64(max(1, n)))
	if s.Kernel != "" {
		b.WriteString(", " + s.Kernel)
	}
	if s.Metric != "" {
		b.WriteString(", " + s.Metric + " distance")
	}
	if !s.symmetric {
		b.WriteString(", not symmetric")
	}
	for _, note := range s.Notes {
		b.WriteString("\n  " + note)
	}
	return b.String()
}
