package similarity

import (
	"context"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/internal/subspace"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
)

// StochasticShape is the distance of two noisy representations: each answers a condition, a
// stimulus for example, differently from trial to trial, and it matters how. Per condition it
// is the 2-Wasserstein distance of normal distributions, √(‖mₓ − m_y‖² + Bures²(Sₓ, S_y)) of
// the means and covariances of the trials; over conditions the root of its mean square, after
// the one rotation, reflections included, that makes it least. Representations of equal
// means and different noise are 0 apart to ShapeDistance, and not here.
//
// It is a metric as far as the best rotation is found: the search alternates between it and
// the turns that Bures' distance has for each condition, each step by Procrustes, and none
// makes it worse, but it may end in a local optimum, which makes distances too large. Restarts
// are for that.
//
// Compare takes x of n × p and y of n × q, at least 2 rows, of which row i of both is a trial
// of Conditions[i]; trials need not belong together otherwise. The mean of the means of all
// conditions is taken away, and the narrower counts as filled up with columns of zeros, to
// w. Covariances divide by the trials less one; a condition of one trial has none. An
// iteration takes about 8·n·w² operations and 25·w³ for the rotation, memory 72·n·w + 96·w² bytes.
//
// Errors: *mat32.ParamError; *mat32.MemoryError; those of mat32.CheckRows and mat32.Check for x and y;
// *mat32.ShapeError where their numbers of rows differ or are too few;
// *mat32.DegenerateError where all rows of one are equal; and one that wraps ctx.Err().
//
// Source: L. Duong, J. Zhou, J. Nassar, J. Berman, J. Olieslagers and A. Williams (2023),
// Representational dissimilarity metric spaces for stochastic neural networks.
type StochasticShape struct {
	// Conditions holds the condition of every row, the same for x and y: a number from 0, or
	// −1 for a row that is left out. It must be given.
	Conditions []int

	// NoiseWeight is what Bures' squared distance counts beside the squared distance of
	// means. Default 1, the Wasserstein distance. Larger values count noise more.
	NoiseWeight float64

	// Restarts is from how many rotations the search begins: the best for the means, the one
	// between principal axes, and random ones. Default 5. More take longer and may find
	// less of a distance.
	Restarts int

	// Seed draws the random rotations.
	Seed uint64

	// MemoryLimit in bytes refuses data that would need more. Default GOMEMLIMIT, or
	// 4 GiB where that is not set.
	MemoryLimit int64
}

const stochasticMethod = "similarity.StochasticShape"

// Resolve returns the options with defaults filled in, or a *mat32.ParamError, whatever n
// and d are.
func (s StochasticShape) Resolve(n, d int) (StochasticShape, error) {
	if s.NoiseWeight == 0 {
		s.NoiseWeight = 1
	}
	if !(s.NoiseWeight > 0 && s.NoiseWeight <= 1e6) {
		return s, &mat32.ParamError{Method: stochasticMethod, Param: "NoiseWeight", Value: s.NoiseWeight, Want: "0 < NoiseWeight ≤ 1e6"}
	}
	return s, resolveTrials(stochasticMethod, s.Conditions, &s.Restarts, s.MemoryLimit)
}

// Compare returns the distance of x and y.
func (s StochasticShape) Compare(ctx context.Context, x, y mat.Matrix) (measure.Score, error) {
	s, err := s.Resolve(0, 0)
	if err != nil {
		return measure.Score{}, err
	}
	t, err := newTrials(ctx, stochasticMethod, s.Conditions, s.MemoryLimit, x, y)
	if err != nil {
		return measure.Score{}, err
	}
	g, err := newGaussians(ctx, t, math.Sqrt(s.NoiseWeight))
	if err != nil {
		return measure.Score{}, within(stochasticMethod, err)
	}
	left, err := t.aligned(ctx, g, s.Restarts, s.Seed)
	if err != nil {
		return measure.Score{}, within(stochasticMethod, err)
	}
	score, err := t.score(stochasticMethod, "stochastic shape distance", "2-Wasserstein of normal distributions after the best rotation or reflection", left)
	score.Value *= t.unit
	if err != nil {
		return score, err
	}
	return finite(stochasticMethod, score)
}

