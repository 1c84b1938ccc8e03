package affinity_test

import (
	"context"
	"errors"
	"math"
	"testing"

	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// Weights of several perplexities are the mean of those by each.
func TestEntropicOfSeveralPerplexities(t *testing.T) {
	x := datasets.Iris().X
	weights := func(e affinity.Entropic) *affinity.Sparse { return weigh(t, e, x) }
	both := weights(affinity.Entropic{Perplexities: []float64{4, 20}})
	a, b := weights(affinity.Entropic{Perplexity: 4, Neighbors: 60}), weights(affinity.Entropic{Perplexity: 20})
	for i := range 150 {
		for j := range 150 {
			if got, want := both.At(i, j), (a.At(i, j)+b.At(i, j))/2; math.Abs(got-want) > 1e-15 {
				t.Fatalf("%d, %d: %v, want %v", i, j, got, want)
			}
		}
	}
	one := weights(affinity.Entropic{Perplexities: []float64{20}})
	for i := range 150 {
		for j := range 150 {
			if math.Abs(one.At(i, j)-b.At(i, j)) > 1e-16 {
				t.Fatalf("one perplexity: %d, %d: %v, want %v", i, j, one.At(i, j), b.At(i, j))
			}
		}
	}
}

// Weights of a bandwidth by their definition, on all rows.
func TestEntropicOfABandwidth(t *testing.T) {
	const n, width = 40, 0.7
	x := datasets.Iris().X.Slice(0, n, 0, 4)
	got := weigh(t, affinity.Entropic{Bandwidth: width, Neighbors: n - 1}, x)
	p := make([][]float64, n)
	for i := range p {
		p[i] = make([]float64, n)
		sum := 0.
		for j := range n {
			if j == i {
				continue
			}
			d := 0.
			for c := range 4 {
				d += math.Pow(x.At(i, c)-x.At(j, c), 2)
			}
			p[i][j] = math.Exp(-d / (2 * width * width))
			sum += p[i][j]
		}
		for j := range n {
			p[i][j] /= sum
		}
	}
	for i := range n {
		for j := range n {
			if want := (p[i][j] + p[j][i]) / (2 * n); math.Abs(got.At(i, j)-want) > 1e-14 {
				t.Fatalf("%d, %d: %v, want %v", i, j, got.At(i, j), want)
			}
		}
	}
	for _, s := range got.Scales {
		if s != width {
			t.Errorf("scale %v", s)
		}
	}
	for _, bad := range []affinity.Entropic{{Bandwidth: -1}, {Bandwidth: math.Inf(1)}, {Bandwidth: 1, Perplexities: []float64{3}}, {Perplexities: []float64{}},
		{Perplexities: []float64{3, 40}}, {Perplexities: []float64{3, math.NaN()}}, {Perplexities: []float64{3, 8}, Neighbors: 7}} {
		if _, err := bad.Weigh(context.Background(), x); !errors.As(err, new(*mat32.ParamError)) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	if s := weigh(t, affinity.Entropic{Bandwidth: width, Metric: neighbors.Manhattan{}}, x); s.NNZ() == 0 || s.Kernel != "bandwidth 0.7 of 39 neighbours" {
		t.Errorf("%v", s)
	}
}
