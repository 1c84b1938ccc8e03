package dr

import (
	"context"
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// Whatever way the memory and the order of the matrix choose, the eigenvectors are the same.
func TestBottomByEveryWay(t *testing.T) {
	testenv.Unraced(t)
	ctx := context.Background()
	for d, way := range map[int]string{2: "along a skyline", 12: "dense"} {
		x := fixture.Normal(1, wholeBottom+100, d)
		g, err := neighbors.Exact{Neighbors: 15}.Graph(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		n, _ := x.Dims()
		f, err := newForms(ctx, newPatches(n, g, true), x, StandardLLE, 3, 1e-3)
		if err != nil {
			t.Fatal(err)
		}
		a, err := f.sum(ctx)
		if err != nil {
			t.Fatal(err)
		}
		z, values, notes, err := bottom(ctx, "here", a, 3, 0, 0)
		if err != nil || len(notes) > 0 {
			t.Fatalf("%s: %v %v", way, notes, err)
		}
		other, others, notes, err := bottom(ctx, "here", a, 3, 0, 1000) // bytes
		if err != nil || len(notes) != 1 || !strings.Contains(notes[0], "no factorisation") {
			t.Fatalf("%s, iterated: %v %v", way, notes, err)
		}
		image := mat.NewDense(n, 3, nil)
		if err := a.Apply(ctx, image, z); err != nil {
			t.Fatal(err)
		}
		for c := range 3 {
			worst, far := 0., 0.
			for i := range n {
				worst = max(worst, math.Abs(image.At(i, c)-values[c]*z.At(i, c)))
				far = max(far, math.Abs(other.At(i, c)-z.At(i, c)))
			}
			if worst > 1e-11 {
				t.Errorf("%s: the equation of vector %d is off by %g", way, c, worst)
			}
			if far > 1e-3 || math.Abs(others[c]-values[c]) > 1e-6*values[c] {
				t.Errorf("%s: an iteration gives a vector %d that differs by %g, and the value %g for %g", way, c, far, others[c], values[c])
			}
		}
	}
}
