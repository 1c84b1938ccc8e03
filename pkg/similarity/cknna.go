package similarity

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// CKNNA is centred kernel nearest-neighbour alignment: unbiased linear CKA in which only
// those pairs (i, j) count where j is among the k nearest rows of i in both
// representations. It is a similarity, 1 for a representation with itself, and near 0 or
// below for representations that have nothing to do with each other, not clipped: as pairs
// differ, it may exceed 1 by a little. Where k is n−1 it is CKA by the unbiased estimator. Rows are brought to length 1 first, so that the kernel is
// the cosine; a row of zeros stays.
//
// With K and L the kernels, set to 0 where a pair does not count and on the diagonal,
//
//	HSIC(K, L) = [ΣKᵢⱼLⱼᵢ + ΣK·ΣL/((n−1)(n−2)) − 2/(n−2)·1ᵀKL1] / (n(n−3)),
//	CKNNA = HSIC(K, L)/√(HSIC(K, K)·HSIC(L, L)),
//
// and each of the three HSIC has the pairs of its own two kernels. "Is among the nearest"
// is not symmetric, so neither are K and L, nor, by its last term, the score: that of y and
// x differs a little.
//
// Source: M. Huh, B. Cheung, T. Wang and P. Isola, 2024, The Platonic Representation
// Hypothesis. Their code adds 10⁻⁶ to the denominator, which is not small beside it for few
// neighbours among many rows, and makes the score of a representation with itself less
// than 1; it is left out here.
//
// Time O(n²·d + n·k·log k), memory 40·n·k bytes and 20·n·d for the rows of each.
type CKNNA struct {
	// Neighbors is k, of other rows, 2 or more. Default 10, or n−1 where there are fewer
	// rows. Few neighbours compare details, many the whole, as CKA does.
	Neighbors int

	// MemoryLimit in bytes refuses data that would need more. Default GOMEMLIMIT, or
	// 4 GiB.
	MemoryLimit int64
}

const cknna = "similarity.CKNNA"

// Resolve returns the options with defaults filled in, or a *mat32.ParamError or
// *mat32.ShapeError, for a matrix of n rows and d columns.
func (m CKNNA) Resolve(n, d int) (CKNNA, error) {
	if n < 4 {
		return m, &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: "at least 4 rows for " + cknna}
	}
	if m.Neighbors == 0 {
		m.Neighbors = min(standardNeighbors, n-1)
	}
	if m.Neighbors < 2 || m.Neighbors > n-1 {
		return m, &mat32.ParamError{Method: cknna, Param: "Neighbors", Value: m.Neighbors, Want: fmt.Sprintf("2 ≤ Neighbors ≤ n−1 = %d", n-1)}
	}
	if m.MemoryLimit < 0 {
		return m, &mat32.ParamError{Method: cknna, Param: "MemoryLimit", Value: m.MemoryLimit, Want: "0 or more bytes"}
	}
	return m, nil
}

// Compare compares the rows of x (n × p) and y (n × q). Errors: those of mat32.CheckRows,
// mat32.Check and Resolve, naming x or y; *mat32.ShapeError where y has another number of
// rows; *mat32.DegenerateError where all rows of one are equal, or its own HSIC is not
// positive, as for few rows of few directions; *mat32.MemoryError; and one that wraps
// ctx.Err().
func (m CKNNA) Compare(ctx context.Context, x, y mat.Matrix) (measure.Score, error) {
	return compare(ctx, m, x, y)
}

func (m CKNNA) check(ctx context.Context, x, y mat.Matrix) error {
	n, p, q, err := checkBoth(ctx, cknna, 4, x, y)
	if err != nil {
		return err
	}
	if m, err = m.Resolve(n, p); err != nil {
		return err
	}
	need := int64(n) * (80*int64(m.Neighbors) + 20*int64(p+q))
	return mat32.CheckMemory(cknna, need, m.MemoryLimit, "reduce Neighbors or the number of rows")
}

