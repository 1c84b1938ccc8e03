package columnar_test

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/datasets/columnar"
	"github.com/flatland-go/flatland/pkg/datasets/table"
	"github.com/flatland-go/flatland/pkg/mat32"
)

func TestTablesThatAreWrittenAreRead(t *testing.T) {
	const n = 5000
	r := rand.New(rand.NewPCG(1, 2))
	want := &table.Table{Columns: []table.Column{
		{Name: "x", Numbers: make([]float64, n)},
		{Name: "species", Kind: table.Category, Codes: make([]int, n), Names: []string{"setosa", "versicolor", "virginica"}},
		{Name: "note", Kind: table.Text, Texts: make([]string, n)},
	}}
	for i := range n {
		want.Columns[0].Numbers[i] = r.NormFloat64()
		want.Columns[1].Codes[i] = i % 3
		want.Columns[2].Texts[i] = fmt.Sprint("note ", i)
	}
	want.Columns[0].Numbers[7] = math.NaN()
	want.Columns[0].Numbers[8] = math.Inf(1)
	want.Columns[1].Codes[9] = -1
	want.Columns[2].Texts[10] = ""
	for _, p := range []columnar.Parquet{{}, {Compression: columnar.Snappy, RowGroup: 700}, {Compression: columnar.Gzip, RowGroup: 1 << 40}, {Compression: columnar.Uncompressed}} {
		path := filepath.Join(t.TempDir(), "x.parquet")
		if err := p.Save(path, want); err != nil {
			t.Fatalf("%+v: %v", p, err)
		}
		got, err := p.Open(t.Context(), path)
		if err != nil {
			t.Fatalf("%+v: %v", p, err)
		}
		if !math.IsNaN(got.Columns[0].Numbers[7]) {
			t.Errorf("%+v: NaN became %v", p, got.Columns[0].Numbers[7])
		}
		got.Columns[0].Numbers[7], want.Columns[0].Numbers[7] = 0, 0
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%+v: another table is read", p)
		}
		want.Columns[0].Numbers[7] = math.NaN()
	}
}

func TestMatricesThatAreWrittenAreRead(t *testing.T) {
	const n, d = 3000, 20
	r := rand.New(rand.NewPCG(3, 4))
	single, double := mat32.NewDense(n, d, nil), mat.NewDense(n, d, nil)
	for i := range n {
		for j := range d {
			v := float32(r.NormFloat64())
			single.Set(i, j, float64(v))
			double.Set(i, j, float64(v))
		}
	}
	names := make([]string, d)
	for j := range names {
		names[j] = fmt.Sprint("f", j)
	}
	for _, x := range []mat.Matrix{single, double} {
		for _, names := range [][]string{nil, names, {"embedding"}} {
			path := filepath.Join(t.TempDir(), "x.parquet")
			if err := (columnar.Parquet{RowGroup: 1100}).SaveMatrix(path, x, names...); err != nil {
				t.Fatal(err)
			}
			got, called, err := columnar.Parquet{}.OpenDense(t.Context(), path)
			if err != nil {
				t.Fatal(err)
			}
			want := "x3"
			switch len(names) {
			case 1:
				want = "embedding[3]"
			case d:
				want = "f3"
			}
			if !mat.Equal(got, single) || called[3] != want {
				t.Errorf("%T, %d names: another matrix is read, with the column %s", x, len(names), called[3])
			}
		}
	}
}

func TestWhatCannotBeWrittenIsNamed(t *testing.T) {
	var out bytes.Buffer
	numbers := table.Column{Name: "x", Numbers: []float64{1, 2}}
	var shape *mat32.ShapeError
	var param *mat32.ParamError
	for name, c := range map[string]struct {
		err error
		as  any
	}{
		"ragged":       {columnar.Parquet{}.Write(&out, &table.Table{Columns: []table.Column{numbers, {Name: "y", Numbers: []float64{1}}}}), &shape},
		"twice":        {columnar.Parquet{}.Write(&out, &table.Table{Columns: []table.Column{numbers, numbers}}), &param},
		"codes":        {columnar.Parquet{}.Write(&out, &table.Table{Columns: []table.Column{{Name: "c", Kind: table.Category, Codes: []int{1}, Names: []string{"a"}}}}), &param},
		"kind":         {columnar.Parquet{}.Write(&out, &table.Table{Columns: []table.Column{{Name: "c", Kind: 7}}}), &param},
		"compression":  {columnar.Parquet{Compression: 9}.Write(&out, &table.Table{Columns: []table.Column{numbers}}), &param},
		"row group":    {columnar.Parquet{RowGroup: -1}.Write(&out, &table.Table{Columns: []table.Column{numbers}}), &param},
		"no table":     {columnar.Parquet{}.Write(&out, nil), &shape},
		"no columns":   {columnar.Parquet{}.Write(&out, &table.Table{}), &shape},
		"no matrix":    {columnar.Parquet{}.WriteMatrix(&out, nil), &shape},
		"other names":  {columnar.Parquet{}.WriteMatrix(&out, mat32.NewDense(1, 3, nil), "a", "b"), &shape},
		"empty matrix": {columnar.Parquet{}.WriteMatrix(&out, mat32.NewDense(3, 0, nil)), &shape},
	} {
		if !errors.As(c.err, c.as) {
			t.Errorf("%s: %v", name, c.err)
		}
	}
}
