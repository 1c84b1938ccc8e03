package conformance

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/saved"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
	"github.com/flatland-go/flatland/pkg/watch"
)

// planted is a method that measures the mean spread of the columns as it is told.
type planted struct{ how string }

func (p planted) Estimate(ctx context.Context, x mat.Matrix) (measure.Dimension, error) {
	return offenders[p.how].estimate(ctx, x)
}

// Resolve has nothing to fill in.
func (p planted) Resolve(n, d int) (planted, error) { return p, nil }

// honest keeps every promise.
func honest(ctx context.Context, x mat.Matrix) (measure.Dimension, error) {
	const method = "planted.Method"
	if err := mat32.Check(x); err != nil {
		return measure.Dimension{}, fmt.Errorf("%s: %w", method, err)
	}
	if err := mat32.CheckRows(method, x); err != nil {
		return measure.Dimension{}, err
	}
	n, d := x.Dims()
	if n < 2 {
		return measure.Dimension{}, &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: "at least 2 rows"}
	}
	var sum float64
	for i := range n {
		// Long work is a nap for every row; it ends when it is told to.
		if err := nap(ctx, n); err != nil {
			return measure.Dimension{}, fmt.Errorf("%s: %w", method, err)
		}
		for j := range d {
			sum += math.Abs(x.At(i, j)/2-x.At(0, j)/2) / float64(n*d)
		}
	}
	if math.IsInf(sum, 0) {
		return measure.Dimension{}, &mat32.DegenerateError{Method: method, Reason: "it exceeds the largest float64"}
	}
	return measure.Dimension{Value: sum}, nil
}

func nap(ctx context.Context, n int) error {
	if n > 200 {
		time.Sleep(time.Millisecond)
	}
	return ctx.Err()
}

// calls counts them, for offenders that do not give the same answer twice.
var calls, inside atomic.Int64

// leak leaves a goroutine behind, until the test is done with it.
func leak() {
	release := release
	go func() { <-release }()
}

var release chan struct{}

// offenders break one promise each.
var offenders map[string]struct {
	breaks   string // the promise
	says     string // what is found
	estimate func(ctx context.Context, x mat.Matrix) (measure.Dimension, error)
}

