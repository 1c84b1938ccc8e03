// Package rng gives every row of every purpose a random stream of its own.
//
// A stream is a counter that is mixed under two keys made from (seed, purpose,
// row): the numbers a row receives depend on nothing else, so rows can be
// processed in any order on any number of cores.
package rng

import (
	"math"
	"math/bits"
)

// Stream is one stream of random numbers. It implements math/rand/v2.Source.
type Stream struct {
	k0, k1 uint64
	n      uint64
}

// New returns the stream of a row for a purpose, which names what the numbers
// are for ("swissroll", "tsne/start"), so that two uses of one seed never share
// numbers.
func New(seed uint64, purpose string, row int) Stream {
	// FNV-1a of the purpose; the finaliser below repairs its weak high bits.
	h := uint64(14695981039346656037)
	for i := range len(purpose) {
		h = (h ^ uint64(purpose[i])) * 1099511628211
	}
	k0 := mix(seed ^ mix(h))
	return Stream{k0: k0, k1: mix(k0 ^ mix(uint64(row)+golden))}
}

const golden = 0x9E3779B97F4A7C15

// mix is the finaliser of SplitMix64 (Steele, Lea and Flood, 2014, Fast
// splittable pseudorandom number generators).
func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}

// Uint64 returns 64 random bits. Two rounds under two keys keep streams whose
// counters would otherwise be shifted copies of each other apart.
func (s *Stream) Uint64() uint64 {
	s.n++
	return mix(s.k0 ^ mix(s.k1+s.n*golden))
}

// Float64 returns a number in [0, 1) with 53 random bits.
func (s *Stream) Float64() float64 {
	return float64(s.Uint64()>>11) * 0x1p-53
}

// Normal returns a standard normal number (Box and Muller, 1958), consuming two
// uniform ones.
func (s *Stream) Normal() float64 {
	u := 1 - s.Float64() // in (0, 1], so that the logarithm is finite
	return math.Sqrt(-2*math.Log(u)) * math.Cos(2*math.Pi*s.Float64())
}

// IntN returns a number in [0, n), n > 0, with a bias below n/2⁶⁴.
func (s *Stream) IntN(n int) int {
	hi, _ := bits.Mul64(s.Uint64(), uint64(n))
	return int(hi)
}

// Shuffle permutes n elements by swaps (Fisher and Yates).
func (s *Stream) Shuffle(n int, swap func(i, j int)) {
	for i := n - 1; i > 0; i-- {
		swap(i, s.IntN(i+1))
	}
}
