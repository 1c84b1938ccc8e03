package neighbors

import (
	"context"
	"math"
	"slices"
	"sync"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/watch"
)

const (
	batchShare = 50   // a batch is one row for so many that are linked
	batchRows  = 4096 // but no more than these
	insertRows = 8    // rows that one worker links at a time
	mergeRows  = 32   // rows whose links one worker renews at a time
)

// hnswBuilder links rows, batch by batch. The rows of a batch look for their links
// in the world as it was before, in parallel; then the links back are added, all
// those to one row at once. So nothing depends on who is first. Rows of a batch do
// not see each other, which among so many others costs nothing that can be
// measured.
type hnswBuilder struct {
	ctx   context.Context
	o     HNSW
	space space
	links *hnswLinks
	count int // rows that are linked

	mu   sync.Mutex
	idle []*hnswSearcher

	// Links back to every row that receives some: a chain of places in from.
	head    []int32
	next    []int32
	from    []int32
	targets []int32
}

// newHNSWBuilder is for links with room for rows to come, which are not linked yet.
func newHNSWBuilder(ctx context.Context, o HNSW, s space, links *hnswLinks, fresh int) *hnswBuilder {
	b := &hnswBuilder{ctx: ctx, o: o, space: s.during(ctx), links: links, count: links.count() - fresh, head: make([]int32, len(links.level))}
	for i := range b.head {
		b.head[i] = -1
	}
	return b
}

// hnswLevel draws the level of a row: P(level ≥ l) = M^−l.
func hnswLevel(seed uint64, row, m int) uint8 {
	s := rng.New(seed, "hnsw/level", row)
	return uint8(min(-math.Log(1-s.Float64())/math.Log(float64(m)), hnswTop))
}

// blocks runs f on every core, with searchers that outlive the batch.
func (b *hnswBuilder) blocks(n, size int, f func(s *hnswSearcher, lo, hi int)) error {
	return par.Blocks(b.ctx, n, size, func(lo, hi int) {
		b.mu.Lock()
		var s *hnswSearcher
		if k := len(b.idle); k > 0 {
			s, b.idle = b.idle[k-1], b.idle[:k-1]
		}
		b.mu.Unlock()
		if s == nil {
			s = newHNSWSearcher(b.links, b.ctx.Done())
		}
		f(s, lo, hi)
		b.mu.Lock()
		b.idle = append(b.idle, s)
		b.mu.Unlock()
	})
}

// insert links rows in the order given. Their levels are known to b.links.
func (b *hnswBuilder) insert(rows []int32) error {
	stage := watch.Start(b.ctx, "HNSW: links", len(rows))
	for len(rows) > 0 {
		batch := rows[:min(len(rows), min(max(1, b.count/batchShare), batchRows))]
		if err := b.batch(batch); err != nil {
			return err
		}
		rows = rows[len(batch):]
		stage.Add(len(batch))
	}
	return b.ctx.Err()
}

func (b *hnswBuilder) batch(rows []int32) error {
	l := b.links
	if l.entry >= 0 {
		err := b.blocks(len(rows), insertRows, func(s *hnswSearcher, lo, hi int) {
			for _, i := range rows[lo:hi] {
				b.link(s, i)
			}
		})
		if err != nil {
			return err
		}
		for level := 0; level <= l.top; level++ {
			if err := b.linkBack(rows, level); err != nil {
				return err
			}
		}
	}
	for _, i := range rows {
		if level := int(l.level[i]); l.entry < 0 || level > l.top {
			l.entry, l.top = i, level
		}
	}
	b.count += len(rows)
	return nil
}

// link chooses the links of a new row.
func (b *hnswBuilder) link(s *hnswSearcher, i int32) {
	l := b.links
	level := min(int(l.level[i]), l.top)
	at := s.descend(b.space, i, level+1)
	for ; level >= 0; level-- {
		s.begin(b.o.EfConstruction)
		s.seed(at)
		if !s.explore(b.space, i, level) {
			return
		}
		at = s.pool[0] &^ 1
		s.choose(b.space, s.pool, b.o.M, b.o.KeepPruned)
		copy(l.of(i, level), s.chosen)
	}
}

// linkBack adds the links from those that the rows have chosen on a level.
func (b *hnswBuilder) linkBack(rows []int32, level int) error {
	l := b.links
	b.targets, b.next, b.from = b.targets[:0], b.next[:0], b.from[:0]
	for _, i := range slices.Backward(rows) { // which leaves every chain in order
		if int(l.level[i]) < level {
			continue
		}
		for _, t := range linked(l.of(i, level)) {
			if b.head[t] < 0 {
				b.targets = append(b.targets, t)
			}
			b.next = append(b.next, b.head[t])
			b.head[t] = int32(len(b.from))
			b.from = append(b.from, i)
		}
	}
	return b.blocks(len(b.targets), mergeRows, func(s *hnswSearcher, lo, hi int) {
		for _, t := range b.targets[lo:hi] {
			slots := l.of(t, level)
			s.merged = append(s.merged[:0], linked(slots)...)
			for e := b.head[t]; e >= 0; e = b.next[e] {
				s.merged = append(s.merged, b.from[e])
			}
			b.head[t] = -1
			links := s.merged
			if len(links) > len(slots) {
				b.rank(s, t)
				s.choose(b.space, s.nodes, len(slots), b.o.KeepPruned)
				links = s.chosen
			}
			for k := copy(slots, links); k < len(slots); k++ {
				slots[k] = -1
			}
		}
	})
}

// rank puts s.merged into s.nodes in order of the distance to row i.
func (b *hnswBuilder) rank(s *hnswSearcher, i int32) {
	s.far = slices.Grow(s.far[:0], len(s.merged))[:len(s.merged)]
	b.space.fast(s.far, i, s.merged)
	s.nodes = s.nodes[:0]
	for k, j := range s.merged {
		s.nodes = append(s.nodes, markOf(s.far[k], j))
	}
	slices.Sort(s.nodes)
}
