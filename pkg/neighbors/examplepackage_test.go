package neighbors_test

import (
	"context"
	"fmt"

	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// The nearest other iris of every iris, and whether it is of the same species.
func Example() {
	d := datasets.Iris()
	g, err := neighbors.Auto{Neighbors: 1}.Graph(context.Background(), d.X)
	if err != nil {
		fmt.Println(err)
		return
	}
	same := 0
	for i := range g.N {
		if nearest, _ := g.Row(i); d.Labels[nearest[0]] == d.Labels[i] {
			same++
		}
	}
	nearest, distances := g.Row(0)
	fmt.Printf("row %d is nearest to row 0, %.2f away\n", nearest[0], distances[0])
	fmt.Printf("%d of %d rows have their like beside them\n", same, g.N)
	// Output:
	// row 17 is nearest to row 0, 0.10 away
	// 144 of 150 rows have their like beside them
}
