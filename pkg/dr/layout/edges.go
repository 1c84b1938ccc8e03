package layout

import (
	"context"
	"fmt"
	"math"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// Edge leads from a head to a tail.
type Edge struct {
	Tail int32
	Rate uint32 // how often it fires an epoch, in units of 2^−32
}

// Edges say which tails every head is pulled to, and how often. They never change, and
// are safe for concurrent use.
type Edges struct {
	first []int   // of every head
	count []int32 // of every head
	all   []Edge  // head after head
	reach int     // no tail is as large
}

// NewEdges returns those of n heads, of which row tells the tails and weights: an edge
// fires weight/most times an epoch, at most once. Edges that would not fire in as many
// epochs are left out; staggered ones may fire all the same, so epochs are math.MaxInt for
// these. Errors: *mat32.ParamError where most or epochs are not above 0, and
// for a tail below 0, and ctx.Err().
func NewEdges(ctx context.Context, n int, row func(head int) (tails []int32, weights []float64), most float64, epochs int) (*Edges, error) {
	const (
		method = "layout.NewEdges"
		block  = 256
	)
	if !(most > 0) || epochs < 1 {
		return nil, &mat32.ParamError{Method: method, Param: "most, epochs", Value: fmt.Sprint(most, ", ", epochs), Want: "numbers above 0"}
	}
	least := most / float64(epochs)
	e := &Edges{first: make([]int, n), count: make([]int32, n)}
	low, high := make([]int32, (n+block-1)/block), make([]int32, (n+block-1)/block) // tails of every block
	err := par.Blocks(ctx, n, block, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			tails, weights := row(i)
			for k, w := range weights {
				if w >= least && w > 0 {
					e.count[i]++
					low[lo/block] = min(low[lo/block], tails[k])
					high[lo/block] = max(high[lo/block], tails[k])
				}
			}
		}
	})
	if err != nil {
		return nil, err
	}
	for b, j := range low {
		if j < 0 {
			return nil, &mat32.ParamError{Method: method, Param: "row", Value: fmt.Sprintf("a tail %d", j), Want: "0 or more"}
		}
		e.reach = max(e.reach, int(high[b])+1)
	}
	size := 0
	for i, c := range e.count {
		e.first[i] = size
		size += int(c)
	}
	e.all = make([]Edge, size)
	err = par.Blocks(ctx, n, block, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			tails, weights := row(i)
			at := e.first[i]
			for k, w := range weights {
				if w >= least && w > 0 {
					e.all[at] = Edge{tails[k], uint32(min(w/most*(1<<32), math.MaxUint32))}
					at++
				}
			}
		}
	})
	return e, err
}

// Heads returns the number of heads.
func (e *Edges) Heads() int { return len(e.first) }

// Len returns the number of edges.
func (e *Edges) Len() int { return len(e.all) }

// Row returns the edges of a head: not copies, so they must not be written to.
func (e *Edges) Row(head int) []Edge { return e.all[e.first[head]:][:e.count[head]] }
