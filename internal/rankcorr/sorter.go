// Package rankcorr ranks values and correlates ranks: Spearman's ρ is made of average
// ranks, Kendall's τ of the pairs that two orders agree on.
package rankcorr

import (
	"context"
	"math"
	"math/bits"

	"github.com/flatland-go/flatland/internal/par"
)

// Sorter is the memory of ranking: 16 bytes a value, and 8 more while it sorts. What Keys
// and Spare hold afterwards is of no use to anybody, but their memory may be.
type Sorter struct{ Keys, Spare []uint64 }

// NewSorter returns a sorter of n values, at most 2³²−1.
func NewSorter(n int) *Sorter { return &Sorter{make([]uint64, n), make([]uint64, n)} }

const (
	digit     = 11      // bits that are sorted by at once
	chunkSize = 1 << 17 // values that one goroutine counts and moves
)

// Rank replaces values, which must be finite, by twice their average ranks less twice the
// mean of these, which are whole numbers and add up to 0. It returns their order, equal ones
// by index. The error is ctx.Err().
func (s *Sorter) Rank(ctx context.Context, values []float64) ([]uint32, error) {
	order, err := s.Sort(ctx, values)
	if err != nil {
		return nil, err
	}
	return order, s.RankInOrder(ctx, values, order)
}

// RankInOrder is Rank of values whose order, however it treats equal ones, is known.
func (s *Sorter) RankInOrder(ctx context.Context, values []float64, order []uint32) error {
	n, keys := len(values), s.Keys
	err := par.Blocks(ctx, n, chunkSize, func(lo, hi int) {
		for i, t := range order[lo:hi] {
			keys[lo+i] = key(values[t])
		}
	})
	if err != nil {
		return err
	}
	return par.Blocks(ctx, n, chunkSize, func(lo, hi int) {
		first := lo
		for ; first < hi && first > 0 && keys[first] == keys[first-1]; first++ {
			// These are of whoever comes first among their equals.
		}
		for first < hi {
			end := first + 1
			for end < n && keys[end] == keys[first] {
				end++
			}
			r := float64(first + end - n)
			for _, i := range order[first:end] {
				values[i] = r
			}
			first = end
		}
	})
}

// Sort returns the order of the values, which must be finite, equal ones by index. It
// leaves their keys, which are in the order of the values, sorted in Keys. It sorts by
// digits, the last first, each in chunks that know where their own go. The error is
// ctx.Err().
func (s *Sorter) Sort(ctx context.Context, values []float64) ([]uint32, error) {
	return s.SortFrom(ctx, values, nil)
}

// SortFrom is Sort with equal values in the order that they have in from, which lists
// their indices; nil is that of the indices.
func (s *Sorter) SortFrom(ctx context.Context, values []float64, from []uint32) ([]uint32, error) {
	n := len(values)
	if n == 0 {
		return nil, ctx.Err()
	}
	order, next := make([]uint32, n), make([]uint32, n)
	chunks := (n + chunkSize - 1) / chunkSize
	differs := make([]uint64, chunks)
	first := key(values[0])
	err := par.Blocks(ctx, n, chunkSize, func(lo, hi int) {
		differ := uint64(0)
		for i := lo; i < hi; i++ {
			t := uint32(i)
			if from != nil {
				t = from[i]
			}
			k := key(values[t])
			s.Keys[i], order[i] = k, t
			differ |= k ^ first
		}
		differs[lo/chunkSize] = differ
	})
	if err != nil {
		return nil, err
	}
	differ := uint64(0)
	for _, d := range differs {
		differ |= d
	}
	places := make([][1 << digit]uint32, chunks)
	for shift := bits.TrailingZeros64(differ); shift < bits.Len64(differ); shift += digit {
		err := par.Blocks(ctx, n, chunkSize, func(lo, hi int) {
			count := &places[lo/chunkSize]
			clear(count[:])
			for _, k := range s.Keys[lo:hi] {
				count[k>>shift&(1<<digit-1)]++
			}
		})
		if err != nil {
			return nil, err
		}
		sum := uint32(0)
		for d := range 1 << digit {
			for c := range places {
				count := places[c][d]
				places[c][d] = sum
				sum += count
			}
		}
		err = par.Blocks(ctx, n, chunkSize, func(lo, hi int) {
			place := &places[lo/chunkSize]
			for i, k := range s.Keys[lo:hi] {
				to := &place[k>>shift&(1<<digit-1)]
				s.Spare[*to], next[*to] = k, order[lo+i]
				*to++
			}
		})
		if err != nil {
			return nil, err
		}
		s.Keys, s.Spare, order, next = s.Spare, s.Keys, next, order
	}
	return order, nil
}

// key returns bits in the order of the values: those of numbers below 0 upside down, and
// both zeros the same.
func key(v float64) uint64 {
	b := math.Float64bits(v + 0)
	if b>>63 != 0 {
		return ^b
	}
	return b | 1<<63
}
