package dr_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/tests/golden"
)

func ExampleKernelPCA_Fit() {
	// Two rings, one within the other: no line tells them apart.
	x := mat.NewDense(60, 2, nil)
	for i := range 60 {
		radius, angle := 1+2*float64(i%2), float64(i)/30*2*math.Pi
		x.SetRow(i, []float64{radius * math.Cos(angle), radius * math.Sin(angle)})
	}
	// A kernel of one's own: the product of how far out both rows are.
	out := func(a, b []float64) float64 { return math.Hypot(a[0], a[1]) * math.Hypot(b[0], b[1]) }
	model, err := dr.KernelPCA{Components: 1, Func: out}.Fit(context.Background(), x)
	if err != nil {
		fmt.Println(err)
		return
	}
	z, err := model.Transform(context.Background(), mat.NewDense(4, 2, []float64{1, 0, 0, -1, 3, 0, 0, -3}))
	if err != nil {
		fmt.Println(err)
		return
	}
	for i := range 4 {
		fmt.Printf("%.2f\n", math.Abs(z.At(i, 0)-z.At(0, 0)))
	}
	// Output:
	// 0.00
	// 0.00
	// 2.00
	// 2.00
}

func TestKernelPCAAgainstScikitLearn(t *testing.T) {
	testenv.Unraced(t)
	var file struct {
		Runs []struct {
			Table, Kernel               string
			Gamma, Offset, Ridge        float64
			Degree                      int
			Eigenvalues                 []float64
			Transformed, Fresh, Inverse [][]float64
		}
	}
	golden.Load(t, "kernelpca", &file)
	if len(file.Runs) < 7 {
		t.Fatalf("only %d runs", len(file.Runs))
	}
	ctx := context.Background()
	digits := mat.DenseCopyOf(datasets.Digits().X.Slice(0, 80, 0, 64))
	digits.Scale(1./16, digits)
	kernels := map[string]dr.Kernel{"rbf": dr.RBFKernel, "linear": dr.LinearKernel, "poly": dr.PolynomialKernel, "sigmoid": dr.SigmoidKernel, "cosine": dr.CosineKernel}
	for _, want := range file.Runs {
		x := digits
		if want.Table == "iris" {
			x = mat.DenseCopyOf(table(t, "iris"))
		}
		n, d := x.Dims()
		fit, fresh := x.Slice(0, n-10, 0, d), x.Slice(n-10, n, 0, d)
		p := dr.KernelPCA{Components: 3, Kernel: kernels[want.Kernel], Gamma: want.Gamma, Degree: want.Degree, Offset: want.Offset, Ridge: want.Ridge, Iterations: 10}
		for _, solver := range []dr.Solver{dr.Exact, dr.Randomized, dr.Lanczos} {
			p.Solver = solver
			name := fmt.Sprintf("%s, %v", want.Table, p)
			m, err := p.Fit(ctx, fit)
			if err != nil {
				t.Fatal(err)
			}
			nearAll(t, name+": eigenvalue", m.Eigenvalues(), want.Eigenvalues, 1e-8, 0)
			size := math.Sqrt(want.Eigenvalues[0])
			for i, row := range want.Transformed {
				nearAll(t, name+": row", m.Embedding().RawRowView(i), row, 0, 1e-7*size)
			}
			z, err := m.Transform(ctx, fresh)
			if err != nil {
				t.Fatal(err)
			}
			for i, row := range want.Fresh {
				nearAll(t, name+": new row", z.RawRowView(i), row, 0, 1e-7*size)
			}
			if want.Inverse == nil {
				continue
			}
			back, err := m.Inverse(ctx, m.Embedding().Slice(0, 5, 0, 3))
			if err != nil {
				t.Fatal(err)
			}
			for i, row := range want.Inverse {
				nearAll(t, name+": point", back.RawRowView(i), row, 1e-6, 1e-6)
			}
		}
	}
}

