package intrinsic

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/mathext"

	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// DANCo estimates the dimension by comparison with balls of known dimension
// (Ceruti, Bassis, Rozza, Lombardi, Casiraghi and Campadelli, 2014, DANCo: An
// intrinsic dimensionality estimator exploiting angle and norm concentration).
// With k = Neighbors, three statistics of the data,
//
//   - the likeliest dimension d̂ given the ratios T₁/T_(k+1) of all rows,
//   - the mean direction ν of the angles between the k nearest neighbours of a
//     row, and
//   - their concentration τ (both of von Mises, and averaged over rows),
//
// are compared with those of as many rows drawn uniformly from a ball of
// dimension 1, 2, …: the dimension is where the Kullback-Leibler divergences of
// both distributions add up to the least. Whatever the edges and the number of
// rows do to the data they do to the balls, so that it does not fall short in
// high dimensions.
//
// A single ball a dimension, as elsewhere, makes the divergence noisy: Draws of
// them are averaged, and kept for the next data of as many rows. Dimensions are
// searched from d̂ upwards, which takes the divergence for one that falls and
// then rises. The mean direction is that of atan2; peers take the arctangent of
// a quotient, which turns angles above a right one round. On a hypersurface, such
// as a sphere of dimension 10 in 11 columns, it tends to the dimension of the
// ball around.
//
// The cost is that of about twenty times Draws searches for neighbours among as many
// rows as the data have, in as many columns as their dimension, unless they are
// known; memory that of one.
type DANCo struct {
	// Neighbors is k. Default 10, or n−2 where the data have fewer rows.
	// Larger values look at a larger scale. 2 ≤ Neighbors ≤ min(n−2, 30).
	Neighbors int

	// MaxDimension bounds the dimension. Default the number of columns. The
	// result says in its Notes when it is at that bound, and has no error at one
	// that was given. At least 1.
	MaxDimension int

	// Draws is the number of balls a dimension that are averaged. Default 5.
	// Larger values make the result depend less on the Seed. 1 ≤ Draws ≤ 100.
	Draws int

	// Integer gives the whole dimension of least divergence. By default it is
	// that of a parabola of least squares through the divergences of a sixth more
	// and less.
	Integer bool

	// Seed draws the balls.
	Seed uint64

	// Graph, when given, is a graph of the rows of x with Neighbors+1 or more
	// neighbours that is used instead of a new one. It does not change the
	// result.
	Graph *neighbors.Graph

	// MemoryLimit in bytes refuses data that would need more. Default
	// GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

// mostBallNeighbors is where the alternating sum of the divergence of two
// distributions of ratios still has eight digits.
const mostBallNeighbors = 30

// Resolve returns the options with defaults filled in, or a *mat32.ParamError
// or *mat32.ShapeError, for a matrix of n rows and d columns.
func (e DANCo) Resolve(n, d int) (DANCo, error) {
	const fewest = 2
	fail := func(param string, value any, want string) error {
		return &mat32.ParamError{Method: "intrinsic.DANCo", Param: param, Value: value, Want: want}
	}
	if e.Neighbors == 0 {
		e.Neighbors = min(10, n-2)
	}
	if e.MaxDimension == 0 {
		e.MaxDimension = d
	}
	if e.Draws == 0 {
		e.Draws = 5
	}
	most := min(n-2, mostBallNeighbors)
	switch {
	case e.MaxDimension < 1:
		return e, fail("MaxDimension", e.MaxDimension, "1 or more")
	case e.Draws < 1 || e.Draws > 100:
		return e, fail("Draws", e.Draws, "1 ≤ Draws ≤ 100")
	case e.MemoryLimit < 0:
		return e, fail("MemoryLimit", e.MemoryLimit, "0 or more bytes")
	case n < fewest+2:
		return e, &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: fmt.Sprintf("at least %d rows for DANCo", fewest+2)}
	case e.Neighbors < fewest || e.Neighbors > most:
		return e, fail("Neighbors", e.Neighbors, fmt.Sprintf("%d ≤ Neighbors ≤ min(n−2, %d) = %d", fewest, mostBallNeighbors, most))
	}
	return e, nil
}

