package dr

import (
	"context"
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// KernelPCA is PCA in the space that a kernel stands for: a function of two rows
// that is the scalar product of their images. Components are curved in the space
// of the data, so that groups which no plane tells apart can come apart.
//
// The coordinates of the rows are the eigenvectors of the centred n × n matrix of
// the kernel times the roots of their eigenvalues; the entry of largest magnitude
// of an eigenvector is positive. With LinearKernel they are those of PCA.
//
// It is defined on an n × n matrix: memory 8·n² bytes, 4·n² of float32 rows, and
// 40·n² more for Exact; 16·n·d for the rows. Time O(n²·d), and O(n³) for Exact or
// O(n²·k) for each of some dozens of products with it. Of float32 rows eigenvalues
// have about six digits.
//
// Sources: B. Schölkopf, A. Smola and K.-R. Müller (1998), Nonlinear component
// analysis as a kernel eigenvalue problem; for Inverse, G. Bakır, J. Weston and B.
// Schölkopf (2004), Learning to find pre-images.
type KernelPCA struct {
	// Components is the number of components, at most n. Default 2, or 1 of one row.
	Components int

	// Kernel is RBFKernel, LinearKernel, PolynomialKernel, SigmoidKernel or
	// CosineKernel. Ignored where Func is given. Default RBFKernel.
	Kernel Kernel

	// Func is a kernel of your own. It must not depend on the order of its arguments,
	// nor keep or change them, and many goroutines call it at once. Models with one
	// cannot be saved. Default none.
	Func func(a, b []float64) float64 `json:"-"`

	// Gamma scales squared distances or scalar products, in units of one over the
	// data's squared. Larger values look at nearer rows. Ignored by LinearKernel and
	// CosineKernel. Default 1/d.
	Gamma float64

	// Degree is that of PolynomialKernel. Larger values weigh large products more.
	// Default 3.
	Degree int

	// Offset is added to scaled scalar products by PolynomialKernel and
	// SigmoidKernel. The constant Zero adds none. Default 1.
	Offset float64

	// Ridge is what Inverse adds to the diagonal of its kernel matrix. Larger values
	// bring points nearer to the mean. Default 1.
	Ridge float64

	// Solver is Exact, Randomized or Lanczos. Default Auto: Lanczos where n is above
	// 500 and more than twenty times Components, else Exact.
	Solver Solver

	// Oversample is how many more vectors the random blocks have, for Randomized.
	// Default 10.
	Oversample int

	// Iterations is how often a random block is multiplied with the square of the
	// matrix, for Randomized. More of them cost time and bring eigenvalues nearer to
	// the exact ones. Default 3.
	Iterations int

	// Seed of the random blocks, for Randomized and Lanczos.
	Seed uint64

	// MemoryLimit in bytes refuses data whose matrices would not fit. Default
	// GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

// Kernel is a function of two rows: the scalar product of images of theirs.
type Kernel string

const (
	// RBFKernel is exp(−Gamma·‖a − b‖²).
	RBFKernel Kernel = "rbf"

	// LinearKernel is a·b.
	LinearKernel Kernel = "linear"

	// PolynomialKernel is (Gamma·a·b + Offset)^Degree.
	PolynomialKernel Kernel = "polynomial"

	// SigmoidKernel is tanh(Gamma·a·b + Offset). It stands for no scalar product:
	// negative eigenvalues are left out.
	SigmoidKernel Kernel = "sigmoid"

	// CosineKernel is a·b/(‖a‖·‖b‖), and 0 for rows of zeros.
	CosineKernel Kernel = "cosine"
)

// Resolve returns the options with defaults filled in for n × d data, or a
// *mat32.ParamError.
func (p KernelPCA) Resolve(n, d int) (KernelPCA, error) {
	const method = "dr.KernelPCA"
	if p.Components == 0 {
		p.Components = min(2, n)
	}
	if p.Kernel == "" {
		p.Kernel = RBFKernel
	}
	for _, o := range []struct {
		value    *float64
		standard float64
	}{{&p.Gamma, 1 / float64(d)}, {&p.Offset, 1}, {&p.Ridge, 1}} {
		if *o.value == 0 {
			*o.value = o.standard
		}
	}
	if p.Degree == 0 {
		p.Degree = 3
	}
	if p.Oversample == 0 {
		p.Oversample = 10
	}
	if p.Iterations == 0 {
		p.Iterations = 3
	}
	wrong := func(param string, value any, want string) error {
		return &mat32.ParamError{Method: method, Param: param, Value: value, Want: want}
	}
	if err := checkRange(method, "Components", p.Components, 1, n, "n"); err != nil {
		return p, err
	}
	positive := func(v float64) bool { return v > 0 && v <= math.MaxFloat64 }
	switch {
	case p.Kernel != RBFKernel && p.Kernel != LinearKernel && p.Kernel != PolynomialKernel && p.Kernel != SigmoidKernel && p.Kernel != CosineKernel:
		return p, wrong("Kernel", p.Kernel, "RBFKernel, LinearKernel, PolynomialKernel, SigmoidKernel or CosineKernel")
	case !positive(p.Gamma):
		return p, wrong("Gamma", p.Gamma, "above 0")
	case !positive(p.Offset):
		return p, wrong("Offset", p.Offset, "Zero or more")
	case !positive(p.Ridge):
		return p, wrong("Ridge", p.Ridge, "above 0")
	case p.Degree < 1 || p.Degree > 1000:
		return p, wrong("Degree", p.Degree, "1 ≤ Degree ≤ 1000")
	case p.Oversample < 1 || p.Oversample > mostBlocks:
		return p, wrong("Oversample", p.Oversample, fmt.Sprintf("1 ≤ Oversample ≤ %d", mostBlocks))
	case p.Iterations < 1:
		return p, wrong("Iterations", p.Iterations, "1 or more")
	case p.MemoryLimit < 0:
		return p, wrong("MemoryLimit", p.MemoryLimit, "0 or more bytes")
	}
	if p.Solver == Auto {
		p.Solver = Exact
		if n > 500 && n > 20*p.Components {
			p.Solver = Lanczos
		}
	}
	return p, checkSolver(method, p.Solver, Exact, Randomized, Lanczos)
}

// String returns the options in one line, as captions and tables show them.
func (p KernelPCA) String() string {
	s := fmt.Sprintf("%d components, %s kernel", p.Components, p.Kernel)
	switch {
	case p.Func != nil:
		s = fmt.Sprintf("%d components, a kernel of its own", p.Components)
	case p.Kernel == RBFKernel:
		s += fmt.Sprintf(", gamma %.6g", p.Gamma)
	case p.Kernel == PolynomialKernel:
		s += fmt.Sprintf(", gamma %.6g, offset %.6g, degree %d", p.Gamma, p.Offset, p.Degree)
	case p.Kernel == SigmoidKernel:
		s += fmt.Sprintf(", gamma %.6g, offset %.6g", p.Gamma, p.Offset)
	}
	return s + ", " + string(p.Solver)
}

// Fit learns the components of x (n × d). Errors: those of mat32.CheckRows,
// mat32.Check and Resolve, *mat32.DegenerateError where values of the kernel exceed
// float64, *mat32.MemoryError, and one that wraps ctx.Err().
func (p KernelPCA) Fit(ctx context.Context, x mat.Matrix) (*KernelPCAModel, error) {
	const method = "dr.KernelPCA"
	n, d, err := checkRows(ctx, method, x, 1)
	if err != nil {
		return nil, err
	}
	if p, err = p.Resolve(n, d); err != nil {
		return nil, err
	}
	if err := mat32.CheckMemory(method, p.memory(x), p.MemoryLimit, "reduce the number of rows, or take other than Exact"); err != nil {
		return nil, err
	}
	fail := func(err error) (*KernelPCAModel, error) {
		if errors.Is(err, linalg.ErrNotFinite) || errors.Is(err, errKernel) {
			return nil, &mat32.DegenerateError{Method: method, Reason: "values of the kernel exceed the largest float64: rescale the data"}
		}
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	stage := watch.Start(ctx, "kernel PCA", 2)
	m := &KernelPCAModel{options: p, dim: d, preimages: new(preimages)}
	if err := m.place(ctx, x); err != nil {
		return fail(err)
	}
	g, err := newGram(ctx, p, m.rows, single(x))
	if err != nil {
		return fail(err)
	}
	m.means, m.mean = g.means, g.mean
	stage.Add(1)
	values, vectors, notes, err := g.leading(ctx, p)
	if err != nil {
		return fail(err)
	}
	stage.Add(1)
	signs := orientation(vectors)
	scaleRows(vectors, signs)
	total, found := g.trace(), 0.
	for _, v := range values {
		found += max(v, 0)
	}
	total = max(total, found) // negative eigenvalues have no part in it
	m.values, m.share = values, make([]float64, len(values))
	zero := 0
	z := mat.NewDense(n, p.Components, nil)
	m.vectors = mat.NewDense(n, p.Components, nil)
	for c, v := range values {
		if v <= g.floor() {
			zero++
			values[c] = 0
			continue
		}
		m.share[c] = v / total
		root := math.Sqrt(v)
		for i, e := range vectors.RawRowView(c) {
			z.Set(i, c, e*root)
			m.vectors.Set(i, c, e/root)
		}
	}
	if zero > 0 {
		notes = append(notes, fmt.Sprintf("the last %d of %d eigenvalues are not positive: their coordinates are zero", zero, p.Components))
	}
	m.embedding = &Embedding{Dense: z, Method: "kernel PCA", Options: p.String(), Rows: n, Dim: d, Objective: math.NaN(), Notes: notes}
	return m, nil
}

// Embed returns the rows of x in the coordinates of the components: Fit(ctx, x)
// and its embedding.
func (p KernelPCA) Embed(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	m, err := p.Fit(ctx, x)
	if err != nil {
		return nil, err
	}
	return m.embedding, nil
}

// single reports whether the values of x are float32.
func single(x mat.Matrix) bool {
	switch x.(type) {
	case *mat32.Dense, *mat32.CSR:
		return true
	}
	return false
}

// memory is the forecast of Fit in bytes.
func (p KernelPCA) memory(x mat.Matrix) int64 {
	rows, columns := x.Dims()
	n, d, k := int64(rows), int64(columns), int64(p.Components)
	need := 16*n*d + 8*n*n
	if single(x) && p.Func == nil {
		need = 16*n*d + 4*n*n
	}
	switch p.Solver {
	case Exact:
		return need + 40*n*n
	case Randomized:
		width, room := p.blocks(rows)
		return need + 24*int64(room)*(n+int64(room)) + 8*n*(4*int64(width)+k)
	}
	return need + 8*n*40*(k+8)
}

// blocks returns how many vectors a random block has, and all blocks together.
func (p KernelPCA) blocks(n int) (width, room int) {
	width = min(p.Components+min(p.Oversample, n), n)
	if p.Iterations >= n { // which fills the space
		return width, n
	}
	return width, min(width*(2*p.Iterations+1), n)
}
