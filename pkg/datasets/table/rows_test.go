package table_test

import (
	"bufio"
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
	"sync"
	"testing"
	"time"

	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/datasets/table"
	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/mat32"
)

func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "rows.csv")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestRowsAreThoseOfTheTable(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "long.csv")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	w := bufio.NewWriter(f)
	fmt.Fprintln(w, "name,x,y,z")
	for i := range 100_000 {
		x := r.NormFloat64()
		fmt.Fprintf(w, "row %d,%v,%v,%v\n", i, x, 2*x+0.1*r.NormFloat64(), r.NormFloat64())
	}
	if err := errors.Join(w.Flush(), f.Close()); err != nil {
		t.Fatal(err)
	}
	whole, err := table.CSV{}.Open(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	x, err := whole.Dense("z", "x", "y")
	if err != nil {
		t.Fatal(err)
	}
	rows, err := table.CSV{Columns: []string{"z", "x", "y"}}.Rows(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // as often as one likes
		n := 0
		for batch, err := range rows.Batches(ctx, 1000) {
			if err != nil {
				t.Fatal(err)
			}
			b, d := batch.Dims()
			for i := range b {
				for j := range d {
					if batch.At(i, j) != x.At(n+i, j) {
						t.Fatalf("row %d, column %d: %v, want %v", n+i, j, batch.At(i, j), x.At(n+i, j))
					}
				}
			}
			n += b
		}
		if n != 100_000 {
			t.Errorf("%d rows", n)
		}
	}
	model, err := dr.IncrementalPCA{Components: 2}.FitRows(ctx, rows)
	if err != nil {
		t.Fatal(err)
	}
	want, err := dr.IncrementalPCA{Components: 2}.FitRows(ctx, mat32.RowsOf(x))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(model), fmt.Sprint(want); got != want {
		t.Errorf("the model of the file is\n%s\nof the matrix\n%s", got, want)
	}
	for range rows.Batches(ctx, 10) { // that end early
		break
	}
}

