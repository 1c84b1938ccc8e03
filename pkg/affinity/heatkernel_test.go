package affinity_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// What solvers take for a matrix.
var _ linalg.Operator = (*affinity.HeatOperator)(nil)

func ExampleHeatKernel_Of() {
	// Three rows in a line: heat that starts in the first.
	s, err := affinity.NewSparse(3, []int{0, 1, 3, 4}, []int32{1, 0, 2, 1}, []float64{1, 1, 1, 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	l, err := affinity.Laplacian{Normalization: affinity.Combinatorial}.Of(ctx, s)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, time := range []float64{.1, 1, 10} {
		o, err := affinity.HeatKernel{Time: time}.Of(ctx, l)
		if err != nil {
			fmt.Println(err)
			return
		}
		h := mat.NewDense(3, 1, nil)
		if err := o.Apply(ctx, h, mat.NewDense(3, 1, []float64{1, 0, 0})); err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%.3f, %d terms\n", mat.Col(nil, 0, h), o.Order)
	}
	// Output:
	// [0.909 0.086 0.004], 7 terms
	// [0.526 0.317 0.158], 14 terms
	// [0.333 0.333 0.333], 34 terms
}

// ways are all ways to compute a kernel.
func ways(time float64) []affinity.HeatKernel {
	return []affinity.HeatKernel{
		{Time: time}, {Time: time, Order: 5}, {Time: time, Tolerance: 1e-3},
		{Time: time, Solver: affinity.EulerHeat}, {Time: time, Solver: affinity.EulerHeat, Order: 1000},
		{Time: time, Solver: affinity.EigenHeat}, {Time: time, Solver: affinity.EigenHeat, Order: 9},
	}
}

// On a path of n rows heat decays by modes that are cosines, and on a cycle as well.
func TestHeatKernelsOfPathAndCycle(t *testing.T) {
	testenv.Unraced(t)
	const n = 40
	ctx := context.Background()
	path, cycle := mat.NewDense(n, n, nil), mat.NewDense(n, n, nil)
	for i := range n {
		j := (i + 1) % n
		cycle.Set(i, j, 1)
		cycle.Set(j, i, 1)
		if j > 0 {
			path.Set(i, j, 1)
			path.Set(j, i, 1)
		}
	}
	for _, time := range []float64{.01, 1, 30} {
		for _, c := range []struct {
			name string
			w    *mat.Dense
			heat func(i, j int) float64
		}{
			{"path", path, func(i, j int) (sum float64) {
				for k := range n {
					a := math.Pi * float64(k) / n
					v := 2 * math.Cos(a*(float64(i)+.5)) * math.Cos(a*(float64(j)+.5)) * math.Exp(-time*(2-2*math.Cos(a))) / n
					if k == 0 {
						v /= 2
					}
					sum += v
				}
				return sum
			}},
			{"cycle", cycle, func(i, j int) (sum float64) {
				for k := range n {
					a := 2 * math.Pi * float64(k) / n
					sum += math.Cos(a*float64(i-j)) * math.Exp(-time*(2-2*math.Cos(a))) / n
				}
				return sum
			}},
		} {
			l := laplacian(t, c.w, affinity.Combinatorial)
			for _, way := range ways(time) {
				o := must[*affinity.HeatOperator](t)(way.Of(ctx, l))
				h := must[*mat.Dense](t)(o.Dense(ctx))
				most := o.Bound() + 1e-14*float64(o.Order+10)
				for i := range n {
					for j := range n {
						if got, want := h.At(i, j), c.heat(i, j); math.Abs(got-want) > most {
							t.Fatalf("%s, %v: entry %d, %d is %v, want %v within %v", c.name, o, i, j, got, want, most)
						}
					}
				}
			}
		}
	}
}

// Every way keeps its bound, which is not much larger than what it errs; blocks and whole
// kernels are the same, and heat is kept where it should be.
func TestHeatKernelsKeepTheirBounds(t *testing.T) {
	testenv.Unraced(t)
	const n = 60
	ctx := context.Background()
	x := someWeights(1, n, .1, 1, true)
	for j := range n { // a row without weights, and two parts
		x.Set(7, j, 0)
		x.Set(j, 7, 0)
		for _, i := range []int{20, 21, 22} {
			if j < 20 || j > 22 {
				x.Set(i, j, 0)
				x.Set(j, i, 0)
			}
		}
	}
	for _, norm := range []affinity.Normalization{affinity.Combinatorial, affinity.Symmetric, affinity.RandomWalk} {
		l := laplacian(t, x, norm)
		var scaled, want mat.Dense
		scaled.Scale(-3, full(t, l))
		want.Exp(&scaled)
		spread := 1.
		if norm == affinity.RandomWalk { // whose norm is weighted by degrees
			for _, d := range l.Degrees() {
				for _, e := range l.Degrees() {
					if d > 0 && e > 0 {
						spread = max(spread, math.Sqrt(d/e))
					}
				}
			}
		}
		for _, way := range ways(3) {
			o := must[*affinity.HeatOperator](t)(way.Of(ctx, l))
			whole, blocks := must[*mat.Dense](t)(o.Dense(ctx)), full(t, o)
			late := must[*affinity.HeatOperator](t)(must[*affinity.HeatOperator](t)(affinity.HeatKernel{Time: 9, Solver: way.Solver, Order: way.Order, Tolerance: way.Tolerance}.Of(ctx, l)).At(ctx, 3))
			if again := full(t, late); !mat.Equal(again, blocks) || late.Bound() != o.Bound() {
				t.Errorf("%s, %v: another kernel by way of another time", norm, o)
			}
			worst, apart := 0., 0.
			for i := range n {
				sum := 0.
				for j := range n {
					worst = max(worst, math.Abs(blocks.At(i, j)-want.At(i, j)))
					apart = max(apart, math.Abs(whole.At(i, j)-max(0, blocks.At(i, j))))
					sum += blocks.At(i, j)
					if whole.At(i, j) < 0 || norm != affinity.RandomWalk && whole.At(i, j) != whole.At(j, i) {
						t.Fatalf("%v: entry %d, %d is %v, and its mirror %v", o, i, j, whole.At(i, j), whole.At(j, i))
					}
				}
				if norm != affinity.Symmetric && math.Abs(sum-1) > float64(n)*spread*o.Bound()+1e-12 {
					t.Errorf("%s, %v: of the heat of row %d there is %v", norm, o, i, sum)
				}
			}
			if worst > spread*o.Bound()+1e-12 {
				t.Errorf("%s, %v: it errs by %v, and says %v", norm, o, worst, o.Bound())
			}
			if apart > 1e-11*spread {
				t.Errorf("%s, %v: whole and in blocks it differs by %v", norm, o, apart)
			}
			if way.Order == 0 && way.Solver != affinity.EulerHeat && o.Bound() > cmpOr(way.Tolerance, 1e-12) {
				t.Errorf("%v: the bound is %v", o, o.Bound())
			}
		}
	}
	// The bound of a series of some order is near what the slowest or the fastest mode errs.
	two := laplacian(t, mat.NewDense(2, 2, []float64{0, 1, 1, 0}), affinity.Symmetric)
	for _, order := range []int{1, 4, 12} {
		o := must[*affinity.HeatOperator](t)(affinity.HeatKernel{Time: 2, Order: order}.Of(ctx, two))
		h := full(t, o)
		slow, fast := h.At(0, 0)+h.At(0, 1)-1, h.At(0, 0)-h.At(0, 1)-math.Exp(-4)
		if worst := max(math.Abs(slow), math.Abs(fast)); worst < o.Bound()/3 {
			t.Errorf("order %d: it errs by %v, and says %v", order, worst, o.Bound())
		}
	}
	for _, order := range []int{1, 32} { // of Euler's method, the bound is what the worst mode errs
		o := must[*affinity.HeatOperator](t)(affinity.HeatKernel{Time: 1.2, Solver: affinity.EulerHeat, Order: order}.Of(ctx, two))
		h := full(t, o)
		if worst := math.Abs(h.At(0, 0) - h.At(0, 1) - math.Exp(-2.4)); worst < .9*o.Bound() || worst > o.Bound()+1e-15 {
			t.Errorf("%d steps: it errs by %v, and says %v", order, worst, o.Bound())
		}
	}
}

func TestHeatKernelOfNoWeights(t *testing.T) {
	ctx := context.Background()
	for _, norm := range []affinity.Normalization{affinity.Combinatorial, affinity.Symmetric, affinity.RandomWalk} {
		l := laplacian(t, mat.NewDense(5, 5, nil), norm)
		for _, way := range ways(2)[:5] {
			o := must[*affinity.HeatOperator](t)(way.Of(ctx, l))
			h := must[*mat.Dense](t)(o.Dense(ctx))
			for i := range 5 {
				for j := range 5 {
					if want := map[bool]float64{true: 1}[i == j]; math.Abs(h.At(i, j)-want) > 1e-14+o.Bound() {
						t.Errorf("%s, %v: of heat from row %d there is %v in row %d", norm, o, i, h.At(i, j), j)
					}
				}
			}
		}
	}
}

func TestHeatKernelHasTheSameBitsOnAnyCores(t *testing.T) {
	l := laplacian(t, someWeights(2, 80, .1, 1, true), affinity.RandomWalk)
	for _, way := range ways(5) {
		var want []float64
		for _, procs := range testenv.Cores() {
			old := runtime.GOMAXPROCS(procs)
			o := must[*affinity.HeatOperator](t)(way.Of(context.Background(), l))
			h := must[*mat.Dense](t)(o.Dense(context.Background()))
			got := slices.Concat(h.RawMatrix().Data, full(t, o).RawMatrix().Data)
			runtime.GOMAXPROCS(old)
			if want == nil {
				want = got
			}
			if !slices.Equal(got, want) {
				t.Errorf("%v: %d cores give other bits", o, procs)
			}
		}
	}
}

func TestHeatKernelBadInput(t *testing.T) {
	ctx := context.Background()
	l := laplacian(t, someWeights(3, 30, .2, 1, true), affinity.Combinatorial)
	for param, options := range map[string][]affinity.HeatKernel{
		"Time":        {{Time: -1}, {Time: math.NaN()}, {Time: math.Inf(1)}, {Time: 1e300}, {Time: 1e12}},
		"Solver":      {{Solver: "Taylor"}},
		"Order":       {{Order: -1}, {Order: 1 << 40}, {Solver: affinity.EigenHeat, Order: 31}},
		"Tolerance":   {{Tolerance: -1}, {Tolerance: 1}, {Tolerance: math.NaN()}},
		"MemoryLimit": {{MemoryLimit: -1}},
	} {
		for _, h := range options {
			_, err := h.Of(ctx, l)
			if e, ok := errors.AsType[*mat32.ParamError](err); !ok || e.Param != param || e.Method != "affinity.HeatKernel" {
				t.Errorf("%+v: got %v, want a *mat32.ParamError of %s", h, err, param)
			}
		}
	}
	if _, err := (affinity.HeatKernel{}).Of(ctx, nil); !isA[*mat32.ParamError](err) {
		t.Errorf("no Laplacian: %v", err)
	}
	for _, h := range []affinity.HeatKernel{{Solver: affinity.EulerHeat, MemoryLimit: 100}, {Solver: affinity.EigenHeat, MemoryLimit: 100}, {Solver: affinity.EigenHeat, Order: 3, MemoryLimit: 100}} {
		if _, err := h.Of(ctx, l); !isA[*mat32.MemoryError](err) {
			t.Errorf("%v: got %v, want a *mat32.MemoryError", h, err)
		}
	}
	o := must[*affinity.HeatOperator](t)(affinity.HeatKernel{MemoryLimit: 100}.Of(ctx, l))
	if _, err := o.Dense(ctx); !isA[*mat32.MemoryError](err) {
		t.Errorf("dense: got %v, want a *mat32.MemoryError", err)
	}
}

func isA[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

func TestHeatKernelsHearACancel(t *testing.T) {
	n := 1500
	if testing.Short() {
		n = 300
	}
	l := laplacian(t, someWeights(4, n, .05, 1, true), affinity.Combinatorial)
	done, cancel := context.WithCancel(context.Background())
	cancel()
	for _, way := range ways(1) {
		if _, err := way.Of(done, l); !errors.Is(err, context.Canceled) {
			t.Errorf("%v: got %v, want context.Canceled", way, err)
		}
	}
	o := must[*affinity.HeatOperator](t)(affinity.HeatKernel{Order: 20000}.Of(context.Background(), l))
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	start := time.Now()
	if _, err := o.Dense(ctx); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) > 270*time.Millisecond {
		t.Errorf("after %v: %v", time.Since(start), err)
	}
}
