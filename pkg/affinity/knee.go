package affinity

import (
	"fmt"
	"math"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// Knee returns the index at which a curve bends: where one straight line fitted to what
// comes before and one fitted to what follows, both with the point itself, miss the
// curve least, by the sum of magnitudes. The first and the last point are none.
//
// PHATE takes the index itself, counted from 0, for the power at the knee of an
// EntropyCurve, whose first value is that of power 1.
//
// Errors: *mat32.ShapeError below 3 points, *mat32.ParamError for one that is not
// finite. Time O(n²).
//
// Source: K. Moon et al. (2019), Visualizing structure and transitions in
// high-dimensional biological data; phate.
func Knee(curve []float64) (int, error) {
	n := len(curve)
	if n < 3 {
		return 0, &mat32.ShapeError{What: "curve", Rows: n, Cols: 1, Want: "at least 3 points"}
	}
	for i, v := range curve {
		if v-v != 0 {
			return 0, &mat32.ParamError{Method: "affinity.Knee", Param: fmt.Sprintf("curve[%d]", i), Value: v, Want: "a finite number"}
		}
	}
	unit := 0.
	for _, v := range curve {
		unit = max(unit, math.Abs(v))
	}
	level := make([]float64, n) // whose squares are in range
	for i, v := range curve {
		if unit > 0 {
			level[i] = v / unit
		}
	}
	best, least := 0, math.Inf(1)
	for i := 1; i < n-1; i++ {
		if e := misfit(level[:i+1]) + misfit(level[i:]); e < least {
			best, least = i, e
		}
	}
	return best, nil
}

// misfit returns by how much the line of least squares misses the points.
func misfit(y []float64) (sum float64) {
	middle := float64(len(y)-1) / 2
	var mean, xy, xx float64
	for i, v := range y {
		mean += v / float64(len(y))
		x := float64(i) - middle
		xx += x * x
		xy += x * v
	}
	slope := xy / xx
	for i, v := range y {
		sum += math.Abs(mean + slope*(float64(i)-middle) - v)
	}
	return sum
}
