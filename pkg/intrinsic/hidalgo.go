package intrinsic

import (
	"context"
	"fmt"
	"math"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
	"github.com/flatland-go/flatland/pkg/neighbors"
	"github.com/flatland-go/flatland/pkg/watch"
)

// Hidalgo finds several dimensions in one set of rows (Allegra, Facco, Denti, Laio and
// Mira, 2020, Data segmentation based on the local intrinsic dimension). The ratios of
// TwoNN are a mixture of as many Pareto laws as there are components, each with a
// dimension of its own, and a row tends to be of the component of its nearest rows,
// without which ratios overlap too much to be told apart. Gibbs sampling draws
// components and dimensions from their posterior.
//
// The law of neighbours gains by every division into pieces, so that all Components are
// used: where there are more of them than dimensions, rows of one dimension are divided by
// place, or by the chance of their ratios, into components that differ by a third or so.
// The errors are those of a dimension for a given division and do not cover that.
//
// Components have no order while they are drawn, and may change names from sweep to
// sweep: every sweep is matched with the most probable one before it is counted, by the
// rows that they share (Papastamoulis and Iliopoulos, 2010, An artificial allocations
// based solution to the label switching problem in Bayesian analysis of mixtures of
// distributions).
//
// Time that of the neighbours and O(Chains·(Warmup+Sweeps)·n·(Components+Neighbors)),
// chains in parallel; memory 12·n·d + 16·n·(Neighbors + Components·Chains) bytes.
type Hidalgo struct {
	// Components is how many dimensions are sought, 255 at most. Larger values
	// divide further. Default 2, as in DADApy.
	Components int

	// Neighbors is how many nearest rows a row tends to be like. Larger values make
	// larger pieces. Default 3, or n−1 where the data have fewer rows; at most n−1.
	Neighbors int

	// Homogeneity is the probability that a neighbour is of the component of its
	// row, 0.5 ≤ Homogeneity < 1. Larger values make larger pieces; 0.5 takes
	// neighbours for unrelated. Default 0.8, as in the paper; intRinsic has 0.75.
	Homogeneity float64

	// Concentration is that of the Dirichlet prior on the shares. Larger values make
	// them more alike. Default 1, as in the paper; intRinsic has 0.05.
	Concentration float64

	// Sweeps is how many draws of all rows are counted, and Warmup how many go
	// before. Larger values take longer and make the posterior surer. Default 2000
	// and half of Sweeps; intRinsic has 5000 of each.
	Sweeps, Warmup int

	// Chains is how many samplers start, the first from local estimates and the
	// others anywhere, of which the one with the largest mean posterior is kept. Larger values find the best division more surely. At most
	// 1000. Default 2.
	Chains int

	// Seed of the draws.
	Seed uint64

	// Graph, when given, is a graph of the rows of x with Neighbors and 2 or more
	// neighbours that is used instead of a new one. It does not change the result.
	Graph *neighbors.Graph

	// MemoryLimit in bytes refuses data that would need more. Default
	// GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

const hidalgo = "intrinsic.Hidalgo"

// Resolve returns the options with defaults filled in, or a *mat32.ParamError or
// *mat32.ShapeError, for a matrix of n rows and d columns.
func (h Hidalgo) Resolve(n, d int) (Hidalgo, error) {
	fail := func(param string, value any, want string) error {
		return &mat32.ParamError{Method: hidalgo, Param: param, Value: value, Want: want}
	}
	var err error
	if h.Neighbors, err = neighborhood(hidalgo, h.Neighbors, 3, 1, n, d, h.MemoryLimit); err != nil {
		return h, err
	}
	if n < fewestRatios+1 {
		return h, &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: fmt.Sprintf("at least %d rows for Hidalgo", fewestRatios+1)}
	}
	if h.Homogeneity == 0 {
		h.Homogeneity = .8
	}
	if !(h.Homogeneity >= .5 && h.Homogeneity < 1) {
		return h, fail("Homogeneity", h.Homogeneity, "0.5 ≤ Homogeneity < 1")
	}
	if h.Concentration == 0 {
		h.Concentration = 1
	}
	if !(h.Concentration > 0 && h.Concentration <= math.MaxFloat64) {
		return h, fail("Concentration", h.Concentration, "above 0, and finite")
	}
	if h.Sweeps == 0 {
		h.Sweeps = 2000
	}
	if h.Warmup == 0 {
		h.Warmup = max(h.Sweeps/2, 1)
	}
	for _, o := range []struct {
		name                string
		value               *int
		preset, least, most int
	}{
		{"Components", &h.Components, 2, 1, 255}, {"Chains", &h.Chains, 2, 1, 1000},
		{"Sweeps", &h.Sweeps, 2000, 2, math.MaxInt32}, {"Warmup", &h.Warmup, 1000, 1, math.MaxInt32},
	} {
		if *o.value == 0 {
			*o.value = o.preset
		}
		if *o.value < o.least || *o.value > o.most {
			return h, fail(o.name, *o.value, fmt.Sprintf("%d ≤ %s ≤ %d", o.least, o.name, o.most))
		}
	}
	return h, nil
}

