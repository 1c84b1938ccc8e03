package mat32_test

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
)

func ExampleFromColumns() {
	height := []float64{1.62, 1.75, 1.80}
	weight := []float64{58, 71}
	_, err := mat32.FromColumns(height, weight)
	fmt.Println(err)
	var ragged *mat32.RaggedError
	fmt.Println(errors.As(err, &ragged), ragged.Index)
	// Output:
	// column 1 has 2 values, but column 0 has 3
	// true 1
}

func ExampleFingerprint() {
	a, _ := mat32.FromRows([][]float64{{1, 2}, {3, 4}})
	b, _ := mat32.FromColumns([]float32{1, 3}, []float32{2, 4})
	fmt.Println(mat32.Fingerprint(a) == mat32.Fingerprint(b))
	// Output: true
}

func ExampleFromTriplets() {
	// Words counted one by one: the text, the word, one more.
	x, err := mat32.FromTriplets(2, 100_000, []mat32.Triplet{{0, 17, 1}, {1, 99_999, 1}, {0, 17, 1}, {0, 3, 1}})
	if err != nil {
		fmt.Println(err)
		return
	}
	columns, counts := x.Row(0)
	fmt.Println(columns, counts, x.NNZ())
	// Output: [3 17] [1 2] 3
}

func ExampleNewCSR() {
	// As SciPy's csr_matrix keeps it: row 1 is empty, row 2 is out of order.
	_, err := mat32.NewCSR(3, 4, []int{0, 2, 2, 4}, []int32{0, 3, 2, 1}, []float32{1, 2, 3, 4})
	fmt.Println(err)
	// Output: sparse row 2: column 1 follows column 2: FromTriplets sorts them
}

func ExampleNewDistances() {
	// Kilometres by road between Basel, Bern, Chur and Genève.
	d, err := mat32.NewDistances(4, []float64{100, 203, 259, 242, 160, 399})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(d.At(3, 1))
	fmt.Println(mat32.CheckRows("dr.PCA", d))
	// Output:
	// 160
	// dr.PCA needs the rows themselves: x is a mat32.Distances, which holds only how far apart they are
}

func ExampleDistancesFrom() {
	_, err := mat32.DistancesFrom(mat.NewDense(2, 2, []float64{0, 3, 4, 0}))
	fmt.Println(err)
	// Output: the distance from row 0 to row 1 is 3, want 4, which it is from 1 to 0
}

func ExampleRowsFrom() {
	// A table that does not fit in memory; in earnest it is a file that open
	// opens and closes by defer.
	const table = "1,2\n3,4\n5,7\n9,eleven\n"
	open := func() iter.Seq2[[]float64, error] {
		return func(yield func([]float64, error) bool) {
			row := make([]float64, 2)
			for r := csv.NewReader(strings.NewReader(table)); ; {
				fields, err := r.Read()
				if err == io.EOF {
					return
				}
				for j := 0; j < len(fields) && err == nil; j++ {
					row[j], err = strconv.ParseFloat(fields[j], 64)
				}
				if !yield(row, err) || err != nil {
					return
				}
			}
		}
	}
	rows := mat32.RowsFrom(2, open)
	for batch, err := range rows.Batches(context.Background(), 2) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(mat.Formatted(batch, mat.Squeeze()))
	}
	// Output:
	// ⎡1  2⎤
	// ⎣3  4⎦
	// reading row 3: strconv.ParseFloat: parsing "eleven": invalid syntax
}

func ExampleRowsOf() {
	x, _ := mat32.FromRows([][]float32{{1, 10}, {2, 20}, {6, 60}})
	var n, sum float64
	for batch, err := range mat32.RowsOf(x).Batches(context.Background(), 2) {
		if err != nil {
			fmt.Println(err)
			return
		}
		rows, _ := batch.Dims()
		for i := range rows {
			n, sum = n+1, sum+batch.At(i, 1)
		}
	}
	fmt.Println("mean of column 1:", sum/n)
	// Output: mean of column 1: 30
}
