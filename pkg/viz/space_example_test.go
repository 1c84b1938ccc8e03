package viz_test

import (
	"fmt"
	"math"

	"github.com/flatland-go/flatland/pkg/viz"
	"gonum.org/v1/gonum/mat"
)

// The corners of a cube, in two classes.
func ExampleScatter3D() {
	y, labels := cube()
	viz.Scatter3D(y, viz.Points{Labels: labels, Names: []string{"below", "above"}}).Titled("A cube").Show()
	// Output:
	// A cube
	// Scatter in 3-D of 8 points in 2 classes: below (4), above (4)
	// n = 8
}

// Its edges join corners that differ in one coordinate.
func ExampleNetwork3D() {
	y, _ := cube()
	var edges [][2]int
	for i := range 8 {
		for _, j := range []int{i | 1, i | 2, i | 4} {
			if j != i {
				edges = append(edges, [2]int{i, j})
			}
		}
	}
	viz.Network3D(y, viz.Links{Edges: edges}).Show()
	// Output:
	// Network in 3-D of 12 edges; 8 points
	// n = 8 · 12 edges
}

// cube returns its corners, and whether each is below (0) or above (1).
func cube() (*mat.Dense, []int) {
	y, labels := mat.NewDense(8, 3, nil), make([]int, 8)
	for i := range 8 {
		y.SetRow(i, []float64{float64(i & 1), float64(i >> 1 & 1), float64(i >> 2)})
		labels[i] = i >> 2
	}
	return y, labels
}

// A damped oscillator, from two beginnings.
func ExampleTrajectories() {
	from := func(phase float64) *mat.Dense {
		y := mat.NewDense(100, 2, nil)
		for i := range 100 {
			t := float64(i) / 10
			y.SetRow(i, []float64{math.Exp(-t/5) * math.Cos(t+phase), -math.Exp(-t/5) * math.Sin(t+phase)})
		}
		return y
	}
	viz.Trajectories(viz.Courses{}, viz.Trajectory{Name: "pushed", At: from(0)}, viz.Trajectory{Name: "pulled", At: from(math.Pi)}).Show()
	// Output:
	// 2 trajectories in 2 dimensions: pushed (100), pulled (100)
	// 2 trajectories of 200 points
}

// The view is chosen for the points, unless one says it.
func ExampleChart_Viewed() {
	y, _ := cube()
	fmt.Println(viz.Scatter3D(y, viz.Points{}).Viewed(30, 60).Err(), viz.Scatter3D(y, viz.Points{}).Viewed(30, 120).Err())
	// Output:
	// <nil> viz: Viewed: viz.Chart: elevation is 120, want −90 to 90 degrees
}
