package dr

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/saved"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// KernelPCAModel is fitted by KernelPCA. It keeps the rows it was fitted to, for
// new ones are compared with them: 8·n·d bytes.
type KernelPCAModel struct {
	options   KernelPCA
	dim       int
	center    []float64  // of the rows; nil where the kernel depends on where they are
	rows      *mat.Dense // n × d, less the centre
	vectors   *mat.Dense // n × k: eigenvectors over the roots of their eigenvalues
	values    []float64  // k eigenvalues
	share     []float64  // in the variance of the images
	means     []float64  // of the rows of the kernel matrix
	mean      float64    // of them all
	embedding *Embedding
	preimages *preimages
}

// preimages is what maps points back, made when it is first asked for.
type preimages struct {
	sync.Mutex
	dual    *mat.Dense // n × d
	squares []float64  // of the lengths of the rows of the embedding
}

// place takes the rows of x, near their mean where the kernel allows it.
func (m *KernelPCAModel) place(ctx context.Context, x mat.Matrix) (err error) {
	if m.rows, err = dense(ctx, x, 1); err != nil || !m.options.moves() {
		return err
	}
	n, d := m.rows.Dims()
	m.center = make([]float64, d)
	sums, err := columnSums(ctx, m.rows)
	if err != nil {
		return err
	}
	for j, s := range sums {
		m.center[j] = s / float64(n)
	}
	if !finite(m.center) {
		return errKernel
	}
	return lessRow(ctx, m.rows, m.center)
}

// lessRow takes from every row of x the same row; nil takes nothing.
func lessRow(ctx context.Context, x *mat.Dense, row []float64) error {
	if row == nil {
		return nil
	}
	n, _ := x.Dims()
	return par.Blocks(ctx, n, 64, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			kernel.Axpy64(-1, row, x.RawRowView(i))
		}
	})
}

// Eigenvalues returns those of the centred kernel matrix that belong to the
// components, falling: n times the variance of the images along them.
func (m *KernelPCAModel) Eigenvalues() []float64 { return slices.Clone(m.values) }

// ExplainedVarianceRatio returns the share of every component in the variance of
// the images.
func (m *KernelPCAModel) ExplainedVarianceRatio() []float64 { return slices.Clone(m.share) }

// Embedding returns the rows the model was fitted to in the coordinates of the
// components.
func (m *KernelPCAModel) Embedding() *Embedding { return m.embedding }

// rowsTogetherInKernel is how many new rows are compared with all at a time.
const rowsTogetherInKernel = 64

// against calls f with the kernel of every row of x and those of the rows in to,
// whose squared lengths are given, block by block.
func (m *KernelPCAModel) against(ctx context.Context, x, to *mat.Dense, squares []float64, f func(i int, values []float64)) error {
	rows, d := x.Dims()
	n, _ := to.Dims()
	own, err := lengths(ctx, x)
	if err != nil {
		return err
	}
	return par.BlocksWith(ctx, rows, rowsTogetherInKernel, func() *mat.Dense { return mat.NewDense(rowsTogetherInKernel, n, nil) }, func(k *mat.Dense, lo, hi int) {
		if m.options.Func == nil {
			// The one error is that of ctx, which par returns.
			_ = kernel.Gemm64(ctx, blas.NoTrans, blas.Trans, 1, x.Slice(lo, hi, 0, d).(*mat.Dense).RawMatrix(), to.RawMatrix(), 0,
				k.Slice(0, hi-lo, 0, n).(*mat.Dense).RawMatrix())
		}
		for i := lo; i < hi && ctx.Err() == nil; i++ {
			values := k.RawRowView(i - lo)
			for j, dot := range values {
				if m.options.Func != nil {
					values[j] = m.options.Func(x.RawRowView(i), to.RawRowView(j))
				} else {
					values[j] = m.options.of(dot, own[i], squares[j])
				}
			}
			f(i, values)
		}
	})
}

