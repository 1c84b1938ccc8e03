package affinity_test

import (
	"errors"
	"fmt"
	"math"
	"testing"

	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/mat32"
)

func ExamplePerplexity() {
	squared := []float64{1, 1, 4, 9, 100}
	weights := make([]float64, len(squared))
	_, reached, err := affinity.Perplexity(weights, squared, 3)
	fmt.Printf("%.3f %.3f %v\n", weights, reached, err)
	// Output: [0.416 0.416 0.143 0.024 0.000] 3.000 <nil>
}

// Random rows of every scale, and rows whose distances differ by a hundred
// orders of magnitude.
func TestPerplexityIsReached(t *testing.T) {
	rows := map[string][]float64{
		"minute gaps":  {0, 1e-90, 2e-90, 1},
		"denormal":     {0, 1e-310, 2e-310, 3e-310, 5e-310},
		"huge":         {0, 1e307, 2e307, 1.7e308},
		"far outlier":  {1, 1.5, 2, 2.5, 1e200},
		"two clusters": {1, 1.001, 1.002, 1e6, 1e6 + 1, 1e6 + 2},
	}
	for row := range 50 {
		s := rng.New(1, "perplexity", row)
		squared := make([]float64, 20+row)
		for i := range squared {
			squared[i] = (5 + s.Float64()) * math.Pow(10, float64(row%13-6))
		}
		rows[fmt.Sprint("random ", row)] = squared
	}
	for name, squared := range rows {
		for _, want := range []float64{1.2, 1.5, 2.5, 5, 19} {
			if want >= float64(len(squared)) {
				continue
			}
			p := make([]float64, len(squared))
			beta, reached, err := affinity.Perplexity(p, squared, want)
			var sum, h float64
			for _, v := range p {
				sum += v
				if v > 0 {
					h -= v * math.Log(v)
				}
			}
			if err != nil || math.Abs(sum-1) > 1e-12 || math.Abs(math.Exp(h)/want-1) > 1e-8 || math.Abs(reached/want-1) > 1e-8 {
				t.Errorf("%s: perplexity %v (says %v) with β=%v, sum %v, want %v: %v", name, math.Exp(h), reached, beta, sum, want, err)
			}
			// β belongs to the distances as they were given.
			if d := squared[1] - squared[0]; beta*d < 30 && math.Abs(p[1]/p[0]/math.Exp(-beta*d)-1) > 1e-6 {
				t.Errorf("%s: β=%v does not give the weights %v", name, beta, p[:2])
			}
		}
	}
}

func TestTiesShareTheWeight(t *testing.T) {
	p := make([]float64, 6)
	beta, reached, err := affinity.Perplexity(p, []float64{0, 0, 0, 0, 1, 2}, 3)
	if err != nil || reached != 4 || !math.IsInf(beta, 1) || p[0] != 0.25 || p[3] != 0.25 || p[4] != 0 {
		t.Errorf("four ties, perplexity 3: %v, β=%v, reached %v, %v", p, beta, reached, err)
	}
	beta, reached, err = affinity.Perplexity(p, []float64{2, 2, 2, 2, 2, 2}, 3)
	if err != nil || reached != 6 || beta != 0 || p[0] != 1./6 {
		t.Errorf("all equal: %v, β=%v, reached %v, %v", p, beta, reached, err)
	}
	beta, reached, err = affinity.Perplexity(p, []float64{1, 2, 3, 4, 5, 6}, 7)
	if err != nil || reached != 6 || beta != 0 || p[5] != 1./6 {
		t.Errorf("perplexity of everything: %v, β=%v, reached %v, %v", p, beta, reached, err)
	}
}

func TestPerplexityBadInput(t *testing.T) {
	var param *mat32.ParamError
	var shape *mat32.ShapeError
	good := []float64{1, 2, 3}
	for name, c := range map[string]struct {
		dst, squared []float64
		perplexity   float64
		want         any
	}{
		"NaN distance":   {make([]float64, 3), []float64{1, math.NaN(), 2}, 2, &param},
		"Inf distance":   {make([]float64, 3), []float64{1, math.Inf(1), 2}, 2, &param},
		"negative":       {make([]float64, 3), []float64{1, -1, 2}, 2, &param},
		"NaN perplexity": {make([]float64, 3), good, math.NaN(), &param},
		"too small":      {make([]float64, 3), good, 0.5, &param},
		"lengths":        {make([]float64, 2), good, 2, &shape},
		"empty":          {nil, nil, 2, &shape},
	} {
		if _, _, err := affinity.Perplexity(c.dst, c.squared, c.perplexity); !errors.As(err, c.want) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
