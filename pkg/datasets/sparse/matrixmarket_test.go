package sparse_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/datasets/sparse"
	"github.com/flatland-go/flatland/pkg/mat32"
)

const general = "%%MatrixMarket matrix coordinate real general\n"

// allocated returns the bytes that f allocates.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func read(t *testing.T, text string) (*mat32.CSR, error) {
	t.Helper()
	return sparse.MatrixMarket{}.Read(t.Context(), strings.NewReader(text))
}

func TestWhatIsWrongIsNamed(t *testing.T) {
	for _, c := range []struct {
		text, says string
		line       int
	}{
		{"", "ends in its header", 1},
		{"\x89HDF\r\n", "must begin with %%MatrixMarket", 1},
		{"%%MatrixMarket matrix coordinate real\n", "4 words, want 5", 1},
		{"%%MatrixMarket vector coordinate real general\n", `"vector" where "matrix"`, 1},
		{"%%MatrixMarket matrix list real general\n", `"list" where "coordinate" or "array"`, 1},
		{"%%MatrixMarket matrix coordinate complex general\n1 1 1\n1 1 1 0\n", "complex", 1},
		{"%%MatrixMarket matrix coordinate real hermitian\n", "hermitian", 1},
		{"%%MatrixMarket matrix array pattern general\n", "array cannot be of a pattern", 1},
		{"%%MatrixMarket matrix coordinate pattern skew-symmetric\n", "cannot be skew-symmetric", 1},
		{"%%MatrixMarket matrix coordinate real upper\n", `"upper" where "general"`, 1},
		{"%%MatrixMarket matrix coordinate half general\n", `"half" where "real"`, 1},
		{general, "ends in its header", 2},
		{general + "% only\n%comments\n", "ends in its header", 4},
		{general + "2 2\n", "2 numbers, want 3", 2},
		{general + "%\n2 -2 1\n", `"-2"`, 3},
		{general + "2 99999999999999999999 1\n", "99999999999999999999", 2},
		{general + "2 3000000000 1\n", "no more than 2147483647", 2},
		{"%%MatrixMarket matrix coordinate real symmetric\n2 3 1\n1 1 1\n", "as many rows as columns", 2},
		{"%%MatrixMarket matrix coordinate real skew-symmetric\n2 2 1\n2 2 1\n", "zeros on its diagonal", 3},
		{"%%MatrixMarket matrix coordinate integer general\n2 2 1\n2 2 1.5\n", "no integer", 3},
		{general + "2 2 1\n0 1 1\n", "no row 0", 3},
		{general + "2 2 1\n1 3 1\n", "no column 3 in 2", 3},
		{general + "2 2 1\n3 1 1\n", "no row 3 in 2", 3},
		{general + "2 2 1\n1 99999999999999999999999 1\n", "no column 99999999999999999999999 in 2", 3},
		{general + "2 2 1\n-1 1 1\n", `"-1" is no number of a row`, 3},
		{general + "2 2 1\n1 1.5 1\n", `"1.5" is no number of a column`, 3},
		{general + "2 2 1\n1\n", "the column is missing", 3},
		{general + "2 2 1\n1 2\n", "the value is missing", 3},
		{general + "2 2 1\n1 2 0,5\n", `"0,5" is no number`, 3},
		{general + "2 2 1\n1 2 5 6\n", `"6" follows the entry`, 3},
		{general + "2 2 1\n1 2 1e39\n", "beyond the range of float32", 3},
		{"%%MatrixMarket matrix coordinate pattern general\n2 2 1\n1 2 5\n", `"5" follows the entry`, 3},
		{general + "2 2 2\n1 2 5\n", "after 1 of its 2 entries", 0},
		{general + "2 2 1\n1 2 5\n2 2 5\n", "more entries begin than the 1", 4},
		{"%%MatrixMarket matrix array real general\n2 2\n1\n2 3\n", "one in every line", 4},
		{"%%MatrixMarket matrix array real general\n2 2\n1\n2\n3\n", "after 3 of its 4 values", 0},
		{"%%MatrixMarket matrix array real general\n1 1\n1\n2\n", "more values", 4},
		{strings.Repeat("x", 2<<20), "longer than a line of a header", 1},
	} {
		_, err := read(t, c.text)
		var bad *mat32.FileError
		if !errors.As(err, &bad) || !strings.Contains(err.Error(), c.says) || bad.Line != c.line {
			t.Errorf("%.60q: got %v, want %q of line %d", c.text, err, c.says, c.line)
		}
	}
}

// A fault is told of its own line however far down it is, and the first of several is.
func TestFaultsFarDownNameTheirLine(t *testing.T) {
	const n = 400_000 // several blocks
	var b strings.Builder
	fmt.Fprintf(&b, "%s%% a comment\n%d 3 %d\n", general, n, n)
	for i := range n {
		value := "1.5"
		if i == n-5 || i == n-100_000 {
			value = "bad"
		}
		fmt.Fprintf(&b, "%d 2 %s\n", i+1, value)
	}
	_, err := read(t, b.String())
	var bad *mat32.FileError
	if !errors.As(err, &bad) || bad.Line != n-100_000+4 {
		t.Errorf("got %v, want line %d", err, n-100_000+4)
	}
}

