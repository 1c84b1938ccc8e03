package viz_test

import (
	"math"

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

// tents are two levels of a landscape.
type tents struct{}

func (tents) Turns() (level []int, scale, value []float64) {
	return []int{0, 0, 0, 1, 1, 1}, []float64{0, 1, 2, 1, 1.5, 2}, []float64{0, 1, 0, 0, 0.5, 0}
}

func ExampleLandscape() {
	viz.Landscape(tents{}).Show()
	// Output:
	// Lines of 2 series: λ₁ (3 points, 0 to 1), λ₂ (3 points, 0 to 0.5)
}

func ExampleBetti() {
	viz.Betti(homology{}).Show()
	// Output:
	// Lines of 2 series: H₀ (6 points, 0 to 4), H₁ (6 points, 0 to 1)
}

// A point of the hyperboloid at distance 1 from the middle, and the middle.
func ExamplePoincare() {
	y := mat.NewDense(2, 3, []float64{1, 0, 0, math.Cosh(1), math.Sinh(1), 0})
	viz.Poincare(y, viz.Links{Edges: [][2]int{{0, 1}}}).Show()
	// Output:
	// Network of 1 edges; 2 points
	// n = 2 · 1 edges
}

// Two pairs of things that are like each other.
func ExampleOrdered() {
	d := mat.NewDense(4, 4, []float64{0, 9, 1, 9, 9, 0, 9, 2, 1, 9, 0, 9, 9, 2, 9, 0})
	viz.Ordered(d, viz.Cells{Name: "distance"}).Show()
	// Output:
	// Ordered heatmap of 4 × 4 cells by distance, 0 to 9
	// ordered by average linkage of the numbers as distances and optimal leaves
}

// A pendulum with friction.
func ExamplePhasePortrait() {
	pendulum := func(angle, speed float64) (dx, dy float64) { return speed, -math.Sin(angle) - speed/4 }
	viz.PhasePortrait(pendulum, viz.Flow{Fixed: [][2]float64{{0, 0}, {math.Pi, 0}}}).
		Axes(viz.Axis{Name: "angle", Min: -4, Max: 4}, viz.Axis{Name: "angular speed", Min: -3, Max: 3}).Show()
	// Output:
	// Phase portrait of speeds 0.0784 to 2.99; stable focus at (0, 0), saddle at (3.14, 0)
}
