package similarity

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
)

// SVCCA is CCA of the leading principal components of each representation: as few as hold
// a share of its variance, so that noise in many small directions says nothing. Rotations
// and scales of either leave it as it is; so does every invertible map while all is kept.
// 1 is same.
//
// Compare takes x of n × p and y of n × q, at least 3 rows; time, memory and errors are
// those of CCA. The share is of squared singular values, at least Variance; peers that
// take the share of singular values themselves keep more.
//
// Source: M. Raghu, J. Gilmer, J. Yosinski and J. Sohl-Dickstein (2017), SVCCA: singular
// vector canonical correlation analysis for deep learning dynamics and interpretability.
type SVCCA struct {
	// Variance is the share of variance that is kept of each, up to 1. Default .99. Larger
	// values keep more directions.
	Variance float64
}

const (
	svccaMethod     = "similarity.SVCCA"
	defaultVariance = .99
)

// Resolve returns the options with defaults filled in, or a *mat32.ParamError, whatever n
// and d are.
func (s SVCCA) Resolve(n, d int) (SVCCA, error) {
	if s.Variance == 0 {
		s.Variance = defaultVariance
	}
	if !(s.Variance > 0 && s.Variance <= 1) {
		return s, &mat32.ParamError{Method: svccaMethod, Param: "Variance", Value: s.Variance, Want: "0 < Variance ≤ 1, or 0 for .99"}
	}
	return s, nil
}

// Compare returns the mean correlation of the directions of x and y that are kept.
func (s SVCCA) Compare(ctx context.Context, x, y mat.Matrix) (measure.Score, error) {
	return compare(ctx, s, x, y)
}

// Correlate returns the correlations themselves, with their directions in the data. Errors
// are those of Compare.
func (s SVCCA) Correlate(ctx context.Context, x, y mat.Matrix) (*Correlations, error) {
	return correlate(ctx, s, x, y)
}

func (s SVCCA) check(ctx context.Context, x, y mat.Matrix) error {
	return factorable(ctx, s, svccaMethod, x, y)
}

func (s SVCCA) prepare(ctx context.Context, name string, x mat.Matrix) (prepared, error) {
	s, err := s.Resolve(x.Dims())
	if err != nil {
		return nil, err
	}
	f, err := factored(ctx, svccaMethod, name, x, 0)
	if err != nil {
		return nil, err
	}
	kept, rank := 0., 0
	for rank < len(f.values) && (rank == 0 || kept < s.Variance*f.all*(1-0x1p-48)) {
		kept += f.values[rank] * f.values[rank]
		rank++
	}
	return &svccaOf{s, f.first(rank)}, nil
}

type svccaOf struct {
	SVCCA
	*factors
}

func (s *svccaOf) correlations(ctx context.Context, y prepared) (*Correlations, *mat.Dense, *mat.Dense, error) {
	return correlated(ctx, "SVCCA", s.factors, y.(*svccaOf).factors)
}

func (s *svccaOf) against(ctx context.Context, y prepared) (measure.Score, error) {
	c, _, _, err := s.correlations(ctx, y)
	if err != nil {
		return measure.Score{}, err
	}
	return c.score(c.mean(func(rho float64) float64 { return rho }),
		fmt.Sprintf("mean ρ of the %d and %d directions that hold %.4g %% of the variance", c.RankX, c.RankY, 100*s.Variance)), nil
}
