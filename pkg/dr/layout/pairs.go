package layout

import (
	"context"
	"fmt"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// Pairs are pairs of n points, listed at both: what pulls at a point is gathered from its
// list, by whichever core, and nothing is written by two. It never changes.
type Pairs struct {
	n      int
	start  []int   // n+1: where the list of every point begins
	others []int32 // multiples of lanes for every point, filled up by itself
}

// lanes is what the lists of others are multiples of, for the vectors of a kernel.
const lanes = 8

// heads is how many parts the points are cut into when lists are made: each counts by
// itself where its pairs go.
const heads = 8

// NewPairs returns the pairs of every one of n points with the same number of others:
// those of point i are to[i·k:(i+1)·k], and k = len(to)/n. A pair that is listed twice, or
// from both sides, counts twice. The error is a *mat32.ParamError for what is not a list
// for every point or holds no such point, or that point itself, and wraps that of a
// cancelled context. Memory 16·n·k + 72·n bytes, half of it for good.
func NewPairs(ctx context.Context, n int, to []int32) (*Pairs, error) {
	if n < 1 || len(to)%n != 0 {
		return nil, &mat32.ParamError{Method: "layout.NewPairs", Param: "to", Value: fmt.Sprintf("%d points for %d", len(to), n), Want: "as many for each"}
	}
	k := len(to) / n
	size := (n + heads - 1) / heads
	count := make([][]int32, (n+size-1)/size)
	wrong := make([]error, len(count))
	err := par.Blocks(ctx, n, size, func(lo, hi int) {
		c := make([]int32, n)
		for i := lo; i < hi; i++ {
			for _, j := range to[i*k : (i+1)*k] {
				if uint32(j) >= uint32(n) || int(j) == i {
					wrong[lo/size] = &mat32.ParamError{Method: "layout.NewPairs", Param: "to", Value: fmt.Sprintf("point %d for point %d", j, i), Want: fmt.Sprintf("another of the %d points", n)}
					return
				}
				c[j]++
			}
		}
		count[lo/size] = c
	})
	if err != nil {
		return nil, err
	}
	for _, w := range wrong {
		if w != nil {
			return nil, w
		}
	}
	p := &Pairs{n: n, start: make([]int, n+1)}
	for i := range n {
		listed := int32(k)
		for _, c := range count { // from here on it counts what stands before its own
			c[i], listed = listed, listed+c[i]
		}
		p.start[i+1] = p.start[i] + (int(listed)+lanes-1)/lanes*lanes
	}
	p.others = make([]int32, p.start[n])
	err = par.Blocks(ctx, n, rowsPerBlock, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			list := p.others[p.start[i]:p.start[i+1]]
			copy(list, to[i*k:(i+1)*k])
			for at := max(k, len(list)-lanes+1); at < len(list); at++ {
				list[at] = int32(i) // the last ones will be written over where they are pairs
			}
		}
	})
	if err != nil {
		return nil, err
	}
	err = par.Blocks(ctx, n, size, func(lo, hi int) {
		next := count[lo/size]
		for i := lo; i < hi; i++ {
			for _, j := range to[i*k : (i+1)*k] {
				p.others[p.start[j]+int(next[j])] = int32(i)
				next[j]++
			}
		}
	})
	return p, err
}
