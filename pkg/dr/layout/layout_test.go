package layout

import (
	"context"
	"math"
	"runtime"
	"slices"
	"testing"

	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/affinity"
)

// similarities returns random symmetric ones that sum to 1.
func similarities(n int) []float32 {
	p := make([]float32, n*n)
	sum := 0.
	for i := range n {
		s := rng.New(1, "similarities", i)
		for j := range i {
			v := float32(math.Exp(2 * s.Normal()))
			p[i*n+j], p[j*n+i] = v, v
			sum += 2 * float64(v)
		}
	}
	for i := range p {
		p[i] = float32(float64(p[i]) / sum)
	}
	return p
}

func points(n, dim int) []float64 {
	y := make([]float64, n*dim)
	s := rng.New(2, "points", 0)
	for i := range y {
		y[i] = 3 * s.Normal()
	}
	return y
}

// sparse returns the larger of some similarities.
func sparse(t *testing.T, p []float32, n int) *affinity.Sparse {
	t.Helper()
	start, columns, weights := make([]int, n+1), []int32(nil), []float64(nil)
	for i := range n {
		for j, v := range p[i*n : (i+1)*n] {
			if v > 0.3/float32(n*n) {
				columns, weights = append(columns, int32(j)), append(weights, float64(v))
			}
		}
		start[i+1] = len(columns)
	}
	s, err := affinity.NewSparse(n, start, columns, weights)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestGradientIsThatOfTheDivergence(t *testing.T) {
	ctx := context.Background()
	const n = 23
	for _, freedom := range []float64{1, 0.5, 2, 30} {
		for _, dim := range []int{1, 2, 3} {
			exact, err := NewStudent(ctx, similarities(n), n, dim, freedom)
			if err != nil {
				t.Fatal(err)
			}
			direct, err := NewSparseStudent(ctx, sparse(t, similarities(n), n), dim, freedom, NewDirect(n, dim, freedom))
			if err != nil {
				t.Fatal(err)
			}
			for name, s := range map[string]struct {
				objective interface {
					Gradient(ctx context.Context, dst, y []float64, exaggeration float64) error
					Divergence(ctx context.Context, y []float64) (float64, error)
				}
				tolerance float64
			}{"exact": {exact, 1e-8}, "sparse": {direct, 1e-6}} { // attraction is of float32
				y, g := points(n, dim), make([]float64, n*dim)
				if err := s.objective.Gradient(ctx, g, y, 1); err != nil {
					t.Fatal(err)
				}
				for i := range y {
					const h = 1e-4
					at := func(d float64) float64 {
						z := slices.Clone(y)
						z[i] += d
						kl, err := s.objective.Divergence(ctx, z)
						if err != nil {
							t.Fatal(err)
						}
						return kl
					}
					// Central differences of fourth order; the gradient leaves out 4.
					want := (8*(at(h)-at(-h)) - (at(2*h) - at(-2*h))) / (12 * h) / 4
					if math.Abs(g[i]-want) > s.tolerance {
						t.Errorf("%s, freedom %v, dim %d, coordinate %d: %v, want %v", name, freedom, dim, i, g[i], want)
					}
				}
			}
		}
	}
}

func TestDivergenceByDefinition(t *testing.T) {
	ctx := context.Background()
	const n, dim = 23, 2
	p, y := similarities(n), points(n, dim)
	s, err := NewStudent(ctx, p, n, dim, 1)
	if err != nil {
		t.Fatal(err)
	}
	z, want := 0., 0.
	w := func(i, j int) float64 {
		return 1 / (1 + math.Pow(math.Hypot(y[2*i]-y[2*j], y[2*i+1]-y[2*j+1]), 2))
	}
	for i := range n {
		for j := range n {
			if i != j {
				z += w(i, j)
			}
		}
	}
	for i := range n {
		for j := range n {
			if i != j {
				want += float64(p[i*n+j]) * math.Log(float64(p[i*n+j])/(w(i, j)/z))
			}
		}
	}
	got, err := s.Divergence(ctx, y)
	if err != nil || math.Abs(got-want) > 1e-9 {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
}

func TestDescent(t *testing.T) {
	ctx := context.Background()
	const n, dim = 40, 2
	var want []float64
	for _, procs := range testenv.Cores() {
		old := runtime.GOMAXPROCS(procs)
		s, err := NewStudent(ctx, similarities(n), n, dim, 1)
		if err != nil {
			t.Fatal(err)
		}
		y, g := points(n, dim), make([]float64, n*dim)
		before, _ := s.Divergence(ctx, y)
		d := NewDescent(n, dim)
		d.Rate, d.Momentum, d.MaxStep = 10, 0.8, 5
		for range 300 {
			if err := s.Gradient(ctx, g, y, 1); err != nil {
				t.Fatal(err)
			}
			d.Move(t.Context(), y, g)
		}
		after, _ := s.Divergence(ctx, y)
		runtime.GOMAXPROCS(old)
		if !(after < before/2) {
			t.Errorf("the divergence went from %v to %v", before, after)
		}
		var mx, my float64
		for i := range n {
			mx, my = mx+y[2*i], my+y[2*i+1]
		}
		if math.Hypot(mx, my) > 1e-9 {
			t.Errorf("the map is centred at %v, %v", mx/n, my/n)
		}
		if want == nil {
			want = y
		}
		if !slices.Equal(y, want) {
			t.Errorf("%d cores give other bits", procs)
		}
	}
}

func TestMaxStepBoundsEveryPoint(t *testing.T) {
	d := NewDescent(2, 2)
	d.Rate, d.MaxStep = 1, 5
	y := []float64{0, 0, 0, 0}
	d.Move(t.Context(), y, []float64{-300, -400, 300, 400})
	if math.Hypot(y[0], y[1])-5 > 1e-12 || math.Abs(y[0]/y[1]-0.75) > 1e-12 {
		t.Errorf("moved to %v, want (3, 4) and (−3, −4)", y)
	}
}
