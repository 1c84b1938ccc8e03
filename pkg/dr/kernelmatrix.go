package dr

import (
	"context"
	"errors"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/rng"
)

// errKernel says that a kernel has a value beyond float64.
var errKernel = errors.New("a value of the kernel is not finite")

// of returns the kernel of two rows by their scalar product and squared lengths.
func (p KernelPCA) of(dot, a, b float64) float64 {
	switch p.Kernel {
	case LinearKernel:
		return dot
	case PolynomialKernel:
		base, power := p.Gamma*dot+p.Offset, 1.
		for range p.Degree {
			power *= base
		}
		return power
	case SigmoidKernel:
		return tanh(p.Gamma*dot + p.Offset)
	case CosineKernel:
		if a == 0 || b == 0 {
			return 0
		}
		return dot / math.Sqrt(a) / math.Sqrt(b)
	}
	return expNegative(p.Gamma * max(a+b-2*dot, 0))
}

// moves reports whether the kernel, centred, does not change when all rows move:
// then rows are taken near their mean, which keeps digits.
func (p KernelPCA) moves() bool {
	return p.Func == nil && (p.Kernel == RBFKernel || p.Kernel == LinearKernel)
}

// lengths returns the squared lengths of rows.
func lengths(ctx context.Context, rows *mat.Dense) ([]float64, error) {
	n, _ := rows.Dims()
	squares := make([]float64, n)
	err := par.Blocks(ctx, n, 64, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			squares[i] = kernel.Dot64(rows.RawRowView(i), rows.RawRowView(i))
		}
	})
	if err == nil && !finite(squares) {
		err = errKernel
	}
	return squares, err
}

// gram is the matrix of a kernel between all rows, centred when it is applied.
type gram struct {
	n        int
	of       linalg.Rectangular
	at       func(i, j int) float64
	eps      float64
	means    []float64 // of its rows
	diagonal []float64
	mean     float64 // of them all
	largest  float64
}

func newGram(ctx context.Context, p KernelPCA, rows *mat.Dense, narrow bool) (*gram, error) {
	n, _ := rows.Dims()
	g := &gram{n: n, means: make([]float64, n), diagonal: make([]float64, n)}
	squares, err := lengths(ctx, rows)
	if err != nil {
		return nil, err
	}
	parts := make([]float64, n)
	// kept notes what the centring needs of row i.
	kept := func(i int, sum, diagonal, largest float64) {
		g.means[i], g.diagonal[i], parts[i] = sum/float64(n), diagonal, largest
	}
	if narrow && p.Func == nil {
		err = g.narrow(ctx, p, rows, kept)
	} else {
		err = g.wide(ctx, p, rows, squares, kept)
	}
	if err != nil {
		return nil, err
	}
	for i, v := range parts {
		g.largest = max(g.largest, v)
		g.mean += g.means[i] / float64(n)
	}
	if !finite(g.means) || math.IsInf(g.largest, 0) || math.IsInf(g.mean, 0) {
		return nil, errKernel
	}
	return g, nil
}

// wide makes the matrix in float64.
func (g *gram) wide(ctx context.Context, p KernelPCA, rows *mat.Dense, squares []float64, kept func(i int, sum, diagonal, largest float64)) error {
	k := mat.NewDense(g.n, g.n, nil)
	g.of, g.at, g.eps = linalg.Rows64{X: k}, k.At, 0x1p-52
	value := func(i, j int, dot float64) float64 { return p.of(dot, squares[i], squares[j]) }
	if p.Func != nil {
		value = func(i, j int, _ float64) float64 {
			// The same bits on both sides of the diagonal.
			return p.Func(rows.RawRowView(max(i, j)), rows.RawRowView(min(i, j)))
		}
	} else if err := kernel.Syrk64(ctx, blas.NoTrans, 1, rows.RawMatrix(), 0, k.RawMatrix()); err != nil {
		return err
	}
	return par.Blocks(ctx, g.n, max(1, 1<<14/g.n), func(lo, hi int) {
		for i := lo; i < hi && ctx.Err() == nil; i++ {
			row, sum, largest := k.RawRowView(i), 0., 0.
			for j, dot := range row {
				if i == j {
					dot = squares[i]
				}
				v := value(i, j, dot)
				row[j] = v
				sum += v
				largest = max(largest, math.Abs(v))
			}
			kept(i, sum, row[i], largest)
		}
	})
}

