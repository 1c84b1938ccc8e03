package hyperbolic

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/manifold"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// Poincare is hyperbolic space in Poincaré's ball: points are slices of any one length whose
// norm is below 1, whatever the curvature, and the origin is the centre. The zero value has
// curvature −1. Where others have a ball of radius 1/√c for the curvature −c, their points
// are 1/√c times these.
//
// What is near the sphere is far out: half of the numbers of float64 below 1 are used up at
// a distance of 19 from the centre, and all at 37.4 (see Capacity). 1 − |x|² is summed in
// twice the digits and no term of a distance cancels, so that distances are right to some
// units in the last place of the points as they are given; arcosh(1 + 2·|x−y|²/…) as it is
// usually written has no digit left below 1e-8, nor where a point is within 1e-16 of the
// sphere. What the other functions return is right to the rounding of the ball, which moves a
// point that is d from the centre by exp(d)·1e-16. A result that rounding would put on the sphere
// is moved to just inside.
//
// The calls do not look at what they are given (see Check). A dst may be any of the other
// arguments.
//
// Sources: A. Ungar (2008), A gyrovector space approach to hyperbolic geometry, for
// MobiusAdd; G. Mishne, Z. Wan, Y. Wang and S. Yang (2023), The numerical stability of
// hyperbolic representation learning.
type Poincare struct {
	// Curvature, below 0. Nearer to 0 is flatter: distances are 1/√−Curvature times those
	// of the default, −1.
	Curvature float64
}

// Resolve fills in the default and checks the range: −1e60 to −1e-60.
func (p Poincare) Resolve() (Poincare, error) {
	h, err := manifold.Hyperboloid{Curvature: p.Curvature}.Resolve()
	if err != nil {
		return p, mat32.Rename("hyperbolic.Poincare", err)
	}
	p.Curvature = h.(manifold.Hyperboloid).Curvature
	return p, nil
}

// Check returns a *manifold.PointError unless x is a point of the ball.
func (Poincare) Check(x []float64) error {
	if !(gap(x) > 0) { // nor is NaN
		return &manifold.PointError{Manifold: "Poincaré's ball", Reason: fmt.Sprintf("its length is %v, and the ball is open: lengths are below 1", math.Sqrt(square(x)))}
	}
	return nil
}

// radius is what distances are multiples of.
func (p Poincare) radius() float64 {
	if p.Curvature == 0 || p.Curvature == -1 {
		return 1
	}
	return 1 / math.Sqrt(-p.Curvature)
}

// Distance returns the length of the geodesic.
func (p Poincare) Distance(x, y []float64) float64 {
	return p.radius() * 2 * math.Asinh(math.Sqrt(half(x, y)))
}

// FromCenter returns the distance of x from the centre.
func (p Poincare) FromCenter(x []float64) float64 {
	// sinh of half of it is |x|/√(1−|x|²).
	return p.radius() * 2 * math.Asinh(math.Sqrt(square(x)/gap(x)))
}

// MobiusAdd writes to dst x ⊕ y: where y arrives when the centre is taken to x along their
// geodesic. The centre is neutral, and −x is the inverse of x; it is neither commutative nor
// associative.
func (Poincare) MobiusAdd(dst, x, y []float64) {
	// (1 + 2⟨x,y⟩ + |y|²)·x + (1−|x|²)·y, over |x+y|² + (1−|x|²)·(1−|y|²), in which
	// nothing cancels: the first factor is |x+y|² + 1−|x|².
	a, b, sum := gap(x), gap(y), 0.
	for i, v := range x {
		v += y[i]
		sum += v * v
	}
	below := sum + a*b
	for i, v := range x {
		dst[i] = (sum*v + a*(v+y[i])) / below
	}
	inside(dst)
}

// Exp0 writes to dst the point that the geodesic from the centre with velocity v, in the
// coordinates of the ball, reaches in unit time: tanh|v|·v/|v|, at distance 2·|v|.
func (p Poincare) Exp0(dst, v []float64) {
	length := norm(v)
	scale(dst, v, tanhc(length))
	inside(dst)
}

