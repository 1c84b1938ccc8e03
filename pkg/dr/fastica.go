package dr

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// FastICA, independent component analysis, finds the sources that a linear mixture
// is made of, given that they are independent and all but one are not Gaussian: in
// the whitened data, directions along which they are furthest from Gaussian.
//
// Sources have mean 0 and variance 1 (divisor n). Nothing in the data says how
// they are ordered and signed: they come by falling variance of their part in the
// data, and the entry of largest magnitude of what a source adds to the data is
// positive.
//
// Time that of PCA and O(n·k²) an iteration for k components, memory that of PCA
// and 24·n·k bytes.
//
// Source: A. Hyvärinen (1999), Fast and robust fixed-point algorithms for
// independent component analysis.
type FastICA struct {
	// Components is the number of sources, at most min(n−1, d). Where the data vary
	// in fewer directions there are fewer, which the embedding notes. Default: all
	// of these.
	Components int

	// Contrast measures how far from Gaussian a direction is: LogCosh, Exp or
	// Cube. Default LogCosh.
	Contrast Contrast

	// Alpha is the slope of LogCosh, 1 to 2. Larger values look at the middle of
	// the distributions more. Ignored by others. Default 1.
	Alpha float64

	// Deflation finds one source after the other instead of all in parallel: errors
	// of the first pass on to the last. Default false.
	Deflation bool

	// Iterations is where it gives up, for each source with Deflation. Default 200.
	Iterations int

	// Tolerance is the largest change of a direction, 1 − |cosine|, that counts as
	// none. Smaller values cost iterations. Default 1e-4.
	Tolerance float64

	// Seed of the directions to begin with, and of PCA where it chooses random blocks.
	Seed uint64

	// MemoryLimit in bytes refuses data whose matrices would not fit. Default
	// GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

// Contrast is the function by which FastICA tells a distribution from a Gaussian
// one.
type Contrast string

const (
	// LogCosh is log(cosh(Alpha·u))/Alpha: good for most sources.
	LogCosh Contrast = "logcosh"

	// Exp is −exp(−u²/2): for sources with heavy tails.
	Exp Contrast = "exp"

	// Cube is u⁴/4, the kurtosis: for sources with light tails and without
	// outliers.
	Cube Contrast = "cube"
)

// Resolve returns the options with defaults filled in for n × d data, or a
// *mat32.ParamError.
func (f FastICA) Resolve(n, d int) (FastICA, error) {
	const method = "dr.FastICA"
	most := min(n-1, d)
	if f.Components == 0 {
		f.Components = most
	}
	if f.Contrast == "" {
		f.Contrast = LogCosh
	}
	if f.Alpha == 0 {
		f.Alpha = 1
	}
	if f.Iterations == 0 {
		f.Iterations = 200
	}
	if f.Tolerance == 0 {
		f.Tolerance = 1e-4
	}
	wrong := func(param string, value any, want string) error {
		return &mat32.ParamError{Method: method, Param: param, Value: value, Want: want}
	}
	if err := checkRange(method, "Components", f.Components, 1, most, "min(n−1, d)"); err != nil {
		return f, err
	}
	switch {
	case f.Contrast != LogCosh && f.Contrast != Exp && f.Contrast != Cube:
		return f, wrong("Contrast", f.Contrast, "LogCosh, Exp or Cube")
	case !(f.Alpha >= 1 && f.Alpha <= 2):
		return f, wrong("Alpha", f.Alpha, "1 ≤ Alpha ≤ 2")
	case f.Iterations < 1:
		return f, wrong("Iterations", f.Iterations, "1 or more")
	case !(f.Tolerance > 0 && f.Tolerance < 1):
		return f, wrong("Tolerance", f.Tolerance, "0 < Tolerance < 1")
	case f.MemoryLimit < 0:
		return f, wrong("MemoryLimit", f.MemoryLimit, "0 or more bytes")
	}
	return f, nil
}

// String returns the options in one line, as captions and tables show them.
func (f FastICA) String() string {
	s := fmt.Sprintf("%d components, %s, seed %d", f.Components, f.Contrast, f.Seed)
	if f.Deflation {
		s += ", deflation"
	}
	return s
}

// Fit learns the sources of x (n × d). Errors: those of mat32.CheckRows,
// mat32.Check and Resolve, *mat32.ShapeError below 2 rows,
// *mat32.DegenerateError where all rows are equal or variances exceed float64,
// *mat32.MemoryError, and one that wraps ctx.Err().
func (f FastICA) Fit(ctx context.Context, x mat.Matrix) (*FastICAModel, error) {
	const method = "dr.FastICA"
	fail := func(err error) (*FastICAModel, error) { return nil, fmt.Errorf("%s: %w", method, err) }
	n, d, err := checkRows(ctx, method, x, 2)
	if err != nil {
		return nil, err
	}
	f, err = f.Resolve(n, d)
	if err != nil {
		return nil, err
	}
	k := int64(f.Components)
	_, summed := passes(n)
	need := decomposing(n, d, f.Components) + 8*(4*int64(n)*k+2*k*int64(d)+int64(summed+6)*k*k)
	if err := mat32.CheckMemory(method, need, f.MemoryLimit, "reduce Components, rows or columns"); err != nil {
		return nil, err
	}
	pca, err := PCA{Components: f.Components, Whiten: true, Seed: f.Seed, MemoryLimit: f.MemoryLimit}.Fit(ctx, x)
	if err != nil {
		return fail(err)
	}
	var notes []string
	if pca.options.Solver == Randomized {
		notes = append(notes, randomizedNote)
	}
	rank := f.Components - pca.flat()
	if rank < f.Components {
		notes = append(notes, fmt.Sprintf("%d of %d components: the data vary in no more directions", rank, f.Components))
	}
	// Whitened rows have variance 1 with divisor n−1; sources have it with n.
	u := &unmixing{f: f, z: mat.NewDense(n, rank, nil), y: mat.NewDense(n, rank, nil)}
	deviation := make([]float64, rank)
	for c := range deviation {
		deviation[c] = math.Sqrt(pca.variance[c] * (float64(n-1) / float64(n)))
	}
	if err := u.whiten(ctx, pca.embedding.Dense); err != nil {
		return fail(err)
	}
	w, err := u.solve(ctx)
	if err != nil {
		return fail(err)
	}
	if !u.converged {
		notes = append(notes, fmt.Sprintf("no convergence to %v in %d iterations: the last change was %.3g", f.Tolerance, f.Iterations, u.change))
	}

	directions := mat.DenseCopyOf(pca.components.Slice(0, rank, 0, d))
	m := &FastICAModel{options: f, rows: n, iterations: u.iterations, mean: pca.mean}
	m.mixing, err = product(ctx, w, blas.NoTrans, scaledRows(directions, deviation), blas.NoTrans)
	if err != nil {
		return fail(err)
	}
	order, signs := parts(m.mixing)
	m.mixing = selectRows(m.mixing, order, signs)
	w = selectRows(w, order, signs)
	for c, s := range deviation {
		deviation[c] = 1 / s
	}
	if m.components, err = product(ctx, w, blas.NoTrans, scaledRows(directions, deviation), blas.NoTrans); err != nil {
		return fail(err)
	}
	if !finite(m.components.RawMatrix().Data) || !finite(m.mixing.RawMatrix().Data) {
		return nil, &mat32.DegenerateError{Method: method, Reason: "the scale of the data is beyond float64: rescale them"}
	}
	if err := multiply(ctx, u.y, u.z, blas.NoTrans, w, blas.Trans); err != nil {
		return fail(err)
	}
	negentropy, err := u.negentropy(ctx)
	if err != nil {
		return fail(err)
	}
	m.embedding = &Embedding{Dense: u.y, Method: "FastICA", Options: f.String(), Rows: n, Dim: d, Objective: negentropy, Loss: "negentropy", Notes: notes}
	return m, nil
}

// Embed returns the sources of the rows of x: Fit(ctx, x) and its embedding.
func (f FastICA) Embed(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	m, err := f.Fit(ctx, x)
	if err != nil {
		return nil, err
	}
	return m.embedding, nil
}

// parts returns the order of the rows of mixing by falling length, and their
// signs in that order.
func parts(mixing *mat.Dense) (order []int, signs []float64) {
	k, _ := mixing.Dims()
	length, all := make([]float64, k), orientation(mixing)
	for c := range k {
		order = append(order, c)
		for _, v := range mixing.RawRowView(c) {
			length[c] = math.Hypot(length[c], v)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(length[b], length[a]) })
	for _, c := range order {
		signs = append(signs, all[c])
	}
	return order, signs
}

func selectRows(m *mat.Dense, order []int, signs []float64) *mat.Dense {
	_, d := m.Dims()
	s := mat.NewDense(len(order), d, nil)
	for r, from := range order {
		s.SetRow(r, m.RawRowView(from))
	}
	scaleRows(s, signs)
	return s
}

func scaledRows(m *mat.Dense, by []float64) *mat.Dense {
	s := mat.DenseCopyOf(m)
	scaleRows(s, by)
	return s
}

// unmixing is the search for the directions of the sources in whitened rows.
type unmixing struct {
	f          FastICA
	z, y       *mat.Dense // n × k: the rows, and what the directions make of them
	iterations int
	converged  bool
	change     float64
}

// rowsAtOnce is how many rows are one unit of work.
const rowsAtOnce = 512

func (u *unmixing) whiten(ctx context.Context, from *mat.Dense) error {
	n, k := u.z.Dims()
	scale := math.Sqrt(float64(n) / float64(n-1))
	return par.Blocks(ctx, n, rowsAtOnce, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			copy(u.z.RawRowView(i), from.RawRowView(i)[:k])
			kernel.Scal64(scale, u.z.RawRowView(i))
		}
	})
}

