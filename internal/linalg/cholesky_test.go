package linalg

import (
	"context"
	"errors"
	"math"
	"runtime"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/testenv"
)

// definite has a condition of about 100.
func definite(n int) *mat.SymDense {
	a := gram(random(n, n))
	for i := range n {
		a.SetSym(i, i, a.At(i, i)+float64(n)/20)
	}
	return a
}

// largest returns the largest absolute value of a.
func largest(a mat.Matrix) float64 { return max(mat.Max(a), -mat.Min(a)) }

func TestCholesky(t *testing.T) {
	ctx := context.Background()
	orders := []int{1, 2, 5, 31, 32, 33, 64, 65, 100, 200, 260}
	if testing.Short() {
		orders = orders[:9]
	}
	for _, n := range orders {
		for _, scale := range []float64{1, 1e290, 1e-290} {
			a := definite(n)
			c, err := NewCholesky(ctx, mat.NewSymDense(n, scaledBy(scale, a)))
			if err != nil {
				t.Fatal(err)
			}
			own, err := CholeskyInPlace(ctx, mat.NewSymDense(n, scaledBy(scale, a)))
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(own.u.Data, c.u.Data) {
				t.Errorf("n=%d scale %v: in place it has other bits", n, scale)
			}
			var product mat.Dense
			u := c.U()
			root := mat.NewDense(n, n, nil)
			for i := range n {
				for j := range n {
					root.Set(i, j, u.At(i, j)/math.Sqrt(scale))
					if i > j && c.u.Data[i*n+j] != 0 {
						t.Fatal("the lower triangle is not zero")
					}
				}
			}
			product.Mul(root.T(), root)
			product.Sub(&product, a)
			if e := largest(&product); !(e < float64(n+10)*0x1p-51*largest(a)) {
				t.Errorf("n=%d scale %v: UᵀU differs by %v", n, scale, e)
			}
			var ref mat.Cholesky
			if !ref.Factorize(a) {
				t.Fatal("the reference does not factor it")
			}
			want := ref.LogDet() + float64(n)*math.Log(scale)
			if got := c.LogDet(); math.Abs(got-want) > 1e-12*(math.Abs(want)+10) {
				t.Errorf("n=%d scale %v: the determinant has the logarithm %v, want %v", n, scale, got, want)
			}
			for _, sides := range []int{1, 7, 230} {
				x := random(n, sides)
				var b, diff mat.Dense
				b.Mul(a, x)
				b.Scale(math.Sqrt(scale), &b)
				if err := c.Solve(ctx, &b); err != nil {
					t.Fatal(err)
				}
				b.Scale(math.Sqrt(scale), &b)
				diff.Sub(&b, x)
				if e := largest(&diff); !(e < 1e-11) {
					t.Errorf("n=%d scale %v: the solution differs by %v", n, scale, e)
				}
			}
			inverse, err := c.Inverse(ctx)
			if err != nil {
				t.Fatal(err)
			}
			diagonal, err := c.InverseDiagonal(ctx)
			if err != nil {
				t.Fatal(err)
			}
			for i, v := range diagonal {
				if want := inverse.At(i, i); math.Abs(v-want) > 1e-11*want {
					t.Errorf("n=%d scale %v: the inverse has %v at %d of its diagonal, want %v", n, scale, v, i, want)
				}
			}
			single, many := random(n, 1), random(n, 1)
			if err := c.SolveVector(ctx, single.RawMatrix().Data); err != nil {
				t.Fatal(err)
			}
			if err := c.Solve(ctx, many); err != nil {
				t.Fatal(err)
			}
			many.Sub(many, single)
			if e := largest(many); !(e <= 1e-11*largest(single)) {
				t.Errorf("n=%d scale %v: one vector is solved with another result, by %v", n, scale, e)
			}
			if p := c.LeastPivot() / scale; !(p <= a.At(0, 0)*(1+1e-12) && p > 0) {
				t.Errorf("n=%d scale %v: the least pivot is %v", n, scale, p)
			}
			var one mat.Dense
			one.Mul(a, inverse)
			one.Scale(scale, &one)
			for i := range n {
				one.Set(i, i, one.At(i, i)-1)
			}
			if e := largest(&one); !(e < 1e-11) {
				t.Errorf("n=%d scale %v: A times its inverse differs by %v", n, scale, e)
			}
		}
	}
}

func scaledBy(f float64, a *mat.SymDense) []float64 {
	v := slices.Clone(a.RawSymmetric().Data)
	for i := range v {
		v[i] *= f
	}
	return v
}

func TestCholeskyNamesTheColumn(t *testing.T) {
	const n = 100
	for _, column := range []int{0, 1, 31, 32, 33, 63, 64, 70, 99} {
		for what, spoil := range map[string]func(a *mat.SymDense){
			"negative": func(a *mat.SymDense) { a.SetSym(column, column, -1) },
			"zero":     func(a *mat.SymDense) { a.SetSym(column, column, 0) },
			"NaN":      func(a *mat.SymDense) { a.SetSym(column, column, math.NaN()) },
			"Inf":      func(a *mat.SymDense) { a.SetSym(column, column, math.Inf(1)) },
			"large": func(a *mat.SymDense) {
				if column > 0 {
					a.SetSym(column-1, column, 1e4)
				} else {
					a.SetSym(0, 0, -1e4)
				}
			},
		} {
			a := definite(n)
			spoil(a)
			_, err := NewCholesky(context.Background(), a)
			var e *NotPositiveError
			if _, own := CholeskyInPlace(context.Background(), a); own == nil || own.Error() != err.Error() {
				t.Errorf("%s at %d: in place the error is %v, want %v", what, column, own, err)
			}
			if !errors.As(err, &e) || e.Column != column || e.Pivot > 0 && !math.IsInf(e.Pivot, 1) {
				t.Errorf("%s at %d: got %v", what, column, err)
			}
		}
	}
}

func TestCholeskySameBitsOnAnyCores(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	a := definite(230)
	var first []float64
	for _, procs := range testenv.Cores() {
		runtime.GOMAXPROCS(procs)
		c, err := NewCholesky(context.Background(), a)
		if err != nil {
			t.Fatal(err)
		}
		b := random(230, 400)
		if err := c.Solve(context.Background(), b); err != nil {
			t.Fatal(err)
		}
		got := append(slices.Clone(c.u.Data), b.RawMatrix().Data...)
		if first == nil {
			first = got
		}
		if !slices.Equal(first, got) {
			t.Errorf("%d cores give other bits", procs)
		}
	}
}

func TestCholeskyIsCanceled(t *testing.T) {
	a := definite(200)
	canceled(t, func(ctx context.Context) error {
		c, err := NewCholesky(ctx, a)
		if err != nil {
			return err
		}
		return c.Solve(ctx, random(200, 30))
	})
}
