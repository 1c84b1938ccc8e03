package manifold

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// Torus is flat space that returns to itself after a period in every coordinate: angles,
// phases, hours. Points are any numbers, of which those a period apart are the same, and
// Project brings them into [0, period). The cut locus of a point is half a period away in
// some coordinate.
type Torus struct {
	// Periods of the coordinates, each from 1e-60 to 1e60. Default two of 2π.
	Periods []float64
}

// String returns "Torus(6.283185307179586, 6.283185307179586)".
func (t Torus) String() string {
	var b strings.Builder
	for i, p := range t.periods() {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(number(p))
	}
	return fmt.Sprintf("Torus(%s)", &b)
}

var angles = [...]float64{2 * math.Pi, 2 * math.Pi}

func (t Torus) periods() []float64 {
	if len(t.Periods) == 0 {
		return angles[:]
	}
	return t.Periods
}

// Resolve fills in the default and checks the ranges; see Manifold.
func (t Torus) Resolve() (Manifold, error) {
	t.Periods = slices.Clone(t.periods())
	for i, p := range t.Periods {
		if !(p >= 1e-60 && p <= 1e60) {
			return t, &mat32.ParamError{Method: "manifold.Torus", Param: fmt.Sprintf("Periods[%d]", i), Value: p, Want: "a period from 1e-60 to 1e60"}
		}
	}
	return t, nil
}

// Dim returns the number of periods.
func (t Torus) Dim() int { return len(t.periods()) }

// Ambient returns the number of periods.
func (t Torus) Ambient() int { return len(t.periods()) }

// Check accepts all that is finite; see Manifold for the errors.
func (t Torus) Check(x []float64) error { return check(t, x) }

// Project brings every coordinate between 0 and its period.
func (t Torus) Project(x []float64) {
	for i, p := range t.periods() {
		v := math.Mod(x[i], p)
		if v < 0 {
			v += p
		}
		if v >= p { // what was added to is less than its rounding
			v = 0
		}
		x[i] = v
	}
}

// Point goes from 0 by z.
func (t Torus) Point(dst, z []float64) {
	copy(dst, z)
	t.Project(dst)
}

// step returns the shortest way from x to y round a period.
func step(x, y, period float64) float64 {
	switch d := y - x; {
	case math.Abs(d) <= period/2:
		return d
	case math.Abs(d) < period: // as between all points that Project has seen
		return d - math.Copysign(period, d)
	}
	return math.Remainder(math.Remainder(y, period)-math.Remainder(x, period), period)
}

// Distance returns the length of the shortest of the straight lines.
func (t Torus) Distance(x, y []float64) float64 {
	sum := 0.
	for i, p := range t.periods() {
		d := step(x[i], y[i], p)
		sum += d * d
	}
	return math.Sqrt(sum)
}

// Exp writes x + v, between 0 and the periods.
func (t Torus) Exp(dst, x, v []float64) {
	for i := range dst {
		dst[i] = x[i] + v[i]
	}
	t.Project(dst)
}

// Log writes the shortest of the differences.
func (t Torus) Log(dst, x, y []float64) float64 {
	sum := 0.
	for i, p := range t.periods() {
		dst[i] = step(x[i], y[i], p)
		sum += dst[i] * dst[i]
	}
	return math.Sqrt(sum)
}

// Inner returns the sum of products.
func (Torus) Inner(_, u, v []float64) float64 { return dot(u, v) }

// Transport copies v.
func (Torus) Transport(dst, _, _, v []float64) { copy(dst, v) }

// Gradient copies g.
func (Torus) Gradient(dst, _, g []float64) { copy(dst, g) }

// LogVolume returns 0: the torus is flat. Its heat kernel is the sum over all straight
// lines, of which this is that of the shortest.
func (Torus) LogVolume(_, _ []float64) float64 { return 0 }
