package conformance

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// promise is what every way into every method keeps.
type promise struct {
	name  string
	check func(e entry) []error // what breaks it
	races bool                  // it has goroutines that could race: those of the work, or its own
	rows  bool                  // it is about rows, which a method that is given what is made of them does not see
}

var promises = []promise{
	{"same bits on any cores", sameBitsOnAnyCores, false, false},
	{"watching changes nothing", watchingChangesNothing, true, false},
	{"the input stays as it is", inputStays, false, false},
	{"sparse rows", sparseIsTheSame, false, true},
	{"distances for rows", distancesAreTakenOrRefused, false, true},
	{"columns + 1000", shiftKeepsSixDigits, false, true},
	{"no data", emptyIsAnError, false, true},
	{"NaN and infinities", notFiniteIsAnError, false, true},
	{"what it refuses", spoiledIsAnError, false, false},
	{"every number of rows", everyNumberOfRows, false, false},
	{"constant and duplicate rows", equalRows, false, false},
	{"extreme magnitudes", extremeMagnitudes, false, false},
	{"cancelled before it starts", canceledBefore, true, false},
	{"cancelled while it works", canceledDuring, true, false},
	{"options out of range", optionsOutOfRange, false, false},
	{"the largest options", hugeOptions, false, false},
	{"memory limit", memoryLimit, false, false},
	{"resolved options", resolvedIsTheSame, false, false},
	{"saved and read back", savedIsTheSame, false, false},
	{"damaged files", damagedIsAnError, false, false},
	{"concurrent use", concurrentUse, true, false},
}

// patience is what a method may take on the small inputs here: beyond it, it hangs.
const patience = 60 * time.Second

// run calls the entry on x. A panic is an error, and so is a call that does not
// come back.
func (e entry) run(ctx context.Context, x mat.Matrix) (result any, err error) {
	type outcome struct {
		result any
		err    error
	}
	done := make(chan outcome, 1)
	go func() {
		var o outcome
		o.err = safely(func() (err error) {
			o.result, err = e.call(ctx, x)
			return err
		})
		done <- o
	}()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case o := <-done:
		return o.result, o.err
	case <-timer.C:
		return nil, fmt.Errorf("it hangs: no answer within %v", patience)
	}
}

// usual is the input of promises that need only one.
func (e entry) usual() *mat.Dense { return random(90, e.columns, 0) }

func sameBitsOnAnyCores(e entry) (problems []error) {
	x := e.usual()
	var plain []number
	for _, c := range []struct {
		name string
		x    mat.Matrix
	}{{"float64", x}, {"a view of a transpose", mat.DenseCopyOf(x.T()).T()}, {"float32", mat32.Convert(x)}} {
		var want []byte
		for _, procs := range []int{1, 2, 7} {
			old := runtime.GOMAXPROCS(procs)
			got, err := e.run(context.Background(), c.x)
			runtime.GOMAXPROCS(old)
			if err != nil {
				return append(problems, fmt.Errorf("%s: %w", c.name, err))
			}
			numbers, _ := numbersOf(got)
			if len(numbers) == 0 {
				return append(problems, fmt.Errorf("%s: the result has no numbers", c.name))
			}
			b := bytesOf(got)
			if want == nil {
				want = b
			}
			if !bytes.Equal(b, want) {
				problems = append(problems, fmt.Errorf("%s: %d cores give other bits than 1", c.name, procs))
			}
			if c.name == "float64" {
				plain = numbers
			} else if c.name != "float32" && !sameBits(numbers, plain) {
				problems = append(problems, fmt.Errorf("%s gives other bits than the matrix itself", c.name))
			}
		}
	}
	return problems
}

func watchingChangesNothing(e entry) []error {
	ctx := watch.With(context.Background(), func(e watch.Event) {
		if e.Layout != nil {
			e.Layout().Zero() // a copy: the map must not suffer
		}
	})
	got, err := e.run(ctx, e.usual())
	if err != nil {
		return []error{err}
	}
	if testing.Short() {
		return nil // it was watched, and that is where it could race
	}
	want, err := e.run(context.Background(), e.usual())
	if err != nil {
		return []error{err}
	}
	if !bytes.Equal(bytesOf(got), bytesOf(want)) {
		return []error{errors.New("watched, the result is another")}
	}
	return nil
}

func inputStays(e entry) []error {
	x := e.usual()
	before := mat.DenseCopyOf(x)
	if _, err := e.run(context.Background(), x); err != nil {
		return []error{err}
	}
	if !mat.Equal(x, before) {
		return []error{errors.New("the matrix it was given has changed")}
	}
	return nil
}

