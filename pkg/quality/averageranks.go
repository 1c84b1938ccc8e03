package quality

import (
	"context"
	"math"
	"math/bits"

	"github.com/flatland-go/flatland/internal/par"
)

// sorter is the memory of ranking: 20 bytes a value, and 4 for every order that it
// returns.
type sorter struct{ keys, spare []uint64 }

func newSorter(n int) *sorter { return &sorter{make([]uint64, n), make([]uint64, n)} }

const (
	digit     = 11      // bits that are sorted by at once
	chunkSize = 1 << 17 // values that one goroutine counts and moves
)

// rank replaces values, which must be 0 or more and no negative zeros, by twice
// their average ranks less the mean of these, which are whole numbers and add up
// to 0. It returns their order, equal ones by index.
func (s *sorter) rank(ctx context.Context, values []float64) ([]uint32, error) {
	n := len(values)
	order, err := s.sort(ctx, values)
	if err != nil {
		return nil, err
	}
	keys := s.keys
	err = par.Blocks(ctx, n, chunkSize, func(lo, hi int) {
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
	return order, err
}

// sort leaves the values in order in keys, and returns whose they are. It sorts by
// digits, the last first, each in chunks that know where their own go: the bits of
// such numbers are in their order.
func (s *sorter) sort(ctx context.Context, values []float64) ([]uint32, error) {
	n := len(values)
	order, next := make([]uint32, n), make([]uint32, n)
	chunks := (n + chunkSize - 1) / chunkSize
	differs := make([]uint64, chunks)
	first := math.Float64bits(values[0])
	err := par.Blocks(ctx, n, chunkSize, func(lo, hi int) {
		differ := uint64(0)
		for i := lo; i < hi; i++ {
			key := math.Float64bits(values[i])
			s.keys[i], order[i] = key, uint32(i)
			differ |= key ^ first
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
			for _, k := range s.keys[lo:hi] {
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
			for i, k := range s.keys[lo:hi] {
				to := &place[k>>shift&(1<<digit-1)]
				s.spare[*to], next[*to] = k, order[lo+i]
				*to++
			}
		})
		if err != nil {
			return nil, err
		}
		s.keys, s.spare, order, next = s.spare, s.keys, next, order
	}
	return order, nil
}
