package similarity

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// Kernel is how alike two rows of one representation are.
type Kernel int

const (
	Linear Kernel = iota // x·y of centred rows
	RBF                  // exp(−‖x−y‖²/2σ²), σ by the field Bandwidth
)

// String returns the name.
func (k Kernel) String() string { return name(int(k), "linear", "RBF") }

// Estimator is how the Hilbert-Schmidt independence criterion of two kernel matrices K and L
// is estimated, with H the matrix that centres.
type Estimator int

const (
	Biased   Estimator = iota // tr(KHLH)/(n−1)², of Gretton et al. (2005)
	Unbiased                  // that of Song et al. (2012), from K and L with zeros on the diagonal: about 0 for what is independent, so negative half the time
	Trace                     // tr(KHLH) itself
)

// Debiased is Unbiased, as the literature of CKA calls it.
const Debiased = Unbiased

// String returns the name.
func (e Estimator) String() string { return name(int(e), "biased", "unbiased", "trace") }

// name returns names[i], or the number.
func name(i int, names ...string) string {
	if i < 0 || i >= len(names) {
		return fmt.Sprint(i)
	}
	return names[i]
}

// kerneled is what CKA and HSIC have in common.
type kerneled struct {
	method    string
	kernel    Kernel
	estimator Estimator
	bandwidth float64
	absolute  bool
}

// resolved returns k with its defaults, or a *mat32.ParamError.
func (k kerneled) resolved() (kerneled, error) {
	refuse := func(param string, value any, want string) (kerneled, error) {
		return k, &mat32.ParamError{Method: k.method, Param: param, Value: value, Want: want}
	}
	if k.kernel < Linear || k.kernel > RBF {
		return refuse("Kernel", k.kernel, "Linear or RBF")
	}
	if k.estimator < Biased || k.estimator > Trace {
		return refuse("Estimator", k.estimator, "Biased, Unbiased or Trace")
	}
	if k.bandwidth < 0 || math.IsNaN(k.bandwidth) || math.IsInf(k.bandwidth, 0) {
		return refuse("Bandwidth", k.bandwidth, "0 < Bandwidth < ∞, or 0 for 1")
	}
	if k.bandwidth == 0 {
		k.bandwidth = 1
	}
	return k, nil
}

// least is the fewest rows.
func (k kerneled) least() int {
	if k.estimator == Unbiased {
		return 4
	}
	return 2
}

// convention names the definition, as far as the kernel goes.
func (k kerneled) convention() string {
	switch {
	case k.kernel == Linear:
		return "linear kernel"
	case k.absolute:
		return fmt.Sprintf("RBF kernel, σ = %.4g", k.bandwidth)
	}
	return fmt.Sprintf("RBF kernel, σ = %.4g of the median distance over all n² pairs", k.bandwidth)
}

func (k kerneled) check(ctx context.Context, x, y mat.Matrix) error {
	_, err := k.resolved()
	if err == nil {
		_, _, _, err = checkBoth(ctx, k.method, k.least(), x, y)
	}
	return err
}

// gram returns the kernel matrix of x. k is resolved.
func (k kerneled) gram(ctx context.Context, name string, x mat.Matrix) (*gram, error) {
	if k.kernel == Linear {
		return linearGram(ctx, k, name, x)
	}
	return radialGram(ctx, k, name, x)
}

// grams returns the kernel matrices of x and y.
func (k kerneled) grams(ctx context.Context, x, y mat.Matrix) (g, h *gram, err error) {
	if g, h, err = k.joint(ctx, x, y); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", k.method, err)
	}
	if g != nil {
		return g, h, nil
	}
	if g, err = k.gram(ctx, "x", x); err != nil {
		return nil, nil, err
	}
	h, err = k.gram(ctx, "y", y)
	return g, h, err
}

// gram is a kernel matrix K, n × n, by its sums. Its values are gone through again for
// each product with another.
type gram struct {
	n      int
	diag   []float64 // of K; nil where nobody asks
	hollow bool      // rows, square and cross are those of K with zeros on the diagonal
	rows   []float64 // the sums of its rows; nil for zeros
	square float64   // the sum of its squares
	unit   float64   // K·unit² is in the units of the data

	linear *product // one of them, or that with another alone
	radial *radial
	beside *gram
	with   float64 // the sum of its products with beside
}

// cross returns the sum of the products of the values of two kernel matrices of one kind.
func (g *gram) cross(ctx context.Context, h *gram) (float64, error) {
	switch h {
	case g:
		return g.square, nil
	case g.beside:
		return g.with, nil
	}
	if g.linear != nil {
		return g.linear.cross(ctx, h.linear)
	}
	return g.radial.cross(ctx, h.radial)
}

// hsic estimates the criterion from cross, in the units of the grams.
func (e Estimator) hsic(g, h *gram, cross float64) float64 {
	n := float64(g.n)
	filled := 0. // what of the diagonal is to be added to rows
	if hollow := e == Unbiased; hollow != g.hollow {
		filled = 1
		if hollow {
			filled = -1
		}
		for i, d := range g.diag {
			cross += filled * d * h.diag[i]
		}
	}
	row := func(g *gram, i int) float64 {
		if g.rows == nil {
			return filled * g.diag[i]
		}
		return g.rows[i] + filled*g.diag[i]
	}
	var sumG, sumH, both float64 // of rows, and of their products
	if filled != 0 || g.rows != nil {
		for i := range g.diag {
			k, l := row(g, i), row(h, i)
			sumG, sumH, both = sumG+k, sumH+l, both+k*l
		}
	}
	if e == Unbiased {
		return (cross + sumG*sumH/((n-1)*(n-2)) - 2/(n-2)*both) / (n * (n - 3))
	}
	v := cross - 2/n*both + sumG*sumH/n/n
	if e == Biased {
		v /= (n - 1) * (n - 1)
	}
	return v
}
