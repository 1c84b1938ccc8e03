package similarity

import (
	"context"
	"fmt"
	"strings"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
)

// Selectivity says which features the units of a representation follow.
type Selectivity struct {
	Shares    *mat.Dense // units × features: the share of the unit's variance that the feature explains
	Preferred []int      // of every unit, the feature that explains most of it, the first of equal ones; −1 where none does
	Rows      int
}

// UnitSelectivity returns, for every unit (column) of the representation x (n × p) and every
// feature (column of an n × k matrix), the squared correlation of the two: the share of the
// unit's variance that the feature explains. Units or features that are constant have 0. At
// least 2 rows; 2·n·p·k operations; memory 8·(n·(p + k) + p·k) bytes. Errors are those of
// VarianceExplained, which weighs the units by their variance instead.
//
// Source: A. Lampinen, S. Chan and K. Hermann (2024), Learned feature representations are
// biased by complexity, learning order, position, and more.
func UnitSelectivity(ctx context.Context, x, features mat.Matrix) (*Selectivity, error) {
	const method = "similarity.UnitSelectivity"
	p, err := both(ctx, method, 2, x, features)
	if err != nil {
		return nil, err
	}
	for _, a := range []*mat.Dense{p.x, p.y} {
		if _, err := evenUnits(ctx, a); err != nil {
			return nil, fmt.Errorf("%s: %w", method, err)
		}
	}
	s := &Selectivity{Shares: mat.NewDense(p.p, p.q, nil), Preferred: make([]int, p.p), Rows: p.n}
	if err := kernel.Gemm64(ctx, blas.Trans, blas.NoTrans, 1, p.x.RawMatrix(), p.y.RawMatrix(), 0, s.Shares.RawMatrix()); err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	for i := range p.p {
		s.Preferred[i] = -1
		row := s.Shares.RawRowView(i)
		for k, c := range row {
			row[k] = min(c*c, 1) // but for rounding it is within
			if row[k] > 0 && (s.Preferred[i] < 0 || row[k] > row[s.Preferred[i]]) {
				s.Preferred[i] = k
			}
		}
	}
	return s, nil
}

// String returns a small table: how many units prefer each feature, and their mean share.
func (s *Selectivity) String() string {
	var b strings.Builder
	p, k := s.Shares.Dims()
	fmt.Fprintf(&b, "selectivity of %d units, of %d rows\n", p, s.Rows)
	for f := range k {
		count, mean := 0, 0.
		for i, best := range s.Preferred {
			mean += s.Shares.At(i, f) / float64(p)
			if best == f {
				count++
			}
		}
		fmt.Fprintf(&b, "  feature %-3d preferred by %4d, explains %6.2f %% of a unit\n", f, count, 100*mean)
	}
	return b.String()
}
