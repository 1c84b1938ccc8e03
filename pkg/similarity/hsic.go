package similarity

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/measure"
)

// HSIC is the Hilbert-Schmidt independence criterion: how much two kernels agree about which
// rows are alike. It is not normalised, so its size is that of the data: CKA is. 0 says that
// representations are independent, for RBF of anything and for Linear of straight lines.
// The zero value is linear and divides by (n−1)².
//
// Compare takes x of n × p and y of n × q, at least 2 rows, or 4 where Unbiased. Time
// and memory are those of CKA, and so are errors but that of rows that are all alike to
// the kernel, for which the criterion is 0.
//
// Sources: A. Gretton, O. Bousquet, A. Smola and B. Schölkopf (2005), Measuring statistical
// dependence with Hilbert-Schmidt norms; unbiased, L. Song, A. Smola, A. Gretton, J. Bedo
// and K. Borgwardt (2012), Feature selection via dependence maximization.
type HSIC struct {
	// Kernel is Linear or RBF. Default Linear.
	Kernel Kernel

	// Estimator is Biased, Unbiased or Trace. Default Biased.
	Estimator Estimator

	// Bandwidth is σ of RBF, as a share of the median distance between rows. Default 1.
	// Larger values see larger neighbourhoods; beyond all distances RBF is nearly
	// linear. Ignored by Linear.
	Bandwidth float64

	// Absolute takes Bandwidth in the unit of the data instead. Ignored by Linear.
	Absolute bool
}

func (h HSIC) kerneled() kerneled {
	return kerneled{"similarity.HSIC", h.Kernel, h.Estimator, h.Bandwidth, h.Absolute}
}

// Resolve returns the options with defaults filled in, or a *mat32.ParamError, whatever n
// and d are.
func (h HSIC) Resolve(n, d int) (HSIC, error) {
	k, err := h.kerneled().resolved()
	h.Bandwidth = k.bandwidth
	return h, err
}

// Compare returns the criterion of x and y.
func (h HSIC) Compare(ctx context.Context, x, y mat.Matrix) (measure.Score, error) {
	k, err := h.kerneled().resolved()
	if err == nil {
		err = k.check(ctx, x, y)
	}
	if err != nil {
		return measure.Score{}, err
	}
	a, b, err := k.grams(ctx, x, y)
	if err != nil {
		return measure.Score{}, err
	}
	return (&hsicOf{k, a}).against(ctx, &hsicOf{k, b})
}

func (h HSIC) check(ctx context.Context, x, y mat.Matrix) error {
	return h.kerneled().check(ctx, x, y)
}

func (h HSIC) prepare(ctx context.Context, name string, x mat.Matrix) (prepared, error) {
	k, err := h.kerneled().resolved()
	if err != nil {
		return nil, err
	}
	g, err := k.gram(ctx, name, x)
	if err != nil {
		return nil, err
	}
	return &hsicOf{k, g}, nil
}

type hsicOf struct {
	kerneled
	*gram
}

var hsicConventions = map[Estimator]string{
	Biased: "tr(KHLH)/(n−1)²", Unbiased: "unbiased, kernels without their diagonals", Trace: "tr(KHLH)",
}

func (h *hsicOf) against(ctx context.Context, y prepared) (measure.Score, error) {
	of := y.(*hsicOf).gram
	cross, err := h.cross(ctx, of)
	if err != nil {
		return measure.Score{}, fmt.Errorf("%s: %w", h.method, err)
	}
	scale := h.unit * of.unit
	return finite(h.method, measure.Score{Name: "HSIC", Rows: h.n,
		Value:      h.estimator.hsic(h.gram, of, cross) * scale * scale,
		Convention: hsicConventions[h.estimator] + ", " + h.convention() + "; 0 is independent, in squared units of both"})
}
