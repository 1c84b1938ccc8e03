package kinds

import (
	"context"
	"fmt"
	"math"

	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/viz"
	"gonum.org/v1/gonum/mat"
)

// growing is how t-SNE lays out Iris.
func growing() *viz.Chart {
	d := datasets.Iris()
	ctx, rec := viz.Record(context.Background(), viz.Tape{Snapshots: 60})
	must(dr.TSNE{Perplexity: 20, Iterations: 300}.Embed(ctx, d.X))
	return viz.Animation(rec.Snapshots(), viz.Points{Labels: d.Labels, Names: d.Names}).Titled("How t-SNE lays out Iris")
}

// swept is the four rings of which each turns by its own angle as a parameter grows.
func swept() *viz.Chart {
	y, p := Rings()
	var shots []viz.Snapshot
	for k := range 5 {
		z := mat.DenseCopyOf(y)
		for i := range rows {
			angle := float64(k) * float64(p.Labels[i]-1) / 3
			s, c := math.Sincos(angle)
			a, b := y.At(i, 0)-2, y.At(i, 1)-2
			z.SetRow(i, []float64{c*a - s*b, s*a + c*b})
		}
		shots = append(shots, viz.Snapshot{Y: z, Name: fmt.Sprintf("angle %.1f", float64(k)/3)})
	}
	return viz.Animation(must(viz.Aligned(shots)), p).Titled("Four rings, turned")
}

// moved is where the rows of Iris are on two maps.
func moved() *viz.Chart {
	d := datasets.Iris()
	ctx := context.Background()
	pca := must(dr.PCA{Components: 2}.Embed(ctx, d.X))
	tsne := must(dr.TSNE{Perplexity: 20, Iterations: 300}.Embed(ctx, d.X))
	return viz.Displacement(pca, tsne, viz.Points{Labels: d.Labels, Names: d.Names}).Titled("Iris, from PCA to t-SNE")
}

// movedFar is the same without classes.
func movedFar() *viz.Chart {
	y, _ := Rings()
	z := mat.DenseCopyOf(y)
	for i := range rows {
		z.Set(i, 0, y.At(i, 0)+0.8*math.Sin(y.At(i, 1)))
	}
	return viz.Displacement(y, z, viz.Points{})
}