// solve returns the directions, one unit vector a row, at right angles.
func (u *unmixing) solve(ctx context.Context) (*mat.Dense, error) {
	_, k := u.z.Dims()
	w := mat.NewDense(k, k, nil)
	for r := range k {
		s := rng.New(u.f.Seed, "fastica/start", r)
		for c := range k {
			w.Set(r, c, s.Normal())
		}
	}
	if u.f.Deflation {
		return w, u.oneByOne(ctx, w)
	}
	return u.together(ctx, w)
}

func (u *unmixing) together(ctx context.Context, w *mat.Dense) (*mat.Dense, error) {
	_, k := u.z.Dims()
	w, err := decorrelated(ctx, w)
	if err != nil {
		return nil, err
	}
	stage := watch.Start(ctx, "FastICA", u.f.Iterations)
	for u.iterations < u.f.Iterations {
		u.iterations++
		next, err := u.pass(ctx, w)
		if err != nil {
			return nil, err
		}
		if next, err = decorrelated(ctx, next); err != nil {
			return nil, err
		}
		u.change = 0
		for c := range k {
			u.change = max(u.change, math.Abs(math.Abs(kernel.Dot64(next.RawRowView(c), w.RawRowView(c)))-1))
		}
		w = next
		stage.Add(1)
		if u.change < u.f.Tolerance {
			u.converged = true
			break
		}
	}
	return w, nil
}

