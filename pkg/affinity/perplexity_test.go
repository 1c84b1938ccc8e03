package affinity_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/affinity"
)

func ExamplePerplexity() {
	squared := []float64{1, 1, 4, 9, 100}
	weights := make([]float64, len(squared))
	_, ok := affinity.Perplexity(weights, squared, 3)
	fmt.Printf("%.3f %v\n", weights, ok)
	// Output: [0.416 0.416 0.143 0.024 0.000] true
}

func TestPerplexityIsReached(t *testing.T) {
	for row := range 50 {
		s := rng.New(1, "perplexity", row)
		squared := make([]float64, 20+row)
		scale := math.Pow(10, float64(row%13-6))
		for i := range squared {
			squared[i] = (5 + s.Float64()) * scale
		}
		for _, want := range []float64{1.5, 5, 19} {
			p := make([]float64, len(squared))
			beta, ok := affinity.Perplexity(p, squared, want)
			var sum, h float64
			for _, v := range p {
				sum += v
				if v > 0 {
					h -= v * math.Log(v)
				}
			}
			if !ok || math.Abs(sum-1) > 1e-12 || math.Abs(math.Exp(h)/want-1) > 1e-6 {
				t.Fatalf("row %d: perplexity %v with β=%v, sum %v, want %v", row, math.Exp(h), beta, sum, want)
			}
		}
	}
}

func TestTiesShareTheWeight(t *testing.T) {
	p := make([]float64, 6)
	beta, ok := affinity.Perplexity(p, []float64{0, 0, 0, 0, 1, 2}, 3)
	if ok || !math.IsInf(beta, 1) || p[0] != 0.25 || p[3] != 0.25 || p[4] != 0 {
		t.Errorf("four ties, perplexity 3: %v, β=%v, ok=%v", p, beta, ok)
	}
	beta, ok = affinity.Perplexity(p, []float64{2, 2, 2, 2, 2, 2}, 3)
	if ok || beta != 0 || p[0] != 1./6 {
		t.Errorf("all equal: %v, β=%v, ok=%v", p, beta, ok)
	}
	beta, ok = affinity.Perplexity(p, []float64{1, 2, 3, 4, 5, 6}, 6)
	if !ok || beta != 0 || p[5] != 1./6 {
		t.Errorf("perplexity of everything: %v, β=%v, ok=%v", p, beta, ok)
	}
}