// Log0 undoes Exp0.
func (p Poincare) Log0(dst, x []float64) {
	length := norm(x)
	k := 1.
	if length > 0 {
		k = math.Asinh(math.Sqrt(square(x)/gap(x))) / length // artanh of the length
	}
	scale(dst, x, k)
}

// Exp writes to dst the point that the geodesic from x with velocity v, in the coordinates
// of the ball, reaches in unit time. The length of v is 2·|v|/(1−|x|²).
func (p Poincare) Exp(dst, x, v []float64) {
	to := make([]float64, len(v))
	length := norm(v) / gap(x)
	scale(to, v, tanhc(length)/gap(x))
	inside(to)
	p.MobiusAdd(dst, x, to)
}

// Log writes to dst the velocity of the geodesic from x that reaches y in unit time, and
// returns their distance.
func (p Poincare) Log(dst, x, y []float64) float64 {
	d, a, sum := p.Distance(x, y), gap(x), 0.
	for i, v := range x {
		sum += (y[i] - v) * (y[i] - v)
	}
	// Along −x ⊕ y, which is this over a positive number.
	for i, v := range x {
		dst[i] = a*(y[i]-v) - sum*v
	}
	if length := norm(dst); length > 0 {
		scale(dst, dst, d/p.radius()*a/2/length)
	}
	return d
}

// Geodesic writes to dst the point at the share t of the way from x to y: x for 0, y for 1.
// Beyond these it goes on along the line.
func (p Poincare) Geodesic(dst, x, y []float64, t float64) {
	q := half(x, y)
	d := 2 * math.Asinh(math.Sqrt(q))
	// On the hyperboloid it is a sum of both, of these shares.
	forX, forY := share(1-t, d), share(t, d)
	if t == 0.5 {
		forX = 1 / (2 * math.Sqrt(1+q))
		forY = forX
	}
	forX, forY = forX/gap(x), forY/gap(y)
	first := 1 + (2-gap(x))*forX + (2-gap(y))*forY
	for i, v := range x {
		dst[i] = 2 * (v*forX + y[i]*forY) / first
	}
	inside(dst)
}

// share returns sinh(t·d)/sinh(d).
func share(t, d float64) float64 {
	if d < 1e-8 {
		return t
	}
	// exp((|t|−1)·d)·(1−exp(−2|t|d))/(1−exp(−2d)), which does not overflow.
	a := math.Abs(t)
	return math.Copysign(math.Exp((a-1)*d)*math.Expm1(-2*a*d)/math.Expm1(-2*d), t)
}

// Midpoint writes to dst the point halfway from x to y.
func (p Poincare) Midpoint(dst, x, y []float64) { p.Geodesic(dst, x, y, .5) }

