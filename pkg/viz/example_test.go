package viz_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/viz"
	"gonum.org/v1/gonum/mat"
)

// petals returns the length and width of the petals of 150 irises.
func petals(d *datasets.Dataset) mat.Matrix {
	n, _ := d.X.Dims()
	return d.X.Slice(0, n, 2, 4)
}

// In a notebook Show displays the chart; elsewhere it says what it would display.
func ExampleScatter() {
	d := datasets.Iris()
	viz.Scatter(petals(d), viz.Points{Labels: d.Labels, Names: d.Names}).Titled("Petals").Show()
	// Output:
	// Petals
	// Scatter of 150 points in 3 classes: setosa (50), versicolor (50), virginica (50)
	// n = 150
}

// Values colour the points on a scale.
func ExampleScatter_values() {
	d := datasets.Iris()
	n, _ := d.X.Dims()
	sepals := mat.Col(nil, 0, d.X)
	fmt.Println(viz.Scatter(petals(d), viz.Points{Values: sepals, ValueName: "sepal length"}), n == len(sepals))
	// Output:
	// Scatter of 150 points by sepal length, 4.3 to 7.9
	// n = 150 true
}

// The reader may choose what the points are coloured by, and sees each row's numbers as a line when a point is hovered over.
func ExampleSparklines() {
	d := datasets.Iris()
	sepals := mat.Col(nil, 0, d.X)
	fmt.Println(viz.Scatter(petals(d), viz.Points{
		Labels: d.Labels, Names: d.Names, Images: viz.Sparklines(d.X),
		Colors: []viz.Coloring{{Name: "sepal length", Values: sepals}},
	}))
	// Output:
	// Scatter of 150 points in 3 classes: setosa (50), versicolor (50), virginica (50)
	// n = 150
}

// What is wrong with the arguments is the chart's error.
func ExampleChart_Err() {
	d := datasets.Iris()
	fmt.Println(viz.Scatter(d.X, viz.Points{}).Err())
	fmt.Println(viz.Scatter(petals(d), viz.Points{Labels: d.Labels, Names: d.Names[:2]}).Err())
	// Output:
	// viz.Scatter: y has shape 150 × 4, want 2 columns: a map of the plane; choose two with Slice, or embed into two dimensions
	// viz.Scatter: Points: Labels[100] is 2, want −1 (unknown) to 1: there are 2 Names
}

func ExampleChart_Save() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	chart := viz.Scatter(petals(datasets.Iris()), viz.Points{})
	fmt.Println(chart.Save(filepath.Join(dir, "petals.png")))
	fmt.Println(chart.Save("petals.gif"))
	// Output:
	// <nil>
	// viz: cannot save petals.gif: its name must end in .html, .pdf, .png, .svg
}
