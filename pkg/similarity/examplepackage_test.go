package similarity_test

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/similarity"
)

// A representation that is turned, moved and stretched is the same to CKA, and one of other rows is not.
func Example() {
	ctx := context.Background()
	x := datasets.Iris().X
	n, d := x.Dims()
	turned, others := mat.NewDense(n, d, nil), mat.NewDense(n, d, nil)
	for i := range n {
		r := x.RawRowView(i)
		turned.SetRow(i, []float64{5 + 2*r[3], -2 * r[2], 2 * r[1], 2 * r[0]})
		others.SetRow(i, x.RawRowView(i*7%n))
	}
	for _, y := range []*mat.Dense{turned, others} {
		s, err := similarity.CKA{Estimator: similarity.Debiased}.Compare(ctx, x, y)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%.3f\n", s.Value)
	}
	// Output:
	// 1.000
	// 0.012
}