func init() {
	type dimension = measure.Dimension
	// after changes what honest returns for good data.
	after := func(f func(ctx context.Context, x mat.Matrix, d *dimension)) func(ctx context.Context, x mat.Matrix) (dimension, error) {
		return func(ctx context.Context, x mat.Matrix) (dimension, error) {
			d, err := honest(ctx, x)
			if err == nil {
				f(ctx, x, &d)
			}
			return d, err
		}
	}
	// unless does something else where honest returns an error.
	unless := func(f func(err error) (dimension, error)) func(ctx context.Context, x mat.Matrix) (dimension, error) {
		return func(ctx context.Context, x mat.Matrix) (dimension, error) {
			d, err := honest(ctx, x)
			if err != nil {
				return f(err)
			}
			return d, nil
		}
	}
	bad := errors.New("bad data")
	offenders = map[string]struct {
		breaks, says string
		estimate     func(ctx context.Context, x mat.Matrix) (dimension, error)
	}{
		"honest":                  {estimate: honest},
		"a seed that nobody gave": {"same bits on any cores", "other bits", after(func(_ context.Context, _ mat.Matrix, d *dimension) { d.Value += float64(calls.Add(1)) })},
		"sums in an order that depends on the cores": {"same bits on any cores", "7 cores give other bits", after(func(_ context.Context, _ mat.Matrix, d *dimension) {
			d.Value = math.Nextafter(d.Value, float64(runtime.GOMAXPROCS(0)))
			if runtime.GOMAXPROCS(0) > 2 {
				d.Value = math.Nextafter(d.Value, 0)
			}
		})},
		"another path for views": {"same bits on any cores", "than the matrix itself", after(func(_ context.Context, x mat.Matrix, d *dimension) {
			if _, view := x.(mat.Transpose); view {
				d.Value *= 1 + 1e-15
			}
		})},
		"does more when watched": {"watching changes nothing", "another", after(func(ctx context.Context, _ mat.Matrix, d *dimension) {
			if watch.Watched(ctx) {
				d.Convention = "watched"
			}
		})},
		"centres the data in place": {"the input stays as it is", "changed", after(func(_ context.Context, x mat.Matrix, _ *dimension) { x.(*mat.Dense).Set(0, 0, 0) })},
		"another path for sparse rows": {"sparse rows", "other bits", after(func(_ context.Context, x mat.Matrix, d *dimension) {
			if _, sparse := x.(*mat32.CSR); sparse {
				d.Value *= 1 + 1e-15
			}
		})},
		"takes distances for columns": {"distances for rows", "RowsNeededError", func(ctx context.Context, x mat.Matrix) (dimension, error) {
			if d, ok := x.(*mat32.Distances); ok {
				x = mat.DenseCopyOf(d)
			}
			return honest(ctx, x)
		}},
		"does not centre": {"columns + 1000", "Value", after(func(_ context.Context, x mat.Matrix, d *dimension) { d.Value = mat.Norm(x, 2) })},
		"accepts nothing": {"no data", "mat32.ErrEmpty", unless(func(err error) (dimension, error) {
			if errors.Is(err, mat32.ErrEmpty) {
				return dimension{}, nil
			}
			return dimension{}, err
		})},
		"panics on NaN":        {"NaN and infinities", "panicked", unless(func(err error) (dimension, error) { panic(err) })},
		"returns NaN":          {"NaN and infinities", "want a *mat32.NotFiniteError", unless(func(error) (dimension, error) { return dimension{Value: math.NaN()}, nil })},
		"does not say where":   {"NaN and infinities", "want a *mat32.NotFiniteError", unless(func(error) (dimension, error) { return dimension{}, bad })},
		"does not say who":     {"NaN and infinities", "does not begin with", unless(func(err error) (dimension, error) { return dimension{}, fmt.Errorf("oops: %w", err) })},
		"an error of no type":  {"every number of rows", "without type", unless(func(error) (dimension, error) { return dimension{}, bad })},
		"accepts a single row": {"every number of rows", "1 rows are accepted", unless(func(error) (dimension, error) { return dimension{Value: 1}, nil })},
		"refuses a few rows": {"every number of rows", "5 rows are refused", func(ctx context.Context, x mat.Matrix) (dimension, error) {
			if n, d := dims(x); n == 5 {
				return dimension{}, &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: "any but 5 rows"}
			}
			return honest(ctx, x)
		}},
		"panics on 7 rows": {"every number of rows", "panicked", after(func(_ context.Context, x mat.Matrix, _ *dimension) {
			if n, _ := dims(x); n == 7 {
				panic("index out of range")
			}
		})},
		"NaN of constant rows": {"constant and duplicate rows", `the field ".Value" is NaN`, after(func(_ context.Context, _ mat.Matrix, d *dimension) { d.Value = d.Value / d.Value * d.Value })},
		"overflows": {"extreme magnitudes", "Inf", func(ctx context.Context, x mat.Matrix) (dimension, error) {
			d, err := honest(ctx, x)
			return dimension{Value: d.Value * 1e10}, err
		}},
		"starts though it is cancelled": {"cancelled before it starts", "want an error that wraps context.Canceled", func(_ context.Context, x mat.Matrix) (dimension, error) {
			return honest(context.Background(), x)
		}},
		"leaves a goroutine": {"cancelled before it starts", "goroutines are left", unless(func(err error) (dimension, error) {
			leak()
			return dimension{}, err
		})},
		"does not hear a cancel": {"cancelled while it works", "it returned", func(ctx context.Context, x mat.Matrix) (dimension, error) {
			time.Sleep(400 * time.Millisecond)
			return honest(ctx, x)
		}},
		"swallows a cancel": {"cancelled while it works", "want an error that wraps ctx.Err()", unless(func(err error) (dimension, error) { return dimension{}, bad })},
		"leaves a goroutine when cancelled": {"cancelled while it works", "goroutines are left", unless(func(err error) (dimension, error) {
			leak()
			return dimension{}, err
		})},
		"shares scratch memory": {"concurrent use", "another", after(func(_ context.Context, _ mat.Matrix, d *dimension) {
			inside.Add(1)
			time.Sleep(20 * time.Millisecond) // long enough for the others to come
			d.Value += float64(inside.Load())
			time.Sleep(20 * time.Millisecond)
			inside.Add(-1)
		})},
	}
}

