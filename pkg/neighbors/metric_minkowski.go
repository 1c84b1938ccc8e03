package neighbors

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// Minkowski is the distance (Σ w·|a−b|^P)^(1/P): Manhattan at P = 1, Euclidean at 2,
// Chebyshev at +Inf, where weights only choose columns. Without weights, 1, 2 and
// +Inf are as fast as these, and halves of whole numbers up to 8 not much slower than
// Chebyshev; any other P, and weights, take a power of every difference.
//
// Errors: *mat32.ParamError for P below 1 and for weights that are not one a
// column, finite and 0 or more.
type Minkowski struct {
	// P is the power, 1 or more: the larger, the more the largest difference
	// counts. Default 2.
	P float64

	// Weights are those of the columns. Default 1 each.
	Weights []float64
}

// String returns the name with P, and a fingerprint of the weights where there are any.
func (m Minkowski) String() string {
	if len(m.Weights) > 0 {
		return fmt.Sprintf("minkowski(p=%g, weights %.8s)", m.power(), mat32.Fingerprint(mat.NewDense(1, len(m.Weights), m.Weights)))
	}
	return fmt.Sprintf("minkowski(p=%g)", m.power())
}

func (m Minkowski) power() float64 {
	if m.P == 0 {
		return 2
	}
	return m.P
}

// plain returns the metric of another name that it is without weights, or nil.
func (m Minkowski) plain() Metric {
	if m.Weights != nil {
		return nil
	}
	switch m.power() {
	case 1:
		return Manhattan{}
	case 2:
		return Euclidean{}
	case math.Inf(1):
		return Chebyshev{}
	}
	return nil
}

func (m Minkowski) space(ctx context.Context, x mat.Matrix) (space, error) {
	const method = "neighbors.Minkowski"
	p := m.power()
	if !(p >= 1) {
		return nil, &mat32.ParamError{Method: method, Param: "P", Value: m.P, Want: "P ≥ 1, or 0 for 2"}
	}
	if m.Weights != nil {
		if _, d := x.Dims(); len(m.Weights) != d {
			return nil, &mat32.ParamError{Method: method, Param: "Weights", Value: fmt.Sprintf("%d of them", len(m.Weights)), Want: fmt.Sprintf("one for each of the %d columns", d)}
		}
		for j, w := range m.Weights {
			if !(w >= 0) || math.IsInf(w, 0) {
				return nil, &mat32.ParamError{Method: method, Param: fmt.Sprintf("Weights[%d]", j), Value: w, Want: "a finite number, 0 or more"}
			}
		}
	}
	if plain := m.plain(); plain != nil {
		return plain.space(ctx, x)
	}
	return measures{
		single: powers[float32, float32](p, m.Weights),
		double: powers[float64, float64](p, m.Weights),
		mixed:  powers[float64, float32](p, m.Weights),
	}.space(m.String(), x), nil
}

func (m Minkowski) bytes(x mat.Matrix) int64 {
	if plain := m.plain(); plain != nil {
		return plain.bytes(x)
	}
	return directBytes(x)
}

// powers returns the distance for rows of such numbers. Sums near the ends of float64,
// where powers overflow or vanish, are taken again relative to the largest
// difference.
func powers[A, B number](p float64, weights []float64) func(a []A, b []B) float64 {
	if math.IsInf(p, 1) {
		return func(a []A, b []B) float64 { return chosenDifference(a, b, weights) }
	}
	sum := func(a []A, b []B) float64 { return sumOfPowers(a, b, p) }
	if 2*p == math.Trunc(2*p) && p <= 8 {
		sum = func(a []A, b []B) float64 { return sumOfProducts(a, b, int(p), p > math.Trunc(p)) }
	}
	if weights != nil {
		sum = func(a []A, b []B) float64 { return weightedSumOfPowers(a, b, weights, p) }
	}
	root := func(v float64) float64 { return math.Pow(v, 1/p) }
	switch p {
	case 1:
		root = func(v float64) float64 { return v }
	case 2:
		root = math.Sqrt
	case 3:
		root = math.Cbrt
	}
	return func(a []A, b []B) float64 {
		if s := sum(a, b); 1e-200 < s && s < 1e200 {
			return root(s)
		}
		largest := chosenDifference(a, b, weights)
		if largest == 0 || math.IsInf(largest, 1) {
			return largest
		}
		// A power of two, so that differences over it are exact.
		_, exp := math.Frexp(largest)
		s := 0.
		for i, v := range a {
			w := 1.
			if weights != nil {
				w = weights[i]
			}
			s += w * math.Pow(math.Ldexp(math.Abs(float64(v)-float64(b[i])), -exp), p)
		}
		return math.Ldexp(root(s), exp)
	}
}

func sumOfPowers[A, B number](a []A, b []B, p float64) float64 {
	b = b[:len(a)]
	s := 0.
	for i, v := range a {
		s += math.Pow(math.Abs(float64(v)-float64(b[i])), p)
	}
	return s
}

func weightedSumOfPowers[A, B number](a []A, b []B, weights []float64, p float64) float64 {
	b, weights = b[:len(a)], weights[:len(a)]
	s := 0.
	for i, v := range a {
		d := math.Abs(float64(v) - float64(b[i]))
		switch p {
		case 1:
		case 2:
			d *= d
		default:
			d = math.Pow(d, p)
		}
		s += weights[i] * d
	}
	return s
}

// sumOfProducts takes powers by products, and a root where there is half a power more.
func sumOfProducts[A, B number](a []A, b []B, whole int, half bool) float64 {
	b = b[:len(a)]
	s := 0.
	switch {
	case half:
		for i, v := range a {
			d := math.Abs(float64(v) - float64(b[i]))
			t := math.Sqrt(d)
			for range whole {
				t *= d
			}
			s += t
		}
	case whole == 3:
		for i, v := range a {
			d := math.Abs(float64(v) - float64(b[i]))
			s += d * d * d
		}
	default:
		for i, v := range a {
			d := math.Abs(float64(v) - float64(b[i]))
			t := d
			for range whole - 1 {
				t *= d
			}
			s += t
		}
	}
	return s
}

// chosenDifference is the largest difference in columns that have a weight.
func chosenDifference[A, B number](a []A, b []B, weights []float64) float64 {
	if weights == nil {
		return largestDifference(a, b)
	}
	most := 0.
	for i, v := range a {
		if weights[i] > 0 {
			most = max(most, math.Abs(float64(v)-float64(b[i])))
		}
	}
	return most
}
