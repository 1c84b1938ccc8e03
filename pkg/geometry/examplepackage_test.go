package geometry_test

import (
	"context"
	"fmt"

	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/geometry"
)

// Are these digits all alike in direction? Their cosines say yes; without their mean, which all share, they say no.
func Example() {
	ctx := context.Background()
	x := datasets.Digits().X
	raw, err := geometry.MeanCosine(ctx, x)
	if err != nil {
		fmt.Println(err)
		return
	}
	n, d := x.Dims()
	for j := range d {
		mean := 0.0
		for i := range n {
			mean += x.At(i, j) / float64(n)
		}
		for i := range n {
			x.Set(i, j, x.At(i, j)-mean)
		}
	}
	centered, err := geometry.MeanCosine(ctx, x)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.4f before, %.4f after\n", raw.Value, centered.Value)
	// Output:
	// 0.6883 before, -0.0002 after
}
