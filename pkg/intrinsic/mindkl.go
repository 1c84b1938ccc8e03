package intrinsic

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// MiNDKL estimates the dimension as that of the ball in which the shares ρ = T₁/T_k₊₁ are
// spread as in the data (Lombardi, Rozza, Ceruti, Casiraghi and Campadelli, 2011, Minimum
// neighbor distance estimators of intrinsic dimension: MiND_KL). Balls of dimension
// 1, 2, … hold as many rows as the data, drawn uniformly; the dimension is where the
// Kullback-Leibler divergence of the ρ of the data from theirs is least,
//
//	ln(N/(N−1)) + mean ln(ν_ball/ν_data),
//
// with ν the distance of a ρ of the data to the nearest other ρ of either (Wang,
// Kulkarni and Verdú, 2006, A nearest-neighbor approach to estimating divergence
// between continuous random vectors).
//
// As the edges and the number of rows do to the balls what they do to the data, it
// does not fall short in high dimensions, where MiND does. The nearest of few numbers is
// much of chance: DANCo, which adds angles and knows the form of both distributions, errs
// less.
//
// One ball a dimension, or as many as chance gives the least, would be noise: Draws of them
// are averaged. Dimensions are searched from that of MiND upwards.
//
// The cost is that of about twenty times Draws searches for neighbours among as many
// rows as the data have, in as many columns as their dimension; memory that of one, and
// 200·n bytes.
type MiNDKL struct {
	// Neighbors is k. Default 10, or two less than the distinct rows where these are
	// fewer. Larger values look at a larger scale. 1 ≤ Neighbors ≤ n−2.
	Neighbors int

	// MaxDimension bounds the dimension. Default the number of columns. The
	// result says in its Notes when it is at that bound, and has no error at one
	// that was given. At least 1.
	MaxDimension int

	// Draws is the number of balls a dimension that are averaged. Default 10.
	// Larger values make the result depend less on the Seed. 1 ≤ Draws ≤ 100.
	Draws int

	// Integer gives the whole dimension of least divergence, as published. By default it
	// is that of a parabola of least squares through the divergences of a sixth more
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

const mindKL = "intrinsic.MiNDKL"

// Resolve returns the options with defaults filled in, or a *mat32.ParamError
// or *mat32.ShapeError, for a matrix of n rows and d columns.
func (e MiNDKL) Resolve(n, d int) (MiNDKL, error) {
	fail := func(param string, value any, want string) error {
		return &mat32.ParamError{Method: mindKL, Param: param, Value: value, Want: want}
	}
	if e.Neighbors == 0 {
		e.Neighbors = min(10, n-2)
	}
	if e.MaxDimension == 0 {
		e.MaxDimension = d
	}
	if e.Draws == 0 {
		e.Draws = 10
	}
	switch {
	case e.MaxDimension < 1:
		return e, fail("MaxDimension", e.MaxDimension, "1 or more")
	case e.Draws < 1 || e.Draws > 100:
		return e, fail("Draws", e.Draws, "1 ≤ Draws ≤ 100")
	case e.MemoryLimit < 0:
		return e, fail("MemoryLimit", e.MemoryLimit, "0 or more bytes")
	case n < 4:
		return e, &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: "at least 4 rows for MiNDKL"}
	case e.Neighbors < 1 || e.Neighbors > n-2:
		return e, fail("Neighbors", e.Neighbors, fmt.Sprintf("1 ≤ Neighbors ≤ n−2 = %d", n-2))
	}
	return e, nil
}