// Adding 1000 to every column keeps the first six digits of every number. What
// lies in the space of the data moves with them. Small numbers are compared at
// the size of the largest of their kind, at which they are uncertain.
func shiftKeepsSixDigits(e entry) (problems []error) {
	if e.row.origin != "" {
		return nil
	}
	shifted, err := entries(e.row, e.variant, 1000)
	if err != nil {
		return []error{err}
	}
	for _, s := range shifted {
		if s.name != e.name {
			continue
		}
		offset := 1000.
		if e.inverse && !e.variant.moves {
			offset = 0 // points of the map, which has not moved
		}
		a, err := e.run(context.Background(), e.usual())
		if err != nil {
			return []error{err}
		}
		b, err := s.run(context.Background(), random(90, e.columns, offset))
		if err != nil {
			return []error{fmt.Errorf("columns + 1000: %w", err)}
		}
		want, _ := numbersOf(a)
		got, _ := numbersOf(b)
		if len(got) != len(want) {
			return []error{fmt.Errorf("it had %d numbers and has %d", len(want), len(got))}
		}
		size := map[string]float64{}
		for _, w := range want {
			if !math.IsNaN(w.value) && !math.IsInf(w.value, 0) {
				size[w.field] = max(size[w.field], math.Abs(w.value))
			}
		}
		for i, w := range want {
			v := w.value
			if w.field == ".At" && (e.inverse || e.variant.moves) {
				v += 1000
			}
			if math.IsNaN(v) && math.IsNaN(got[i].value) || v == got[i].value {
				continue
			}
			if !(math.Abs(got[i].value-v) <= 1e-6*math.Abs(v)+1e-7*size[w.field]) {
				return []error{fmt.Errorf("number %d, of %s, should be %v and is %v", i, w.field, v, got[i].value)}
			}
		}
	}
	return problems
}

func emptyIsAnError(e entry) (problems []error) {
	for _, c := range []struct {
		name string
		x    mat.Matrix
	}{{"nil", nil}, {"a nil matrix", (*mat.Dense)(nil)}, {"a nil float32 matrix", (*mat32.Dense)(nil)},
		{"no rows", &mat.Dense{}}, {"no columns", mat32.NewDense(5, 0, nil)}} {
		_, err := e.run(context.Background(), c.x)
		if !errors.Is(err, mat32.ErrEmpty) {
			problems = append(problems, fmt.Errorf("%s: got %v, want mat32.ErrEmpty", c.name, err))
		}
	}
	return problems
}

func notFiniteIsAnError(e entry) (problems []error) {
	const row = 17
	col := min(2, e.columns-1)
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		x := random(60, e.columns, 0)
		x.Set(row, col, v)
		result, err := e.run(context.Background(), x)
		if e.variant.gaps && math.IsNaN(v) {
			if err != nil {
				problems = append(problems, fmt.Errorf("a missing value at row %d, column %d: %w", row, col, err))
				continue
			}
			problems = append(problems, finite("a missing value", result)...)
			continue
		}
		var nf *mat32.NotFiniteError
		if !errors.As(err, &nf) || nf.Row != row || nf.Col != col {
			problems = append(problems, fmt.Errorf("%v at row %d, column %d: got %v and %v, want a *mat32.NotFiniteError that says where", v, row, col, result, err))
			continue
		}
		if !strings.HasPrefix(err.Error(), e.row.method+": ") && !strings.HasPrefix(err.Error(), e.row.method+" ") {
			problems = append(problems, fmt.Errorf("the error does not begin with %q: %v", e.row.method, err))
		}
	}
	return problems
}

// What is wrong with a graph or with diagrams is as clear as what is wrong with rows.
func spoiledIsAnError(e entry) (problems []error) {
	if !e.derived || e.variant.spoiled == nil {
		return nil
	}
	for what, args := range e.variant.spoiled(e.name) {
		var result any
		err := safely(func() (err error) {
			result, err = invoke(methodOf(e.variant.of(60, columns), e.name), append([]any{context.Background()}, args...)...)
			return err
		})
		if err == nil || !typed(err) || !strings.HasPrefix(err.Error(), e.row.method) {
			problems = append(problems, fmt.Errorf("%s: got %v and %v, want an error of %s with a type", what, result, err, e.row.method))
		}
	}
	return problems
}

