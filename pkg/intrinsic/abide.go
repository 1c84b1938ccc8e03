package intrinsic

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// ABIDE estimates the dimension by BIDE with a neighbourhood for every row that
// is as large as uniform density allows (Di Noia, Macocco, Glielmo, Laio and
// Rodriguez, 2024, Beyond the noise: intrinsic dimension estimation with optimal
// neighbourhood identification). Around row i the density counts as uniform up
// to neighbour k when the volume that holds the k nearest of row i and that of
// its neighbour k+1 do not differ significantly; k* is the first k for which they
// do. Volumes need the dimension, so that the two are found in turn, from the
// dimension of TwoNN.
//
// Large neighbourhoods leave the scale of the noise behind, where TwoNN sees the
// dimension of the noise; the test keeps them where the theory holds. It looks at
// density, not at curvature.
//
// The cost is that of the neighbours, O(n²·d), or O(n·d + n·k) with a Graph;
// memory about 12·n·d + 24·n·k bytes.
type ABIDE struct {
	// Neighbors is the largest k* there may be. Default 99, which DADApy calls
	// maxk = 100, or one less than the distinct rows where there are fewer.
	// Larger values let the scale grow where the density is uniform for longer.
	// 4 ≤ Neighbors ≤ n−1, or fewer where there are fewer rows.
	Neighbors int

	// Significance is the probability with which the test takes a uniform
	// density for another, 0 < Significance < 1. Default 1e-6. Larger values
	// make neighbourhoods smaller.
	Significance float64

	// Ratio is the radius of the inner ball over that of the outer one,
	// 0 < Ratio < 1. Default 0: the one of least error at the dimension d of the
	// iteration before, 0.2032^(1/d), and at most 0.975.
	Ratio float64

	// Iterations is how often k* and the dimension are found in turn. Default 5.
	Iterations int

	// Overlap widens the standard error by √(1+s) with s the share of neighbours
	// that are mutual, because two such rows tell of one distance twice.
	// Published errors, and the default, take rows for independent, and are up
	// to √2 too small.
	Overlap bool

	// Graph, when given, is a graph of the rows of x with Neighbors or more
	// neighbours that is used instead of a new one. It does not change the
	// result.
	Graph *neighbors.Graph

	// MemoryLimit in bytes refuses data that would need more. Default
	// GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

// Resolve returns the options with defaults filled in, or a *mat32.ParamError
// or *mat32.ShapeError, for a matrix of n rows and d columns.
func (e ABIDE) Resolve(n, d int) (ABIDE, error) {
	const method = "intrinsic.ABIDE"
	fail := func(param string, value any, want string) error {
		return &mat32.ParamError{Method: method, Param: param, Value: value, Want: want}
	}
	if e.Significance == 0 {
		e.Significance = 1e-6
	}
	if e.Iterations == 0 {
		e.Iterations = 5
	}
	switch {
	case !(e.Significance > 0 && e.Significance < 1):
		return e, fail("Significance", e.Significance, "0 < Significance < 1")
	case !(e.Ratio >= 0 && e.Ratio < 1):
		return e, fail("Ratio", e.Ratio, "0 < Ratio < 1, or 0 for the one of least error")
	case e.Iterations < 0:
		return e, fail("Iterations", e.Iterations, "1 or more")
	}
	var err error
	e.Neighbors, err = neighborhood(method, e.Neighbors, 99, fewestAdaptive, n, d, e.MemoryLimit)
	return e, err
}

// fewestAdaptive is the number of neighbours that leave the test something to
// do: it starts at k = 3.
const fewestAdaptive = 4

// Estimate returns the dimension of the rows of x (n × d), or of rows at the
// distances that x holds as a mat32.Distances. Rows that equal an earlier one, or
// are at distance zero from it, are left out. Scale is the mean of both radii over
// all rows; Local is nil. Convention tells the mean of k*, and a note is made
// where the last iteration still moved the dimension by more than its standard
// error.
//
// The standard error is that of BIDE (see Overlap). It covers chance, not the
// bias of edges, curvature and few rows.
//
// Errors: those of mat32.Check and Resolve; *mat32.ParamError for a Graph of
// other rows; *mat32.MemoryError; *mat32.DegenerateError where no more than
// the Neighbors asked for are distinct, where the two nearest neighbours of all
// rows are equally far, or where none or all of the neighbours are inside, which
// makes the dimension infinite or zero; and one that wraps ctx.Err().
func (e ABIDE) Estimate(ctx context.Context, x mat.Matrix) (measure.Dimension, error) {
	const method = "intrinsic.ABIDE"
	asked := e.Neighbors
	e, err := begin(ctx, method, e, x)
	if err != nil {
		return measure.Dimension{}, err
	}
	s, err := findStandard(ctx, method, x, asked, e.Neighbors, fewestAdaptive, e.Graph, e.MemoryLimit)
	if err != nil {
		return measure.Dimension{}, err
	}
	value, err := s.twonn(method)
	if err != nil {
		return measure.Dimension{}, err
	}
	var stdErr, moved, ratio float64
	k, inner := make([]int, s.n), make([]int, s.n)
	for range e.Iterations {
		ratio = e.Ratio
		if ratio == 0 {
			ratio = min(0.975, math.Pow(0.2032, 1/value))
		}
		bounds := contrasts(e.Significance, s.k, value)
		err := par.Blocks(ctx, s.n, 256, func(lo, hi int) {
			for i := lo; i < hi; i++ {
				k[i] = s.uniform(i, bounds)
				r := s.row(i)[:k[i]]
				inner[i] = inside(r[:k[i]-1], ratio*r[k[i]-1])
			}
		})
		if err != nil {
			return measure.Dimension{}, fmt.Errorf("%s: %w", method, err)
		}
		var b binomial
		for i := range k {
			b.inner += inner[i]
			b.outer += k[i] - 1
		}
		mutual := 0.
		if e.Overlap {
			mutual = s.mutual(s.k)
		}
		last := value
		if value, stdErr, err = b.dimension(method, ratio, false, mutual); err != nil {
			return measure.Dimension{}, err
		}
		moved = math.Abs(value - last)
	}
	if moved > stdErr {
		s.notes = append(s.notes, fmt.Sprintf("the last iteration moved the dimension by %.2g: take more Iterations", moved))
	}
	var mean float64
	for _, k := range k {
		mean += float64(k) / float64(s.n)
	}
	rows := "rows taken for independent"
	if e.Overlap {
		rows = "mutual neighbours counted once"
	}
	d := s.dimension("ABIDE", value, stdErr, nil, fmt.Sprintf(
		"binomial likelihood, k* of mean %.1f and at most %d, ratio %.4g, duplicates removed, standard error: Cramér-Rao, %s", mean, s.k, ratio, rows))
	d.Scale = s.meanOf(func(i int) float64 { return s.row(i)[k[i]-1] * ((1 + ratio) / 2) })
	return d, nil
}

// twonn returns the dimension by TwoNN with its defaults.
func (s *distinct) twonn(method string) (float64, error) {
	y := s.ratios(1, 2)
	slices.Sort(y)
	t, err := TwoNN{}.Resolve(s.n, 1)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", method, err)
	}
	m := t.kept(s.n)
	if y[m-1] == 0 {
		return 0, equallyFar(method, 1, 2, s.n)
	}
	value, _ := leastSquares(y, m, 0)
	return value, nil
}

// contrasts returns, for every k up to most, how many times as far the k nearest
// of one place may reach as those of another for the densities there to count as
// equal. Twice the logarithm of the likelihood ratio of two densities against
// one, from k points in volumes v and w each, is 4k·ln cosh(½ln(v/w)), and has
// nearly the χ² distribution of one degree of freedom.
func contrasts(significance float64, most int, d float64) []float64 {
	root := math.Sqrt2 * math.Erfcinv(significance)
	bounds := make([]float64, most+1)
	for k := 1; k <= most; k++ {
		bounds[k] = math.Exp(2 * math.Acosh(math.Exp(root*root/float64(4*k))) / d)
	}
	return bounds
}

// uniform returns k*: the first k, from 3 on, for which the k nearest of row i and
// those of its neighbour k+1 reach so far apart as bounds do not allow, or the
// number of neighbours there are.
func (s *distinct) uniform(i int, bounds []float64) int {
	own := s.row(i)
	for k := 3; k < s.k; k++ {
		near, far := own[k-1], s.distances[int(s.indices[i*s.k+k])*s.k+k-1]
		if near > far {
			near, far = far, near
		}
		if far/near > bounds[k] {
			return k
		}
	}
	return s.k
}
