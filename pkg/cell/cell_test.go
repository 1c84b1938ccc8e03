package cell

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
	"gonum.org/v1/gonum/mat"
)

// A cell is a process: TestMain turns the test binary into the cell that cellVariable names. Each reports on standard output how often it
// computed, as "computed".
const cellVariable = "FLATLAND_TEST_CELL"

func TestMain(m *testing.M) {
	if name, ok := os.LookupEnv(cellVariable); ok {
		cells[name]()
		os.Exit(0)
	}
	os.Exit(inPrivate(m))
}

// inPrivate runs the tests with a store of their own, so that nothing they keep reaches the user's.
func inPrivate(m *testing.M) int {
	dir, err := os.MkdirTemp("", "flatland-cell-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	os.Setenv("FLATLAND_STORE", dir)
	return m.Run()
}

// Mean is a method in the manner of the library.
type Mean struct {
	Power  int // 1 when unset
	Metric func(a, b float64) float64
	Weight *float64
	Labels []int
	Hidden hidden
}

type hidden struct{ unexported int }

func (m Mean) Resolve(n, d int) (Mean, error) {
	if m.Power < 0 {
		return Mean{}, &mat32.ParamError{Method: "cell.Mean", Param: "Power", Value: m.Power, Want: "Power ≥ 1"}
	}
	if m.Power == 0 {
		m.Power = 1
	}
	return m, nil
}

// Model is what Mean fits.
type Model struct {
	Center []float64
	Whole  bool
}

func (m Mean) Fit(ctx context.Context, x mat.Matrix) (*Model, error) {
	m, err := m.Resolve(x.Dims())
	if err != nil {
		return nil, err
	}
	fmt.Println("computed")
	n, d := x.Dims()
	model := &Model{Center: make([]float64, d), Whole: true}
	stage := watch.Start(ctx, "rows", n)
	for i := range n {
		for j := range d {
			model.Center[j] += math.Pow(x.At(i, j), float64(m.Power)) / float64(n)
		}
		stage.Add(1)
	}
	return model, nil
}

func (m Mean) Estimate(ctx context.Context, x mat.Matrix) (float64, error) {
	model, err := m.Fit(ctx, x)
	if err != nil {
		return 0, err
	}
	return model.Center[0], nil
}

func (m Mean) Compare(ctx context.Context, x, y mat.Matrix) (float64, error) {
	fmt.Println("computed")
	return mat.Sum(x) - mat.Sum(y), nil
}

// Slow works until it is cancelled and returns what it has, or nothing.
type Slow struct{ Nothing bool }

func (s Slow) Embed(ctx context.Context, x mat.Matrix) (*Model, error) {
	fmt.Println("computed")
	watch.Report(ctx, watch.Event{Stage: "layout", Done: 1, Total: 2})
	<-ctx.Done()
	err := fmt.Errorf("cell.Slow: layout: %w", ctx.Err())
	if s.Nothing {
		return nil, err
	}
	return &Model{Center: []float64{7}}, err
}

func (s Slow) Fit(ctx context.Context, x mat.Matrix) (*Model, error) {
	s.Nothing = true
	return s.Embed(ctx, x)
}

// An onlooker counts what it sees.
type onlooker struct{ events, begun, ended int }

func (o *onlooker) Watch(ctx context.Context) (context.Context, func()) {
	o.begun++
	return watch.With(ctx, func(watch.Event) { o.events++ }), func() { o.ended++ }
}

func rows() mat.Matrix { return mat.NewDense(2, 2, []float64{1, 2, 3, 5}) }

// ended makes a cell say that it got past its failing call.
func ended() { fmt.Println("ended") }

var cells = map[string]func(){
	"fit": func() { fmt.Println(Fit(Mean{Power: 2}, rows()).Center) },
	"fit and estimate": func() {
		fmt.Println(Fit(Mean{Power: 2}, rows()).Center, Estimate(Mean{}, rows()), Compare(Mean{}, rows(), rows()))
	},
	"fit bad option": func() {
		Fit(Mean{Power: -1}, rows())
		ended()
	},
	"fit with a function": func() {
		Fit(Mean{Metric: math.Hypot}, rows())
		ended()
	},
	"keep with a channel": func() {
		Keep(On(1, map[string]any{"a": make(chan int)}), func(context.Context) (int, error) { fmt.Println("computed"); return 1, nil })
		ended()
	},
	"keep an interface": func() {
		Keep(On(), func(context.Context) (mat.Matrix, error) { fmt.Println("computed"); return rows(), nil })
		ended()
	},
	"keep an error": func() {
		Keep(On(), func(context.Context) (int, error) { return 0, errors.New("no luck") })
		ended()
	},
	"panic": func() {
		Keep(On(), func(context.Context) (int, error) { panic("a bug of the reader") })
		ended()
	},
	"must": func() {
		fmt.Println(Must(3, nil))
		Must(os.Open("/nowhere at all"))
		ended()
	},
	"long": func() {
		fmt.Println(Keep(On("long"), func(context.Context) (int, error) {
			fmt.Println("computed")
			time.Sleep(700 * time.Millisecond)
			return 5, nil
		}))
	},
	"embed interrupted": func() {
		fmt.Println("result", Embed(Slow{}, rows()).Center)
		ended()
	},
	"watched embed interrupted": func() {
		w := &onlooker{}
		fmt.Println("result", Embed(Slow{}, rows(), w).Center, w.events, w.begun, w.ended)
		ended()
	},
	"embed interrupted with nothing": func() {
		Embed(Slow{Nothing: true}, rows())
		ended()
	},
	"fit interrupted": func() {
		Fit(Slow{}, rows())
		ended()
	},
	"keep hides an interruption": func() {
		fmt.Println("result", Keep(On(), func(ctx context.Context) (int, error) {
			fmt.Println("computed")
			<-ctx.Done()
			return 4, nil
		}))
	},
	"deaf": func() {
		Context()
		fmt.Println("computed")
		time.Sleep(time.Minute)
	},
	"checks hold": func() {
		Check("shapes", true, "")
		Check("classes", true, "%d of %d", 10, 10)
		CheckAbove("trustworthiness", 0.993124, 0.99)
		CheckBelow("stress", 0.1, 0.1)
		CheckNear("dimension", 1.94856, 2, 0.1)
		CheckEqual("rows", 1797, 1797)
	},
	"check": func() { Check("classes apart", 1 > 2, "%d of %d", 3, 10); ended() },
	"above": func() { CheckAbove("trustworthiness", 0.98999, 0.99); ended() },
	"below": func() { CheckBelow("stress", 0.25, 0.2); ended() },
	"near":  func() { nearTwo(1.5); ended() },
	"equal": func() { CheckEqual("rows", 3, 4); ended() },
	"above NaN": func() {
		CheckAbove("t", math.NaN(), 0)
		ended()
	},
	"below NaN": func() { CheckBelow("t", 0, math.NaN()); ended() },
	"near NaN":  func() { CheckNear("t", 1, 1, math.NaN()); ended() },
	"equal NaN": func() { CheckEqual("t", math.NaN(), math.NaN()); ended() },
	"near Inf":  func() { CheckNear("t", math.Inf(1), math.Inf(1), 1); ended() },
	"table": func() {
		Table{Header: []string{"method", "n", "score"}, Rows: [][]any{{"PCA", 1797, 0.98765}, {"t-SNE", 12}, {"χ", nil, float32(2)}}}.Show()
	},
}

func nearTwo(v float64) { CheckNear("dimension", v, 2, 0.1) }

// printed is what a running process has printed so far.
type printed struct {
	mu   sync.Mutex
	text []byte
}

func (p *printed) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.text = append(p.text, b...)
	return len(b), nil
}

