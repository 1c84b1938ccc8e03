package topology_test

import (
	"context"
	"fmt"

	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/topology"
)

// Two rings that are linked, by 120 points: each has its hole once its points join, and until the hole is filled.
func Example() {
	d, err := datasets.LinkedRings{Rows: 120, Seed: 1}.Generate()
	if err != nil {
		fmt.Println(err)
		return
	}
	p, err := topology.Rips{MaxDim: 1}.Compute(context.Background(), d.X)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, bar := range p.Diagrams[1].Longest(2) {
		fmt.Printf("a ring from %.2f to %.2f\n", bar.Birth, bar.Death)
	}
	// Output:
	// a ring from 0.44 to 1.43
	// a ring from 0.58 to 1.45
}