func plantedRow(m any) row {
	return row{method: "planted.Method", variants: []variant{{name: "planted", of: always(m), least: 2, constant: true, long: [2]int{1000, 3}}}}
}

func onlyEntry(t *testing.T, m any) entry {
	t.Helper()
	r := plantedRow(m)
	list, err := entries(r, r.variants[0], 0)
	if err != nil || len(list) == 0 {
		t.Fatal(list, err)
	}
	return list[0]
}

// wantFound fails unless there are problems that say what is wanted.
func wantFound(t *testing.T, what, says string, problems []error) {
	t.Helper()
	if err := errors.Join(problems...); err == nil {
		t.Errorf("%s: nothing was found", what)
	} else if !strings.Contains(err.Error(), says) {
		t.Errorf("%s: found %v, which does not say %q", what, err, says)
	}
}

// What breaks a promise is found by the check of that promise, and what keeps
// all of them is not accused.
func TestOffendersAreFound(t *testing.T) {
	testenv.Unraced(t)
	for _, p := range promises {
		report(t, p.keep(onlyEntry(t, planted{"honest"})))
	}
	for how, o := range offenders {
		if how == "honest" {
			continue
		}
		e := onlyEntry(t, planted{how})
		i := slices.IndexFunc(promises, func(p promise) bool { return p.name == o.breaks })
		if i < 0 {
			t.Fatalf("%s breaks %q, which nobody promised", how, o.breaks)
		}
		problems := promises[i].keep
		if o.breaks == "cancelled while it works" {
			// Once, and also in short tests.
			problems = func(e entry) []error { return cancelAfter(e, random(1000, 3, 0), 5*time.Millisecond) }
		}
		release = make(chan struct{})
		wantFound(t, how, o.says, problems(e))
		close(release)
	}
	quick := onlyEntry(t, planted{"honest"})
	wantFound(t, "long work that is not", "needs longer work", cancelAfter(quick, random(3, 3, 0), 40*time.Millisecond))
	for _, p := range promises {
		broken := false
		for _, o := range offenders {
			broken = broken || o.breaks == p.name
		}
		if !broken && !slices.Contains([]string{"options out of range", "the largest options", "memory limit", "resolved options", "saved and read back", "damaged files", "what it refuses"}, p.name) {
			t.Errorf("no offender breaks the promise %q", p.name)
		}
	}
}

// careless is a method that looks at no option.
type careless struct {
	Neighbors   int
	Spread      float64
	MemoryLimit int64
}

func (careless) Estimate(ctx context.Context, x mat.Matrix) (measure.Dimension, error) {
	return honest(ctx, x)
}

// Resolve adds one whenever it is called.
func (c careless) Resolve(n, d int) (careless, error) {
	c.Neighbors++
	return c, nil
}

// overflowing makes room for one more than it is told.
type overflowing struct{ Rows int }

func (o overflowing) Estimate(ctx context.Context, x mat.Matrix) (measure.Dimension, error) {
	room := make([]byte, o.Rows+1)
	d, err := honest(ctx, x)
	d.Value += float64(len(room))
	return d, err
}

// resolving gives another result when it is resolved.
type resolving struct{ Seed uint64 }

func (r resolving) Estimate(ctx context.Context, x mat.Matrix) (measure.Dimension, error) {
	d, err := honest(ctx, x)
	d.Value += float64(r.Seed)
	return d, err
}

func (r resolving) Resolve(n, d int) (resolving, error) { r.Seed = 1; return r, nil }

// unresolved has no Resolve.
type unresolved struct{}

func (unresolved) Estimate(ctx context.Context, x mat.Matrix) (measure.Dimension, error) {
	return honest(ctx, x)
}

// forgetful takes Zero for the default.
type forgetful struct{ Spread float64 }

func (forgetful) Estimate(ctx context.Context, x mat.Matrix) (measure.Dimension, error) {
	return honest(ctx, x)
}

func (f forgetful) Resolve(n, d int) (forgetful, error) {
	if f.Spread < 1e-9 {
		f.Spread = 1
	}
	return f, nil
}

