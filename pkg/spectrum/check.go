package spectrum

import (
	"fmt"
	"math"
	"slices"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// relative returns a sorted copy of the values, largest first, over the largest,
// so that no sum of them leaves the range of float64; unit is the largest.
func relative(method string, values []float64) (v []float64, unit float64, err error) {
	if len(values) == 0 {
		return nil, 0, fmt.Errorf("%s: %w", method, mat32.ErrEmpty)
	}
	for i, x := range values {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return nil, 0, fmt.Errorf("%s: %w", method, &mat32.NotFiniteError{Row: i, Value: x})
		}
		unit = max(unit, x)
	}
	// Eigenvalues of zero come out as rounding of the largest.
	rounding := unit * 1e-9
	v = slices.Clone(values)
	for i, x := range v {
		if x < -rounding {
			return nil, 0, &mat32.ParamError{Method: method, Param: "values", Value: x, Want: "eigenvalues of 0 or more"}
		}
		if unit > 0 {
			v[i] = max(x, 0) / unit
		}
	}
	if unit == 0 {
		return nil, 0, &mat32.DegenerateError{Method: method, Reason: "all eigenvalues are zero: nothing varies"}
	}
	slices.SortFunc(v, func(a, b float64) int {
		switch {
		case a > b:
			return -1
		case a < b:
			return 1
		}
		return 0
	})
	return v, unit, nil
}

// leading counts the values, largest first, up to the first that is no larger
// than its limit.
func leading(v []float64, limit func(i int) float64) int {
	for i, x := range v {
		if !(x > limit(i)) {
			return i
		}
	}
	return len(v)
}

func sum(v []float64) (s float64) {
	for _, x := range v {
		s += x
	}
	return s
}

// within refuses an option outside [low, high], or NaN.
func within(method, param string, value, low, high float64, want string) error {
	if !(value >= low && value <= high) {
		return &mat32.ParamError{Method: method, Param: param, Value: value, Want: want}
	}
	return nil
}

// counted refuses a number of rows or columns below least.
func counted(method, param string, value, least int) error {
	if value < least {
		return &mat32.ParamError{Method: method, Param: param, Value: value, Want: fmt.Sprintf("%d or more", least)}
	}
	return nil
}