// passes returns how many rows a pass sums up by themselves, and in how many parts.
func passes(n int) (span, parts int) {
	span = (n + 63) / 64
	span = (span + rowsAtOnce - 1) / rowsAtOnce * rowsAtOnce
	return span, (n + span - 1) / span
}

// pass returns, for every direction in w, the mean of z·g(wᵀz) over the rows z less
// w times that of the slope of g. A block of rows stays in the cache from one
// product to the next.
func (u *unmixing) pass(ctx context.Context, w *mat.Dense) (*mat.Dense, error) {
	n, k := u.z.Dims()
	span, count := passes(n)
	parts := make([]*mat.Dense, count)
	slopes := mat.NewDense(len(parts), k, nil)
	err := par.BlocksWith(ctx, n, span, func() *mat.Dense { return mat.NewDense(rowsAtOnce, k, nil) }, func(y *mat.Dense, lo, hi int) {
		sum, slope := mat.NewDense(k, k, nil), slopes.RawRowView(lo/span)
		for from := lo; from < hi && ctx.Err() == nil; from += rowsAtOnce {
			to := min(from+rowsAtOnce, hi)
			z, g := u.z.Slice(from, to, 0, k).(*mat.Dense).RawMatrix(), y.Slice(0, to-from, 0, k).(*mat.Dense).RawMatrix()
			// The one error is that of ctx, which par returns.
			_ = kernel.Gemm64(ctx, blas.NoTrans, blas.Trans, 1, z, w.RawMatrix(), 0, g)
			for i := range to - from {
				u.f.derive(y.RawRowView(i), slope)
			}
			_ = kernel.Gemm64(ctx, blas.Trans, blas.NoTrans, 1, g, z, 1, sum.RawMatrix())
		}
		parts[lo/span] = sum
	})
	if err != nil {
		return nil, err
	}
	next := parts[0]
	slope := slopes.RawRowView(0)
	for p, part := range parts[1:] {
		next.Add(next, part)
		kernel.Axpy64(1, slopes.RawRowView(p+1), slope)
	}
	for c := range k {
		row := next.RawRowView(c)
		kernel.Axpy64(-slope[c], w.RawRowView(c), row)
		kernel.Scal64(1/float64(n), row)
	}
	return next, nil
}

