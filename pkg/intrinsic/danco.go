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
	// Neighbors is k. Default 10, or two less than the distinct rows where these are fewer.
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

// fewestBallNeighbors have an angle; mostBallNeighbors is where the alternating sum of
// the divergence of two distributions of ratios still has eight digits.
const (
	fewestBallNeighbors = 2
	mostBallNeighbors   = 30
)

// Resolve returns the options with defaults filled in, or a *mat32.ParamError
// or *mat32.ShapeError, for a matrix of n rows and d columns.
func (e DANCo) Resolve(n, d int) (DANCo, error) {
	const fewest = fewestBallNeighbors
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
// *mat32.DegenerateError where too few rows are distinct for the Neighbors
// asked for, or where their distances are all equal; and one that wraps ctx.Err().
func (e DANCo) Estimate(ctx context.Context, x mat.Matrix) (measure.Dimension, error) {
	const method = "intrinsic.DANCo"
	asked := e
	e, err := beginRows(ctx, method, e, x)
	if err != nil {
		return measure.Dimension{}, err
	}
	s, err := findStandard(ctx, method, x, asked.Neighbors, e.Neighbors+1, fewestBallNeighbors+1, e.Graph, e.MemoryLimit)
	if err != nil {
		return measure.Dimension{}, err
	}
	e.Neighbors = s.k - 1
	c, err := s.concentrate(ctx, method, x, e.Neighbors)
	if err != nil {
		return measure.Dimension{}, err
	}
	note := func(form string, args ...any) { s.notes = append(s.notes, fmt.Sprintf(form, args...)) }
	if c.tied > 0 {
		note("the %d nearest neighbours of %d rows are all equally far, as on a lattice: their ratios are left out", s.k, c.tied)
	}
	least, err := e.search(ctx, s.n, c.statistics)
	if err != nil {
		return measure.Dimension{}, fmt.Errorf("%s: %w", method, err)
	}
	between := least.between(c.statistics)
	stdErr := least.stdErr(s, c) * math.Sqrt(1+1/float64(e.Draws))
	value, stdErr, minimum := least.answer(between, stdErr, asked.MaxDimension, e.MaxDimension, e.Integer, note)
	return s.dimension("DANCo", value, stdErr, nil,
		fmt.Sprintf("%s, k = %d, mean of %d balls a dimension, up to %d, directions by atan2, duplicates removed, standard error: delta method, with that of the balls",
			minimum, e.Neighbors, e.Draws, e.MaxDimension)), nil
}

// dancoBalls are those around that of least divergence.
type dancoBalls struct {
	bowl
	k  int
	of []statistics
}

// search finds the balls from d̂ on.
func (e DANCo) search(ctx context.Context, n int, of statistics) (dancoBalls, error) {
	ball := func(d int) (statistics, error) {
		return ballOf(ctx, n, e.Neighbors, d, e.Draws, e.Seed, e.MemoryLimit)
	}
	found, err := findBowl(int(of.likeliest), e.MaxDimension, func(d int) (float64, error) {
		b, err := ball(d)
		if err != nil {
			return 0, err
		}
		return of.divergence(b, e.Neighbors), nil
	})
	r := dancoBalls{bowl: found, k: e.Neighbors, of: make([]statistics, len(found.beside))}
	for i, d := range found.beside {
		if err == nil {
			r.of[i], err = ball(found.center + d)
		}
	}
	return r, err
}

// between returns where the divergence is least.
func (r dancoBalls) between(of statistics) float64 {
	return r.least(func(i int) float64 { return of.divergence(r.of[i], r.k) })
}

// stdErr returns the standard error of between for the statistics of s, from its
// derivatives and what every row adds to each.
func (r dancoBalls) stdErr(s *distinct, c concentration) float64 {
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
