package cell

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/flatland-go/flatland/pkg/mat32"
	"gonum.org/v1/gonum/mat"
)

// own gives the test a store of its own.
func own(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	t.Setenv("FLATLAND_STORE", dir)
	t.Setenv("FLATLAND_STORE_LIMIT", "")
	return dir
}

func TestWatchersSeeWhatIsComputedAndShareTheKey(t *testing.T) {
	own(t)
	first, second := &onlooker{}, &onlooker{}
	a := Fit(Mean{}, rows(), first, second)
	if want := (onlooker{events: 3, begun: 1, ended: 1}); *first != want || *second != want {
		t.Errorf("saw %+v and %+v, want %+v", first, second, want)
	}
	b, third := Fit(Mean{}, rows()), &onlooker{}
	if c := Fit(Mean{}, rows(), third); !reflect.DeepEqual(a, b) || !reflect.DeepEqual(a, c) || *third != (onlooker{}) {
		t.Errorf("%v, %v and %v; what is found again shows %+v", a, b, c, third)
	}
	if files := list(t, os.Getenv("FLATLAND_STORE")); len(files) != 1 {
		t.Errorf("kept under several keys: %v", files)
	}
}

func TestSecondRunComputesNothing(t *testing.T) {
	store := t.TempDir()
	for i, want := range []string{"computed\n[5 14.5]\n", "[5 14.5]\n"} {
		if stdout, stderr, code := run(t, "fit", store); stdout != want || stderr != "" || code != 0 {
			t.Errorf("run %d: exit code %d, %q and %q, want %q", i+1, code, stdout, stderr, want)
		}
	}
}

// counted is a method that counts how often it computes.
type counted struct {
	Mean
	count *count
}

type count struct{ n atomic.Int64 }

// Fingerprint makes all counts alike.
func (c *count) Fingerprint() string { return "" }

func (c counted) Fit(ctx context.Context, x mat.Matrix) (*Model, error) {
	c.count.n.Add(1)
	return &Model{Center: []float64{float64(c.count.n.Load())}}, nil
}

func (c counted) Resolve(n, d int) (counted, error) {
	m, err := c.Mean.Resolve(n, d)
	return counted{m, c.count}, err
}

