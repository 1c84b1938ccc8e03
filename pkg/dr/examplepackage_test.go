package dr_test

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/dr"
)

// A map of 150 irises by a chain of methods, and where a new flower lies on it.
func Example() {
	ctx := context.Background()
	model, err := dr.Chain{dr.Any(dr.Standardize{}), dr.Any(dr.PCA{Components: 2})}.Fit(ctx, datasets.Iris().X)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(model.Embedding().Caption())

	flower := mat.NewDense(1, 4, []float64{6.1, 2.9, 4.6, 1.4})
	place, err := model.Transform(ctx, flower)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.2f\n", place.RawRowView(0))
	// Output:
	// standardize → PCA · n = 150 · 4 → 2 dimensions
	// [0.69 -0.19]
}
