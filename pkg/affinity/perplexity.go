package affinity

import "math"

// Perplexity writes to dst the Gaussian weights exp(−β·s)/Σ of one row, for
// squared distances s to the other rows, and returns the precision β at which
// their perplexity, exp of the entropy, is the one asked for: the smooth number
// of neighbours of the row. It is found by bisection to a relative 1e-8 of the
// entropy; dst and squared have the same length and may be the same slice.
//
// The weights cannot be narrower than the rows at the smallest distance: where
// more of them tie than the perplexity asks for, these share the weight evenly,
// and ok is false. A perplexity of len(squared) or more gives even weights and
// β = 0. Cost O(len(squared)) for each of some 40 steps.
//
// Source: L. van der Maaten and G. Hinton (2008), Visualizing data using t-SNE,
// section 2.
func Perplexity(dst, squared []float64, perplexity float64) (precision float64, ok bool) {
	least, mean := math.Inf(1), 0.
	for _, s := range squared {
		least = min(least, s)
		mean += s / float64(len(squared))
	}
	ties := 0
	for i, s := range squared {
		// Only differences matter, and exp never underflows for all rows.
		dst[i] = s - least
		if dst[i] == 0 {
			ties++
		}
	}
	spread := mean - least
	switch {
	case perplexity >= float64(len(squared)) || !(spread > 0):
		for i := range dst {
			dst[i] = 1 / float64(len(dst))
		}
		return 0, perplexity >= float64(len(squared))
	case float64(ties) >= perplexity:
		for i, e := range dst {
			dst[i] = 0
			if e == 0 {
				dst[i] = 1 / float64(ties)
			}
		}
		return math.Inf(1), float64(ties) == perplexity
	}

	target := math.Log(perplexity)
	low, high := 0., math.Inf(1)
	beta := 1 / spread
	for range 200 {
		h := entropy(dst, beta)
		if math.Abs(h-target) <= 1e-8*target+1e-12 {
			break
		}
		if h > target {
			low = beta
			beta *= 2
			if !math.IsInf(high, 1) {
				beta = (low + high) / 2
			}
		} else {
			high = beta
			beta = (low + high) / 2
		}
		if beta == low || beta == high {
			break // neighbouring floats: no better precision exists
		}
	}
	sum := 0.
	for i, e := range dst {
		dst[i] = math.Exp(-beta * e)
		sum += dst[i]
	}
	for i := range dst {
		dst[i] /= sum
	}
	return beta, true
}

// entropy returns that of the weights exp(−beta·excess)/Σ, in nats.
func entropy(excess []float64, beta float64) float64 {
	var sum, moment float64
	for _, e := range excess {
		w := math.Exp(-beta * e)
		sum += w
		moment += w * e
	}
	return math.Log(sum) + beta*moment/sum
}
