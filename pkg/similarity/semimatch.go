package similarity

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/measure"
)

// SemiMatch gives every unit (column) of x the unit of y on which it depends most, and
// several may have the same. Its dependences are nowhere below those of MatchUnits: where
// they are above, units of one representation are several times in the other. x and y
// cannot be exchanged. Time, memory and errors are those of MatchUnits, but for the
// assignment.
//
// Source: Y. Li, J. Yosinski, J. Clune, H. Lipson and J. Hopcroft (2016), Convergent
// learning: do different neural networks learn the same representations?
type SemiMatch struct {
	// Dependence is Correlation, AbsoluteCorrelation or MutualInformation. Default
	// Correlation.
	Dependence Dependence

	// Bins is the number of parts, of about as many values each, into which
	// MutualInformation cuts the values of a unit. Default √(n/5). Larger ones see
	// finer ties and take chance for them. Ignored by correlations.
	Bins int

	// MemoryLimit in bytes refuses data that would need more. Default GOMEMLIMIT, or
	// 4 GiB.
	MemoryLimit int64
}

// Resolve returns the options with defaults filled in for n rows, or a *mat32.ParamError.
func (m SemiMatch) Resolve(n, d int) (SemiMatch, error) {
	u, err := unitMeasure{"similarity.SemiMatch", m.Dependence, m.Bins, m.MemoryLimit}.resolve(n)
	m.Bins = u.bins
	return m, err
}

// Match returns the best unit of y for every unit of x, the first of equal ones; none for
// units that are constant.
func (m SemiMatch) Match(ctx context.Context, x, y mat.Matrix) (*UnitMatch, error) {
	v, err := unitMeasure{"similarity.SemiMatch", m.Dependence, m.Bins, m.MemoryLimit}.of(ctx, x, y)
	if err != nil {
		return nil, err
	}
	columns := make([]int, v.p)
	for i := range columns {
		columns[i] = -1
		if v.stillX[i] {
			continue
		}
		for j, d := range v.all.RawRowView(i) {
			if !v.stillY[j] && (columns[i] < 0 || d > v.all.At(i, columns[i])) {
				columns[i] = j
			}
		}
	}
	return newUnitMatch(v, m.Dependence, columns), nil
}

// Compare returns the mean, over the units of x that are not constant, of the dependence on
// their best.
func (m SemiMatch) Compare(ctx context.Context, x, y mat.Matrix) (measure.Score, error) {
	u, err := m.Match(ctx, x, y)
	if err != nil {
		return measure.Score{}, err
	}
	return finite("similarity.SemiMatch", measure.Score{Name: "unit semi-matching", Value: u.Mean, Rows: u.Rows, Notes: u.Notes,
		Convention: fmt.Sprintf("mean %v of %d units of x with their best of y; similarity, 1 is same", m.Dependence, u.Pairs)})
}
