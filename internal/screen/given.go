package screen

import (
	"context"
	"math"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// given takes distances for what the rows are.
func given(x *mat32.Distances) *Rows {
	n, d := x.Dims()
	r := &Rows{n: n, d: d, unit: 1, given: x}
	largest := 0.
	for _, v := range x.Condensed() {
		largest = max(largest, v)
	}
	r.fit = 1 // brings largest into (½, 1], as far as float64 has such a power of two
	if largest > 0 {
		_, exp := math.Frexp(largest)
		r.fit = math.Ldexp(1, -max(exp, -1000))
	}
	r.fits = true
	r.screen.fit = r.fit
	r.screen.rel = 1.01 * (0x1p-24 + 0x1p-53)
	r.screen.abs = 0x1p-149
	r.rel64 = 64 * 0x1p-52
	return r
}

// squares is Fast for given distances. Those to earlier rows stand one in each
// of their rows, those to later ones side by side.
func (r *Rows) squares(dst []float32, i, lo int) {
	square := func(v float64) float32 {
		v *= r.fit
		return float32(v * v)
	}
	pairs := r.given.Condensed()
	at := func(a, b int) int { return a*(2*r.n-a-1)/2 + b - a - 1 } // for a < b
	j, end := lo, lo+len(dst)
	for k := at(j, i); j < min(i, end); j++ {
		dst[j-lo] = square(pairs[k])
		k += r.n - j - 2
	}
	if j == i && j < end {
		dst[j-lo] = 0
		j++
	}
	if j < end {
		for t, v := range pairs[at(i, j):][:end-j] {
			dst[j-lo+t] = square(v)
		}
	}
}

// nearestGiven is Nearest for given distances: a block of rows goes through the
// others at once, whose distances to it stand side by side.
func (r *Rows) nearestGiven(ctx context.Context, k int, indices []int32, distances []float64) error {
	const block = 16
	stage := watch.Start(ctx, "neighbours", r.n)
	pairs := r.given.Condensed()
	return par.Blocks(ctx, r.n, block, func(lo, hi int) {
		heaps := make([]heap, hi-lo)
		for q := range heaps {
			a, b := (lo+q)*k, (lo+q+1)*k
			heaps[q] = heap{indices[a:b:b], distances[a:b:b]}
			heaps[q].reset()
		}
		for j := range r.n {
			if j%1024 == 0 && ctx.Err() != nil {
				return
			}
			// Row j holds its distances to later rows.
			after := j*(2*r.n-j-1)/2 - j - 1
			for i := max(lo, j+1); i < hi; i++ {
				heaps[i-lo].offer(pairs[after+i], int32(j))
			}
			if j >= lo && j < hi {
				for i, v := range pairs[after+j+1 : after+r.n] {
					heaps[j-lo].offer(v, int32(j+1+i))
				}
			}
		}
		for _, h := range heaps {
			h.sort()
		}
		stage.Add(hi - lo)
	})
}
