package linalg

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// shifted returns a + shift·I.
func shifted(a *CSR, shift float64) *CSR {
	var all []triplet
	for i := range a.rows {
		columns, values := a.Row(i)
		for k, j := range columns {
			all = append(all, triplet{i, int(j), values[k]})
		}
		all = append(all, triplet{i, i, shift})
	}
	return sparseOf(a.rows, a.cols, all)
}

func cholesky(t *testing.T, a *CSR) *IncompleteCholesky {
	t.Helper()
	c, err := NewIncompleteCholesky(context.Background(), a)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Definite systems, against a direct solution, with each preconditioner; columns
// of zeros and of any magnitude among them.
func TestConjugateGradients(t *testing.T) {
	for name, a := range map[string]*CSR{"grid": shifted(grid(13, 17), 0.01), "clusters": shifted(clusteredGraph(4, 40, 1), 0.1),
		"diagonal": diagonalOf(1, 1e3, 1e-3, 7), "one": diagonalOf(5)} {
		n := a.Dim()
		b := random(n, 11)
		for i := range n {
			b.Set(i, 2, 0)
			b.Set(i, 3, 1e200*b.At(i, 3))
			b.Set(i, 4, 1e-200*b.At(i, 4))
		}
		var direct mat.Dense
		if err := direct.Solve(filled(a), b); err != nil {
			t.Fatal(err)
		}
		for with, m := range map[string]Preconditioner{"none": nil, "Jacobi": Jacobi(a.Diagonal()), "Cholesky": cholesky(t, a)} {
			s, err := ConjugateGradients{Preconditioner: m}.Solve(context.Background(), a, b)
			if err != nil {
				t.Errorf("%s, %s: %v", name, with, err)
				continue
			}
			for j := range 11 {
				want := mat.Col(nil, j, &direct)
				size := 0.
				for _, v := range want {
					size = max(size, math.Abs(v))
				}
				for i, v := range want {
					if math.Abs(s.X.At(i, j)-v) > 1e-6*size {
						t.Fatalf("%s, %s: x[%d, %d] is %v, want %v", name, with, i, j, s.X.At(i, j), v)
					}
				}
				length := columnNorm(b, j)
				if s.Residuals[j] > 1e-9*length {
					t.Errorf("%s, %s: column %d has a residual of %v of %v", name, with, j, s.Residuals[j], length)
				}
			}
		}
	}
}

// The singular system of a graph with two components has the solution that is
// orthogonal to both, and what no solution has is reported.
func TestConjugateGradientsOnLaplacians(t *testing.T) {
	const groups, size = 2, 90
	a := clusteredGraph(groups, size, 0)
	n := groups * size
	null := mat.NewDense(n, groups, nil)
	for i := range n {
		null.Set(i, i/size, 3)
	}
	b := random(n, 3)
	for i := range n {
		b.Set(i, 1, b.At(i, 1)+10) // inconsistent: along the null vectors
		b.Set(i, 2, 2)             // nothing but
	}
	for name, m := range map[string]Preconditioner{"none": nil, "Cholesky": cholesky(t, a)} {
		s, err := ConjugateGradients{Preconditioner: m, Null: null}.Solve(context.Background(), a, b)
		if err != nil {
			t.Fatal(err)
		}
		var along, back mat.Dense
		along.Mul(null.T(), s.X)
		if v := largest(&along); v > 1e-8 {
			t.Errorf("%s: products of %v with null vectors", name, v)
		}
		back.Mul(filled(a), s.X)
		for j := range 3 {
			for g := range groups {
				mean := 0.
				for i := g * size; i < (g+1)*size; i++ {
					mean += b.At(i, j) / size
				}
				for i := g * size; i < (g+1)*size; i++ {
					if math.Abs(back.At(i, j)-(b.At(i, j)-mean)) > 1e-7 {
						t.Fatalf("%s: (Ax)[%d, %d] is %v, want %v", name, i, j, back.At(i, j), b.At(i, j)-mean)
					}
				}
			}
		}
		if want := 2 * math.Sqrt(float64(n)); math.Abs(s.Removed[2]-want) > 1e-9*want || s.Removed[1] < 9*math.Sqrt(float64(n)) {
			t.Errorf("%s: removed %v", name, s.Removed)
		}
	}
}

// A preconditioner, and a good guess, save iterations.
func TestConjugateGradientsTakesHelp(t *testing.T) {
	a := shifted(grid(20, 20), 1e-3)
	b := random(400, 2)
	solve := func(c ConjugateGradients) *Solution {
		t.Helper()
		s, err := c.Solve(context.Background(), a, b)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	plain := solve(ConjugateGradients{})
	if s := solve(ConjugateGradients{Preconditioner: cholesky(t, a)}); 2*s.Iterations > plain.Iterations {
		t.Errorf("%d iterations with incomplete Cholesky, %d without", s.Iterations, plain.Iterations)
	}
	if s := solve(ConjugateGradients{Start: plain.X}); s.Iterations > 3 {
		t.Errorf("%d iterations from the solution", s.Iterations)
	}
}

func TestConjugateGradientsSaysWhatIsWrong(t *testing.T) {
	ctx := context.Background()
	one := mat.NewDense(4, 1, []float64{1, 2, 3, 4})
	for name, c := range map[string]ConjugateGradients{
		"tolerance": {Tolerance: -1}, "NaN": {Tolerance: math.NaN()}, "iterations": {MaxIterations: -1}, "null": {Null: mat.NewDense(3, 1, nil)},
		"start": {Start: mat.NewDense(4, 2, nil)}, "start not finite": {Start: mat.NewDense(4, 1, []float64{0, 0, math.Inf(1), 0})},
	} {
		_, err := c.Solve(ctx, path(4), one)
		var wrong *InputError
		if !errors.As(err, &wrong) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	for name, b := range map[string]*mat.Dense{"rows": mat.NewDense(3, 1, nil), "empty": {}, "NaN": mat.NewDense(4, 1, []float64{0, math.NaN(), 0, 0})} {
		_, err := ConjugateGradients{}.Solve(ctx, path(4), b)
		var wrong *InputError
		if !errors.As(err, &wrong) {
			t.Errorf("b %s: got %v", name, err)
		}
	}
	var curved *CurvatureError
	s, err := ConjugateGradients{}.Solve(ctx, diagonalOf(1, -1, 1, 1), one)
	if !errors.As(err, &curved) || curved.Of != "operator" || s == nil {
		t.Errorf("indefinite operator: got %v", err)
	}
	if _, err := (ConjugateGradients{}).Solve(ctx, broken{4, nil}, one); !errors.As(err, &curved) {
		t.Errorf("an operator of NaN: got %v", err)
	}
	if _, err := (ConjugateGradients{Preconditioner: upsideDown{}}).Solve(ctx, diagonalOf(1, 2, 1, 1), one); !errors.As(err, &curved) || curved.Of != "preconditioner" {
		t.Errorf("negative preconditioner: got %v", err)
	}
	var missed *ConvergenceError
	s, err = ConjugateGradients{MaxIterations: 2}.Solve(ctx, shifted(path(100), 1e-4), random(100, 2))
	if !errors.As(err, &missed) || s == nil || s.Iterations != 2 || !(missed.Residual > missed.Tolerance) {
		t.Errorf("two iterations: got %v", err)
	}
	// Lengths and solutions that no float64 holds.
	long := mat.NewDense(4, 1, []float64{1.5e308, 1.5e308, 0, 0})
	var wrong *InputError
	if _, err := (ConjugateGradients{}).Solve(ctx, diagonalOf(1, 2, 1, 1), long); !errors.As(err, &wrong) {
		t.Errorf("b without a length: got %v", err)
	}
	long.Scale(1e-8, long)
	if _, err := (ConjugateGradients{}).Solve(ctx, diagonalOf(1e-20, 2e-20, 1e-20, 1e-20), long); !errors.As(err, &missed) {
		t.Errorf("a solution beyond the range: got %v", err)
	}
	// An inconsistent singular system has no solution to converge to.
	if _, err := (ConjugateGradients{}).Solve(ctx, path(4), one); !errors.As(err, &missed) && !errors.As(err, &curved) {
		t.Errorf("inconsistent: got %v", err)
	}
}

type upsideDown struct{}

func (upsideDown) Precondition(_ context.Context, dst, r *mat.Dense) error {
	dst.Scale(-1, r)
	return nil
}

// On the pattern of a tree nothing fills in: the factorisation is exact. That of
// a matrix that is not an M-matrix needs a shift, and says so.
func TestIncompleteCholesky(t *testing.T) {
	ctx := context.Background()
	a := shifted(path(200), 0.5)
	c := cholesky(t, a)
	x, got := random(200, 19), mat.NewDense(200, 19, nil)
	b := mat.NewDense(200, 19, nil)
	if err := a.Apply(ctx, b, x); err != nil {
		t.Fatal(err)
	}
	onCores(t, func() []*mat.Dense {
		if err := c.Precondition(ctx, got, b); err != nil {
			t.Fatal(err)
		}
		return []*mat.Dense{mat.DenseCopyOf(got)}
	})
	if !mat.EqualApprox(got, x, 1e-8) || c.Shift > 1e-9 {
		t.Errorf("a path is not factored exactly: shift %v", c.Shift)
	}
	// Diagonally far from dominant, and yet definite (Kershaw's example).
	kershaw := sparseOf(4, 4, []triplet{{0, 0, 3}, {0, 1, -2}, {0, 3, 2}, {1, 0, -2}, {1, 1, 3}, {1, 2, -2}, {2, 1, -2}, {2, 2, 3}, {2, 3, -2}, {3, 0, 2}, {3, 2, -2}, {3, 3, 3}})
	k := cholesky(t, kershaw)
	if k.Shift < 1e-5 {
		t.Errorf("Kershaw's matrix: shift %v", k.Shift)
	}
	want := []float64{1, -2, 3, -4}
	right := mat.NewDense(4, 1, nil)
	if err := kershaw.Apply(ctx, right, mat.NewDense(4, 1, slices.Clone(want))); err != nil {
		t.Fatal(err)
	}
	s, err := ConjugateGradients{Preconditioner: k}.Solve(ctx, kershaw, right)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range want {
		if math.Abs(s.X.At(i, 0)-v) > 1e-7 {
			t.Errorf("Kershaw's system: x[%d] is %v, want %v", i, s.X.At(i, 0), v)
		}
	}
	var wrong *InputError
	for name, a := range map[string]*CSR{"oblong": sparseOf(2, 3, nil), "negative": diagonalOf(1, -1), "no diagonal": sparseOf(2, 2, []triplet{{0, 1, 1}, {1, 0, 1}})} {
		if _, err := NewIncompleteCholesky(ctx, a); !errors.As(err, &wrong) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// Rows of any length: a cancel is heard between two of them.
func TestIncompleteCholeskyIsCanceled(t *testing.T) {
	a := sparseOf(300, 300, nil)
	canceled(t, func(ctx context.Context) error {
		_, err := NewIncompleteCholesky(ctx, a)
		return err
	})
}

func TestConjugateGradientsSameBitsOnAnyCores(t *testing.T) {
	a := shifted(grid(40, 31), 0.01)
	b := random(a.Dim(), 10)
	c := cholesky(t, a)
	onCores(t, func() []*mat.Dense {
		s, err := ConjugateGradients{Preconditioner: c}.Solve(context.Background(), a, b)
		if err != nil {
			t.Fatal(err)
		}
		return []*mat.Dense{s.X}
	})
}

func TestConjugateGradientsIsCanceled(t *testing.T) {
	a := shifted(grid(12, 12), 0.1)
	b := random(a.Dim(), 2)
	canceled(t, func(ctx context.Context) error {
		_, err := ConjugateGradients{}.Solve(ctx, a, b)
		return err
	})
}
