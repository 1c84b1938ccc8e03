package affinity_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// What solvers take for a matrix.
var _ linalg.Operator = (*affinity.DiffusionOperator)(nil)

func ExampleDiffusion_Of() {
	// Three rows in a line, the last one twice as near.
	s, err := affinity.NewSparse(3, []int{0, 1, 3, 4}, []int32{1, 0, 2, 1}, []float64{1, 1, 2, 2})
	if err != nil {
		fmt.Println(err)
		return
	}
	o, err := affinity.Diffusion{}.Of(context.Background(), s)
	if err != nil {
		fmt.Println(err)
		return
	}
	for i := range o.Dim() {
		columns, probabilities := o.Row(i)
		fmt.Printf("%d %.3f\n", columns, probabilities)
	}
	fmt.Printf("%.3f\n", o.Stationary())
	// Output:
	// [1] [1.000]
	// [0 2] [0.333 0.667]
	// [1] [1.000]
	// [0.167 0.500 0.333]
}

func diffusion(t testing.TB, x mat.Matrix, alpha float64) *affinity.DiffusionOperator {
	return must[*affinity.DiffusionOperator](t)(affinity.Diffusion{Alpha: alpha}.Of(context.Background(), sparse(t, x)))
}

// By the definitions, entry by entry, with a row that weighs nothing.
func TestDiffusionIsItsDefinition(t *testing.T) {
	const n = 60
	x := someWeights(1, n, .15, 1, true)
	for j := range n {
		x.Set(7, j, 0)
		x.Set(j, 7, 0)
	}
	for _, alpha := range []float64{0, .5, 1} {
		o := diffusion(t, x, alpha)
		want := mat.DenseCopyOf(x)
		want.Set(7, 7, 1)
		q := make([]float64, n)
		for i := range n {
			q[i] = mat.Sum(want.RowView(i))
		}
		want.Apply(func(i, j int, v float64) float64 { return v / math.Pow(q[i]*q[j], alpha) }, want)
		for i := range n {
			row := want.RawRowView(i)
			total := 0.
			for _, v := range row {
				total += v
			}
			for j := range row {
				row[j] /= total
			}
		}
		got := full(t, o)
		if !mat.EqualApprox(got, want, 1e-14) || got.At(7, 7) != 1 {
			t.Errorf("α = %v: it is another matrix", alpha)
		}
		var after mat.Dense
		p := mat.NewDense(1, n, o.Stationary())
		after.Mul(p, got)
		if !mat.EqualApprox(&after, p, 1e-14) || math.Abs(mat.Sum(p)-1) > 1e-14 {
			t.Errorf("α = %v: a step changes the stationary distribution", alpha)
		}
		for _, steps := range []int{0, 1, 2, 5, 8} {
			block := mat.NewDense(n, n, nil)
			for i := range n {
				block.Set(i, i, 1)
			}
			var power mat.Dense
			power.Pow(want, steps)
			dst := mat.NewDense(n, n, nil)
			if err := o.Power(context.Background(), dst, block, steps); err != nil || !mat.EqualApprox(dst, &power, 1e-13) {
				t.Errorf("α = %v: %d steps lead elsewhere (%v)", alpha, steps, err)
			}
		}
	}
}

// With α = 1 the density of the rows does not show: on a line of which one half has
// eight times the rows, the second eigenfunction of heat is the cosine, and without
// it is not.
func TestAlphaTakesTheDensityOut(t *testing.T) {
	var at []float64
	for i := range 40 {
		at = append(at, (float64(i)+.5)/80)
	}
	for i := range 320 {
		at = append(at, .5+(float64(i)+.5)/640)
	}
	x := mat.NewDense(len(at), 1, at)
	s := weigh(t, affinity.Gaussian{Neighbors: 200, Epsilon: .0004}, x)
	worst := func(alpha float64) float64 {
		o := must[*affinity.DiffusionOperator](t)(affinity.Diffusion{Alpha: alpha}.Of(context.Background(), s))
		pairs := must[*affinity.Eigenpairs](t)(o.Eigen(context.Background(), 2))
		sign := math.Copysign(1, pairs.Vectors.At(0, 1))
		most := 0.
		for i, v := range at {
			most = max(most, math.Abs(sign*pairs.Vectors.At(i, 1)/math.Sqrt2-math.Cos(math.Pi*v)))
		}
		return most
	}
	if with, without := worst(1), worst(0); with > .15 || without < .5 {
		t.Errorf("the second eigenfunction misses the cosine by %.3f with α = 1, and by %.3f without", with, without)
	}
}

func TestDiffusionBadInput(t *testing.T) {
	ctx := context.Background()
	var pe *mat32.ParamError
	s := sparse(t, path(3, false))
	for name, c := range map[string]struct {
		f affinity.Diffusion
		s *affinity.Sparse
	}{
		"nil":                {affinity.Diffusion{}, nil},
		"the zero value":     {affinity.Diffusion{}, new(affinity.Sparse)},
		"depends on the way": {affinity.Diffusion{}, sparse(t, someWeights(1, 9, .5, 1, false))},
		"α below 0":          {affinity.Diffusion{Alpha: -.1}, s},
		"α above 1":          {affinity.Diffusion{Alpha: 1.1}, s},
		"α is NaN":           {affinity.Diffusion{Alpha: math.NaN()}, s},
	} {
		if _, err := c.f.Of(ctx, c.s); !errors.As(err, &pe) {
			t.Errorf("%s: %v", name, err)
		}
	}
	x := mat.NewDense(3, 1, nil)
	o := diffusion(t, path(3, false), 0)
	if err := o.Power(ctx, mat.NewDense(3, 1, nil), x, -1); !errors.As(err, &pe) {
		t.Errorf("−1 steps: %v", err)
	}
	gone, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := (affinity.Diffusion{}).Of(gone, s); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if err := o.Power(gone, mat.NewDense(3, 1, nil), x, 3); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled power: %v", err)
	}
	huge := path(3, false)
	huge.Scale(1.5e308, huge)
	var de *mat32.DegenerateError
	if _, err := (affinity.Diffusion{}).Of(ctx, sparse(t, huge)); !errors.As(err, &de) {
		t.Errorf("degrees that float64 does not hold: %v", err)
	}
}
