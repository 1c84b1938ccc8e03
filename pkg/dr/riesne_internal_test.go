package dr

import (
	"context"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/manifold"
)

// On the sphere in d+1 dimensions the weights of a row are (θ/sin θ)^((d−1)/2)·exp(−βθ²),
// with the perplexity that is asked for.
func TestRieSNESimilaritiesAreThoseOfTheHeatKernel(t *testing.T) {
	const n = 80
	for _, d := range []int{1, 2, 3, 10} {
		x := fixture.Normal(uint64(d), n, d+1)
		s := manifold.Sphere{Dimension: d}
		for i := range n {
			s.Project(x.RawRowView(i))
		}
		for _, perplexity := range []float64{3, 20} {
			b := newBrownian(n - 1)
			angle := make([]float64, n-1)
			for j := range angle {
				cos := mat.Dot(x.RowView(0), x.RowView(j+1))
				angle[j] = math.Acos(cos)
				b.squared[j], b.volume[j] = s.Distance(x.RawRowView(0), x.RawRowView(j+1)), s.LogVolume(x.RawRowView(0), x.RawRowView(j+1))
			}
			reached, ok := b.weigh(perplexity)
			entropy, sum := 0., 0.
			for _, w := range b.weights {
				sum += w
				if w > 0 {
					entropy -= w * math.Log(w)
				}
			}
			if !ok || math.Abs(sum-1) > 1e-12 || math.Abs(math.Exp(entropy)-perplexity) > 1e-6 || math.Abs(reached-perplexity) > 1e-6 {
				t.Errorf("S^%d: the perplexity is %v, said to be %v, want %v; the sum is %v", d, math.Exp(entropy), reached, perplexity, sum)
			}
			// Divided by u₀, logarithms are straight in the squared angle.
			flat := func(j int) float64 {
				return math.Log(b.weights[j]) - float64(d-1)/2*math.Log(angle[j]/math.Sin(angle[j]))
			}
			near, far := 0, 0
			for j, a := range angle {
				if a < angle[near] {
					near = j
				}
				if a < 2 && (a > angle[far] || angle[far] >= 2) {
					far = j
				}
			}
			slope := (flat(far) - flat(near)) / (angle[far]*angle[far] - angle[near]*angle[near])
			for j, a := range angle {
				want := flat(near) + slope*(a*a-angle[near]*angle[near])
				if a < 2.7 && math.Abs(flat(j)-want) > 1e-6*(1+math.Abs(want)) {
					t.Fatalf("S^%d: the weight at %v is exp(%v) by u₀, want exp(%v)", d, a, flat(j), want)
				}
			}
			if !(slope < 0) {
				t.Errorf("S^%d: weights grow with distance: %v", d, slope)
			}
		}
	}
}

// In flat space the similarities are those of t-SNE.
func TestRieSNEOfFlatSpaceIsTSNE(t *testing.T) {
	const n, perplexity = 60, 12
	ctx := context.Background()
	x := fixture.Normal(7, n, 4)
	r, err := RieSNE{Perplexity: perplexity}.Resolve(n, 4)
	if err != nil {
		t.Fatal(err)
	}
	p, notes, err := r.similarities(ctx, x)
	if err != nil || len(notes) > 0 {
		t.Fatal(err, notes)
	}
	want := mat.NewDense(n, n, nil)
	for i := range n {
		var squared []float64
		for j := range n {
			if j != i {
				d := mat.NewVecDense(4, nil)
				d.SubVec(x.RowView(i), x.RowView(j))
				squared = append(squared, mat.Dot(d, d))
			}
		}
		if _, _, err := affinity.Perplexity(squared, squared, perplexity); err != nil {
			t.Fatal(err)
		}
		for j := range n {
			switch {
			case j < i:
				want.Set(i, j, squared[j])
			case j > i:
				want.Set(i, j, squared[j-1])
			}
		}
	}
	for i := range n {
		for j := range n {
			if w := (want.At(i, j) + want.At(j, i)) / (2 * n); math.Abs(float64(p[i*n+j])-w) > 1e-6*w {
				t.Fatalf("p(%d, %d) is %v, want %v", i, j, p[i*n+j], w)
			}
		}
	}
	start := From(fixture.Normal(8, n, 2))
	a, err := RieSNE{Perplexity: perplexity, Start: start, EarlyIterations: None, Iterations: None}.Embed(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	b, err := TSNE{Perplexity: perplexity, Start: start, EarlyIterations: None, Iterations: None}.Embed(ctx, x)
	if err != nil || math.Abs(a.Objective-b.Objective) > 1e-6 {
		t.Errorf("the same map diverges by %v, that of t-SNE by %v (%v)", a.Objective, b.Objective, err)
	}
}
