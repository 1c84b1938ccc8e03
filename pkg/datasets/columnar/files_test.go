package columnar_test

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/datasets/columnar"
	"github.com/flatland-go/flatland/pkg/datasets/table"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// expected is a column as testdata/make.py knows it.
type expected struct {
	Name   string
	Values []any // numbers, words and nil
	Words  []string
}

// expectations returns those of all files.
func expectations(t *testing.T) map[string][]expected {
	t.Helper()
	text, err := os.ReadFile("testdata/expected.json")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]expected{}
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

func open(ctx context.Context, path string, columns ...string) (*table.Table, error) {
	if strings.HasSuffix(path, ".parquet") {
		return columnar.Parquet{Columns: columns}.Open(ctx, path)
	}
	return columnar.Arrow{Columns: columns}.Open(ctx, path)
}

func TestFilesOfPandasArrowAndPolars(t *testing.T) {
	for name, want := range expectations(t) {
		t.Run(name, func(t *testing.T) {
			got, err := open(t.Context(), filepath.Join("testdata", name))
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, w := range want {
				names = append(names, w.Name)
			}
			if !slices.Equal(got.Names(), names) {
				t.Fatalf("columns %v, want %v", got.Names(), names)
			}
			for j, w := range want {
				c := &got.Columns[j]
				if c.Rows() != len(w.Values) {
					t.Errorf("%s has %d rows, want %d", w.Name, c.Rows(), len(w.Values))
					continue
				}
				if w.Words != nil && (c.Kind != table.Category || !slices.Equal(c.Names, w.Words)) {
					t.Errorf("%s has the words %v, want %v", w.Name, c.Names, w.Words)
				}
				for i, v := range w.Values {
					if !same(c, i, v) {
						t.Errorf("%s, row %d: want %v, of %v", w.Name, i, v, *c)
						break
					}
				}
			}
		})
	}
}

// same reports whether a column has a value.
func same(c *table.Column, row int, want any) bool {
	if want == nil {
		return c.Missing(row)
	}
	switch want := want.(type) {
	case float64:
		return c.Kind == table.Number && math.Abs(c.Numbers[row]-want) <= 1e-15*math.Abs(want)
	case bool:
		return c.Kind == table.Category && c.Codes[row] >= 0 && (c.Names[c.Codes[row]] == "true") == want
	case string:
		switch c.Kind {
		case table.Category:
			return c.Codes[row] >= 0 && c.Names[c.Codes[row]] == want
		case table.Text:
			return c.Texts[row] == want
		}
	}
	return false
}