func (m CKNNA) prepare(ctx context.Context, name string, x mat.Matrix) (prepared, error) {
	n, d := x.Dims()
	m, err := m.Resolve(n, d)
	if err != nil {
		return nil, err
	}
	if err := distinct(cknna, name, x); err != nil {
		return nil, err
	}
	rows, err := unitLengths(ctx, x)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", cknna, err)
	}
	g, err := neighbors.Exact{Neighbors: m.Neighbors, Metric: neighbors.Cosine{}, MemoryLimit: m.MemoryLimit}.Graph(ctx, rows)
	if err != nil {
		return nil, mat32.Rename(cknna, err)
	}
	a := &masked{name: name, n: n, k: m.Neighbors, near: make([][]pairValue, n)}
	err = par.Blocks(ctx, n, 64, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			list, _ := g.Row(i)
			a.near[i] = make([]pairValue, len(list))
			for t, j := range list {
				a.near[i][t] = pairValue{j, kernel.Dot64(rows.RawRowView(i), rows.RawRowView(int(j)))}
			}
			slices.SortFunc(a.near[i], func(u, v pairValue) int { return int(u.row - v.row) })
		}
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", cknna, err)
	}
	a.self = localHSIC(a, a)
	return a, nil
}

// masked is a kernel, known where a row is among the nearest.
type masked struct {
	name string
	n, k int
	near [][]pairValue // of every row, by index
	self float64       // HSIC with itself
}

type pairValue struct {
	row   int32
	value float64
}

func (a *masked) against(_ context.Context, other prepared) (measure.Score, error) {
	b := other.(*masked)
	for _, m := range []*masked{a, b} {
		if !(m.self > 0) {
			return measure.Score{}, &mat32.DegenerateError{Method: cknna,
				Reason: fmt.Sprintf("the HSIC of %s with itself is %.3g, which is no scale: take more Neighbors or more rows", m.name, m.self)}
		}
	}
	return measure.Score{Name: "CKNNA", Value: localHSIC(a, b) / math.Sqrt(a.self) / math.Sqrt(b.self), Rows: a.n, Neighbors: a.k,
		Convention: "unbiased HSIC of cosines over pairs near in both, over the root of the self terms; similarity, 1 is same"}, nil
}

// localHSIC returns HSIC(K, L) over the pairs that both have.
func localHSIC(a, b *masked) float64 {
	common := make([][][2]float64, a.n)
	rows := make([][]int32, a.n)
	column, row := make([]float64, a.n), make([]float64, a.n) // sums of K and of L
	sumK, sumL := 0., 0.
	for i := range a.n {
		s, t := a.near[i], b.near[i]
		for len(s) > 0 && len(t) > 0 {
			switch {
			case s[0].row < t[0].row:
				s = s[1:]
				continue
			case s[0].row > t[0].row:
				t = t[1:]
				continue
			}
			k, l := s[0].value, t[0].value
			rows[i] = append(rows[i], s[0].row)
			common[i] = append(common[i], [2]float64{k, l})
			column[s[0].row] += k
			row[i] += l
			sumK += k
			sumL += l
			s, t = s[1:], t[1:]
		}
	}
	both, across := 0., 0.
	for i, list := range rows {
		across += column[i] * row[i]
		for t, j := range list {
			if back, ok := slices.BinarySearch(rows[j], int32(i)); ok {
				both += common[i][t][0] * common[j][back][1]
			}
		}
	}
	n := float64(a.n)
	return (both + sumK*sumL/((n-1)*(n-2)) - 2/(n-2)*across) / (n * (n - 3))
}

// unitLengths returns the rows of x at length 1. Rows of zeros stay.
func unitLengths(ctx context.Context, x mat.Matrix) (*mat.Dense, error) {
	n, d := x.Dims()
	u := mat.NewDense(n, d, nil)
	return u, par.Blocks(ctx, n, 64, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			row := u.RawRowView(i)
			copy(row, mat32.Row(row, i, x))
			toUnit(row)
		}
	})
}

// toUnit brings a row to length 1, unless it is of zeros.
func toUnit(row []float64) {
	most := max(slices.Max(row), -slices.Min(row))
	if most == 0 {
		return
	}
	_, e := math.Frexp(most)
	for j := range row {
		row[j] = math.Ldexp(row[j], -e) // so that squares neither overflow nor vanish
	}
	kernel.Scal64(1/math.Sqrt(kernel.Dot64(row, row)), row)
}
