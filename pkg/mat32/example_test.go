package mat32_test

import (
	"errors"
	"fmt"

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