// counting is given a number made of the rows, and takes any.
type counting struct{}

func (counting) Compute(ctx context.Context, n int) (measure.Dimension, error) {
	if n == 0 {
		return measure.Dimension{}, errors.New("there is nothing")
	}
	return measure.Dimension{Value: float64(n)}, ctx.Err()
}

// What is given no rows says what it refuses, and refuses it by an error of a type.
func TestOffendingArgumentsAreFound(t *testing.T) {
	r := plantedRow(counting{})
	r.variants[0].given = func(_ string, x mat.Matrix) []any {
		n, _ := dims(x)
		return []any{n}
	}
	if _, err := entries(r, r.variants[0], 0); err == nil || !strings.Contains(err.Error(), "what it refuses") {
		t.Errorf("nothing is refused: %v", err)
	}
	for bad, says := range map[int]string{3: "want an error of planted.Method", 0: "there is nothing"} {
		r.variants[0].spoiled = func(string) map[string][]any { return map[string][]any{"a number": {bad}} }
		list, err := entries(r, r.variants[0], 0)
		if err != nil || len(list) != 1 {
			t.Fatal(list, err)
		}
		wantFound(t, "a number of no use", says, spoiledIsAnError(list[0]))
		for _, p := range promises {
			if p.rows {
				report(t, p.keep(list[0]))
			}
		}
	}
}

// Distances that are said to do for rows give something else.
func TestOffendingDistancesAreFound(t *testing.T) {
	e := onlyEntry(t, planted{"takes distances for columns"})
	e.variant.distances = asForRows
	wantFound(t, "other distances", "the rows give", distancesAreTakenOrRefused(e))
	e = onlyEntry(t, planted{"honest"})
	e.variant.distances = taken
	wantFound(t, "refuses what the row says it takes", "planted.Method", distancesAreTakenOrRefused(e))
}

func TestOffendingOptionsAreFound(t *testing.T) {
	for _, field := range []string{"Neighbors:-5", "Spread:-5", "Spread:NaN", "Spread:+Inf", "MemoryLimit:-5"} {
		wantFound(t, "any number will do", field, optionsOutOfRange(onlyEntry(t, careless{})))
	}
	e := onlyEntry(t, planted{"honest"})
	e.row.refused = map[string][]any{"how": {planted{"honest"}}}
	wantFound(t, "what the row says is refused", "want a *mat32.ParamError", optionsOutOfRange(e))
	wantFound(t, "no limit", "memory limit", memoryLimit(onlyEntry(t, careless{})))
	wantFound(t, "none to set", "unlimited does not say why", memoryLimit(onlyEntry(t, resolving{})))
	wantFound(t, "one too many rows", "the largest Rows", hugeOptions(onlyEntry(t, overflowing{})))
	wantFound(t, "resolved again it is another", "is resolved to", resolvedIsTheSame(onlyEntry(t, careless{})))
	wantFound(t, "resolved it does something else", "another result", resolvedIsTheSame(onlyEntry(t, resolving{})))
	wantFound(t, "no Resolve", "no method Resolve", resolvedIsTheSame(onlyEntry(t, unresolved{})))

	exact := plantedRow(forgetful{})
	exact.exact = map[string]any{"Spread": forgetful{math.SmallestNonzeroFloat64}}
	wantFound(t, "Zero is taken for the default", "Resolve makes", exactOptions(exact))
	wantFound(t, "Zero changes nothing", "the same as with the default", exactOptions(exact))
	exact.exact["Spread"] = forgetful{0}
	wantFound(t, "no Zero in the cell", "neither Zero nor None", exactOptions(exact))

	wantFound(t, "a Seed, and not stochastic", "stochastic is false", seeded(plantedRow(resolving{})))
	deaf := plantedRow(deafToSeed{})
	deaf.stochastic = true
	wantFound(t, "a Seed of no effect", "changes nothing", seeded(deaf))
}

type deafToSeed struct{ Seed uint64 }

func (deafToSeed) Estimate(ctx context.Context, x mat.Matrix) (measure.Dimension, error) {
	return honest(ctx, x)
}

// file is a model that is saved in a way.
type file struct {
	Value float64
	how   string
}

