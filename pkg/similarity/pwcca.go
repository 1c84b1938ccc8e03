package similarity

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
)

// Weighing says whose columns weigh canonical correlations.
type Weighing int

const (
	FromFewer Weighing = iota // of the representation with fewer directions; of x where both have as many
	FromX                     // of x
	FromY                     // of y
)

// String returns the name.
func (w Weighing) String() string {
	return name(int(w), "from the representation with fewer directions", "from x", "from y")
}

// PWCCA is projection-weighted CCA: the mean of the canonical correlations, each weighed by
// how much of one representation its canonical variable accounts for: the sum over the
// columns of the absolute value of their product with it. So directions of little
// variance count for little. 1 is same. It is not symmetric unless FromFewer decides.
//
// Compare takes x of n × p and y of n × q, at least 3 rows; time, memory, ranks and errors
// are those of CCA. google/svcca centres one representation by the means of the other
// where the second has fewer directions; this does not.
//
// Source: A. Morcos, M. Raghu and S. Bengio (2018), Insights on representational similarity
// in neural networks with canonical correlation.
type PWCCA struct {
	// Weighing is FromFewer, FromX or FromY. Default FromFewer.
	Weighing Weighing
}

const pwccaMethod = "similarity.PWCCA"

// Resolve returns the options, or a *mat32.ParamError, whatever n and d are.
func (w PWCCA) Resolve(n, d int) (PWCCA, error) {
	if w.Weighing < FromFewer || w.Weighing > FromY {
		return w, &mat32.ParamError{Method: pwccaMethod, Param: "Weighing", Value: w.Weighing, Want: "FromFewer, FromX or FromY"}
	}
	return w, nil
}

// Compare returns the weighted mean of the correlations of x and y.
func (w PWCCA) Compare(ctx context.Context, x, y mat.Matrix) (measure.Score, error) {
	return compare(ctx, w, x, y)
}

// Correlate returns the correlations themselves, with their weights and directions. Errors
// are those of Compare.
func (w PWCCA) Correlate(ctx context.Context, x, y mat.Matrix) (*Correlations, error) {
	return correlate(ctx, w, x, y)
}

func (w PWCCA) check(ctx context.Context, x, y mat.Matrix) error {
	return factorable(ctx, w, pwccaMethod, x, y)
}

func (w PWCCA) prepare(ctx context.Context, name string, x mat.Matrix) (prepared, error) {
	f, err := factored(ctx, pwccaMethod, name, x, 0)
	if err != nil {
		return nil, err
	}
	return &pwccaOf{w, f}, nil
}

type pwccaOf struct {
	PWCCA
	*factors
}

func (w *pwccaOf) correlations(ctx context.Context, y prepared) (c *Correlations, u, v *mat.Dense, err error) {
	of := y.(*pwccaOf)
	c, u, v, err = correlated(ctx, "PWCCA", w.factors, of.factors)
	if err != nil {
		return nil, nil, nil, err
	}
	from, turn := w.factors, u
	if w.Weighing == FromY || w.Weighing == FromFewer && c.RankY < c.RankX {
		from, turn = of.factors, v
	}
	// Columns of the data times canonical variables: V·S·turn.
	rank, k := turn.Dims()
	scaled, products := mat.NewDense(rank, k, nil), mat.NewDense(from.d, k, nil)
	for i, s := range from.values {
		kernel.Axpy64(s, turn.RawRowView(i), scaled.RawRowView(i))
	}
	if err := kernel.Gemm64(ctx, blas.NoTrans, blas.NoTrans, 1, from.right.RawMatrix(), scaled.RawMatrix(), 0, products.RawMatrix()); err != nil {
		return nil, nil, nil, fmt.Errorf("%s: %w", pwccaMethod, err)
	}
	clear(c.Weights)
	total := 0.
	for j := range from.d {
		for i, h := range products.RawRowView(j) {
			c.Weights[i] += math.Abs(h)
			total += math.Abs(h)
		}
	}
	for i := range c.Weights {
		c.Weights[i] /= total
	}
	return c, u, v, nil
}

func (w *pwccaOf) against(ctx context.Context, y prepared) (measure.Score, error) {
	c, _, _, err := w.correlations(ctx, y)
	if err != nil {
		return measure.Score{}, err
	}
	return c.score(c.mean(func(rho float64) float64 { return rho }), "mean ρ weighed by projections "+w.Weighing.String()), nil
}
