package affinity_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/mat32"
)

func ExampleLaplacianOperator_Eigen() {
	// Two pairs of rows, and nothing between them.
	s, err := affinity.NewSparse(4, []int{0, 1, 2, 3, 4}, []int32{1, 0, 3, 2}, []float64{1, 1, 1, 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	l, err := affinity.Laplacian{}.Of(context.Background(), s)
	if err != nil {
		fmt.Println(err)
		return
	}
	pairs, err := l.Eigen(context.Background(), 3)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.3f %s\n", pairs.Values, pairs.Notes)
	// Output:
	// [0.000 0.000 2.000] [the weights have 2 components of 2, 2 rows, one eigenvalue 0 each]
}

// eigenOperator is an operator that knows its eigenpairs.
type eigenOperator interface {
	Dim() int
	Apply(ctx context.Context, dst, x *mat.Dense) error
	Eigen(ctx context.Context, k int) (*affinity.Eigenpairs, error)
}

// Pairs are pairs, of the smallest or largest values, and orthonormal in the sense
// that is stated, also where components make a value occur several times.
func TestEigenpairs(t *testing.T) {
	ctx := context.Background()
	lonely := someWeights(2, 90, .2, 2, true) // two components
	for j := range 90 {
		lonely.Set(7, j, 0)
		lonely.Set(j, 7, 0)
	}
	inputs := map[string]mat.Matrix{"path": path(30, false), "cycle": path(60, true), "three components": lonely, "none": mat.NewDense(4, 4, nil)}
	if !testing.Short() {
		inputs["alpha decay"] = mat.DenseCopyOf(weigh(t, affinity.AlphaDecay{}, fixture.Normal(4, 400, 3))) // more than is decomposed in full
	}
	for name, x := range inputs {
		s := sparse(t, x)
		n, _ := x.Dims()
		parts := s.Components().Count
		walk := diffusion(t, x, .5)
		for _, c := range []struct {
			name    string
			o       eigenOperator
			end     float64
			weights []float64 // by which vectors are orthonormal
		}{
			{"combinatorial", laplacian(t, x, affinity.Combinatorial), 0, slices.Repeat([]float64{1}, n)},
			{"symmetric", laplacian(t, x, affinity.Symmetric), 0, slices.Repeat([]float64{1}, n)},
			{"random walk", laplacian(t, x, affinity.RandomWalk), 0, laplacian(t, x, affinity.RandomWalk).Degrees()},
			{"diffusion", walk, 1, walk.Stationary()},
		} {
			k := min(6, n)
			p := must[*affinity.Eigenpairs](t)(c.o.Eigen(ctx, k))
			fail := func(format string, args ...any) {
				t.Errorf("%s, %s: %s", name, c.name, fmt.Sprintf(format, args...))
			}
			image := mat.NewDense(n, k, nil)
			if err := c.o.Apply(ctx, image, p.Vectors); err != nil {
				t.Fatal(err)
			}
			symmetric := full(t, c.o)
			if c.name == "random walk" || c.name == "diffusion" { // of the same eigenvalues
				root := func(i int) float64 { return math.Sqrt(cmpOr(c.weights[i], 1)) }
				symmetric.Apply(func(i, j int, v float64) float64 { return v * root(i) / root(j) }, symmetric)
			}
			all := spectrumOf(t, symmetric)
			if c.end == 1 {
				slices.Reverse(all)
			}
			for j, v := range p.Values {
				if math.Abs(v-all[j]) > 1e-7 || j < parts && v != c.end {
					fail("value %d is %v, want %v", j, v, all[j])
				}
				most, highest := 0., 0.
				for i := range n {
					if e := image.At(i, j) - v*p.Vectors.At(i, j); math.Abs(e) > 1e-5 {
						fail("vector %d is none: off by %v at row %d", j, e, i)
						break
					}
					most, highest = max(most, math.Abs(p.Vectors.At(i, j))), max(highest, p.Vectors.At(i, j))
				}
				if highest < most*(1-1e-9) { // two entries may differ by rounding alone
					fail("the largest entry of vector %d is %v, and one has the magnitude %v", j, highest, most)
				}
				for l := range j + 1 {
					sum, want := 0., 0.
					for i, w := range c.weights {
						sum += cmpOr(w, 1) * p.Vectors.At(i, j) * p.Vectors.At(i, l)
					}
					if l == j {
						want = 1
					}
					if math.Abs(sum-want) > 1e-9 {
						fail("vectors %d and %d have the product %v", j, l, sum)
					}
				}
			}
			if parts == 1 && c.name == "diffusion" {
				for i := range n {
					if math.Abs(p.Vectors.At(i, 0)-1) > 1e-9 {
						fail("the first vector is %v at row %d, want 1", p.Vectors.At(i, 0), i)
						break
					}
				}
			}
			var pe *mat32.ParamError
			for _, k := range []int{0, -1, n + 1} {
				if _, err := c.o.Eigen(ctx, k); !errors.As(err, &pe) {
					fail("%d pairs: %v", k, err)
				}
			}
			gone, cancel := context.WithCancel(ctx)
			cancel()
			if _, err := c.o.Eigen(gone, k); !errors.Is(err, context.Canceled) {
				fail("cancelled: %v", err)
			}
		}
	}
}

// cmpOr returns v, or the other where v is 0: rows without weights count as 1.
func cmpOr(v, other float64) float64 {
	if v == 0 {
		return other
	}
	return v
}

// The eigenfunctions of a circle are sine and cosine, of a diffusion with however many
// rows where.
func TestEigenfunctionsOfTheCircle(t *testing.T) {
	const n = 150
	x := mat.NewDense(n, 2, nil)
	angle := func(i int) float64 { v := float64(i) / n; return 2 * math.Pi * (v + .1*math.Sin(2*math.Pi*v)) }
	for i := range n {
		x.SetRow(i, []float64{math.Cos(angle(i)), math.Sin(angle(i))})
	}
	o := must[*affinity.DiffusionOperator](t)(affinity.Diffusion{Alpha: 1}.Of(context.Background(), weigh(t, affinity.Gaussian{Neighbors: 60, Epsilon: .003}, x)))
	p := must[*affinity.Eigenpairs](t)(o.Eigen(context.Background(), 3))
	if gap := (p.Values[1] - p.Values[2]) / (1 - p.Values[1]); gap > .05 {
		t.Errorf("values %v: the second and the third are one", p.Values)
	}
	for i := range n {
		radius := math.Hypot(p.Vectors.At(i, 1), p.Vectors.At(i, 2))
		if math.Abs(radius-math.Sqrt2) > .1 {
			t.Fatalf("row %d of the two is %v long, want √2", i, radius)
		}
	}
}

func TestEigenHasTheSameBitsOnAnyCores(t *testing.T) {
	n := 600
	if testing.Short() {
		n = 220
	}
	s := weigh(t, affinity.AlphaDecay{}, fixture.Normal(5, n, 2))
	var want []float64
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, procs := range testenv.Cores() {
		runtime.GOMAXPROCS(procs)
		o := must[*affinity.DiffusionOperator](t)(affinity.Diffusion{}.Of(context.Background(), s))
		p := must[*affinity.Eigenpairs](t)(o.Eigen(context.Background(), 4))
		got := append(slices.Clone(p.Values), p.Vectors.RawMatrix().Data...)
		if want == nil {
			want = got
		}
		if !slices.Equal(got, want) {
			t.Errorf("%d cores give other bits than 1", procs)
		}
	}
}
