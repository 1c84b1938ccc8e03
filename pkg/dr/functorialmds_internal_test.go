package dr

import (
	"context"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	distances "github.com/flatland-go/flatland/internal/apart"
	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// scales returns those at which rows meet.
func scales(t *testing.T, f FunctorialMDS, x mat.Matrix) mat.Symmetric {
	t.Helper()
	n, d := x.Dims()
	f, err := f.Resolve(n, d)
	if err != nil {
		t.Fatal(err)
	}
	meets, err := f.meets(context.Background(), "test", x)
	if err != nil {
		t.Fatal(err)
	}
	if s, ok := meets.(mat.Symmetric); ok {
		return s
	}
	return distances.Rows(t, meets.(*mat.Dense))
}

// mapped returns the distances of m points that n points of x are sent to, none of which is
// larger than before: the largest metric of which that holds, shrunk here and there.
func mapped(t *testing.T, x mat.Symmetric, to []int, m int, s *rng.Stream) *mat32.Distances {
	t.Helper()
	y := mat.NewDense(m, m, nil)
	for i := range m {
		for j := range m {
			if i != j {
				y.Set(i, j, 9)
			}
		}
	}
	for i := range to {
		for j := range i {
			a, b := to[i], to[j]
			if v := x.At(i, j) * (1 - .3*s.Float64()); a != b && v < y.At(a, b) {
				y.Set(a, b, v)
				y.Set(b, a, v)
			}
		}
	}
	for k := range m {
		for i := range m {
			for j := range m {
				if i != j && i != k && j != k {
					y.Set(i, j, min(y.At(i, j), y.At(i, k)+y.At(k, j)))
				}
			}
		}
	}
	d, err := mat32.DistancesFrom(y)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// The table of the doc comment: what holds holds for every map tried, and what does not
// fails for one.
func TestWhichMapsALinkageRespects(t *testing.T) {
	testenv.Unraced(t)
	for _, c := range []struct {
		f             FunctorialMDS
		any, oneToOne bool
	}{
		{FunctorialMDS{}, true, true},
		{FunctorialMDS{Linkage: MaximalLinkage}, true, true},
		{FunctorialMDS{Linkage: RobustLinkage, Neighbors: 3}, false, true},
	} {
		for _, oneToOne := range []bool{true, false} {
			const n = 24
			respected := true
			for trial := range 20 {
				s := rng.New(5, "functor", trial)
				x := distances.Rows(t, fixture.Normal(uint64(trial), n, 2))
				to, m := make([]int, n), n+4 // some points of the image come from none
				for i := range to {
					to[i] = i
				}
				if !oneToOne {
					m = n / 2
					for i := range to {
						to[i] = s.IntN(m)
					}
				}
				y := mapped(t, x, to, m, &s)
				before, after := scales(t, c.f, x), scales(t, c.f, y)
				for i := range n {
					for j := range i {
						if a, b := to[i], to[j]; a != b && after.At(a, b) > before.At(i, j)*(1+1e-12) {
							respected = false
						}
					}
				}
			}
			if want := c.any || oneToOne && c.oneToOne; respected != want {
				t.Errorf("%s linkage, one to one %v: maps are respected %v, want %v", c.f.Linkage, oneToOne, respected, want)
			}
		}
	}
}

// No scale moves farther than the distances: Carlsson and Mémoli (2010). The mean of the
// distances between two clusters, which average linkage takes, moves more.
func TestScalesMoveNoFartherThanDistances(t *testing.T) {
	const n, noise = 40, .05
	for trial := range 10 {
		x := distances.Rows(t, fixture.Normal(uint64(trial), n, 2))
		s := rng.New(7, "noise", trial)
		moved := make([]float64, len(x.Condensed()))
		for k, v := range x.Condensed() {
			moved[k] = max(0, v+noise*(2*s.Float64()-1))
		}
		y, err := mat32.NewDistances(n, moved)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range []FunctorialMDS{{}, {Linkage: MaximalLinkage}, {Linkage: RobustLinkage}} {
			a, b := scales(t, f, x), scales(t, f, y)
			far := 0.
			for i := range n {
				for j := range i {
					far = max(far, math.Abs(a.At(i, j)-b.At(i, j)))
				}
			}
			if far > noise || far == 0 {
				t.Errorf("%s linkage: scales move by %v, distances by %v", f.Linkage, far, noise)
			}
		}
	}
}
