package quality_test

import (
	"context"
	"fmt"

	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/quality"
)

// What two components keep of the neighbours of digits, and what ten keep: all scores are read from one pass over the pairs of rows.
func Example() {
	ctx := context.Background()
	x := datasets.Digits().X
	for _, components := range []int{2, 10} {
		emb, err := dr.PCA{Components: components}.Embed(ctx, x)
		if err != nil {
			fmt.Println(err)
			return
		}
		r, err := quality.Rank{}.Compare(ctx, x, emb)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%2d components: trustworthiness %.3f, continuity %.3f\n", components, r.Trustworthiness(15).Value, r.Continuity(15).Value)
	}
	// Output:
	// 2 components: trustworthiness 0.829, continuity 0.946
	// 10 components: trustworthiness 0.996, continuity 0.998
}