// narrow makes the matrix in float32, of rows in a unit in which no product
// overflows.
func (g *gram) narrow(ctx context.Context, p KernelPCA, rows *mat.Dense, kept func(i int, sum, diagonal, largest float64)) error {
	n, d := rows.Dims()
	largest := 0.
	for _, v := range rows.RawMatrix().Data {
		largest = max(largest, math.Abs(v))
	}
	unit := 1.
	if largest > 0 {
		unit = binary(largest)
	}
	x := blas32.General{Rows: n, Cols: d, Stride: d, Data: make([]float32, n*d)}
	squares := make([]float64, n)
	err := par.Blocks(ctx, n, 64, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			row := x.Data[i*d : (i+1)*d]
			for j, v := range rows.RawRowView(i) {
				row[j] = float32(v / unit)
			}
			squares[i] = kernel.DotMixed(row, row) * (unit * unit)
		}
	})
	if err != nil {
		return err
	}
	k := blas32.General{Rows: n, Cols: n, Stride: n, Data: make([]float32, n*n)}
	g.of, g.eps = linalg.Rows32{X: k}, 0x1p-23
	g.at = func(i, j int) float64 { return float64(k.Data[i*n+j]) }
	if err := kernel.Syrk32(ctx, blas.NoTrans, 1, x, 0, k); err != nil {
		return err
	}
	return par.Blocks(ctx, n, max(1, 1<<14/n), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			row, sum, largest := k.Data[i*n:(i+1)*n], 0., 0.
			for j, dot := range row {
				v := 0.
				if i == j {
					v = p.of(squares[i], squares[i], squares[i])
				} else {
					v = p.of(float64(dot)*(unit*unit), squares[i], squares[j])
				}
				row[j] = float32(v)
				v = float64(row[j])
				sum += v
				largest = max(largest, math.Abs(v))
			}
			kept(i, sum, float64(row[i]), largest)
		}
	})
}

// trace is that of the centred matrix, the variance of the images times n.
func (g *gram) trace() float64 {
	sum := 0.
	for i, v := range g.diagonal {
		sum += v - g.means[i]
	}
	return sum
}

// floor is what an eigenvalue may be by rounding alone.
func (g *gram) floor() float64 { return 4 * math.Sqrt(float64(g.n)) * g.eps * g.largest }

// Dim returns n.
func (g *gram) Dim() int { return g.n }

// Apply writes the product of the centred matrix with x to dst.
func (g *gram) Apply(ctx context.Context, dst, x *mat.Dense) error {
	y := mat.DenseCopyOf(x)
	if err := lessMeans(ctx, y); err != nil {
		return err
	}
	if err := g.of.Mul(ctx, dst, y); err != nil {
		return err
	}
	return lessMeans(ctx, dst)
}

// lessMeans takes the means of its columns from x.
func lessMeans(ctx context.Context, x *mat.Dense) error {
	n, _ := x.Dims()
	sums, err := columnSums(ctx, x)
	if err != nil {
		return err
	}
	return par.Blocks(ctx, n, 256, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			kernel.Axpy64(-1/float64(n), sums, x.RawRowView(i))
		}
	})
}

