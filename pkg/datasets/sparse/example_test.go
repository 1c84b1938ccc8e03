package sparse_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/datasets/sparse"
	"github.com/flatland-go/flatland/pkg/mat32"
)

func Example() {
	file := `%%MatrixMarket matrix coordinate real general
% row, column, value
2 3 3
1 1 0.5
2 3 2
1 1 0.25
`
	x, err := sparse.MatrixMarket{}.Read(context.Background(), strings.NewReader(file))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(mat.Formatted(x))
	fmt.Println(x.NNZ(), "values are stored")
	// Output:
	// ⎡0.75     0     0⎤
	// ⎣   0     0     2⎦
	// 2 values are stored
}

func ExampleMatrixMarket() {
	x, err := mat32.FromTriplets(2, 3, []mat32.Triplet{{Row: 0, Col: 2, Value: 1.5}, {Row: 1, Col: 0, Value: 2}})
	if err != nil {
		log.Fatal(err)
	}
	m := sparse.MatrixMarket{Comment: "two samples of three features"}
	if err := m.Write(os.Stdout, x); err != nil {
		log.Fatal(err)
	}
	// Output:
	// %%MatrixMarket matrix coordinate real general
	// %two samples of three features
	// 2 3 2
	// 1 3 1.5
	// 2 1 2
}

func ExampleTenX() {
	// The folder is read by sparse.TenX{}.Open(ctx, "filtered_feature_bc_matrix").
	matrix := "%%MatrixMarket matrix coordinate integer general\n2 3 3\n1 1 4\n2 1 1\n2 3 7\n"
	features := "ENSG00000198804\tMT-CO1\tGene Expression\nENSG00000198712\tMT-CO2\tGene Expression\n"
	barcodes := "AAACCTGA-1\nAAACCTGC-1\nAAACGGGT-1\n"
	counts, err := sparse.TenX{}.Read(context.Background(), strings.NewReader(matrix), strings.NewReader(features), strings.NewReader(barcodes))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(counts.Names())
	for i, barcode := range counts.Barcodes {
		fmt.Println(barcode, mat.Row(nil, i, counts.X))
	}
	// Output:
	// [MT-CO1 MT-CO2]
	// AAACCTGA-1 [4 1]
	// AAACCTGC-1 [0 0]
	// AAACGGGT-1 [0 7]
}

func ExampleSVMLight() {
	l, err := sparse.SVMLight{}.Read(context.Background(), strings.NewReader("+1 1:0.5 3:2\n-1 2:1 # a comment\n"))
	if err != nil {
		log.Fatal(err)
	}
	labels, names := l.Classes()
	fmt.Println(mat.Formatted(l.X))
	fmt.Println(labels, names)
	// Output:
	// ⎡0.5    0    2⎤
	// ⎣  0    1    0⎦
	// [1 0] [-1 1]
}
