package sketch_test

import (
	"context"
	"fmt"

	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/sketch"
)

// 1797 digits of 64 pixels in 32 numbers each, drawn before any digit was seen, and what that does to squared distances.
func Example() {
	ctx := context.Background()
	x := datasets.Digits().X
	y, err := sketch.Gaussian{Dim: 32, Seed: 1}.Apply(ctx, x)
	if err != nil {
		fmt.Println(err)
		return
	}
	p, err := sketch.Distortion{}.Compare(ctx, x, y)
	if err != nil {
		fmt.Println(err)
		return
	}
	n, d := y.Dims()
	fmt.Printf("%d × %d, after over before %.2f on average, within a half of 1 for %.0f %%\n", n, d, p.Mean, 100*p.Within(0.5))
	// Output:
	// 1797 × 32, after over before 1.09 on average, within a half of 1 for 94 %
}
