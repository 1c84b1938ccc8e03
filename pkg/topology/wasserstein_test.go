package topology

import (
	"context"
	"fmt"
	"math"
	"testing"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
)

func ExampleWasserstein_Match() {
	p := Diagram{{0, 1}, {.2, .9}, {.5, .6}}
	q := Diagram{{.1, 1.1}, {.4, .7}}
	for _, w := range []Wasserstein{{}, {Order: 1, Ground: Straight}} {
		m, err := w.Match(context.Background(), p, q)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(m)
	}
	// Output:
	// Wasserstein distance of order 2  0.229129, L∞ between bars, 2 pairs of bars, 1 and 0 bars matched with the diagonal
	// Wasserstein distance of order 1  0.494975, L2 between bars, 2 pairs of bars, 1 and 0 bars matched with the diagonal
}

func TestWassersteinOfPeers(t *testing.T) {
	for _, c := range []struct {
		of   [2]Diagram
		by   Wasserstein
		want float64
	}{
		{firstPair, Wasserstein{Order: 1}, .35},
		{firstPair, Wasserstein{}, .229128784748},
		{firstPair, Wasserstein{Order: 1, Ground: Straight}, .494974746831},
		{firstPair, Wasserstein{Ground: Straight}, .324037034920},
		{secondPair, Wasserstein{Order: 1}, .827},
		{secondPair, Wasserstein{}, .524756133837},
		{secondPair, Wasserstein{Order: 1, Ground: Straight}, 1.04312290781},
		{secondPair, Wasserstein{Ground: Straight}, .667186630561},
		{manyBars(), Wasserstein{}, .69002165},
	} {
		m, err := c.by.Match(t.Context(), c.of[0], c.of[1])
		if err != nil {
			t.Fatal(err)
		}
		matches(t, m, c.of[0], c.of[1])
		if math.Abs(m.Distance-c.want) > 5e-9 {
			t.Errorf("%v, want %v", m, c.want)
		}
	}
}

func TestWassersteinAgainstAllMatchings(t *testing.T) {
	for seed := range uint64(120) {
		p, q := smallDiagram(seed, int(seed%6)), smallDiagram(seed+1000, int(seed/6%6))
		for _, w := range []Wasserstein{{Order: 1}, {Order: 1, Ground: Straight}, {Order: 3.5}, {Ground: Straight}} {
			w, err := w.Resolve(len(p), len(q))
			if err != nil {
				t.Fatal(err)
			}
			m, err := w.Match(t.Context(), p, q)
			if err != nil {
				t.Fatal(err)
			}
			matches(t, m, p, q)
			if want := least(p, q, w.Order, w.Ground); math.Abs(m.Distance-want) > 1e-12*(1+want) {
				t.Errorf("seed %d: %v, want %v", seed, m, want)
			}
		}
	}
}

// The prices bound the cost of every matching from below, by what this one costs: of all
// pairs, not only of those looked at.
func TestPricesProveMatchings(t *testing.T) {
	testenv.Unraced(t)
	for seed := range uint64(8) {
		var points [2][]point
		for s := range points {
			n := 100 + 120*((int(seed)+s)%2)
			u := fixture.Uniform(2*seed+uint64(s), n, 3)
			for i := range n {
				p := point{u.At(i, 0), u.At(i, 0) + u.At(i, 1)}
				if seed%4 >= 2 { // clusters far from the diagonal, which need more than near pairs
					p.x = math.Floor(3*p.x) + .001*u.At(i, 2)
					p.y = p.x + 5 + .001*u.At(i, 1)
				}
				points[s] = append(points[s], p)
			}
		}
		w := Wasserstein{Order: 1 + float64(seed%3), Ground: Norm(seed / 4)}
		d := newDeal(t.Context(), w, points[0], points[1])
		if err := d.close(t.Context()); err != nil {
			t.Fatal(err)
		}
		bound, cost, a, b := 0., 0., d.sides[0], d.sides[1]
		for _, s := range d.sides {
			for i, v := range s.price {
				bound += v
				if v > s.diagonal[i]+1e-12 {
					t.Errorf("seed %d: the price %v is above %v, that of the diagonal", seed, v, s.diagonal[i])
				}
				if s.mate[i] < 0 {
					cost += s.diagonal[i]
				}
			}
		}
		for i, j := range a.mate {
			if j >= 0 {
				cost += d.cost(a.at[i], b.at[j])
			}
			for k := range b.at {
				if slack := d.cost(a.at[i], b.at[k]) - a.price[i] - b.price[k]; slack < -1e-11 {
					t.Fatalf("seed %d: the pair %d, %d costs %v less than its prices", seed, i, k, -slack)
				}
			}
		}
		if math.Abs(cost-bound) > 1e-10*cost {
			t.Errorf("seed %d: cost %v, bound %v", seed, cost, bound)
		}
	}
}

// A distance is symmetric, zero for a diagram and itself in another order, keeps the
// triangle inequality, and scales.
func TestDistancesAreMetrics(t *testing.T) {
	w := func(by Wasserstein) func(p, q Diagram) float64 {
		return func(p, q Diagram) float64 {
			m, err := by.Match(t.Context(), p, q)
			if err != nil {
				t.Fatal(err)
			}
			return m.Distance
		}
	}
	bottleneck := func(p, q Diagram) float64 {
		m, err := Bottleneck(t.Context(), p, q)
		if err != nil {
			t.Fatal(err)
		}
		return m.Distance
	}
	sliced := func(p, q Diagram) float64 {
		d, err := SlicedWasserstein{}.Distance(p, q)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	for name, distance := range map[string]func(p, q Diagram) float64{"bottleneck": bottleneck, "W1": w(Wasserstein{Order: 1}), "W2": w(Wasserstein{Ground: Straight}), "sliced": sliced} {
		for seed := range uint64(12) {
			a, b, c := smallDiagram(3*seed, 9+int(seed)), smallDiagram(3*seed+1, 14), smallDiagram(3*seed+2, 7)
			ab, bc, ac := distance(a, b), distance(b, c), distance(a, c)
			if ba := distance(b, a); math.Abs(ab-ba) > 1e-12 {
				t.Errorf("%s, seed %d: %v and %v", name, seed, ab, ba)
			}
			if ac > ab+bc+1e-12 {
				t.Errorf("%s, seed %d: %v is more than %v + %v", name, seed, ac, ab, bc)
			}
			turned := make(Diagram, len(a))
			scaled := [2]Diagram{}
			for i, bar := range a {
				turned[len(a)-1-i] = bar
				scaled[0] = append(scaled[0], Bar{4 * bar.Birth, 4 * bar.Death})
			}
			for _, bar := range b {
				scaled[1] = append(scaled[1], Bar{4 * bar.Birth, 4 * bar.Death})
			}
			if zero := distance(a, turned); zero > 1e-12 {
				t.Errorf("%s, seed %d: %v from itself", name, seed, zero)
			}
			if four := distance(scaled[0], scaled[1]); math.Abs(four-4*ab) > 1e-10 {
				t.Errorf("%s, seed %d: %v, want 4 times %v", name, seed, four, ab)
			}
		}
	}
}

func BenchmarkWasserstein(b *testing.B) {
	pair := manyBars()
	for b.Loop() {
		if _, err := (Wasserstein{}).Match(context.Background(), pair[0], pair[1]); err != nil {
			b.Fatal(err)
		}
	}
}
