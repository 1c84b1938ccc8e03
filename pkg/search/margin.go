package search

import (
	"fmt"
	"math"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// NormalizedMargin returns by how much a query prefers one document to another: the cosine of
// the query and their difference, ⟨q, a − b⟩/(‖q‖‖a − b‖), positive where a is preferred (Y.
// Luan, J. Eisenstein, K. Toutanova and M. Collins, 2021, Sparse, dense, and attentional
// representations for text retrieval). It is 0 where the query or the difference is zero.
// Errors: a *mat32.RaggedError for other lengths, a *mat32.NotFiniteError.
func NormalizedMargin(query, a, b []float64) (float64, error) {
	for i, v := range [][]float64{query, a, b} {
		if len(v) != len(query) || len(v) == 0 {
			return 0, &mat32.RaggedError{What: "vector", Index: i, Len: len(v), Want: len(query)}
		}
		for j, c := range v {
			if math.IsNaN(c) || math.IsInf(c, 0) {
				return 0, &mat32.NotFiniteError{Row: i, Col: j, Value: c}
			}
		}
	}
	var dot, qq, dd, big, far float64
	for i, v := range query {
		big, far = math.Max(big, math.Abs(v)), math.Max(far, math.Abs(a[i]/2-b[i]/2))
	}
	if big == 0 || far == 0 {
		return 0, nil
	}
	for i, v := range query {
		u, w := v/big, (a[i]/2-b[i]/2)/far
		dot, qq, dd = dot+u*w, qq+u*u, dd+w*w
	}
	return math.Max(-1, math.Min(1, dot/math.Sqrt(qq*dd))), nil
}

// MinDimForMargin returns how many random directions keep a preference of some normalised
// margin with a probability of 1 − failure and more: the least k with 4·exp(−k/2·(ε²/2 − ε³/3))
// ≤ failure, whatever the number of columns (Luan and others, 2021, theorem 1, by the lemma of
// Johnson and Lindenstrauss). Errors: a *mat32.ParamError where not 0 < margin ≤ 1 and 0 <
// failure < 1.
func MinDimForMargin(margin, failure float64) (int, error) {
	const method = "search.MinDimForMargin"
	if !(margin > 0 && margin <= 1) {
		return 0, &mat32.ParamError{Method: method, Param: "margin", Value: margin, Want: "0 < margin ≤ 1"}
	}
	if !(failure > 0 && failure < 1) {
		return 0, &mat32.ParamError{Method: method, Param: "failure", Value: failure, Want: "0 < failure < 1"}
	}
	k := math.Ceil(2 * math.Log(4/failure) / rate(margin))
	if !(k < 1<<53) {
		return 0, &mat32.ParamError{Method: method, Param: "margin", Value: margin, Want: fmt.Sprintf("a margin that some number of directions keeps: this one takes %.3g", k)}
	}
	return int(k), nil
}

// MarginFailure returns the bound that MinDimForMargin solves: the probability that k random
// directions turn a preference of this margin round is at most this. It is 1 where the bound
// says nothing.
func MarginFailure(margin float64, k int) float64 {
	if !(margin > 0) {
		return 1
	}
	return math.Min(1, 4*math.Exp(-float64(k)/2*rate(math.Min(margin, 1))))
}

func rate(margin float64) float64 { return margin*margin/2 - margin*margin*margin/3 }
