package cell_test

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/flatland-go/flatland/pkg/cell"
	"github.com/flatland-go/flatland/pkg/watch"
	"gonum.org/v1/gonum/mat"
)

// Range measures the largest value of a matrix less the smallest: a method as small as can be.
type Range struct{}

func (Range) Estimate(ctx context.Context, x mat.Matrix) (float64, error) {
	n, d := x.Dims()
	stage := watch.Start(ctx, "rows", n)
	low, high := math.Inf(1), math.Inf(-1)
	for i := range n {
		if err := ctx.Err(); err != nil {
			return 0, fmt.Errorf("range: %w", err)
		}
		for j := range d {
			low, high = min(low, x.At(i, j)), max(high, x.At(i, j))
		}
		stage.Add(1)
	}
	return high - low, nil
}

func ExampleEstimate() {
	x := mat.NewDense(2, 2, []float64{1, 2, 3, 9})
	fmt.Println(cell.Estimate(Range{}, x))
	// Output: 8
}

func ExampleKeep() {
	lengths := []int{3, 1, 2}
	longest := func() int {
		return cell.Keep(cell.On(lengths), func(ctx context.Context) (int, error) {
			return slices.Max(lengths), ctx.Err()
		})
	}
	fmt.Println(longest())
	// Output: 3
}

func ExampleTable() {
	cell.Table{
		Header: []string{"method", "trustworthiness"},
		Rows:   [][]any{{"PCA", 0.8312}, {"t-SNE", 0.99312}},
	}.Show()
	// Output:
	// method  trustworthiness
	// PCA              0.8312
	// t-SNE            0.9931
}

func ExampleCheckAbove() {
	cell.CheckAbove("trustworthiness", 0.99312, 0.99)
	// Output: ✓ trustworthiness 0.9931 ≥ 0.99
}

// A check and the claim that rests on it.
func ExampleClaim() {
	x := mat.NewDense(2, 2, []float64{1, 2, 3, 9})
	found := cell.Estimate(Range{}, x)
	cell.CheckNear("range", found, 8, 0)
	cell.Claim{System: "A99", Paper: "Somebody 2026, Ranges of Matrices", Of: Range{}, Theirs: "8"}.Found("%.0f", found)
	// Output:
	// ✓ range 8 within 8 ± 0
	// A99  Somebody 2026, Ranges of Matrices
	// cell_test.Range: 8
	// the paper: 8
}
