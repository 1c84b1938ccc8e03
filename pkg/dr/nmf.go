package dr

import (
	"context"
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// NMF, non-negative matrix factorisation, writes rows without negative values as
// sums of parts without negative values: x ≈ W·H, where row i of W (n × k) says how
// much of every row of H (k × d), the components, there is in row i of the data.
// W is the embedding. As nothing may be subtracted, components tend to be parts:
// strokes of digits, topics of texts.
//
// It minimises
//
//	D(x, W·H) + PenaltyW·d·(L1Ratio·ΣW + (1−L1Ratio)/2·ΣW²) + PenaltyH·n·(L1Ratio·ΣH + (1−L1Ratio)/2·ΣH²)
//
// from a start that Start names, for one factor and the other in turn; what it
// finds is a local minimum. The squared error is minimised over one coordinate
// after the other, several times for each product with the data, which costs more;
// the other losses by multiplicative updates, which look only at values that are
// not zero.
//
// Time an iteration O(s·k) for s values that are not zero, and O((n + d)·k²) for
// the squared error; memory about 32·(n + d)·k bytes, that of the singular value
// decomposition at the start (TruncatedSVD), and 24 bytes for each value that is
// not zero, but none for dense rows and squared error. Of float32 rows products
// have about six digits.
//
// Sources: D. Lee and H. S. Seung (1999), Learning the parts of objects by
// non-negative matrix factorization; A. Cichocki and A.-H. Phan (2009), Fast local
// algorithms for large scale nonnegative matrix and tensor factorizations; N.
// Gillis and F. Glineur (2012), Accelerated multiplicative updates and
// hierarchical ALS algorithms for nonnegative matrix factorization; C. Févotte and
// J. Idier (2011), Algorithms for nonnegative matrix factorization with the
// β-divergence.
type NMF struct {
	// Components is the number of components, at most min(n, d). Default: all of
	// these.
	Components int

	// Loss is how W·H differs from the data: SquaredError, KullbackLeibler or
	// ItakuraSaito. Default SquaredError.
	Loss Divergence

	// Start says where W and H begin: FromNNDSVDA, FromNNDSVD, FromNNDSVDAR or
	// FromRandomFactors. Default FromNNDSVDA.
	Start NMFStart

	// PenaltyW weighs the size of W, for every column of the data. Larger values
	// shrink it, and with L1Ratio above 0 make more of it zero. Default 0.
	PenaltyW float64

	// PenaltyH weighs the size of H, for every row of the data, likewise. Default 0.
	PenaltyH float64

	// L1Ratio is the share of ΣW and ΣH in the penalties, 0 to 1; the rest is that of
	// their squares. Ignored without a penalty. Default 0.
	L1Ratio float64

	// Sweeps is how often, at most, the coordinates of a factor are gone through for
	// one product with the data, for SquaredError: a row of the factor is left when
	// a sweep moves it a third as far as the first did. More of them take fewer
	// iterations; with 1 this is plain coordinate descent. Ignored by other losses.
	// Default 10.
	Sweeps int

	// Iterations is where it gives up. Default 200.
	Iterations int

	// Tolerance is where it ends: for SquaredError when the projected gradient has
	// this share of what it had at first, else when ten iterations lower the square
	// root of the loss by less than this share of what it was at first. Smaller values
	// cost iterations. Default 1e-4.
	Tolerance float64

	// Seed of the random numbers of the start.
	Seed uint64

	// MemoryLimit in bytes refuses data whose factors would not fit. Default
	// GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

// Divergence is how NMF measures that a product differs from the data.
type Divergence string

const (
	// SquaredError is ½·Σ(x − y)²: for values with errors of one size.
	SquaredError Divergence = "squared error"

	// KullbackLeibler is Σ(x·log(x/y) − x + y): for counts.
	KullbackLeibler Divergence = "Kullback–Leibler"

	// ItakuraSaito is Σ(x/y − log(x/y) − 1): for values whose errors grow with them,
	// as power spectra. No value may be zero.
	ItakuraSaito Divergence = "Itakura–Saito"
)

// Resolve returns the options with defaults filled in for n × d data, or a
// *mat32.ParamError.
func (f NMF) Resolve(n, d int) (NMF, error) {
	const method = "dr.NMF"
	most := min(n, d)
	if f.Components == 0 {
		f.Components = most
	}
	if f.Loss == "" {
		f.Loss = SquaredError
	}
	if f.Start == "" {
		f.Start = FromNNDSVDA
	}
	if f.Sweeps == 0 {
		f.Sweeps = 10
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
	if err := checkRange(method, "Components", f.Components, 1, most, "min(n, d)"); err != nil {
		return f, err
	}
	positive := func(v float64) bool { return v >= 0 && v <= math.MaxFloat64 }
	switch {
	case f.Loss != SquaredError && f.Loss != KullbackLeibler && f.Loss != ItakuraSaito:
		return f, wrong("Loss", f.Loss, "SquaredError, KullbackLeibler or ItakuraSaito")
	case f.Start != FromNNDSVDA && f.Start != FromNNDSVD && f.Start != FromNNDSVDAR && f.Start != FromRandomFactors:
		return f, wrong("Start", f.Start, "FromNNDSVDA, FromNNDSVD, FromNNDSVDAR or FromRandomFactors")
	case f.Start == FromNNDSVD && f.Loss != SquaredError:
		return f, wrong("Start", f.Start, "not FromNNDSVD: multiplicative updates never leave its zeros")
	case !positive(f.PenaltyW):
		return f, wrong("PenaltyW", f.PenaltyW, "0 or more")
	case !positive(f.PenaltyH):
		return f, wrong("PenaltyH", f.PenaltyH, "0 or more")
	case !(f.L1Ratio >= 0 && f.L1Ratio <= 1):
		return f, wrong("L1Ratio", f.L1Ratio, "0 ≤ L1Ratio ≤ 1")
	case f.Sweeps < 1:
		return f, wrong("Sweeps", f.Sweeps, "1 or more")
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
func (f NMF) String() string {
	s := fmt.Sprintf("%d components, %s, from %s, seed %d", f.Components, f.Loss, f.Start, f.Seed)
	if f.PenaltyW > 0 || f.PenaltyH > 0 {
		s += fmt.Sprintf(", penalties %v and %v, L1 %v", f.PenaltyW, f.PenaltyH, f.L1Ratio)
	}
	return s
}

// Fit learns the components of x (n × d). Errors: those of mat32.CheckRows,
// mat32.Check and Resolve, *mat32.DegenerateError where a value is negative, all
// are zero, or one is zero for ItakuraSaito, *mat32.MemoryError, and one that wraps
// ctx.Err().
func (f NMF) Fit(ctx context.Context, x mat.Matrix) (*NMFModel, error) {
	const method = "dr.NMF"
	fail := func(err error) (*NMFModel, error) {
		if errors.Is(err, linalg.ErrNotFinite) {
			return nil, &mat32.DegenerateError{Method: method, Reason: "products of the values exceed the largest float64: rescale the data"}
		}
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	n, d, err := checkRows(ctx, method, x, 1)
	if err != nil {
		return nil, err
	}
	if f, err = f.Resolve(n, d); err != nil {
		return nil, err
	}
	if err := mat32.CheckMemory(method, f.memory(x), f.MemoryLimit, "reduce Components, rows or columns"); err != nil {
		return nil, err
	}
	largest, err := f.largest(ctx, x)
	if err != nil {
		return nil, err
	}
	if largest == 0 {
		return nil, &mat32.DegenerateError{Method: method, Reason: "all values are zero"}
	}
	unit := evenUnit(largest)
	y, err := f.prepare(ctx, x, 1/unit)
	if err != nil {
		return fail(err)
	}
	s := &factoring{NMF: f, data: y, n: n, d: d, penalties: f.penalties(n, d, unit)}
	if s.w, s.h, err = f.start(ctx, y.x, 1/unit); err != nil {
		return fail(err)
	}
	if f.Loss == SquaredError {
		err = s.descend(ctx)
	} else {
		err = s.multiply(ctx)
	}
	if err != nil {
		return fail(err)
	}
	loss, err := s.loss(ctx)
	if err != nil {
		return fail(err)
	}
	root := math.Sqrt(unit)
	for _, m := range []*mat.Dense{s.w, s.h} {
		scaleRows(m, constant(m.RawMatrix().Rows, root))
	}
	if !finite(s.w.RawMatrix().Data) || !finite(s.h.RawMatrix().Data) {
		return nil, &mat32.DegenerateError{Method: method, Reason: "the factors exceed the largest float64: rescale the data"}
	}
	m := &NMFModel{options: f, rows: n, iterations: s.iterations, components: mat.DenseCopyOf(s.h.T())}
	m.embedding = &Embedding{Dense: s.w, Method: "NMF", Options: f.String(), Rows: n, Dim: d, Notes: s.notes(),
		Objective: f.report(loss, unit), Loss: f.Loss.name()}
	return m, nil
}

// Embed returns how much of every component there is in the rows of x: Fit(ctx, x)
// and its embedding.
func (f NMF) Embed(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	m, err := f.Fit(ctx, x)
	if err != nil {
		return nil, err
	}
	return m.embedding, nil
}

// name is that of what an embedding reports.
func (l Divergence) name() string {
	if l == SquaredError {
		return "reconstruction error"
	}
	return string(l) + " divergence"
}

// report returns what an embedding says of the loss of data in units of unit: the
// length of x − W·H for the squared error.
func (f NMF) report(loss, unit float64) float64 {
	switch f.Loss {
	case SquaredError:
		return math.Sqrt(2*max(loss, 0)) * unit
	case KullbackLeibler:
		return max(loss, 0) * unit
	}
	return max(loss, 0)
}

// penalties are those of the sums and of half the squared sums of W and of H.
type penalties struct{ w1, w2, h1, h2 float64 }

// penalties returns them for data in units of unit, and factors in those of its
// root.
func (f NMF) penalties(n, d int, unit float64) penalties {
	if f.PenaltyW == 0 && f.PenaltyH == 0 {
		return penalties{} // whatever the unit, whose powers may exceed float64
	}
	degree := map[Divergence]float64{SquaredError: 2, KullbackLeibler: 1, ItakuraSaito: 0}[f.Loss]
	first, second := math.Pow(unit, .5-degree), math.Pow(unit, 1-degree)
	rows, columns := float64(n), float64(d)
	return penalties{
		w1: columns * f.PenaltyW * f.L1Ratio * first, w2: columns * f.PenaltyW * (1 - f.L1Ratio) * second,
		h1: rows * f.PenaltyH * f.L1Ratio * first, h2: rows * f.PenaltyH * (1 - f.L1Ratio) * second,
	}
}

// largest returns the largest value of x, where none is negative.
func (f NMF) largest(ctx context.Context, x mat.Matrix) (float64, error) {
	const method, block = "dr.NMF", 256
	n, d := x.Dims()
	parts, refused := make([]float64, (n+block-1)/block), make([]error, (n+block-1)/block)
	err := par.BlocksWith(ctx, n, block, func() *nonzeros { return newNonzeros(d) }, func(row *nonzeros, lo, hi int) {
		for i := lo; i < hi && refused[lo/block] == nil; i++ {
			columns, values := row.of(i, x)
			for p, v := range values {
				if v < 0 {
					refused[lo/block] = &mat32.DegenerateError{Method: method,
						Reason: fmt.Sprintf("row %d, column %d is %v: values must not be negative", i, columns[p], v)}
					break
				}
				parts[lo/block] = max(parts[lo/block], v)
			}
			if len(values) < d && f.Loss == ItakuraSaito && refused[lo/block] == nil {
				refused[lo/block] = &mat32.DegenerateError{Method: method,
					Reason: fmt.Sprintf("row %d has a zero: the Itakura–Saito divergence needs positive values", i)}
			}
		}
	})
	if err != nil {
		return 0, fmt.Errorf("%s: %w", method, err)
	}
	largest := 0.
	for b, p := range parts {
		if refused[b] != nil {
			return 0, refused[b]
		}
		largest = max(largest, p)
	}
	return largest, nil
}

// evenUnit is 1 for values of usual size, and else the square of a power of two
// near the largest: its root scales without rounding too.
func evenUnit(largest float64) float64 {
	if largest >= 0x1p-60 && largest <= 0x1p60 {
		return 1
	}
	_, e := math.Frexp(largest)
	return math.Ldexp(1, max(e/2*2, -1022))
}

// constant returns n times v.
func constant(n int, v float64) []float64 {
	c := make([]float64, n)
	for i := range c {
		c[i] = v
	}
	return c
}

// nonNegative is the data in the form that the loss needs.
type nonNegative struct {
	x      mat.Matrix         // as given, or in full where few values are zero
	scale  float64            //
	blocks linalg.Rectangular // its products, for the squared error
	rows   *linalg.CSR        // what is not zero, for the others
}

// sparseShare is the share of values that are not zero above which rows in full
// are faster.
const sparseShare = 1. / 8

// prepare returns x·scale in the form that the loss needs.
func (f NMF) prepare(ctx context.Context, x mat.Matrix, scale float64) (y nonNegative, err error) {
	y.x, y.scale = x, scale
	if f.Loss != SquaredError {
		y.rows, err = stored(ctx, x, scale)
		return y, err
	}
	if s, ok := x.(*mat32.CSR); ok {
		if n, d := s.Dims(); float64(s.NNZ()) > sparseShare*float64(n)*float64(d) {
			y.x = mat32.Convert(s)
		}
	}
	y.blocks, err = products(ctx, y.x, scale)
	return y, err
}

// stored returns what is not zero of x, times scale.
func stored(ctx context.Context, x mat.Matrix, scale float64) (*linalg.CSR, error) {
	n, d := x.Dims()
	start := make([]int, n+1)
	var indices []int32
	var values []float64
	row := newNonzeros(d)
	for i := range n {
		if i%256 == 0 {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
		}
		c, v := row.of(i, x)
		indices = append(indices, c...)
		for _, u := range v {
			values = append(values, u*scale)
		}
		start[i+1] = len(values)
	}
	return linalg.NewCSR(n, d, start, indices, values)
}

// memory is the forecast of Fit in bytes.
func (f NMF) memory(x mat.Matrix) int64 {
	n, d := x.Dims()
	rows, columns, k := int64(n), int64(d), int64(f.Components)
	need := 32*(rows+columns)*k + 8*k*k
	svd, err := f.svd(n, d)
	if err == nil && f.Start != FromRandomFactors {
		need += svd.memory(x)
	}
	full := rows * columns
	if x, ok := x.(*mat32.CSR); ok {
		full = int64(x.NNZ())
		if f.Loss == SquaredError {
			need += 32 * full
		}
	}
	if f.Loss != SquaredError {
		need += 24 * full
	}
	return need
}

// factoring is the search for factors: x ≈ w·hᵀ.
type factoring struct {
	NMF
	data       nonNegative
	n, d       int
	penalties  penalties
	w, h       *mat.Dense // n × k and d × k
	iterations int
	converged  bool
}

func (s *factoring) notes() []string {
	if s.converged {
		return nil
	}
	return []string{fmt.Sprintf("not converged after %d iterations", s.iterations)}
}