// Mixture is what Hidalgo finds.
type Mixture struct {
	// Components are those that are the most probable one of some row, by rising
	// dimension: posterior means, with standard deviations for errors. Rows counts
	// the rows of each.
	Components []measure.Dimension

	// Labels is the most probable component of every row given, −1 for those left
	// out as duplicates.
	Labels []int

	// Probability is that of every component (columns) at every row given, with 0
	// for those left out. What belongs to components that are listed nowhere is
	// missing from the sum.
	Probability *mat.Dense

	// Dimension is the mean over all rows, with the posterior mean at every row
	// as Local: that of no component in particular.
	Dimension measure.Dimension
}

// String returns a small table of the components.
func (m *Mixture) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d dimensions in %d rows\n  %9s  %7s  %s", len(m.Components), m.Dimension.Rows, "component", "rows", "dimension")
	for k, c := range m.Components {
		fmt.Fprintf(&b, "\n  %9d  %7d  %.2f ± %.2f", k, c.Rows, c.Value, c.StdErr)
	}
	return b.String()
}

// Estimate returns the mean dimension over the rows of x (n × d), or of rows at the
// distances that x holds as a mat32.Distances, with that of every row as Local: the
// Dimension of a Mixture. Value and StdErr are the mean and standard deviation of the
// posterior. Scale is the mean distance to all neighbours looked at. Errors as of
// Mixture.
func (h Hidalgo) Estimate(ctx context.Context, x mat.Matrix) (measure.Dimension, error) {
	m, err := h.Mixture(ctx, x)
	if err != nil {
		return measure.Dimension{}, err
	}
	return m.Dimension, nil
}

// Mixture returns the components of the rows of x (n × d), or of rows at the distances
// that x holds as a mat32.Distances. Rows that equal an earlier one, or are at distance
// zero from it, are left out.
//
// Errors: those of mat32.Check and Resolve; *mat32.ParamError for a Graph of other rows;
// *mat32.MemoryError; *mat32.DegenerateError where fewer than 4 rows are distinct or more
// than a tenth of the ratios are 1, as on a lattice and in rounded data; and one that wraps
// ctx.Err(). Fewer ratios of 1 are counted in the Notes of the Dimension.
func (h Hidalgo) Mixture(ctx context.Context, x mat.Matrix) (*Mixture, error) {
	h, err := begin(ctx, hidalgo, h, x)
	if err != nil {
		return nil, err
	}
	n, _ := x.Dims()
	if err := mat32.CheckMemory(hidalgo, 16*int64(n)*int64(h.Components)*int64(h.Chains), h.MemoryLimit, "use fewer rows, components or chains"); err != nil {
		return nil, err
	}
	k := max(h.Neighbors, 2)
	s, err := find(ctx, hidalgo, x, k, k, h.Graph, h.MemoryLimit)
	if err != nil {
		return nil, err
	}
	if h, err = forDistinct(hidalgo, h, s.n, x); err != nil {
		return nil, err
	}
	if err := s.refuseTies(hidalgo, 1, 2); err != nil {
		return nil, err
	}
	field := newHidalgoField(h, s)
	chains := make([]*hidalgoChain, h.Chains)
	progress := watch.Start(ctx, "Gibbs sampling", h.Chains*(h.Warmup+h.Sweeps))
	err = par.Blocks(ctx, h.Chains, 1, func(c, _ int) {
		chain := newHidalgoChain(field, c)
		for sweep := range h.Warmup + h.Sweeps {
			if ctx.Err() != nil {
				return
			}
			chain.sweep(ctx)
			if 2*sweep >= h.Warmup && sweep < h.Warmup {
				chain.aim()
			} else if sweep >= h.Warmup {
				chain.count()
			}
			progress.Add(1)
		}
		chains[c] = chain
	})
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", hidalgo, err)
	}
	best := chains[0]
	for _, c := range chains[1:] {
		if c.meanPosterior > best.meanPosterior {
			best = c
		}
	}
	return best.mixture(s), nil
}