func TestWhatIsLeftOutIsNoted(t *testing.T) {
	for _, name := range []string{"pyarrow.parquet", "pyarrow.feather"} {
		path := filepath.Join("testdata", name)
		got, err := open(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		notes := strings.Join(got.Notes, "\n")
		for _, says := range []string{`left out "bytes"`, `left out "ragged": its lists are of different lengths`, `left out "phrases", which holds lists of words`, `left out "deep`, `left out "map`,
			`"milliseconds" is in seconds since 1970-01-01 UTC`, `"time" is in seconds since midnight`, `"int64" holds integers beyond 2⁵³`} {
			if !strings.Contains(notes, says) {
				t.Errorf("%s: nothing says %s:\n%s", name, says, notes)
			}
		}
		for column, says := range map[string]string{"bytes": "no numbers", "ragged": "different lengths"} {
			_, err := open(t.Context(), path, "int8", column)
			var bad *mat32.FileError
			if !errors.As(err, &bad) || !strings.Contains(err.Error(), says) || bad.Column == "" {
				t.Errorf("%s, %s: got %v", name, column, err)
			}
		}
		for says, columns := range map[string][]string{
			`Columns is "none such", want a column of ` + path + `: int8, int16`: {"int8", "none such"},
			`Columns is "int8" twice, want every column once`:                    {"int8", "int16", "int8"},
			`Columns is an empty list, want one name or more, or nil for all`:    {},
		} {
			_, err := open(t.Context(), path, columns...)
			var param *mat32.ParamError
			if !errors.As(err, &param) || !strings.Contains(err.Error(), says) {
				t.Errorf("%s, %v: got %v", name, columns, err)
			}
		}
	}
	got, err := open(t.Context(), "testdata/pandas.parquet")
	if err != nil || !strings.Contains(strings.Join(got.Notes, "\n"), "the index of pandas") {
		t.Errorf("the index of pandas: %v, %v", got, err)
	}
	got, err = open(t.Context(), "testdata/pandas.parquet", "__index_level_0__")
	if err != nil || got.Columns[0].Texts[3] != "row 3" {
		t.Errorf("the index of pandas, asked for: %v, %v", got, err)
	}
}

func TestChosenColumns(t *testing.T) {
	for _, name := range []string{"pyarrow.parquet", "pyarrow.feather", "pyarrow.arrows"} {
		got, err := open(t.Context(), filepath.Join("testdata", name), "point", "embedding", "int16")
		if err != nil {
			t.Fatal(err)
		}
		if want := []string{"point.x", "point.y", "embedding[0]", "embedding[1]", "embedding[2]", "embedding[3]", "int16"}; !slices.Equal(got.Names(), want) {
			t.Errorf("%s: %v, want %v", name, got.Names(), want)
		}
	}
}

// Matrices and streams hold what tables do.
func TestMatricesAndStreamsAreTheTable(t *testing.T) {
	for name, want := range expectations(t) {
		path := filepath.Join("testdata", name)
		var columns []string
		var numbers []expected
		for _, w := range want {
			if i := slices.IndexFunc(w.Values, func(v any) bool { return v != nil }); i >= 0 {
				if _, word := w.Values[i].(string); word {
					continue
				}
			}
			numbers = append(numbers, w)
			if column, _, _ := strings.Cut(w.Name, "["); !slices.Contains(columns, column) {
				columns = append(columns, column)
			}
		}
		var x *mat32.Dense
		var names []string
		var err error
		var rows *mat32.Rows
		if strings.HasSuffix(name, ".parquet") {
			p := columnar.Parquet{Columns: columns}
			x, names, err = p.OpenDense(t.Context(), path)
			rows, _ = p.Rows(t.Context(), path)
		} else {
			a := columnar.Arrow{Columns: columns}
			x, names, err = a.OpenDense(t.Context(), path)
			rows, _ = a.Rows(t.Context(), path)
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		n, d := x.Dims()
		if d != len(numbers) || len(names) != d || n != len(numbers[0].Values) || rows.Columns() != d {
			t.Fatalf("%s: %d × %d, want %d columns", name, n, d, len(numbers))
		}
		for j, w := range numbers {
			if names[j] != w.Name {
				t.Errorf("%s: column %d is called %s, want %s", name, j, names[j], w.Name)
			}
			for i, v := range w.Values {
				want := math.NaN()
				switch v := v.(type) {
				case float64:
					want = float64(float32(v))
				case bool:
					want = map[bool]float64{true: 1}[v]
				}
				if got := x.At(i, j); got != want && (got == got || want == want) {
					t.Errorf("%s, %s, row %d: %v, want %v", name, w.Name, i, got, want)
				}
			}
		}
		var bad *mat32.NotFiniteError
		for _, err := range rows.Batches(t.Context(), 0) {
			if !errors.As(err, &bad) || bad.Row > 3 {
				t.Errorf("%s: the stream with missing values: %v", name, err)
			}
		}
	}
	for _, rows := range []func() (*mat32.Rows, error){
		func() (*mat32.Rows, error) {
			return columnar.Parquet{Columns: []string{"embedding", "int16"}}.Rows(t.Context(), "testdata/pyarrow.parquet")
		},
		func() (*mat32.Rows, error) {
			return columnar.Arrow{Columns: []string{"embedding", "int16"}}.Rows(t.Context(), "testdata/pyarrow.feather")
		},
	} {
		r, err := rows()
		if err != nil {
			t.Fatal(err)
		}
		x, _, err := columnar.Parquet{Columns: []string{"embedding", "int16"}}.OpenDense(t.Context(), "testdata/pyarrow.parquet")
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			var data []float32
			for batch, err := range r.Batches(t.Context(), 7) {
				if err != nil {
					t.Fatal(err)
				}
				data = append(data, batch.(*mat32.Dense).Data()...)
			}
			if !slices.Equal(data, x.Data()) {
				t.Error("the stream differs from the matrix")
			}
		}
		for range r.Batches(t.Context(), 5) {
			break
		}
	}
	if _, _, err := (columnar.Parquet{Columns: []string{"word"}}).OpenDense(t.Context(), "testdata/pyarrow.parquet"); err == nil || !strings.Contains(err.Error(), "it holds words") {
		t.Errorf("words for a matrix: %v", err)
	}
}

func TestNumbersBeyondFloat32(t *testing.T) {
	many := make([]float64, 3000)
	many[2500] = -1e39
	lists := mat.NewDense(3, 2, []float64{1, 2, 3, 4, 5, 1e39})
	for says, save := range map[string]func(path string) error{
		`"x": row 2501 holds -1e+39, which is beyond float32`: func(path string) error {
			return columnar.Parquet{RowGroup: 700}.Save(path, &table.Table{Columns: []table.Column{{Name: "x", Numbers: many}}})
		},
		`"e": row 3 holds 1e+39, which is beyond float32`: func(path string) error { return columnar.Parquet{}.SaveMatrix(path, lists, "e") },
	} {
		path := filepath.Join(t.TempDir(), "x.parquet")
		if err := save(path); err != nil {
			t.Fatal(err)
		}
		var bad *mat32.FileError
		if _, _, err := (columnar.Parquet{}).OpenDense(t.Context(), path); !errors.As(err, &bad) || !strings.Contains(err.Error(), says) {
			t.Errorf("got %v, want what says %s", err, says)
		}
		rows, err := columnar.Parquet{}.Rows(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		for _, err = range rows.Batches(t.Context(), 10) {
		}
		if !errors.As(err, &bad) || !strings.Contains(err.Error(), says) {
			t.Errorf("the stream: got %v, want what says %s", err, says)
		}
	}
	path := filepath.Join(t.TempDir(), "x.parquet")
	if err := (columnar.Parquet{}).SaveMatrix(path, mat.NewDense(1, 2, []float64{math.Inf(1), math.NaN()})); err != nil {
		t.Fatal(err)
	}
	if x, _, err := (columnar.Parquet{}).OpenDense(t.Context(), path); err != nil || !math.IsInf(x.At(0, 0), 1) || !math.IsNaN(x.At(0, 1)) {
		t.Errorf("an infinity and a missing value are %v, %v", x, err)
	}
}

func TestCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, name := range []string{"pyarrow.parquet", "pyarrow.feather", "pyarrow.arrows"} {
		if _, err := open(ctx, filepath.Join("testdata", name)); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestMemoryLimit(t *testing.T) {
	var memory *mat32.MemoryError
	if _, err := (columnar.Parquet{MemoryLimit: 2000}).Open(t.Context(), "testdata/pyarrow.parquet"); !errors.As(err, &memory) || memory.Method != "columnar.Parquet" || memory.Path != "testdata/pyarrow.parquet" {
		t.Errorf("Parquet: %v", err)
	}
	if _, err := (columnar.Arrow{MemoryLimit: 2000}).Open(t.Context(), "testdata/pyarrow.feather"); !errors.As(err, &memory) || memory.Method != "columnar.Arrow" || memory.Path != "testdata/pyarrow.feather" {
		t.Errorf("Arrow: %v", err)
	}
	if _, _, err := (columnar.Parquet{MemoryLimit: 1000, Columns: []string{"embedding"}}).OpenDense(t.Context(), "testdata/pyarrow.parquet"); !errors.As(err, &memory) {
		t.Errorf("a matrix: %v", err)
	}
}

func TestOtherFilesAreRefused(t *testing.T) {
	folder := t.TempDir()
	write := func(text string) string {
		path := filepath.Join(folder, "x")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	var bad *mat32.FileError
	for _, text := range []string{"", "PAR1", "a,b\n1,2\n3,4\n5,6\n7,8\n", "PAR1\xff\xff\xff\x7fPAR1", "ARROW1\x00\x00\xff\xff\xff\x7fARROW1", "\xff\xff\xff\xff\xff\xff\xff\x7f0000000000000000", "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03"} {
		path := write(text)
		if _, err := (columnar.Parquet{}).Open(t.Context(), path); !errors.As(err, &bad) {
			t.Errorf("Parquet %q: %v", text, err)
		}
		if _, err := (columnar.Arrow{}).Open(t.Context(), path); !errors.As(err, &bad) {
			t.Errorf("Arrow %q: %v", text, err)
		}
	}
	if _, err := (columnar.Parquet{}).Open(t.Context(), "testdata/pandas.feather"); !errors.As(err, &bad) || !strings.Contains(err.Error(), "it is an Arrow file: columnar.Arrow reads it") {
		t.Errorf("an Arrow file: got %v", err)
	}
	if _, err := (columnar.Parquet{}).Open(t.Context(), "testdata/pyarrow.arrows"); !errors.As(err, &bad) || !strings.Contains(err.Error(), "it is an Arrow stream: columnar.Arrow reads it") {
		t.Errorf("an Arrow stream: got %v", err)
	}
	if _, err := (columnar.Arrow{}).Open(t.Context(), "testdata/pandas.parquet"); !errors.As(err, &bad) || !strings.Contains(err.Error(), "it is a Parquet file: columnar.Parquet reads it") {
		t.Errorf("a Parquet file for Arrow: %v", err)
	}
	if _, err := (columnar.Parquet{}).Open(t.Context(), "testdata/none.parquet"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}
