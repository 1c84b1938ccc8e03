package dr

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/mds"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// Sammon is Sammon's non-linear mapping: metric scaling in which an error counts
// relative to the distance, so that small distances are kept as well as large ones. It
// lowers Sammon's stress, Σ (dᵢⱼ − δᵢⱼ)²/δᵢⱼ over all pairs, divided by Σ δᵢⱼ.
//
// It is SMACOF with the weights 1/δ, which never lets the stress rise, instead of
// Sammon's Newton steps, which may. Equal rows have no relative error: pairs closer than
// 1e-9 of the largest distance are left out.
//
// Time O(n²·Components) an iteration and O(n³) once, for the matrix of the weights;
// memory 4·n² bytes for the distances of rows, and 28·n² + n²·Components/16. A
// mat32.Distances given as x is scaled as it is.
//
// Sources: J. Sammon (1969), A nonlinear mapping for data structure analysis; J. de
// Leeuw and W. Heiser (1980), Multidimensional scaling with restrictions on the
// configuration.
type Sammon struct {
	// Components is the number of dimensions of the map, at most n−1. Default 2, or 1
	// of two rows.
	Components int

	// Iterations is the largest number of iterations. More of them lower the stress
	// further. Default 300.
	Iterations int

	// Tolerance ends the iterations when one lowers the stress by less, relative to
	// Σ dᵢⱼ²/δᵢⱼ. Larger values end earlier; the constant Zero goes on while the stress
	// falls. Default 1e-6.
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
func (s Sammon) Resolve(n, d int) (Sammon, error) {
	return s, majorizing("dr.Sammon", n, d, &s.Components, &s.Iterations, &s.Tolerance, &s.Start, s.MemoryLimit)
}

// String returns the options in one line, as captions and tables show them.
func (s Sammon) String() string {
	return fmt.Sprintf("%d iterations, tolerance %.4g, start %v, seed %d", s.Iterations, s.Tolerance, s.Start, s.Seed)
}

// Fit makes a map of the rows of x (n × d), or of what lies at the distances that x
// holds. Errors: those of mat32.Check and Resolve, *mat32.DegenerateError where all rows
// are equal or distances exceed float64, *mat32.MemoryError, and one that wraps
// ctx.Err(); a cancel during the iterations also returns the model so far, its embedding
// marked Partial and without a stress.
func (s Sammon) Fit(ctx context.Context, x mat.Matrix) (*SammonModel, error) {
	const method = "dr.Sammon"
	n, cols, err := checkData(ctx, method, x, 1)
	if err != nil {
		return nil, err
	}
	if s, err = s.Resolve(n, cols); err != nil {
		return nil, err
	}
	need := pairsMemory(x) + int64(n)*int64(n)*(28+int64(s.Components)/16) + 8*int64(n)*60*int64(s.Components+8)
	if err := mat32.CheckMemory(method, need, s.MemoryLimit, "it holds all pairs and a matrix of their weights: use fewer rows"); err != nil {
		return nil, err
	}
	d, err := dissimilaritiesOf(ctx, method, x)
	if err != nil {
		return nil, err
	}
	weights := make([]float64, len(d.pairs))
	total, left := 0., 0
	for i, v := range d.pairs {
		total += v
		if v > 1e-9*d.most {
			weights[i] = 1 / v
		} else {
			left++
		}
	}
	l, err := mds.SMACOF{Dim: s.Components, Iterations: s.Iterations, Tolerance: s.Tolerance, Weights: weights,
		Start: d.place(s.Start, s.Components, s.Seed), Seed: s.Seed, Stage: "Sammon's mapping"}.Place(ctx, n, d.pairs)
	sammon := math.NaN()
	if err == nil { // of all models stress is that of all pairs
		sammon = l.Stress / total
		l.Stress, l.Squares, err = mds.Stress(ctx, d.pairs, nil, l.Points)
	}
	model := new(SammonModel)
	err = model.stressed(d, l, err, Embedding{Method: "Sammon's mapping", Options: s.String(), Dim: cols, Loss: "Sammon's stress"})
	if model.embedding == nil {
		return nil, err
	}
	model.embedding.Objective = sammon
	if left > 0 {
		model.embedding.Notes = append(model.embedding.Notes, fmt.Sprintf("%d pairs of equal rows, or nearly so, are left out of the stress", left))
	}
	return model, err
}

// Embed returns the map of the rows of x: Fit(ctx, x) and its embedding. When cancelled
// during the iterations it returns the map so far, marked Partial, with the error.
func (s Sammon) Embed(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	model, err := s.Fit(ctx, x)
	if model == nil {
		return nil, err
	}
	return model.embedding, err
}

// SammonModel is fitted by Sammon. It is the map of the rows it was given, which is
// 8·n·Components bytes.
type SammonModel struct{ stressModel[Sammon] }

// SammonStress returns Sammon's stress, the Objective of the embedding: a number without
// unit.
func (m *SammonModel) SammonStress() float64 { return m.embedding.Objective }

const sammonKind = "dr.SammonModel"

func (Sammon) kind() string { return sammonKind }