// Estimate returns the dimension of the rows of x (n × d), or of rows at the
// distances that x holds as a mat32.Distances, whose number then stands for the columns.
// Rows that equal an earlier one, or are at distance zero from it, are left out. Scale is
// the mean distance to the nearest Neighbors+1; Local is nil.
//
// The standard error is that of the delta method on the divergences, by the spread over
// rows of what each adds to them, with that of the balls added; it is NaN at a bound
// MaxDimension that was given and where the divergences have no parabola, as with very few
// rows, and Notes say so. At the number of columns it is that of the minimum, which may
// lie beyond.
//
// Errors: those of mat32.Check and Resolve; *mat32.ParamError for a Graph of
// other rows; *mat32.MemoryError; *mat32.DegenerateError where too few rows are
// distinct for the Neighbors asked for, or where T₁ = T₂ at more than a tenth of them,
// as on a lattice and in rounded data; and one that wraps ctx.Err(). Fewer such rows are
// counted in Notes.
func (e MiNDKL) Estimate(ctx context.Context, x mat.Matrix) (measure.Dimension, error) {
	asked := e
	e, err := begin(ctx, mindKL, e, x)
	if err != nil {
		return measure.Dimension{}, err
	}
	s, err := findStandard(ctx, mindKL, x, asked.Neighbors, e.Neighbors+1, 2, e.Graph, e.MemoryLimit)
	if err != nil {
		return measure.Dimension{}, err
	}
	e.Neighbors = s.k - 1
	if err := s.refuseTies(mindKL, 1, 2); err != nil {
		return measure.Dimension{}, err
	}
	likelihood, err := newRatioLikelihood(mindKL, s.ratios(1, s.k), 1, s.k)
	if err != nil {
		return measure.Dimension{}, err
	}
	shares := make([]float64, s.n)
	for i, y := range likelihood.y {
		shares[i] = math.Exp(-y)
	}
	// ln ν_data is the same for all balls: what is left moves no minimum.
	logs := map[int][]float64{}
	of := func(d int) ([]float64, error) {
		if logs[d] != nil {
			return logs[d], nil
		}
		v, err := e.nearest(ctx, shares, d)
		if err == nil {
			logs[d] = v
		}
		return v, err
	}
	most := likelihood.most(float64(s.n))
	found, err := findBowl(int(min(most, float64(e.MaxDimension))), e.MaxDimension, func(d int) (float64, error) {
		v, err := of(d)
		return stat.Mean(v, nil), err
	})
	if err != nil {
		return measure.Dimension{}, fmt.Errorf("%s: %w", mindKL, err)
	}
	divergences, rows := make([]float64, len(found.beside)), make([][]float64, len(found.beside))
	for i, d := range found.beside {
		if rows[i], err = of(found.center + d); err != nil {
			return measure.Dimension{}, fmt.Errorf("%s: %w", mindKL, err)
		}
		divergences[i] = stat.Mean(rows[i], nil)
	}
	least := func() float64 { return found.least(func(i int) float64 { return divergences[i] }) }
	between := least()
	influence := make([]float64, s.n)
	for b, logs := range rows {
		const step = 1e-5
		center := divergences[b]
		divergences[b] = center + step
		up := least()
		divergences[b] = center - step
		slope := (up - least()) / (2 * step)
		divergences[b] = center
		for i, v := range logs {
			influence[i] += slope * (v - center)
		}
	}
	stdErr := math.Sqrt(byRows(s, s.k, influence, 0) * (1 + 1/float64(e.Draws)))
	note := func(form string, args ...any) { s.notes = append(s.notes, fmt.Sprintf(form, args...)) }
	value, stdErr, minimum := found.answer(between, stdErr, asked.MaxDimension, e.MaxDimension, e.Integer, note)
	return s.dimension("MiNDKL", value, stdErr, nil,
		fmt.Sprintf("%s, k = %d, mean of %d balls a dimension, divergence by nearest shares, duplicates removed, standard error: delta method, with that of the balls",
			minimum, e.Neighbors, e.Draws)), nil
}

// nearest returns, for every share of the data, the mean over balls of dimension d of the
// logarithm of the distance to the nearest of theirs.
func (e MiNDKL) nearest(ctx context.Context, shares []float64, d int) ([]float64, error) {
	n := len(shares)
	logs := make([]float64, n)
	for draw := range e.Draws {
		x, err := ball(ctx, n, d, fmt.Sprintf("mindkl/%d/%d", d, draw), e.Seed)
		if err != nil {
			return nil, err
		}
		s, err := find(ctx, "the ball", x, e.Neighbors+1, e.Neighbors+1, nil, e.MemoryLimit)
		if err != nil {
			return nil, err
		}
		theirs := s.ratios(1, s.k)
		for i, y := range theirs {
			theirs[i] = math.Exp(-y)
		}
		slices.Sort(theirs)
		err = par.Blocks(ctx, n, 1024, func(lo, hi int) {
			for i := lo; i < hi; i++ {
				at, _ := slices.BinarySearch(theirs, shares[i])
				apart := math.Inf(1)
				if at < len(theirs) {
					apart = theirs[at] - shares[i]
				}
				if at > 0 {
					apart = min(apart, shares[i]-theirs[at-1])
				}
				logs[i] += math.Log(max(apart, 0x1p-52)) / float64(e.Draws)
			}
		})
		if err != nil {
			return nil, err
		}
	}
	return logs, nil
}
