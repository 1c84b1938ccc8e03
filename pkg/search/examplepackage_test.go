package search_test

import (
	"context"
	"fmt"

	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/search"
)

// How much of an exhaustive search does one by a quarter of the columns take, and what does it
// find?
func Example() {
	ctx := context.Background()
	digits := datasets.Digits().X
	queries := digits.Slice(0, 100, 0, 64)
	truth, err := search.Exhaustive(ctx, digits, queries, 10)
	if err != nil {
		fmt.Println(err)
		return
	}
	index, err := search.TwoStage{Dim: 16, Bits: 8}.Index(ctx, digits)
	if err != nil {
		fmt.Println(err)
		return
	}
	found, err := index.Search(ctx, queries, 10)
	if err != nil {
		fmt.Println(err)
		return
	}
	recall, err := search.Recall(truth, found)
	if err != nil {
		fmt.Println(err)
		return
	}
	multiplyAdds, bytes := found.Cost.Of(truth.Cost)
	fmt.Printf("recall %.3f for %.2f of the multiply-adds and %.2f of the bytes\n", recall.Value, multiplyAdds, bytes)
	// Output:
	// recall 1.000 for 0.31 of the multiply-adds and 0.16 of the bytes
}