func TestRowsNameWhatIsNoNumber(t *testing.T) {
	ctx := context.Background()
	for name, c := range map[string]struct {
		text   string
		column string
		line   int
	}{
		"a word":      {"a,b\n1,2\n3,x\n", "b", 3},
		"a gap":       {"a,b\n1,2\n\n,4\n", "a", 4},
		"a spelling":  {"a,b\n1,NA\n", "b", 2},
		"a short row": {"a,b\n1,2\n1\n", "", 3},
		"a NUL":       {"a,b\n1,2\n3,\x00\n", "b", 3},
		"large":       {"a,b\n1,2\n-3.5e38,4\n", "a", 3},
		"huge":        {"a,b\n1,2\n3,1e999\n", "b", 3},
		"long":        {"a,b\n1," + strings.Repeat("9", 40) + "\n", "b", 2},
	} {
		rows, err := table.CSV{}.Rows(ctx, file(t, c.text))
		if err != nil && name != "a NUL" {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if err == nil {
			for _, e := range rows.Batches(ctx, 0) {
				err = e
			}
		}
		var wrong *mat32.FileError
		if !errors.As(err, &wrong) || wrong.Line != c.line || wrong.Column != c.column && name != "a NUL" {
			t.Errorf("%s: %v", name, err)
		}
	}
	var param *mat32.ParamError
	if _, err := (table.CSV{Columns: []string{"c"}}).Rows(ctx, file(t, "a,b\n1,2\n")); !errors.As(err, &param) {
		t.Errorf("no such column: %v", err)
	}
	if _, err := (table.CSV{}).Rows(ctx, filepath.Join(t.TempDir(), "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no such file: %v", err)
	}
	some, err := table.CSV{MaxRows: 2}.Rows(ctx, file(t, "a,b\n1,2\n3,4\nx\n"))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for batch, err := range some.Batches(ctx, 0) {
		if err != nil {
			t.Fatal(err)
		}
		b, _ := batch.Dims()
		n += b
	}
	if n != 2 {
		t.Errorf("%d rows", n)
	}
}

func TestRowsHoldWhatFloat32Does(t *testing.T) {
	ctx := context.Background()
	rows, err := table.CSV{}.Rows(ctx, file(t, "a,b\n3.4028234663852886e38,-3.4028234663852886e38\n1e-50,2\n"))
	if err != nil {
		t.Fatal(err)
	}
	for batch, err := range rows.Batches(ctx, 0) {
		if err != nil || batch.At(0, 0) != math.MaxFloat32 || batch.At(0, 1) != -math.MaxFloat32 || batch.At(1, 0) != 0 {
			t.Errorf("%v, %v", batch, err)
		}
	}
	rows, err = table.CSV{}.Rows(ctx, file(t, "a,b\n1,2\n3,-inf\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range rows.Batches(ctx, 0) {
		err = e
	}
	var infinite *mat32.NotFiniteError
	if !errors.As(err, &infinite) || infinite.Row != 1 || infinite.Col != 1 {
		t.Errorf("an infinity: %v", err)
	}
}

// Rows hear their own context, between batches and within one.
func TestCancelEndsRows(t *testing.T) {
	path := filepath.Join(t.TempDir(), "long.csv.gz") // a few kB that unpack to 64 MB
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	packed := gzip.NewWriter(f)
	part := []byte(strings.Repeat("1,2\n", 1<<18))
	for range 64 {
		packed.Write(part)
	}
	if err := errors.Join(packed.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
	for name, size := range map[string]int{"between batches": 10, "within a batch": 1 << 30} {
		best := time.Hour
		for try := 0; try < 5 && best > 250*time.Millisecond; try++ { // others may have the machine
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			rows, err := table.CSV{Header: table.Absent}.Rows(ctx, path)
			if err != nil {
				t.Fatal(err)
			}
			var told time.Time
			stop := sync.OnceFunc(func() { told = time.Now(); cancel() })
			if size > 10 {
				time.AfterFunc(20*time.Millisecond, stop)
			}
			batches := 0
			for _, err = range rows.Batches(context.Background(), size) { // whose own context stays
				batches++
				stop()
			}
			if !errors.Is(err, context.Canceled) || batches > 2 {
				t.Fatalf("%s: after %d batches: %v", name, batches, err)
			}
			best = min(best, time.Since(told))
		}
		if best > 250*time.Millisecond {
			t.Errorf("%s: a cancel was heard after %v", name, best)
		}
	}
}

// A file of 80 MB is read in a few MiB.
func TestRowsNeedLittleMemory(t *testing.T) {
	testenv.Unraced(t)
	line := strings.Repeat("0.123456,", 99) + "1.5\n"
	path := filepath.Join(t.TempDir(), "long.csv")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriter(f)
	const n = 90_000
	fmt.Fprint(w, strings.Repeat("c,", 99)+"c\n")
	for range n {
		w.WriteString(line)
	}
	if err := errors.Join(w.Flush(), f.Close()); err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	rows, err := table.CSV{MemoryLimit: 32 << 20}.Rows(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	count, sum := 0, 0.0
	for batch, err := range rows.Batches(ctx, 0) {
		if err != nil {
			t.Fatal(err)
		}
		b, d := batch.Dims()
		count += b
		sum += batch.At(b-1, d-1)
	}
	runtime.ReadMemStats(&after)
	if spent := after.TotalAlloc - before.TotalAlloc; count != n || spent > 32<<20 || math.IsNaN(sum) {
		t.Errorf("%d rows took %d bytes", count, spent)
	}
	var memory *mat32.MemoryError
	if _, err := (table.CSV{MemoryLimit: 32 << 20}).Open(ctx, path); !errors.As(err, &memory) {
		t.Errorf("the table, which is larger than that: %v", err)
	}
}