func (f *file) WriteTo(w io.Writer) (int64, error) {
	s := saved.NewWriter(w, "planted", 1)
	if f.how != "forgets" {
		s.Float(f.Value)
	} else {
		s.Float(0)
	}
	return s.Close()
}

func (f *file) ReadFrom(r io.Reader) (int64, error) {
	s, _ := saved.NewReader(r, "planted", 1, func(kind, reason string) error { return &mat32.FileError{Kind: kind, Reason: reason} })
	v := s.Float()
	n, err := s.Close()
	if savedHow == "reads on" {
		rest, _ := io.Copy(io.Discard, r)
		n += rest
	}
	if err == nil || savedHow == "changes all the same" {
		f.Value = v
	}
	if savedHow == "accepts damage" {
		err = nil
	}
	if savedHow == "panics" && err != nil {
		panic(err)
	}
	return n, err
}

// savedHow is what files that are read back do: they know no way of their own.
var savedHow string

func (f *file) MarshalBinary() ([]byte, error) {
	var b bytes.Buffer
	_, err := f.WriteTo(&b)
	return b.Bytes(), err
}

func (f *file) UnmarshalBinary(b []byte) error {
	_, err := f.ReadFrom(bytes.NewReader(b))
	return err
}

// filing makes files.
type filing struct{ how string }

func (m filing) Embed(ctx context.Context, x mat.Matrix) (*file, error) {
	return &file{Value: x.At(0, 0), how: m.how}, nil
}

// fitting makes models that cannot be saved.
type fitting struct{}

func (fitting) Fit(ctx context.Context, x mat.Matrix) (measure.Dimension, error) {
	return measure.Dimension{Value: 1}, nil
}

func TestOffendingFilesAreFound(t *testing.T) {
	report(t, savedIsTheSame(onlyEntry(t, filing{})))
	report(t, damagedIsAnError(onlyEntry(t, filing{})))
	wantFound(t, "forgets a value", "read back it is another", savedIsTheSame(onlyEntry(t, filing{"forgets"})))
	wantFound(t, "cannot be saved", "cannot be saved", savedIsTheSame(onlyEntry(t, fitting{})))
	defer func() { savedHow = "" }()
	savedHow = "reads on"
	wantFound(t, savedHow, `left ""`, savedIsTheSame(onlyEntry(t, filing{})))
	for how, says := range map[string]string{"accepts damage": "byte 0 of", "panics": "panicked", "changes all the same": "has changed the value"} {
		savedHow = how
		wantFound(t, how, says, damagedIsAnError(onlyEntry(t, filing{})))
	}
}

// complete is a row with nothing missing.
func complete() row {
	r := plantedRow(planted{"honest"})
	r.source = "2001, A space odyssey of methods"
	r.golden = golden{form: "the mean by hand", test: "rooms.TestClosedForm"}
	r.claim = claim{says: "more is more", on: func(uint64) sample { return sample{dim: 1} }, from: 1, to: 2,
		measure: func(_ context.Context, s sample) (float64, error) { return s.dim, nil }}
	r.control = control{says: "less", on: func(uint64) sample { return sample{} }}
	return r
}

