package mat32_test

import (
	"errors"
	"fmt"
	"math"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// Columns of numbers become a matrix, and what is wrong with them a typed error that says where.
func Example() {
	x, err := mat32.FromColumns([]float64{1.62, 1.75, 1.80}, []float64{58, math.NaN(), 80})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(x.Dims())

	err = mat32.Check(x)
	var missing *mat32.NotFiniteError
	if errors.As(err, &missing) {
		fmt.Println("row", missing.Row, "column", missing.Col)
	}
	// Output:
	// 3 2
	// row 1 column 1
}
