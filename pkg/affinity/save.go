package affinity

import (
	"io"
	"math"

	"github.com/flatland-go/flatland/internal/saved"
	"github.com/flatland-go/flatland/pkg/mat32"
)

const sparseKind, sparseVersion = "affinity.Sparse", 1

// WriteTo writes the weights in a form that ReadFrom reads, 12 bytes a weight. The
// error is that of w, or a *mat32.ParamError for the zero value.
func (s *Sparse) WriteTo(w io.Writer) (int64, error) {
	if s.w == nil {
		return 0, zeroSparse("affinity.Sparse.WriteTo")
	}
	f := saved.NewWriter(w, sparseKind, sparseVersion)
	f.Text(s.Kernel)
	f.Text(s.Metric)
	f.Text(s.Rows)
	f.Floats(s.Scales)
	f.Texts(s.Notes)
	n := s.w.Dim()
	f.Int(n)
	for lo := 0; lo < n; lo += rowBlock {
		hi := min(lo+rowBlock, n)
		sizes := make([]int32, 0, hi-lo)
		var indices []int32
		var weights []float64
		for i := lo; i < hi; i++ {
			columns, values := s.Row(i)
			sizes = append(sizes, int32(len(columns)))
			indices, weights = append(indices, columns...), append(weights, values...)
		}
		f.Int32s(sizes)
		f.Int32s(indices)
		f.Floats(weights)
	}
	return f.Close()
}

// ReadFrom replaces the weights by those that WriteTo wrote. The error is a
// *mat32.FileError, and s does not change, where the file is damaged, of another
// kind or of a newer version.
func (s *Sparse) ReadFrom(r io.Reader) (int64, error) {
	f, _ := saved.NewReader(r, sparseKind, sparseVersion, func(kind, reason string) error { return &mat32.FileError{Kind: kind, Reason: reason} })
	read := Sparse{Kernel: f.Text(), Metric: f.Text(), Rows: f.Text(), Scales: f.Floats(), Notes: f.Texts()}
	n := f.Int()
	if f.OK() && (n < 1 || n > math.MaxInt32 || read.Scales != nil && len(read.Scales) != n) {
		f.Fail("its numbers of rows and scales do not fit")
	}
	start := []int{0}
	var indices []int32
	var weights []float64
	for lo := 0; lo < n && f.OK(); lo += rowBlock {
		sizes := f.Int32s()
		indices, weights = append(indices, f.Int32s()...), append(weights, f.Floats()...)
		if f.OK() && len(sizes) != min(rowBlock, n-lo) {
			f.Fail("a block of rows has another length")
		}
		for _, size := range sizes {
			start = append(start, start[len(start)-1]+int(size))
		}
	}
	if f.OK() {
		made, err := NewSparse(n, start, indices, weights)
		if err != nil {
			f.Fail(err.Error())
		} else {
			read.w, read.symmetric = made.w, made.symmetric
		}
	}
	size, err := f.Close()
	if err == nil {
		*s = read
	}
	return size, err
}

// MarshalBinary returns what WriteTo writes.
func (s *Sparse) MarshalBinary() ([]byte, error) { return saved.Marshal(s) }

// UnmarshalBinary reads what MarshalBinary returned.
func (s *Sparse) UnmarshalBinary(b []byte) error { return saved.Unmarshal(s, b) }