// What a header claims is believed only as far as lines follow.
func TestClaimsTakeNoMemory(t *testing.T) {
	for _, c := range []struct {
		text   string
		memory bool // a *mat32.MemoryError: the rows alone are that large
	}{
		{general + "100 100 1000000000000\n1 1 1\n", false},
		{"%%MatrixMarket matrix array real general\n20000 20000\n1\n", false},
		{general + "2147483647 2 1\n1 1 1\n", true},
		{"%%MatrixMarket matrix array real general\n2147483647 2147483647\n1\n", true},
		{"%%MatrixMarket matrix array real general\n2147483647 0\n", true},
		{"%%MatrixMarket matrix array real symmetric\n2147483647 2147483647\n1\n", true},
	} {
		for name, r := range map[string]func() error{
			"read": func() error { _, err := read(t, c.text); return err },
			"a file": func() error {
				path := filepath.Join(t.TempDir(), "claim.mtx")
				if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
					t.Fatal(err)
				}
				_, err := sparse.MatrixMarket{}.Open(t.Context(), path)
				return err
			},
		} {
			var err error
			took := allocated(func() { err = r() })
			var bad *mat32.FileError
			var memory *mat32.MemoryError
			if c.memory && !errors.As(err, &memory) || !c.memory && !errors.As(err, &bad) {
				t.Errorf("%q, %s: got %v", c.text, name, err)
			}
			if took > 32<<20 {
				t.Errorf("%q, %s: it allocated %d MiB", c.text, name, took>>20)
			}
		}
	}
	_, err := sparse.MatrixMarket{MemoryLimit: 1 << 20}.Read(t.Context(), strings.NewReader(general+"2 2 100000\n"+strings.Repeat("1 1 1\n", 100_000)))
	var memory *mat32.MemoryError
	if !errors.As(err, &memory) {
		t.Errorf("more entries than the limit has room for: %v", err)
	}
}

// random returns entries in an order by chance, some of them at one place, and the matrix that they are.
func random(rows, cols, n int) (text string, x *mat32.CSR) {
	r := rand.New(rand.NewPCG(1, 2))
	var list []mat32.Triplet
	var b strings.Builder
	fmt.Fprintf(&b, "%s%d %d %d\n", general, rows, cols, n)
	for range n {
		e := mat32.Triplet{Row: r.IntN(rows), Col: r.IntN(cols), Value: float32(r.NormFloat64())}
		list = append(list, e)
		fmt.Fprintln(&b, e.Row+1, e.Col+1, e.Value)
	}
	x, err := mat32.FromTriplets(rows, cols, list)
	if err != nil {
		panic(err)
	}
	return b.String(), x
}

func equal(t *testing.T, got, want *mat32.CSR) {
	t.Helper()
	if mat32.Fingerprint(got) != mat32.Fingerprint(want) || got.NNZ() != want.NNZ() {
		t.Errorf("got %d values, want %d, or others than these", got.NNZ(), want.NNZ())
	}
}

func TestManyBlocksAreOneMatrixOnAnyNumberOfCores(t *testing.T) {
	text, want := random(3000, 200, 200_000)
	for _, cores := range []int{1, 2, 7} {
		before := runtime.GOMAXPROCS(cores)
		got, err := read(t, text)
		runtime.GOMAXPROCS(before)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, got, want)
	}
}

func TestGzip(t *testing.T) {
	text, want := random(500, 40, 60_000)
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	w.Write([]byte(text))
	w.Close()
	got, err := sparse.MatrixMarket{}.Read(t.Context(), &packed)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, got, want)

	// The entries end where the packing is cut off; the error is of that.
	packed.Reset()
	w = gzip.NewWriter(&packed)
	w.Write([]byte(text))
	w.Close()
	packed.Truncate(packed.Len() * 3 / 4)
	_, err = sparse.MatrixMarket{}.Read(t.Context(), &packed)
	var bad *mat32.FileError
	if !errors.As(err, &bad) || !strings.Contains(err.Error(), "ends too early") {
		t.Errorf("cut off: %v", err)
	}
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	_, x := random(200, 30, 900)
	whole := make([]float32, x.NNZ())
	for k := range whole {
		whole[k] = float32(k - 5)
	}
	counts, err := x.WithValues(whole)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"x.mtx", "x.mtx.gz"} {
		for _, m := range []sparse.MatrixMarket{{}, {Transpose: true, Comment: "one\ntwo\r\n% three"}} {
			for _, want := range []*mat32.CSR{x, counts} {
				path := filepath.Join(t.TempDir(), name)
				if err := m.Save(path, want); err != nil {
					t.Fatal(err)
				}
				got, err := m.Open(t.Context(), path)
				if err != nil {
					t.Fatal(err)
				}
				equal(t, got, want)
			}
		}
	}
	for _, m := range []sparse.MatrixMarket{{}, {Transpose: true}} {
		var out bytes.Buffer
		want := mat32.NewDense(2, 3, []float32{1.5, 0, float32(math.Inf(-1)), 1e-30, 16777216, 0.1})
		if err := m.Write(&out, want); err != nil {
			t.Fatal(err)
		}
		got, err := m.ReadDense(t.Context(), &out)
		if err != nil {
			t.Fatal(err)
		}
		if !mat.Equal(got, want) {
			t.Errorf("got %v, want %v", got.Data(), want.Data())
		}
	}
	var out bytes.Buffer
	if err := (sparse.MatrixMarket{}).Write(&out, mat.NewDense(1, 2, []float64{0.1, math.NaN()})); err != nil {
		t.Fatal(err)
	}
	if want := "%%MatrixMarket matrix array real general\n1 2\n0.1\nnan\n"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
	var missing *mat32.ShapeError
	if err := (sparse.MatrixMarket{}).Write(&out, (*mat32.CSR)(nil)); !errors.As(err, &missing) {
		t.Errorf("no matrix: %v", err)
	}
}

