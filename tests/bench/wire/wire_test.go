package wire

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// functions are what the worker of the tests can do.
var functions = map[string]Func{
	"double": func(_ context.Context, in []*mat32.Dense, o Options, seed uint64) (Result, error) {
		n, d := in[0].Dims()
		values := make([]float64, n*d)
		for i, v := range in[0].Data() {
			values[i] = 2 * float64(v)
		}
		return Result{
			Arrays: []Output{
				{Name: "double", Rows: n, Columns: d, Values: values},
				{Name: "same", Rows: n, Columns: d, Values: slices.Clone(in[0].Data())},
				{Name: "count", Rows: 1, Columns: 2, Values: []int32{-7, int32(o.Int("count"))}},
			},
			Values: map[string]float64{"seed": float64(seed), "cores": float64(runtime.GOMAXPROCS(0))},
		}, nil
	},
	"stream": func(_ context.Context, in []*mat32.Dense, o Options, _ uint64) (Result, error) {
		x, err := o.Stream().Read()
		if err != nil || in[0] != nil {
			return Result{}, fmt.Errorf("the matrix is %v: %w", in[0], err)
		}
		return Result{Values: map[string]float64{"last": x.At(2, 1), "count": float64(o.Int("count"))}}, nil
	},
	"bare": func(_ context.Context, _ []*mat32.Dense, o Options, _ uint64) (Result, error) {
		return Result{Values: map[string]float64{"rows": float64(o.Stream().Rows)}}, nil
	},
	"panic": func(context.Context, []*mat32.Dense, Options, uint64) (Result, error) { panic("boom") },
	"fail": func(context.Context, []*mat32.Dense, Options, uint64) (Result, error) {
		return Result{}, errors.New("bang")
	},
	"texts":   output([]string{"a"}),
	"toofew":  output([]float64{1, 2, 3}),
	"nothing": func(context.Context, []*mat32.Dense, Options, uint64) (Result, error) { return Result{}, nil },
}

func output(values any) Func {
	return func(context.Context, []*mat32.Dense, Options, uint64) (Result, error) {
		return Result{Arrays: []Output{{Name: "x", Rows: 2, Columns: 2, Values: values}}}, nil
	}
}

// ask serves the requests and returns the replies.
func ask(t *testing.T, requests ...Request) []Reply {
	t.Helper()
	var in, out bytes.Buffer
	for _, q := range requests {
		b, err := line(q)
		if err != nil {
			t.Fatal(err)
		}
		in.Write(b)
	}
	err := Serve(context.Background(), &in, &out, Hello{Language: "Go"}, func(name string) Func { return functions[name] })
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(&out)
	lines.Scan()
	var hello Hello
	if err := json.Unmarshal(lines.Bytes(), &hello); err != nil || hello.Protocol != Protocol || hello.Language != "Go" {
		t.Fatalf("the hello is %+v: %v", hello, err)
	}
	var replies []Reply
	for lines.Scan() {
		var r Reply
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		replies = append(replies, r)
	}
	if len(replies) != len(requests) {
		t.Fatalf("%d replies to %d requests", len(replies), len(requests))
	}
	return replies
}

func input(t *testing.T) Input {
	t.Helper()
	in, err := WriteInput(filepath.Join(t.TempDir(), "x"), mat32.NewDense(3, 2, []float32{1, 2, 3, 4.5, -6, 1e-30}))
	if err != nil {
		t.Fatal(err)
	}
	return in
}

