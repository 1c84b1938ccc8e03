package similarity

import (
	"context"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/subspace"
	"github.com/flatland-go/flatland/pkg/measure"
)

// EnergyShape is StochasticShape without the assumption that noise is normal: per condition
// the energy distance of the trials, √(E‖X − Y‖ − ½·E‖X − X′‖ − ½·E‖Y − Y′‖), which is 0 just for
// equal distributions; over conditions the root of its mean square, after the one rotation,
// reflections included, that makes it least. In the root of the unit of the data.
//
// Expectations are means over all pairs of trials, each with itself included: so it is a
// metric of the trials themselves, as far as the best rotation is found, and 0 for a turned
// copy. (netrep leaves pairs of a trial with itself out, and clips what falls below 0.) The
// search weighs pairs by what they are apart, as the geometric median is found, and never
// makes it worse; see StochasticShape for Restarts, and for what is taken and returned as
// errors. An iteration takes about 4·w operations for every pair of trials of one condition,
// and 25·w³; memory 72·n·w + 96·w² bytes.
//
// Source: L. Duong, J. Zhou, J. Nassar, J. Berman, J. Olieslagers and A. Williams (2023),
// Representational dissimilarity metric spaces for stochastic neural networks.
type EnergyShape struct {
	// Conditions holds the condition of every row, the same for x and y: a number from 0, or
	// −1 for a row that is left out. It must be given.
	Conditions []int

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

const energyMethod = "similarity.EnergyShape"

// Resolve returns the options with defaults filled in, or a *mat32.ParamError, whatever n
// and d are.
func (e EnergyShape) Resolve(n, d int) (EnergyShape, error) {
	return e, resolveTrials(energyMethod, e.Conditions, &e.Restarts, e.MemoryLimit)
}

// Compare returns the distance of x and y.
func (e EnergyShape) Compare(ctx context.Context, x, y mat.Matrix) (measure.Score, error) {
	e, err := e.Resolve(0, 0)
	if err != nil {
		return measure.Score{}, err
	}
	t, err := newTrials(ctx, energyMethod, e.Conditions, e.MemoryLimit, x, y)
	if err != nil {
		return measure.Score{}, err
	}
	g := &energies{trials: t}
	if g.within, err = g.spread(ctx); err != nil {
		return measure.Score{}, within(energyMethod, err)
	}
	left, err := t.aligned(ctx, g, e.Restarts, e.Seed)
	if err != nil {
		return measure.Score{}, within(energyMethod, err)
	}
	score, err := t.score(energyMethod, "energy shape distance", "energy distance of trials after the best rotation or reflection", left)
	score.Value *= math.Sqrt(t.unit)
	if err != nil {
		return score, err
	}
	return finite(energyMethod, score)
}

type energies struct {
	*trials
	within float64 // ½·E‖X − X′‖ + ½·E‖Y − Y′‖, summed over conditions
}

// spread returns what the trials of each are apart from each other.
func (g *energies) spread(ctx context.Context) (float64, error) {
	sum, err := par.Sum(ctx, g.conditions(), 1, func(c, _ int) (sum float64) {
		pairs := math.Pow(float64(g.from[c+1]-g.from[c]), 2)
		for _, rows := range []*mat.Dense{g.x, g.y} {
			for i := g.from[c]; i < g.from[c+1] && ctx.Err() == nil; i++ {
				for j := g.from[c]; j < i; j++ { // twice, and half of it
					sum += math.Sqrt(kernel.SquaredDistance64(rows.RawRowView(i), rows.RawRowView(j))) / pairs
				}
			}
		}
		return sum
	})
	if err == nil {
		err = ctx.Err()
	}
	return sum, err
}

// improve weighs every pair of trials by one over what it is apart, and finds the best
// rotation for their squared distances: Weiszfeld's step, which lowers the distances
// themselves.
func (g *energies) improve(ctx context.Context, turn *mat.Dense) (*mat.Dense, float64, error) {
	near := 1e-12 * g.size / math.Sqrt(float64(g.n))
	turned, pulled := mat.NewDense(g.n, g.width, nil), mat.NewDense(g.n, g.width, nil)
	if err := kernel.Gemm64(ctx, blas.NoTrans, blas.NoTrans, 1, g.y.RawMatrix(), turn.RawMatrix(), 0, turned.RawMatrix()); err != nil {
		return nil, 0, err
	}
	// Row j of pulled is where the trials of x pull that of y.
	left, err := par.Sum(ctx, g.conditions(), 1, func(c, _ int) (sum float64) {
		pairs := math.Pow(float64(g.from[c+1]-g.from[c]), 2)
		for j := g.from[c]; j < g.from[c+1] && ctx.Err() == nil; j++ {
			to := pulled.RawRowView(j)
			for i := g.from[c]; i < g.from[c+1]; i++ {
				row := g.x.RawRowView(i)
				apart := math.Sqrt(kernel.SquaredDistance64(row, turned.RawRowView(j)))
				sum += apart / pairs
				kernel.Axpy64(1/max(apart, near)/pairs, row, to)
			}
		}
		return sum
	})
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return nil, 0, err
	}
	cross := mat.NewDense(g.width, g.width, nil)
	if err := crossProduct(ctx, cross, g.y, pulled); err != nil {
		return nil, 0, err
	}
	better, _, err := subspace.Procrustes{}.Rotation(ctx, cross)
	// What is less than rounding is nothing: the means of a turned copy cancel.
	left -= g.within
	if left < 1e-13*g.within {
		left = 0
	}
	return better, left / float64(g.conditions()), err
}
