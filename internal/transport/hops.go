package transport

import (
	"context"
	"math/bits"
	"slices"
)

// Hops is a problem of transport in which every way from a source to a sink is one, two or
// three steps long. Amounts are whole numbers, so that its answer is exact. A Hops is used
// for one problem after the other: it keeps its memory.
//
// With such costs a cheapest transport needs no search by length: as much as can be carried
// on ways of one step is a largest flow; from there, as much more as can be carried at two a
// unit, partly by sending others round, is another; and what is left goes three steps
// (the primal-dual method of L. Ford and D. Fulkerson, 1957, A primal-dual algorithm for the
// capacitated Hitchcock problem). Rows of bits hold who reaches whom, so that a look at 64
// sinks is one.
type Hops struct {
	Supply, Demand []int64  // of sources and sinks, positive, of the same sum; they are used up
	One, Two       []uint64 // of every source, row after row of Words(): a bit for each sink one step away, or at most two

	flow     []int64  // sources × sinks
	carries  []uint64 // of every sink a bit for each source that it has goods of
	open     []uint64 // sinks that want more
	seenSink []uint64 // in this search, or in one that found nothing
	seen     []uint64 // sources likewise
	sinkFrom []int32  // the source before a sink
	from     []int32  // the sink before a source, −1 for none
	queue    []int32

	lost, lostSink []uint64 // what searches that found nothing have seen
}

// Words is how many words of 64 bits hold a bit for each of n.
func Words(n int) int { return (n + 63) / 64 }

// Set begins a problem of as many sources and sinks, with Supply and Demand to be filled in
// and nobody within reach.
func (h *Hops) Set(sources, sinks int) {
	w := Words(sinks)
	h.Supply, h.Demand = reuse(h.Supply, sources), reuse(h.Demand, sinks)
	h.One, h.Two = reuse(h.One, sources*w), reuse(h.Two, sources*w)
}

// reuse returns n zeros.
func reuse[T any](s []T, n int) []T {
	s = slices.Grow(s[:0], n)[:n]
	clear(s)
	return s
}

// Least returns the least number of steps in all, each counted as often as units take it.
// Errors: ctx.Err().
func (h *Hops) Least(ctx context.Context) (int64, error) {
	m, k := len(h.Supply), len(h.Demand)
	words, back := Words(k), Words(m)
	h.flow, h.carries = reuse(h.flow, m*k), reuse(h.carries, k*back)
	h.open, h.seenSink, h.seen = reuse(h.open, words), reuse(h.seenSink, words), reuse(h.seen, back)
	h.sinkFrom, h.from = slices.Grow(h.sinkFrom[:0], k)[:k], slices.Grow(h.from[:0], m)[:m]
	for j, d := range h.Demand {
		if d > 0 {
			h.open[j/64] |= 1 << (j % 64)
		}
	}
	total, err := h.push(ctx)
	if err != nil {
		return 0, err
	}
	left := int64(0)
	for _, s := range h.Supply {
		left += s
	}
	if left == 0 {
		return total, nil
	}
	// What the searches that found nothing have seen is what can be reached at one step.
	// From there two steps lead out of it, and within and without it one, as before.
	for i := range m {
		one, two := h.One[i*words:(i+1)*words], h.Two[i*words:(i+1)*words]
		if h.seen[i/64]>>(i%64)&1 == 1 {
			for w := range one {
				one[w] = one[w]&h.seenSink[w] | two[w]&^h.seenSink[w]
			}
		} else {
			for w := range one {
				one[w] &^= h.seenSink[w]
			}
		}
	}
	clear(h.seen)
	clear(h.seenSink)
	second, err := h.push(ctx)
	return total + 2*second + 3*(left-second), err
}

// push carries as much as it can from sources to sinks that they reach by One, and returns
// how much that is.
func (h *Hops) push(ctx context.Context) (sum int64, err error) {
	h.lost, h.lostSink = append(h.lost[:0], h.seen...), append(h.lostSink[:0], h.seenSink...)
	for i := range h.Supply {
		if i%between == between-1 && ctx.Err() != nil {
			return 0, ctx.Err()
		}
		for h.Supply[i] > 0 {
			end := h.search(i)
			if end < 0 {
				// Nothing that it has seen leads on, now or later.
				copy(h.lost, h.seen)
				copy(h.lostSink, h.seenSink)
				break
			}
			copy(h.seen, h.lost)
			copy(h.seenSink, h.lostSink)
			sum += h.augment(i, end)
		}
	}
	return sum, nil
}

// search looks for a shortest path from a source to a sink that wants more, and returns
// that, or −1.
func (h *Hops) search(source int) int {
	words, back := Words(len(h.Demand)), Words(len(h.Supply))
	if h.seen[source/64]>>(source%64)&1 == 1 {
		return -1
	}
	h.seen[source/64] |= 1 << (source % 64)
	h.from[source] = -1
	h.queue = append(h.queue[:0], int32(source))
	for q := 0; q < len(h.queue); q++ {
		i := int(h.queue[q])
		one := h.One[i*words : (i+1)*words]
		for w, reach := range one {
			if ready := reach & h.open[w] &^ h.seenSink[w]; ready != 0 {
				j := 64*w + bits.TrailingZeros64(ready)
				h.sinkFrom[j] = int32(i)
				return j
			}
		}
		for w, reach := range one {
			fresh := reach &^ h.seenSink[w]
			h.seenSink[w] |= fresh
			for ; fresh != 0; fresh &= fresh - 1 {
				j := 64*w + bits.TrailingZeros64(fresh)
				h.sinkFrom[j] = int32(i)
				for v, holds := range h.carries[j*back : (j+1)*back] {
					others := holds &^ h.seen[v]
					h.seen[v] |= others
					for ; others != 0; others &= others - 1 {
						o := int32(64*v + bits.TrailingZeros64(others))
						h.from[o] = int32(j)
						h.queue = append(h.queue, o)
					}
				}
			}
		}
	}
	return -1
}

// augment carries what it can along the path to a sink, and returns how much.
func (h *Hops) augment(source, end int) int64 {
	k, back := len(h.Demand), Words(len(h.Supply))
	amount := min(h.Supply[source], h.Demand[end])
	for j := end; ; {
		i := int(h.sinkFrom[j])
		if i == source {
			break
		}
		j = int(h.from[i])
		amount = min(amount, h.flow[i*k+j])
	}
	h.Supply[source] -= amount
	if h.Demand[end] -= amount; h.Demand[end] == 0 {
		h.open[end/64] &^= 1 << (end % 64)
	}
	for j := end; ; {
		i := int(h.sinkFrom[j])
		h.flow[i*k+j] += amount
		h.carries[j*back+i/64] |= 1 << (i % 64)
		if i == source {
			return amount
		}
		j = int(h.from[i])
		if h.flow[i*k+j] -= amount; h.flow[i*k+j] == 0 {
			h.carries[j*back+i/64] &^= 1 << (i % 64)
		}
	}
}
