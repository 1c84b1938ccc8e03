package similarity

import (
	"context"
	"fmt"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/subspace"
)

// FeatureShares says how strongly features are represented.
type FeatureShares struct {
	Shares []float64 // of the variance of the representation, by feature, each by itself
	Joint  float64   // by all features together
	Rows   int
}

// VarianceExplained returns the share of the variance of the representation x (n × p) that
// a linear map of each feature explains, features being the columns of a second matrix (n × k)
// such as what a network was trained to compute: 0 or 1, −1 or 1, or measured on a scale. A
// network may compute two features equally well and give one of them ten times the
// variance of the other: what is represented strongly is not what matters most. Of features
// that are independent the shares add up to Joint. At least 2 rows; about 4·n·p·k
// operations; memory 8·n·(2·p + 3·k) bytes.
//
// Errors: those of mat32.CheckRows and mat32.Check; *mat32.ShapeError where the numbers of
// rows differ or are too few; *mat32.DegenerateError where all rows of one are equal; and one
// that wraps ctx.Err(). A feature that is constant explains nothing.
//
// Source: A. Lampinen, S. Chan and K. Hermann (2024), Learned feature representations are
// biased by complexity, learning order, position, and more.
func VarianceExplained(ctx context.Context, x, features mat.Matrix) (*FeatureShares, error) {
	const method = "similarity.VarianceExplained"
	p, err := both(ctx, method, 2, x, features)
	if err != nil {
		return nil, err
	}
	fail := func(err error) (*FeatureShares, error) { return nil, fmt.Errorf("%s: %w", method, err) }
	if _, err := evenUnits(ctx, p.y); err != nil {
		return fail(err)
	}
	s := &FeatureShares{Shares: make([]float64, p.q), Rows: p.n}
	for k := range s.Shares {
		feature := mat.DenseCopyOf(p.y.ColView(k))
		if isZero(feature) {
			continue
		}
		if s.Shares[k], err = spanned(ctx, feature, p.x); err != nil {
			return fail(err)
		}
	}
	q, err := subspace.Basis(ctx, p.y, 0)
	if err != nil {
		return fail(err)
	}
	if s.Joint, err = spanned(ctx, q, p.x); err != nil {
		return fail(err)
	}
	return s, nil
}

// isZero reports whether all values of a are zero.
func isZero(a *mat.Dense) bool {
	for _, v := range a.RawMatrix().Data {
		if v != 0 {
			return false
		}
	}
	return true
}

// String returns a small table.
func (s *FeatureShares) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "variance explained by features, of %d rows\n", s.Rows)
	for k, v := range s.Shares {
		fmt.Fprintf(&b, "  feature %-3d %6.2f %%\n", k, 100*v)
	}
	fmt.Fprintf(&b, "  together    %6.2f %%\n", 100*s.Joint)
	return b.String()
}
