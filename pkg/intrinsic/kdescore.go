package intrinsic

import (
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// Score is the gradient of the logarithm of a density that was blurred by noise: what a
// diffusion model learns. Score fills dst with it at x, both of as many values as
// the data have columns; ScoreID calls it from several goroutines at once.
type Score interface {
	Score(dst, x []float64)
}

// ScoreFunc makes a Score of a function.
type ScoreFunc func(dst, x []float64)

// Score calls f.
func (f ScoreFunc) Score(dst, x []float64) { f(dst, x) }

// KDEScore is the score of a kernel density: equal Gaussians at the rows of a matrix. It
// needs no network, and its derivatives are exact.
type KDEScore struct {
	rows  *mat.Dense
	sigma float64
}

// NewKDEScore returns the score of Gaussians with standard deviation sigma at the rows of
// x, which it copies. Errors: those of mat32.CheckRows and mat32.Check, and
// *mat32.ParamError unless sigma is above 0 and finite.
func NewKDEScore(x mat.Matrix, sigma float64) (*KDEScore, error) {
	const method = "intrinsic.NewKDEScore"
	if err := mat32.CheckRows(method, x); err != nil {
		return nil, err
	}
	if err := mat32.Check(x); err != nil {
		return nil, mat32.Rename(method, err)
	}
	if !(sigma > 0 && sigma <= math.MaxFloat64) {
		return nil, &mat32.ParamError{Method: method, Param: "sigma", Value: sigma, Want: "above 0, and finite"}
	}
	n, d := x.Dims()
	k := &KDEScore{rows: mat.NewDense(n, d, nil), sigma: sigma}
	buffer := make([]float64, d)
	for i := range n {
		copy(k.rows.RawRowView(i), mat32.Row(buffer, i, x))
	}
	return k, nil
}

// near calls f with the share of every Gaussian in the density at x that is not
// negligible, and with the steps from x to its row in units of sigma.
func (k *KDEScore) near(x []float64, f func(share float64, step []float64)) {
	n, d := k.rows.Dims()
	exponent := make([]float64, n)
	step := make([]float64, d)
	to := func(i int) {
		for j, v := range k.rows.RawRowView(i) {
			step[j] = (v - x[j]) / k.sigma
		}
	}
	least := math.Inf(1)
	for i := range n {
		to(i)
		exponent[i] = kernel.Dot64(step, step) / 2
		least = min(least, exponent[i])
	}
	if math.IsInf(least, 1) {
		return // beyond float64 from all rows
	}
	total := 0.
	for i, e := range exponent {
		exponent[i] = math.Exp(least - e)
		total += exponent[i]
	}
	for i, w := range exponent {
		if w > 0x1p-60 {
			to(i)
			f(w/total, step)
		}
	}
}

// Score fills dst with Σwᵢ·(xᵢ−x)/σ², the w the shares of the Gaussians in the density at x.
func (k *KDEScore) Score(dst, x []float64) {
	clear(dst)
	k.near(x, func(share float64, step []float64) { kernel.Axpy64(share/k.sigma, step, dst) })
}

// jacobian fills dst, symmetric of order d, with σ² times the derivatives at x, which have
// no unit and so do not overflow: Cov/σ² − 1, with Cov that of the rows by their shares.
func (k *KDEScore) jacobian(dst *mat.SymDense, x []float64) {
	d := len(x)
	raw := dst.RawSymmetric()
	for i := range d {
		clear(raw.Data[i*raw.Stride+i : i*raw.Stride+d])
	}
	mean := make([]float64, d)
	k.near(x, func(share float64, step []float64) { kernel.Axpy64(share, step, mean) })
	apart := make([]float64, d)
	k.near(x, func(share float64, step []float64) {
		for j, v := range step {
			apart[j] = v - mean[j]
		}
		for i, v := range apart {
			kernel.Axpy64(share*v, apart[i:], raw.Data[i*raw.Stride+i:i*raw.Stride+d])
		}
	})
	for i := range d {
		raw.Data[i*raw.Stride+i]--
	}
}
