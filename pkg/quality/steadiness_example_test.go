package quality_test

import (
	"context"
	"fmt"

	"github.com/flatland-go/flatland/pkg/quality"
)

// How well the clusters of irises are those of the plane of their petals, and these those
// of irises.
func ExampleSteadinessCohesiveness() {
	irises, shown, _ := petals()
	r, err := quality.SteadinessCohesiveness{Seed: 1}.Compare(context.Background(), irises, shown)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("steadiness %.2f ± %.2f, cohesiveness %.2f ± %.2f\n",
		r.Steadiness.Value, r.Steadiness.StdErr, r.Cohesiveness.Value, r.Cohesiveness.StdErr)
	// Output:
	// steadiness 0.71 ± 0.01, cohesiveness 0.70 ± 0.01
}
