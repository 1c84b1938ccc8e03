package similarity

import (
	"context"
	"fmt"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/transport"
	"github.com/flatland-go/flatland/pkg/measure"
)

// MatchUnits pairs the units (columns) of two representations, one to one, such that the
// dependences of the pairs add up to the most there is. A copy whose units are permuted, and
// scaled by positive factors, gives 1; one that is rotated does not, though it spans the
// same space: units are shared, or only what they span. Units that are constant have no
// partner.
//
// Compare and Match take x of n × p and y of n × q, at least 2 rows. They take 2·n·p·q
// operations for correlations or n·p·q and more for mutual information, then p·q·min(p, q)
// at worst; memory 16·n·(p + q) + 24·p·q bytes.
//
// Errors: *mat32.ParamError; those of mat32.CheckRows and mat32.Check for x and y;
// *mat32.ShapeError where their numbers of rows differ or are too few;
// *mat32.DegenerateError where all rows of one are equal; *mat32.MemoryError; and one that
// wraps ctx.Err().
//
// Source: Y. Li, J. Yosinski, J. Clune, H. Lipson and J. Hopcroft (2016), Convergent
// learning: do different neural networks learn the same representations?
type MatchUnits struct {
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
func (m MatchUnits) Resolve(n, d int) (MatchUnits, error) {
	u, err := unitMeasure{"similarity.MatchUnits", m.Dependence, m.Bins, m.MemoryLimit}.resolve(n)
	m.Bins = u.bins
	return m, err
}

// UnitMatch says which unit of y goes with which of x.
type UnitMatch struct {
	Units  []int      // of every unit of x: its unit of y, −1 where it has none
	Values []float64  // the dependence of the two, 0 where it has none
	Mean   float64    // of the pairs
	Pairs  int        // how many there are
	All    *mat.Dense // p × q, the dependence of every unit of x and every unit of y
	Rows   int
	Notes  []string

	kind Dependence
}

// Match returns the pairs: none for units that are constant, nor for what the wider of the
// two has too many.
func (m MatchUnits) Match(ctx context.Context, x, y mat.Matrix) (*UnitMatch, error) {
	const method = "similarity.MatchUnits"
	v, err := unitMeasure{method, m.Dependence, m.Bins, m.MemoryLimit}.of(ctx, x, y)
	if err != nil {
		return nil, err
	}
	rows, columns := moving(v.stillX), moving(v.stillY)
	weights := mat.NewDense(len(rows), len(columns), nil)
	weights.Apply(func(i, j int, _ float64) float64 { return v.all.At(rows[i], columns[j]) }, weights)
	assigned, _, err := transport.Heaviest(ctx, weights)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	pairs := make([]int, v.p)
	for i := range pairs {
		pairs[i] = -1
	}
	for i, j := range assigned {
		if j >= 0 {
			pairs[rows[i]] = columns[j]
		}
	}
	return newUnitMatch(v, m.Dependence, pairs), nil
}

// moving lists the units that are not constant, of which there is one at least.
func moving(still []bool) (units []int) {
	for i, s := range still {
		if !s {
			units = append(units, i)
		}
	}
	return units
}

func newUnitMatch(v *units, kind Dependence, columns []int) *UnitMatch {
	u := &UnitMatch{Units: columns, Values: make([]float64, len(columns)), All: v.all, Rows: v.n, Notes: v.constant, kind: kind}
	for i, j := range columns {
		if j >= 0 {
			u.Values[i] = v.all.At(i, j)
			u.Mean += u.Values[i]
			u.Pairs++
		}
	}
	u.Mean /= float64(u.Pairs)
	return u
}

// Compare returns the mean dependence of the pairs.
func (m MatchUnits) Compare(ctx context.Context, x, y mat.Matrix) (measure.Score, error) {
	u, err := m.Match(ctx, x, y)
	if err != nil {
		return measure.Score{}, err
	}
	return finite("similarity.MatchUnits", measure.Score{Name: "unit matching", Value: u.Mean, Rows: u.Rows, Notes: u.Notes,
		Convention: fmt.Sprintf("mean %v of %d pairs of units, one to one; similarity, 1 is same", m.Dependence, u.Pairs)})
}

// String returns a small table: the mean and the best and worst pairs.
func (u *UnitMatch) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d pairs of units, mean %v %.4f\n", u.Pairs, u.kind, u.Mean)
	for i, j := range u.Units {
		if i == 10 {
			fmt.Fprintf(&b, "  … %d more\n", len(u.Units)-i)
			break
		}
		if j < 0 {
			fmt.Fprintf(&b, "  %4d    none\n", i)
			continue
		}
		fmt.Fprintf(&b, "  %4d %4d   %.4f\n", i, j, u.Values[i])
	}
	return b.String()
}
