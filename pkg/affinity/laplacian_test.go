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

	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// What pkg/dr and the solvers take for a matrix.
var _ linalg.Operator = (*affinity.LaplacianOperator)(nil)

func ExampleLaplacian_Of() {
	// Three rows in a line, the last one twice as near.
	s, err := affinity.NewSparse(3, []int{0, 1, 3, 4}, []int32{1, 0, 2, 1}, []float64{1, 1, 2, 2})
	if err != nil {
		fmt.Println(err)
		return
	}
	l, err := affinity.Laplacian{Normalization: affinity.Combinatorial}.Of(context.Background(), s)
	if err != nil {
		fmt.Println(err)
		return
	}
	for i := range l.Dim() {
		columns, values := l.Row(i)
		fmt.Println(columns, values)
	}
	// Output:
	// [0 1] [1 -1]
	// [0 1 2] [-1 3 -2]
	// [1 2] [-2 2]
}

func laplacian(t testing.TB, x mat.Matrix, norm affinity.Normalization) *affinity.LaplacianOperator {
	return must[*affinity.LaplacianOperator](t)(affinity.Laplacian{Normalization: norm}.Of(context.Background(), sparse(t, x)))
}

// full returns the matrix that an operator applies.
func full(t testing.TB, o linalg.Operator) *mat.Dense {
	n := o.Dim()
	x := mat.NewDense(n, n, nil)
	for i := range n {
		x.Set(i, i, 1)
	}
	dst := mat.NewDense(n, n, nil)
	if err := o.Apply(context.Background(), dst, x); err != nil {
		t.Fatal(err)
	}
	return dst
}

// spectrumOf returns the eigenvalues of a symmetric matrix, rising.
func spectrumOf(t testing.TB, x *mat.Dense) []float64 {
	n, _ := x.Dims()
	s := mat.NewSymDense(n, nil)
	for i := range n {
		for j := i; j < n; j++ {
			s.SetSym(i, j, x.At(i, j))
		}
	}
	var e mat.EigenSym
	if !e.Factorize(s, false) {
		t.Fatal("no eigenvalues")
	}
	return e.Values(nil)
}

// The spectra of the path and the cycle are known.
func TestLaplacianSpectraOfPathAndCycle(t *testing.T) {
	const n = 40
	for _, c := range []struct {
		name  string
		cycle bool
		norm  affinity.Normalization
		value func(k float64) float64
	}{
		{"path", false, affinity.Combinatorial, func(k float64) float64 { return 2 - 2*math.Cos(math.Pi*k/n) }},
		{"path", false, affinity.Symmetric, func(k float64) float64 { return 1 - math.Cos(math.Pi*k/(n-1)) }},
		{"cycle", true, affinity.Combinatorial, func(k float64) float64 { return 2 - 2*math.Cos(2*math.Pi*k/n) }},
		{"cycle", true, affinity.Symmetric, func(k float64) float64 { return 1 - math.Cos(2*math.Pi*k/n) }},
	} {
		o := laplacian(t, path(n, c.cycle), c.norm)
		want := make([]float64, n)
		for k := range want {
			want[k] = c.value(float64(k))
		}
		slices.Sort(want)
		got := spectrumOf(t, full(t, o))
		low, high := o.Bounds()
		for k, v := range got {
			if math.Abs(v-want[k]) > 1e-12 || v < low-1e-12 || v > high+1e-12 {
				t.Fatalf("%s, %s: eigenvalue %d is %v, want %v, between %v and %v", c.name, c.norm, k, v, want[k], low, high)
			}
		}
	}
}

// By the definitions, entry by entry; what rows weigh themselves is left out, and a
// row without others has zeros.
func TestLaplacianIsItsDefinition(t *testing.T) {
	x := someWeights(1, 60, .1, 2, true)
	for j := range 60 {
		x.Set(7, j, 0)
		x.Set(j, 7, 0)
	}
	x.Set(7, 7, 3)
	for _, norm := range []affinity.Normalization{affinity.Combinatorial, affinity.Symmetric, affinity.RandomWalk} {
		o := laplacian(t, x, norm)
		got, d := full(t, o), o.Degrees()
		for i := range 60 {
			sum := 0.
			for j := range 60 {
				if j != i {
					sum += x.At(i, j)
				}
			}
			if math.Abs(sum-d[i]) > 1e-13 {
				t.Fatalf("%s: row %d has degree %v, want %v", norm, i, d[i], sum)
			}
		}
		for i := range 60 {
			for j := range 60 {
				want := -x.At(i, j)
				if i == j {
					want = d[i]
				}
				if want != 0 && norm == affinity.Symmetric {
					want /= math.Sqrt(d[i] * d[j])
				}
				if want != 0 && norm == affinity.RandomWalk {
					want /= d[i]
				}
				if v := got.At(i, j); math.Abs(v-want) > 1e-14 || norm != affinity.RandomWalk && v != got.At(j, i) {
					t.Fatalf("%s: at %d, %d it is %v, want %v", norm, i, j, v, want)
				}
			}
		}
	}
}

// Degrees whose products no float64 holds do no harm.
func TestLaplacianOfExtremeWeights(t *testing.T) {
	for _, w := range []float64{5e-324, 1e-300, 1e300} {
		x := path(6, true)
		x.Scale(w, x)
		if got := spectrumOf(t, full(t, laplacian(t, x, affinity.Symmetric))); math.Abs(got[5]-2) > 1e-6 || math.Abs(got[0]) > 1e-6 {
			t.Errorf("weights of %v: eigenvalues %v", w, got)
		}
	}
	x := path(6, true)
	x.Scale(1.5e308, x)
	var de *mat32.DegenerateError
	if _, err := (affinity.Laplacian{}).Of(context.Background(), sparse(t, x)); !errors.As(err, &de) {
		t.Errorf("degrees that float64 does not hold: %v", err)
	}
}

func TestLaplacianBadInput(t *testing.T) {
	ctx := context.Background()
	var pe *mat32.ParamError
	for name, c := range map[string]struct {
		l affinity.Laplacian
		s *affinity.Sparse
	}{
		"nil":                 {affinity.Laplacian{}, nil},
		"the zero value":      {affinity.Laplacian{}, new(affinity.Sparse)},
		"depends on the way":  {affinity.Laplacian{}, sparse(t, someWeights(1, 9, .5, 1, false))},
		"no such normal form": {affinity.Laplacian{Normalization: "other"}, sparse(t, path(3, false))},
	} {
		if _, err := c.l.Of(ctx, c.s); !errors.As(err, &pe) {
			t.Errorf("%s: %v", name, err)
		}
	}
	gone, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := (affinity.Laplacian{}).Of(gone, sparse(t, path(3, false))); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// rowsOf returns all that rows hold.
func rowsOf(n int, row func(i int) ([]int32, []float64)) (all []float64) {
	for i := range n {
		columns, values := row(i)
		for k, j := range columns {
			all = append(all, float64(j), values[k])
		}
	}
	return all
}

func TestLaplacianHasTheSameBitsOnAnyCores(t *testing.T) {
	s := sparse(t, someWeights(2, 300, .1, 1, true))
	var want []float64
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, procs := range testenv.Cores() {
		runtime.GOMAXPROCS(procs)
		o := must[*affinity.LaplacianOperator](t)(affinity.Laplacian{}.Of(context.Background(), s))
		got := append(rowsOf(o.Dim(), o.Row), o.Degrees()...)
		if want == nil {
			want = got
		}
		if !slices.Equal(got, want) {
			t.Errorf("%d cores give other bits than 1", procs)
		}
	}
}
