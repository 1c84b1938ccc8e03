package dr

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// FactorAnalysis explains the correlations of the columns by a few hidden factors;
// what they leave of a column is noise with a variance of its own. Where PCA takes
// a noisy column for a direction, factor analysis takes it for noise.
//
// It maximises the likelihood of normal data. Every iteration takes the noise as
// known, finds the loadings from the leading eigenvectors of the covariance in
// units of the noise, and the noise from what they leave; it begins with as much
// noise as variance, so that units of the columns do not matter. A constant column
// has no loadings and no noise; others have at least a millionth of their variance
// for noise. Factors come by falling sum of squared loadings
// over the noise, rotated ones of squared loadings; the loading of largest
// magnitude is positive.
//
// Time O(n·d²) and O(d³) an iteration, memory about 40·d² + 8·(n·k + 1024·d) bytes
// for k factors.
//
// Sources: K. Jöreskog (1967), Some contributions to maximum likelihood factor
// analysis; D. Barber (2012), Bayesian reasoning and machine learning, algorithm
// 21.1; for the rotation H. Kaiser (1958), The varimax criterion for analytic
// rotation in factor analysis.
type FactorAnalysis struct {
	// Components is the number of factors, at most min(n−1, d). Default: all of
	// these.
	Components int

	// Rotation turns the factors, which the likelihood leaves free, until few
	// loadings are large: Varimax or Quartimax. Default: none.
	Rotation Rotation

	// Iterations is where it gives up. Default 1000.
	Iterations int

	// Tolerance is the rise of the log-likelihood that ends the iterations, in
	// nats. Smaller values cost iterations. Default 0.01.
	Tolerance float64

	// MemoryLimit in bytes refuses data whose matrices would not fit. Default
	// GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

// Rotation is the criterion by which the factors of FactorAnalysis are turned.
type Rotation string

const (
	// Varimax makes the squared loadings of every factor differ most.
	Varimax Rotation = "varimax"

	// Quartimax makes the squared loadings of every column differ most.
	Quartimax Rotation = "quartimax"
)

// Resolve returns the options with defaults filled in for n × d data, or a
// *mat32.ParamError.
func (f FactorAnalysis) Resolve(n, d int) (FactorAnalysis, error) {
	const method = "dr.FactorAnalysis"
	most := min(n-1, d)
	if f.Components == 0 {
		f.Components = most
	}
	if f.Iterations == 0 {
		f.Iterations = 1000
	}
	if f.Tolerance == 0 {
		f.Tolerance = .01
	}
	wrong := func(param string, value any, want string) error {
		return &mat32.ParamError{Method: method, Param: param, Value: value, Want: want}
	}
	if err := checkRange(method, "Components", f.Components, 1, most, "min(n−1, d)"); err != nil {
		return f, err
	}
	switch {
	case f.Rotation != "" && f.Rotation != Varimax && f.Rotation != Quartimax:
		return f, wrong("Rotation", f.Rotation, "Varimax, Quartimax or none")
	case f.Iterations < 1:
		return f, wrong("Iterations", f.Iterations, "1 or more")
	case !(f.Tolerance > 0 && f.Tolerance <= math.MaxFloat64):
		return f, wrong("Tolerance", f.Tolerance, "above 0 and finite")
	case f.MemoryLimit < 0:
		return f, wrong("MemoryLimit", f.MemoryLimit, "0 or more bytes")
	}
	return f, nil
}

// String returns the options in one line, as captions and tables show them.
func (f FactorAnalysis) String() string {
	s := fmt.Sprintf("%d factors", f.Components)
	if f.Rotation != "" {
		s += ", " + string(f.Rotation)
	}
	return s
}

// leastNoise is the smallest share of a column's variance that is taken for noise:
// where the likelihood wants none, it has no largest value.
const leastNoise = 1e-6

// Fit learns the factors of x (n × d). Errors: those of mat32.CheckRows,
// mat32.Check and Resolve, *mat32.ShapeError below 2 rows,
// *mat32.DegenerateError where all rows are equal or the variance is beyond
// float64, *mat32.MemoryError, and one that wraps ctx.Err().
func (f FactorAnalysis) Fit(ctx context.Context, x mat.Matrix) (*FactorAnalysisModel, error) {
	const method = "dr.FactorAnalysis"
	fail := func(err error) (*FactorAnalysisModel, error) { return nil, fmt.Errorf("%s: %w", method, err) }
	n, d, err := checkRows(ctx, method, x, 2)
	if err != nil {
		return nil, err
	}
	f, err = f.Resolve(n, d)
	if err != nil {
		return nil, err
	}
	need := 8*(int64(n)*int64(d+f.Components)+5*int64(d)*int64(d)+3*int64(d)*int64(f.Components)) + packed(int64(n)*int64(d))
	if err := mat32.CheckMemory(method, need, f.MemoryLimit, "reduce columns"); err != nil {
		return nil, err
	}
	standard, err := Standardize{}.Fit(ctx, x)
	if err != nil {
		return fail(err)
	}
	m := &FactorAnalysisModel{options: f, rows: n, mean: standard.Location()}
	deviation := standard.Scale()
	varies := make([]bool, d)
	some := false
	for j := range d {
		varies[j] = varying(x, j)
		some = some || varies[j]
	}
	if !some {
		return nil, &mat32.DegenerateError{Method: method, Reason: "all rows are equal: nothing varies"}
	}
	correlation := mat.NewSymDense(d, nil)
	if err := addProducts(ctx, correlation, blas.Trans, standard.Embedding().Dense); err != nil {
		return fail(err)
	}
	for i := range correlation.RawSymmetric().Data {
		correlation.RawSymmetric().Data[i] /= float64(n)
	}
	var notes []string
	loadings, noise, err := f.maximize(ctx, m, correlation, &notes)
	if err != nil {
		return fail(err)
	}
	units := 0.
	m.noise = make([]float64, d)
	for j, s := range deviation {
		if !varies[j] {
			s = 0
			noise[j] = 0
		} else {
			units += 2 * math.Log(s)
		}
		m.noise[j] = noise[j] * s * s
		for c := range f.Components {
			loadings.Set(c, j, loadings.At(c, j)*s)
		}
		if varies[j] && !(m.noise[j] > 0 && m.noise[j] <= math.MaxFloat64) {
			return nil, &mat32.DegenerateError{Method: method, Reason: fmt.Sprintf("the noise variance of column %d is beyond float64: rescale the data", j)}
		}
	}
	m.likelihood -= float64(n) / 2 * units
	if f.Rotation != "" {
		if loadings, err = rotate(ctx, loadings, f.Rotation); err != nil {
			return fail(err)
		}
		order, signs := parts(loadings)
		loadings = selectRows(loadings, order, signs)
	} else {
		scaleRows(loadings, orientation(loadings))
	}
	m.loadings = loadings
	if err := m.invert(ctx); err != nil {
		return fail(err)
	}
	z, err := m.linear().apply(ctx, method, x)
	if err != nil {
		return nil, err
	}
	m.embedding = &Embedding{Dense: z, Method: "factor analysis", Options: f.String(), Rows: n, Dim: d, Objective: m.likelihood, Loss: "log-likelihood", Notes: notes}
	return m, nil
}

// varying reports whether column j has two values.
func varying(x mat.Matrix, j int) bool {
	n, _ := x.Dims()
	first := x.At(0, j)
	for i := 1; i < n; i++ {
		if x.At(i, j) != first {
			return true
		}
	}
	return false
}

// maximize returns the loadings, k × d, and noise variances of columns of variance 1
// with the given correlations; a column of zeros has no variance.
func (f FactorAnalysis) maximize(ctx context.Context, m *FactorAnalysisModel, correlation *mat.SymDense, notes *[]string) (*mat.Dense, []float64, error) {
	d, k := correlation.SymmetricDim(), f.Components
	noise, next := make([]float64, d), make([]float64, d)
	flat := 0
	for j := range d {
		next[j] = 1
		if correlation.At(j, j) == 0 {
			flat++
		}
	}
	loadings := mat.NewDense(k, d, nil)
	scaled := mat.NewSymDense(d, nil)
	stage := watch.Start(ctx, "factor analysis", f.Iterations)
	last, rise := math.Inf(-1), math.Inf(1)
	for m.iterations < f.Iterations {
		m.iterations++
		copy(noise, next)
		err := par.Blocks(ctx, d, 16, func(lo, hi int) {
			for i := lo; i < hi; i++ {
				row := scaled.RawSymmetric().Data[i*scaled.RawSymmetric().Stride:]
				for j := range d {
					row[j] = correlation.At(i, j) / math.Sqrt(noise[i]*noise[j])
				}
			}
		})
		if err != nil {
			return nil, nil, err
		}
		values, vectors, err := linalg.EigenSymRange(ctx, scaled, 0, k)
		if err != nil {
			return nil, nil, err
		}
		l := float64(d-flat)*math.Log(2*math.Pi) + float64(k)
		for c, v := range values {
			if c >= k {
				l += v
				continue
			}
			// A direction with less variance than the noise has no factor: its
			// part is that of the noise alone.
			l += math.Log(max(v, leastNoise))
			w := math.Sqrt(max(v-1, 0))
			for j := range d {
				loadings.Set(c, j, w*vectors.At(c, j)*math.Sqrt(noise[j]))
			}
		}
		for j := range d {
			square := 0.
			for c := range k {
				square += loadings.At(c, j) * loadings.At(c, j)
			}
			next[j] = max(correlation.At(j, j)-square, leastNoise)
			if correlation.At(j, j) == 0 {
				next[j] = 1
			} else {
				l += math.Log(noise[j])
			}
		}
		m.likelihood = -float64(m.rows) / 2 * l
		rise = m.likelihood - last
		last = m.likelihood
		stage.Add(1)
		if rise < f.Tolerance {
			return loadings, noise, nil
		}
	}
	*notes = append(*notes, fmt.Sprintf("no convergence in %d iterations: the last raised the log-likelihood by %.3g", f.Iterations, rise))
	return loadings, noise, nil
}

// rotate turns the rows of loadings by the criterion.
func rotate(ctx context.Context, loadings *mat.Dense, by Rotation) (*mat.Dense, error) {
	k, d := loadings.Dims()
	turned := mat.DenseCopyOf(loadings)
	target := mat.NewDense(k, d, nil)
	value := 0.
	for range 500 {
		for c := range k {
			square := 0.
			if by == Varimax {
				for _, v := range turned.RawRowView(c) {
					square += v * v / float64(d)
				}
			}
			for j, v := range turned.RawRowView(c) {
				target.Set(c, j, v*v*v-v*square)
			}
		}
		var cross mat.Dense
		cross.Mul(loadings, target.T())
		u, values, v, err := linalg.SVD(ctx, &cross)
		if err != nil {
			return nil, err
		}
		now := 0.
		for _, s := range values {
			now += s
		}
		var turn mat.Dense
		turn.Mul(u, v)
		turned.Mul(turn.T(), loadings)
		if value != 0 && now < value*(1+1e-6) {
			break
		}
		value = now
	}
	return turned, nil
}

// Embed returns the factors of the rows of x: Fit(ctx, x) and its embedding.
func (f FactorAnalysis) Embed(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	m, err := f.Fit(ctx, x)
	if err != nil {
		return nil, err
	}
	return m.embedding, nil
}
