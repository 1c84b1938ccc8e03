package rankcorr

import (
	"context"
	"math"

	"github.com/flatland-go/flatland/internal/par"
)

// Pairs counts the pairs of places of two lists of values.
type Pairs struct {
	All        int64 // m·(m−1)/2
	TiedX      int64 // whose values in x are equal
	TiedY      int64 // whose values in y are equal
	TiedBoth   int64 // both
	Discordant int64 // in one order in x and in the other in y
}

// Concordant returns how many pairs are in the same order in both lists.
func (p Pairs) Concordant() int64 {
	return p.All - p.TiedX - p.TiedY + p.TiedBoth - p.Discordant
}

// TauA returns Kendall's τ-a, (C − D)/All: below 1 wherever there are ties. It is NaN
// where there are no pairs.
func (p Pairs) TauA() float64 { return float64(p.Concordant()-p.Discordant) / float64(p.All) }

// TauB returns Kendall's τ-b, (C − D)/√((All − TiedX)(All − TiedY)). It is NaN where all
// values of a list are equal.
func (p Pairs) TauB() float64 {
	t := float64(p.Concordant()-p.Discordant) / math.Sqrt(float64(p.All-p.TiedX)) / math.Sqrt(float64(p.All-p.TiedY))
	return max(-1, min(1, t))
}

// Kendall counts the pairs of x and y, which are as long and hold finite values, in
// O(m·log m): sorted by x, what is discordant are the inversions of y, which are counted
// while it is merged (W. Knight, 1966, A computer method for calculating Kendall's tau with
// ungrouped data). Memory 48 bytes a place. The error is ctx.Err().
func Kendall(ctx context.Context, x, y []float64) (Pairs, error) {
	m := len(x)
	p := Pairs{All: int64(m) * int64(m-1) / 2}
	if m < 2 {
		return p, ctx.Err()
	}
	s := NewSorter(m)
	byY, err := s.Sort(ctx, y)
	if err != nil {
		return p, err
	}
	p.TiedY = tied(m, func(i int) bool { return s.Keys[i] == s.Keys[i-1] })
	// The place of a value of y among those that differ, and the values of x in that
	// order: to sort these is to sort by x, and by y where x is tied.
	places, values := make([]uint32, m), make([]float64, m)
	for i, t := range byY {
		if i > 0 {
			places[i] = places[i-1]
			if s.Keys[i] != s.Keys[i-1] {
				places[i]++
			}
		}
		values[i] = x[t]
	}
	byX, err := s.Sort(ctx, values)
	if err != nil {
		return p, err
	}
	sorted := byY
	for i, t := range byX {
		sorted[i] = places[t]
	}
	p.TiedX = tied(m, func(i int) bool { return s.Keys[i] == s.Keys[i-1] })
	p.TiedBoth = tied(m, func(i int) bool { return s.Keys[i] == s.Keys[i-1] && sorted[i] == sorted[i-1] })
	p.Discordant, err = inversions(ctx, sorted, places)
	return p, err
}

// tied returns the pairs within runs of which equal says that they go on.
func tied(m int, equal func(i int) bool) (pairs int64) {
	run := int64(0)
	for i := 1; i < m; i++ {
		if equal(i) {
			run++
			pairs += run
		} else {
			run = 0
		}
	}
	return pairs
}

// inversions returns how many pairs of a are out of order, and sorts a. Equal values are
// in order. spare is as long.
func inversions(ctx context.Context, a, spare []uint32) (count int64, err error) {
	const short = 1 << 5
	m := len(a)
	counts := make([]int64, (m+short-1)/short)
	err = par.Blocks(ctx, len(counts), 1<<10, func(from, to int) {
		for b := from; b < to; b++ {
			run := a[b*short : min((b+1)*short, m)]
			for i := range run {
				v, j := run[i], i
				for ; j > 0 && run[j-1] > v; j-- {
					run[j] = run[j-1]
				}
				run[j] = v
				counts[b] += int64(i - j)
			}
		}
	})
	for width := short; err == nil && width < m; width *= 2 {
		runs := (m + 2*width - 1) / (2 * width)
		err = par.Blocks(ctx, runs, max(1, (1<<15)/(2*width)), func(from, to int) {
			for r := from; r < to; r++ {
				lo := r * 2 * width
				counts[r] += merge(spare[lo:min(lo+2*width, m)], a[lo:min(lo+width, m)], a[min(lo+width, m):min(lo+2*width, m)])
			}
		})
		a, spare = spare, a
	}
	for _, c := range counts {
		count += c
	}
	return count, err
}

// merge writes a and b, both sorted, to dst in order, and returns how many pairs of one of
// each are out of order.
func merge(dst, a, b []uint32) (count int64) {
	t := 0
	for len(a) > 0 && len(b) > 0 {
		if b[0] < a[0] {
			count += int64(len(a))
			dst[t], b = b[0], b[1:]
		} else {
			dst[t], a = a[0], a[1:]
		}
		t++
	}
	t += copy(dst[t:], a)
	copy(dst[t:], b)
	return count
}
