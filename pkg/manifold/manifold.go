package manifold

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// Manifold is a complete Riemannian manifold whose points, and tangent vectors, are
// written as Ambient numbers.
//
// Slices have that length, and hold points that Check accepts, and vectors that are
// tangent at theirs: the calls do not look, and answer with numbers that mean nothing
// otherwise. A dst may be any of the other arguments.
type Manifold interface {
	// String returns what it is, as Parse reads it.
	String() string

	// Resolve returns the manifold with its defaults filled in, or a *mat32.ParamError
	// for the first parameter that is out of its range.
	Resolve() (Manifold, error)

	// Dim returns the dimension, and Ambient how many numbers a point has.
	Dim() int
	Ambient() int

	// Check returns a *mat32.ShapeError where x has another length, a
	// *mat32.ParamError where the manifold itself is out of range, and a *PointError
	// where x is no point: it may be off by rounding in float32, which Project takes
	// away.
	Check(x []float64) error

	// Project moves x to a point of the manifold, the nearest where there is one.
	Project(x []float64)

	// Point writes to dst the point that a geodesic from the origin of the manifold
	// reaches by the velocity whose Dim coordinates in an orthonormal frame are z.
	Point(dst, z []float64)

	// Distance returns the length of the shortest geodesic between x and y.
	Distance(x, y []float64) float64

	// Exp writes to dst the point that the geodesic from x with velocity v reaches in
	// unit time.
	Exp(dst, x, v []float64)

	// Log writes to dst the velocity of the shortest geodesic from x that reaches y in
	// unit time, and returns its length, the distance. Minus it is the gradient, by x, of
	// half the squared distance. Where several are shortest it is one of them.
	Log(dst, x, y []float64) float64

	// Inner returns the scalar product of the vectors u and v at x.
	Inner(x, u, v []float64) float64

	// Transport writes to dst the vector v at x after parallel transport to y, along the
	// geodesic of Log.
	Transport(dst, x, y, v []float64)

	// Gradient writes to dst the Riemannian gradient at x of a function whose partial
	// derivatives by the ambient numbers are g.
	Gradient(dst, x, g []float64)

	// LogVolume returns log u₀: the heat kernel is, for short times t and generator ½Δ,
	// near u₀(x, y)·exp(−distance²/2t)·(2πt)^(−Dim/2), where u₀ is the square root of
	// how densely geodesics from x fall around y (1 in flat space, more where they
	// converge). Source: S. Minakshisundaram and Å. Pleijel (1949), Some properties of the
	// eigenfunctions of the Laplace-operator on Riemannian manifolds.
	LogVolume(x, y []float64) float64
}

// PointError says why numbers are no point of a manifold.
type PointError struct {
	Manifold string
	Reason   string
}

// Error returns the message.
func (e *PointError) Error() string {
	return fmt.Sprintf("it is no point of %s: %s", e.Manifold, e.Reason)
}

// Parse returns the manifold of this package whose String is s. The error is a
// *mat32.ParamError.
func Parse(s string) (Manifold, error) {
	refuse := &mat32.ParamError{Method: "manifold.Parse", Param: "s", Value: s, Want: "what String of a manifold of this package returned"}
	_, rest, open := strings.Cut(s, "(")
	inside, end, closed := strings.Cut(rest, ")")
	if !open || !closed || end != "" {
		return nil, refuse
	}
	var numbers []float64
	for _, field := range strings.FieldsFunc(inside, func(r rune) bool { return r == ',' || r == ' ' }) {
		if field == "radius" || field == "curvature" {
			continue
		}
		v, err := strconv.ParseFloat(field, 64)
		if err != nil {
			return nil, refuse
		}
		numbers = append(numbers, v)
	}
	if len(numbers) == 0 || len(numbers) > 1<<16 || !(math.Abs(numbers[0]) < 1<<31) {
		return nil, refuse
	}
	first, last := int(numbers[0]), numbers[len(numbers)-1]
	for _, m := range []Manifold{Euclidean{first}, Sphere{first, last}, Hyperboloid{first, last}, Torus{numbers}, SPD{first}} {
		if m.String() == s {
			return m.Resolve()
		}
	}
	return nil, refuse
}

// mostDimensions bounds parameters: a point of more would not be a row of data.
const mostDimensions = 1 << 24

// resolveDimension fills in a dimension and checks its range.
func resolveDimension(method, param string, d *int, most int) error {
	if *d == 0 {
		*d = 2
	}
	if *d < 1 || *d > most {
		return &mat32.ParamError{Method: method, Param: param, Value: *d, Want: fmt.Sprintf("1 ≤ %s ≤ %d", param, most)}
	}
	return nil
}

// resolveSize fills in a length and checks that its squares are numbers.
func resolveSize(method, param string, v *float64, standard float64) error {
	if *v == 0 {
		*v = standard
	}
	if !(math.Abs(*v) >= 1e-60 && math.Abs(*v) <= 1e60) || math.Signbit(*v) != math.Signbit(standard) {
		want := fmt.Sprintf("1e-60 ≤ %s ≤ 1e60", param)
		if standard < 0 {
			want = fmt.Sprintf("−1e60 ≤ %s ≤ −1e-60", param)
		}
		return &mat32.ParamError{Method: method, Param: param, Value: *v, Want: want}
	}
	return nil
}

// check does what every Check begins with.
func check(m Manifold, x []float64) error {
	if _, err := m.Resolve(); err != nil {
		return err
	}
	if len(x) != m.Ambient() {
		return &mat32.ShapeError{What: "point", Rows: 1, Cols: len(x), Want: fmt.Sprintf("the %d numbers of a point of %v", m.Ambient(), m)}
	}
	for j, v := range x {
		if v-v != 0 {
			return &PointError{m.String(), fmt.Sprintf("value %d is %v", j, v)}
		}
	}
	return nil
}

// off is how far points may be off, in their own size: float32 and many coordinates.
const off = 1e-5

func dot(x, y []float64) (sum float64) {
	for i, v := range x {
		sum += v * y[i]
	}
	return sum
}

// sinc returns sin(t)/t.
func sinc(t float64) float64 {
	if t == 0 {
		return 1
	}
	return math.Sin(t) / t
}

// sinhc returns sinh(t)/t.
func sinhc(t float64) float64 {
	if t == 0 {
		return 1
	}
	return math.Sinh(t) / t
}

// logSinhc returns log(sinh(t)/t) for t ≥ 0.
func logSinhc(t float64) float64 {
	if t > 20 { // exp(−2t) is rounding
		return t - math.Ln2 - math.Log(t)
	}
	return math.Log(sinhc(t))
}

func number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
