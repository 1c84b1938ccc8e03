package similarity

import (
	"context"
	"fmt"
	"math"
	"strings"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
)

// SparseMap writes every unit (column) of y as a sum of few units of x: the weights w of
// least
//
//	½·‖t − X·w‖² + Lambda·Σ|w|
//
// where t, and the columns of X, are centred and of length one (the lasso). It says whether
// what y represents is in single units of x, in a handful of them, or spread over all. x
// and y cannot be exchanged.
//
// Compare and Map take x of n × p and y of n × q, at least 2 rows, and 2·n·p·(p + q)
// operations, then p² at most for each unit of y and round; memory 8·(n·(p + q) + p·(p + 2·q))
// bytes.
//
// Errors: *mat32.ParamError; those of mat32.CheckRows and mat32.Check for x and y;
// *mat32.ShapeError where their numbers of rows differ or are too few;
// *mat32.DegenerateError where all rows of one are equal; *mat32.MemoryError; and one that
// wraps ctx.Err().
//
// Sources: Y. Li, J. Yosinski, J. Clune, H. Lipson and J. Hopcroft (2016), Convergent
// learning: do different neural networks learn the same representations?; the solver,
// J. Friedman, T. Hastie and R. Tibshirani (2010), Regularization paths for generalized
// linear models via coordinate descent.
type SparseMap struct {
	// Lambda is what weights cost, between 0 and 1, the largest correlation, at which none
	// is left. Default 0.1. Larger ones leave fewer units.
	Lambda float64

	// Rounds is how often all weights may be set, until none moves by more than 10⁻¹⁰.
	// Default 10000.
	Rounds int

	// MemoryLimit in bytes refuses data that would need more. Default GOMEMLIMIT, or
	// 4 GiB.
	MemoryLimit int64
}

const sparseMethod = "similarity.SparseMap"

// Resolve returns the options with defaults filled in, or a *mat32.ParamError, whatever n
// and d are.
func (s SparseMap) Resolve(n, d int) (SparseMap, error) {
	if s.Lambda == 0 {
		s.Lambda = .1
	}
	if s.Rounds == 0 {
		s.Rounds = 10000
	}
	if !(s.Lambda > 0 && s.Lambda <= 1) {
		return s, &mat32.ParamError{Method: sparseMethod, Param: "Lambda", Value: s.Lambda, Want: "0 < Lambda ≤ 1, or 0 for 0.1"}
	}
	if s.Rounds < 1 {
		return s, &mat32.ParamError{Method: sparseMethod, Param: "Rounds", Value: s.Rounds, Want: "1 ≤ Rounds, or 0 for 10000"}
	}
	if s.MemoryLimit < 0 {
		return s, negativeLimit(sparseMethod, s.MemoryLimit)
	}
	return s, nil
}

// SparseMapping is what SparseMap finds.
type SparseMapping struct {
	Weights   *mat.Dense // p × q: of every unit of x for every unit of y, both in standard deviations
	Explained []float64  // of every unit of y: the share of its variance; 0 where it is constant
	Active    []int      // of every unit of y: how many weights are not 0
	Mean      float64    // of Explained, over units that are not constant
	Rows      int
	Notes     []string
}

