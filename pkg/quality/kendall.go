package quality

import (
	"context"
	"math"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/rankcorr"
)

// kendall fills in Kendall's τ-b, from the ranks and the orders of the distances; equal
// ones of the data must be in the order of the embedding. It counts, for every pair of
// rows, those that are nearer in one space and farther in the other, while it merges
// runs of the order in the data into that in the embedding (Knight, 1966, A computer
// method for calculating Kendall's tau with ungrouped data).
func (p *pairDistances) kendall(ctx context.Context, a *DistanceAgreement, s *rankcorr.Sorter, orderX, orderY []uint32) error {
	m := len(orderX)
	opposed := make([]uint32, m) // by the place in orderX
	err := par.Blocks(ctx, m, pairsAtOnce, func(lo, hi int) {
		for i, t := range orderX[lo:hi] {
			// The middle of equal ones is a place of one of them, and its own for every group.
			middle := (int(p.embedded[t]) + m) / 2
			s.Keys[lo+i] = uint64(middle)<<32 | uint64(lo+i)
		}
	})
	if err != nil {
		return err
	}
	if err := countInversions(ctx, s.Keys, s.Spare, opposed); err != nil {
		return err
	}
	ties, err := p.sums(ctx, func(sum *[sumsAtOnce]float64, lo, hi int) {
		groups(orderX, p.original, lo, hi, func(first, end int) {
			sum[0] += pairsOf(end - first)
			for _, c := range opposed[first:end] {
				sum[2] += float64(c)
			}
			groups(orderX[first:end], p.embedded, 0, end-first, func(first, end int) { sum[3] += pairsOf(end - first) })
		})
		groups(orderY, p.embedded, lo, hi, func(first, end int) {
			sum[1] += pairsOf(end - first)
			for _, t := range orderY[first:end] {
				s.Spare[t] = uint64(end - first)
			}
		})
	})
	if err != nil {
		return err
	}
	all := pairsOf(m)
	apartX, apartY := all-ties[0], all-ties[1]
	tau := (all - ties[0] - ties[1] + ties[3] - ties[2]) / math.Sqrt(apartX) / math.Sqrt(apartY) // every opposed one was counted twice
	a.Tau.Value = max(-1, min(1, tau))
	if a.Pairs == a.All {
		return nil
	}
	// What a pair of rows changes in the three means of which τ is made, times m−1.
	n := float64(m)
	root, scaleX, scaleY := n*n/2/math.Sqrt(apartX)/math.Sqrt(apartY), n*n/2/apartX, n*n/2/apartY
	spread, err := p.sums(ctx, func(sum *[sumsAtOnce]float64, lo, hi int) {
		groups(orderX, p.original, lo, hi, func(first, end int) {
			likeX, like, opposed := float64(end-first), orderX[first:end], opposed[first:end]
			groups(like, p.embedded, 0, len(like), func(first, end int) {
				likeBoth := float64(end - first)
				for i, t := range like[first:end] {
					likeY := float64(s.Spare[t])
					agree := n - likeX - likeY + likeBoth - 2*float64(opposed[first+i])
					v := 2 * (agree/n*root - tau/2*((n-likeX)/n*scaleX+(n-likeY)/n*scaleY))
					sum[0] += v * v
				}
			})
		})
	})
	a.Tau.StdErr = math.Sqrt(spread[0]) / n
	return err
}

// pairsOf returns n·(n−1)/2.
func pairsOf(n int) float64 { return float64(n) * float64(n-1) / 2 }

// groups calls f for every run of equal values, in this order, that begins in [lo, hi).
func groups(order []uint32, values []float64, lo, hi int, f func(first, end int)) {
	first := lo
	for ; first < hi && first > 0 && values[order[first]] == values[order[first-1]]; first++ {
		// These are of whoever comes first among their equals.
	}
	for first < hi {
		end := first + 1
		for end < len(order) && values[order[end]] == values[order[first]] {
			end++
		}
		f(first, end)
		first = end
	}
}

const (
	insertedRun = 8                 // keys that are sorted by insertion
	mergedRun   = insertedRun << 10 // and those that one goroutine merges in its cache, after an even number of passes
)

// countInversions sorts keys and counts, for each, those before it that are larger and
// those after it that are smaller, in place key mod 2³² of counts. It needs as many
// spare keys; where the sorted ones end up is not said.
func countInversions(ctx context.Context, keys, spare []uint64, counts []uint32) error {
	n := len(keys)
	err := par.Blocks(ctx, n, mergedRun, func(lo, hi int) {
		for first := lo; first < hi; first += insertedRun {
			for i := first + 1; i < min(first+insertedRun, hi); i++ {
				k, j := keys[i], i
				for ; j > first && keys[j-1] > k; j-- {
					keys[j] = keys[j-1]
					counts[uint32(keys[j])]++
				}
				keys[j] = k
				counts[uint32(k)] += uint32(i - j)
			}
		}
		from, to := keys, spare
		for width := insertedRun; width < mergedRun; width *= 2 {
			for first := lo; first < hi; first += 2 * width {
				merge(from, to, counts, first, min(first+width, hi), min(first+2*width, hi))
			}
			from, to = to, from
		}
	})
	from, to := keys, spare
	for width := mergedRun; err == nil && width < n; width *= 2 {
		err = par.Blocks(ctx, n, 2*width, func(lo, hi int) {
			merge(from, to, counts, lo, min(lo+width, hi), hi)
		})
		from, to = to, from
	}
	return err
}

// merge merges two sorted runs and counts what passes what.
func merge(from, to []uint64, counts []uint32, lo, mid, hi int) {
	i, j := lo, mid
	for k := lo; k < hi; k++ {
		if j == hi || i < mid && from[i] < from[j] {
			to[k] = from[i]
			counts[uint32(from[i])] += uint32(j - mid)
			i++
		} else {
			to[k] = from[j]
			counts[uint32(from[j])] += uint32(mid - i)
			j++
		}
	}
}
