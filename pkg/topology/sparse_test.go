package topology

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/screen"
)

// Sparse filtrations are those of the definition, in which simplices end with their points.
func TestRipsSparseReference(t *testing.T) {
	for trial := range 12 {
		n := 8 + trial
		x := fixture.Normal(uint64(trial), n, 2)
		rows, err := screen.New(t.Context(), x)
		if err != nil {
			t.Fatal(err)
		}
		p := &points{x: x, rows: rows, sparse: []float64{.3, 1, 3}[trial%3]}
		if _, err := p.take(t.Context(), n); err != nil {
			t.Fatal(err)
		}
		d := mat.NewDense(n, n, nil)
		for i := range n {
			for j := range n {
				if i != j {
					d.Set(i, j, p.length(i, j))
				}
			}
		}
		all := slices.DeleteFunc(simplices(d, nil, 3, math.MaxFloat64), func(c cell) bool {
			for _, v := range c.name {
				if c.value > 2*p.reach(v)*(1+p.sparse) {
					return true
				}
			}
			return false
		})
		for _, prime := range []int{2, 3} {
			got := rips(t, Rips{MaxDim: 2, Prime: prime, Sparse: p.sparse}, x)
			for k, want := range reference(all, 2, prime) {
				if !slices.Equal(got.Diagrams[k], want) {
					t.Fatalf("trial %d, modulo %d, dimension %d: %v, want %v", trial, prime, k, got.Diagrams[k], want)
				}
			}
		}
	}
}

// What lives long keeps its scales up to the factor, and edges are fewer.
func TestRipsSparseFactor(t *testing.T) {
	x := mat.NewDense(400, 2, nil)
	for i := range 400 {
		s, c := math.Sincos(2.39996322972865 * float64(i))
		x.SetRow(i, []float64{(1 + .1*math.Sin(float64(i))) * c, (1 + .1*math.Sin(float64(i))) * s})
	}
	full := rips(t, Rips{}, x).Diagrams[1].Longest(1)[0]
	for _, epsilon := range []float64{.1, .5, 1} {
		p := rips(t, Rips{Sparse: epsilon}, x)
		got := p.Diagrams[1].Longest(1)[0]
		for _, pair := range [][2]float64{{full.Birth, got.Birth}, {full.Death, got.Death}} {
			if off := max(pair[0]/pair[1], pair[1]/pair[0]); off > 1+epsilon+1e-9 {
				t.Errorf("ε = %v: %v, exact %v", epsilon, got, full)
			}
		}
		if essential := len(p.Diagrams[1]) - len(p.Diagrams[1].Finite()); essential > 0 || len(p.Notes) != 1 {
			t.Errorf("ε = %v: %d rings never end; %v", epsilon, essential, p.Notes)
		}
	}
}
