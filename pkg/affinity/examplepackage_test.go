package affinity_test

import (
	"context"
	"fmt"

	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/datasets"
)

// From distances to weights, and from weights to a walk: where a walker who starts at the first iris is likely to be after a step.
func Example() {
	ctx := context.Background()
	d := datasets.Iris()
	weights, err := affinity.AdaptiveGaussian{Neighbors: 10}.Weigh(ctx, d.X)
	if err != nil {
		fmt.Println(err)
		return
	}
	walk, err := affinity.Diffusion{}.Of(ctx, weights)
	if err != nil {
		fmt.Println(err)
		return
	}
	share := make([]float64, len(d.Names))
	rows, probabilities := walk.Row(0)
	for i, row := range rows {
		share[d.Labels[row]] += probabilities[i]
	}
	for i, name := range d.Names {
		fmt.Printf("%-10s %.2f\n", name, share[i])
	}
	// Output:
	// setosa     1.00
	// versicolor 0.00
	// virginica  0.00
}
