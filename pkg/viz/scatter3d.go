package viz

import (
	"fmt"

	"gonum.org/v1/gonum/mat"
)

// Scatter3D draws the rows of y, which has three columns, as points in a box, with one scale for all its sides. What is far away is smaller
// and paler. The first view is the one in which the points spread most, unless [Chart.Viewed] says otherwise.
//
//	d, err := datasets.SwissRoll{}.Generate()
//	viz.Scatter3D(d.X, viz.Points{Values: d.Truth.Color, ValueName: "along the roll"})
//
// In the notebook dragging turns the box, which stays upright, as do the arrow keys; the wheel, + and − zoom, a double click resets, and a
// button lets it turn until it is pressed again. A point under the pointer shows its class, row, text and thumbnail. Panels of a [Grid] whose
// Limits are Shared lie in one box and turn together.
//
// A notebook that runs holds up to 1 000 000 points; above 150 000, rounded to a 1023rd of the box, and 12 000 of them with their row, text and
// thumbnail. Of more points, and of a notebook that is kept, it is a sample, chosen by a fixed rule, and the chart says so. The picture shows
// all. Points.Colors must be nil.
//
// What is wrong with the arguments is the chart's error, as that of [Scatter], for three columns. It costs O(n), about 0.2 s for a million
// points.
func Scatter3D(y mat.Matrix, p Points) *Chart {
	s, err := newSpace("scatter3d", y, p, 3, "3 columns: choose three with Slice, or embed into three dimensions")
	if err != nil {
		return &Chart{err: fmt.Errorf("viz.Scatter3D: %w", err)}
	}
	return &Chart{fig: s}
}