// leading returns the largest eigenvalues of the centred matrix, falling, and
// their eigenvectors as rows.
func (g *gram) leading(ctx context.Context, p KernelPCA) (values []float64, vectors *mat.Dense, notes []string, err error) {
	k := p.Components
	values, vectors = make([]float64, k), mat.NewDense(k, g.n, nil)
	if !(g.trace() > g.floor()) && p.Kernel != SigmoidKernel && p.Func == nil {
		return values, vectors, nil, nil // all rows have one image
	}
	switch p.Solver {
	case Exact:
		s := mat.NewSymDense(g.n, nil)
		err := par.Blocks(ctx, g.n, max(1, 1<<16/g.n), func(lo, hi int) {
			for i := lo; i < hi; i++ {
				for j := i; j < g.n; j++ {
					s.SetSym(i, j, g.at(i, j)-g.means[i]-g.means[j]+g.mean)
				}
			}
		})
		if err != nil {
			return nil, nil, nil, err
		}
		all, v, err := linalg.EigenSymRange(ctx, s, 0, k)
		if err != nil {
			return nil, nil, nil, err
		}
		return all[:k], v, nil, nil
	case Randomized:
		values, vectors, err := g.krylov(ctx, p)
		return values, vectors, nil, err
	}
	// The error of an eigenvalue is of the order of the square of this.
	tolerance := 1e-9
	if g.eps > 0x1p-30 {
		tolerance = 1e-5
	}
	pairs, err := linalg.Extremal{Pairs: k, Largest: true, Solver: linalg.Lanczos, Tolerance: tolerance, Seed: p.Seed}.Solve(ctx, g)
	var slow *linalg.ConvergenceError
	if errors.As(err, &slow) && pairs != nil {
		notes, err = append(notes, slow.Error()), nil
	}
	if err != nil {
		return nil, nil, nil, err
	}
	copy(values, pairs.Values)
	vectors.Copy(pairs.Vectors.T())
	return values, vectors, notes, nil
}

// krylov is leading by random blocks: the best in the space that a block and its
// products with the powers of the matrix span. It looks for the largest eigenvalues,
// not for the largest magnitudes, which negative ones may have.
func (g *gram) krylov(ctx context.Context, p KernelPCA) (values []float64, vectors *mat.Dense, err error) {
	n := g.n
	width, room := p.blocks(n)
	basis, image := mat.NewDense(room, n, nil), mat.NewDense(room, n, nil) // as rows
	err = par.Blocks(ctx, width, 1, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			s := rng.New(p.Seed, "kernelpca/block", i)
			row := basis.RawRowView(i)
			for j := range row {
				row[j] = s.Normal()
			}
		}
	})
	if err != nil {
		return nil, nil, err
	}
	for from := 0; from < room; from += width {
		to := min(from+width, room)
		block := basis.Slice(from, to, 0, n).(*mat.Dense)
		if from > 0 {
			block.Copy(image.Slice(from-width, from, 0, n))
		}
		// Those before are orthonormal, and stay what they are but for rounding.
		if err := linalg.Orthonormalize(ctx, basis.Slice(0, to, 0, n).(*mat.Dense)); err != nil {
			return nil, nil, err
		}
		y := mat.NewDense(n, to-from, nil)
		if err := g.Apply(ctx, y, mat.DenseCopyOf(block.T())); err != nil {
			return nil, nil, err
		}
		image.Slice(from, to, 0, n).(*mat.Dense).Copy(y.T())
	}
	form, small := mat.NewDense(room, room, nil), mat.NewSymDense(room, nil)
	if err := kernel.Gemm64(ctx, blas.NoTrans, blas.Trans, 1, basis.RawMatrix(), image.RawMatrix(), 0, form.RawMatrix()); err != nil {
		return nil, nil, err
	}
	for i := range room {
		for j := i; j < room; j++ {
			small.SetSym(i, j, (form.At(i, j)+form.At(j, i))/2)
		}
	}
	values, turn, err := linalg.EigenSymRange(ctx, small, 0, p.Components)
	if err != nil {
		return nil, nil, err
	}
	vectors = mat.NewDense(p.Components, n, nil)
	return values[:p.Components], vectors, kernel.Gemm64(ctx, blas.NoTrans, blas.NoTrans, 1, turn.RawMatrix(), basis.RawMatrix(), 0, vectors.RawMatrix())
}