// gaussians holds, one below the other, the means of all conditions and, for each, a square
// root of its covariance: L with LᵀL = S. Bures' distance of two covariances is that of
// their roots after the best rotation of the rows of one.
type gaussians struct {
	conditions int
	x, y       *mat.Dense
	from, to   []int // the rows of the root of a condition
}

func newGaussians(ctx context.Context, t *trials, weight float64) (*gaussians, error) {
	g := &gaussians{conditions: t.conditions()}
	rows := g.conditions
	for c := range g.conditions {
		g.from = append(g.from, rows)
		if trials := t.from[c+1] - t.from[c]; trials > 1 {
			rows += min(trials, t.width)
		}
		g.to = append(g.to, rows)
	}
	stack := func(means, all *mat.Dense) (*mat.Dense, error) {
		to := mat.NewDense(rows, t.width, nil)
		for c := range g.conditions {
			to.SetRow(c, means.RawRowView(c))
			trials := t.from[c+1] - t.from[c]
			if trials < 2 {
				continue
			}
			l := mat.DenseCopyOf(t.of(all, c))
			for i := range trials {
				kernel.Axpy64(-1, means.RawRowView(c), l.RawRowView(i))
				kernel.Scal64(weight/math.Sqrt(float64(trials-1)), l.RawRowView(i))
			}
			root := mat.Matrix(l)
			if trials > t.width {
				_, r, err := linalg.QR(ctx, l)
				if err != nil {
					return nil, err
				}
				root = r
			}
			to.Slice(g.from[c], g.to[c], 0, t.width).(*mat.Dense).Copy(root)
		}
		return to, ctx.Err()
	}
	var err error
	if g.x, err = stack(t.meanX, t.x); err != nil {
		return nil, err
	}
	g.y, err = stack(t.meanY, t.y)
	return g, err
}

// improve turns the roots of y within each condition, for the rotation given, and finds the
// best rotation for these.
func (g *gaussians) improve(ctx context.Context, turn *mat.Dense) (*mat.Dense, float64, error) {
	rows, width := g.y.Dims()
	turned := mat.NewDense(rows, width, nil)
	if err := kernel.Gemm64(ctx, blas.NoTrans, blas.NoTrans, 1, g.y.RawMatrix(), turn.RawMatrix(), 0, turned.RawMatrix()); err != nil {
		return nil, 0, err
	}
	inner := mat.DenseCopyOf(g.y) // with its roots turned from the left
	left := 0.
	gap := make([]float64, width)
	for c := range g.conditions {
		copy(gap, turned.RawRowView(c))
		kernel.Axpy64(-1, g.x.RawRowView(c), gap)
		left += kernel.Dot64(gap, gap)
		size := g.to[c] - g.from[c]
		if size == 0 {
			continue
		}
		part := func(m *mat.Dense) *mat.Dense { return m.Slice(g.from[c], g.to[c], 0, width).(*mat.Dense) }
		cross := mat.NewDense(size, size, nil)
		if err := kernel.Gemm64(ctx, blas.NoTrans, blas.Trans, 1, part(g.x).RawMatrix(), part(turned).RawMatrix(), 0, cross.RawMatrix()); err != nil {
			return nil, 0, err
		}
		q, _, err := subspace.Procrustes{}.Rotation(ctx, cross)
		if err != nil {
			return nil, 0, err
		}
		rest := mat.DenseCopyOf(part(g.x))
		if err := kernel.Gemm64(ctx, blas.NoTrans, blas.NoTrans, -1, q.RawMatrix(), part(turned).RawMatrix(), 1, rest.RawMatrix()); err != nil {
			return nil, 0, err
		}
		for i := range size {
			left += kernel.Dot64(rest.RawRowView(i), rest.RawRowView(i))
		}
		if err := kernel.Gemm64(ctx, blas.NoTrans, blas.NoTrans, 1, q.RawMatrix(), part(g.y).RawMatrix(), 0, part(inner).RawMatrix()); err != nil {
			return nil, 0, err
		}
	}
	cross := mat.NewDense(width, width, nil)
	if err := crossProduct(ctx, cross, inner, g.x); err != nil {
		return nil, 0, err
	}
	better, _, err := subspace.Procrustes{}.Rotation(ctx, cross)
	return better, left / float64(g.conditions), err
}
