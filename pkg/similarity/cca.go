package similarity

import (
	"context"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
)

// Aggregate makes one number of canonical correlations ρ.
type Aggregate int

const (
	Mean            Aggregate = iota // the mean of ρ
	MeanSquare                       // the mean of ρ²: R²_CCA
	MeanSquareWider                  // the sum of ρ² over the directions of the wider representation: 1 only where the two span the same
)

// String returns the name.
func (a Aggregate) String() string {
	return name(int(a), "mean ρ", "mean ρ², R²_CCA", "Σρ² over the directions of the wider")
}

// CCA is canonical correlation analysis: pairs of directions, one in each representation,
// that correlate most, each pair uncorrelated with those before. No invertible affine map
// of either changes the correlations. 1 is same. The zero value averages them.
//
// Compare takes x of n × p and y of n × q, at least 3 rows. Where n ≤ p + q some are 1 by
// necessity, which Notes says: reduce the dimensions (SVCCA), shrink (Ridge), or take
// more rows. Columns may depend on each other: directions whose singular value is
// below max(n, p)·2⁻⁵² of the largest are left out, and the mean is over min of the
// ranks. Time about 8·n·(p² + q²) operations, memory 32·n·(p + q) bytes.
//
// Errors: *mat32.ParamError; those of mat32.CheckRows and mat32.Check for x and y;
// *mat32.ShapeError where their numbers of rows differ or are too few;
// *mat32.DegenerateError where all rows of one are equal; and one that wraps ctx.Err().
//
// Correlations are the singular values of the product of orthonormal bases. Among peers,
// google/svcca averages only those that reach 98 % of their sum, and needs n > p.
//
// Sources: H. Hotelling (1936), Relations between two sets of variates; Å. Björck and G.
// Golub (1973), Numerical methods for computing angles between linear subspaces; with a
// ridge, H. Vinod (1976), Canonical ridge and econometrics of joint production.
type CCA struct {
	// Aggregate is Mean, MeanSquare or MeanSquareWider. Default Mean. Ignored by Correlate.
	Aggregate Aggregate

	// Ridge is added to the variance of every direction, as a share of the mean variance
	// of the columns. Default none. Larger values trust directions of little variance
	// less, and lower all correlations.
	Ridge float64
}

const ccaMethod = "similarity.CCA"

// Resolve returns the options, or a *mat32.ParamError, whatever n and d are.
func (c CCA) Resolve(n, d int) (CCA, error) {
	if c.Aggregate < Mean || c.Aggregate > MeanSquareWider {
		return c, &mat32.ParamError{Method: ccaMethod, Param: "Aggregate", Value: c.Aggregate, Want: "Mean, MeanSquare or MeanSquareWider"}
	}
	return c, ridgeError(ccaMethod, c.Ridge)
}

// Compare returns the aggregate of the correlations of x and y.
func (c CCA) Compare(ctx context.Context, x, y mat.Matrix) (measure.Score, error) {
	return compare(ctx, c, x, y)
}

// Correlate returns the correlations themselves, with their directions. Errors are those of
// Compare.
func (c CCA) Correlate(ctx context.Context, x, y mat.Matrix) (*Correlations, error) {
	return correlate(ctx, c, x, y)
}

func (c CCA) check(ctx context.Context, x, y mat.Matrix) error {
	return factorable(ctx, c, ccaMethod, x, y)
}

func (c CCA) prepare(ctx context.Context, name string, x mat.Matrix) (prepared, error) {
	f, err := factored(ctx, ccaMethod, name, x, c.Ridge)
	if err != nil {
		return nil, err
	}
	return &ccaOf{c, f}, nil
}

type ccaOf struct {
	CCA
	*factors
}

func (c *ccaOf) correlations(ctx context.Context, y prepared) (*Correlations, *mat.Dense, *mat.Dense, error) {
	return correlated(ctx, "CCA", c.factors, y.(*ccaOf).factors)
}

func (c *ccaOf) against(ctx context.Context, y prepared) (measure.Score, error) {
	found, _, _, err := c.correlations(ctx, y)
	if err != nil {
		return measure.Score{}, err
	}
	v := found.mean(func(rho float64) float64 { return rho })
	if c.Aggregate != Mean {
		v = found.mean(func(rho float64) float64 { return rho * rho })
	}
	if c.Aggregate == MeanSquareWider {
		v *= float64(min(found.RankX, found.RankY)) / float64(max(found.RankX, found.RankY))
	}
	return found.score(v, c.Aggregate.String()+ridgeConvention(c.Ridge)), nil
}
