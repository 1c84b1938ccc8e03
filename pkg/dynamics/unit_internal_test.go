package dynamics

import (
	"context"
	"errors"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// Orbits of many columns take seconds to bring to a unit, and of a series the widest node of a tree: where the
// context is done neither goes on.
func TestOrbitsHearACancel(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	x := mat.NewDense(3, 2, []float64{1, 0, 2, 0, 4, 0})
	if u, points, varies, err := orbitUnit(ctx, x); err != nil || !(u.size > 0) || len(points) != 6 || len(varies) != 3 {
		t.Errorf("unit %+v, points %v, column %v (%v)", u, points, varies, err)
	}
	wide := make([]float64, 1<<14)
	for i := range wide {
		wide[i] = float64(i * 7919 % len(wide))
	}
	if all := newTree(ctx, wide, 1, euclidean); len(all.nodes) < 1000 {
		t.Errorf("a tree of %d nodes", len(all.nodes))
	}
	cancel()
	if _, points, _, err := orbitUnit(ctx, x); !errors.Is(err, context.Canceled) || points != nil {
		t.Errorf("cancelled: points %v (%v)", points, err)
	}
	if none := newTree(ctx, wide, 1, euclidean); len(none.nodes) != 1 {
		t.Errorf("cancelled: a tree of %d nodes", len(none.nodes))
	}
}
