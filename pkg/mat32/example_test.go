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
