package linalg

import (
	"cmp"
	"context"
	"errors"
	"math"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/testenv"
)

// symmetric matrices that eigensolvers get wrong, beside ordinary ones.
func symmetric() map[string]*mat.SymDense {
	diagonal := func(v ...float64) *mat.SymDense {
		a := mat.NewSymDense(len(v), nil)
		for i, x := range v {
			a.SetSym(i, i, x)
		}
		return a
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
		"two": gram(random(2, 5)), "diagonal": diagonal(2, -1, 5, 5, 0), "wilkinson": wilkinson(21), "graded": graded(30),
		"huge": scaled(1e290), "minute": scaled(1e-290), "identity": diagonal(1, 1, 1, 1), "denormal": scaled(1e-309),
		// Beyond what is solved without being divided.
		"33": gram(random(33, 40)), "identity 100": diagonal(slices.Repeat([]float64{3}, 100)...),
		"wilkinson 201": wilkinson(201), "glued wilkinson": glued(8, 21), "toeplitz": tridiagonalOf(150, 2, -1),
		"clusters": clusters(120), "kahan": graded(130), "indefinite": indefinite(140), "zero 70": diagonal(make([]float64, 70)...),
		"one row": oneRow(90), "blocks": blocks(4, 45), "all ones": gram(ones(110)), "tiny coupling": tridiagonalOf(100, 1, 1e-18),
	}
}

// wilkinson has pairs of eigenvalues equal to 14 digits.
func wilkinson(n int) *mat.SymDense {
	a := tridiagonalOf(n, 0, 1)
	for i := range n {
		a.SetSym(i, i, math.Abs(float64(i)-float64(n-1)/2))
	}
	return a
}

// glued is copies of wilkinson, weakly coupled: clusters of equal eigenvalues.
func glued(copies, n int) *mat.SymDense {
	a := tridiagonalOf(copies*n, 0, 1)
	w := wilkinson(n)
	for i := range copies * n {
		a.SetSym(i, i, w.At(i%n, i%n))
		if i > 0 && i%n == 0 {
			a.SetSym(i-1, i, 1e-7)
		}
	}
	return a
}

func tridiagonalOf(n int, diagonal, off float64) *mat.SymDense {
	a := mat.NewSymDense(n, nil)
	for i := range n {
		a.SetSym(i, i, diagonal)
		if i > 0 {
			a.SetSym(i-1, i, off)
		}
	}
	return a
}

func graded(n int) *mat.SymDense {
	a := mat.NewSymDense(n, nil)
	for i := range n {
		for j := range i + 1 {
			a.SetSym(i, j, math.Pow(10, -float64(i+j)/3))
		}
	}
	return a
}

// turned is VᵀDV for orthonormal V.
func turned(values []float64) *mat.SymDense {
	n := len(values)
	v := random(n, n)
	if err := Orthonormalize(context.Background(), v); err != nil {
		panic(err)
	}
	var dv, full mat.Dense
	dv.Apply(func(i, _ int, x float64) float64 { return values[i] * x }, v)
	full.Mul(v.T(), &dv)
	a := mat.NewSymDense(n, nil)
	for i := range n {
		for j := range i + 1 {
			a.SetSym(i, j, full.At(i, j))
		}
	}
	return a
}

// clusters has eigenvalues in groups that agree to 1e-14 … 1e-8.
func clusters(n int) *mat.SymDense {
	values := make([]float64, n)
	for i := range values {
		values[i] = float64(i%5) + float64(i)*math.Pow(10, -float64(8+i%7))
	}
	return turned(values)
}

func indefinite(n int) *mat.SymDense {
	values := make([]float64, n)
	for i := range values {
		values[i] = math.Pow(-0.8, float64(i))
	}
	return turned(values)
}

// oneRow has an arrow's shape.
func oneRow(n int) *mat.SymDense {
	a := mat.NewSymDense(n, nil)
	for i := range n {
		a.SetSym(i, i, float64(i%3))
		a.SetSym(0, i, 1)
	}
	return a
}

// blocks is the same matrix several times over.
func blocks(copies, n int) *mat.SymDense {
	a, b := mat.NewSymDense(copies*n, nil), indefinite(n)
	for i := range copies * n {
		for j := i; j < i/n*n+n; j++ {
			a.SetSym(i, j, b.At(i%n, j%n))
		}
	}
	return a
}

func ones(n int) *mat.Dense {
	x := mat.NewDense(n, 1, nil)
	for i := range n {
		x.Set(i, 0, 1)
	}
	return x
}

func randomSym(n int) *mat.SymDense {
	x := random(n, n)
	a := mat.NewSymDense(n, nil)
	for i := range n {
		for j := i; j < n; j++ {
			a.SetSym(i, j, x.At(i, j)+x.At(j, i))
		}
	}
	return a
}