// derive replaces values by the derivative of the contrast there and adds its
// slope to sum.
func (f FastICA) derive(v, sum []float64) {
	switch f.Contrast {
	case LogCosh:
		sum, alpha := sum[:len(v)], f.Alpha
		for c, x := range v {
			g := tanh(alpha * x)
			v[c] = g
			sum[c] += alpha - alpha*g*g
		}
	case Exp:
		for c, x := range v {
			e := expNegative(x * x / 2)
			v[c] = x * e
			sum[c] += (1 - x*x) * e
		}
	case Cube:
		for c, x := range v {
			v[c] = x * x * x
			sum[c] += 3 * x * x
		}
	}
}

// tanh has an absolute error of a few 2⁻⁵³: that of a 64th near x is in a table, and
// the theorem of addition brings in the rest, whose series is short. It is several
// times as fast as math.Tanh, and it is what an iteration spends its time on.
func tanh(x float64) float64 {
	const steps, reach = 64, 20
	if !(x > -reach) {
		return -1
	}
	if !(x < reach) {
		return 1
	}
	m := int(x*steps + (reach*steps + .5))
	t := nodes[m]
	r := x - float64(m-reach*steps)*(1./steps)
	s := r * r
	r *= 1 + s*(-1./3+s*(2./15-s*(17./315)))
	return (t + r) / (1 + t*r)
}

// nodes are the hyperbolic tangents of the 64ths from −20 to 20.
var nodes = func() (t [2*20*64 + 1]float64) {
	for i := range t {
		t[i] = math.Tanh(float64(i-20*64) / 64)
	}
	return t
}()

// expNegative returns e⁻ˣ for x ≥ 0, 0 beyond 700, with an error of about 2⁻⁵²: ln 2
// is taken out in 32nds, and a polynomial does the rest. It is several times as
// fast as math.Exp.
func expNegative(x float64) float64 {
	if !(x < 700) {
		return 0
	}
	const step = math.Ln2 / 32
	const high, low = 0x1.62e42fefap-6, 0x1.cf79abc9e3b3ap-45 // high has trailing zeros: times m it is exact
	m := int(x*(1/step) + .5)
	r := -((x - float64(m)*high) - float64(m)*low)
	p := 1 + r*(1+r*(1./2+r*(1./6+r*(1./24+r*(1./120+r*(1./720))))))
	whole, part := m>>5, m&31
	return p * thirtySeconds[part] * math.Float64frombits(uint64(1023-whole)<<52)
}

// thirtySeconds are the powers 2^(−i/32).
var thirtySeconds = func() (t [32]float64) {
	for i := range t {
		t[i] = math.Exp2(-float64(i) / 32)
	}
	return t
}()

// decorrelated returns (w·wᵀ)^(−1/2)·w, the nearest matrix with rows at right
// angles: by Newton's iteration, which needs only products, and where w is far from
// such a matrix by the eigenvectors of w·wᵀ.
func decorrelated(ctx context.Context, w *mat.Dense) (*mat.Dense, error) {
	k, _ := w.Dims()
	x, gram, next := mat.DenseCopyOf(w), mat.NewDense(k, k, nil), mat.NewDense(k, k, nil)
	for range 40 {
		if err := kernel.Syrk64(ctx, blas.NoTrans, 1, x.RawMatrix(), 0, gram.RawMatrix()); err != nil {
			return nil, err
		}
		apart, largest := 0., 0. // from the unit matrix, and the sum of a row
		for c := range k {
			sum := 0.
			for j, v := range gram.RawRowView(c) {
				sum += math.Abs(v)
				if j == c {
					v--
				}
				apart = max(apart, math.Abs(v))
			}
			largest = max(largest, sum)
		}
		if !(largest > 0 && largest <= math.MaxFloat64) {
			break
		}
		// Singular values below √3 go to 1, and no power of w·wᵀ is larger than its
		// largest sum.
		if largest > 2.5 || largest < .5 {
			x.Scale(1/math.Sqrt(largest), x)
			continue
		}
		if err := kernel.Gemm64(ctx, blas.NoTrans, blas.NoTrans, -.5, gram.RawMatrix(), x.RawMatrix(), 0, next.RawMatrix()); err != nil {
			return nil, err
		}
		kernel.Axpy64(1.5, x.RawMatrix().Data, next.RawMatrix().Data)
		x, next = next, x
		if apart < 1e-9 { // and now it is the square of that
			return x, nil
		}
	}
	return byEigenvectors(ctx, w)
}

