package neighbors

import (
	"context"
	"math"
	"slices"
	"sync/atomic"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/screen"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// lists collect the k nearest of every row, where a graph will hold them: until they
// are sorted, a heap of each row with the farthest on top. What they end up with
// does not depend on the order in which rows are offered, since no two have the
// same distance and index.
type lists struct {
	k         int
	indices   []int32
	distances []float64
}

const nobody = math.MaxInt32 // is farther than any row at an infinite distance

func (l *lists) clear() {
	for t := range l.indices {
		l.indices[t], l.distances[t] = nobody, math.Inf(1)
	}
}

func (l *lists) limit(i int) float64 { return l.distances[i*l.k] }

func (l *lists) offer(i, from int, values []float64) {
	indices, distances := l.indices[i*l.k:(i+1)*l.k], l.distances[i*l.k:(i+1)*l.k]
	top := distances[0]
	for t, v := range values {
		if v > top {
			continue
		}
		if row := int32(from + t); v < top || row < indices[0] {
			sink(indices, distances, near{v, row})
			top = distances[0]
		}
	}
}

// sink puts v in the place of the top of a heap, and then in its own.
func sink(indices []int32, distances []float64, v near) {
	i := 0
	for {
		child := 2*i + 1
		if child >= len(indices) {
			break
		}
		if r := child + 1; r < len(indices) && (distances[r] > distances[child] || distances[r] == distances[child] && indices[r] > indices[child]) {
			child = r
		}
		if d := distances[child]; d < v.dist || d == v.dist && indices[child] < v.row {
			break
		}
		indices[i], distances[i] = indices[child], distances[child]
		i = child
	}
	indices[i], distances[i] = v.row, v.dist
}

// sort puts every list in order.
func (l *lists) sort(ctx context.Context) error {
	return par.Blocks(ctx, len(l.indices)/l.k, 256, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			indices, distances := l.indices[i*l.k:(i+1)*l.k], l.distances[i*l.k:(i+1)*l.k]
			for last := l.k - 1; last > 0; last-- {
				v := near{distances[last], indices[last]}
				indices[last], distances[last] = indices[0], distances[0]
				sink(indices[:last], distances[:last], v)
			}
		}
	})
}

// balls collect all rows within a radius of every row.
type balls struct {
	method string
	radius float64
	memory int64
	found  [][]near
	total  atomic.Int64
	over   atomic.Bool
}

func newBalls(method string, n int, radius float64, limit int64) *balls {
	return &balls{method: method, radius: radius, memory: limit, found: make([][]near, n)}
}

func (b *balls) limit(int) float64 { return b.radius }

func (b *balls) offer(i, from int, values []float64) {
	if b.over.Load() {
		return
	}
	list := b.found[i]
	for t, v := range values {
		if v <= b.radius {
			list = append(list, near{v, int32(from + t)})
		}
	}
	b.keep(i, list)
}

// take takes the distances of row i to all rows that may be near it.
func (b *balls) take(i int, near []near) {
	list := b.found[i]
	for _, v := range near {
		if v.dist <= b.radius {
			list = append(list, v)
		}
	}
	b.keep(i, list)
}

func (b *balls) keep(i int, list []near) {
	if grown := len(list) - len(b.found[i]); grown > 0 {
		b.found[i] = list
		if b.total.Add(int64(grown)); b.room() != nil {
			b.over.Store(true)
		}
	}
}

// room returns an error where what was found does not fit: lists while it is
// sought, and then the answer.
func (b *balls) room() error {
	return mat32.CheckMemory(b.method, (16+12)*b.total.Load(), b.memory, "a smaller radius has fewer neighbours")
}

// ragged returns what was found, in order.
func (b *balls) ragged(ctx context.Context) (*screen.Ragged, error) {
	if err := b.room(); err != nil {
		return nil, err
	}
	all := &screen.Ragged{Starts: make([]int, len(b.found)+1)}
	for i, list := range b.found {
		all.Starts[i+1] = all.Starts[i] + len(list)
	}
	all.Indices, all.Distances = make([]int32, b.total.Load()), make([]float64, b.total.Load())
	return all, par.Blocks(ctx, len(b.found), 64, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			slices.SortFunc(b.found[i], nearer)
			for t, v := range b.found[i] {
				all.Indices[all.Starts[i]+t], all.Distances[all.Starts[i]+t] = v.row, v.dist
			}
			b.found[i] = nil
		}
	})
}
