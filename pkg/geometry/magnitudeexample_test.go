package geometry_test

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/geometry"
)

// Two points near each other and one by itself: from afar they are one, then two, then
// three.
func ExampleMagnitudeFunction_Compute() {
	x := mat.NewDense(3, 1, []float64{0, .01, 1})
	c, err := geometry.MagnitudeFunction{Scales: []float64{.01, 10, 1000}}.Compute(context.Background(), x)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(c)
	// Output:
	// magnitude function of 3 rows, euclidean
	//        scale   magnitude      spread       slope
	//         0.01       1.005      1.0044       0.005
	//           10      2.0499      2.0498       0.025
	//         1000      2.9999      2.9999       0.000
}

// The largest weight is that of the row by itself.
func ExampleMagnitude_Weights() {
	x := mat.NewDense(5, 2, []float64{0, 0, .1, 0, 0, .1, .1, .1, 3, 3})
	w, err := geometry.Magnitude{}.Weights(context.Background(), x)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("magnitude %.3f, the row at the boundary is %d with weight %.3f\n", w.Score().Value, w.Boundary(1)[0], w.Values[4])
	// Output:
	// magnitude 2.055, the row at the boundary is 4 with weight 0.983
}

func ExampleMagnitudeDimension_Estimate() {
	x := mat.NewDense(400, 2, nil)
	for i := range 400 {
		x.SetRow(i, []float64{float64(i), 2 * float64(i)})
	}
	d, err := geometry.MagnitudeDimension{}.Estimate(context.Background(), x)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(d.Brief())
	// Output:
	// 0.9700
}

func ExampleApproxHull_Compute() {
	x := mat.NewDense(6, 2, []float64{0, 0, 4, 0, 4, 4, 0, 4, 2, 2, 1.5, 2})
	h, err := geometry.ApproxHull{Keep: 4}.Compute(context.Background(), x)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(h.Rows)
	// Output:
	// [0 1 2 3]
}
