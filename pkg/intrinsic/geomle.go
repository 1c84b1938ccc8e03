package intrinsic

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
	"github.com/flatland-go/flatland/pkg/neighbors"
	"github.com/flatland-go/flatland/pkg/watch"
)

// GeoMLE corrects the estimate of MLE for curvature and uneven density (Gomtsyan,
// Mokrov, Panov and Yanovich, 2019, Geometry-aware maximum likelihood estimation
// of intrinsic dimension). Both bias MLE the more the larger the neighbourhood,
// so at every row the estimates for k = From … Neighbors, unbiased as those of
// MLE.Unbiased, are regressed on the distance T_k to the k-th neighbour,
//
//	m_k ≈ d + a·T_k + b·T_k²,
//
// and d, at distance zero, is the estimate. Every m_k and T_k is a mean over
// Resamples of the data, of rows drawn with replacement and counted once, and
// weighs as the inverse of its standard deviation among them. The dimension is
// the mean over rows.
//
// The regression is a ridge, whose penalty the authors apply to distances in
// whatever unit the data have, which decides about a fifth of the estimate in dimension
// 70: see Unit. A mean above the number of columns
// is given as that bound, with a note; one that is not above 0 is refused.
//
// It trades bias for variance: less of the first where MLE has much, in high
// dimensions and at edges, and more of the second on curves and surfaces, where
// MLE has little.
//
// Resamples look among the 1.6·k + 6·√k nearest neighbours of a row, of which
// about k are drawn. The cost is that of these neighbours and O(n·k·Resamples);
// memory that of MLE with as many neighbours.
type GeoMLE struct {
	// From is the least k. Default 20, as the authors used for their tables, or
	// half of Neighbors where that is less. Larger values give steadier
	// estimates farther from distance zero. 3 ≤ From ≤ Neighbors−2.
	From int

	// Neighbors is the largest k. Default 55, or (n−1)/2 where that is less:
	// a resample leaves out 37 % of the rows. Larger values tell more of the
	// bias, at a larger scale. At most 0.6·(n−1).
	Neighbors int

	// Unit is the length in which the Penalty takes distances. Default 0: four fifths
	// of T_k for k = Neighbors at each row, so that the data have no unit of their own.
	// 1 gives what the authors' code does. Larger values draw the curve towards a level
	// line in high dimensions.
	Unit float64

	// Resamples is their number. Default 20. Larger values give steadier
	// estimates. 2 ≤ Resamples ≤ 1000.
	Resamples int

	// Penalty is that of the ridge on the squares of a and b. Default 0.005.
	// Larger values draw the curve towards a level line, which is MLE; smaller
	// ones follow the noise. Above 0.
	Penalty float64

	// Seed draws the resamples.
	Seed uint64

	// Graph, when given, is a graph of the rows of x with enough neighbours for
	// the resamples that is used instead of a new one. It does not change the
	// result.
	Graph *neighbors.Graph

	// MemoryLimit in bytes refuses data that would need more. Default
	// GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

// Resolve returns the options with defaults filled in, or a *mat32.ParamError
// or *mat32.ShapeError, for a matrix of n rows and d columns.
func (e GeoMLE) Resolve(n, d int) (GeoMLE, error) {
	const fewest = 3
	fail := func(param string, value any, want string) error {
		return &mat32.ParamError{Method: "intrinsic.GeoMLE", Param: param, Value: value, Want: want}
	}
	if e.Neighbors == 0 {
		e.Neighbors = min(55, (n-1)/2)
	}
	if e.From == 0 {
		e.From = max(min(20, e.Neighbors/2), fewest)
	}
	if e.Resamples == 0 {
		e.Resamples = 20
	}
	if e.Penalty == 0 {
		e.Penalty = 0.005
	}
	most := (n - 1) * 3 / 5
	switch {
	case e.MemoryLimit < 0:
		return e, fail("MemoryLimit", e.MemoryLimit, "0 or more bytes")
	case n < 2*(fewest+2)+1:
		return e, &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: fmt.Sprintf("at least %d rows for GeoMLE", 2*(fewest+2)+1)}
	case e.Neighbors < fewest+2 || e.Neighbors > most:
		return e, fail("Neighbors", e.Neighbors, fmt.Sprintf("%d ≤ Neighbors ≤ 0.6·(n−1) = %d", fewest+2, most))
	case e.From < fewest || e.From > e.Neighbors-2:
		return e, fail("From", e.From, fmt.Sprintf("%d ≤ From ≤ Neighbors−2 = %d", fewest, e.Neighbors-2))
	case e.Resamples < 2 || e.Resamples > 1000:
		return e, fail("Resamples", e.Resamples, "2 ≤ Resamples ≤ 1000")
	case !(e.Unit >= 0) || math.IsInf(e.Unit, 1):
		return e, fail("Unit", e.Unit, "0 or a finite length")
	case !(e.Penalty > 0) || math.IsInf(e.Penalty, 1):
		return e, fail("Penalty", e.Penalty, "Penalty > 0")
	}
	return e, nil
}

