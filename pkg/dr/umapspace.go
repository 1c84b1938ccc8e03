package dr

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/dr/layout"
	"github.com/flatland-go/flatland/pkg/manifold"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// resolveSpace fills in OutputSpace and Components, which are to agree.
func (u *UMAP) resolveSpace(method string) error {
	if u.OutputSpace == nil {
		if u.Components == 0 {
			u.Components = 2
		}
		if u.Components < 1 || u.Components > 100 {
			return nil // which has an error of its own
		}
		u.OutputSpace = manifold.Euclidean{Dimension: u.Components}
		return nil
	}
	space, err := resolveManifold(method, "OutputSpace", u.OutputSpace, nil)
	if err != nil {
		return err
	}
	radius := 1.
	switch s := space.(type) {
	case manifold.Euclidean:
	case manifold.Sphere:
		radius = s.Radius
	case manifold.Hyperboloid:
		radius = 1 / math.Sqrt(-s.Curvature)
	default:
		return &mat32.ParamError{Method: method, Param: "OutputSpace", Value: s, Want: "a Euclidean space, a Sphere or a Hyperboloid"}
	}
	const most = 1e9 // beyond which squares leave float32
	if !(radius >= 1/most && radius <= most) {
		return &mat32.ParamError{Method: method, Param: "OutputSpace", Value: space, Want: fmt.Sprintf("a radius from %.0g to %.0g", 1/most, most)}
	}
	if u.Components == 0 {
		u.Components = space.Dim()
	}
	if u.Components != space.Dim() {
		return &mat32.ParamError{Method: method, Param: "Components", Value: u.Components, Want: fmt.Sprintf("0, or the %d of %v", space.Dim(), space)}
	}
	u.OutputSpace = space
	return nil
}

// curved returns the space of the map for the optimiser: nil where it is flat.
func (u UMAP) curved() layout.Space {
	switch s := u.OutputSpace.(type) {
	case manifold.Sphere:
		return onSphere{s.Radius}
	case manifold.Hyperboloid:
		return onHyperboloid{1 / math.Sqrt(-s.Curvature)}
	}
	return nil
}

// width is how many coordinates a point of the map has.
func (u UMAP) width() int { return u.OutputSpace.Ambient() }

// longest is the length of a step, in radii, beyond which it is cut: the first would else go
// round a sphere, or to where hyperbolic space has all its room. Of a sphere that is mapped
// to the unit sphere from its smoothest functions, geodesic distances keep a rank
// correlation of .56, .93, .96 and .98 for 1, .3, .1 and .05.
const longest = .05

// onSphere is a sphere about the origin for the optimiser.
type onSphere struct{ radius float64 }

// Difference writes minus the logarithm of b at a: by the difference of the two, which
// loses no digits where they are near. Of antipodes it is 0.
func (s onSphere) Difference(dst, a, b []float32) float32 {
	minus, plus := 0., 0.
	for c, v := range a {
		d, p := float64(v)-float64(b[c]), float64(v)+float64(b[c])
		minus, plus = minus+d*d, plus+p*p
	}
	if plus == 0 {
		clear(dst)
	}
	angle := 2 * math.Atan2(math.Sqrt(minus), math.Sqrt(plus))
	if plus > 0 {
		ratio := 1. // angle/sin(angle)
		if angle > 1e-6 {
			ratio = angle * (minus + plus) / (2 * math.Sqrt(minus*plus))
		}
		along := 2 * minus / (minus + plus) // 1 − cos(angle)
		for c, v := range a {
			dst[c] = float32(ratio * (float64(v) - float64(b[c]) - along*float64(v)))
		}
	}
	length := s.radius * angle
	return float32(length * length)
}

// Move goes along a great circle.
func (s onSphere) Move(a, direction []float32) {
	square, along := 0., 0.
	for c, v := range a {
		square += float64(v) * float64(v)
		along += float64(v) * float64(direction[c])
	}
	along /= square // what of it leads off the sphere
	length := 0.
	for c, v := range a {
		d := float64(direction[c]) - along*float64(v)
		length += d * d
	}
	length = math.Sqrt(length)
	if length == 0 {
		return
	}
	sin, cos := math.Sincos(min(length/s.radius, longest))
	norm := s.radius / math.Sqrt(square)
	for c, v := range a {
		d := float64(direction[c]) - along*float64(v)
		a[c] = float32(norm*cos*float64(v) + s.radius*sin*d/length)
	}
}

// onHyperboloid is hyperbolic space for the optimiser. Of a point all numbers but the first
// are read, which follows from them; directions are written as they are after parallel
// transport to the origin, where their first number is 0 and the others have the size
// that they mean: far out, those of the ambient space are vast.
type onHyperboloid struct{ radius float64 }

// farthestOut is the distance from the origin, in radii, that no point passes: float32 has
// digits to tell points there that are as near as those of maps are.
const farthestOut = 12

