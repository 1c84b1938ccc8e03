package dr

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/mds"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// NonMetricMDS places the rows so that the distances of the map have the order of those
// of the data: how much one is larger than another does not count. It lowers the stress
// Σ (dᵢⱼ − d̂ᵢⱼ)², where the disparities d̂ are the numbers in the order of the data's
// distances that are nearest to those of the map: their isotonic regression.
//
// Pairs that are equally far apart in the data need not be so in the map (Kruskal's
// primary approach to ties). The map has no scale of its own: the mean square of its
// disparities is 1. Every iteration is one of SMACOF towards the disparities of the map
// before; the first is towards the distances themselves.
//
// Time O(n²·Components) an iteration, and O(n²) to sort the pairs; memory 4·n² bytes for
// the distances of rows, and 12·n² + n²·Components/16. A mat32.Distances given as x is
// scaled as it is.
//
// Sources: J. Kruskal (1964), Nonmetric multidimensional scaling: a numerical method; J.
// de Leeuw and P. Mair (2009), Multidimensional scaling using majorization: SMACOF in R.
type NonMetricMDS struct {
	// Components is the number of dimensions of the map, at most n−1. Default 2, or 1
	// of two rows.
	Components int

	// Iterations is the largest number of iterations. More of them lower the stress
	// further. Default 300.
	Iterations int

	// Tolerance ends the iterations when one lowers the stress by less, relative to the
	// sum of the squared distances of the map. Larger values end earlier; the constant
	// Zero goes on while the stress falls. Default 1e-6.
	Tolerance float64

	// Start is where the points begin: FromClassical, FromRandom or From(y). Default
	// FromClassical.
	Start Start

	// Seed of FromRandom, and of dimensions that a classical start lacks.
	Seed uint64

	// MemoryLimit in bytes refuses data whose distances would not fit. Default
	// GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

// Resolve returns the options with defaults filled in for n × d data, or an error that
// names the option and its range.
func (m NonMetricMDS) Resolve(n, d int) (NonMetricMDS, error) {
	return m, majorizing("dr.NonMetricMDS", n, d, &m.Components, &m.Iterations, &m.Tolerance, &m.Start, m.MemoryLimit)
}

// String returns the options in one line, as captions and tables show them.
func (m NonMetricMDS) String() string {
	return fmt.Sprintf("%d iterations, tolerance %.4g, start %v, seed %d", m.Iterations, m.Tolerance, m.Start, m.Seed)
}

// Fit makes a map of the rows of x (n × d), or of what lies at the distances that x
// holds. Errors: those of mat32.Check and Resolve, *mat32.DegenerateError where all rows
// are equal or distances exceed float64, *mat32.MemoryError, and one that wraps
// ctx.Err(); a cancel during the iterations also returns the model so far, its embedding
// marked Partial and without a stress.
func (m NonMetricMDS) Fit(ctx context.Context, x mat.Matrix) (*NonMetricMDSModel, error) {
	const method = "dr.NonMetricMDS"
	n, cols, err := checkData(ctx, method, x, 1)
	if err != nil {
		return nil, err
	}
	if m, err = m.Resolve(n, cols); err != nil {
		return nil, err
	}
	need := pairsMemory(x) + int64(n)*int64(n)*(12+int64(m.Components)/16) + 8*int64(n)*60*int64(m.Components+8)
	if err := mat32.CheckMemory(method, need, m.MemoryLimit, "it holds and sorts all pairs: use fewer rows"); err != nil {
		return nil, err
	}
	d, err := dissimilaritiesOf(ctx, method, x)
	if err != nil {
		return nil, err
	}
	// The map has no scale: a given start may have any.
	start := d.place(m.Start, m.Components, m.Seed)
	d.unit = 1
	l, err := mds.NonMetric{Dim: m.Components, Iterations: m.Iterations, Tolerance: m.Tolerance, Start: start, Seed: m.Seed}.Place(ctx, n, d.pairs)
	model := new(NonMetricMDSModel)
	err = model.stressed(d, l, err, Embedding{Method: "non-metric MDS", Options: m.String(), Dim: cols, Loss: "stress-1"})
	if model.embedding == nil {
		return nil, err
	}
	return model, err
}

// Embed returns the map of the rows of x: Fit(ctx, x) and its embedding. When cancelled
// during the iterations it returns the map so far, marked Partial, with the error.
func (m NonMetricMDS) Embed(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	model, err := m.Fit(ctx, x)
	if model == nil {
		return nil, err
	}
	return model.embedding, err
}

// NonMetricMDSModel is fitted by NonMetricMDS. It is the map of the rows it was given,
// which is 8·n·Components bytes; its stress is that for the disparities.
type NonMetricMDSModel struct{ stressModel[NonMetricMDS] }

const nonMetricMDSKind = "dr.NonMetricMDSModel"

func (NonMetricMDS) kind() string { return nonMetricMDSKind }
