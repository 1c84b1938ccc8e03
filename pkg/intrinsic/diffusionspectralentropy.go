package intrinsic

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
)

// DiffusionSpectralEntropy is the entropy, in bits, of the spectrum of a diffusion
// over the rows: with G the Gaussian kernel exp(−‖xᵢ−xⱼ‖²/(2σ²)) and D its row sums,
// the eigenvalues λ of D^(−1/2)·G·D^(−1/2), which are those of the random walk, give
// the shares p = |λ|^t/Σ|λ|^t and −Σ p·log₂ p. Its power of 2 is the number of
// dimensions of the diffusion, in effect. It grows with the dimension of the data,
// and noise below Sigma hardly changes it (Liao, Liu, Christensen, Tong, Huguet, Wolf,
// Nickel, Adelstein and Krishnaswamy, 2023, Assessing neural network representations
// during training using noise-resilient diffusion spectral entropy). It is 0 where all
// rows are equal and at most log₂ n.
//
// It is a measure of the data at the scale Sigma, not an estimate of their
// dimension. Duplicates stay in: they are part of the distribution.
//
// Time O(n²·d + n³), memory about 32·n² + 8·n·d bytes.
type DiffusionSpectralEntropy struct {
	// Sigma is σ, in units of the data. Larger values see less of their shape.
	// Default 10, as published, which suits the layers of networks: compare it
	// with the distances.
	Sigma float64

	// Power is t, the number of steps of the walk. Larger values leave small
	// eigenvalues out; 2 is customary where more than a hundredth of them exceed
	// 0.01. Default 1.
	Power float64

	// DropFirst leaves the largest eigenvalue out, which is 1 whatever the rows, as
	// the authors' code does. Data that look like one point at the scale Sigma then
	// have the entropy of what little else there is. Default false, as in the
	// paper.
	DropFirst bool

	// MemoryLimit in bytes refuses data that would need more. Default
	// GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

const diffusionSpectralEntropy = "intrinsic.DiffusionSpectralEntropy"

// Resolve returns the options with defaults filled in, or a *mat32.ParamError or
// *mat32.ShapeError, for a matrix of n rows and d columns.
func (e DiffusionSpectralEntropy) Resolve(n, d int) (DiffusionSpectralEntropy, error) {
	return e.resolve(diffusionSpectralEntropy, n, d)
}

func (e DiffusionSpectralEntropy) resolve(method string, n, d int) (DiffusionSpectralEntropy, error) {
	fail := func(param string, value any, want string) error {
		return &mat32.ParamError{Method: method, Param: param, Value: value, Want: want}
	}
	if e.Sigma == 0 {
		e.Sigma = 10
	}
	if e.Power == 0 {
		e.Power = 1
	}
	switch {
	case !(e.Sigma > 0 && e.Sigma <= math.MaxFloat64):
		return e, fail("Sigma", e.Sigma, "above 0, and finite")
	case !(e.Power > 0 && e.Power <= math.MaxFloat64):
		return e, fail("Power", e.Power, "above 0, and finite")
	case e.MemoryLimit < 0:
		return e, fail("MemoryLimit", e.MemoryLimit, "0 or more bytes")
	case e.DropFirst && n < 2:
		return e, &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: "at least 2 rows for a second eigenvalue"}
	}
	return e, nil
}

// Estimate returns the entropy of the rows of x (n × d), or of rows at the distances
// that x holds as a mat32.Distances.
//
// Errors: those of mat32.Check and Resolve; *mat32.MemoryError;
// *mat32.DegenerateError where DropFirst leaves nothing, as of equal rows; and one that
// wraps ctx.Err().
func (e DiffusionSpectralEntropy) Estimate(ctx context.Context, x mat.Matrix) (measure.Score, error) {
	const method = diffusionSpectralEntropy
	if err := mat32.CheckContext(ctx, x); err != nil {
		return measure.Score{}, fmt.Errorf("%s: %w", method, err)
	}
	n, d := x.Dims()
	e, err := e.Resolve(n, d)
	if err != nil {
		return measure.Score{}, err
	}
	if err := e.checkMemory(method, n, d); err != nil {
		return measure.Score{}, err
	}
	rows, err := newDiffused(ctx, x)
	if err != nil {
		return measure.Score{}, fmt.Errorf("%s: %w", method, err)
	}
	bits, err := e.of(ctx, method, rows, allRows(n))
	if err != nil {
		return measure.Score{}, err
	}
	return measure.Score{Name: "diffusion spectral entropy", Value: bits, Rows: n, Convention: e.convention()}, nil
}

func (e DiffusionSpectralEntropy) checkMemory(method string, n, d int) error {
	return mat32.CheckMemory(method, 32*int64(n)*int64(n)+8*int64(n)*int64(d), e.MemoryLimit, "take fewer rows")
}