// reach returns how many neighbours the resamples choose from: six standard
// deviations more than hold k of them on average.
func (e GeoMLE) reach(n int) int {
	k := float64(e.Neighbors)
	return min(int(math.Ceil(1.6*k+6*math.Sqrt(k))), n-1)
}

// Estimate returns the dimension of the rows of x (n × d), or of rows at the
// distances that x holds as a mat32.Distances, which bound nothing. Rows that
// equal an earlier one, or are at distance zero from it, are left out. Local
// holds the estimate at every row, which may be beyond any bound, NaN at rows left out and where neighbours
// are all equally far. Scale is the mean distance to the neighbours that the
// resamples choose from.
//
// The standard error is that of a mean of local estimates, whose deviations are
// taken for as dependent as their neighbourhoods have rows in common.
//
// Errors: those of mat32.Check and Resolve; *mat32.ParamError for a Graph of
// other rows; *mat32.MemoryError; *mat32.DegenerateError where too few rows are
// distinct, where no row tells anything, or where the mean is not above 0; and one that wraps ctx.Err().
func (e GeoMLE) Estimate(ctx context.Context, x mat.Matrix) (measure.Dimension, error) {
	const method = "intrinsic.GeoMLE"
	asked := e
	e, err := begin(ctx, method, e, x)
	if err != nil {
		return measure.Dimension{}, err
	}
	n, cols := x.Dims()
	rows, err := distinctRows(ctx, method, x)
	if err != nil {
		return measure.Dimension{}, err
	}
	if len(rows) < n {
		if e, err = forDistinct(method, asked, len(rows), x); err != nil {
			return measure.Dimension{}, err
		}
	}
	k := e.reach(len(rows))
	s, err := find(ctx, method, x, k, k, e.Graph, e.MemoryLimit)
	if err != nil {
		return measure.Dimension{}, err
	}
	drawn := e.resamples(s.n)
	local := make([]float64, s.n)
	const block = 64
	stage := watch.Start(ctx, "resamples", s.n)
	err = par.BlocksWith(ctx, s.n, block, func() *regression { return newRegression(e) }, func(r *regression, lo, hi int) {
		for i := lo; i < hi && ctx.Err() == nil; i++ {
			local[i] = r.atZero(s, i, drawn)
		}
		stage.Add(hi - lo)
	})
	if err != nil {
		return measure.Dimension{}, fmt.Errorf("%s: %w", method, err)
	}
	mean, stdErr, err := s.average(method, e.Neighbors, local, byRows)
	if err != nil {
		return measure.Dimension{}, err
	}
	if !(mean > 0) {
		return measure.Dimension{}, &mat32.DegenerateError{Method: method,
			Reason: fmt.Sprintf("the mean of the regressions is %.4g, which is no dimension: take more rows, a larger Penalty or more Neighbors", mean)}
	}
	if _, ok := x.(*mat32.Distances); !ok && mean > float64(cols) {
		s.notes = append(s.notes, fmt.Sprintf("the mean of the regressions is %.4g: the number of columns is given", mean))
		mean = float64(cols)
	}
	unit := "0.8 of the largest"
	if e.Unit > 0 {
		unit = fmt.Sprintf("%.4g", e.Unit)
	}
	return s.dimension("GeoMLE", mean, stdErr, local,
		fmt.Sprintf("mean over rows, k = %d … %d, factor k−2, %d resamples, quadratic in T_k, penalty %.2g in units of %s, duplicates removed, %s",
			e.From, e.Neighbors, e.Resamples, e.Penalty, unit, byRowsError)), nil
}

