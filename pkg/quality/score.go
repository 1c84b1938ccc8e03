package quality

import (
	"fmt"

	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
)

// check panics when 1 ≤ k ≤ limit does not hold: which neighbourhoods a result
// can judge is known to the caller, like the length of a slice.
func (r *Ranks) check(score string, k, limit int, bound string) {
	if k < 1 || k > min(limit, r.K) {
		panic(&mat32.ParamError{Method: "quality." + score, Param: "k", Value: k,
			Want: fmt.Sprintf("1 ≤ k ≤ %d: within the %d neighbours compared, and %s", min(limit, r.K), r.K, bound)})
	}
}

// score completes s from a sum over the k nearest of each row and the value that
// a sum, or a mean of sums, stands for. The value must be linear, so that the
// score is the mean of its rows. Most sums are whole numbers: their mean is
// exact whatever the order.
func (r *Ranks) score(s measure.Score, k int, sum func(i int) float64, value func(sum float64) float64) measure.Score {
	s.Rows, s.Neighbors, s.PerRow = r.N, k, make([]float64, r.N)
	var total float64
	for i := range r.N {
		v := sum(i)
		total += v
		s.PerRow[i] = value(v)
	}
	s.Value = value(total / float64(r.N))
	return s
}

// original and embedded return the ranks of the k nearest neighbours of row i,
// those in the data and those in the embedding, in the other space.
func (r *Ranks) original(i, k int) []int32 { return r.OriginalRanks[i*r.K : i*r.K+k] }
func (r *Ranks) embedded(i, k int) []int32 { return r.EmbeddedRanks[i*r.K : i*r.K+k] }

// beyond returns Σ(rank−k) over the ranks above k.
func beyond(ranks []int32) float64 {
	k, sum := int32(len(ranks)), 0
	for _, rank := range ranks {
		if rank > k {
			sum += int(rank - k)
		}
	}
	return float64(sum)
}

// within returns how many of the k ranks are at most k: the neighbours that
// both spaces share.
func within(ranks []int32) float64 {
	k, count := int32(len(ranks)), 0
	for _, rank := range ranks {
		if rank <= k {
			count++
		}
	}
	return float64(count)
}
