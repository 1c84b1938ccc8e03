// A notebook cell as GoNB compiles it, with all that a cell of the course uses:
// links_test.go looks at what it links.
package main

import (
	"fmt"

	"github.com/flatland-go/flatland/pkg/cell"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/intrinsic"
	"github.com/flatland-go/flatland/pkg/quality"
	"github.com/flatland-go/flatland/pkg/viz"
)

func iris() *datasets.Dataset { return datasets.Iris() }

func model() *dr.ChainModel {
	return cell.Fit(dr.Chain{dr.Any(dr.Standardize{}), dr.Any(dr.PCA{Components: 2}), dr.Any(dr.TSNE{Seed: 1})}, iris().X)
}

func main() {
	m := model()
	ranks := cell.Compare(quality.Rank{}, iris().X, m.Embedding())
	fmt.Println(ranks.Trustworthiness(15))
	fmt.Println(cell.Estimate(intrinsic.TwoNN{}, iris().X))
	viz.Scatter(m.Embedding(), viz.Points{Labels: iris().Labels, Names: iris().Names}).Show()
}
