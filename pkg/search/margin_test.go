package search_test

import (
	"errors"
	"math"
	"testing"

	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/search"
)

func TestNormalizedMargin(t *testing.T) {
	for _, c := range []struct {
		q, a, b []float64
		want    float64
	}{
		{[]float64{1, 0}, []float64{3, 3}, []float64{0, 3}, 1},
		{[]float64{1, 0}, []float64{0, 3}, []float64{3, 3}, -1},
		{[]float64{2, 0}, []float64{3, 4}, []float64{0, 0}, .6},
		{[]float64{1e200, 0}, []float64{3e-200, 4e-200}, []float64{0, 0}, .6},
		{[]float64{1, 1}, []float64{math.MaxFloat64, 0}, []float64{-math.MaxFloat64, 0}, math.Sqrt(.5)},
		{[]float64{0, 0}, []float64{1, 2}, []float64{0, 0}, 0},
		{[]float64{1, 2}, []float64{1, 2}, []float64{1, 2}, 0},
	} {
		if got := must(search.NormalizedMargin(c.q, c.a, c.b)); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%v between %v and %v: %v, want %v", c.q, c.a, c.b, got, c.want)
		}
	}
	var re *mat32.RaggedError
	var ne *mat32.NotFiniteError
	var pe *mat32.ParamError
	if _, err := search.NormalizedMargin([]float64{1}, []float64{1, 2}, []float64{1}); !errors.As(err, &re) {
		t.Errorf("other lengths: %v", err)
	}
	if _, err := search.NormalizedMargin(nil, nil, nil); !errors.As(err, &re) {
		t.Errorf("no values: %v", err)
	}
	if _, err := search.NormalizedMargin([]float64{1}, []float64{math.NaN()}, []float64{1}); !errors.As(err, &ne) {
		t.Errorf("a NaN: %v", err)
	}
	for _, c := range [][2]float64{{0, .1}, {1.1, .1}, {.1, 0}, {.1, 1}, {math.NaN(), .1}, {1e-9, .1}} {
		if _, err := search.MinDimForMargin(c[0], c[1]); !errors.As(err, &pe) {
			t.Errorf("margin %v, failure %v: %v", c[0], c[1], err)
		}
	}
	for _, margin := range []float64{.05, .3, 1} {
		k := must(search.MinDimForMargin(margin, .05))
		if search.MarginFailure(margin, k) > .05 || search.MarginFailure(margin, k-1) <= .05 {
			t.Errorf("margin %v: %d directions fail with %v, one less with %v", margin, k, search.MarginFailure(margin, k), search.MarginFailure(margin, k-1))
		}
	}
}

// Normal projections turn no preference round more often than the bound allows: 10 000 draws of
// each margin and number of directions. Only the plane of the query and the difference counts:
// what a projection makes of the query is u, of k normal numbers, and across it the difference
// is normal as well.
func TestTheMarginBoundIsNeverViolated(t *testing.T) {
	trials := 10_000
	if testing.Short() {
		trials = 500 // what may race is elsewhere
	}
	told, turned := 0, 0
	for mi, margin := range []float64{.1, .2, .4, .6, .8} {
		across := math.Sqrt(1 - margin*margin)
		for _, k := range []int{4, 8, 16, 32, 64, 128} {
			s := rng.New(uint64(k), "search/margin", mi)
			fails := 0
			for range trials {
				square := 0.
				for range k {
					u := s.Normal()
					square += u * u
				}
				if margin*square+across*math.Sqrt(square)*s.Normal() <= 0 {
					fails++
				}
			}
			bound := search.MarginFailure(margin, k)
			if bound < 1 {
				told++
			}
			if fails > 0 {
				turned++
			}
			if share := float64(fails) / float64(trials); share > bound {
				t.Errorf("margin %v, %d directions: %v of all draws turn it round, the bound is %v", margin, k, share, bound)
			}
		}
	}
	if told < 8 || turned < 10 {
		t.Errorf("the bound says something of %d settings, and %d see a failure: too few to tell", told, turned)
	}
}
