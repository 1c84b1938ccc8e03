// Package isotonic fits numbers that do not fall.
package isotonic

import (
	"context"

	"github.com/flatland-go/flatland/internal/par"
)

// chunk is how many values one goroutine pools.
const chunk = 1 << 15

// Fit writes to dst the sequence that does not fall and is nearest to y: it minimises
// Σ w·(dst − y)². Weights are above 0; nil means 1. dst may be y. It pools adjacent
// violators (M. Ayer et al. (1955), An empirical distribution function for sampling
// with incomplete information), within chunks on every core and then across them.
// Time O(n); memory 4·n bytes, 12·n with weights. The result has the same bits on any
// number of cores.
func Fit(ctx context.Context, dst, y, weights []float64) error {
	n := len(y)
	copy(dst, y)
	p := pools{means: dst, counts: make([]uint32, n)}
	if weights != nil {
		p.weights = make([]float64, n)
		copy(p.weights, weights)
	}
	for i := range p.counts {
		p.counts[i] = 1
	}
	tops := make([]int, (n+chunk-1)/chunk)
	err := par.Blocks(ctx, n, chunk, func(lo, hi int) {
		tops[lo/chunk] = p.pool(lo, lo, lo, hi)
	})
	if err != nil {
		return err
	}
	top := 0
	for c, end := range tops {
		top = p.pool(0, top, c*chunk, end)
	}
	// From the last pool to the first: no mean is written over before it is read.
	for end := n; top > 0; {
		top--
		mean, count := dst[top], int(p.counts[top])
		for i := range dst[end-count : end] {
			dst[end-count+i] = mean
		}
		end -= count
	}
	return ctx.Err()
}

// pools are runs of values with one mean, one after the other.
type pools struct {
	means   []float64
	weights []float64 // of all values of a pool; nil where these are their counts
	counts  []uint32
}

// pool moves pools from … to−1 behind pools first … top−1, and joins neighbours whose
// means fall or are equal. It returns the new top.
func (p *pools) pool(first, top, from, to int) int {
	for ; from < to; from++ {
		mean, count := p.means[from], p.counts[from]
		weight := float64(count)
		if p.weights != nil {
			weight = p.weights[from]
		}
		for top > first && p.means[top-1] >= mean {
			top--
			other := float64(p.counts[top])
			if p.weights != nil {
				other = p.weights[top]
			}
			mean += (p.means[top] - mean) * (other / (weight + other))
			weight += other
			count += p.counts[top]
		}
		p.means[top], p.counts[top] = mean, count
		if p.weights != nil {
			p.weights[top] = weight
		}
		top++
	}
	return top
}
