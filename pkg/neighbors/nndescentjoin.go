package neighbors

import (
	"context"
	"math"
	"slices"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/rng"
)

const (
	joinBlock = 32             // rows whose joins one goroutine does at a time
	joinRound = 64 * joinBlock // rows whose joins are done before lists change
	ownBlock  = 64             // rows that one goroutine changes the lists of, and
	owners    = 16             // how many such goroutines there may be
)

// descent brings lists nearer to what they are to hold, by comparing the neighbours
// of every row with each other.
type descent struct {
	points
	*nearLists
	meetings
	reach int // places of a list, from the nearest, that candidates are drawn from
	most  int // candidates of a row, new ones and old ones each
	seed  uint64

	start   []int    // where the rows begin in whose lists a row is
	from    []uint32 // these rows, and in the lowest bit whether it is new there
	chosen  []int32  // candidates of the rows of a round: up to most new ones, then as many old ones
	counts  []uint8  // how many of both
	entries [owners]entry
	found   [owners][joinRound / joinBlock][]update // by the row that they are for, and by who found them
}

// plant fills the lists with the nearest in every leaf of the first tree, by whose
// leaves rows are numbered: those near each other have near numbers.
func (d *descent) plant(ctx context.Context, f *forest) error {
	type scratch struct {
		comparer
		keys []uint64
	}
	return par.BlocksWith(ctx, f.leaves(), 1, func() *scratch { return &scratch{comparer: d.comparer()} }, func(s *scratch, lo, _ int) {
		from, to := f.bounds(0, f.depth, lo)
		rows := make([]int32, to-from)
		for k := range rows {
			rows[k] = int32(from + k)
		}
		s.take(rows)
		for a, i := range rows {
			if a%strip == 0 && ctx.Err() != nil {
				return
			}
			at, v := s.nearest(a, d.width+1)
			s.keys = s.keys[:0]
			for k, b := range at {
				if int(b) != a {
					s.keys = append(s.keys, keyOf(rows[b], v[k]))
				}
			}
			d.fill(i, s.keys)
			d.attend(i, 0, lo, s.sure(a, d.worst[i]))
		}
	})
}

// compare compares all rows of every leaf of a tree with each other.
func (d *descent) compare(ctx context.Context, f *forest, tree int) error {
	type scratch struct {
		comparer
		limits  []float32
		met     []uint64
		touched uint64
	}
	cover := d.before(tree + 1)
	return par.BlocksWith(ctx, f.leaves(), 1, func() *scratch { return &scratch{comparer: d.comparer()} }, func(s *scratch, lo, _ int) {
		rows := f.leaf(tree, lo)
		s.take(rows)
		s.limits = grown(s.limits, len(rows)+spare)[:len(rows)]
		s.met = grown(s.met, len(rows))
		for a, i := range rows {
			s.limits[a], s.met[a] = d.worst[i], d.leaves[i]
		}
		s.touched = d.touch(rows)
		for a, i := range rows {
			if a%strip == 0 && ctx.Err() != nil {
				return
			}
			d.attend(i, tree+1, lo, s.sure(a, s.limits[a]))
			at, v := s.below(a, a+1, s.limits[a], s.limits)
			for k, b := range at {
				if d.met(s.met[a], s.met[b], cover) {
					continue
				}
				d.offer(i, rows[b], v[k])
				d.offer(rows[b], i, v[k])
				s.limits[b] = d.worst[rows[b]]
			}
		}
	})
}

// invert finds the rows in whose lists every row is.
func (d *descent) invert(ctx context.Context) error {
	const (
		ranges = 4
		often  = 1 << 14 // rows
	)
	n := d.n
	size := (n + ranges - 1) / ranges
	clear(d.start)
	err := par.Blocks(ctx, n, size, func(lo, hi int) {
		counts := d.start[lo+1:]
		for i := range int32(n) {
			if i%often == 0 && ctx.Err() != nil {
				return
			}
			for _, key := range d.of(i)[:d.reach] {
				if j := int(rowOf(key)); j >= lo && j < hi {
					counts[j-lo]++
				}
			}
		}
	})
	if err != nil {
		return err
	}
	for i := range n {
		d.start[i+1] += d.start[i]
	}
	return par.Blocks(ctx, n, size, func(lo, hi int) {
		next := slices.Clone(d.start[lo:hi])
		for i := range int32(n) {
			if i%often == 0 && ctx.Err() != nil {
				return
			}
			for _, key := range d.of(i)[:d.reach] {
				if j := int(rowOf(key)); j >= lo && j < hi {
					d.from[next[j-lo]] = uint32(i)<<1 | uint32(key)&1
					next[j-lo]++
				}
			}
		}
	})
}

