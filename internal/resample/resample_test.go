package resample

import (
	"math"
	"slices"
	"testing"
)

func TestBootstrapDrawsAsManyRows(t *testing.T) {
	const n, replicates = 50, 2000
	mean, square := make([]float64, n), 0.
	counts := make([]float64, n)
	for b := range replicates {
		Bootstrap(3, "test", b, counts)
		sum := 0.
		for i, c := range counts {
			sum += c
			mean[i] += c / replicates
			square += (c - 1) * (c - 1) / (n * replicates)
		}
		if sum != n {
			t.Fatalf("replicate %d has %v rows", b, sum)
		}
	}
	for i, m := range mean {
		if math.Abs(m-1) > 5/math.Sqrt(replicates) {
			t.Errorf("row %d is drawn %v times", i, m)
		}
	}
	if math.Abs(square-(1-1./n)) > .02 { // of a binomial count
		t.Errorf("counts have the variance %v", square)
	}
	again, other := slices.Clone(counts), make([]float64, n)
	Bootstrap(3, "test", replicates-1, again)
	Bootstrap(4, "test", replicates-1, other)
	if !slices.Equal(again, counts) || slices.Equal(other, counts) {
		t.Error("a replicate hangs on its seed and number alone")
	}
}

func TestPermutationsAreUniform(t *testing.T) {
	const replicates = 6000
	seen := map[[3]int]float64{}
	for b := range replicates {
		var p [3]int
		Permutation(1, "test", b, p[:])
		seen[p]++
	}
	if len(seen) != 6 {
		t.Errorf("%d of 6 permutations", len(seen))
	}
	for p, n := range seen {
		if math.Abs(n-1000) > 5*math.Sqrt(1000) {
			t.Errorf("%v is drawn %v times of %d", p, n, replicates)
		}
	}
}

func TestReadings(t *testing.T) {
	v := []float64{4, 1, 3, 2}
	for q, want := range map[float64]float64{0: 1, 1: 4, .5: 2.5, 1. / 3: 2} {
		if got := Quantile(q, v); math.Abs(got-want) > 1e-12 {
			t.Errorf("the %v-quantile is %v, want %v", q, got, want)
		}
	}
	if Quantile(.3, []float64{7}) != 7 {
		t.Error("the quantile of one replicate is itself")
	}
	if got := PValue(3, v); got != 3./5 {
		t.Errorf("p = %v", got)
	}
	if got := PValue(9, v); got != 1./5 {
		t.Errorf("p = %v beyond all replicates", got)
	}
	if got := StdErr(v); math.Abs(got-math.Sqrt(5./3)) > 1e-12 {
		t.Errorf("standard error %v", got)
	}
	if v[0] != 4 {
		t.Error("the replicates are sorted in place")
	}
}
