package intrinsic_test

import (
	"context"
	"fmt"

	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/intrinsic"
)

func ExampleMiND_Estimate() {
	digits := datasets.Digits() // 64 pixels each
	d, err := intrinsic.MiND{}.Estimate(context.Background(), digits.X)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.2f ± %.2f\n", d.Value, d.StdErr)
	// Output:
	// 7.72 ± 0.07
}

func ExampleGride_Estimate() {
	digits := datasets.Digits() // 64 pixels each
	d, err := intrinsic.Gride{Near: 8}.Estimate(context.Background(), digits.X)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(d)
	// Output:
	// dimension (Gride)  6.602 ± 0.056
	//   scale       23.67
	//   rows        1797
	//   convention  maximum likelihood, neighbours 8 and 16, duplicates removed, standard
	//               error: likelihood, rows taken for independent
}

// Noise adds dimensions at small scales only.
func ExampleGride_Curve() {
	roll, err := datasets.Noise{Of: datasets.SwissRoll{Rows: 2000}, StdDev: 0.3}.Generate()
	if err != nil {
		fmt.Println(err)
		return
	}
	curve, err := intrinsic.Gride{}.Curve(context.Background(), roll.X)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(curve)
	// Output:
	// dimension against scale (Gride)
	//   scale       dimension
	//   0.7314      2.82 ± 0.063
	//   1.001       2.51 ± 0.04
	//   1.387       2.21 ± 0.025
	//   1.945       2.1 ± 0.017
	//   2.762       1.97 ± 0.011
	//   3.946       1.95 ± 0.0079
}

func ExampleBIDE_Estimate() {
	digits := datasets.Digits() // 64 pixels each
	d, err := intrinsic.BIDE{Neighbors: 50, Ratio: 0.8}.Estimate(context.Background(), digits.X)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.2f ± %.2f\n", d.Value, d.StdErr)
	// Output:
	// 6.08 ± 0.03
}

func ExampleABIDE_Estimate() {
	digits := datasets.Digits() // 64 pixels each
	d, err := intrinsic.ABIDE{}.Estimate(context.Background(), digits.X)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(d)
	// Output:
	// dimension (ABIDE)  6.043 ± 0.030
	//   scale       24.70
	//   rows        1797
	//   convention  binomial likelihood, k* of mean 34.7 and at most 99, ratio 0.7681,
	//               duplicates removed, standard error: Cramér-Rao, rows taken for
	//               independent
}

func ExampleCDF_Estimate() {
	digits := datasets.Digits() // 64 pixels each
	d, err := intrinsic.CDF{}.Estimate(context.Background(), digits.X)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.2f ± %.2f, %.1f at the first row\n", d.Value, d.StdErr, d.Local[0])
	// Output:
	// 7.11 ± 0.08, 6.5 at the first row
}
