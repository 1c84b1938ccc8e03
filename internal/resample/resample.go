// Package resample draws bootstrap samples and permutations of rows, and reads
// p-values and intervals off what statistics make of them.
//
// A replicate is drawn from a stream of its own, so replicates can be computed in
// any order on any number of cores.
package resample

import (
	"math"
	"slices"

	"github.com/flatland-go/flatland/internal/rng"
)

// Bootstrap fills counts with how often every row is in a sample of as many rows,
// drawn with replacement (B. Efron, 1979, Bootstrap methods: another look at the
// jackknife).
func Bootstrap(seed uint64, purpose string, replicate int, counts []float64) {
	clear(counts)
	s := rng.New(seed, purpose, replicate)
	for range counts {
		counts[s.IntN(len(counts))]++
	}
}

// Permutation fills order with 0 … n−1 in a random order.
func Permutation(seed uint64, purpose string, replicate int, order []int) {
	for i := range order {
		order[i] = i
	}
	s := rng.New(seed, purpose, replicate)
	s.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
}

// PValue returns the share of the replicates that are as large as what was
// observed, the observation among them: it is never 0 (B. Phipson and G. Smyth,
// 2010, Permutation p-values should never be zero).
func PValue(observed float64, replicates []float64) float64 {
	as := 1
	for _, v := range replicates {
		if v >= observed {
			as++
		}
	}
	return float64(as) / float64(len(replicates)+1)
}

// Quantile returns the q-quantile of the replicates, interpolated linearly, for 0 ≤
// q ≤ 1.
func Quantile(q float64, replicates []float64) float64 {
	v := slices.Sorted(slices.Values(replicates))
	at := q * float64(len(v)-1)
	i := min(int(at), max(len(v)-2, 0))
	if i+1 == len(v) {
		return v[i]
	}
	return v[i] + (at-float64(i))*(v[i+1]-v[i])
}

// StdErr returns the standard deviation of the replicates, with divisor n−1.
func StdErr(replicates []float64) float64 {
	n := float64(len(replicates))
	mean, squares := 0., 0.
	for _, v := range replicates {
		mean += v / n
	}
	for _, v := range replicates {
		squares += (v - mean) * (v - mean)
	}
	return math.Sqrt(squares / (n - 1))
}