// Map returns the weights.
func (s SparseMap) Map(ctx context.Context, x, y mat.Matrix) (*SparseMapping, error) {
	n, d, e, err := checkBoth(ctx, sparseMethod, 2, x, y)
	if err != nil {
		return nil, err
	}
	if s, err = s.Resolve(n, d); err != nil {
		return nil, err
	}
	if err := mat32.CheckMemory(sparseMethod, 8*(int64(n)*int64(d+e)+int64(d)*int64(d+2*e)), s.MemoryLimit, "compare fewer units or rows"); err != nil {
		return nil, err
	}
	v, err := unitMeasure{method: sparseMethod, limit: s.MemoryLimit}.of(ctx, x, y)
	if err != nil {
		return nil, err
	}
	fail := func(err error) (*SparseMapping, error) { return nil, fmt.Errorf("%s: %w", sparseMethod, err) }
	gram := mat.NewDense(v.p, v.p, nil)
	if err := kernel.Syrk64(ctx, blas.Trans, 1, v.x.RawMatrix(), 0, gram.RawMatrix()); err != nil {
		return fail(err)
	}
	m := &SparseMapping{Weights: mat.NewDense(v.p, v.q, nil), Explained: make([]float64, v.q), Active: make([]int, v.q), Rows: v.n, Notes: v.constant}
	unfinished := make([]bool, v.q)
	err = par.BlocksWith(ctx, v.q, 1, func() []float64 { return make([]float64, 3*v.p) }, func(buffer []float64, j, _ int) {
		if v.stillY[j] {
			return
		}
		cross, weights, slopes := buffer[:v.p], buffer[v.p:2*v.p], buffer[2*v.p:]
		mat.Col(cross, j, v.all)
		clear(weights)
		copy(slopes, cross)
		unfinished[j] = !s.descend(ctx, gram, v.stillX, weights, slopes)
		left := 1. // ‖t − X·w‖² = 1 − Σ w·(c + slope)
		for i, w := range weights {
			left -= w * (cross[i] + slopes[i])
			if w != 0 {
				m.Active[j]++
				m.Weights.Set(i, j, w)
			}
		}
		m.Explained[j] = max(0, min(1-left, 1))
	})
	if err != nil {
		return fail(err)
	}
	moving := 0
	for j, r := range m.Explained {
		if !v.stillY[j] {
			m.Mean += r
			moving++
		}
	}
	m.Mean /= float64(moving)
	if k := count(unfinished); k > 0 {
		m.Notes = append(m.Notes, fmt.Sprintf("after %d rounds the weights of %d units still move", s.Rounds, k))
	}
	return m, nil
}

// descend sets one weight after the other to its best, and reports whether they came to
// rest. Slopes holds the products of the columns with what is left of the target.
func (s SparseMap) descend(ctx context.Context, gram *mat.Dense, still []bool, weights, slopes []float64) bool {
	const rest = 1e-10
	round := func(only bool) (moved float64) {
		for i, w := range weights {
			if still[i] || only && w == 0 {
				continue
			}
			by := slopes[i] + w
			to := math.Copysign(max(math.Abs(by)-s.Lambda, 0), by)
			if to == w {
				continue
			}
			kernel.Axpy64(w-to, gram.RawRowView(i), slopes)
			weights[i] = to
			moved = max(moved, math.Abs(to-w))
		}
		return moved
	}
	for left := s.Rounds; left > 0 && ctx.Err() == nil; left-- {
		if round(false) <= rest {
			return true
		}
		for ; left > 1 && ctx.Err() == nil && round(true) > rest; left-- { // those that count, until they rest
		}
	}
	return false
}

// Compare returns the mean share of the variance of the units of y.
func (s SparseMap) Compare(ctx context.Context, x, y mat.Matrix) (measure.Score, error) {
	m, err := s.Map(ctx, x, y)
	if err != nil {
		return measure.Score{}, err
	}
	s, err = s.Resolve(m.Rows, 0)
	if err != nil {
		return measure.Score{}, err
	}
	return finite(sparseMethod, measure.Score{Name: "sparse map R²", Value: m.Mean, Rows: m.Rows, Notes: m.Notes,
		Convention: fmt.Sprintf("mean share of the variance of a unit of y explained by a lasso of the units of x, lambda %v; similarity, 1 is all", s.Lambda)})
}

// String returns a small table.
func (m *SparseMapping) String() string {
	var b strings.Builder
	p, q := m.Weights.Dims()
	total := 0
	for _, k := range m.Active {
		total += k
	}
	fmt.Fprintf(&b, "sparse map of %d units to %d: %.1f weights a unit, mean R² %.4f\n", p, q, float64(total)/float64(q), m.Mean)
	for j, r := range m.Explained {
		if j == 10 {
			fmt.Fprintf(&b, "  … %d more\n", q-j)
			break
		}
		fmt.Fprintf(&b, "  unit %-4d %3d weights   R² %.4f\n", j, m.Active[j], r)
	}
	return b.String()
}