// Difference writes minus the logarithm of b at a.
func (h onHyperboloid) Difference(dst, a, b []float32) float32 {
	r := h.radius
	aa, bb, dd, da, sum := 0., 0., 0., 0., 0.
	for c, v := range a[1:] {
		x, y := float64(v)/r, float64(b[1+c])/r
		d := x - y
		aa, bb, dd, da, sum = aa+x*x, bb+y*y, dd+d*d, da+d*x, sum+d*(x+y)
	}
	a0, b0 := math.Sqrt(1+aa), math.Sqrt(1+bb)
	first := sum / (a0 + b0)        // a0 − b0
	m := max((dd-first*first)/2, 0) // cosh(distance) − 1
	sinh := math.Sqrt(m * (m + 2))
	distance, ratio := math.Log1p(m+sinh), 1.
	if sinh > 1e-12 {
		ratio = distance / sinh
	}
	// v = ratio·(a − b + m·a) is tangent at a; at the origin it is v' = v − v0/(1+a0)·a.
	k := m - (first+m*a0)/(1+a0)
	dst[0] = 0
	for c, v := range a[1:] {
		dst[1+c] = float32(r * ratio * ((float64(v)-float64(b[1+c]))/r + k*float64(v)/r))
	}
	length := r * distance
	return float32(length * length)
}

// Move goes along a geodesic.
func (h onHyperboloid) Move(a, direction []float32) {
	r := h.radius
	aa, ad, dd := 0., 0., 0.
	for c, v := range a[1:] {
		x, d := float64(v)/r, float64(direction[1+c])/r
		aa, ad, dd = aa+x*x, ad+x*d, dd+d*d
	}
	length := math.Sqrt(dd)
	if length == 0 {
		return
	}
	step := min(length, longest)
	a0 := math.Sqrt(1 + aa)
	cosh, sinh := math.Cosh(step), math.Sinh(step)/length
	// At a the direction is d + (a·d)/(1+a0)·a.
	along := cosh + sinh*ad/(1+a0)
	out := 0.
	for c, v := range a[1:] {
		x := along*float64(v)/r + sinh*float64(direction[1+c])/r
		out += x * x
		a[1+c] = float32(r * x)
	}
	if most := math.Sinh(farthestOut); out > most*most {
		scale := float32(most / math.Sqrt(out))
		for c := range a[1:] {
			a[1+c] *= scale
		}
		out = most * most
	}
	a[0] = float32(r * math.Sqrt(1+out))
}

// placeCurved is place on a curved OutputSpace. A sphere takes one dimension more than it
// has of a start, and what is around its middle comes to lie around it; hyperbolic space
// has the start around the origin, within hyperbolicStart radii.
func (u UMAP) placeCurved(ctx context.Context, x mat.Matrix, s *affinity.Sparse) ([]float32, []string, error) {
	const hyperbolicStart = 2
	space, dim := u.OutputSpace, u.width()
	flat := u
	flat.OutputSpace = nil
	_, round := space.(manifold.Sphere)
	if round {
		flat.Components = dim
	}
	if g, ok := u.Start.(given); ok {
		points, err := pointsOf(space, g.Y)
		if err != nil {
			return nil, nil, fmt.Errorf("Start: %w", err)
		}
		return narrowed(points), nil, nil
	}
	start, notes, err := flat.place(ctx, x, s)
	if err != nil {
		return nil, nil, err
	}
	k := flat.Components
	n := len(start) / k
	middle := make([]float64, k)
	for i, v := range start {
		middle[i%k] += float64(v) / float64(n)
	}
	points, z := mat.NewDense(n, dim, nil), make([]float64, k)
	most := 0.
	for i := range n {
		sum := 0.
		for c := range z {
			d := float64(start[i*k+c]) - middle[c]
			sum += d * d
		}
		most = max(most, math.Sqrt(sum))
	}
	radius := 1.
	if h, ok := u.curved().(onHyperboloid); ok {
		radius = h.radius
	}
	for i := range n {
		for c := range z {
			z[c] = float64(start[i*k+c]) - middle[c]
			if !round && most > 0 {
				z[c] *= hyperbolicStart * radius / most
			}
		}
		row := points.RawRowView(i)
		if round {
			copy(row, z)
			space.Project(row)
		} else {
			space.Point(row, z)
		}
	}
	return narrowed(points), notes, nil
}

// points returns those of the map, which rounding has moved off a curved space, on it.
func (u UMAP) points(y []float32) *mat.Dense {
	z := widened(y, u.width())
	if u.curved() != nil && finite(z.RawMatrix().Data) {
		n, _ := z.Dims()
		for i := range n {
			u.OutputSpace.Project(z.RawRowView(i))
		}
	}
	return z
}

// ontoSpace moves points, rows of any kind, to the space of the map.
func (u UMAP) ontoSpace(ctx context.Context, z mat.Matrix) (mat.Matrix, error) {
	if u.curved() == nil {
		return z, nil
	}
	points := mat.DenseCopyOf(z)
	n, _ := points.Dims()
	err := par.Blocks(ctx, n, 256, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			u.OutputSpace.Project(points.RawRowView(i))
		}
	})
	return points, err
}
