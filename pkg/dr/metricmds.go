package dr

import (
	"cmp"
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/mds"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// MetricMDS, metric multidimensional scaling, places the rows so that the distances of
// the map are as near as can be to those of the data: it lowers the raw stress
// Σ wᵢⱼ·(dᵢⱼ − δᵢⱼ)² over all pairs. Large distances count most.
//
// SMACOF moves all points at once and never lets the stress rise; SGD goes from pair
// to pair and comes near the minimum in fewer passes. Both end in a minimum near their
// start, which need not be the least of all.
//
// Time O(n²·Components) an iteration; memory 4·n² bytes for the distances of rows,
// n²·Components/16 for SMACOF, and with weights 4·n², and 24·n² and O(n³) once for
// SMACOF. A mat32.Distances given as x is scaled as it is.
//
// Sources: J. de Leeuw (1977), Applications of convex analysis to multidimensional
// scaling; J. Kruskal (1964), Multidimensional scaling by optimizing goodness of fit to
// a nonmetric hypothesis, for stress-1; J. Zheng, S. Pawar and D. Goodman (2019), Graph
// drawing by stochastic gradient descent, for SGD.
type MetricMDS struct {
	// Components is the number of dimensions of the map, at most n−1. Default 2, or 1
	// of two rows.
	Components int

	// Optimizer is SMACOF or SGD. Default SMACOF.
	Optimizer Optimizer

	// Iterations is the largest number of iterations; of SGD, the number of passes over
	// all pairs. More of them lower the stress further. Default 300, and 30 for SGD.
	Iterations int

	// Tolerance ends the iterations when one lowers the stress by less, relative to the
	// sum of the squared distances of the map. Larger values end earlier; the constant
	// Zero goes on while the stress falls. Ignored by SGD. Default 1e-6.
	Tolerance float64

	// LastStep is the share of its error by which the last pass moves a pair, in (0, 1].
	// Smaller values settle nearer to a minimum, and earlier. Ignored by SMACOF. Default
	// 0.01.
	LastStep float64

	// Weights of the pairs, n × n, 0 or more, of which the diagonal is ignored: pairs
	// with larger weights are kept better, and those of weight 0 count for nothing.
	// Pairs with weights must connect all rows. Default 1 for all.
	Weights mat.Symmetric `json:"-"`

	// Start is where the points begin: FromClassical, FromRandom or From(y). Default
	// FromClassical.
	Start Start

	// Seed of FromRandom, of dimensions that a classical start lacks, and of the order
	// in which SGD takes the pairs.
	Seed uint64

	// MemoryLimit in bytes refuses data whose distances would not fit. Default
	// GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

// Optimizer is how a stress is lowered.
type Optimizer string

const (
	// SMACOF moves all points to the minimum of a parabola above the stress, again and
	// again: scaling by majorizing a complicated function.
	SMACOF Optimizer = "SMACOF"

	// SGD moves the two points of one pair after the other, by steps that shorten.
	SGD Optimizer = "SGD"
)

// Resolve returns the options with defaults filled in for n × d data, or an error that
// names the option and its range.
func (m MetricMDS) Resolve(n, d int) (MetricMDS, error) {
	const method = "dr.MetricMDS"
	m.Optimizer, m.LastStep = cmp.Or(m.Optimizer, SMACOF), cmp.Or(m.LastStep, 0.01)
	if m.Iterations == 0 && m.Optimizer == SGD {
		m.Iterations = 30
	}
	if err := majorizing(method, n, d, &m.Components, &m.Iterations, &m.Tolerance, &m.Start, m.MemoryLimit); err != nil {
		return m, err
	}
	wrong := func(param string, value any, want string) error {
		return &mat32.ParamError{Method: method, Param: param, Value: value, Want: want}
	}
	switch {
	case m.Optimizer != SMACOF && m.Optimizer != SGD:
		return m, wrong("Optimizer", m.Optimizer, "SMACOF or SGD")
	case !(m.LastStep > 0 && m.LastStep <= 1):
		return m, wrong("LastStep", m.LastStep, "0 < LastStep ≤ 1")
	case m.Weights != nil && m.Weights.SymmetricDim() != n:
		return m, wrong("Weights", fmt.Sprintf("of order %d", m.Weights.SymmetricDim()), fmt.Sprintf("one weight for every pair of n = %d rows", n))
	}
	return m, nil
}

// String returns the options in one line, as captions and tables show them.
func (m MetricMDS) String() string {
	s := fmt.Sprintf("%s, %d iterations", m.Optimizer, m.Iterations)
	if m.Optimizer == SGD {
		s += fmt.Sprintf(", last step %.4g", m.LastStep)
	} else {
		s += fmt.Sprintf(", tolerance %.4g", m.Tolerance)
	}
	if m.Weights != nil {
		s += ", weighted"
	}
	return s + fmt.Sprintf(", start %v, seed %d", m.Start, m.Seed)
}

// Fit makes a map of the rows of x (n × d), or of what lies at the distances that x
// holds. Errors: those of mat32.Check and Resolve, *mat32.DegenerateError where all rows
// are equal, the weights do not connect them, or distances exceed float64,
// *mat32.MemoryError, and one that wraps ctx.Err(); a cancel during the iterations also
// returns the model so far, its embedding marked Partial and without a stress.
func (m MetricMDS) Fit(ctx context.Context, x mat.Matrix) (*MetricMDSModel, error) {
	const method = "dr.MetricMDS"
	n, cols, err := checkData(ctx, method, x, 1)
	if err != nil {
		return nil, err
	}
	if m, err = m.Resolve(n, cols); err != nil {
		return nil, err
	}
	need := pairsMemory(x) + 8*int64(n)*60*int64(m.Components+8)
	if m.Optimizer == SMACOF {
		need += int64(n) * int64(n) * int64(m.Components) / 16
	}
	if m.Weights != nil {
		need += 4 * int64(n) * int64(n)
		if m.Optimizer == SMACOF {
			need += 24 * int64(n) * int64(n)
		}
	}
	if err := mat32.CheckMemory(method, need, m.MemoryLimit, "it holds all pairs: use fewer rows, or dr.LandmarkMDS"); err != nil {
		return nil, err
	}
	weights, err := m.weights(n)
	if err != nil {
		return nil, err
	}
	d, err := dissimilaritiesOf(ctx, method, x)
	if err != nil {
		return nil, err
	}
	start := d.place(m.Start, m.Components, m.Seed)
	var l *mds.Layout
	if m.Optimizer == SGD {
		l, err = mds.SGD{Dim: m.Components, Iterations: m.Iterations, Epsilon: m.LastStep, Weights: weights, Start: start, Seed: m.Seed}.Place(ctx, n, d.pairs)
	} else {
		l, err = mds.SMACOF{Dim: m.Components, Iterations: m.Iterations, Tolerance: m.Tolerance, Weights: weights, Start: start, Seed: m.Seed}.Place(ctx, n, d.pairs)
	}
	model := new(MetricMDSModel)
	err = model.stressed(d, l, err, Embedding{Method: "metric MDS", Options: m.String(), Dim: cols, Loss: "stress-1"})
	if model.embedding == nil {
		return nil, err
	}
	return model, err
}

// Embed returns the map of the rows of x: Fit(ctx, x) and its embedding. When cancelled
// during the iterations it returns the map so far, marked Partial, with the error.
func (m MetricMDS) Embed(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	model, err := m.Fit(ctx, x)
	if model == nil {
		return nil, err
	}
	return model.embedding, err
}

// weights returns those of the pairs, condensed, or nil.
func (m MetricMDS) weights(n int) ([]float64, error) {
	if m.Weights == nil {
		return nil, nil
	}
	pairs := make([]float64, 0, n*(n-1)/2)
	for i := range n {
		for j := i + 1; j < n; j++ {
			w := m.Weights.At(i, j)
			if !(w >= 0 && w <= math.MaxFloat64) {
				return nil, &mat32.ParamError{Method: "dr.MetricMDS", Param: "Weights", Value: w, Want: fmt.Sprintf("0 or more and finite, for rows %d and %d", i, j)}
			}
			pairs = append(pairs, w)
		}
	}
	return pairs, nil
}

// MetricMDSModel is fitted by MetricMDS. It is the map of the rows it was given, which
// is 8·n·Components bytes; stress has no formula for others.
type MetricMDSModel struct{ stressModel[MetricMDS] }

const metricMDSKind = "dr.MetricMDSModel"

func (MetricMDS) kind() string { return metricMDSKind }