func (p *printed) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return string(p.text)
}

// await returns once the text has been printed.
func (p *printed) await(t *testing.T, text string) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !strings.Contains(p.String(), text); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %q, got %q", text, p)
		}
	}
}

// start begins a cell with a store, and kills it with the test. The environment lets no notebook around the test in.
func start(t *testing.T, name, store string, env ...string) (cmd *exec.Cmd, stdout, stderr *printed) {
	t.Helper()
	stdout, stderr = new(printed), new(printed)
	cmd = exec.Command(os.Args[0])
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "GONB_") && !strings.HasPrefix(v, "FLATLAND_") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	cmd.Env = append(cmd.Env, cellVariable+"="+name, "FLATLAND_STORE="+store)
	cmd.Env = append(cmd.Env, env...)
	cmd.Stdout, cmd.Stderr = stdout, stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill() })
	return cmd, stdout, stderr
}

// run runs a cell to its end and returns what it printed and its exit code.
func run(t *testing.T, name, store string, env ...string) (stdout, stderr string, code int) {
	t.Helper()
	cmd, out, errs := start(t, name, store, env...)
	cmd.Wait()
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

func TestFailedCellSaysWhyInOneLine(t *testing.T) {
	for name, want := range map[string]string{
		"fit bad option":      "✗ cell.Fit(cell.Mean): Power is -1, want Power ≥ 1\n",
		"fit with a function": "✗ cell.Fit(cell.Mean): cell.Mean.Metric is a func(float64, float64) float64, which a later run could not recognise\n",
		"keep with a channel": "✗ cell.Keep: value 2[a] is a chan int, which a later run could not recognise\n",
		"keep an interface":   "✗ cell.Keep: a result of type mat.Matrix cannot be kept: it is an interface (mat.Matrix), and what it holds could not be made again: return the concrete type\n",
		"keep an error":       "✗ cell.Keep: no luck\n",
		"must":                "✗ cell.Must: open /nowhere at all: no such file or directory\n",
		"check":               "✗ classes apart: 3 of 10\n",
		"above":               "✗ trustworthiness: got 0.98999, want ≥ 0.99, short by 1e-05\n",
		"below":               "✗ stress: got 0.25, want ≤ 0.2, over by 0.0500\n",
		"near":                "✗ dimension: got 1.5, want 2 ± 0.1, off by 0.500\n",
		"equal":               "✗ rows: got 3, want 4\n",
		"above NaN":           "✗ t: got NaN, want ≥ 0\n",
		"below NaN":           "✗ t: got 0, want ≤ NaN\n",
		"near NaN":            "✗ t: got 1, want 1 ± NaN, off by 0\n",
		"equal NaN":           "✗ t: got NaN, want NaN\n",
		"near Inf":            "✗ t: got +Inf, want +Inf ± 1\n",
	} {
		stdout, stderr, code := run(t, name, t.TempDir())
		if stderr != want || code != 1 {
			t.Errorf("%s: exit code %d and %q, want 1 and %q", name, code, stderr, want)
		}
		if strings.Contains(stdout, "ended") || strings.Contains(stdout, "computed") {
			t.Errorf("%s: the cell went on: %q", name, stdout)
		}
	}
}

func TestChecksThatHoldPrintOneLineEach(t *testing.T) {
	stdout, stderr, code := run(t, "checks hold", t.TempDir())
	want := `✓ shapes
✓ classes: 10 of 10
✓ trustworthiness 0.9931 ≥ 0.99
✓ stress 0.1000 ≤ 0.1
✓ dimension 1.949 within 2 ± 0.1
✓ rows = 1797
`
	if stdout != want || stderr != "" || code != 0 {
		t.Errorf("exit code %d, %q and %q, want %q", code, stdout, stderr, want)
	}
}

func TestNumbersReadWell(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 1: "1", -2.5: "-2.500", 1234.5: "1234", 1797: "1797", 0.00012345: "0.0001234", 1e-9: "1e-09", 99.999: "100.00",
		math.Inf(-1): "-Inf", 1e20: "100000000000000000000"} {
		if v == 1e20 {
			want = "1e+20"
		}
		if got := briefly(v); got != want {
			t.Errorf("%v prints as %s, want %s", v, got, want)
		}
	}
}