func everyNumberOfRows(e entry) (problems []error) {
	least := e.variant.least
	if e.mapping {
		least = 1 // a model maps even one
	}
	for n := 1; n <= 24; n++ {
		result, err := e.run(context.Background(), random(n, e.columns, 0))
		switch {
		case n < least && err == nil:
			problems = append(problems, fmt.Errorf("%d rows are accepted", n))
		case err == nil:
			problems = append(problems, finite(fmt.Sprint(n, " rows"), result)...)
		case !typed(err):
			problems = append(problems, fmt.Errorf("%d rows: an error without type, %T: %w", n, err, err))
		case n >= least:
			problems = append(problems, fmt.Errorf("%d rows are refused: %w", n, err))
		}
	}
	return problems
}

func equalRows(e entry) (problems []error) {
	constant := mat.NewDense(60, e.columns, nil)
	constant.Apply(func(int, int, float64) float64 { return 3 }, constant)
	result, err := e.run(context.Background(), constant)
	accepts := e.variant.constant || e.mapping
	switch {
	case err == nil && !accepts:
		problems = append(problems, errors.New("rows that are all equal are accepted: the row says they are not"))
	case err == nil:
		problems = append(problems, finite("constant rows", result)...)
	case accepts || !typed(err):
		problems = append(problems, fmt.Errorf("constant rows: %T: %w", err, err))
	}
	duplicates := random(60, e.columns, 0)
	for i := range 30 {
		duplicates.SetRow(2*i, duplicates.RawRowView(1))
	}
	if result, err = e.run(context.Background(), duplicates); err != nil {
		return append(problems, fmt.Errorf("thirty-one equal rows of sixty: %w", err))
	}
	return append(problems, finite("thirty-one equal rows of sixty", result)...)
}

// Values near the ends of float64 give an answer or a typed error.
func extremeMagnitudes(e entry) (problems []error) {
	for _, size := range []float64{5e-324, 1e-300, 1e-160, 1e160, 1e300, math.MaxFloat64 / 16} {
		x := random(60, e.columns, 0)
		x.Apply(func(_, _ int, v float64) float64 { return max(-math.MaxFloat64/2, min(math.MaxFloat64/2, v*size)) }, x)
		result, err := e.run(context.Background(), x)
		what := fmt.Sprintf("values around %.0e", size)
		if err == nil {
			problems = append(problems, finite(what, result)...)
		} else if !typed(err) {
			problems = append(problems, fmt.Errorf("%s: an error without type, %T: %w", what, err, err))
		}
	}
	return problems
}

// mayBeNaN are the fields in which a result may say that there is no number: the
// objective of a method without one, the share of a row that was left out, an
// error that cannot be had.
var mayBeNaN = map[string]bool{".Objective": true, ".Local": true, ".PerRow": true, ".StdErr": true}

// mayBeNaNOf are such fields of one kind of result: points without surroundings, of whose shape
// there is none.
var mayBeNaNOf = map[string][]string{
	"*topology.Singularities": {".Scores"},
	"*geometry.Curvatures":    {".Principal.At", ".Mean", ".Scalar"},
}

// endless are the fields in which +Inf says that something never ends.
var endless = map[string]bool{".Death": true, ".Threshold": true}

// finite returns where a result is NaN or infinite and should not be.
func finite(what string, result any) []error {
	numbers, _ := numbersOf(result)
	if len(numbers) == 0 {
		return []error{fmt.Errorf("%s: neither an error nor numbers", what)}
	}
	for _, v := range numbers {
		field := v.field[max(0, strings.LastIndex(v.field, ".")):]
		switch {
		case !math.IsNaN(v.value) && !math.IsInf(v.value, 0):
		case mayBeNaN[field] || slices.Contains(mayBeNaNOf[fmt.Sprintf("%T", result)], v.field):
		case math.IsInf(v.value, 1) && endless[field]:
		default:
			return []error{fmt.Errorf("%s: the field %q is %v", what, v.field, v.value)}
		}
	}
	return nil
}

// typed reports whether err is of a kind that a program can tell from others.
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

// A fitted model, and everything else that is called here, can be used by
// several goroutines at once.
func concurrentUse(e entry) (problems []error) {
	x := e.usual()
	times, want := 3, []byte(nil)
	if testing.Short() {
		times = 2 // race as three do; they are compared with each other
	} else {
		alone, err := e.run(context.Background(), x)
		if err != nil {
			return []error{err}
		}
		want = bytesOf(alone)
	}
	var mu sync.Mutex
	var all sync.WaitGroup
	for range times {
		all.Go(func() {
			got, err := e.run(context.Background(), x)
			mu.Lock()
			defer mu.Unlock()
			if err == nil && want == nil {
				want = bytesOf(got)
			}
			if err != nil || !bytes.Equal(bytesOf(got), want) {
				problems = append(problems, fmt.Errorf("called %d times at once, the result is another (%v)", times, err))
			}
		})
	}
	all.Wait()
	return problems
}