// Mean returns the Fréchet mean of the rows of x, points of the ball: the point whose mean
// squared distance from them is least. There is one. Weights, where not nil, say how much
// each row counts.
//
// Errors: those of mat32.CheckRows and mat32.Check; *mat32.ShapeError where there are not as many
// weights as rows; *mat32.ParamError for a weight that is negative or no number, or where
// none is positive; a *manifold.PointError for a row that is not in the ball; and one that
// wraps ctx.Err(). Each step costs O(n·d), of about log(10¹⁵)·R of them for rows within R
// of each other, at most 10 000.
func (p Poincare) Mean(ctx context.Context, x mat.Matrix, weights []float64) ([]float64, error) {
	const method = "hyperbolic.Poincare.Mean"
	if err := mat32.CheckRows(method, x); err != nil {
		return nil, err
	}
	if err := mat32.CheckContext(ctx, x); err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	n, d := x.Dims()
	if weights != nil && len(weights) != n {
		return nil, fmt.Errorf("%s: %w", method, &mat32.ShapeError{What: "weights", Rows: len(weights), Cols: 1, Want: fmt.Sprintf("one for each of the %d rows", n)})
	}
	h := manifold.Hyperboloid{Dimension: d}
	points := make([][]float64, n)
	all := 0.
	for i := range n {
		row := mat32.Row(make([]float64, d), i, x)
		if err := p.Check(row); err != nil {
			return nil, fmt.Errorf("%s: row %d: %w", method, i, err)
		}
		points[i] = make([]float64, d+1)
		ToLorentz(points[i], row)
		if weights != nil {
			if !(weights[i] >= 0) || math.IsInf(weights[i], 0) {
				return nil, &mat32.ParamError{Method: method, Param: fmt.Sprintf("weights[%d]", i), Value: weights[i], Want: "0 or more"}
			}
			all = max(all, weights[i])
		}
	}
	if weights != nil && all == 0 {
		return nil, &mat32.ParamError{Method: method, Param: "weights", Value: "all 0", Want: "one above 0"}
	}
	// Begin at the point above the mean of the hyperboloid.
	at, step, sum := make([]float64, d+1), make([]float64, d+1), make([]float64, d+1)
	weight := func(i int) float64 {
		if weights == nil {
			return 1
		}
		return weights[i] / all
	}
	total := 0.
	for i, q := range points {
		total += weight(i)
		for c, v := range q {
			at[c] += weight(i) * v / q[0]
		}
	}
	scale(at[1:], at[1:], 1/at[0]) // in Klein's ball, where the mean of points is inside
	b := make([]float64, d)
	FromKlein(b, at[1:])
	inside(b)
	ToLorentz(at, b)
	for range 10_000 {
		if ctx.Err() != nil {
			return nil, fmt.Errorf("%s: %w", method, ctx.Err())
		}
		clear(sum)
		bend := 0.
		for i, q := range points {
			r := h.Log(step, at, q)
			w := weight(i) / total
			for c, v := range step {
				sum[c] += w * v
			}
			if r > 1e-8 { // the largest second derivative of ½·distance²
				bend += w * r / math.Tanh(r)
			} else {
				bend += w
			}
		}
		length := math.Sqrt(max(0, h.Inner(at, sum, sum)))
		scale(sum, sum, 1/bend)
		h.Exp(at, at, sum)
		if length < 1e-15*bend {
			break
		}
	}
	FromLorentz(b, at)
	inside(b)
	return b, nil
}

// half returns sinh²(d/2) of the distance d.
func half(x, y []float64) float64 {
	sum := 0.
	for i, v := range x {
		sum += (v - y[i]) * (v - y[i])
	}
	return sum / gap(x) / gap(y)
}

// gap returns 1 − |x|², right to the last place but one: squares and their sum are carried
// in two numbers, of which the second is what the first has lost.
func gap(x []float64) float64 {
	left, lost := 1., 0.
	for _, v := range x {
		q := v * v
		rest := math.FMA(v, v, -q)
		less := left - q
		back := left - less
		lost += (back - q) + (left - (less + back)) - rest
		left = less
	}
	return left + lost
}

func square(x []float64) (sum float64) {
	for _, v := range x {
		sum += v * v
	}
	return sum
}

// norm returns the length of x, also where squares leave float64.
func norm(x []float64) float64 {
	most := 0.
	for _, v := range x {
		most = max(most, math.Abs(v))
	}
	if most == 0 || most > 1e-120 && most < 1e120 {
		return math.Sqrt(square(x))
	}
	sum := 0.
	for _, v := range x {
		sum += (v / most) * (v / most)
	}
	return most * math.Sqrt(sum)
}

func scale(dst, x []float64, k float64) {
	for i, v := range x {
		dst[i] = k * v
	}
}

// tanhc returns tanh(t)/t.
func tanhc(t float64) float64 {
	if t == 0 {
		return 1
	}
	return math.Tanh(t) / t
}

// inside moves a point on the sphere, or beyond, to just inside.
func inside(x []float64) {
	for k := 1 - 0x1p-53; !(gap(x) > 0); k -= 0x1p-52 {
		length := norm(x)
		if !(length > 0) || math.IsInf(length, 0) {
			return
		}
		scale(x, x, k/max(1, length))
	}
}
