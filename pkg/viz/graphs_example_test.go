package viz_test

import (
	"github.com/flatland-go/flatland/pkg/viz"
	"gonum.org/v1/gonum/mat"
)

// square joins each corner with the next.
type square struct{}

func (square) Dims() (rows, columns int) { return 4, 4 }

func (square) Row(i int) (columns []int32, values []float64) {
	return []int32{int32((i + 1) % 4)}, []float64{1}
}

// What neighbours a map was made of.
func ExampleConnectivity() {
	y := mat.NewDense(4, 2, []float64{0, 0, 1, 0, 1, 1, 0, 1})
	viz.Connectivity(y, square{}, viz.Points{Labels: []int{0, 0, 1, 1}}).Show()
	// Output:
	// Connectivity of 4 points in 2 classes: 0 (2), 1 (2) by 4 edges
	// n = 4 · 4 edges, bundled
}

// pairs are two pairs that come together last.
type pairs struct{}

func (pairs) Linkage() (rows int, a, b []int, height []float64) {
	return 4, []int{0, 2, 4}, []int{1, 3, 5}, []float64{1, 2, 8}
}

func ExampleDendrogram() {
	viz.Dendrogram(pairs{}, viz.Branches{Names: []string{"cat", "dog", "oak", "elm"}}).Show()
	// Output:
	// Dendrogram of 4 rows, merges from 1 to 8; 2 clusters below 5.6
	// n = 4
}