func (e DiffusionSpectralEntropy) convention() string {
	of := "all eigenvalues"
	if e.DropFirst {
		of = "all eigenvalues but the first"
	}
	return fmt.Sprintf("bits, Gaussian kernel σ = %v, t = %v, %s", e.Sigma, e.Power, of)
}

// allRows returns 0 … n−1.
func allRows(n int) []int {
	rows := make([]int, n)
	for i := range rows {
		rows[i] = i
	}
	return rows
}

// diffused are rows, or distances in their place.
type diffused struct {
	rows      *mat.Dense
	distances *mat32.Distances
}

func newDiffused(ctx context.Context, x mat.Matrix) (diffused, error) {
	if d, ok := x.(*mat32.Distances); ok {
		return diffused{distances: d}, nil
	}
	n, d := x.Dims()
	rows := mat.NewDense(n, d, nil)
	return diffused{rows: rows}, par.BlocksWith(ctx, n, 64, func() []float64 { return make([]float64, d) }, func(buf []float64, lo, hi int) {
		for i := lo; i < hi; i++ {
			copy(rows.RawRowView(i), mat32.Row(buf, i, x))
		}
	})
}

// apart returns the distance of two rows as length·2^power; power is 0 unless the square
// of the distance leaves the range of float64.
func (r diffused) apart(i, j int) (length float64, power int) {
	if r.distances != nil {
		return r.distances.At(i, j), 0
	}
	a, b := r.rows.RawRowView(i), r.rows.RawRowView(j)
	square := kernel.SquaredDistance64(a, b)
	var sum float64
	switch {
	case !(square <= math.MaxFloat64):
		for c, v := range a {
			v = v*0x1p-600 - b[c]*0x1p-600
			sum += v * v
		}
		return math.Sqrt(sum), 600
	case square < 0x1p-900:
		for c, v := range a {
			v = (v - b[c]) * 0x1p600
			sum += v * v
		}
		return math.Sqrt(sum), -600
	}
	return math.Sqrt(square), 0
}

// over returns the distance of two rows over unit.
func (r diffused) over(i, j int, unit float64) float64 {
	length, power := r.apart(i, j)
	if power == 0 {
		return length / unit
	}
	return math.Ldexp(length/unit, power)
}

// of returns the entropy of some of the rows.
func (e DiffusionSpectralEntropy) of(ctx context.Context, method string, r diffused, some []int) (float64, error) {
	n := len(some)
	if e.DropFirst && n < 2 {
		return 0, &mat32.DegenerateError{Method: method, Reason: fmt.Sprintf("row %d is alone in its class: there is no second eigenvalue", some[0])}
	}
	walk := mat.NewSymDense(n, nil)
	raw := walk.RawSymmetric()
	degree := make([]float64, n)
	err := par.BlocksWith(ctx, n, 8, func() []float64 { return make([]float64, n) }, func(g []float64, lo, hi int) {
		for i := lo; i < hi; i++ {
			for j := range g {
				v := r.over(some[i], some[j], e.Sigma)
				g[j] = math.Exp(-v * v / 2)
				degree[i] += g[j]
			}
			copy(raw.Data[i*raw.Stride+i:(i+1)*raw.Stride], g[i:])
		}
	})
	if err == nil {
		err = par.Blocks(ctx, n, 64, func(lo, hi int) {
			for i := lo; i < hi; i++ {
				row := raw.Data[i*raw.Stride : i*raw.Stride+n]
				for j := i; j < n; j++ {
					row[j] /= math.Sqrt(degree[i] * degree[j])
				}
			}
		})
	}
	var values []float64
	if err == nil {
		values, err = linalg.EigenvaluesSym(ctx, walk)
	}
	if err != nil {
		return 0, fmt.Errorf("%s: %w", method, err)
	}
	for i, v := range values {
		if v = math.Abs(v); v < float64(n)*0x1p-50 {
			v = 0 // rounding of 1
		}
		values[i] = v
	}
	slices.Sort(values)
	slices.Reverse(values)
	if e.DropFirst {
		values = values[1:]
		if values[0] == 0 {
			return 0, &mat32.DegenerateError{Method: method, Reason: fmt.Sprintf("all rows are one point at the scale σ = %v: the first eigenvalue alone is not zero", e.Sigma)}
		}
	}
	var total, h float64
	largest := values[0]
	for i, v := range values {
		values[i] = math.Pow(v/largest, e.Power)
		total += values[i]
	}
	for _, v := range values {
		if p := v / total; p > 0 {
			h -= p * math.Log2(p)
		}
	}
	return max(h, 0), nil
}
