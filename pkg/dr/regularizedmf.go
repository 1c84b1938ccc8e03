package dr

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// MFPenalty is what RegularizedMF keeps small.
type MFPenalty string

const (
	// PenalizeProduct keeps the product A·Bᵀ small, as dropout and denoising do. It
	// leaves the scale of every factor open.
	PenalizeProduct MFPenalty = "product"

	// PenalizeFactors keeps both embeddings small, X·A and B, as weight decay does.
	// It fixes every scale.
	PenalizeFactors MFPenalty = "factors"
)

// RegularizedMF predicts the rows of a matrix, users and what they chose, from
// themselves by a product of low rank: X ≈ X·A·Bᵀ, the least squared error with a
// penalty. X·A embeds the rows, and B the columns. Both penalties have closed
// forms in the singular vectors V of X and its singular values s:
//
//	PenalizeProduct, λ·‖A·Bᵀ‖²:             A = V·√(1/(1 + λ/s²))·D, B the same with 1/D
//	PenalizeFactors, λ·(‖X·A‖² + ‖B‖²):     A = V·√((1 − λ/s)₊/s),    B = V·√(s·(1 − λ/s)₊)
//
// The first has them for every diagonal matrix D (Rescale): all have the same loss
// and the same predictions, and every D gives other cosines between rows and
// between columns, which therefore say nothing of either. With the second cosines
// are determined, though they move with λ. Rotations of all factors together, which
// no loss sees either, change no cosine.
//
// Columns are not centred, and sparse rows stay sparse. Time and memory are those of
// TruncatedSVD.
//
// Source: H. Steck, C. Ekanadham and N. Kallus (2024), Is cosine-similarity of
// embeddings really about similarity?
type RegularizedMF struct {
	// Components is the rank, at most min(n, d). Default: all of it.
	Components int

	// Penalty is PenalizeProduct or PenalizeFactors. Default PenalizeProduct.
	Penalty MFPenalty

	// Lambda is the weight of the penalty, in squared units of the data with
	// PenalizeProduct, in units of the data with PenalizeFactors. More of it predicts
	// less, and from fewer factors. Default 1; the constant Zero means none.
	Lambda float64

	// Rescale is the diagonal of D, Components positive numbers: the larger, the
	// longer a factor is in the embedding of the rows, and the shorter in that of
	// the columns. It is for PenalizeProduct. Default: all 1.
	Rescale []float64

	// MemoryLimit in bytes refuses data whose matrices would not fit. Default
	// GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

const regularizedMFName = "dr.RegularizedMF"

// Resolve returns the options with defaults filled in for n × d data, or a
// *mat32.ParamError.
func (r RegularizedMF) Resolve(n, d int) (RegularizedMF, error) {
	refuse := func(param string, value any, want string) (RegularizedMF, error) {
		return r, &mat32.ParamError{Method: regularizedMFName, Param: param, Value: value, Want: want}
	}
	if r.Components == 0 {
		r.Components = min(n, d)
	}
	if r.Penalty == "" {
		r.Penalty = PenalizeProduct
	}
	if r.Lambda == 0 {
		r.Lambda = 1
	}
	if err := checkRange(regularizedMFName, "Components", r.Components, 1, min(n, d), "min(n, d)"); err != nil {
		return r, err
	}
	switch {
	case r.Penalty != PenalizeProduct && r.Penalty != PenalizeFactors:
		return refuse("Penalty", string(r.Penalty), "PenalizeProduct or PenalizeFactors")
	case !(r.Lambda > 0) || math.IsInf(r.Lambda, 0):
		return refuse("Lambda", r.Lambda, "a positive number, or Zero for none")
	case r.MemoryLimit < 0:
		return refuse("MemoryLimit", r.MemoryLimit, "0 or more bytes")
	case r.Rescale == nil && r.Penalty == PenalizeProduct:
		r.Rescale = make([]float64, r.Components)
		for i := range r.Rescale {
			r.Rescale[i] = 1
		}
	}
	return r, r.checkScale(r.Rescale)
}

func (r RegularizedMF) checkScale(scale []float64) error {
	refuse := func(value any, want string) error {
		return &mat32.ParamError{Method: regularizedMFName, Param: "Rescale", Value: value, Want: want}
	}
	if r.Penalty == PenalizeFactors {
		if scale != nil {
			return refuse(scale, "nothing: PenalizeFactors fixes the scale of every factor")
		}
		return nil
	}
	if len(scale) != r.Components {
		return refuse(fmt.Sprintf("%d numbers", len(scale)), fmt.Sprintf("one for each of %d components", r.Components))
	}
	for i, s := range scale {
		if !(s > 0) || math.IsInf(s, 0) {
			return refuse(fmt.Sprintf("%v for component %d", s, i), "finite positive numbers")
		}
	}
	return nil
}

// String returns the options in one line, as captions and tables show them.
func (r RegularizedMF) String() string {
	s := fmt.Sprintf("%d components, penalty on the %s, λ = %.4g", r.Components, r.Penalty, r.Lambda)
	if slices.ContainsFunc(r.Rescale, func(v float64) bool { return v != 1 }) {
		s += ", rescaled"
	}
	return s
}

// Fit learns both embeddings from x (n × d). Errors: those of mat32.CheckRows,
// mat32.Check and Resolve, *mat32.DegenerateError where all values are zero or
// results exceed float64, *mat32.MemoryError, and one that wraps ctx.Err().
func (r RegularizedMF) Fit(ctx context.Context, x mat.Matrix) (*RegularizedMFModel, error) {
	n, d, err := checkRows(ctx, regularizedMFName, x, 1)
	if err != nil {
		return nil, err
	}
	if r, err = r.Resolve(n, d); err != nil {
		return nil, err
	}
	svd, err := TruncatedSVD{Components: r.Components, MemoryLimit: r.MemoryLimit}.Fit(ctx, x)
	if err != nil {
		return nil, mat32.Rename(regularizedMFName, err)
	}
	squares := make([]float64, n)
	err = eachNonzero(ctx, x, func(i int, _ []int32, values []float64) {
		for _, v := range values {
			squares[i] += v * v
		}
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", regularizedMFName, err)
	}
	m := &RegularizedMFModel{options: r, rows: n, directions: svd.components, values: svd.values}
	m.loss = m.objective(squares)
	if !finite([]float64{m.loss}) {
		return nil, &mat32.DegenerateError{Method: regularizedMFName, Reason: "the loss exceeds the largest float64: rescale the data"}
	}
	if m.linearMap, err = m.scaled(r.Rescale); err != nil {
		return nil, err
	}
	z, err := m.apply(ctx, regularizedMFName, x)
	if err != nil {
		return nil, err
	}
	m.embedding = m.about(z)
	m.embedding.Objective, m.embedding.Loss = m.loss, "loss"
	off := 0
	for _, s := range m.values {
		if m.kept(s) == 0 {
			off++
		}
	}
	if off > 0 {
		m.embedding.Notes = append(m.embedding.Notes, fmt.Sprintf("the last %d of %d factors are 0: their singular values are too small for λ, or 0", off, r.Components))
	}
	return m, nil
}

// Embed returns the rows of x in the coordinates of the factors: Fit(ctx, x) and its
// embedding.
func (r RegularizedMF) Embed(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	m, err := r.Fit(ctx, x)
	if err != nil {
		return nil, err
	}
	return m.embedding, nil
}