func byEigenvectors(ctx context.Context, w *mat.Dense) (*mat.Dense, error) {
	k, _ := w.Dims()
	gram := mat.NewSymDense(k, nil)
	if err := addProducts(ctx, gram, blas.NoTrans, w); err != nil {
		return nil, err
	}
	values, vectors, err := linalg.EigenSym(ctx, gram)
	if err != nil {
		return nil, err
	}
	turned, err := product(ctx, vectors, blas.NoTrans, w, blas.NoTrans)
	if err != nil {
		return nil, err
	}
	for c, v := range values {
		values[c] = 1 / math.Sqrt(max(v, values[0]*0x1p-52, 0x1p-1000))
	}
	scaleRows(turned, values)
	// What depends on other rows is filled up, so that the result is orthonormal
	// whatever w is.
	if err := linalg.Orthonormalize(ctx, turned); err != nil {
		return nil, err
	}
	return product(ctx, mat.DenseCopyOf(vectors.T()), blas.NoTrans, turned, blas.NoTrans)
}

func (u *unmixing) oneByOne(ctx context.Context, w *mat.Dense) error {
	n, k := u.z.Dims()
	u.converged = true
	stage := watch.Start(ctx, "FastICA", k)
	blocks := (n + rowsAtOnce - 1) / rowsAtOnce
	sums, slopes := mat.NewDense(blocks, k, nil), make([]float64, blocks)
	// against makes v a unit vector at right angles to those found.
	against := func(v []float64, found int) {
		for range 2 {
			for c := range found {
				kernel.Axpy64(-kernel.Dot64(v, w.RawRowView(c)), w.RawRowView(c), v)
			}
			length := math.Sqrt(kernel.Dot64(v, v))
			if length > 0 {
				kernel.Scal64(1/length, v)
			}
		}
	}
	for c := range k {
		at := w.RawRowView(c)
		against(at, c)
		change := 1.
		iterations := 0
		for iterations < u.f.Iterations && !(change < u.f.Tolerance) {
			iterations++
			sums.Zero()
			clear(slopes)
			err := par.Blocks(ctx, n, rowsAtOnce, func(lo, hi int) {
				b := lo / rowsAtOnce
				var g [1]float64
				for i := lo; i < hi; i++ {
					row := u.z.RawRowView(i)
					g[0] = kernel.Dot64(row, at)
					u.f.derive(g[:], slopes[b:b+1])
					kernel.Axpy64(g[0], row, sums.RawRowView(b))
				}
			})
			if err != nil {
				return err
			}
			next := make([]float64, k)
			slope := 0.
			for b := range blocks {
				kernel.Axpy64(1/float64(n), sums.RawRowView(b), next)
				slope += slopes[b] / float64(n)
			}
			kernel.Axpy64(-slope, at, next)
			against(next, c)
			change = math.Abs(math.Abs(kernel.Dot64(next, at)) - 1)
			copy(at, next)
		}
		u.iterations = max(u.iterations, iterations)
		u.change = change
		u.converged = u.converged && change < u.f.Tolerance
		stage.Add(1)
	}
	return linalg.Orthonormalize(ctx, w)
}

// negentropy returns Σ(E G(y) − E G(ν))² over the sources in y, where ν is standard
// normal.
func (u *unmixing) negentropy(ctx context.Context) (float64, error) {
	n, k := u.y.Dims()
	contrast := func(v float64) float64 {
		switch u.f.Contrast {
		case Exp:
			return -expNegative(v * v / 2)
		case Cube:
			return v * v * v * v / 4
		}
		a := math.Abs(u.f.Alpha * v)
		return (a + math.Log1p(expNegative(2*a)) - math.Ln2) / u.f.Alpha
	}
	normal := 0.
	const steps, reach = 4000, 12.
	for i := range steps {
		v := (float64(i) + .5) / steps * reach
		normal += 2 * contrast(v) * math.Exp(-v*v/2) / math.Sqrt(2*math.Pi) * reach / steps
	}
	parts := mat.NewDense((n+rowsAtOnce-1)/rowsAtOnce, k, nil)
	err := par.Blocks(ctx, n, rowsAtOnce, func(lo, hi int) {
		part := parts.RawRowView(lo / rowsAtOnce)
		for i := lo; i < hi; i++ {
			for c, v := range u.y.RawRowView(i) {
				part[c] += contrast(v) - normal
			}
		}
	})
	sum := 0.
	for c := range k {
		mean := 0.
		for b := range (n + rowsAtOnce - 1) / rowsAtOnce {
			mean += parts.At(b, c) / float64(n)
		}
		sum += mean * mean
	}
	return sum, err
}
