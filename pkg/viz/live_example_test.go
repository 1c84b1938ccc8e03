package viz_test

import (
	"fmt"

	"github.com/flatland-go/flatland/pkg/cell"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/viz"
)

// Where nobody can mark rows, as here, the cell goes on with those it names itself.
func ExampleSelect() {
	d := datasets.Iris()
	rows := viz.Select(cell.Context(), viz.Scatter(petals(d), viz.Points{Labels: d.Labels, Names: d.Names}), []int{0, 60, 120})
	for _, i := range rows {
		fmt.Println(i, d.Names[d.Labels[i]])
	}
	// Output:
	// Scatter of 150 points in 3 classes: setosa (50), versicolor (50), virginica (50)
	// n = 150
	// 0 setosa
	// 60 versicolor
	// 120 virginica
}

// In a notebook the map is drawn while t-SNE makes it, and is the same map as without. A cell that keeps its results says it in one call:
//
//	emb := cell.Embed(dr.TSNE{}, d.X, viz.Live(viz.Points{Labels: d.Labels}))
func ExampleLive() {
	d := datasets.Iris()
	ctx, done := viz.Live(viz.Points{Labels: d.Labels}).Watch(cell.Context())
	defer done()
	emb, err := dr.TSNE{Iterations: 50, Seed: 1}.Embed(ctx, d.X)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(emb.Dims())
	// Output: 150 2
}
