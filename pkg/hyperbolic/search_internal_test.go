package hyperbolic

import (
	"context"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
)

// Whichever way a search takes, and from whatever it begins, it finds the same δ.
func TestBothSearchesFindTheSame(t *testing.T) {
	testenv.Unraced(t)
	ctx := context.Background()
	for seed := range uint64(4) {
		ball := fixture.Normal(seed, 60, 3)
		for i := range 60 {
			Poincare{}.Exp0(ball.RawRowView(i), ball.RawRowView(i))
		}
		for name, x := range map[string]mat.Matrix{"cloud": fixture.Normal(seed, 70, 2+int(seed)), "curved": &Embedding{Dense: ball, Dim: 3, Scale: 1}} {
			m, err := between(ctx, delta, x, 4, 0, 0)
			if err != nil {
				t.Fatal(err)
			}
			want := 0.
			for _, from := range []float64{0, .5, 1} { // of the answer is known
				for _, way := range []string{"pairs", "all"} {
					s := &search{metric: m}
					s.far = make([]float64, s.n)
					for i := range s.far {
						s.far[i] = slices.Max(s.row(i))
					}
					s.best = found{from * want * (1 - 1e-9), [4]int{0, 1, 2, 3}}
					if way == "all" {
						err = s.all(ctx)
					} else {
						var pairs []pair
						if pairs, err = s.pairs(ctx); err == nil {
							err = s.descend(ctx, pairs)
						}
					}
					if err != nil {
						t.Fatal(err)
					}
					if want == 0 {
						want = s.best.delta
					}
					if !(want > 0) || math.Abs(s.best.delta-want) > 1e-12*m.diameter {
						t.Errorf("%s %d, by %s from %v: %v, want %v", name, seed, way, from, s.best.delta, want)
					}
					if v, _ := m.quadruple(s.best.rows[0], s.best.rows[1], s.best.rows[2], s.best.rows[3]); v != s.best.delta {
						t.Errorf("%s %d, by %s: the quadruple has %v, not %v", name, seed, way, v, s.best.delta)
					}
				}
			}
		}
	}
}