// With the linear kernel it is PCA, up to signs; so it is with one of one's own
// that is the same, and float32 rows give six digits of it.
func TestKernelPCAIsPCAByTheLinearKernel(t *testing.T) {
	ctx := context.Background()
	x := fixture.Normal(4, 90, 6)
	p, err := dr.PCA{Components: 3}.Embed(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	own := func(a, b []float64) float64 {
		sum := 0.
		for j, v := range a {
			sum += v * b[j]
		}
		return sum
	}
	for name, c := range map[string]struct {
		method dr.KernelPCA
		x      mat.Matrix
		within float64
	}{
		"linear":          {dr.KernelPCA{Components: 3, Kernel: dr.LinearKernel}, x, 1e-9},
		"one's own":       {dr.KernelPCA{Components: 3, Func: own}, x, 1e-9},
		"float32":         {dr.KernelPCA{Components: 3, Kernel: dr.LinearKernel}, mat32.Convert(x), 1e-4},
		"float32 Lanczos": {dr.KernelPCA{Components: 3, Kernel: dr.LinearKernel, Solver: dr.Lanczos}, mat32.Convert(x), 1e-4},
	} {
		m, err := c.method.Fit(ctx, c.x)
		if err != nil {
			t.Fatal(err)
		}
		for k := range 3 {
			sign := 1.
			if mat.Dot(p.ColView(k), m.Embedding().ColView(k)) < 0 {
				sign = -1
			}
			for i := range 90 {
				near(t, name, sign*m.Embedding().At(i, k), p.At(i, k), 0, c.within)
			}
		}
		z, err := m.Transform(ctx, c.x)
		if err != nil || !mat.EqualApprox(z, m.Embedding(), 10*c.within) {
			t.Errorf("%s: rows are mapped elsewhere than they were (%v)", name, err)
		}
		if _, err := m.WriteTo(io.Discard); (err != nil) != (c.method.Func != nil) {
			t.Errorf("%s: saved: %v", name, err)
		}
	}
}

// All rows may move for kernels of differences, and their points with them.
func TestKernelPCAOfMovedRows(t *testing.T) {
	ctx := context.Background()
	x := fixture.Normal(5, 60, 4)
	moved := mat.DenseCopyOf(x)
	moved.Apply(func(_, _ int, v float64) float64 { return v + 1000 }, moved)
	for _, k := range []dr.Kernel{dr.RBFKernel, dr.LinearKernel} {
		a, err := dr.KernelPCA{Kernel: k}.Fit(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		b, err := dr.KernelPCA{Kernel: k}.Fit(ctx, moved)
		if err != nil {
			t.Fatal(err)
		}
		if !mat.EqualApprox(a.Embedding(), b.Embedding(), 1e-8) {
			t.Errorf("%s: moved rows are mapped elsewhere", k)
		}
		back, err := a.Inverse(ctx, a.Embedding())
		if err != nil {
			t.Fatal(err)
		}
		there, err := b.Inverse(ctx, b.Embedding())
		if err != nil {
			t.Fatal(err)
		}
		there.Apply(func(_, _ int, v float64) float64 { return v - 1000 }, there)
		if !mat.EqualApprox(back, there, 1e-7) {
			t.Errorf("%s: moved points come back elsewhere", k)
		}
	}
}

func TestKernelPCAAtTheEdges(t *testing.T) {
	ctx := context.Background()
	same := mat.NewDense(8, 3, nil)
	for _, k := range []dr.Kernel{dr.RBFKernel, dr.LinearKernel, dr.PolynomialKernel, dr.SigmoidKernel, dr.CosineKernel} {
		for _, s := range []dr.Solver{dr.Exact, dr.Randomized, dr.Lanczos} {
			m, err := dr.KernelPCA{Kernel: k, Solver: s}.Fit(ctx, same)
			if err != nil || len(m.Embedding().Notes) < 1 || mat.Norm(m.Embedding(), 2) != 0 {
				t.Errorf("%s, %s: equal rows: %v, %v", k, s, m, err)
			}
		}
	}
	var degenerate *mat32.DegenerateError
	huge := mat.NewDense(2, 1, []float64{1e200, -1e200})
	if _, err := (dr.KernelPCA{}).Fit(ctx, huge); !errors.As(err, &degenerate) {
		t.Errorf("values whose squares exceed float64: %v", err)
	}
	nan := func(a, b []float64) float64 { return math.NaN() }
	if _, err := (dr.KernelPCA{Func: nan}).Fit(ctx, fixture.Normal(1, 5, 2)); !errors.As(err, &degenerate) {
		t.Errorf("a kernel that is NaN: %v", err)
	}
	m, err := dr.KernelPCA{Kernel: dr.SigmoidKernel, Gamma: 2, Offset: dr.Zero, Ridge: 1e-9, Components: 20}.Fit(ctx, fixture.Normal(1, 40, 3))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Inverse(ctx, m.Embedding()); !errors.As(err, &degenerate) {
		t.Errorf("an indefinite kernel has points back: %v", err)
	}
	own := func(a, b []float64) float64 { return a[0]*b[0] + a[2]*b[2] }
	if m, err = (dr.KernelPCA{Func: own, Components: 1}).Fit(ctx, fixture.Normal(1, 20, 3)); err != nil {
		t.Fatal(err)
	}
	var param *mat32.ParamError
	if _, err := m.Inverse(ctx, m.Embedding()); !errors.As(err, &param) {
		t.Errorf("a function of three columns was asked for one: %v", err)
	}
	var memory *mat32.MemoryError
	m, err = dr.KernelPCA{MemoryLimit: 40_000, Solver: dr.Randomized, Iterations: 1, Oversample: 1}.Fit(ctx, mat32.Convert(fixture.Normal(1, 60, 3)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Inverse(ctx, m.Embedding()); !errors.As(err, &memory) {
		t.Errorf("points back within the memory for the map: %v", err)
	}
}

// Negative eigenvalues, however large, take no component's place: all solvers find the
// largest, and say nothing of others.
func TestKernelPCAOfIndefiniteKernels(t *testing.T) {
	ctx := context.Background()
	x := fixture.Normal(7, 120, 6)
	weighted := func(weights ...float64) func(a, b []float64) float64 {
		return func(a, b []float64) float64 {
			sum := 0.
			for j, w := range weights {
				sum += w * a[j] * b[j]
			}
			return sum
		}
	}
	for name, p := range map[string]dr.KernelPCA{
		"behind larger negative ones": {Components: 2, Func: weighted(1, .5, -10, -9, -8, -7), Oversample: 1},
		"of like magnitudes":          {Components: 3, Func: weighted(3, -3, 2, -2, 1, -1), Oversample: 1},
		"sigmoid":                     {Components: 4, Kernel: dr.SigmoidKernel, Gamma: .5},
	} {
		p.Solver = dr.Exact
		want, err := p.Fit(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range []dr.Solver{dr.Randomized, dr.Lanczos} {
			p.Solver = s
			m, err := p.Fit(ctx, x)
			if err != nil {
				t.Fatal(err)
			}
			nearAll(t, name+", "+m.String(), m.Eigenvalues(), want.Eigenvalues(), 1e-6, 0)
			if want.Eigenvalues()[p.Components-1] <= 0 || len(m.Embedding().Notes) > 0 {
				t.Errorf("%s, %s: eigenvalues %v, notes %q", name, s, want.Eigenvalues(), m.Embedding().Notes)
			}
			for _, share := range m.ExplainedVarianceRatio() {
				if !(share > 0 && share <= 1) {
					t.Errorf("%s, %s: a share of %v", name, s, share)
				}
			}
			if e := m.Embedding(); s == dr.Randomized && !mat.EqualApprox(e, want.Embedding(), 1e-2) {
				t.Errorf("%s: another map than the exact one", name)
			}
		}
	}
	// Where fewer are positive than are asked for, a note says so, and is right.
	m, err := dr.KernelPCA{Components: 3, Func: weighted(2, -5, 1), Solver: dr.Randomized}.Fit(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	if v := m.Eigenvalues(); !(v[1] > 0) || v[2] != 0 || len(m.Embedding().Notes) != 1 {
		t.Errorf("two positive eigenvalues: %v, %q", v, m.Embedding().Notes)
	}
}
