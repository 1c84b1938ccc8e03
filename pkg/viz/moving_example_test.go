package viz_test

import (
	"context"
	"fmt"

	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/viz"
)

func ExampleAnimation() {
	d := datasets.Iris()
	ctx, rec := viz.Record(context.Background(), viz.Tape{Snapshots: 20})
	if _, err := (dr.TSNE{Iterations: 50}).Embed(ctx, d.X); err != nil {
		fmt.Println(err)
		return
	}
	c := viz.Animation(rec.Snapshots(), viz.Points{Labels: d.Labels, Names: d.Names}).Titled("How t-SNE lays out Iris")
	fmt.Println(c)
	// Output:
	// How t-SNE lays out Iris
	// Animation, from iteration 1 to iteration 300, of 150 points in 3 classes: setosa (50), versicolor (50), virginica (50)
	// n = 150 · 20 snapshots
}

func ExampleDisplacement() {
	d := datasets.Iris()
	standard, err := (dr.Chain{dr.Any(dr.Standardize{}), dr.Any(dr.PCA{Components: 2})}).Embed(context.Background(), d.X)
	if err != nil {
		fmt.Println(err)
		return
	}
	raw, err := (dr.PCA{Components: 2}).Embed(context.Background(), d.X)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(viz.Displacement(raw, standard, viz.Points{Labels: d.Labels, Names: d.Names}))
	// Output:
	// Displacement of 150 points in 3 classes: setosa (50), versicolor (50), virginica (50)
	// from PCA to standardize → PCA · n = 150 · Procrustes disparity 0.0918
}
