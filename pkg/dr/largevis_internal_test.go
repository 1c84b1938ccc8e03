package dr

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/dr/layout"
)

func entropicOf(t *testing.T, n int) (LargeVis, *affinity.Sparse) {
	t.Helper()
	x := fixture.Normal(1, n, 4)
	l, err := LargeVis{Perplexity: 8}.Resolve(n, 4)
	if err != nil {
		t.Fatal(err)
	}
	s, err := affinity.Entropic{Perplexity: l.Perplexity, Neighbors: l.Neighbors}.Weigh(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	return l, s
}

// The forces are the gradients of the logarithms of the likelihood, by differences of it:
// that of an edge, and the strength times that of a point that pushes, but for the core.
func TestLargeVisForcesByDifferences(t *testing.T) {
	const h = 1e-6
	l, err := LargeVis{}.Resolve(100, 3)
	if err != nil {
		t.Fatal(err)
	}
	pull, push := l.forces(1)
	f := func(d float64) float64 { return 1 / (1 + d*d) }
	for _, d := range []float64{.3, 1, 2.5, 20} {
		slope := (math.Log(f(d+h)) - math.Log(f(d-h))) / (2 * h)
		if got := float64(pull.At(float32(d*d))) * d; math.Abs(got-slope) > 1e-3*math.Abs(slope) {
			t.Errorf("at distance %v edges pull by %v, want %v", d, got, slope)
		}
		slope = 7 * (math.Log(1-f(d+h)) - math.Log(1-f(d-h))) / (2 * h)
		slope *= d * d / (.1 + d*d) // the core keeps it finite
		if got := float64(push.At(float32(d*d))) * d; math.Abs(got-slope) > 1e-3*math.Abs(slope) {
			t.Errorf("at distance %v points push by %v, want %v", d, got, slope)
		}
	}
}

// The likelihood is that of all pairs, written down.
func TestLargeVisLikelihood(t *testing.T) {
	const n = 40
	l, s := entropicOf(t, n)
	degrees := s.Degrees()
	z := fixture.Normal(2, n, 2)
	y := make([]float32, 2*n)
	for i := range y {
		y[i] = float32(z.RawMatrix().Data[i])
	}
	got, err := l.likelihood(s, degrees)(context.Background(), y)
	if err != nil {
		t.Fatal(err)
	}
	squared := func(i, j int) float64 {
		return math.Pow(float64(y[2*i]-y[2*j]), 2) + math.Pow(float64(y[2*i+1]-y[2*j+1]), 2)
	}
	list := pushers(degrees)
	edges, negatives, all := 0., 0., 0.
	for i := range n {
		all += degrees[i]
		for j := range n {
			edges -= s.At(i, j) * math.Log(1/(1+squared(i, j)))
		}
		for _, k := range list {
			v := max(squared(i, int(k)), .1)
			negatives -= degrees[i] / float64(len(list)) * math.Log(1-1/(1+v))
		}
	}
	if want := (edges + 7*5*negatives) / all; math.Abs(got-want) > 1e-5*want {
		t.Errorf("the negative log likelihood is %v, want %v", got, want)
	}
}

// Rows push as often as their degree to the power of ¾ says.
func TestLargeVisPushers(t *testing.T) {
	degrees := make([]float64, 1000)
	sum := 0.
	for i := range degrees {
		degrees[i] = 1 + float64(i%10)
		sum += math.Pow(degrees[i], .75)
	}
	degrees[17] = 0
	sum -= math.Pow(8, .75)
	list := pushers(degrees)
	var count [1000]int
	for _, i := range list {
		count[i]++
	}
	if count[17] != 1 || !slices.IsSorted(list) {
		t.Errorf("a row without weights is listed %d times", count[17])
	}
	for d := range 10 {
		got, want := 0., 0.
		for i := d; i < 1000; i += 10 {
			if i != 17 {
				got += float64(count[i]) / float64(len(list))
				want += math.Pow(degrees[i], .75) / sum
			}
		}
		if math.Abs(got-want) > .01*want {
			t.Errorf("rows of degree %d push %.4f of the time, want %.4f", d+1, got, want)
		}
	}
}

// As many of the edges that are kept fire as Samples wants, few or many, each as often as
// it weighs, in epochs that the optimiser takes.
func TestLargeVisSchedule(t *testing.T) {
	const n = 200
	l, s := entropicOf(t, n)
	for _, samples := range []int{1, 3, 100, 10_000, 1_000_000} {
		l.Samples = samples
		scheduled(t, l, s, n)
	}
	// Weights of one neighbour, of which no more than one an epoch can fire.
	pairs, err := affinity.NewSparse(2, []int{0, 1, 2}, []int32{1, 0}, []float64{1, 1})
	if err != nil {
		t.Fatal(err)
	}
	scheduled(t, l, pairs, 2)
}

func scheduled(t *testing.T, l LargeVis, s *affinity.Sparse, n int) {
	t.Helper()
	all := 0.
	for _, w := range s.Degrees() {
		all += w
	}
	row, most, epochs := l.schedule(s, all)
	if epochs < 50 || epochs > 1_000_000 {
		t.Fatalf("%d epochs", epochs)
	}
	edges, err := layout.NewEdges(context.Background(), n, row, most, math.MaxInt)
	if err != nil {
		t.Fatal(err)
	}
	fired := 0.
	for i := range n {
		for _, e := range edges.Row(i) {
			fired += float64(e.Rate) / (1 << 32) * float64(epochs)
		}
		tails, weights := row(i)
		columns, values := s.Row(i)
		for k, j := range columns {
			sum := 0.
			for e, tail := range tails {
				if tail == j {
					sum += weights[e]
				}
			}
			if math.Abs(sum-values[k]) > 1e-12 {
				t.Fatalf("edge %d–%d has weights of %v, want %v", i, j, sum, values[k])
			}
		}
		for _, w := range weights {
			if w > most {
				t.Fatalf("an edge of row %d weighs %v, more than %v", i, w, most)
			}
		}
	}
	if want := float64(l.Samples * n); math.Abs(fired-want) > .01*want {
		t.Errorf("of %d samples %v edges fire, want %v", l.Samples, fired, want)
	}
}