func TestTableOutsideANotebook(t *testing.T) {
	stdout, _, _ := run(t, "table", t.TempDir())
	want := "method     n   score\n" +
		"PCA     1797  0.9877\n" +
		"t-SNE     12\n" +
		"χ                  2\n"
	if stdout != want {
		t.Errorf("got\n%swant\n%s", stdout, want)
	}
	page := Table{Header: []string{"<a>"}, Rows: [][]any{{"x & y"}, {1, 2}, {Link{Text: "1 < 2", URL: `b.ipynb"`}}}}.html()
	if want := `<table><tr><th style="text-align:left">&lt;a&gt;</th><th style="text-align:right"></th></tr>` +
		`<tr><td style="text-align:left">x &amp; y</td><td style="text-align:right"></td></tr>` +
		`<tr><td style="text-align:left">1</td><td style="text-align:right">2</td></tr>` +
		`<tr><td style="text-align:left"><a href="b.ipynb&#34;">1 &lt; 2</a></td><td style="text-align:right"></td></tr></table>`; page != want {
		t.Errorf("got  %s\nwant %s", page, want)
	}
}

func TestNothingIsPrintedWhenPiped(t *testing.T) {
	stdout, stderr, code := run(t, "long", t.TempDir())
	if stdout != "computed\n5\n" || stderr != "" || code != 0 {
		t.Errorf("exit code %d, %q and %q", code, stdout, stderr)
	}
}

func TestPanicOfTheReaderStaysAPanic(t *testing.T) {
	store := t.TempDir()
	_, stderr, code := run(t, "panic", store)
	if code != 2 || !strings.Contains(stderr, "panic: a bug of the reader") {
		t.Errorf("exit code %d and %q", code, stderr)
	}
	if files := list(t, store); len(files) > 0 {
		t.Errorf("left behind: %v", files)
	}
}

func list(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	hidden, err := filepath.Glob(filepath.Join(dir, ".*"))
	if err != nil {
		t.Fatal(err)
	}
	return append(files, hidden...)
}