// Transform returns new rows in the coordinates of the components. Time O(n·d) a
// row, for n rows that the model was fitted to.
func (m *KernelPCAModel) Transform(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	const method = "dr.KernelPCA"
	rows, err := checkColumns(ctx, method, x, m.dim)
	if err != nil {
		return nil, err
	}
	fail := func(err error) (*Embedding, error) {
		if errors.Is(err, errKernel) {
			return nil, &mat32.DegenerateError{Method: method, Reason: "values of the kernel exceed the largest float64: rescale the data"}
		}
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	n, k := m.vectors.Dims()
	need := 8*int64(rows)*int64(m.dim+k) + 8*int64(n)*rowsTogetherInKernel
	if err := mat32.CheckMemory(method, need, m.options.MemoryLimit, "map fewer rows at a time"); err != nil {
		return nil, err
	}
	y, err := dense(ctx, x, 1)
	if err != nil {
		return fail(err)
	}
	if err := lessRow(ctx, y, m.center); err != nil {
		return fail(err)
	}
	squares, err := lengths(ctx, m.rows)
	if err != nil {
		return fail(err)
	}
	z := mat.NewDense(rows, k, nil)
	turned := mat.DenseCopyOf(m.vectors.T())
	err = m.against(ctx, y, m.rows, squares, func(i int, values []float64) {
		mean := 0.
		for _, v := range values {
			mean += v / float64(n)
		}
		for j, v := range values {
			values[j] = v - mean - m.means[j] + m.mean
		}
		for c := range k {
			z.Set(i, c, kernel.Dot64(values, turned.RawRowView(c)))
		}
	})
	if err != nil {
		return fail(err)
	}
	if err := checkFits(method, z); err != nil {
		return nil, err
	}
	return m.embedding.of(z), nil
}

// Inverse returns points of the data space whose images are near those of z, which
// is rows × k: the ridge regression of the rows on their coordinates, by the same
// kernel. What is far from the rows comes out near their mean, or near zero for
// kernels that depend on where the rows are. The first call solves for the n × n
// kernel matrix of the coordinates, which takes O(n³) time and 16·n² bytes, and
// keeps 8·n·d. Errors: as those of Fit, *mat32.DegenerateError where the matrix is not
// positive definite, which more Ridge makes it, and *mat32.ParamError where the kernel
// is a Func: that compares rows of the data, not of coordinates.
func (m *KernelPCAModel) Inverse(ctx context.Context, z mat.Matrix) (*mat.Dense, error) {
	const method = "dr.KernelPCA"
	if m.options.Func != nil {
		return nil, &mat32.ParamError{Method: method, Param: "Func", Value: "a function of rows of the data", Want: "one of the kernels by name for Inverse"}
	}
	_, k := m.vectors.Dims()
	rows, err := checkColumns(ctx, method, z, k)
	if err != nil {
		return nil, err
	}
	fail := func(err error) (*mat.Dense, error) {
		var indefinite *linalg.NotPositiveError
		var typed *mat32.MemoryError
		switch {
		case errors.As(err, &indefinite):
			return nil, &mat32.DegenerateError{Method: method, Reason: "the kernel matrix of the coordinates is not positive definite: raise Ridge"}
		case errors.Is(err, errKernel):
			return nil, &mat32.DegenerateError{Method: method, Reason: "values of the kernel exceed the largest float64: rescale the data"}
		case errors.As(err, &typed):
			return nil, err
		}
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	dual, squares, err := m.dual(ctx)
	if err != nil {
		return fail(err)
	}
	y, err := dense(ctx, z, 1)
	if err != nil {
		return fail(err)
	}
	x := mat.NewDense(rows, m.dim, nil)
	err = m.against(ctx, y, m.embedding.Dense, squares, func(i int, values []float64) {
		to := x.RawRowView(i)
		copy(to, m.center)
		for j, v := range values {
			kernel.Axpy64(v, dual.RawRowView(j), to)
		}
	})
	if err != nil {
		return fail(err)
	}
	return x, checkFits(method, x)
}

// dual returns the coefficients of the ridge regression.
func (m *KernelPCAModel) dual(ctx context.Context) (*mat.Dense, []float64, error) {
	const method = "dr.KernelPCA"
	p := m.preimages
	p.Lock()
	defer p.Unlock()
	if p.dual != nil {
		return p.dual, p.squares, nil
	}
	n, d := m.rows.Dims()
	if err := mat32.CheckMemory(method, 24*int64(n)*int64(n)+8*int64(n)*int64(d), m.options.MemoryLimit, "fit fewer rows"); err != nil {
		return nil, nil, err
	}
	z := m.embedding.Dense
	squares, err := lengths(ctx, z)
	if err != nil {
		return nil, nil, err
	}
	a := mat.NewSymDense(n, nil)
	err = m.against(ctx, z, z, squares, func(i int, values []float64) {
		for j := i; j < n; j++ {
			a.SetSym(i, j, values[j])
		}
		a.SetSym(i, i, values[i]+m.options.Ridge)
	})
	if err != nil {
		return nil, nil, err
	}
	c, err := linalg.NewCholesky(ctx, a)
	if errors.Is(err, linalg.ErrNotFinite) {
		err = errKernel
	}
	if err != nil {
		return nil, nil, err
	}
	dual := mat.DenseCopyOf(m.rows)
	if err := c.Solve(ctx, dual); err != nil {
		return nil, nil, err
	}
	p.dual, p.squares = dual, squares
	return dual, squares, nil
}

// String returns a small table: the first components with their eigenvalues and
// shares of the variance.
func (m *KernelPCAModel) String() string {
	var b strings.Builder
	n, _ := m.rows.Dims()
	fmt.Fprintf(&b, "kernel PCA of %d × %d, %s\n", n, m.dim, m.options)
	fmt.Fprintf(&b, "  %9s  %12s  %7s", "component", "eigenvalue", "share")
	numbered(&b, 9, len(m.values), func(c int) string { return fmt.Sprintf("  %12.6g  %6.2f%%", m.values[c], 100*m.share[c]) })
	return b.String()
}

const kernelPCAKind, kernelPCAVersion = "dr.KernelPCAModel", 1

func (m *KernelPCAModel) encode(w *saved.Writer) {
	if m.options.Func != nil {
		w.Fail(errors.New("dr.KernelPCA: a model with a kernel of its own cannot be saved"))
		return
	}
	w.JSON(m.options)
	w.Floats(m.center)
	w.Matrix(m.rows)
	w.Matrix(m.vectors)
	w.Floats(m.values)
	w.Floats(m.share)
	w.Floats(m.means)
	w.Float(m.mean)
	m.embedding.encode(w)
}

func (m *KernelPCAModel) decode(r *saved.Reader) {
	r.JSON(&m.options)
	m.center, m.rows, m.vectors = r.Floats(), r.Matrix(), r.Matrix()
	m.values, m.share, m.means, m.mean = r.Floats(), r.Floats(), r.Floats(), r.Float()
	m.embedding, m.preimages = new(Embedding), new(preimages)
	m.embedding.decode(r)
	if !r.OK() {
		return
	}
	if m.rows == nil || m.vectors == nil {
		r.Fail("it has no rows")
		return
	}
	if !m.options.moves() {
		m.center = nil
	}
	n, d := m.rows.Dims()
	n2, k := m.vectors.Dims()
	n3, k2 := m.embedding.Dims()
	m.dim = d
	if n != n2 || n != n3 || k != k2 || k != len(m.values) || k != len(m.share) || n != len(m.means) || d != m.embedding.Dim || m.center != nil && len(m.center) != d {
		r.Fail("its parts differ in size")
	}
}

// WriteTo saves the model with its embedding and the rows it was fitted to. A
// model with a kernel of its own cannot be saved, which is an error.
func (m *KernelPCAModel) WriteTo(w io.Writer) (int64, error) {
	return write(w, kernelPCAKind, kernelPCAVersion, m.encode)
}

// ReadFrom replaces m by a saved model; see Embedding.ReadFrom for the errors.
func (m *KernelPCAModel) ReadFrom(r io.Reader) (int64, error) {
	return read(r, kernelPCAKind, kernelPCAVersion, m, (*KernelPCAModel).decode)
}

// MarshalBinary returns what WriteTo writes.
func (m *KernelPCAModel) MarshalBinary() ([]byte, error) { return saved.Marshal(m) }

// UnmarshalBinary reads what MarshalBinary returned.
func (m *KernelPCAModel) UnmarshalBinary(b []byte) error { return saved.Unmarshal(m, b) }
