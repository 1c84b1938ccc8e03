package conformance

import (
	"context"
	"errors"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

func each(t *testing.T, f func(t *testing.T, e entry)) {
	for _, e := range entries {
		t.Run(e.name, func(t *testing.T) { f(t, e) })
	}
}

// same compares bits: NaN equals NaN.
func same(a, b []float64) bool {
	return slices.EqualFunc(a, b, func(x, y float64) bool { return math.Float64bits(x) == math.Float64bits(y) })
}

func TestSameBitsOnAnyCores(t *testing.T) {
	inputs := map[string]mat.Matrix{
		"float64": random(90, 5, 0), "float32": mat32.Convert(random(90, 5, 0)), "view": mat.DenseCopyOf(random(90, 5, 0).T()).T(),
	}
	each(t, func(t *testing.T, e entry) {
		for name, x := range inputs {
			var want []float64
			for _, procs := range []int{1, 2, 7} {
				old := runtime.GOMAXPROCS(procs)
				got, err := e.run(context.Background(), x)
				runtime.GOMAXPROCS(old)
				if err != nil {
					t.Fatal(err)
				}
				if want == nil {
					want = got
				}
				if len(got) == 0 || !same(got, want) {
					t.Errorf("%s: %d cores give other bits", name, procs)
				}
			}
		}
	})
}

func TestWatchingChangesNothing(t *testing.T) {
	x := random(90, 5, 0)
	each(t, func(t *testing.T, e entry) {
		want, err := e.run(context.Background(), x)
		if err != nil {
			t.Fatal(err)
		}
		events := 0
		got, err := e.run(watch.With(context.Background(), func(watch.Event) { events++ }), x)
		if err != nil || !same(got, want) {
			t.Errorf("watched, the result is another: %v", err)
		}
		t.Logf("%d events", events)
	})
}

// Adding 1000 to every column keeps the first six digits of every number.
func TestShiftKeepsSixDigits(t *testing.T) {
	each(t, func(t *testing.T, e entry) {
		want, err := e.run(context.Background(), random(90, 5, 0))
		if err != nil {
			t.Fatal(err)
		}
		got, err := e.run(context.Background(), random(90, 5, 1000))
		if err != nil {
			t.Fatal(err)
		}
		if e.moves {
			return // its result is where the data are
		}
		size := 0.
		for _, v := range want {
			if !math.IsNaN(v) && !math.IsInf(v, 0) {
				size = max(size, math.Abs(v))
			}
		}
		for i := range want {
			if diff := math.Abs(got[i] - want[i]); diff > 1e-6*math.Abs(want[i])+1e-7*size || math.IsNaN(got[i]) != math.IsNaN(want[i]) {
				t.Fatalf("number %d was %v and is %v", i, want[i], got[i])
			}
		}
	})
}

func TestBadInputIsAnError(t *testing.T) {
	with := func(v float64) mat.Matrix {
		x := random(60, 4, 0)
		x.Set(17, 2, v)
		return x
	}
	each(t, func(t *testing.T, e entry) {
		for name, x := range map[string]mat.Matrix{"nil": nil, "nil matrix": (*mat.Dense)(nil), "empty": &mat.Dense{}, "no columns": mat32.NewDense(5, 0, nil)} {
			if _, err := e.run(context.Background(), x); !errors.Is(err, mat32.ErrEmpty) {
				t.Errorf("%s: got %v, want ErrEmpty", name, err)
			}
		}
		for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
			_, err := e.run(context.Background(), with(v))
			var nf *mat32.NotFiniteError
			if !errors.As(err, &nf) || nf.Row != 17 || nf.Col != 2 {
				t.Errorf("%v at row 17, column 2: got %v", v, err)
			}
		}
		for n := 1; n <= 24; n++ {
			v, err := e.run(context.Background(), random(n, 4, 0))
			if n < e.least && err == nil {
				t.Errorf("%d rows were accepted", n)
			}
			if n >= e.least && err != nil {
				t.Errorf("%d rows: %v", n, err)
			}
			if err != nil && !typed(err) {
				t.Errorf("%d rows: %T: %v", n, err, err)
			}
			if n > e.least {
				noNaN(t, e, v)
			}
		}
		v, err := e.run(context.Background(), mat.NewDense(60, 4, nil))
		switch {
		case e.constant && err != nil:
			t.Errorf("constant rows: %v", err)
		case !e.constant && (err == nil || !typed(err)):
			t.Errorf("constant rows: got %v, want a typed error", err)
		}
		if err == nil {
			noNaN(t, e, v)
		}
		duplicates := random(60, 4, 0)
		for i := range 30 {
			duplicates.SetRow(2*i, duplicates.RawRowView(1))
		}
		v, err = e.run(context.Background(), duplicates)
		if err != nil {
			t.Errorf("thirty equal rows: %v", err)
		}
		noNaN(t, e, v)
	})
}

