package columnar_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/datasets/columnar"
	"github.com/flatland-go/flatland/pkg/datasets/table"
	"github.com/flatland-go/flatland/pkg/mat32"
)

func Example() {
	// Embeddings that Arrow wrote: a column of lists of four numbers.
	x, names, err := columnar.Parquet{Columns: []string{"embedding"}}.OpenDense(context.Background(), "testdata/pyarrow.parquet")
	if err != nil {
		log.Fatal(err)
	}
	n, d := x.Dims()
	fmt.Println(n, "×", d, names)
	// Output: 60 × 4 [embedding[0] embedding[1] embedding[2] embedding[3]]
}

func ExampleParquet() {
	folder, err := os.MkdirTemp("", "")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(folder)
	path := filepath.Join(folder, "flowers.parquet")

	flowers := &table.Table{Columns: []table.Column{
		{Name: "petal length", Numbers: []float64{1.4, 4.7, 6}},
		{Name: "species", Kind: table.Category, Codes: []int{0, 1, -1}, Names: []string{"setosa", "versicolor"}},
	}}
	if err := (columnar.Parquet{}).Save(path, flowers); err != nil {
		log.Fatal(err)
	}
	t, err := columnar.Parquet{}.Open(context.Background(), path)
	if err != nil {
		log.Fatal(err)
	}
	for _, c := range t.Columns {
		fmt.Println(c.Name, c.Numbers, c.Codes, c.Names)
	}
	// Output:
	// petal length [1.4 4.7 6] [] []
	// species [] [0 1 -1] [setosa versicolor]
}

func ExampleParquet_SaveMatrix() {
	folder, err := os.MkdirTemp("", "")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(folder)
	path := filepath.Join(folder, "map.parquet")

	x := mat32.NewDense(2, 2, []float32{1, 2, 3, 4})
	if err := (columnar.Parquet{}).SaveMatrix(path, x, "x", "y"); err != nil {
		log.Fatal(err)
	}
	back, names, err := columnar.Parquet{}.OpenDense(context.Background(), path)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(names)
	fmt.Println(mat.Formatted(back))
	// Output:
	// [x y]
	// ⎡1  2⎤
	// ⎣3  4⎦
}

func ExampleArrow() {
	t, err := columnar.Arrow{Columns: []string{"species"}}.Open(context.Background(), "testdata/pandas.feather")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(t.Rows(), "rows of", t.Columns[0].Names)
	// Output: 60 rows of [virginica versicolor setosa unknown]
}
