package similarity_test

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/similarity"
)

// square is walked round, and squeezed is the same stretched threefold one way.
var (
	square   = mat.NewDense(8, 2, []float64{-1, -1, -1, 0, -1, 1, 0, 1, 1, 1, 1, 0, 1, -1, 0, -1})
	squeezed = mat.NewDense(8, 2, []float64{-3, -1, -3, 0, -3, 1, 0, 1, 3, 1, 3, 0, 3, -1, 0, -1})
)

func ExampleCKA() {
	s, err := similarity.CKA{}.Compare(context.Background(), square, squeezed)
	if err != nil {
		panic(err)
	}
	fmt.Println(s)
	// Output:
	// CKA  0.7809
	//   rows        8
	//   convention  biased, linear kernel; similarity, 1 is same
}

func ExampleHSIC() {
	s, err := similarity.HSIC{Estimator: similarity.Unbiased}.Compare(context.Background(), square, squeezed)
	if err != nil {
		panic(err)
	}
	fmt.Println(s)
	// Output:
	// HSIC  6.095
	//   rows        8
	//   convention  unbiased, kernels without their diagonals, linear kernel; 0 is
	//               independent, in squared units of both
}

func ExampleCCA() {
	s, err := similarity.CCA{}.Compare(context.Background(), square, squeezed)
	if err != nil {
		panic(err)
	}
	fmt.Println(s)
	// Output:
	// CCA  1.000
	//   rows        8
	//   convention  mean ρ; similarity, 1 is same
}

func ExampleCCA_Correlate() {
	third := mat.NewDense(8, 2, []float64{-1, 1, -1, -1, -1, 0, 0, 0, 1, 1, 1, -1, 1, 0, 0, 0})
	c, err := similarity.CCA{}.Correlate(context.Background(), square, third)
	if err != nil {
		panic(err)
	}
	fmt.Println(c)
	// Output:
	// canonical correlations (CCA)  of 2 × 2 directions, 8 rows
	//         correlation  weight
	//      1       1.0000  0.5000
	//      2       0.0000  0.5000
}

func ExampleSVCCA() {
	s, err := similarity.SVCCA{Variance: .9}.Compare(context.Background(), square, squeezed)
	if err != nil {
		panic(err)
	}
	fmt.Println(s)
	// Output:
	// SVCCA  1.000
	//   rows        8
	//   convention  mean ρ of the 2 and 1 directions that hold 90 % of the variance;
	//               similarity, 1 is same
}

func ExamplePWCCA() {
	s, err := similarity.PWCCA{}.Compare(context.Background(), square, squeezed)
	if err != nil {
		panic(err)
	}
	fmt.Println(s)
	// Output:
	// PWCCA  1.000
	//   rows        8
	//   convention  mean ρ weighed by projections from the representation with fewer
	//               directions; similarity, 1 is same
}

func ExampleLinearRegression() {
	first := mat.NewDense(8, 1, []float64{-1, -1, -1, 0, 1, 1, 1, 0})
	s, err := similarity.LinearRegression{}.Compare(context.Background(), first, squeezed)
	if err != nil {
		panic(err)
	}
	fmt.Println(s)
	// Output:
	// linear-regression R²  0.9000
	//   rows        8
	//   convention  y explained by x; 1 is all of the variance
}
