package similarity

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/rankcorr"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// NoiseCeiling is how well any model can agree with a group of subjects, which differ from
// each other, and are noisy: the model that knows the truth would come to lie between the
// bounds. A model below Lower leaves something to explain; between them it explains what
// the data allow to tell.
type NoiseCeiling struct {
	Lower, Upper float64 // means over subjects

	// The agreement of every subject with the mean of the others, and with that of all.
	LowerOf, UpperOf []float64

	Convention string
}

// String returns one line: the bounds and the convention.
func (c *NoiseCeiling) String() string {
	return fmt.Sprintf("noise ceiling of %d subjects: %.4f to %.4f (%s)", len(c.LowerOf), c.Lower, c.Upper, c.Convention)
}

// NoiseCeiling bounds the agreement that a model can have with the subjects, on average: of
// each of them x is a matrix of as many rows as of the others, or a mat32.Distances. The
// upper bound is that of the mean of all, which is nearest to all and knows each of them;
// the lower one is that of the mean of the others, which does not (H. Nili et al., 2014, A
// toolbox for representational similarity analysis).
//
// Means are those of what is compared: of ranks for Spearman, RhoA and Kendall, of
// distances of mean 0 and one length for Pearson, of one length for CosineComparison. For
// Kendall's τ the mean of ranks is near the best, but a model may surpass the upper bound by
// a little.
//
// Errors: those of Compare, which name subjects by their number from 0; *mat32.ParamError
// for fewer than 2 subjects. Time that of RDMs and 3 comparisons a subject, memory 4·n²
// bytes a subject and 64·n².
func (r RSA) NoiseCeiling(ctx context.Context, subjects []mat.Matrix) (*NoiseCeiling, error) {
	const method = "similarity.RSA"
	if len(subjects) < 2 {
		return nil, &mat32.ParamError{Method: method, Param: "subjects", Value: len(subjects), Want: "2 or more"}
	}
	var total []float64
	n := 0
	each, scaled := make([]*profile, len(subjects)), make([][]float64, len(subjects))
	for s, x := range subjects {
		subject := fmt.Sprintf("subject %d", s)
		if err := mat32.CheckContext(ctx, x); err != nil {
			return nil, fmt.Errorf("%s: %s: %w", method, subject, err)
		}
		rows, cols := x.Dims()
		if s == 0 {
			n = rows
			need := r.RDM.forecast(n, cols) + int64(8*len(subjects)+56)*int64(n)*int64(n)
			if err := mat32.CheckMemory(method, need, r.MemoryLimit, "reduce the number of rows, or of subjects"); err != nil {
				return nil, err
			}
		}
		if rows != n {
			return nil, &mat32.ShapeError{What: subject, Rows: rows, Cols: cols, Want: fmt.Sprintf("as many rows as subject 0, %d", n)}
		}
		pairs, err := r.dissimilarities(ctx, x)
		if err != nil {
			return nil, err
		}
		if each[s], err = r.profile(ctx, subject, n, pairs); err != nil {
			return nil, err
		}
		scaled[s] = each[s].values
		if r.Comparison == KendallTauA || r.Comparison == KendallTauB {
			scaled[s] = append([]float64(nil), pairs...)
			if _, err := rankcorr.NewSorter(len(pairs)).Rank(ctx, scaled[s]); err != nil {
				return nil, fmt.Errorf("%s: %w", method, err)
			}
		}
		if total == nil {
			total = make([]float64, len(pairs))
		}
		kernel.Axpy64(1, scaled[s], total)
	}
	c := &NoiseCeiling{LowerOf: make([]float64, len(subjects)), UpperOf: make([]float64, len(subjects)),
		Convention: fmt.Sprintf("%v, mean over subjects, upper bound of the mean of all, lower of that of the others", r.Comparison)}
	all, err := r.profile(ctx, "the mean of all subjects", n, total)
	if err != nil {
		return nil, err
	}
	others := make([]float64, len(total))
	for s, p := range each {
		if c.UpperOf[s], err = p.agreement(ctx, all); err != nil {
			return nil, err
		}
		copy(others, total)
		kernel.Axpy64(-1, scaled[s], others)
		rest, err := r.profile(ctx, fmt.Sprintf("the mean of subjects other than %d", s), n, others)
		if err != nil {
			return nil, err
		}
		if c.LowerOf[s], err = p.agreement(ctx, rest); err != nil {
			return nil, err
		}
	}
	c.Lower, c.Upper = mean(c.LowerOf), mean(c.UpperOf)
	return c, nil
}
