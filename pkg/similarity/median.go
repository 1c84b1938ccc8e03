package similarity

import (
	"context"
	"math"
	"slices"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/rng"
)

// The median of many distances is sought among those that a sample says are near it.
const (
	fewestDrawn = 1 << 14
	mostDrawn   = 1 << 20
	mostKept    = 1 << 22 // distances, 32 MB; where more are nearly equal they are counted
	bins        = 1 << 12
)

// median returns the median of the n² squared distances between rows, those to themselves
// included, exactly but for the rounding of the distances. A sample of pairs says
// between which two distances it should be. One pass over all pairs keeps those, or,
// where they are more than keep, counts them to look between two that are nearer.
func (r *radial) median(ctx context.Context, keep int) (float64, error) {
	n := len(r.squares)
	// After n zeros come the distances of pairs, each twice.
	low, high := (n*n-1)/2, n*n/2
	first, last := (max(low, n)-n)/2, (high-n)/2
	answer := func(a, b float64) float64 {
		if low < n { // of two rows
			a = 0
		}
		return a + (b-a)/2
	}
	slack := 0. // of a distance
	for _, s := range r.squares {
		slack = max(slack, 0x1p-48*s)
	}
	from, to := r.bracket(slack)
	for {
		below, kept, within, err := r.between(ctx, from, to, keep)
		switch {
		case err != nil:
			return 0, err
		case first < below || last >= below+within:
			from, to = 0, math.MaxFloat64
		case kept != nil:
			slices.Sort(kept)
			return answer(kept[first-below], kept[last-below]), nil
		case to == math.MaxFloat64:
			to = 4*slices.Max(r.squares) + slack
		default:
			counts, err := r.counts(ctx, from, to)
			if err != nil {
				return 0, err
			}
			width := (to - from) / bins
			a, b := -1, -1
			for i, c := range counts {
				below += c
				if a < 0 && first < below {
					a = i
				}
				if b < 0 && last < below {
					b = i
				}
			}
			from, to = from+float64(a)*width-slack, from+float64(b+1)*width+slack
			if to-from <= 4*slack {
				return answer(from/2+to/2, from/2+to/2), nil
			}
		}
	}
}

// bracket returns bounds of the median of the squared distances of a sample of pairs,
// six standard errors to either side, or of all distances, where there are few.
func (r *radial) bracket(slack float64) (from, to float64) {
	n := len(r.squares)
	pairs := n * (n - 1) / 2
	if pairs <= fewestDrawn {
		return 0, math.MaxFloat64
	}
	sample := make([]float64, min(max(fewestDrawn, pairs/64), mostDrawn))
	stream := rng.New(0, "similarity: median distance", 0)
	for s := range sample {
		i, j := stream.IntN(n), stream.IntN(n-1)
		if j >= i {
			j++
		}
		sample[s] = kernel.SquaredDistance64(r.rows.RawRowView(i), r.rows.RawRowView(j))
	}
	slices.Sort(sample)
	middle, margin := len(sample)/2, int(3*math.Sqrt(float64(len(sample))))
	return max(0, sample[middle-margin]-slack), sample[middle+margin] + slack
}

// between counts the squared distances of pairs that are below from, and those within both
// bounds. It returns the latter unless they are more than keep.
func (r *radial) between(ctx context.Context, from, to float64, keep int) (below int, kept []float64, within int, err error) {
	counts, found := make([]int, tileRows), make([][]float64, tileRows)
	kept = []float64{}
	err = r.pairs(ctx, func(i int, distances []float64) {
		counts[i], found[i] = 0, found[i][:0]
		for _, v := range distances {
			switch {
			case v < from:
				counts[i]++
			case v <= to:
				found[i] = append(found[i], v)
			}
		}
	}, func(rows int) {
		for i := range rows {
			below += counts[i]
			within += len(found[i])
			if within <= keep {
				kept = append(kept, found[i]...)
			}
		}
	})
	if within > keep {
		kept = nil
	}
	return below, kept, within, err
}

// counts returns how many squared distances of pairs are in each of bins equal parts of what
// is between two bounds.
func (r *radial) counts(ctx context.Context, from, to float64) ([]int, error) {
	total, rows := make([]int, bins), make([][bins]int32, tileRows)
	scale := bins / (to - from)
	err := r.pairs(ctx, func(i int, distances []float64) {
		for _, v := range distances {
			if v >= from && v <= to {
				rows[i][min(int((v-from)*scale), bins-1)]++
			}
		}
	}, func(n int) {
		for i := range n {
			for b, c := range rows[i] {
				total[b] += int(c)
			}
		}
		clear(rows)
	})
	return total, err
}

// pairs calls f for the rows of tiles that cover all pairs of rows, with the squared distances of
// a row from later ones, in parallel; and then for each tile that many rows are done.
func (r *radial) pairs(ctx context.Context, f func(i int, distances []float64), done func(rows int)) error {
	n := len(r.squares)
	tile := newTile(n)
	for top := 0; top < n; top += tileRows {
		bottom := min(top+tileRows, n)
		for left := top; left < n; left += tileCols {
			right := min(left+tileCols, n)
			if err := r.distances(ctx, tile, top, bottom, left, right); err != nil {
				return err
			}
			width := right - left
			err := par.Blocks(ctx, bottom-top, 8, func(lo, hi int) {
				for i := lo; i < hi; i++ {
					f(i, tile[i*width+min(width, max(0, top+i+1-left)):(i+1)*width])
				}
			})
			if err != nil {
				return err
			}
			done(bottom - top)
		}
	}
	return nil
}
