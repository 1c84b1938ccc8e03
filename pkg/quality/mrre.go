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
// Conventions differ: MRREFalseKept is the number of ZADU. PerRow holds the same
// for every row. It panics with a *mat32.ParamError unless 1 ≤ k ≤ K, and for two
// rows, where H is zero.
func (r *Ranks) MRREFalse(k int) measure.Score {
	return r.relativeErrors("MRREFalse", falseNeighbors, k, r.embedded, verleysen)
}

// MRREMissing returns the mean relative rank error of the neighbours in the
// data: MRREFalse with the spaces exchanged,
//
//	1/(n·H) · ΣᵢΣⱼ |s(i,j)−r(i,j)| / r(i,j)
//
// over the k nearest rows j of row i in the data. It panics as MRREFalse does.
func (r *Ranks) MRREMissing(k int) measure.Score {
	return r.relativeErrors("MRREMissing", missingNeighbors, k, r.original, verleysen)
}

// MRREFalseKept returns 1 less the sum of MRREFalse over n·Σ|n−2s+1|/s, as ZADU
// does (Jeon, Cho, Jang, Lee, Hyun, Ko, Jo and Seo, 2023, ZADU: a Python library
// for evaluating the reliability of dimensionality reduction embeddings): 1 when all
// ranks are kept. It panics as MRREFalse does.
func (r *Ranks) MRREFalseKept(k int) measure.Score {
	return r.relativeErrors("MRREFalseKept", falseNeighbors, k, r.embedded, zadu)
}

// MRREMissingKept is MRREFalseKept over the neighbours in the data, with the
// spaces exchanged.
func (r *Ranks) MRREMissingKept(k int) measure.Score {
	return r.relativeErrors("MRREMissingKept", missingNeighbors, k, r.original, zadu)
}

const (
	falseNeighbors   = "mean relative rank error, false neighbours"
	missingNeighbors = "mean relative rank error, missing neighbours"
)

// relative is a convention of the relative rank error: what it is divided by, and
// whether it is reported as the error or as what is left.
type relative struct {
	convention string
	shift      int // of n−2s in the divisor
	kept       bool
}

var (
	verleysen = relative{"error, 0 is best, Lee and Verleysen's factor with |n−2s|/s, ties by index", 0, false}
	zadu      = relative{"1 less the error, 1 is best, ZADU's factor with |n−2s+1|/s, ties by index", 1, true}
)

func (r *Ranks) relativeErrors(method, name string, k int, ranks func(i, k int) []int32, by relative) measure.Score {
	limit := r.K
	if r.N == 2 {
		limit = 0
	}
	r.check(method, k, limit, "more than two rows")
	var worst float64
	for s := 1; s <= k; s++ {
		worst += math.Abs(float64(r.N-2*s+by.shift)) / float64(s)
	}
	return r.score(measure.Score{Name: name, Convention: by.convention}, k, func(i int) float64 {
		var sum float64
		for s, rank := range ranks(i, k) {
			sum += math.Abs(float64(int(rank)-s-1)) / float64(s+1)
		}
		return sum
	}, func(sum float64) float64 {
		if by.kept {
			return 1 - sum/worst
		}
		return sum / worst
	})
}
