package affinity

import (
	"fmt"
	"math"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// Perplexity writes to dst the Gaussian weights exp(−β·s)/Σ of one row, for
// squared distances s to the other rows, with the precision β at which their
// perplexity, exp of the entropy, is the one asked for: the smooth number of
// neighbours of the row. It returns β and the perplexity reached; dst and
// squared have the same length and may be the same slice.
//
// The perplexity is reached to a relative 1e-9, with two exceptions. No
// weights are narrower than the rows at the smallest distance: where more of
// them tie than the perplexity asks for, these share the weight evenly, and
// their number is what is reached (β is +Inf). And where all distances are
// equal, or the perplexity is their number or more, the weights are even (β is
// 0).
//
// Errors: *mat32.ShapeError for slices that are empty or differ in length,
// *mat32.ParamError for a perplexity below 1 or a distance that is negative or
// not finite. Newton's iteration on log β within a bracket costs some 6 passes
// over the distances.
//
// Source: L. van der Maaten and G. Hinton (2008), Visualizing data using t-SNE,
// section 2.
func Perplexity(dst, squared []float64, perplexity float64) (precision, reached float64, err error) {
	const method = "affinity.Perplexity"
	n := len(squared)
	if n == 0 || len(dst) != n {
		return 0, 0, fmt.Errorf("%s: %w", method, &mat32.ShapeError{What: "dst", Rows: len(dst), Cols: 1,
			Want: fmt.Sprintf("as many weights as distances, %d, and at least 1", n)})
	}
	if !(perplexity >= 1) {
		return 0, 0, &mat32.ParamError{Method: method, Param: "perplexity", Value: perplexity, Want: "1 or more"}
	}
	least, most := squared[0], squared[0]
	for i, s := range squared {
		if !(s >= 0) || math.IsInf(s, 1) {
			return 0, 0, &mat32.ParamError{Method: method, Param: fmt.Sprintf("squared[%d]", i), Value: s, Want: "a finite distance of 0 or more"}
		}
		least, most = min(least, s), max(most, s)
	}
	// Only differences matter, and only in units of the largest.
	unit := most - least
	ties, mean := 0, 0.
	for i, s := range squared {
		dst[i] = 0
		if unit > 0 {
			dst[i] = (s - least) / unit
		}
		if dst[i] == 0 {
			ties++
		}
		mean += dst[i] / float64(n)
	}
	switch {
	case perplexity >= float64(n) || ties == n:
		for i := range dst {
			dst[i] = 1 / float64(n)
		}
		return 0, float64(n), nil
	case float64(ties) >= perplexity:
		for i, e := range dst {
			dst[i] = 0
			if e == 0 {
				dst[i] = 1 / float64(ties)
			}
		}
		return math.Inf(1), float64(ties), nil
	}
	beta, h := solve(dst, math.Log(perplexity), 1/mean)
	sum := 0.
	for i, e := range dst {
		dst[i] = math.Exp(-beta * e)
		sum += dst[i]
	}
	for i := range dst {
		dst[i] /= sum
	}
	return beta / unit, math.Exp(h), nil
}

// solve returns the precision at which the weights of the excesses, the least of
// them 0, have the entropy target, and the entropy reached. Entropy falls as the
// precision grows.
func solve(excess []float64, target, beta float64) (precision, h float64) {
	const tolerance = 1e-9
	low, high := 0., math.Inf(1)
	for {
		h, slope := entropy(excess, beta)
		if math.Abs(h-target) <= tolerance {
			return beta, h
		}
		if h > target {
			low = beta
		} else {
			high = beta
		}
		// Newton's step in log β, along which entropy is nearly straight.
		next := beta * math.Exp(max(min((target-h)/slope, 4), -4))
		if !(next > low && next < high) {
			switch {
			case math.IsInf(high, 1):
				next = 8 * beta
			case low == 0:
				next = beta / 8
			default:
				next = math.Sqrt(low) * math.Sqrt(high)
			}
		}
		if next == beta || next <= low || next >= high {
			return beta, h // neighbouring floats: no better precision exists
		}
		beta = next
	}
}

// entropy returns that of the weights exp(−β·excess)/Σ, in nats, and its
// derivative by log β, −β² times the variance of the excess.
func entropy(excess []float64, beta float64) (h, slope float64) {
	var sum, first, second float64
	for _, e := range excess {
		w := math.Exp(-beta * e)
		sum += w
		first += w * e
		second += w * e * e
	}
	mean := first / sum
	return math.Log(sum) + beta*mean, -beta * beta * max(second/sum-mean*mean, 0)
}
