package intrinsic_test

import (
	"context"
	"fmt"

	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/intrinsic"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

func ExampleTwoNN_Estimate() {
	digits := datasets.Digits() // 64 pixels each
	d, err := intrinsic.TwoNN{}.Estimate(context.Background(), digits.X)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(d)
	// Output:
	// dimension (TwoNN)  8.91 ± 0.27
	//   scale       17.35
	//   rows        1797
	//   convention  least squares through the origin, 1617 lowest of 1797 ratios,
	//               duplicates removed, standard error: delta method, mutual neighbours
	//               counted once
	//   note        neighbours 1 and 2 of 18 of the 1797 distinct rows are equally far, as
	//               in rounded data, which makes the dimension too high
}

func ExampleMLE_Estimate() {
	roll, err := datasets.SwissRoll{}.Generate()
	if err != nil {
		fmt.Println(err)
		return
	}
	d, err := intrinsic.MLE{}.Estimate(context.Background(), roll.X)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(d)
	// Output:
	// dimension (MLE)  1.934 ± 0.020
	//   scale       2.425
	//   rows        1000
	//   convention  harmonic mean (MacKay and Ghahramani), k = 20, factor k−1, duplicates
	//               removed, standard error: spread over rows, mutual neighbours counted
	//               once
}

// A graph is built once and shared.
func ExampleMLE_graph() {
	ctx := context.Background()
	x := datasets.Iris().X
	graph, err := neighbors.Exact{Neighbors: 30}.Graph(ctx, x)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, k := range []int{5, 10, 20} {
		d, err := intrinsic.MLE{Neighbors: k, Graph: graph}.Estimate(ctx, x)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("k = %d: %.2f at a distance of %.2f, %d removed\n", k, d.Value, d.Scale, d.Removed)
	}
	// Output:
	// k = 5: 3.48 at a distance of 0.36, 1 removed
	// k = 10: 3.18 at a distance of 0.44, 1 removed
	// k = 20: 2.69 at a distance of 0.55, 1 removed
}

func ExampleMOM_Estimate() {
	roll, err := datasets.SwissRoll{}.Generate()
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, k := range []int{20, 100} {
		d, err := intrinsic.MOM{Neighbors: k, Inner: true}.Estimate(context.Background(), roll.X)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("k = %d: %.2f at a distance of %.1f\n", k, d.Value, d.Scale)
	}
	// Output:
	// k = 20: 2.01 at a distance of 2.4
	// k = 100: 2.31 at a distance of 5.3
}

func ExampleMADA_Estimate() {
	digits := datasets.Digits() // 64 pixels each
	d, err := intrinsic.MADA{}.Estimate(context.Background(), digits.X)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(d)
	// Output:
	// dimension (MADA)  7.51 ± 0.13
	//   scale       22.73
	//   rows        1797
	//   convention  arithmetic mean, k = 20 against 10, duplicates removed, standard
	//               error: spread over rows, mutual neighbours counted once
}