// Estimate returns the dimension of the rows of x (n × d). Rows that equal an
// earlier one are left out. Local is nil. Scale is the mean distance to the
// nearest Neighbors+1.
//
// The standard error is that of the delta method on the three statistics, with
// that of the balls added; it is NaN at a bound MaxDimension that was given and where
// the divergences have no parabola, as with very few rows: it is not the data that
// decide there, and Notes say so. At the number of columns it is that of the
// minimum, which may lie beyond.
//
// Errors: those of mat32.Check and Resolve; *mat32.RowsNeededError for distances;
// *mat32.ParamError for a Graph of other rows; *mat32.MemoryError;
// *mat32.DegenerateError where no more than Neighbors+1 rows are distinct, or
// where their distances are all equal; and one that wraps ctx.Err().
func (e DANCo) Estimate(ctx context.Context, x mat.Matrix) (measure.Dimension, error) {
	const method = "intrinsic.DANCo"
	if err := mat32.CheckContext(ctx, x); err != nil {
		return measure.Dimension{}, fmt.Errorf("%s: %w", method, err)
	}
	if err := mat32.CheckRows(method, x); err != nil {
		return measure.Dimension{}, err
	}
	n, cols := x.Dims()
	asked := e.MaxDimension
	e, err := e.Resolve(n, cols)
	if err != nil {
		return measure.Dimension{}, err
	}
	s, err := find(ctx, method, x, e.Neighbors+1, e.Graph, e.MemoryLimit)
	if err != nil {
		return measure.Dimension{}, err
	}
	c, err := s.concentrate(ctx, method, x, e.Neighbors)
	if err != nil {
		return measure.Dimension{}, err
	}
	notes := s.notes
	if c.tied > 0 {
		notes = append(notes[:len(notes):len(notes)], fmt.Sprintf(
			"the %d nearest neighbours of %d rows are all equally far, as on a lattice: their ratios are left out", s.k, c.tied))
	}
	least, err := e.search(ctx, s.n, c.statistics)
	if err != nil {
		return measure.Dimension{}, fmt.Errorf("%s: %w", method, err)
	}
	between := least.between(c.statistics)
	stdErr := least.stdErr(s, c) * math.Sqrt(1+1/float64(e.Draws))
	note := func(form string, args ...any) {
		notes = append(notes[:len(notes):len(notes)], fmt.Sprintf(form, args...))
	}
	switch beyond := between >= float64(e.MaxDimension); {
	case beyond && asked != 0:
		stdErr = math.NaN()
		note("the divergence is least at the bound MaxDimension = %d: the dimension may be higher, or the data a hypersurface", e.MaxDimension)
	case stdErr == 0 || !least.reaches(between) && !(beyond && least.reaches(float64(e.MaxDimension))):
		stdErr = math.NaN()
		note("the divergences of balls have no minimum to speak of, and the dimension no error: take more rows or Draws")
	case beyond:
		note("the divergence is least at %.4g, beyond the number of columns, which is the dimension: the error is of the former", between)
	}
	value, minimum := float64(least.dimension), "whole dimension of least divergence"
	if !e.Integer {
		value, minimum = min(max(between, 1), float64(e.MaxDimension)), "minimum of a parabola"
	}
	return measure.Dimension{
		Method:  "DANCo",
		Value:   value,
		StdErr:  stdErr,
		Scale:   s.scale(),
		Rows:    s.n,
		Removed: s.removed(),
		Notes:   notes,
		Convention: fmt.Sprintf("%s, k = %d, mean of %d balls a dimension, up to %d, directions by atan2, duplicates removed, standard error: delta method, with that of the balls",
			minimum, e.Neighbors, e.Draws, e.MaxDimension),
	}, nil
}

// divergences holds balls of whole dimensions around that of least divergence.
type divergences struct {
	k         int
	dimension int          // of the ball of least divergence
	center    int          // dimension of the middle ball
	beside    []int        // the dimensions of all, less that: symmetric about zero
	balls     []statistics // of as many
}