func TestResultsShareAKeyOnlyWhenTheyMust(t *testing.T) {
	x := rows()
	half := 0.5
	halfToo := 0.5
	zero := 0.0
	key := func(m Fitter[*Model], x mat.Matrix) digest {
		t.Helper()
		var out *Model
		d, err := work{call: "Fit", method: m, data: []mat.Matrix{x}, out: &out}.key()
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	same := key(Mean{}, x)
	for name, d := range map[string]digest{
		"again":                    key(Mean{}, x),
		"the default written out":  key(Mean{Power: 1}, x),
		"a copy of the data":       key(Mean{}, mat.DenseCopyOf(x)),
		"the data as part of more": key(Mean{}, mat.NewDense(3, 3, []float64{0, 1, 2, 0, 3, 5, 9, 9, 9}).Slice(0, 2, 1, 3)),
	} {
		if d != same {
			t.Errorf("%s gives another key", name)
		}
	}
	if key(Mean{Weight: &half}, x) != key(Mean{Weight: &halfToo}, x) {
		t.Error("pointers are told apart by their address")
	}
	seen := map[digest]string{same: "the default"}
	for name, d := range map[string]digest{
		"another parameter":     key(Mean{Power: 2}, x),
		"a pointer to zero":     key(Mean{Weight: &zero}, x),
		"a pointer to a half":   key(Mean{Weight: &half}, x),
		"the smallest float":    key(Mean{Weight: new(5e-324)}, x),
		"an empty slice":        key(Mean{Labels: []int{}}, x),
		"a slice of a zero":     key(Mean{Labels: []int{0}}, x),
		"a slice of two zeros":  key(Mean{Labels: []int{0, 0}}, x),
		"an unexported field":   key(Mean{Hidden: hidden{1}}, x),
		"one value changed":     key(Mean{}, mat.NewDense(2, 2, []float64{1, 2, 3, 5.0000001})),
		"the data transposed":   key(Mean{}, x.T()),
		"the data in float32":   key(Mean{}, mat32.Convert(x)),
		"the data as one row":   key(Mean{}, mat.NewDense(1, 4, []float64{1, 2, 3, 5})),
		"no data":               key(Mean{}, nil),
		"no data, with a type":  key(Mean{}, (*mat.Dense)(nil)),
		"another type":          key(counted{count: &count{}}, x),
		"another result":        estimateKey(t, x),
		"x and y, where y is x": compareKey(t, x, x),
		"x and y":               compareKey(t, x, x.T()),
		"y and x":               compareKey(t, x.T(), x),
	} {
		if other, ok := seen[d]; ok {
			t.Errorf("%s shares its key with %s", name, other)
		}
		seen[d] = name
	}
}

func estimateKey(t *testing.T, x mat.Matrix) digest {
	var out float64
	d, err := work{call: "Estimate", method: Mean{}, data: []mat.Matrix{x}, out: &out}.key()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func compareKey(t *testing.T, x, y mat.Matrix) digest {
	var out float64
	d, err := work{call: "Compare", method: Mean{}, data: []mat.Matrix{x, y}, out: &out}.key()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// ring can hold itself.
type ring struct {
	Next *ring
	More []any
}

type labeled struct {
	*mat.Dense
	Label string
}

func TestOnTellsValuesApart(t *testing.T) {
	shared := &ring{}
	alike := [][2][]any{
		{{map[string]int{"a": 1, "b": 2}}, {map[string]int{"b": 2, "a": 1}}},
		{{&ring{Next: shared, More: []any{shared}}}, {&ring{Next: &ring{}, More: []any{&ring{}}}}},
		{{time.Unix(5, 0).UTC()}, {time.Unix(5, 0).UTC()}},
		{{math.NaN()}, {math.NaN()}},
		{{(func())(nil)}, {(func())(nil)}},
	}
	for _, p := range alike {
		if a, b := On(p[0]...), On(p[1]...); a != b || a.err != nil {
			t.Errorf("%v and %v differ (%v, %v)", p[0], p[1], a.err, b.err)
		}
	}
	x := mat.NewDense(1, 2, []float64{1, 2})
	different := [][]any{
		{}, {nil}, {nil, nil}, {0}, {int8(0)}, {uint(0)}, {0.0}, {float32(0)}, {false}, {true}, {""}, {"a"}, {"a", "b"}, {"ab"}, {"", "ab"},
		{[]string{"a", "b"}}, {[]string{"ab"}}, {[]string{"ab", ""}}, {[]string(nil)}, {[]string{}}, {[2]string{"a", "b"}},
		{[][]int{{1}, {2}}}, {[][]int{{1, 2}}}, {[][]int{{1, 2}, {}}}, {[][]int{{1, 2}, nil}}, {[]any{1, 2}}, {[]any{1, nil}},
		{map[string]int(nil)}, {map[string]int{}}, {map[string]int{"a": 1}}, {map[string]int{"a": 2}}, {map[string]int{"b": 1}},
		{complex(1, 2)}, {complex(2, 1)}, {math.Copysign(0, -1)}, {5e-324}, {math.NaN()}, {hidden{1}}, {hidden{2}}, {&hidden{1}}, {struct{ unexported int }{1}},
		{time.Unix(5, 0)}, {time.Unix(6, 0)}, {x}, {x, x}, {labeled{x, "a"}}, {labeled{x, "b"}}, {mat32.Convert(x)}, {(*mat.Dense)(nil)}, {(func())(nil)},
	}
	seen := map[Key][]any{}
	for _, values := range different {
		k := On(values...)
		if k.err != nil {
			t.Errorf("%#v: %v", values, k.err)
		}
		if other, ok := seen[k]; ok {
			t.Errorf("%#v and %#v share a key", values, other)
		}
		seen[k] = values
	}
}

func TestOnRefusesWhatItCannotRecognize(t *testing.T) {
	loop := &ring{}
	loop.Next = &ring{More: []any{1, loop}}
	var list []any
	list = append(list, 0)
	list[0] = list
	table := map[string]any{}
	table["x"] = table
	for _, c := range []struct {
		value any
		path  string
		why   string
	}{
		{math.Hypot, "value 1", "is a func"},
		{Mean{Metric: math.Hypot}, "value 1.Metric", "is a func"},
		{&Mean{Metric: math.Hypot}, "value 1.Metric", "is a func"},
		{map[string][]any{"k": {0, make(chan bool)}}, "value 1[k][1]", "is a chan"},
		{struct{ f func() }{func() {}}, "value 1.f", "is a func"},
		{loop, "value 1.Next.More[1]", "contains itself"},
		{list, "value 1[0]", "contains itself"},
		{table, "value 1[x]", "contains itself"},
		{struct{ mat.Matrix }{}, "value 1", "cannot be read"},
	} {
		k := On(c.value)
		var bad *KeyError
		if !errors.As(k.err, &bad) || bad.Path != c.path || !strings.Contains(bad.Reason, c.why) {
			t.Errorf("%T: got %v, want %s: %s", c.value, k.err, c.path, c.why)
		}
	}
}

func TestFunctionsAreToldApart(t *testing.T) {
	dir := own(t)
	x := []float64{1, 2}
	first := func() int {
		return Keep(On(x), func(context.Context) (int, error) { return 1, nil })
	}
	second := func() int {
		return Keep(On(x), func(context.Context) (int, error) { return 2, nil })
	}
	for range 2 {
		if a, b, c := first(), second(), Keep(On(x), third); a != 1 || b != 2 || c != 3 {
			t.Errorf("got %d, %d and %d, want 1, 2 and 3", a, b, c)
		}
	}
	if n := len(list(t, dir)); n != 3 {
		t.Errorf("%d files, want 3", n)
	}
	_, err := functionIdentity(func(context.Context) (int, error) { return twice(func(int) (int, error) { return 1, nil }) })
	var unclear *unclearError
	if !errors.As(err, &unclear) {
		t.Errorf("two functions of Keep's shape on one line: got %v", err)
	}
	if _, err := functionIdentity((func(context.Context) (int, error))(nil)); err == nil {
		t.Error("a nil function has an identity")
	}
	if id, err := functionIdentity(counted{}.Fit); err != nil || !strings.HasPrefix(id, "program ") {
		t.Errorf("a method value, whose text is the compiler's, has the identity %q (%v)", id, err)
	}
}

func third(context.Context) (int, error) { return 3, nil }

func twice(f func(int) (int, error)) (int, error) { return f(2) }

// stream writes itself, with a field that gob would lose.
type stream struct{ secret string }

func (s *stream) WriteTo(w io.Writer) (int64, error) {
	n, err := io.WriteString(w, s.secret)
	return int64(n), err
}

func (s *stream) ReadFrom(r io.Reader) (int64, error) {
	b, err := io.ReadAll(r)
	s.secret = string(b)
	return int64(len(b)), err
}

// noted has a dense matrix's way of writing, which drops the note.
type noted struct {
	*mat.Dense
	Note string
}

// notedWell has its own.
type notedWell struct {
	*mat.Dense
	Note string
}

func (n notedWell) MarshalBinary() ([]byte, error) {
	b, err := n.Dense.MarshalBinary()
	return append([]byte{byte(len(n.Note))}, append([]byte(n.Note), b...)...), err
}

func (n *notedWell) UnmarshalBinary(b []byte) error {
	n.Note = string(b[1 : 1+b[0]])
	n.Dense = &mat.Dense{}
	return n.Dense.UnmarshalBinary(b[1+b[0]:])
}

type plain struct {
	A   float64
	B   []int
	C   map[string][]float64
	Err []float32
}

// kept stores v and returns what comes back, once as the first run has it and once as the second.
func kept[T any](t *testing.T, v T) (first, second T) {
	t.Helper()
	computed := 0
	get := func() T {
		return Keep(On(), func(context.Context) (T, error) { computed++; return v, nil })
	}
	first, second = get(), get()
	if computed != 1 {
		t.Errorf("%#v: computed %d times", v, computed)
	}
	return first, second
}

func comesBack[T any](t *testing.T, v T) {
	t.Helper()
	own(t)
	first, second := kept(t, v)
	for _, got := range []T{first, second} {
		if fmt.Sprintf("%#v", got) != fmt.Sprintf("%#v", v) && !reflect.DeepEqual(got, v) {
			t.Errorf("%#v came back as %#v", v, got)
		}
	}
}

func TestEveryStorableTypeComesBack(t *testing.T) {
	comesBack(t, 0)
	comesBack(t, 42)
	comesBack(t, "")
	comesBack(t, true)
	comesBack(t, math.Inf(1))
	comesBack(t, math.NaN())
	comesBack(t, 5e-324)
	comesBack(t, []float64{1, math.NaN(), 0})
	comesBack(t, []float64{})
	comesBack(t, []float64(nil))
	comesBack(t, map[string]int{"a": 0})
	comesBack(t, map[string]int{})
	comesBack(t, map[string]int(nil))
	comesBack(t, [3]int{1, 0, 3})
	comesBack(t, plain{A: math.NaN(), B: []int{0, 1}, C: map[string][]float64{"x": {1}}})
	comesBack(t, plain{})
	comesBack(t, &plain{A: 1})
	comesBack(t, (*plain)(nil))
	comesBack(t, &stream{"whole"})
	comesBack(t, stream{"whole"})
	comesBack(t, mat.NewDense(2, 2, []float64{1, 2, 3, 4}))
	comesBack(t, *mat.NewDense(1, 2, []float64{1, 2}))
	comesBack(t, []mat.Dense{*mat.NewDense(1, 1, []float64{1})})
	comesBack(t, &notedWell{mat.NewDense(1, 1, []float64{1}), "kept"})
	comesBack(t, notedWell{mat.NewDense(1, 1, []float64{1}), "kept"})
	comesBack(t, time.Unix(5, 7).UTC())
}

func TestGobsHabitsShowInTheFirstRunToo(t *testing.T) {
	own(t)
	first, second := kept(t, plain{B: []int{}, C: map[string][]float64{}})
	if first.B != nil || second.B != nil || (first.C == nil) != (second.C == nil) {
		t.Errorf("%#v first, %#v then", first, second)
	}
}

func TestUnstorableTypesAreNamed(t *testing.T) {
	type nested struct{ In []map[string]struct{ x int } }
	for _, c := range []struct {
		of   reflect.Type
		want string
	}{
		{reflect.TypeFor[mat.Matrix](), "it is an interface (mat.Matrix)"},
		{reflect.TypeFor[any](), "it is an interface"},
		{reflect.TypeFor[[]error](), "[…] is an interface (error)"},
		{reflect.TypeFor[func()](), "it is a func()"},
		{reflect.TypeFor[struct{ F []func() }](), ".F[…] is a func()"},
		{reflect.TypeFor[hidden](), "field .unexported is not exported"},
		{reflect.TypeFor[nested](), "field .In[…][…].x is not exported"},
		{reflect.TypeFor[struct{}](), "it has no fields"},
		{reflect.TypeFor[noted](), "MarshalBinary is that of an embedded field"},
		{reflect.TypeFor[*noted](), "MarshalBinary is that of an embedded field"},
		{reflect.TypeFor[[]noted](), "MarshalBinary is that of an embedded field"},
	} {
		_, err := formatOf(c.of)
		var bad *TypeError
		if !errors.As(err, &bad) || !strings.Contains(bad.Reason, c.want) {
			t.Errorf("%v: got %v, want %q", c.of, err, c.want)
		}
	}
	for _, own := range []reflect.Type{reflect.TypeFor[notedWell](), reflect.TypeFor[*notedWell](), reflect.TypeFor[ring]()} {
		if _, err := formatOf(own); (err == nil) != (own.Name() != "ring") {
			t.Errorf("%v: %v", own, err)
		}
	}
}

// forgetful cannot be read back.
type forgetful struct{ A int }

func (*forgetful) MarshalBinary() ([]byte, error) { return []byte("x"), nil }
func (*forgetful) UnmarshalBinary([]byte) error   { panic("never learned to read") }

// unwritable cannot be written.
type unwritable struct{ A int }

func (*unwritable) MarshalBinary() ([]byte, error) { return nil, errors.New("no ink") }
func (*unwritable) UnmarshalBinary([]byte) error   { return nil }

func TestResultThatCannotBeStoredIsReturnedAllTheSame(t *testing.T) {
	dir := own(t)
	text := errors.Join(
		saysOnStderr(t, "cannot be read back: reading it: never learned to read", func() {
			if got := Keep(On(), func(context.Context) (*forgetful, error) { return &forgetful{3}, nil }); got.A != 3 {
				t.Errorf("got %v", got)
			}
		}),
		saysOnStderr(t, "is not kept: no ink", func() {
			if got := Keep(On(), func(context.Context) (*unwritable, error) { return &unwritable{4}, nil }); got.A != 4 {
				t.Errorf("got %v", got)
			}
		}),
		saysOnStderr(t, "is not kept: gob", func() {
			if got := Keep(On(), func(context.Context) ([]*plain, error) { return []*plain{nil}, nil }); len(got) != 1 {
				t.Errorf("got %v", got)
			}
		}),
	)
	if text != nil {
		t.Error(text)
	}
	if files := list(t, dir); len(files) > 0 {
		t.Errorf("left behind: %v", files)
	}
}

// saysOnStderr returns an error unless f prints the text on standard error.
func saysOnStderr(t *testing.T, text string, f func()) error {
	t.Helper()
	file, err := os.Create(filepath.Join(t.TempDir(), "stderr"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	before := os.Stderr
	os.Stderr = file
	defer func() { os.Stderr = before }()
	f()
	said, err := os.ReadFile(file.Name())
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(said), text) {
		return fmt.Errorf("got %q, want %q", said, text)
	}
	return nil
}

func TestStoreThatCannotBeWrittenIsNoObstacle(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	// A directory below a file can be made by nobody, not even by root; one without rights can.
	stdout, stderr, code := run(t, "fit and estimate", filepath.Join(file, "below"))
	if stdout != "computed\ncomputed\ncomputed\n[5 14.5] 2 0\n" || code != 0 || !strings.HasPrefix(stderr, "Results are not kept: mkdir ") || strings.Count(stderr, "\n") != 1 {
		t.Errorf("exit code %d, %q and %q", code, stdout, stderr)
	}
	if _, stderr, code := run(t, "fit", t.TempDir(), "FLATLAND_STORE_LIMIT=lots"); code != 0 || !strings.Contains(stderr, `FLATLAND_STORE_LIMIT is "lots"`) {
		t.Errorf("exit code %d and %q", code, stderr)
	}
}

func TestDamagedFilesAreComputedAnewAndReplaced(t *testing.T) {
	dir := own(t)
	computed := 0
	get := func() []float64 {
		return Keep(On(), func(context.Context) ([]float64, error) { computed++; return []float64{1, 2, 3}, nil })
	}
	get()
	files := list(t, dir)
	if len(files) != 1 {
		t.Fatalf("files %v", files)
	}
	whole, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	damages := map[string][]byte{"empty": {}, "longer": append(append([]byte{}, whole...), 0), "another": []byte(strings.Repeat("x", len(whole)))}
	for n := range whole {
		damages[fmt.Sprint("cut at ", n)] = whole[:n]
		flipped := append([]byte{}, whole...)
		flipped[n] ^= 1
		damages[fmt.Sprint("bit flipped at ", n)] = flipped
	}
	for name, damage := range damages {
		if err := os.WriteFile(files[0], damage, 0o600); err != nil {
			t.Fatal(err)
		}
		computed = 0
		if got := get(); fmt.Sprint(got) != "[1 2 3]" || computed != 1 {
			t.Errorf("%s: got %v, computed %d times", name, got, computed)
		}
		// All but the time and the checksum is as it was.
		const until, from = fixedHead - 9, fixedHead - 1
		now, err := os.ReadFile(files[0])
		if err != nil || len(now) != len(whole) || string(now[:until]) != string(whole[:until]) || string(now[from:len(now)-32]) != string(whole[from:len(whole)-32]) {
			t.Errorf("%s: not replaced (%v)", name, err)
		}
	}
	if computed = 0; fmt.Sprint(get()) != "[1 2 3]" || computed != 0 {
		t.Error("computed without need")
	}
}

func TestManyGoroutinesComputeOnce(t *testing.T) {
	own(t)
	var computed atomic.Int64
	var wait sync.WaitGroup
	for range 30 {
		wait.Go(func() {
			got := Keep(On(), func(context.Context) (int, error) {
				computed.Add(1)
				time.Sleep(30 * time.Millisecond)
				return 6, nil
			})
			if got != 6 {
				t.Errorf("got %d", got)
			}
		})
	}
	wait.Wait()
	if n := computed.Load(); n != 1 {
		t.Errorf("computed %d times", n)
	}
}

func TestTwoNotebooksComputeOnce(t *testing.T) {
	dir := t.TempDir()
	first, out1, _ := start(t, "long", dir)
	second, out2, _ := start(t, "long", dir)
	first.Wait()
	second.Wait()
	if all := out1.String() + out2.String(); strings.Count(all, "computed\n") != 1 || strings.Count(all, "5\n") != 2 {
		t.Errorf("the first printed %q, the second %q", out1, out2)
	}
	if files := list(t, dir); len(files) != 1 {
		t.Errorf("files %v, want one", files)
	}
}

func TestKeptInsideKept(t *testing.T) {
	own(t)
	inner := func() int { return Keep(On("inner"), func(context.Context) (int, error) { return 1, nil }) }
	got := Keep(On("outer"), func(context.Context) (int, error) { return inner() + Fit(Mean{}, rows()).count(), nil })
	if got != 3 {
		t.Errorf("got %d, want 3", got)
	}
}

func (m *Model) count() int { return len(m.Center) }

func TestOldestGoesFirst(t *testing.T) {
	dir := own(t)
	f := func(context.Context) ([]byte, error) { return make([]byte, 5000), nil }
	for i := range 3 {
		Keep(On(i), f)
	}
	files := list(t, dir)
	if len(files) != 3 {
		t.Fatalf("files %v", files)
	}
	// Used in the order 1, 2, 0 some time ago.
	age := map[int]time.Duration{1: 3 * time.Hour, 2: 2 * time.Hour, 0: time.Hour}
	for i, a := range age {
		age := time.Now().Add(-a)
		if err := os.Chtimes(fileOf(t, i, f), age, age); err != nil {
			t.Fatal(err)
		}
	}
	Keep(On(1), f) // now used last
	old := time.Now().Add(-2 * abandoned)
	for _, name := range []string{tempPrefix + "1", "a" + lockEnding, "foreign"} {
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		os.Chtimes(name, old, old)
	}
	t.Setenv("FLATLAND_STORE_LIMIT", "16000B")
	Keep(On(3), f)
	for i, want := range []bool{true, true, false, true} {
		if _, err := os.Stat(fileOf(t, i, f)); (err == nil) != want {
			t.Errorf("result %d: %v", i, err)
		}
	}
	if n := len(list(t, dir)); n != 4 {
		t.Errorf("%v, want three results and the foreign file", list(t, dir))
	}
	t.Setenv("FLATLAND_STORE_LIMIT", "1KiB")
	Keep(On(4), f)
	if n := len(list(t, dir)); n != 2 {
		t.Errorf("%v, want the newest and the foreign file", list(t, dir))
	}
	if err := Forget(); err != nil {
		t.Fatal(err)
	}
	if n := len(list(t, dir)); n != 1 {
		t.Errorf("%v, want the foreign file alone", list(t, dir))
	}
}

func fileOf(t *testing.T, value any, f func(context.Context) ([]byte, error)) string {
	t.Helper()
	var out []byte
	key, err := work{call: "Keep", on: On(value), function: f, out: &out}.key()
	if err != nil {
		t.Fatal(err)
	}
	s, err := openStore()
	if err != nil {
		t.Fatal(err)
	}
	return s.path(key, keptEnding)
}

func TestParseBytes(t *testing.T) {
	for text, want := range map[string]int64{"0": 0, "12": 12, "12B": 12, "3KiB": 3 << 10, "500MiB": 500 << 20, "2GiB": 2 << 30, "1TiB": 1 << 40} {
		if got, err := parseBytes(text); got != want || err != nil {
			t.Errorf("%s: got %d and %v", text, got, err)
		}
	}
	for _, text := range []string{"", "MiB", "2 GiB", "-1", "2GB", "9999999999TiB", "1.5GiB"} {
		if got, err := parseBytes(text); err == nil {
			t.Errorf("%q was read as %d", text, got)
		}
	}
}
