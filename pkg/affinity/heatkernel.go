package affinity

import (
	"cmp"
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// HeatSolver is how the exponential of a Laplacian is computed.
type HeatSolver string

const (
	// ChebyshevHeat is a Chebyshev series of the exponential over the interval of the
	// eigenvalues: a product with the Laplacian for every term, and about
	// √(2z·log(1/Tolerance)) terms for z = Time·(largest eigenvalue)/2.
	ChebyshevHeat HeatSolver = "Chebyshev"

	// EulerHeat takes Order steps of the implicit Euler method, (I + Time/Order·L)^−Order,
	// by a Cholesky factor of the whole matrix: O(n³) and 8·n² bytes. It keeps all
	// weights positive, and errs by about 0.27/Order.
	EulerHeat HeatSolver = "Euler"

	// EigenHeat keeps the Order slowest modes: those of the smallest eigenvalues. What
	// it leaves out has decayed to e^(−Time·λ), for the last eigenvalue λ. With all n, the
	// default, it is exact, and takes O(n³) and 40·n² bytes.
	EigenHeat HeatSolver = "eigen"
)

// HeatKernel makes the heat kernel e^(−Time·L) of a Laplacian: how much of the heat that
// starts in one row is in another after some time.
//
// Its entries are at least 0. Those of a Combinatorial or RandomWalk Laplacian sum to 1 in
// every row; those of a Symmetric one are D^½·H·D^−½ of the RandomWalk's H, symmetric. For
// short times −4·Time·log of an entry is the squared length of the way that heat takes
// (Varadhan).
//
// Sources: F. Chung (1997), Spectral graph theory; D. Hammond, P. Vandergheynst and
// R. Gribonval (2011), Wavelets on graphs via spectral graph theory, for the series;
// S. Varadhan (1967), On the behavior of the fundamental solution of the heat equation
// with variable coefficients.
type HeatKernel struct {
	// Time is how long heat flows, above 0, in the unit of 1 over eigenvalues. Larger
	// values reach farther. Default 1.
	Time float64

	// Solver is ChebyshevHeat, EulerHeat or EigenHeat. Default ChebyshevHeat.
	Solver HeatSolver

	// Order is the degree of the Chebyshev series, the number of Euler's steps, or that of
	// eigenpairs, at most n: more of them err less. Default what Tolerance asks for, 32
	// steps, and n.
	Order int

	// Tolerance is by how much a Chebyshev series may differ from the kernel, as a
	// matrix norm, in (0, 1). Ignored where Order is given, and by the other solvers.
	// Default 1e-12.
	Tolerance float64

	// MemoryLimit in bytes refuses dense matrices that would not fit. Default
	// GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

// mostTerms is the longest series: work without an end in sight is refused.
const mostTerms = 1 << 20

// Resolve returns the options with defaults filled in, or a *mat32.ParamError. The Order
// that Tolerance asks for is found by Of, which knows the eigenvalues.
func (h HeatKernel) Resolve(n, d int) (HeatKernel, error) {
	h.Time, h.Tolerance = cmp.Or(h.Time, 1), cmp.Or(h.Tolerance, 1e-12)
	h.Solver = cmp.Or(h.Solver, ChebyshevHeat)
	most := mostTerms
	switch {
	case h.Order != 0:
	case h.Solver == EulerHeat:
		h.Order = 32
	case h.Solver == EigenHeat:
		h.Order = n
	}
	if h.Solver == EigenHeat {
		most = n
	}
	wrong := func(param string, value any, want string) error {
		return &mat32.ParamError{Method: "affinity.HeatKernel", Param: param, Value: value, Want: want}
	}
	switch {
	case h.Solver != ChebyshevHeat && h.Solver != EulerHeat && h.Solver != EigenHeat:
		return h, wrong("Solver", string(h.Solver), fmt.Sprintf("one of %v", []HeatSolver{ChebyshevHeat, EulerHeat, EigenHeat}))
	case !(h.Time > 0) || math.IsInf(h.Time, 0):
		return h, wrong("Time", h.Time, "a finite number above 0")
	case h.Order < 0 || h.Order > most:
		return h, wrong("Order", h.Order, fmt.Sprintf("0 ≤ Order ≤ %d", most))
	case !(h.Tolerance > 0 && h.Tolerance < 1):
		return h, wrong("Tolerance", h.Tolerance, "0 < Tolerance < 1")
	case h.MemoryLimit < 0:
		return h, wrong("MemoryLimit", h.MemoryLimit, "0 or more bytes")
	}
	return h, nil
}

// String returns the options in one line, as captions and tables show them.
func (h HeatKernel) String() string {
	s := fmt.Sprintf("heat kernel, time %.4g, %s", h.Time, h.Solver)
	if h.Order > 0 {
		s += fmt.Sprintf(" of order %d", h.Order)
	}
	return s
}

// HeatOperator is the heat kernel of a Laplacian. As an operator it applies itself to
// blocks of vectors. It never changes, and is safe for concurrent use.
type HeatOperator struct {
	HeatKernel          // as it was resolved; Order is that which was taken
	Notes      []string // of EigenHeat: components, and every fallback of the solver

	of    *LaplacianOperator
	roots []float64 // of the degrees, for a RandomWalk; else nil
	bound float64
	found bool // Order, by Tolerance

	half    float64          // of the interval of eigenvalues
	terms   []float64        // coefficients of the Chebyshev series
	factor  *linalg.Cholesky // of I + Time/Order·L
	values  []float64        // eigenvalues λ
	decays  []float64        // e^(−Time·λ)
	vectors *mat.Dense       // n × Order, of the symmetric matrix with the same eigenvalues

	residual float64 // the length of all residuals of the modes
}

// Of returns the heat kernel of the Laplacian l. Errors: those of Resolve,
// *mat32.ParamError where l is nil or Tolerance would take too long a series,
// *mat32.MemoryError for EulerHeat and EigenHeat, *mat32.DegenerateError where no
// eigenpairs are found, and one that wraps ctx.Err().
func (h HeatKernel) Of(ctx context.Context, l *LaplacianOperator) (*HeatOperator, error) {
	const method = "affinity.HeatKernel"
	if l == nil || l.matrix == nil {
		return nil, &mat32.ParamError{Method: method, Param: "l", Value: "nil", Want: "a Laplacian"}
	}
	n := l.Dim()
	h, err := h.Resolve(n, n)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	o := &HeatOperator{HeatKernel: h, of: l}
	if l.Normalization == RandomWalk {
		o.roots = l.roots()
	}
	_, high := l.Bounds()
	if z := h.Time * high; math.IsInf(z, 0) {
		return nil, &mat32.ParamError{Method: method, Param: "Time", Value: h.Time, Want: fmt.Sprintf("a time within float64 of the eigenvalues, up to %.3g", high)}
	}
	switch h.Solver {
	case ChebyshevHeat:
		err = o.series(high)
	case EulerHeat:
		err = o.step(ctx, high)
	default:
		err = o.modes(ctx)
	}
	if err != nil {
		return nil, mat32.Rename(method, err)
	}
	return o, nil
}

// roots returns the roots of the degrees, 1 for a row without weights.
func (o *LaplacianOperator) roots() []float64 {
	roots := make([]float64, o.Dim())
	for i, d := range o.degrees {
		roots[i] = 1
		if o.Normalization != Combinatorial && d > 0 {
			roots[i] = math.Sqrt(d)
		}
	}
	return roots
}

// series finds the Chebyshev coefficients: with z = Time·half and x = λ/half − 1, of
// e^(−z(1+x)) = e^(−z)·I₀(z) + 2·Σ (−1)^k·e^(−z)·I_k(z)·T_k(x).
func (o *HeatOperator) series(high float64) error {
	o.half = high / 2
	z := o.Time * o.half
	// How many may count: with Skellam's distribution, whose variance is z and whose
	// probabilities the scaled Bessel functions are, beyond k is less than
	// 2·exp(−k²/(2z + 2k/3)).
	reach := 250 + math.Sqrt(250*250+1500*z)
	if reach > mostTerms {
		return &mat32.ParamError{Param: "Time", Value: o.Time, Want: fmt.Sprintf("a shorter one: eigenvalues up to %.3g would take a series of more than %d terms", high, mostTerms)}
	}
	weights := scaledBessel(z, max(int(reach), o.Order))
	tail := 0. // from the small end, so that it has all digits
	k := len(weights) - 1
	for ; k > 0; k-- {
		if o.Order > 0 && k <= o.Order || o.Order == 0 && tail+2*weights[k] > o.Tolerance {
			break
		}
		tail += 2 * weights[k]
	}
	o.found = o.Order == 0
	o.Order, o.bound = k, tail
	o.terms = weights[:k+1]
	for k := 1; k < len(o.terms); k++ {
		o.terms[k] *= 2
		if k%2 == 1 {
			o.terms[k] = -o.terms[k]
		}
	}
	return nil
}

// scaledBessel returns e^(−z)·I_k(z) for k from 0 to most, by the ratios of one to the
// last, whose backward recurrence forgets that it began with zero, and the sum over all
// whole numbers, which is 1.
func scaledBessel(z float64, most int) []float64 {
	w := make([]float64, most+1)
	ratio := 0.
	for k := most; k > 0; k-- {
		ratio = z / (2*float64(k) + z*ratio)
		w[k] = ratio
	}
	w[0] = 1
	sum := 1.
	for k := 1; k <= most; k++ {
		w[k] *= w[k-1]
		sum += 2 * w[k]
	}
	for k := range w {
		w[k] /= sum
	}
	return w
}

// step factors I + Time/Order·L.
func (o *HeatOperator) step(ctx context.Context, high float64) error {
	n := o.Dim()
	if err := mat32.CheckMemory("", 16*int64(n)*int64(n), o.MemoryLimit, "use ChebyshevHeat"); err != nil {
		return err
	}
	steps := float64(o.Order)
	a := mat.NewSymDense(n, nil)
	o.of.spread(a, o.Time/steps, 1)
	var err error
	if o.factor, err = linalg.NewCholesky(ctx, a); err != nil {
		if ctx.Err() == nil {
			return &mat32.DegenerateError{Reason: err.Error()}
		}
		return err
	}
	// Of (1+y/K)^−K − e^−y, which is most where y = (K+1)·log(1+y/K): there it is
	// e^−y·y/K. The difference of both sides is convex, so Newton comes from above.
	y := 8.
	for range 100 {
		y -= (y - (steps+1)*math.Log1p(y/steps)) / (1 - (steps+1)/(steps+y))
	}
	y = min(y, o.Time*high)
	o.bound = math.Exp(-steps*math.Log1p(y/steps)) - math.Exp(-y)
	return nil
}

// spread writes scale·L + shift·I to a, of the symmetric matrix with the eigenvalues of L.
func (o *LaplacianOperator) spread(a *mat.SymDense, scale, shift float64) {
	for i := range o.Dim() {
		a.SetSym(i, i, shift)
		columns, values := o.conjugate.Row(i)
		for k, j := range columns {
			if int(j) == i {
				a.SetSym(i, i, shift+scale*values[k])
			} else if int(j) > i {
				a.SetSym(i, int(j), scale*values[k])
			}
		}
	}
}

// modes finds the eigenpairs.
func (o *HeatOperator) modes(ctx context.Context) error {
	n, k := o.Dim(), o.Order
	if k < n {
		low, high := o.of.Bounds()
		p, err := eigen(ctx, "affinity.HeatKernel", o.of.conjugate, o.of.weights, o.of.roots(), 0, o.MemoryLimit, linalg.Extremal{Pairs: k, Low: low, High: high})
		if err != nil {
			return err
		}
		o.values, o.vectors, o.Notes = p.Values, p.Vectors, p.Notes
		for _, r := range p.Residuals {
			o.residual = math.Hypot(o.residual, r)
		}
		o.decay()
		return nil
	}
	if err := mat32.CheckMemory("", 40*int64(n)*int64(n), o.MemoryLimit, "take fewer eigenpairs, or ChebyshevHeat"); err != nil {
		return err
	}
	a := mat.NewSymDense(n, nil)
	o.of.spread(a, 1, 0)
	values, vectors, err := linalg.EigenSym(ctx, a)
	if err != nil {
		if ctx.Err() == nil {
			return &mat32.DegenerateError{Reason: err.Error()}
		}
		return err
	}
	for j, v := range values {
		values[j] = max(0, v) // rounding leaves none below
	}
	o.values, o.vectors = values, mat.DenseCopyOf(vectors.T())
	o.decay()
	return nil
}

// decay lets the modes decay for Time. What is left out decays at least as the last mode
// does. With ρ for the length of all residuals, the modes span a space on which the
// Laplacian acts as they say but for ρ, and leave its complement but for ρ: heat that
// flows across is at most Time·ρ either way, and the eigenvalues of the complement are at
// least the last one but for 2ρ. Both kernels have norms of at most 1.
func (o *HeatOperator) decay() {
	o.decays, o.bound = make([]float64, len(o.values)), 0
	for j, v := range o.values {
		o.decays[j] = math.Exp(-o.Time * v)
	}
	if k := len(o.values); k < o.Dim() {
		o.bound = min(1, o.decays[k-1]*math.Exp(2*o.Time*o.residual)+2*o.Time*o.residual)
	}
}

// At returns the heat kernel of the same Laplacian at another time, with the options of o.
// The eigenpairs of EigenHeat are shared, so that other times cost nothing; else it is Of
// with that time, and an Order that o found is found anew.
func (o *HeatOperator) At(ctx context.Context, time float64) (*HeatOperator, error) {
	h := o.HeatKernel
	h.Time = time
	if o.Solver != EigenHeat {
		if o.found {
			h.Order = 0
		}
		return h.Of(ctx, o.of)
	}
	if _, err := h.Resolve(o.Dim(), o.Dim()); err != nil {
		return nil, err
	}
	other := &HeatOperator{HeatKernel: h, Notes: o.Notes, of: o.of, roots: o.roots, values: o.values, vectors: o.vectors, residual: o.residual}
	other.decay()
	return other, ctx.Err()
}

// Dim returns the number of rows.
func (o *HeatOperator) Dim() int {
	if o.of == nil {
		return 0
	}
	return o.of.Dim()
}

// Bound returns by how much the operator differs from the heat kernel at most, as a
// matrix norm: of differences between blocks, relative to the block. Rounding adds some
// 1e-16 for every term, step or mode. For a RandomWalk norms are those weighted by the degrees.
func (o *HeatOperator) Bound() float64 { return o.bound }

// Laplacian returns what the kernel is of.
func (o *HeatOperator) Laplacian() *LaplacianOperator { return o.of }

// Apply writes e^(−Time·L)·x to dst for a block x (n × b) of vectors; dst has the shape of
// x and shares no memory with it. The error is ctx.Err(). Time Order products with the
// Laplacian, or O(Order·n²·b) for EulerHeat and O(Order·n·b) for EigenHeat; memory that of
// two further blocks.
func (o *HeatOperator) Apply(ctx context.Context, dst, x *mat.Dense) error {
	if o.of == nil {
		return zeroOperator("affinity.HeatOperator")
	}
	n, b := x.Dims()
	if r, c := dst.Dims(); n != o.Dim() || r != n || c != b {
		panic(mat.ErrShape)
	}
	from := x
	if o.roots != nil {
		from = mat.DenseCopyOf(x)
		o.scale(from, func(root float64) float64 { return root })
	}
	var err error
	switch o.Solver {
	case ChebyshevHeat:
		two := mat.NewDense(n, 2*b, nil)
		err = o.sum(ctx, dst, from, two.Slice(0, n, 0, b).(*mat.Dense), two.Slice(0, n, b, 2*b).(*mat.Dense), func(f func(lo, hi int)) error { return par.Blocks(ctx, n, rowBlock, f) })
	case EulerHeat:
		dst.Copy(from)
		for range o.Order {
			if err = o.factor.Solve(ctx, dst); err != nil {
				return err
			}
		}
	default:
		k := len(o.decays)
		inner := mat.NewDense(k, b, nil)
		if err = kernel.Gemm64(ctx, blas.Trans, blas.NoTrans, 1, o.vectors.RawMatrix(), from.RawMatrix(), 0, inner.RawMatrix()); err != nil {
			return err
		}
		for j, decay := range o.decays {
			kernel.Scal64(decay, inner.RawRowView(j))
		}
		err = kernel.Gemm64(ctx, blas.NoTrans, blas.NoTrans, 1, o.vectors.RawMatrix(), inner.RawMatrix(), 0, dst.RawMatrix())
	}
	if err == nil && o.roots != nil {
		o.scale(dst, func(root float64) float64 { return 1 / root })
	}
	return err
}

// scale multiplies the rows of x by what f says of the root of their degree.
func (o *HeatOperator) scale(x *mat.Dense, f func(root float64) float64) {
	for i, root := range o.roots {
		kernel.Scal64(f(root), x.RawRowView(i))
	}
}

// sum adds up the Chebyshev series of x into dst; one and other are work of its shape. each
// calls its argument for parts of the rows, which may be done side by side.
func (o *HeatOperator) sum(ctx context.Context, dst, x, one, other *mat.Dense, each func(f func(lo, hi int)) error) error {
	_, b := x.Dims()
	to := dst.RawMatrix()
	// now ← T_k·x, from last = T_(k−1)·x and before = T_(k−2)·x, where now may be before.
	next := func(k int, now, last, before *mat.Dense) error {
		alpha, beta := 2., -1.
		if k == 1 {
			alpha, beta = 1, 0
		}
		raw, from := now.RawMatrix(), last.RawMatrix()
		return each(func(lo, hi int) {
			for i := lo; i < hi; i++ {
				columns, values := o.of.conjugate.Row(i)
				row := raw.Data[i*raw.Stride : i*raw.Stride+b]
				kernel.Gather64(alpha/o.half, values, columns, from.Data, from.Stride, beta, row)
				kernel.Axpy64(-alpha, from.Data[i*from.Stride:i*from.Stride+b], row)
				kernel.Axpy64(o.terms[k], row, to.Data[i*to.Stride:i*to.Stride+b])
			}
		})
	}
	raw := x.RawMatrix()
	err := each(func(lo, hi int) {
		for i := lo; i < hi; i++ {
			row := to.Data[i*to.Stride : i*to.Stride+b]
			copy(row, raw.Data[i*raw.Stride:])
			kernel.Scal64(o.terms[0], row)
		}
	})
	if err != nil || len(o.terms) == 1 {
		return err
	}
	if err := next(1, one, x, nil); err != nil {
		return err
	}
	if len(o.terms) == 2 {
		return nil
	}
	other.Copy(x)
	now, last := other, one
	for k := 2; k < len(o.terms); k++ {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err := next(k, now, last, now); err != nil {
			return err
		}
		now, last = last, now
	}
	return nil
}

// strip is how many columns of a whole kernel a goroutine makes at a time: some blocks of
// them stay in its cache.
const strip = 32

// Dense returns the whole kernel, n × n: what the operator makes of the unit vectors,
// symmetric to the last bit unless the Laplacian is that of a RandomWalk. Entries that the
// error of the operator leaves below 0 are 0. Errors: *mat32.MemoryError, and one that
// wraps ctx.Err(). Time O(Order·weights·n), and O(log(Order)·n³) for EulerHeat and O(n²·Order) for
// EigenHeat; memory 8·n² bytes, twice for EigenHeat and four times for EulerHeat.
func (o *HeatOperator) Dense(ctx context.Context) (*mat.Dense, error) {
	const method = "affinity.HeatOperator"
	if o.of == nil {
		return nil, zeroOperator(method)
	}
	n := o.Dim()
	matrices := map[HeatSolver]int64{ChebyshevHeat: 1, EigenHeat: 2, EulerHeat: 4}[o.Solver]
	if err := mat32.CheckMemory(method, 8*matrices*int64(n)*int64(n), o.MemoryLimit, "apply the operator to blocks"); err != nil {
		return nil, err
	}
	var h *mat.Dense
	var err error
	switch o.Solver {
	case ChebyshevHeat:
		h, err = o.strips(ctx)
	case EulerHeat:
		h, err = o.powers(ctx)
	default:
		scaled := mat.DenseCopyOf(o.vectors)
		for i := range n {
			row := scaled.RawRowView(i)
			for j, decay := range o.decays {
				row[j] *= math.Sqrt(decay)
			}
		}
		h = mat.NewDense(n, n, nil)
		err = kernel.Syrk64(ctx, blas.NoTrans, 1, scaled.RawMatrix(), 0, h.RawMatrix())
	}
	if err == nil {
		err = o.finish(ctx, h)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	return h, nil
}

// strips makes the kernel by its columns, which are its rows.
func (o *HeatOperator) strips(ctx context.Context) (*mat.Dense, error) {
	n := o.Dim()
	h := mat.NewDense(n, n, nil)
	work := func() [4]*mat.Dense {
		var w [4]*mat.Dense
		for i := range w {
			w[i] = mat.NewDense(n, strip, nil)
		}
		return w
	}
	err := par.BlocksWith(ctx, n, strip, work, func(w [4]*mat.Dense, lo, hi int) {
		w[0].Zero()
		for j := lo; j < hi; j++ {
			w[0].Set(j, j-lo, 1)
		}
		// The one error is that of ctx, which par returns.
		_ = o.sum(ctx, w[1], w[0], w[2], w[3], func(f func(lo, hi int)) error { f(0, n); return nil })
		for i := range n {
			for j, v := range w[1].RawRowView(i)[:hi-lo] {
				h.RawRowView(lo + j)[i] = v
			}
		}
	})
	return h, err
}

// powers raises the inverse of an Euler step to the number of steps.
func (o *HeatOperator) powers(ctx context.Context) (*mat.Dense, error) {
	n := o.Dim()
	inverse, err := o.factor.Inverse(ctx)
	if err != nil {
		return nil, err
	}
	base := mat.DenseCopyOf(inverse)
	var h *mat.Dense
	product := func(a, b *mat.Dense) (*mat.Dense, error) {
		c := mat.NewDense(n, n, nil)
		return c, kernel.Gemm64(ctx, blas.NoTrans, blas.NoTrans, 1, a.RawMatrix(), b.RawMatrix(), 0, c.RawMatrix())
	}
	for left := o.Order; ; {
		if left%2 == 1 {
			if h == nil {
				h = mat.DenseCopyOf(base)
			} else if h, err = product(h, base); err != nil {
				return nil, err
			}
		}
		if left /= 2; left == 0 {
			return h, nil
		}
		if base, err = product(base, base); err != nil {
			return nil, err
		}
	}
}

// finish makes the kernel as symmetric and as positive as it should be, and that of a
// RandomWalk of the symmetric one.
func (o *HeatOperator) finish(ctx context.Context, h *mat.Dense) error {
	n := o.Dim()
	const tile = 64
	return par.Blocks(ctx, n, tile, func(lo, hi int) {
		for from := lo; from < n; from += tile { // of a tile and its mirror
			for i := lo; i < hi; i++ {
				row := h.RawRowView(i)
				for j := max(i, from); j < min(from+tile, n); j++ {
					v := max(0, row[j]/2+h.At(j, i)/2)
					forth, back := v, v
					if o.roots != nil {
						ratio := o.roots[j] / o.roots[i]
						forth, back = v*ratio, v/ratio
					}
					h.RawRowView(j)[i] = back
					row[j] = forth
				}
			}
		}
	})
}