// rows reads a stream whole.
func rows(t *testing.T, r *mat32.Rows) (*mat32.Dense, error) {
	t.Helper()
	var data []float32
	for batch, err := range r.Batches(t.Context(), 7) {
		if err != nil {
			return nil, err
		}
		data = append(data, batch.(*mat32.Dense).Data()...)
	}
	return mat32.NewDense(len(data)/r.Columns(), r.Columns(), data), nil
}

func TestStreamsAreTheMatrix(t *testing.T) {
	_, x := random(3000, 30, 60_000)
	folder := t.TempDir()
	for k, c := range []struct {
		m sparse.MatrixMarket
		x mat.Matrix
	}{{sparse.MatrixMarket{}, x}, {sparse.MatrixMarket{Transpose: true}, x}, {sparse.MatrixMarket{Transpose: true}, mat32.Convert(x)}} {
		path := filepath.Join(folder, fmt.Sprint(k, ".mtx"))
		if err := c.m.Save(path, c.x); err != nil {
			t.Fatal(err)
		}
		r, err := c.m.Rows(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // readings
			got, err := rows(t, r)
			if err != nil {
				t.Fatal(err)
			}
			if !mat.Equal(got, x) {
				t.Errorf("%+v of a %T: the stream differs from the matrix", c.m, c.x)
			}
		}
		for range r.Batches(t.Context(), 5) {
			break
		}
	}
	write := func(text string) string {
		path := filepath.Join(folder, "text.mtx")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	r, err := sparse.MatrixMarket{}.Rows(t.Context(), write(general+"4 2 4\n2 2 1\n2 1 5\n2 2 3\n3 1 1\n"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := rows(t, r)
	if err != nil || !mat.Equal(got, mat.NewDense(4, 2, []float64{0, 0, 5, 4, 1, 0, 0, 0})) {
		t.Errorf("duplicates and empty rows: %v, %v", got, err)
	}
	for text, says := range map[string]string{
		general + "3 2 2\n2 1 1\n1 1 1\n":                                 "order of the rows",
		general + "3 2 2\n1 1 1\n":                                        "cut off",
		general + "3 2 1\n1 1 1\n1 2 1\n":                                 "more entries",
		"%%MatrixMarket matrix coordinate real symmetric\n2 2 1\n1 1 1\n": "symmetric",
		"%%MatrixMarket matrix array real general\n1 1\n1\n":              "with Transpose",
		general + "3 0 0\n":                                               "empty",
	} {
		r, err := sparse.MatrixMarket{}.Rows(t.Context(), write(text))
		if err == nil {
			_, err = rows(t, r)
		}
		var bad *mat32.FileError
		if !errors.As(err, &bad) || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: got %v, want %q", text, err, says)
		}
	}
}

// endless gives entries until nobody asks any more.
type endless struct{ begun bool }

func (e *endless) Read(p []byte) (int, error) {
	line := "1 1 1\n"
	if !e.begun {
		e.begun = true
		return copy(p, general+"1 1 9000000000000\n"), nil
	}
	n := 0
	for n+len(line) <= len(p) {
		n += copy(p[n:], line)
	}
	return n, nil
}

func TestACancelIsHeard(t *testing.T) {
	before := runtime.NumGoroutine()
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	_, err := sparse.MatrixMarket{MemoryLimit: math.MaxInt64}.Read(ctx, &endless{})
	done := time.Now()
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	for runtime.NumGoroutine() > before && time.Since(done) < 2*time.Second {
		time.Sleep(time.Millisecond)
	}
	if n := runtime.NumGoroutine(); n > before {
		t.Errorf("%d goroutines, %d before", n, before)
	}
}
