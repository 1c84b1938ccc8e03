package quality

import (
	"math"

	"github.com/flatland-go/flatland/pkg/measure"
)

// MRREFalse returns the mean relative rank error of the neighbours that the
// embedding shows (Lee and Verleysen, 2009, Quality assessment of
// dimensionality reduction: rank-based criteria):
//
//	1/(n·H) · ΣᵢΣⱼ |r(i,j)−s(i,j)| / s(i,j),   H = Σₛ |n−2s|/s for s = 1 … k
//
// over the k nearest rows j of row i in the embedding, with ranks r in the data
// and s there. It is 0 when all ranks are kept. It differs from trustworthiness
// in that wrong ranks within the neighbourhood count, and near ones most.
//
// Conventions differ: ZADU reports 1 minus the error and has |n−2s+1| in H. PerRow
// holds the same for every row. It panics with a *mat32.ParamError unless
// 1 ≤ k ≤ K, and for two rows, where H is zero.
func (r *Ranks) MRREFalse(k int) measure.Score {
	return r.relativeErrors("MRREFalse", "mean relative rank error, false neighbours", k, r.embedded)
}

// MRREMissing returns the mean relative rank error of the neighbours in the
// data: MRREFalse with the spaces exchanged,
//
//	1/(n·H) · ΣᵢΣⱼ |s(i,j)−r(i,j)| / r(i,j)
//
// over the k nearest rows j of row i in the data. It panics as MRREFalse does.
func (r *Ranks) MRREMissing(k int) measure.Score {
	return r.relativeErrors("MRREMissing", "mean relative rank error, missing neighbours", k, r.original)
}

func (r *Ranks) relativeErrors(method, name string, k int, ranks func(i, k int) []int32) measure.Score {
	limit := r.K
	if r.N == 2 {
		limit = 0
	}
	r.check(method, k, limit, "more than two rows")
	var worst float64
	for s := 1; s <= k; s++ {
		worst += math.Abs(float64(r.N-2*s)) / float64(s)
	}
	s := measure.Score{Name: name, Convention: "error, Lee and Verleysen's factor, ties by index"}
	return r.score(s, k, func(i int) float64 {
		var sum float64
		for s, rank := range ranks(i, k) {
			sum += math.Abs(float64(int(rank)-s-1)) / float64(s+1)
		}
		return sum
	}, func(sum float64) float64 { return sum / worst })
}
