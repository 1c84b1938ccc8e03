package dynamics

import (
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// unit is what values are measured in, so that squares of them neither overflow nor vanish:
// standard deviations from the first of them. Values are brought near 1 by a power of two before
// anything else is done to them, since the square of the largest number there is, and that of
// the smallest, are none.
type unit struct {
	exponent int     // of that power
	first    float64 // after it
	size     float64 // after it; 0 where all values are one
}

// unitOf returns the unit of a series.
func unitOf(values []float64) unit {
	u := unit{exponent: exponentOf(values)}
	u.first = math.Ldexp(values[0], -u.exponent)
	u.size = u.deviation(values, u.first)
	return u
}

// exponentOf returns the power of two below which all values are.
func exponentOf(values []float64) int {
	largest := 0.0
	for _, v := range values {
		largest = math.Max(largest, math.Abs(v))
	}
	_, exponent := math.Frexp(largest)
	return exponent
}

// deviation returns the standard deviation of values, by differences from the first: it is 0
// where all are equal, and nowhere else.
func (u unit) deviation(values []float64, first float64) float64 {
	mean := 0.0
	for _, v := range values {
		mean += math.Ldexp(v, -u.exponent) - first
	}
	mean /= float64(len(values))
	squares, scale := 0.0, 0.0
	for _, v := range values {
		scale = math.Max(scale, math.Abs(math.Ldexp(v, -u.exponent)-first-mean))
	}
	if scale == 0 {
		return 0
	}
	for _, v := range values {
		r := (math.Ldexp(v, -u.exponent) - first - mean) / scale
		squares += r * r
	}
	return scale * math.Sqrt(squares/float64(len(values)))
}

// of returns a value in the unit.
func (u unit) of(v float64) float64 { return (math.Ldexp(v, -u.exponent) - u.first) / u.size }

// all returns values in the unit.
func (u unit) all(values []float64) []float64 {
	out := make([]float64, len(values))
	for i, v := range values {
		out[i] = u.of(v)
	}
	return out
}

// back returns the value that is z in the unit.
func (u unit) back(z float64) float64 { return math.Ldexp(z*u.size+u.first, u.exponent) }

// length returns the difference of values that is z in the unit, and log its logarithm.
func (u unit) length(z float64) float64 { return math.Ldexp(z*u.size, u.exponent) }

func (u unit) log() float64 { return math.Log(u.size) + float64(u.exponent)*math.Ln2 }

// orbitUnit returns the unit of the columns of an orbit, which is the largest standard deviation
// of one, and the points in it, row after row, each column from its first value. The size is 0
// where all states are one. Varies is a column that varies, nil for none. The error is that
// of ctx, which is asked at every column.
func orbitUnit(ctx context.Context, x mat.Matrix) (u unit, points, varies []float64, err error) {
	n, d := x.Dims()
	columns := make([][]float64, d)
	u.exponent = math.MinInt
	for j := range columns {
		if err := ctx.Err(); err != nil {
			return unit{}, nil, nil, err
		}
		c := mat.Col(nil, j, x)
		if columns[j] = c; slices.ContainsFunc(c, func(v float64) bool { return v != 0 }) {
			u.exponent = max(u.exponent, exponentOf(c))
		}
	}
	if u.exponent == math.MinInt {
		return unit{}, nil, nil, nil
	}
	for _, c := range columns {
		if err := ctx.Err(); err != nil {
			return unit{}, nil, nil, err
		}
		s := u.deviation(c, math.Ldexp(c[0], -u.exponent))
		if s > 0 && varies == nil {
			varies = c
		}
		u.size = math.Max(u.size, s)
	}
	points = make([]float64, n*d)
	for j, c := range columns {
		if err := ctx.Err(); err != nil {
			return unit{}, nil, nil, err
		}
		u.first = math.Ldexp(c[0], -u.exponent)
		for i, v := range c {
			points[i*d+j] = u.of(v)
		}
	}
	return u, points, varies, nil
}
