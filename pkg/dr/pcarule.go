package dr

import (
	"context"
	"fmt"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/spectrum"
)

// Rule is how PCA chooses its number of components by their variances. The
// functions of package spectrum say what each asks and where it is from.
type Rule string

const (
	// ByShare keeps as many as it takes for PCA.Share of the variance.
	ByShare Rule = "share"

	// ByMinka keeps as many as give probabilistic PCA the largest evidence.
	ByMinka Rule = "Minka's evidence"

	// ByBrokenStick keeps those whose share exceeds that of a piece of a stick broken
	// at random.
	ByBrokenStick Rule = "broken stick"

	// ByParallelAnalysis keeps those whose variance exceeds, in 95 of 100 runs, that
	// of independent normal columns of the same variances.
	ByParallelAnalysis Rule = "parallel analysis"

	// ByNoiseEdge keeps those beyond the edge of the spectrum of noise of one
	// variance in all columns.
	ByNoiseEdge Rule = "noise edge"
)

// counts are the rules for the d variances of all columns of n rows, falling.
var counts = map[Rule]func(ctx context.Context, p PCA, x mat.Matrix, values []float64, n int) (int, error){
	ByShare: func(_ context.Context, p PCA, _ mat.Matrix, values []float64, _ int) (int, error) {
		return spectrum.Share(values, p.Share)
	},
	ByMinka: func(_ context.Context, _ PCA, _ mat.Matrix, values []float64, n int) (int, error) {
		return spectrum.Minka(values, n)
	},
	ByBrokenStick: func(_ context.Context, _ PCA, _ mat.Matrix, values []float64, _ int) (int, error) {
		return spectrum.BrokenStick(values)
	},
	ByParallelAnalysis: func(ctx context.Context, p PCA, x mat.Matrix, _ []float64, _ int) (int, error) {
		r, err := spectrum.ParallelAnalysis{Covariance: true, Seed: p.Seed, MemoryLimit: p.MemoryLimit}.Estimate(ctx, x)
		if err != nil {
			return 0, err
		}
		return r.Count, nil
	},
	ByNoiseEdge: func(_ context.Context, _ PCA, _ mat.Matrix, values []float64, n int) (int, error) {
		return spectrum.NoiseEdge{Columns: len(values)}.Count(values, n)
	},
}

func (r Rule) check(method string) error {
	if counts[r] != nil || r == "" {
		return nil
	}
	return &mat32.ParamError{Method: method, Param: "Rule", Value: string(r),
		Want: fmt.Sprintf("nothing, or one of %q", []Rule{ByShare, ByMinka, ByBrokenStick, ByParallelAnalysis, ByNoiseEdge})}
}

// choose cuts the model to the components that its rule keeps, and returns what is
// to be said of it.
func (m *PCAModel) choose(ctx context.Context, x mat.Matrix) (notes []string, err error) {
	d := len(m.mean)
	values := append(slices.Clone(m.variance), make([]float64, d-len(m.variance))...)
	k, err := counts[m.options.Rule](ctx, m.options, x, values, m.rows)
	if err != nil {
		return nil, fmt.Errorf("dr.PCA: %w", err)
	}
	if k < 1 {
		notes = append(notes, fmt.Sprintf("no component stands out by %s: the first is kept", m.options.Rule))
	}
	if most := m.options.Components; k > most {
		notes = append(notes, fmt.Sprintf("%s would keep %d components: Components allows %d", m.options.Rule, k, most))
	}
	k = min(max(k, 1), m.options.Components)
	m.components = mat.DenseCopyOf(m.components.Slice(0, k, 0, d))
	m.variance = slices.Clone(m.variance[:k])
	return notes, nil
}
