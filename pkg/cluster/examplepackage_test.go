package cluster_test

import (
	"context"
	"fmt"

	"github.com/flatland-go/flatland/pkg/cluster"
	"github.com/flatland-go/flatland/pkg/datasets"
)

// Three species of iris: one apart, two that touch.
func Example() {
	x := datasets.Iris().X
	ctx := context.Background()
	centered, err := cluster.KMeans{Clusters: 3}.Fit(ctx, x)
	if err != nil {
		fmt.Println(err)
		return
	}
	joined, err := cluster.Agglomerative{Clusters: 3}.Fit(ctx, x)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(centered)
	fmt.Println(joined)
	// Output:
	// k-means of 150 rows: 3 clusters of [50 62 38], inertia 78.8514 after 3 iterations
	// Ward linkage of 150 rows: 3 clusters of [50 64 36], merges from 0 to 32.45
}
