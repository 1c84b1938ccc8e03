package cell_test

import (
	"fmt"

	"github.com/flatland-go/flatland/pkg/cell"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/quality"
)

// Three cells of a notebook: functions for what later cells need, a number, and the check that fails the cell when the number is another.
func Example() {
	iris := func() *datasets.Dataset { return datasets.Iris() }
	plane := func() *dr.Embedding { return cell.Embed(dr.PCA{Components: 2}, iris().X) }

	trust := cell.Compare(quality.Rank{Neighbors: 10}, iris().X, plane()).Trustworthiness(10).Value
	fmt.Printf("%.2f\n", trust)

	cell.CheckAbove("trustworthiness", trust, 0.95)
	// Output:
	// 0.98
	// ✓ trustworthiness 0.9830 ≥ 0.95
}