func TestOffendingRowsAreFound(t *testing.T) {
	report(t, complete().cells())
	problems, _, _ := complete().judge(context.Background(), 2)
	report(t, problems)
	for cell, empty := range map[string]func(r *row){
		"method":                func(r *row) { r.method = "" },
		"source":                func(r *row) { r.source = "" },
		"source, without year":  func(r *row) { r.source = "A space odyssey of methods" },
		"source, no reason":     func(r *row) { r.source = "none: " },
		"golden":                func(r *row) { r.golden = golden{} },
		"golden, no test":       func(r *row) { r.golden.test = "" },
		"golden, what of it":    func(r *row) { r.golden.file, r.golden.form = "pca", "" },
		"claim":                 func(r *row) { r.claim = claim{} },
		"claim, unmeasured":     func(r *row) { r.claim.measure = nil },
		"control":               func(r *row) { r.control = control{} },
		"variants":              func(r *row) { r.variants = nil },
		"variants, not made":    func(r *row) { r.variants[0].of = nil },
		"variants, fewest rows": func(r *row) { r.variants[0].least = 0 },
		"variants, long work":   func(r *row) { r.variants[0].long = [2]int{} },
	} {
		r := complete()
		empty(&r)
		name, _, _ := strings.Cut(cell, ",")
		wantFound(t, "an empty cell: "+cell, "the cell "+name+" is empty", r.cells())
	}
	for what, c := range map[string]struct {
		says string
		make func(r *row)
	}{
		"a claim that does not hold": {"does not hold", func(r *row) { r.claim.from = 1.5 }},
		"a claim that holds of all":  {"says nothing", func(r *row) { r.claim.from = 0 }},
		"a claim measured as NaN":    {"NaN", func(r *row) { r.claim.on = func(uint64) sample { return sample{dim: math.NaN()} } }},
		"a control measured as NaN":  {"NaN", func(r *row) { r.control.on = func(uint64) sample { return sample{dim: math.NaN()} } }},
		"a control that panics":      {"panicked", func(r *row) { r.control.on = func(uint64) sample { panic("no control") } }},
		"a measurement with an error": {"out of order", func(r *row) {
			r.claim.measure = func(context.Context, sample) (float64, error) { return 1.5, errors.New("out of order") }
		}},
		"a claim that fails by a seed": {"seed 2", func(r *row) { r.claim.on = func(seed uint64) sample { return sample{dim: 2.5 - float64(seed%2)} } }},
	} {
		r := complete()
		c.make(&r)
		problems, _, _ := r.judge(context.Background(), 2)
		wantFound(t, what, c.says, problems)
	}
}

// The planted module has methods in want of everything; a row without a method
// is found as well.
func TestOffendingSourcesAreFound(t *testing.T) {
	planted, err := walk(filepath.Join("testdata", "planted"), "./...")
	if err != nil {
		t.Fatal(err)
	}
	good := complete()
	good.method = "rooms.Good"
	rows := []row{good}
	missing := pairs(planted, rows)
	if len(missing) != 6 {
		t.Errorf("%d problems with a row for one of seven methods: %v", len(missing), missing)
	}
	for _, m := range []string{"rooms.NoRow", "rooms.Pair", "rooms.Bare", "rooms.Function", "rooms.AloneContext", "rooms.Inherited"} {
		wantFound(t, "a method without a row", m+" has no row", missing)
	}
	wantFound(t, "a row without a method", "there is no such method", pairs(planted, append(rows, complete())))
	wantFound(t, "two rows", "has two rows", pairs(planted, append(rows, good)))

	goldens := filepath.Join(testenv.Root(), "tests", "golden")
	report(t, words(planted, goldens, good))
	bare := complete()
	bare.method = "rooms.Bare"
	bare.golden.test = "rooms.TestEmpty"
	for _, says := range []string{"does not name its source, 2001, A space", "the field Neighbors has no comment", "the comment of Passes speaks of Zero or None",
		"no method Resolve", "no ExampleBare", "rooms.TestEmpty, which does not exist or is empty"} {
		wantFound(t, "a bare method", says, words(planted, goldens, bare))
	}
	good.golden = golden{file: "pca", holds: "data.iris.moons", test: "rooms.TestLoads"}
	wantFound(t, "a golden that lacks it", `no "moons"`, words(planted, goldens, good))
	good.golden.file = "moons"
	wantFound(t, "no such golden", "no such file", words(planted, goldens, good))
	wantFound(t, "a test of another golden", `does not load the golden "moons"`, words(planted, goldens, good))
	good.golden.test = "rooms.TestGone"
	wantFound(t, "no such test", "rooms.TestGone, which does not exist", words(planted, goldens, good))
}

// strange has an entry that nobody knows how to call, lonely has none.
type strange struct{}

func (strange) Fit(ctx context.Context, x, y, z mat.Matrix) (*dr.Embedding, error) { return nil, nil }

type lonely struct{}

func TestEntriesNobodyCanCallAreFound(t *testing.T) {
	for says, m := range map[string]any{"nothing here knows how to call it": strange{}, "has none of the methods": lonely{}} {
		r := plantedRow(m)
		if _, err := entries(r, r.variants[0], 0); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%T: %v", m, err)
		}
	}
}
