package linalg

import (
	"context"
	"errors"
	"math"
	"runtime"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/rng"
)

func random(n, d int) *mat.Dense {
	x := mat.NewDense(n, d, nil)
	for i := range n {
		s := rng.New(1, "linalg", i)
		for j := range d {
			x.Set(i, j, s.Normal())
		}
	}
	return x
}

func TestAddOuter(t *testing.T) {
	for _, shape := range [][2]int{{1, 1}, {5, 3}, {30, 511}, {30, 512}, {30, 1500}} {
		c := random(shape[0], shape[1])
		var want mat.Dense
		want.Mul(c, c.T())
		var first *mat.SymDense
		for _, procs := range []int{1, 2, 7} {
			old := runtime.GOMAXPROCS(procs)
			got := mat.NewSymDense(shape[0], nil)
			err := AddOuter(context.Background(), got, c)
			runtime.GOMAXPROCS(old)
			if err != nil {
				t.Fatal(err)
			}
			if !mat.EqualApprox(got, &want, 1e-11) {
				t.Errorf("%v: wrong product", shape)
			}
			if first == nil {
				first = got
			}
			if !mat.Equal(got, first) {
				t.Errorf("%v: %d cores give other bits", shape, procs)
			}
		}
	}
}

// symmetric matrices that eigensolvers get wrong, beside ordinary ones.
func symmetric() map[string]*mat.SymDense {
	gram := func(c *mat.Dense) *mat.SymDense {
		n, _ := c.Dims()
		a := mat.NewSymDense(n, nil)
		if err := AddOuter(context.Background(), a, c); err != nil {
			panic(err)
		}
		return a
	}
	diagonal := func(v ...float64) *mat.SymDense {
		a := mat.NewSymDense(len(v), nil)
		for i, x := range v {
			a.SetSym(i, i, x)
		}
		return a
	}
	wilkinson := mat.NewSymDense(21, nil) // pairs of eigenvalues equal to 14 digits
	for i := range 21 {
		wilkinson.SetSym(i, i, math.Abs(float64(i-10)))
		if i > 0 {
			wilkinson.SetSym(i-1, i, 1)
		}
	}
	graded := mat.NewSymDense(30, nil)
	for i := range 30 {
		for j := range i + 1 {
			graded.SetSym(i, j, math.Pow(10, -float64(i+j)/3))
		}
	}
	scaled := func(by float64) *mat.SymDense {
		a := gram(random(12, 20))
		a.ScaleSym(by, a)
		return a
	}
	return map[string]*mat.SymDense{
		"gram": gram(random(60, 80)), "low rank": gram(random(50, 3)), "one": diagonal(3),
		// Beyond one band of columns and one block of rows.
		"65": gram(random(65, 90)), "200": gram(random(200, 250)), "200 of rank 30": gram(random(200, 30)), "zero": diagonal(0, 0, 0),
		"two": gram(random(2, 5)), "diagonal": diagonal(2, -1, 5, 5, 0), "wilkinson": wilkinson, "graded": graded,
		"huge": scaled(1e290), "minute": scaled(1e-290), "identity": diagonal(1, 1, 1, 1),
	}
}

func TestEigenSym(t *testing.T) {
	for name, a := range symmetric() {
		t.Run(name, func(t *testing.T) {
			n := a.SymmetricDim()
			values, vectors, err := EigenSym(context.Background(), a)
			if err != nil {
				t.Fatal(err)
			}
			norm := max(math.Abs(values[0]), math.Abs(values[n-1]))
			var e mat.EigenSym
			unit := mat.NewSymDense(n, nil) // gonum panics on matrices of extreme size
			if norm > 0 {
				unit.ScaleSym(1/norm, a)
			}
			if !e.Factorize(unit, false) {
				t.Fatal("the reference does not converge")
			}
			for i, want := range e.Values(nil) {
				want *= norm
				if got := values[n-1-i]; math.Abs(got-want) > 1e-13*norm {
					t.Errorf("eigenvalue %d is %v, want %v", n-1-i, got, want)
				}
			}
			var av, gram mat.Dense
			av.Mul(vectors, a)
			for i, l := range values {
				for j := range n {
					if r := av.At(i, j) - l*vectors.At(i, j); math.Abs(r) > 1e-13*norm {
						t.Fatalf("pair %d has a residual of %v", i, r)
					}
				}
			}
			gram.Mul(vectors, vectors.T())
			for i := range n {
				gram.Set(i, i, gram.At(i, i)-1)
			}
			if off := mat.Norm(&gram, 2); off > 1e-12 {
				t.Errorf("the vectors are not orthonormal: %v", off)
			}
		})
	}
}

func TestEigenSymSameBitsOnAnyCores(t *testing.T) {
	a := symmetric()["200"]
	var first *mat.Dense
	for _, procs := range []int{1, 2, 7} {
		old := runtime.GOMAXPROCS(procs)
		_, vectors, err := EigenSym(context.Background(), a)
		runtime.GOMAXPROCS(old)
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = vectors
		}
		if !mat.Equal(first, vectors) {
			t.Errorf("%d cores give other bits", procs)
		}
	}
}

// A cancel is heard at any stage of the work.
func TestEigenSymIsCanceled(t *testing.T) {
	if testing.Short() {
		t.Log("short: cancelled once only")
	}
	c := random(600, 601)
	a := mat.NewSymDense(600, nil)
	if err := AddOuter(context.Background(), a, c); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	if _, _, err := EigenSym(context.Background(), a); err != nil {
		t.Fatal(err)
	}
	whole := time.Since(begin)
	for _, share := range []float64{0.1, 0.3, 0.5, 0.7} {
		after := time.Duration(share * float64(whole))
		ctx, cancel := context.WithTimeout(context.Background(), after)
		begin := time.Now()
		_, _, err := EigenSym(ctx, a)
		late := time.Since(begin) - after
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) && late > 0 {
			t.Errorf("cancelled after %v of %v: got %v", after, whole, err)
		}
		if late > 250*time.Millisecond {
			t.Errorf("cancelled after %v of %v it returned %v later", after, whole, late)
		}
		if testing.Short() {
			break
		}
	}
}

func TestOrthonormalize(t *testing.T) {
	v := random(6, 9)
	copy(v.RawRowView(3), v.RawRowView(1)) // dependent rows
	clear(v.RawRowView(4))
	first := mat.Row(nil, 0, v)
	if err := Orthonormalize(context.Background(), v); err != nil {
		t.Fatal(err)
	}
	var gram mat.Dense
	gram.Mul(v, v.T())
	for i := range 6 {
		for j := range 6 {
			want := 0.
			if i == j {
				want = 1
			}
			if math.Abs(gram.At(i, j)-want) > 1e-14 {
				t.Errorf("rows %d and %d: %v", i, j, gram.At(i, j))
			}
		}
	}
	norm := mat.Norm(mat.NewVecDense(9, first), 2)
	for j, x := range first {
		if math.Abs(v.At(0, j)-x/norm) > 1e-15 {
			t.Errorf("the first row turned")
		}
	}
}
