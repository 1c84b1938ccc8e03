package table_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/flatland-go/flatland/pkg/datasets/table"
	"github.com/flatland-go/flatland/pkg/mat32"
)

const penguins = `species;bill (mm);mass (g);note
Adelie;39,1;3750;
Adelie;39,5;3800;moulting
Adelie;NA;NA;seen from afar
Gentoo;46,1;4500;
Gentoo;50,0;5700;"large; noisy"
`

func Example() {
	t, err := table.CSV{Decimal: ','}.Read(context.Background(), strings.NewReader(penguins))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(t)

	if _, err = t.Dense("bill (mm)", "mass (g)"); err != nil {
		fmt.Println(err)
	}
	complete, err := t.Complete("bill (mm)", "mass (g)")
	if err != nil {
		fmt.Println(err)
		return
	}
	d, err := complete.Dataset("species")
	if err != nil {
		fmt.Println(err)
		return
	}
	n, k := d.X.Dims()
	fmt.Println(n, "×", k, d.Features, d.Labels, d.Names)
	// Output:
	// 5 rows × 4 columns
	// name       kind      missing   min    mean   max  words
	// species    category        0                      Adelie (3), Gentoo (2)
	// bill (mm)  number          1  39.1  43.675    50
	// mass (g)   number          1  3750  4437.5  5700
	// note       text            2                      moulting (1), seen from afar (1), large; noisy (1)
	// note: cells are separated by ';'
	// row 2 of column "bill (mm)" misses its value: Complete leaves such rows out, Fill fills them, DenseMissing keeps NaN
	// 4 × 2 [bill (mm) mass (g)] [0 0 1 1] [Adelie Gentoo]
}

// What goes wrong is said with its place.
func ExampleCSV() {
	c := table.CSV{Types: map[string]table.Kind{"age": table.Number}}
	_, err := c.Read(context.Background(), strings.NewReader("name,age\nAnn,31\nBob,3O\n"))
	var file *mat32.FileError
	if errors.As(err, &file) {
		fmt.Println(file.Line, file.Column, file.Reason)
	}
	_, err = c.Read(context.Background(), strings.NewReader("name,age\nAnn,31\n\"Bob, jr.\"\n"))
	if errors.As(err, &file) {
		fmt.Println(file.Line, file.Reason)
	}
	// Output:
	// 3 age the cell "3O" is not a number
	// 3 this row has 1 cell, want 2
}

// Rows of a file that is larger than memory are read as often as needed.
func ExampleCSV_Rows() {
	folder, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(folder)
	path := filepath.Join(folder, "points.csv.gz")
	points := &table.Table{Columns: []table.Column{
		{Name: "x", Numbers: []float64{0.5, 1, 1.5}},
		{Name: "y", Numbers: []float64{1, 2, 3}},
	}}
	if err := (table.CSV{}).Save(path, points); err != nil {
		fmt.Println(err)
		return
	}
	rows, err := table.CSV{Columns: []string{"y", "x"}}.Rows(context.Background(), path)
	if err != nil {
		fmt.Println(err)
		return
	}
	for batch, err := range rows.Batches(context.Background(), 2) {
		if err != nil {
			fmt.Println(err)
			return
		}
		n, _ := batch.Dims()
		for i := range n {
			fmt.Println(batch.At(i, 0), batch.At(i, 1))
		}
	}
	// Output:
	// 1 0.5
	// 2 1
	// 3 1.5
}

func ExampleTable() {
	t := &table.Table{Columns: []table.Column{
		{Name: "length", Numbers: []float64{1.25, 2, 0.5}},
		{Name: "colour", Kind: table.Category, Codes: []int{1, 0, 1}, Names: []string{"red", "blue"}},
	}}
	hot, err := t.Where(func(row int) bool { return t.Columns[0].Numbers[row] > 1 }).OneHot()
	if err != nil {
		fmt.Println(err)
		return
	}
	var b bytes.Buffer
	if err := (table.CSV{}).Write(&b, hot); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(b.String())
	// Output:
	// length,colour=red,colour=blue
	// 1.25,0,1
	// 2,1,0
}