// resamples returns of which resamples every row is: bit b of drawn[w·n+i] is for
// resample 64·w+b and row i.
func (e GeoMLE) resamples(n int) []uint64 {
	drawn := make([]uint64, (e.Resamples+63)/64*n)
	for b := range e.Resamples {
		stream := rng.New(e.Seed, "geomle/resamples", b)
		for range n {
			drawn[b/64*n+stream.IntN(n)] |= 1 << (b % 64)
		}
	}
	return drawn
}

// regression is what the estimates at one row are collected in.
type regression struct {
	e                     GeoMLE
	sum, squares, r, size []float64 // for every k: of m_k, of its square, of T_k, and how many
}

func newRegression(e GeoMLE) *regression {
	sizes := e.Neighbors - e.From + 1
	return &regression{e, make([]float64, sizes), make([]float64, sizes), make([]float64, sizes), make([]float64, sizes)}
}

// atZero returns the estimate at distinct row i.
func (r *regression) atZero(s *distinct, i int, drawn []uint64) float64 {
	clear(r.sum)
	clear(r.squares)
	clear(r.r)
	clear(r.size)
	distances, indices := s.row(i), s.indices[i*s.k:(i+1)*s.k]
	for b := range r.e.Resamples {
		of := drawn[b/64*s.n : (b/64+1)*s.n]
		var sum, last float64 // Σⱼ ln(T_k/Tⱼ), and T_k
		k := 0
		for c, j := range indices {
			if of[j]>>(b%64)&1 == 0 {
				continue
			}
			if k > 0 {
				sum += float64(k) * logRatio(distances[c], last)
			}
			last = distances[c]
			if k++; k >= r.e.From && sum > 0 {
				at := k - r.e.From
				m := float64(k-2) / sum
				r.sum[at] += m
				r.squares[at] += m * m
				r.r[at] += last
				r.size[at]++
			}
			if k == r.e.Neighbors {
				break
			}
		}
	}
	return r.intercept()
}

// shareOfLargest makes the largest distance a little more than the Unit, as it is in most
// of the authors' data: with more, the penalty holds the curve back in high dimensions,
// with less, the curve follows the noise in low ones.
const shareOfLargest = .8

// intercept solves the weighted ridge regression of the mean m_k on the mean T_k
// and its square, both less their means, for the value at 0.
func (r *regression) intercept() float64 {
	unit := r.e.Unit
	if unit == 0 {
		for c, size := range r.size {
			if size > 0 {
				unit = max(unit, r.r[c]/size*shareOfLargest)
			}
		}
	}
	// Sums of weights, of the two powers of T, of m, and of their products.
	var w, t1, t2, m, s11, s12, s22, s1m, s2m float64
	each := func(f func(weight, t, m float64)) {
		for c, size := range r.size {
			if size < 2 {
				continue
			}
			mean := r.sum[c] / size
			deviation := math.Sqrt(max(r.squares[c]/size-mean*mean, 0) * size / (size - 1))
			f(1/max(deviation, 1e-6*mean), r.r[c]/size/unit, mean)
		}
	}
	each(func(weight, t, value float64) {
		w += weight
		t1 += weight * t
		t2 += weight * t * t
		m += weight * value
	})
	t1, t2, m = t1/w, t2/w, m/w
	each(func(weight, t, value float64) {
		a, b := t-t1, t*t-t2
		s11 += weight * a * a
		s12 += weight * a * b
		s22 += weight * b * b
		s1m += weight * a * (value - m)
		s2m += weight * b * (value - m)
	})
	s11 += r.e.Penalty
	s22 += r.e.Penalty
	det := s11*s22 - s12*s12
	first, second := (s22*s1m-s12*s2m)/det, (s11*s2m-s12*s1m)/det
	return m - first*t1 - second*t2
}