// choose draws the candidates of rows, from the first to the last, from their lists and
// from the rows in whose lists they were. What is drawn from a list is new no more.
func (d *descent) choose(ctx context.Context, first, last int, salt uint64) error {
	return par.BlocksWith(ctx, last-first, joinBlock, func() *choice { return &choice{salt: salt} }, func(c *choice, lo, hi int) {
		for k := lo; k < hi; k++ {
			i := int32(first + k)
			list, from := d.of(i)[:d.reach], d.from[d.start[i]:d.start[i+1]]
			c.begin(i, len(list)+len(from))
			for _, key := range list {
				if key != vacant {
					c.add(uint32(key))
				}
			}
			for _, e := range from {
				c.add(e)
			}
			chosen := d.chosen[2*d.most*k:][:2*d.most]
			fresh, limit := c.draw(chosen[:d.most], c.fresh)
			stale, _ := c.draw(chosen[fresh:][:d.most], c.stale)
			d.counts[2*k], d.counts[2*k+1] = uint8(fresh), uint8(stale)
			for t, key := range list {
				if key&1 != 0 && key != vacant && (limit == math.MaxUint64 || c.rank(uint32(rowOf(key))) <= limit) {
					list[t] = key &^ 1
				}
			}
		}
	})
}

// join draws candidates of every row, compares the new ones with all others, and
// returns how many entered a list.
//
// Pairs are judged by lists that do not change meanwhile; then every list is changed
// by one goroutine, in the order of the rows that were looked at.
func (d *descent) join(ctx context.Context, iteration int, done func(rows int)) (entered int, err error) {
	random := rng.New(d.seed, "neighbors/candidates", iteration)
	cover := d.before(d.trees)
	salt := random.Uint64()
	type scratch struct {
		comparer
		limits  []float32
		met     []uint64
		touched uint64
	}
	for first := 0; first < d.n; first += joinRound {
		last := min(first+joinRound, d.n)
		if err := d.choose(ctx, first, last, salt); err != nil {
			return 0, err
		}
		err := par.BlocksWith(ctx, last-first, joinBlock, func() *scratch { return &scratch{comparer: d.comparer()} }, func(s *scratch, lo, hi int) {
			block := lo / joinBlock
			for o := range d.found {
				d.found[o][block] = d.found[o][block][:0]
			}
			add := func(u update) {
				to := &d.found[u.to/ownBlock%owners][block]
				*to = append(*to, u)
			}
			for k := lo; k < hi && ctx.Err() == nil; k++ {
				fresh, stale := int(d.counts[2*k]), int(d.counts[2*k+1])
				if fresh == 0 || fresh+stale == 1 {
					continue
				}
				rows := d.chosen[2*d.most*k:][:fresh+stale]
				s.limits = grown(s.limits, len(rows)+spare)[:len(rows)]
				s.met = grown(s.met, len(rows))
				for k, j := range rows {
					s.limits[k], s.met[k] = d.worst[j], d.leaves[j]
				}
				s.touched = d.touch(rows)
				s.take(rows)
				for a, p := range rows[:fresh] {
					at, v := s.below(a, a+1, s.limits[a], s.limits)
					for k, b := range at {
						if d.met(s.met[a], s.met[b], cover) {
							continue
						}
						if v[k] < s.limits[a] && !d.has(p, rows[b]) {
							add(update{p, rows[b], v[k]})
						}
						if v[k] < s.limits[b] && !d.has(rows[b], p) {
							add(update{rows[b], p, v[k]})
						}
					}
				}
			}
		})
		if err != nil {
			return 0, err
		}
		var counts [owners]int
		blocks := (last - first + joinBlock - 1) / joinBlock
		err = par.Blocks(ctx, owners, 1, func(o, _ int) {
			counts[o] = d.entries[o].enter(d.nearLists, d.found[o][:blocks], ownBlock*owners)
		})
		if err != nil {
			return 0, err
		}
		for _, c := range counts {
			entered += c
		}
		done(last - first)
	}
	return entered, nil
}