// noNaN fails for NaN where a number must stand. Objectives of methods without
// one, shares of rows that were left out and errors that cannot be had are NaN.
func noNaN(t *testing.T, e entry, v []float64) {
	t.Helper()
	if len(v) > 0 && (math.IsNaN(v[0]) || math.IsInf(v[0], 0)) {
		t.Errorf("the first number is %v", v[0])
	}
}

func typed(err error) bool {
	var (
		notFinite  *mat32.NotFiniteError
		param      *mat32.ParamError
		shape      *mat32.ShapeError
		memory     *mat32.MemoryError
		degenerate *mat32.DegenerateError
	)
	return errors.Is(err, mat32.ErrEmpty) || errors.As(err, &notFinite) || errors.As(err, &param) ||
		errors.As(err, &shape) || errors.As(err, &memory) || errors.As(err, &degenerate)
}

// Values near the ends of float64 give an answer or a typed error.
func TestExtremeMagnitudes(t *testing.T) {
	each(t, func(t *testing.T, e entry) {
		for _, size := range []float64{5e-324, 1e-300, 1e-160, 1e160, 1e300, math.MaxFloat64 / 8} {
			x := random(60, 4, 0)
			x.Scale(size, x)
			v, err := e.run(context.Background(), x)
			if err != nil && !typed(err) {
				t.Errorf("values around %v: %T: %v", size, err, err)
			}
			if err == nil {
				noNaN(t, e, v)
			}
		}
	})
}

func TestCancelIsHeard(t *testing.T) {
	each(t, func(t *testing.T, e entry) {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if _, err := e.run(ctx, random(60, 4, 0)); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled before the start: got %v", err)
		}
		if e.long == 0 || testing.Short() {
			return
		}
		x := random(e.long, e.longColumns, 0)
		// A cancel while it works, early and late in what it does.
		for _, after := range []time.Duration{5 * time.Millisecond, 40 * time.Millisecond, 160 * time.Millisecond, 400 * time.Millisecond} {
			before := runtime.NumGoroutine()
			ctx, cancel := context.WithTimeout(context.Background(), after)
			start := time.Now()
			_, err := e.run(ctx, x)
			late := time.Since(start) - after
			cancel()
			if err == nil && late < 250*time.Millisecond {
				continue // it was done
			}
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("cancelled after %v: got %v", after, err)
			}
			if late > 250*time.Millisecond {
				t.Errorf("cancelled after %v it returned %v later", after, late)
			}
			if more := goroutinesAbove(before); more > 0 {
				t.Errorf("cancelled after %v: %d goroutines more than before", after, more)
			}
		}
	})
}

// goroutinesAbove counts them once those that are done had time to end.
func goroutinesAbove(before int) int {
	for range 50 {
		if runtime.NumGoroutine() <= before {
			return 0
		}
		time.Sleep(2 * time.Millisecond)
	}
	return runtime.NumGoroutine() - before
}

func TestErrorsNameTheMethod(t *testing.T) {
	x := random(60, 4, 0)
	x.Set(3, 3, math.NaN())
	each(t, func(t *testing.T, e entry) {
		_, err := e.run(context.Background(), x)
		room, _, _ := strings.Cut(e.name, ".")
		if err == nil || !strings.HasPrefix(err.Error(), room+".") {
			t.Errorf("the error does not begin with %q: %v", room+".", err)
		}
	})
}
