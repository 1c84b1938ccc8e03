package dr

import (
	"math"
	"testing"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/dr/layout"
)

// What the edges of all epochs together do to a point is the gradient of the correlation of
// local radii, as differences tell it, times the weight and what edges fire an epoch.
func TestUMAPDensityFollowsTheGradient(t *testing.T) {
	const n, dim, epochs = 40, 2, 500
	x := fixture.Normal(1, n, 4)
	for i := range n {
		for c := range 4 {
			x.Set(i, c, x.At(i, c)*float64(1+i%5))
		}
	}
	s, err := affinity.FuzzySet{Neighbors: 8}.Weigh(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	edges, err := layout.NewEdges(t.Context(), n, s.Row, largestWeight(s), epochs)
	if err != nil {
		t.Fatal(err)
	}
	u, err := UMAP{Neighbors: 8, Density: 2}.Resolve(n, 4)
	if err != nil {
		t.Fatal(err)
	}
	d, err := u.density(t.Context(), x, edges, 1.577, .895)
	if err != nil {
		t.Fatal(err)
	}
	y := make([]float32, n*dim)
	start := fixture.Normal(2, n, dim)
	for i := range y {
		y[i] = float32(2 * start.At(i/dim, i%dim))
	}
	correlation := func() float64 {
		if err := d.measure(t.Context(), y, dim); err != nil {
			t.Fatal(err)
		}
		_, deviation, covariance := d.moments()
		return covariance / deviation
	}
	scale := 0.
	var got, want [n * dim]float64
	for i := range n {
		if err := d.prepare(t.Context(), y, dim); err != nil {
			t.Fatal(err)
		}
		for _, e := range edges.Row(i) {
			squared := float32(0)
			for c := range dim {
				diff := y[i*dim+c] - y[int(e.Tail)*dim+c]
				squared += diff * diff
			}
			g := d.force(i, int(e.Tail), e.Rate, squared)
			for c := range dim {
				// It is moved by the edge, and by that back.
				got[i*dim+c] += 2 * float64(g) * float64(e.Rate) * 0x1p-32 * float64(y[i*dim+c]-y[int(e.Tail)*dim+c])
			}
		}
		for c := range dim {
			const h = 1. / 256
			at := y[i*dim+c]
			y[i*dim+c] = at + h
			up := correlation()
			y[i*dim+c] = at - h
			down := correlation()
			y[i*dim+c] = at
			want[i*dim+c] = d.weight * d.total * (up - down) / (2 * h)
			scale = max(scale, math.Abs(want[i*dim+c]))
		}
	}
	if !(scale > .1) {
		t.Fatalf("the largest component of the gradient is %v", scale)
	}
	for k := range got {
		if math.Abs(got[k]-want[k]) > .01*scale {
			t.Errorf("coordinate %d: edges move it by %v, the gradient says %v", k, got[k], want[k])
		}
	}
}