func TestServe(t *testing.T) {
	in := input(t)
	less := in
	less.Rows = 2
	q := Request{Run: "double", Inputs: []Input{in}, Options: Options{"count": 12}, Seed: 5, Out: t.TempDir()}
	before := runtime.GOMAXPROCS(0)
	one, part := q, q
	one.Cores, one.Out = 1, ""
	part.Inputs, part.Out = []Input{less}, t.TempDir()
	streamed := q
	streamed.Run, streamed.Inputs = "stream", []Input{{Path: in.Path, Rows: in.Rows, Columns: in.Columns, Stream: true}}
	if r := ask(t, streamed)[0]; r.Error != "" || r.Values["last"] != float64(float32(1e-30)) || r.Values["count"] != 12 {
		t.Errorf("a stream: %+v", r)
	}
	streamed.Run, streamed.Options = "bare", nil
	if r := ask(t, streamed)[0]; r.Error != "" || r.Values["rows"] != float64(in.Rows) {
		t.Errorf("a stream for a function without options: %+v", r)
	}
	replies := ask(t, q, one, part)
	for _, r := range replies {
		if r.Error != "" || !(r.Seconds > 0) || r.Values["seed"] != 5 {
			t.Fatalf("%+v", r)
		}
	}
	for name, want := range map[string][]float64{"double": {2, 4, 6, 9, -12, 2 * float64(float32(1e-30))}, "same": {1, 2, 3, 4.5, -6, float64(float32(1e-30))}} {
		if got, err := replies[0].Matrix(name, 3, 2); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s is %v, want %v: %v", name, got, want, err)
		}
	}
	if got, err := replies[0].Matrix("count", 1, 2); err != nil || !slices.Equal(got, []float64{-7, 12}) {
		t.Errorf("count is %v: %v", got, err)
	}
	if got, err := replies[2].Matrix("same", 2, 2); err != nil || !slices.Equal(got, []float64{1, 2, 3, 4.5}) {
		t.Errorf("the first two rows are %v: %v", got, err)
	}
	if len(replies[1].Arrays) != 0 {
		t.Error("arrays that nobody asked for")
	}
	if v := replies[1].Values["cores"]; v != 1 || runtime.GOMAXPROCS(0) != before {
		t.Errorf("ran on %v cores, then %d", v, runtime.GOMAXPROCS(0))
	}
}

// A worker survives what goes wrong in a run, and says what it was.
func TestServeRefuses(t *testing.T) {
	in := input(t)
	long, gone := in, in
	long.Rows, gone.Path = 4, "nowhere"
	ask := func(q Request) string { return ask(t, q, Request{Run: "nothing"})[0].Error }
	for want, q := range map[string]Request{
		"panic: boom":                 {Run: "panic"},
		"no input to be read":         {Run: "stream", Inputs: []Input{in}},
		"bang":                        {Run: "fail"},
		`no function "missing"`:       {Run: "missing"},
		"holds a []string":            {Run: "texts", Out: t.TempDir()},
		"holds 3 values, not 2 × 2":   {Run: "toofew", Out: t.TempDir()},
		"row 3 of the 4 × 2 values":   {Run: "double", Inputs: []Input{long}},
		"nowhere: no such file":       {Run: "double", Inputs: []Input{gone}},
		`the option "count" is 1.5`:   {Run: "double", Inputs: []Input{in}, Options: Options{"count": 1.5}},
		`the option "count" is <nil>`: {Run: "double", Inputs: []Input{in}},
	} {
		if got := ask(q); !strings.Contains(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestMatrixRefuses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a")
	if err := os.WriteFile(path, make([]byte, 8), 0o644); err != nil {
		t.Fatal(err)
	}
	r := Reply{Arrays: []Array{
		{"float16", path, "float16", 1, 2}, {"gone", path + "?", "float32", 1, 2}, {"long", path, "float32", 1, 1}, {"good", path, "float32", 1, 2},
	}}
	for name, want := range map[string]string{"float16": "unknown type", "gone": "no such file", "long": "want 1 × 2", "none": "no output"} {
		if _, err := r.Matrix(name, 1, 2); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
	if _, err := r.Matrix("good", 1, 2); err != nil {
		t.Error(err)
	}
	if _, err := r.Value("x"); err == nil {
		t.Error("a value that is not there")
	}
}
