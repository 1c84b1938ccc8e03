package intrinsic_test

import (
	"context"
	"fmt"

	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/intrinsic"
)

// A sphere of nine dimensions in ten columns, by an estimator that looks near and one that looks a little further.
func Example() {
	ctx := context.Background()
	d, err := datasets.Sphere{Rows: 1500, Dim: 9, Seed: 1}.Generate()
	if err != nil {
		fmt.Println(err)
		return
	}
	near, err := intrinsic.TwoNN{}.Estimate(ctx, d.X)
	if err != nil {
		fmt.Println(err)
		return
	}
	far, err := intrinsic.MLE{}.Estimate(ctx, d.X)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("TwoNN %.1f ± %.1f at a distance of %.2f\n", near.Value, near.StdErr, near.Scale)
	fmt.Printf("MLE   %.1f ± %.1f at a distance of %.2f\n", far.Value, far.StdErr, far.Scale)
	// Output:
	// TwoNN 8.8 ± 0.3 at a distance of 0.58
	// MLE   8.3 ± 0.1 at a distance of 0.74
}
