package rng

import (
	"math"
	"testing"
)

func TestStreamsDependOnEveryKey(t *testing.T) {
	first := func(seed uint64, purpose string, row int) uint64 {
		s := New(seed, purpose, row)
		return s.Uint64()
	}
	base := first(1, "a", 0)
	if first(1, "a", 0) != base {
		t.Error("the same keys give another number")
	}
	for name, other := range map[string]uint64{
		"seed": first(2, "a", 0), "purpose": first(1, "b", 0), "row": first(1, "a", 1),
	} {
		if other == base {
			t.Errorf("another %s gives the same number", name)
		}
	}
}

// Moments of single streams, and across the first numbers of neighbouring rows,
// where a weak mixer would show.
func TestMoments(t *testing.T) {
	const n = 200_000
	draws := map[string]func(i int, s *Stream) *Stream{
		"along a stream": func(i int, s *Stream) *Stream { return s },
		"across rows":    func(i int, s *Stream) *Stream { r := New(3, "rows", i); return &r },
		"across seeds":   func(i int, s *Stream) *Stream { r := New(uint64(i), "seeds", 0); return &r },
	}
	for name, next := range draws {
		s := New(7, "moments", 0)
		var mean, square, lag, last float64
		var normal, normal2, normal4 float64
		for i := range n {
			r := next(i, &s)
			u := r.Float64() - 0.5
			mean += u / n
			square += u * u / n
			lag += u * last / n
			last = u
			z := r.Normal()
			normal += z / n
			normal2 += z * z / n
			normal4 += z * z * z * z / n
		}
		// Six standard errors of each statistic.
		near := func(what string, got, want, se float64) {
			if math.Abs(got-want) > 6*se/math.Sqrt(n) {
				t.Errorf("%s: %s is %v, want %v ± %v", name, what, got, want, 6*se/math.Sqrt(n))
			}
		}
		near("mean", mean, 0, math.Sqrt(1./12))
		near("variance", square, 1./12, math.Sqrt(1./180))
		near("lag-1 product", lag, 0, 1./12)
		near("normal mean", normal, 0, 1)
		near("normal variance", normal2, 1, math.Sqrt2)
		near("normal kurtosis", normal4, 3, math.Sqrt(96))
	}
}

func TestIntNIsUniform(t *testing.T) {
	s := New(1, "intn", 0)
	var count [10]int
	const n = 100_000
	for range n {
		count[s.IntN(10)]++
	}
	var chi2 float64
	for _, c := range count {
		d := float64(c) - n/10
		chi2 += d * d / (n / 10)
	}
	if chi2 > 33.7 { // χ² with 9 degrees of freedom, p = 1e-4
		t.Errorf("χ² = %v for %v", chi2, count)
	}
}
