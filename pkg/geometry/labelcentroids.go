package geometry

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// LabelCentroids returns the path that the rows of x (n × d) trace as their targets grow, as
// Enveloping and Homogeneity take it: the mean of the rows of each of so many bins of equal
// width between the least target and the largest, and the mean target of each. Bins without
// rows are left out. Time O(n·d).
//
// Errors: those of mat32.CheckRows and mat32.Check, *mat32.ShapeError unless there is a target
// for each row, *mat32.ParamError for fewer than 2 bins and for targets that are not finite,
// *mat32.DegenerateError where all targets are equal.
func LabelCentroids(x mat.Matrix, targets []float64, bins int) (path *mat.Dense, at []float64, err error) {
	const method = "geometry.LabelCentroids"
	if err := mat32.CheckRows(method, x); err != nil {
		return nil, nil, err
	}
	if err := mat32.Check(x); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", method, err)
	}
	n, d := x.Dims()
	if len(targets) != n {
		return nil, nil, fmt.Errorf("%s: %w", method, &mat32.ShapeError{What: "targets", Rows: len(targets), Cols: 1, Want: fmt.Sprintf("one for each of %d rows", n)})
	}
	if bins < 2 || bins > 1<<30 {
		return nil, nil, &mat32.ParamError{Method: method, Param: "bins", Value: bins, Want: "2 or more"}
	}
	least, most := math.Inf(1), math.Inf(-1)
	for _, t := range targets {
		if math.IsNaN(t) || math.IsInf(t, 0) {
			return nil, nil, &mat32.ParamError{Method: method, Param: "targets", Value: t, Want: "finite ones"}
		}
		least, most = min(least, t), max(most, t)
	}
	width := most/float64(bins) - least/float64(bins)
	if !(width > 0) {
		return nil, nil, &mat32.DegenerateError{Method: method, Reason: "all targets are equal: there is no path"}
	}
	of := make(map[int][]int)
	for i, t := range targets {
		b := min(int((t/2-least/2)/width*2), bins-1)
		of[b] = append(of[b], i)
	}
	path = mat.NewDense(len(of), d, nil)
	buf := make([]float64, d)
	k := 0
	for b := 0; k < len(of); b++ {
		rows, has := of[b]
		if !has {
			continue
		}
		share, mean := 1/float64(len(rows)), 0.
		for _, i := range rows {
			mean += share * targets[i]
			for j, v := range mat32.Row(buf, i, x) {
				path.Set(k, j, path.At(k, j)+share*v)
			}
		}
		at = append(at, mean)
		k++
	}
	return path, at, nil
}