// search finds the least divergence from d̂ on: by steps of an eighth of d̂, which
// double until two have led up, because one may by the chance of the balls; then by
// thirds of what is left; then by a parabola through balls around the least.
func (e DANCo) search(ctx context.Context, n int, of statistics) (divergences, error) {
	var failed error
	ball := func(d int) (b statistics) {
		if failed == nil {
			b, failed = ballOf(ctx, n, e.Neighbors, d, e.Draws, e.Seed, e.MemoryLimit)
		}
		return b
	}
	at := func(d int) float64 {
		if b := ball(d); failed == nil {
			return of.divergence(b, e.Neighbors)
		}
		return 0
	}
	start := min(max(int(of.likeliest), 1), e.MaxDimension)
	first := max(1, start/8)
	lo, best, hi := max(start-first, 1), start, start
	rises := 0
	for step, d := first, start; d < e.MaxDimension && rises < 2 && failed == nil; step *= 2 {
		d = min(d+step, e.MaxDimension)
		if at(d) < at(best) {
			lo, best, hi, rises = best, d, d, 0
			continue
		}
		if rises++; rises == 1 {
			hi = d
		}
	}
	for lo < best && best == start && failed == nil && at(lo) < at(best) {
		best, hi = lo, best
		start, lo = best, max(lo-first, 1)
	}
	for hi-lo > 2 && failed == nil {
		third := (hi - lo) / 3
		if at(lo+third) <= at(hi-third) {
			hi -= third
		} else {
			lo += third
		}
	}
	for d := lo; d <= hi; d++ {
		if at(d) < at(best) {
			best = d
		}
	}
	r := divergences{k: e.Neighbors, dimension: best}
	const moves = 4 // of the balls to where their parabola is least
	for c, move := best, 0; failed == nil; move++ {
		// A sixth either way, so that it is not the chance of the balls that bends the
		// parabola. Those beyond the bound tell whether it is least there.
		half := max(1, (c+3)/6)
		r.center = max(c, 1+half)
		r.beside, r.balls = r.beside[:0], r.balls[:0]
		for i := -3; i <= 3; i++ {
			if d := int(math.Round(float64(i*half) / 3)); len(r.beside) == 0 || d > r.beside[len(r.beside)-1] {
				r.beside, r.balls = append(r.beside, d), append(r.balls, ball(r.center+d))
			}
		}
		if failed != nil {
			break
		}
		to := min(max(int(math.Round(r.between(of))), r.center-half, 1), r.center+half, e.MaxDimension)
		if move == moves || to == c || to > r.center-half && to < r.center+half {
			break
		}
		c = to
	}
	return r, failed
}

// between returns where the parabola of least squares through the divergences of
// the balls is least, and the whole dimension where it opens downwards.
func (r divergences) between(of statistics) float64 {
	var sum, squares, fourths, first, second float64
	for i, ball := range r.balls {
		t, v := float64(r.beside[i]), of.divergence(ball, r.k)
		sum += v
		squares += t * t
		fourths += t * t * t * t
		first += t * v
		second += t * t * v
	}
	count := float64(len(r.balls))
	bend := (count*second - squares*sum) / (count*fourths - squares*squares)
	if !(bend > 0) {
		return float64(r.dimension)
	}
	return float64(r.center) - first/squares/(2*bend)
}

// reaches reports whether d is among the dimensions of the balls.
func (r divergences) reaches(d float64) bool {
	last := float64(r.beside[len(r.beside)-1])
	return math.Abs(d-float64(r.center)) <= last
}

// stdErr returns the standard error of between for the statistics of s, from its
// derivatives and what every row adds to each.
func (r divergences) stdErr(s *distinct, c concentration) float64 {
	const step = 1e-4
	slope := func(move func(of *statistics, by float64)) float64 {
		up, down := c.statistics, c.statistics
		move(&up, step)
		move(&down, -step)
		return (r.between(up) - r.between(down)) / (2 * step)
	}
	likeliest := slope(func(of *statistics, by float64) { of.likeliest += by })
	direction := slope(func(of *statistics, by float64) { of.direction += by })
	tau := slope(func(of *statistics, by float64) { of.concentration += by })
	influence := make([]float64, s.n)
	for i := range influence {
		influence[i] = likeliest*c.score[i] + direction*(c.directions[i]-c.direction) + tau*(c.concentrations[i]-c.concentration)
	}
	return math.Sqrt(byRows(s, s.k, influence, 0))
}

// divergence returns the Kullback-Leibler divergences of both distributions of
// the data from those of a ball, but for constants.
func (of statistics) divergence(ball statistics, k int) float64 {
	q := ball.likeliest / of.likeliest
	var harmonic, alternating float64
	binomial := 1.
	for i := 0; i <= k; i++ {
		alternating += binomial * mathext.Digamma(1+float64(i)/q)
		binomial *= -float64(k-i) / float64(i+1)
		if i > 0 {
			harmonic += 1 / float64(i)
		}
	}
	norms := harmonic*q - math.Log(q) - float64(k-1)*alternating

	data0, data1 := bessel(of.concentration)
	ball0, _ := bessel(ball.concentration)
	angles := ball.concentration - of.concentration + math.Log(ball0/data0) +
		data1/data0*(of.concentration-ball.concentration*math.Cos(of.direction-ball.direction))
	return norms + angles
}
