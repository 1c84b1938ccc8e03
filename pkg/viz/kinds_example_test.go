package viz_test

import (
	"fmt"
	"math"

	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/measure"
	"github.com/flatland-go/flatland/pkg/viz"
	"gonum.org/v1/gonum/mat"
)

// Lines with a band, on a logarithmic axis, with the truth as a rule.
func ExampleLines() {
	k := []float64{5, 10, 20, 40}
	viz.Lines(
		viz.Series{Name: "TwoNN", X: k, Y: []float64{2.1, 2.05, 2, 1.95}, Low: []float64{1.9, 1.9, 1.9, 1.85}, High: []float64{2.3, 2.2, 2.1, 2.05}},
		viz.Series{Name: "MLE", X: k, Y: []float64{2.4, 2.2, 2.1, 2}, Dashed: true},
	).
		Axes(viz.Axis{Name: "neighbours", Log: true}, viz.Axis{Name: "dimension"}).
		Rules(viz.Rule{Name: "truth", At: 2}).
		Titled("How many dimensions?").
		Show()
	// Output:
	// How many dimensions?
	// Lines of 2 series: TwoNN (4 points, 1.95 to 2.1), MLE (4 points, 2 to 2.4)
}

func ExampleBars() {
	viz.Bars(viz.Groups{Names: []string{"PCA", "UMAP"}, Horizontal: true},
		viz.Series{Name: "trustworthiness", Y: []float64{0.83, 0.96}, Low: []float64{0.81, 0.95}, High: []float64{0.85, 0.97}},
	).Show()
	// Output:
	// Bars of 1 series: trustworthiness (2 bars, 0.83 to 0.96)
}

// A matrix whose numbers lie on both sides of zero gets a diverging palette.
func ExampleHeatmap() {
	names := []string{"length", "width", "hue"}
	correlation := mat.NewDense(3, 3, []float64{1, 0.4, -0.2, 0.4, 1, -0.7, -0.2, -0.7, 1})
	viz.Heatmap(correlation, viz.Cells{Rows: names, Columns: names, Name: "correlation"}).Show()
	// Output:
	// Heatmap of 3 × 3 cells by correlation, -0.7 to 1
}

// Panels get the titles of their charts, and one legend.
func ExampleGrid() {
	d := datasets.Iris()
	n, _ := d.X.Dims()
	p := viz.Points{Labels: d.Labels, Names: d.Names}
	viz.Grid(viz.Panels{},
		viz.Scatter(d.X.Slice(0, n, 0, 2), p).Titled("sepals"),
		viz.Scatter(d.X.Slice(0, n, 2, 4), p).Titled("petals"),
	).Titled("Irises").Show()
	// Output:
	// Irises
	// Grid of 2 charts
	//   sepals: Scatter of 150 points in 3 classes: setosa (50), versicolor (50), virginica (50)
	//   petals: Scatter of 150 points in 3 classes: setosa (50), versicolor (50), virginica (50)
	// n = 150
}

func ExampleImages() {
	d := datasets.Digits()
	viz.Images(d, []int{0, 1, 2}, viz.Frames{Captions: []string{"zero", "one", "two"}, Of: "handwritten digits"}).Show()
	// Output:
	// Images of 3 rows 0, 1, 2
	// handwritten digits
}

// A themed chart keeps its paper wherever it is shown; without a theme it follows the page.
func ExampleChart_Themed() {
	chart := viz.Lines(viz.Series{Y: []float64{1, 4, 9}})
	fmt.Println(chart.Themed(viz.Dark).Err(), chart.Themed(-1).Err())
	// Output:
	// <nil> viz.Chart: Theme is -1, want viz.Page, viz.Light or viz.Dark
}

// What a profile of the estimators says: a curve, and two that look at one scale.
func ExampleDimensions() {
	viz.Dimensions(
		measure.Dimension{Method: "Gride", Value: 2.9, StdErr: 0.1, Scale: 0.5}, measure.Dimension{Method: "Gride", Value: 2.1, StdErr: 0.05, Scale: 1},
		measure.Dimension{Method: "Gride", Value: 2, StdErr: 0.02, Scale: 2},
		measure.Dimension{Method: "TwoNN", Value: 2.92, StdErr: 0.12, Scale: 0.5}, measure.Dimension{Method: "MLE", Value: 2.15, StdErr: 0.03, Scale: 1.2},
	).Show()
	// Output:
	// Lines of 3 series: Gride (3 points, 2 to 2.9), TwoNN (1 points, 2.92 to 2.92), MLE (1 points, 2.15 to 2.15)
}

// A class of pieces never dies, and one ring outlives the others.
func ExampleBarcode() {
	viz.Barcode(homology{}).Titled("A ring of four points").Show()
	// Output:
	// A ring of four points
	// Barcode of 5 bars: H₀ (4, 1 essential), H₁ (1)
}

func ExamplePersistenceDiagram() {
	viz.PersistenceDiagram(homology{}).Show()
	// Output:
	// Persistence diagram of 5 points: H₀ (4, 1 essential), H₁ (1)
}

// homology is that of the corners of a square, as topology.Rips gives it.
type homology struct{}

func (homology) Intervals() (dimension []int, birth, death []float64) {
	return []int{0, 0, 0, 0, 1}, []float64{0, 0, 0, 0, 1}, []float64{1, 1, 1, math.Inf(1), math.Sqrt2}
}

// A path through the Poincaré disk, whose edges bend away from the rim.
func ExampleNetwork() {
	y := mat.NewDense(3, 2, []float64{0.8, 0, 0, 0.8, -0.8, 0})
	viz.Network(y, viz.Links{Edges: [][2]int{{0, 1}, {1, 2}}, Values: []float64{-0.5, 0.25}, ValueName: "curvature", Disk: true}).Show()
	// Output:
	// Network of 2 edges by curvature, -0.5 to 0.25; 3 points
	// n = 3 · 2 edges
}
