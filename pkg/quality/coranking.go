package quality

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// CoRanking returns the co-ranking matrix of ranks up to k (Lee and Verleysen,
// 2009, Quality assessment of dimensionality reduction: rank-based criteria): in
// row r−1 and column s−1 how many pairs of rows (i, j) there are such that j is
// the r-th nearest of i in the data and the s-th in the embedding. All that a
// perfect embedding has lies on the diagonal, n in each place; above it is what
// was pushed away, below it what intruded.
//
// It takes 8·k² bytes. With Rank{Neighbors: n−1} and k = n−1 it is the whole
// matrix, whose n² numbers Rank.MemoryLimit bounds; QNX is the sum of a block over
// k·n. It panics with a *mat32.ParamError unless 1 ≤ k ≤ K.
func (r *Ranks) CoRanking(k int) *mat.Dense {
	r.check("CoRanking", k, r.K, "at least 1")
	q := mat.NewDense(k, k, nil)
	for i := range r.N {
		for t, s := range r.original(i, k) {
			if int(s) <= k {
				q.Set(t, int(s)-1, q.At(t, int(s)-1)+1)
			}
		}
	}
	return q
}

// Reach returns K, up to which ranks of both are known.
func (r *Ranks) Reach() int { return r.K }

// Sizes returns neighbourhoods to draw a curve of the scores over: about four to a doubling, up
// to the largest that all scores are defined for, K or just below n/2. Two rows have none.
func (r *Ranks) Sizes() []int {
	top := min(r.K, (r.N-1)/2)
	if top < 1 {
		return nil
	}
	var sizes []int
	for e := 0; ; e++ {
		k := int(math.Round(math.Exp2(float64(e) / 4)))
		if k >= top {
			return append(sizes, top)
		}
		if len(sizes) == 0 || k > sizes[len(sizes)-1] {
			sizes = append(sizes, k)
		}
	}
}

// Caption says under a chart what was compared.
func (r *Ranks) Caption() string { return fmt.Sprintf("ranks of %d rows up to %d", r.N, r.K) }
