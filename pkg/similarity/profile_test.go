package similarity

import (
	"context"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/measure"
)

// unlike is a distance that is not of this package.
type unlike struct{}

func (unlike) Distance() bool { return true }

func (unlike) Compare(ctx context.Context, x, y mat.Matrix) (measure.Score, error) {
	s, err := CKA{}.Compare(ctx, x, y)
	s.Name, s.Value = "unlike", 1-s.Value
	return s, err
}

// A distance from outside is as telling as the similarity that it is made of.
func TestProfileAsksWhichEndIsSame(t *testing.T) {
	x := fixture.Normal(1, 30, 4)
	found, err := Profile{Measures: []Measure{CKA{}, unlike{}}, Permutations: 19}.Compare(context.Background(), x, x)
	if err != nil {
		t.Fatal(err)
	}
	for k, distance := range []bool{false, true} {
		if m := found.All[k]; m.Distance != distance || math.Abs(m.P-1./20) > 1e-12 {
			t.Errorf("%s: distance %t, p = %v, want %t and 0.05", m.Name, m.Distance, m.P, distance)
		}
	}
}
