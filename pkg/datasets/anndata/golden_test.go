package anndata

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/datasets/table"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// files are those that anndata wrote: a version each, then ways that HDF5 keeps the same.
var files = []string{"v0.6", "v0.7", "v0.8", "v0.10", "v0.12", "earliest", "v108", "latest_gzip", "latest_lzf", "odd"}

// unpacked returns a file of testdata.
func unpacked(t testing.TB, name string) []byte {
	t.Helper()
	packed, err := os.ReadFile("testdata/" + name + ".h5ad.gz")
	if err != nil {
		t.Fatal(err)
	}
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// opened opens a file of testdata.
func opened(t testing.TB, name string) *File {
	t.Helper()
	path := filepath.Join(t.TempDir(), name+".h5ad")
	if err := os.WriteFile(path, unpacked(t, name), 0o644); err != nil {
		t.Fatal(err)
	}
	f, err := Open(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// golden is what anndata reads in a file.
type golden struct {
	Cells, Genes int
	Matrices     map[string]struct {
		Sparse bool
		Shape  [2]int
		Values []number
	}
	Tables map[string]goldenTable
	Uns    map[string]any
}

type goldenTable struct {
	Index   []string
	Columns []struct {
		Name, Kind string
		Codes      []int
		Names      []string
		Numbers    []number
		Texts      []string
	}
}

// number is one of JSON, or "nan" or "inf".
type number float64

func (n *number) UnmarshalJSON(b []byte) error {
	v, err := strconv.ParseFloat(strings.Trim(string(b), `"`), 64)
	*n = number(v)
	return err
}

func goldenOf(t *testing.T, name string) (g golden) {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name + ".json")
	if err == nil {
		err = json.Unmarshal(b, &g)
	}
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestGoldens(t *testing.T) {
	ctx := context.Background()
	for _, name := range files {
		t.Run(name, func(t *testing.T) {
			f, g := opened(t, name), goldenOf(t, name)
			if cells, genes := f.Dims(); cells != g.Cells || genes != g.Genes {
				t.Errorf("%d cells and %d genes, want %d and %d", cells, genes, g.Cells, g.Genes)
			}
			if len(g.Matrices) < 7 || len(g.Tables) < 3 || len(g.Uns) < 5 {
				t.Fatal("the golden file has too little")
			}
			for at, want := range g.Matrices {
				x, err := f.Matrix(ctx, at)
				if err != nil {
					t.Error(err)
					continue
				}
				if _, sparse := x.(*mat32.CSR); sparse != want.Sparse {
					t.Errorf("%s is a %T", at, x)
				}
				checkMatrix(t, at, x, want.Shape, want.Values)
				checkRows(t, f, at, x)
			}
			for at, want := range g.Tables {
				checkTable(t, f, at, want)
			}
			uns, err := f.Value(ctx, "uns")
			if err != nil {
				t.Fatal(err)
			}
			for key, want := range g.Uns {
				got, ok := uns.(map[string]any)[key]
				if !ok {
					t.Errorf("uns has no %s", key)
				} else if got := plain(got); !reflect.DeepEqual(got, rounded(want)) {
					t.Errorf("uns/%s is %#v, want %#v", key, got, rounded(want))
				}
			}
		})
	}
}

func checkMatrix(t *testing.T, at string, x mat.Matrix, shape [2]int, values []number) {
	t.Helper()
	n, d := x.Dims()
	if n != shape[0] || d != shape[1] || n*d != len(values) {
		t.Errorf("%s is %d × %d, want %v", at, n, d, shape)
		return
	}
	for i := range n {
		for j := range d {
			if got, want := x.At(i, j), float64(values[i*d+j]); got != want && !(math.IsNaN(got) && math.IsNaN(want)) {
				t.Fatalf("%s has %v at %d, %d, want %v", at, got, i, j, want)
			}
		}
	}
}

// checkRows compares the rows that are streamed with the matrix.
func checkRows(t *testing.T, f *File, at string, x mat.Matrix) {
	t.Helper()
	rows, err := f.Rows(t.Context(), at)
	if err != nil {
		t.Error(err)
		return
	}
	n, d := x.Dims()
	if rows.Columns() != d {
		t.Errorf("the rows of %s have %d columns, want %d", at, rows.Columns(), d)
	}
	for _, size := range []int{1, 5, 0} {
		i := 0
		for batch, err := range rows.Batches(context.Background(), size) {
			if err != nil {
				t.Fatalf("%s in batches of %d: %v", at, size, err)
			}
			m, _ := batch.Dims()
			for k := range m {
				if !slices.Equal(mat.Row(nil, k, batch), mat.Row(nil, i+k, x)) {
					t.Fatalf("row %d of %s in batches of %d is %v, want %v", i+k, at, size, mat.Row(nil, k, batch), mat.Row(nil, i+k, x))
				}
			}
			i += m
		}
		if i != n {
			t.Errorf("batches of %d of %s have %d rows, want %d", size, at, i, n)
		}
	}
}

func checkTable(t *testing.T, f *File, at string, want goldenTable) {
	t.Helper()
	names, err := f.Names(context.Background(), at)
	if err != nil || !slices.Equal(names, want.Index) {
		t.Errorf("the index of %s is %v, %v, want %v", at, names, err, want.Index)
	}
	got, err := f.Table(context.Background(), at)
	if err != nil {
		t.Error(err)
		return
	}
	if len(got.Columns) != len(want.Columns) || len(got.Notes) > 0 {
		t.Errorf("%s has %d columns, want %d; notes %v", at, len(got.Columns), len(want.Columns), got.Notes)
		return
	}
	for _, w := range want.Columns {
		i := slices.IndexFunc(got.Columns, func(c table.Column) bool { return c.Name == w.Name })
		if i < 0 {
			t.Errorf("%s has no column %s", at, w.Name)
			continue
		}
		c := got.Columns[i]
		numbers := make([]float64, len(w.Numbers))
		for i, v := range w.Numbers {
			numbers[i] = float64(v)
		}
		same := slices.EqualFunc(c.Numbers, numbers, func(a, b float64) bool { return a == b || math.IsNaN(a) && math.IsNaN(b) })
		if c.Kind.String() != w.Kind || !same || !slices.Equal(c.Codes, w.Codes) || !slices.Equal(c.Names, w.Names) || !slices.Equal(c.Texts, w.Texts) {
			t.Errorf("column %s of %s is %+v, want %+v", w.Name, at, c, w)
		}
	}
}

// plain returns a value as the goldens have it.
func plain(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, w := range v {
			out[k] = plain(w)
		}
		return out
	case int:
		return float64(v)
	case *Array:
		values := make([]any, len(v.Values))
		for i, w := range v.Values {
			values[i] = w
		}
		shape := make([]any, len(v.Shape))
		for i, n := range v.Shape {
			shape[i] = float64(n)
		}
		return map[string]any{"shape": shape, "values": values}
	case *table.Table:
		columns := map[string]any{}
		for _, c := range v.Columns {
			columns[c.Name] = plain(&c)
		}
		return map[string]any{"table": columns}
	case *table.Column:
		return fmt.Sprint(words(*v))
	case *mat32.Dense, *mat32.CSR:
		return "matrix"
	}
	if r := reflect.ValueOf(v); r.Kind() == reflect.Slice {
		out := make([]any, r.Len())
		for i := range out {
			out[i] = plain(r.Index(i).Interface())
		}
		return out
	}
	return v
}

// rounded returns a golden value in the form that plain gives.
func rounded(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, w := range v {
			if k == "table" {
				columns := map[string]any{}
				for _, c := range w.(map[string]any)["columns"].([]any) {
					c := c.(map[string]any)
					for _, values := range []string{"numbers", "texts"} {
						if list, ok := c[values].([]any); ok {
							var all []string
							for _, e := range list {
								all = append(all, fmt.Sprint(e))
							}
							columns[c["name"].(string)] = fmt.Sprint(all)
						}
					}
				}
				out[k] = columns
				continue
			}
			out[k] = rounded(w)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, w := range v {
			out[i] = rounded(w)
		}
		return out
	}
	return v
}
