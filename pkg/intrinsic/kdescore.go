package intrinsic

import (
	"context"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
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

// shares returns the share of every Gaussian in the density at x, but for the one at row
// without (none where it is below 0), over steps; and false where float64 sees none.
func (k *KDEScore) shares(ctx context.Context, x []float64, without int) ([]float64, bool) {
	n, d := k.rows.Dims()
	shares, step := make([]float64, n), make([]float64, d)
	least := math.Inf(1)
	for i := range n {
		if i%4096 == 0 && ctx.Err() != nil {
			return nil, false
		}
		k.step(step, x, i)
		if shares[i] = kernel.Dot64(step, step) / 2; i == without {
			shares[i] = math.Inf(1)
		}
		least = min(least, shares[i])
	}
	if math.IsInf(least, 1) {
		return nil, false // beyond float64 from all rows
	}
	total := 0.
	for i, e := range shares {
		shares[i] = math.Exp(least - e)
		total += shares[i]
	}
	for i, w := range shares {
		if shares[i] = w / total; w <= 0x1p-60 { // next to nothing
			shares[i] = 0
		}
	}
	return shares, true
}

// step fills to with that from x to row i, in units of sigma.
func (k *KDEScore) step(to, x []float64, i int) {
	for j, v := range k.rows.RawRowView(i) {
		to[j] = (v - x[j]) / k.sigma
	}
}

// toward fills dst with the mean step from x by the shares.
func (k *KDEScore) toward(dst, x, shares []float64) {
	clear(dst)
	step := make([]float64, len(x))
	for i, w := range shares {
		if w > 0 {
			k.step(step, x, i)
			kernel.Axpy64(w, step, dst)
		}
	}
}

// Score fills dst with Σwᵢ·(xᵢ−x)/σ², the w the shares of the Gaussians in the density at x.
func (k *KDEScore) Score(dst, x []float64) {
	shares, _ := k.shares(context.Background(), x, -1)
	k.toward(dst, x, shares)
	for j := range dst {
		dst[j] /= k.sigma
	}
}

// jacobian fills dst, symmetric of order d, with σ² times the derivatives at x of the
// score without that of one row. They have no unit and so do not overflow: Cov/σ² − 1,
// with Cov that of the rows by their shares. Seen is how many rows of equal shares would
// weigh as much.
func (k *KDEScore) jacobian(ctx context.Context, dst *mat.SymDense, x []float64, without int) (seen float64, err error) {
	const block = 256
	d := len(x)
	shares, _ := k.shares(ctx, x, without)
	mean := make([]float64, d)
	k.toward(mean, x, shares)
	raw := dst.RawSymmetric()
	clear(raw.Data)
	products := blas64.General{Rows: d, Cols: d, Stride: raw.Stride, Data: raw.Data}
	some := blas64.General{Cols: d, Stride: d, Data: make([]float64, block*d)}
	add := func() error {
		err := kernel.Syrk64(ctx, blas.Trans, 1, some, 1, products)
		some.Rows = 0
		return err
	}
	var squares float64
	for i, w := range shares {
		if w == 0 {
			continue
		}
		squares += w * w
		to := some.Data[some.Rows*d : (some.Rows+1)*d]
		k.step(to, x, i)
		kernel.Axpy64(-1, mean, to)
		kernel.Scal64(math.Sqrt(w), to)
		if some.Rows++; some.Rows == block {
			if err := add(); err != nil {
				return 0, err
			}
		}
	}
	if some.Rows > 0 {
		if err := add(); err != nil {
			return 0, err
		}
	}
	if squares > 0 {
		seen = 1 / squares
	}
	for i := range d {
		raw.Data[i*raw.Stride+i]--
	}
	return seen, ctx.Err()
}