// checkPairs checks eigenpairs of a by residual and orthogonality.
func checkPairs(t *testing.T, a *mat.SymDense, values []float64, vectors *mat.Dense, norm float64) {
	t.Helper()
	const unit = 0x1p-52
	n := float64(a.SymmetricDim())
	unitA := mat.NewSymDense(a.SymmetricDim(), nil) // so that products do not overflow
	if norm > 0 {
		for i := range a.SymmetricDim() {
			for j := i; j < a.SymmetricDim(); j++ {
				unitA.SetSym(i, j, a.At(i, j)/norm)
			}
		}
	} else {
		norm = 1
	}
	var av, gram mat.Dense
	av.Mul(vectors, unitA)
	worst := 0.
	for i, l := range values {
		r := 0.
		for j, v := range av.RawRowView(i) {
			r = math.Hypot(r, v-l/norm*vectors.At(i, j))
		}
		worst = max(worst, r)
	}
	if !(worst <= (4+n)*unit) {
		t.Errorf("a pair has a residual of %.3g n·ε", worst/unit/n)
	}
	gram.Mul(vectors, vectors.T())
	for i := range values {
		gram.Set(i, i, gram.At(i, i)-1)
	}
	off := mat.Norm(&gram, 2) // Frobenius
	if !(off <= (100+2*n)*unit) {
		t.Errorf("the vectors are not orthonormal by %.3g n·ε", off/unit/n)
	}
}

func TestEigenSym(t *testing.T) {
	for name, a := range symmetric() {
		t.Run(name, func(t *testing.T) {
			ctx := context.Background()
			n := a.SymmetricDim()
			values, vectors, err := EigenSym(ctx, a)
			if err != nil {
				t.Fatal(err)
			}
			norm := max(math.Abs(values[0]), math.Abs(values[n-1]))
			var e mat.EigenSym
			unit := mat.NewSymDense(n, nil) // gonum panics on matrices of extreme size
			for i := range n {
				for j := i; j < n && norm > 0; j++ {
					unit.SetSym(i, j, a.At(i, j)/norm)
				}
			}
			if !e.Factorize(unit, false) {
				t.Fatal("the reference does not converge")
			}
			alone, err := EigenvaluesSym(ctx, a)
			if err != nil {
				t.Fatal(err)
			}
			tol := float64(n+4) * 0x1p-52 * norm
			for i, want := range e.Values(nil) {
				want *= norm
				if got := values[n-1-i]; math.Abs(got-want) > tol {
					t.Errorf("eigenvalue %d is %v, want %v", n-1-i, got, want)
				}
				if got := alone[n-1-i]; math.Abs(got-want) > tol {
					t.Errorf("alone, eigenvalue %d is %v, want %v", n-1-i, got, want)
				}
			}
			if !slices.IsSortedFunc(values, func(a, b float64) int { return cmp.Compare(b, a) }) {
				t.Error("the eigenvalues do not fall")
			}
			checkPairs(t, a, values, vectors, norm)
			for _, r := range [][2]int{{0, 1}, {0, n/10 + 1}, {n / 3, n/2 + 1}, {n - 1, n}, {0, n}} {
				some, few, err := EigenSymRange(ctx, a, r[0], r[1])
				if err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(some, values) || !mat.Equal(few, vectors.Slice(r[0], r[1], 0, n)) {
					t.Errorf("the eigenvectors %v have other bits than among all", r)
				}
			}
		})
	}
}

func TestEigenSymRefusesWhatIsNotFinite(t *testing.T) {
	for _, x := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		a := randomSym(40)
		a.SetSym(3, 30, x)
		if _, _, err := EigenSym(context.Background(), a); !errors.Is(err, ErrNotFinite) {
			t.Errorf("%v: got %v", x, err)
		}
		if _, err := EigenvaluesSym(context.Background(), a); !errors.Is(err, ErrNotFinite) {
			t.Errorf("%v, eigenvalues alone: got %v", x, err)
		}
	}
}

func TestEigenSymSameBitsOnAnyCores(t *testing.T) {
	a := symmetric()["200"]
	var first *mat.Dense
	for _, procs := range testenv.Cores() {
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

// countdown is a context that is cancelled when it has been asked often enough.
type countdown struct {
	context.Context
	left atomic.Int64
}

func cancelAfter(asked int) *countdown {
	c := &countdown{Context: context.Background()}
	c.left.Store(int64(asked))
	return c
}

func (c *countdown) Err() error {
	if c.left.Add(-1) < 0 {
		return context.Canceled
	}
	return nil
}

func (c *countdown) Done() <-chan struct{} {
	done := make(chan struct{})
	if c.Err() != nil {
		close(done)
	}
	return done
}

// canceled runs f with contexts that are cancelled at any stage of it.
func canceled(t *testing.T, f func(context.Context) error) {
	t.Helper()
	asked := 0
	for step := 1; ; step += 1 + step/3 {
		err := f(cancelAfter(asked))
		if err == nil {
			break
		}
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("cancelled after being asked %d times: got %v", asked, err)
		}
		if asked += step; testing.Short() {
			step *= 2
		}
	}
	if asked < 20 {
		t.Errorf("the context is asked fewer than %d times", asked)
	}
}

func TestEigenSymIsCanceled(t *testing.T) {
	a := randomSym(150)
	canceled(t, func(ctx context.Context) error { _, _, err := EigenSym(ctx, a); return err })
	canceled(t, func(ctx context.Context) error { _, err := EigenvaluesSym(ctx, a); return err })
}

// A cancel is heard in time.
func TestEigenSymReturnsSoon(t *testing.T) {
	n := 600
	if testing.Short() {
		n = 200
	}
	a := randomSym(n)
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
		if err != nil && !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
		if late > 250*time.Millisecond {
			t.Errorf("cancelled after %v of %v it returned %v later", after, whole, late)
		}
	}
}
