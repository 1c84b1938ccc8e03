package quality

import (
	"fmt"
	"math"

	"github.com/flatland-go/flatland/internal/contingency"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
)

// contingencyOf leaves out rows whose label either labeling does not know.
func contingencyOf(method string, a, b []int) (*contingency.Table, error) {
	if len(a) != len(b) {
		return nil, &mat32.ShapeError{What: "b", Rows: len(b), Cols: 1, Want: fmt.Sprintf("as many labels as a, %d", len(a))}
	}
	pa, err := partition(method, "a", a)
	if err != nil {
		return nil, err
	}
	pb, err := partition(method, "b", b)
	if err != nil {
		return nil, err
	}
	t := contingency.Of(pa.of, pb.of, len(pa.labels), len(pb.labels))
	if t.Rows == 0 {
		return nil, &mat32.DegenerateError{Method: method, Reason: "no row has a known label in both"}
	}
	return t, nil
}

// AdjustedRand returns how well two labelings of the same rows agree on which pairs of
// rows belong together, less what chance would: 1 when they are the same but for the
// names, about 0 for independent ones, below where they agree less than by chance (Hubert
// and Arabie, 1985, Comparing partitions). Where both have one cluster, or both one for
// every row, it is 1.
//
// Labels are 0 and above, −1 for unknown: rows unknown to either are left out. Errors:
// *mat32.ShapeError unless both are as long; *mat32.ParamError for a label below −1;
// *mat32.DegenerateError when no row is known to both. Time O(n·log n).
func AdjustedRand(a, b []int) (measure.Score, error) {
	t, err := contingencyOf("quality.AdjustedRand", a, b)
	if err != nil {
		return measure.Score{}, err
	}
	return measure.Score{Name: "adjusted Rand index", Value: t.AdjustedRand(), Rows: int(t.Rows), Convention: "Hubert and Arabie, adjusted for chance; 1 is same"}, nil
}

// Normalizer is what mutual information is divided by: a mean of the entropies of the
// two labelings, or another bound.
type Normalizer int

const (
	ArithmeticMean Normalizer = iota // (H(a) + H(b))/2, scikit-learn's default
	GeometricMean                    // √(H(a)·H(b)), of Strehl and Ghosh
	LargerEntropy                    // max(H(a), H(b))
	SmallerEntropy                   // min(H(a), H(b)): 1 also when one refines the other
	JointEntropy                     // H(a, b)
)

var normalizers = []string{"arithmetic mean", "geometric mean", "larger", "smaller", "joint entropy"}

// String returns the name.
func (m Normalizer) String() string {
	if m < 0 || int(m) >= len(normalizers) {
		return fmt.Sprintf("Normalizer(%d)", int(m))
	}
	return normalizers[m]
}

// NormalizedMutualInformation returns how much one labeling of rows tells of another, as
// a share: 1 when they are the same but for the names, 0 when independent (Strehl and
// Ghosh, 2002, Cluster ensembles: a knowledge reuse framework for combining multiple
// partitions). It is not adjusted for chance: many small clusters have more than 0 with
// anything. Where both have one cluster it is 1; where only one has, 0.
//
// Labels and errors are those of AdjustedRand, and *mat32.ParamError for an unknown
// normaliser. Time O(n·log n).
func NormalizedMutualInformation(a, b []int, by Normalizer) (measure.Score, error) {
	const method = "quality.NormalizedMutualInformation"
	if by < 0 || int(by) >= len(normalizers) {
		return measure.Score{}, &mat32.ParamError{Method: method, Param: "by", Value: by, Want: "ArithmeticMean, GeometricMean, LargerEntropy, SmallerEntropy or JointEntropy"}
	}
	t, err := contingencyOf(method, a, b)
	if err != nil {
		return measure.Score{}, err
	}
	entropy := func(counts []float64) (sum float64) {
		for _, c := range counts {
			if c > 0 {
				sum -= c / t.Rows * math.Log(c/t.Rows)
			}
		}
		return max(sum, 0)
	}
	ha, hb, joint, shared := entropy(t.A), entropy(t.B), 0., 0.
	for _, c := range t.Cells {
		joint -= c.Rows / t.Rows * math.Log(c.Rows/t.Rows)
		shared += c.Rows / t.Rows * math.Log(c.Rows/t.A[c.A]*(t.Rows/t.B[c.B]))
	}
	s := measure.Score{Name: "normalised mutual information", Rows: int(t.Rows), Convention: "over the " + by.String() + " of the entropies; 1 is same"}
	if by == JointEntropy {
		s.Convention = "over the joint entropy; 1 is same"
	}
	bound := [...]float64{(ha + hb) / 2, math.Sqrt(ha * hb), max(ha, hb), min(ha, hb), joint}[by]
	switch {
	case ha == 0 && hb == 0:
		s.Value = 1
	case bound > 0:
		s.Value = min(1, max(0, shared)/bound)
	}
	return s, nil
}
