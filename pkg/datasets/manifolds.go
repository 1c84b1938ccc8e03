package datasets

import (
	"math"

	"gonum.org/v1/gonum/floats"

	"github.com/flatland-go/flatland/internal/rng"
)

// manifold is a shape as a map: parameters are drawn, and have a place.
type manifold struct {
	name, note, source string

	dim     int // of the benchmark
	least   int // the smallest Dim; 0 where there is but one
	columns int // of the benchmark, where they are more than are filled
	copies  int // how often the place is written, side by side

	// width returns the columns of a place, given the dimension.
	width func(d int) int

	// draw returns the parameters of a row, of which there may be more than
	// dimensions.
	draw func(d int, s *rng.Stream) []float64

	// place writes the place of the parameters p in x.
	place func(x, p []float64)
}

// filled returns the columns that are not all zero.
func (m *manifold) filled(d int) int { return m.copies * m.width(d) }

const (
	hein       = "Hein and Audibert (2005), as in scikit-dimension"
	campadelli = "Campadelli, Casiraghi, Ceruti and Rozza (2015), as in scikit-dimension"
	johnsson   = "Johnsson (2019), as in scikit-dimension"
	gomtsyan   = "Gomtsyan, Mokrov, Panov and Yanovich (2019)"
)

var manifolds = []manifold{
	{name: "M1", note: "sphere", source: hein, dim: 10, least: 1, copies: 1, width: plus(1), draw: normals(1), place: onSphere},
	{name: "M2", note: "affine image of a cube", source: hein, dim: 3, copies: 1, width: fixed(5), draw: uniforms, place: affine},
	{name: "M3", note: "curved, of nearly three dimensions", source: hein, dim: 4, copies: 1, width: fixed(6), draw: uniforms, place: concentrated},
	{name: "M4", note: "curved", source: hein, dim: 4, least: 1, copies: 1, width: times(2), draw: uniforms, place: twisted},
	{name: "M5a", note: "closed curve wound round a torus", source: hein, dim: 1, copies: 1, width: fixed(3), draw: uniforms, place: torusKnot},
	{name: "M5b", note: "helicoid, dense about its axis", source: hein, dim: 2, copies: 1, width: fixed(3), draw: uniforms, place: helicoid},
	{name: "M6", note: "curved, three times side by side", source: hein, dim: 6, least: 1, copies: 3, width: times(2), draw: uniforms, place: twisted},
	{name: "M7", note: "Swiss roll", source: hein, dim: 2, copies: 1, width: fixed(3), draw: uniforms, place: rolled},
	{name: "M8", note: "curved, three times side by side", source: hein, dim: 12, least: 1, copies: 3, width: times(2), draw: uniforms, place: twisted},
	{name: "M9", note: "solid cube", source: hein, dim: 20, least: 1, copies: 1, width: plus(0), draw: uniforms, place: inCube},
	{name: "M10a", note: "surface of a cube", source: hein, dim: 10, least: 1, copies: 1, width: plus(1), draw: onFaces, place: onCube},
	{name: "M10b", note: "surface of a cube", source: hein, dim: 17, least: 1, copies: 1, width: plus(1), draw: onFaces, place: onCube},
	{name: "M10c", note: "surface of a cube", source: hein, dim: 24, least: 1, copies: 1, width: plus(1), draw: onFaces, place: onCube},
	{name: "M10d", note: "surface of a cube", source: hein, dim: 70, least: 1, copies: 1, width: plus(1), draw: onFaces, place: onCube},
	{name: "M11", note: "band with ten half twists", source: hein, dim: 2, copies: 1, width: fixed(3), draw: uniforms, place: band},
	{name: "M12", note: "normal cloud", source: hein, dim: 20, least: 1, copies: 1, width: plus(0), draw: normals(0), place: identity},
	{name: "M13a", note: "S-curve", source: hein, dim: 2, copies: 1, width: fixed(3), draw: uniforms, place: letterS},
	{name: "M13b", note: "helix of five narrow turns", source: hein, dim: 1, columns: 13, copies: 1, width: fixed(3), draw: uniforms, place: helix},
	{name: "Mbeta", note: "curved, of rows crowded in a corner", source: campadelli, dim: 10, least: 1, copies: 2, width: times(2), draw: betas, place: crowded},
	{name: "Mn1", note: "curved, of high dimension", source: campadelli, dim: 18, least: 1, copies: 2, width: times(2), draw: uniforms, place: tangents},
	{name: "Mn2", note: "curved, of high dimension", source: campadelli, dim: 24, least: 1, copies: 2, width: times(2), draw: uniforms, place: tangents},
	{name: "Mp1", note: "paraboloid with heavy tails", source: campadelli, dim: 3, least: 1, copies: 1, width: thrice, draw: exponentials, place: paraboloid},
	{name: "Mp2", note: "paraboloid with heavy tails", source: campadelli, dim: 6, least: 1, copies: 1, width: thrice, draw: exponentials, place: paraboloid},
	{name: "Mp3", note: "paraboloid with heavy tails", source: campadelli, dim: 9, least: 1, copies: 1, width: thrice, draw: exponentials, place: paraboloid},
	{name: "Uniform", note: "solid unit cube", source: gomtsyan, dim: 10, least: 1, copies: 1, width: plus(0), draw: uniforms, place: identity},
	{name: "Ball", note: "solid ball", source: "Muller (1959)", dim: 10, least: 1, copies: 1, width: plus(0), draw: inBall, place: identity},
	{name: "TwinPeaks", note: "plane with peaks", source: johnsson, dim: 2, least: 1, copies: 1, width: plus(1), draw: uniforms, place: peaks},
	{name: "Helicoid", note: "product of an interval and a figure of eight", source: gomtsyan, dim: 2, copies: 1, width: fixed(3), draw: uniforms, place: eight},
}

func fixed(columns int) func(int) int { return func(int) int { return columns } }
func plus(more int) func(int) int     { return func(d int) int { return d + more } }
func times(n int) func(int) int       { return func(d int) int { return n * d } }
func thrice(d int) int                { return 3 * (d + 1) }

// How parameters are drawn.

func uniforms(d int, s *rng.Stream) []float64 {
	p := make([]float64, d)
	for i := range p {
		p[i] = s.Float64()
	}
	return p
}

func normals(more int) func(int, *rng.Stream) []float64 {
	return func(d int, s *rng.Stream) []float64 {
		p := make([]float64, d+more)
		for i := range p {
			p[i] = s.Normal()
		}
		return p
	}
}

func exponentials(d int, s *rng.Stream) []float64 {
	p := make([]float64, d+1)
	for i := range p {
		p[i] = exponential(s)
	}
	return p
}

func exponential(s *rng.Stream) float64 { return -math.Log1p(-s.Float64()) }

// betas draws from Beta(10, ½): the share that ten exponentials have of a sum
// with half a squared normal, which are Gamma(10) and Gamma(½).
func betas(d int, s *rng.Stream) []float64 {
	const a = 10
	p := make([]float64, d)
	for i := range p {
		var ten float64
		for range a {
			ten += exponential(s)
		}
		z := s.Normal()
		p[i] = ten / (ten + z*z/2)
	}
	return p
}

// onFaces draws a number that chooses one of the faces, all alike, and a place on
// it.
func onFaces(d int, s *rng.Stream) []float64 { return uniforms(d+1, s) }

// inBall draws from the unit ball: the share of its volume within r is r^d.
func inBall(d int, s *rng.Stream) []float64 {
	p := make([]float64, d)
	direction(p, s)
	floats.Scale(math.Pow(s.Float64(), 1/float64(d)), p)
	return p
}

// Where parameters have their place.

func identity(x, p []float64) { copy(x, p) }

func onSphere(x, p []float64) {
	// A vector of zeros, which no stream has drawn yet, would stay one.
	if norm := floats.Norm(p, 2); norm > 0 {
		floats.ScaleTo(x, 1/norm, p)
	}
}

func affine(x, p []float64) {
	for i, row := range [...][4]float64{
		{1.2, -.5, 0, 3}, {.5, .9, 0, -1}, {-.5, -.2, 1, 0}, {.4, -.9, -.1, 0}, {1.1, -.3, 0, 8},
	} {
		x[i] = 4*(row[0]*p[0]+row[1]*p[1]+row[2]*p[2]) + row[3]
	}
}

func concentrated(x, p []float64) {
	square := func(v float64) float64 { return v * v }
	sin, cos := math.Sincos(2 * math.Pi * p[0])
	x[0] = square(p[1]) * cos
	x[1] = square(p[2]) * sin
	x[2] = p[1] + p[2] + square(p[1]-p[3])
	x[3] = p[1] - 2*p[2] + square(p[0]-p[3])
	x[4] = -p[1] - 2*p[2] + square(p[2]-p[3])
	x[5] = square(p[0]) - square(p[1]) + square(p[2]) - square(p[3])
}

func twisted(x, p []float64) {
	for i, angle := range p {
		sin, cos := math.Sincos(2 * math.Pi * angle)
		next := p[(i+1)%len(p)]
		x[2*i], x[2*i+1] = next*cos, next*sin
	}
}

func torusKnot(x, p []float64) {
	t := 2 * math.Pi * p[0]
	sin, cos := math.Sincos(t)
	up, out := math.Sincos(8 * t)
	x[0], x[1], x[2] = (2+out)*cos, (2+out)*sin, up
}

func helicoid(x, p []float64) {
	r, turn := 10*math.Pi*p[0], 10*math.Pi*p[1]
	sin, cos := math.Sincos(turn)
	x[0], x[1], x[2] = r*cos, r*sin, turn/2
}

func rolled(x, p []float64) {
	t := 1.5 * math.Pi * (1 + 2*p[0])
	sin, cos := math.Sincos(t)
	x[0], x[1], x[2] = t*cos, 21*p[1], t*sin
}

func inCube(x, p []float64) {
	for i, v := range p {
		x[i] = 5*v - 2.5
	}
}

func onCube(x, p []float64) {
	face := min(int(p[0]*float64(2*len(p))), 2*len(p)-1)
	axis := face / 2
	copy(x[:axis], p[1:])
	x[axis] = float64(face % 2)
	copy(x[axis+1:], p[1+axis:])
}

func band(x, p []float64) {
	angle, half := 2*math.Pi*p[0], p[1]-.5
	sin, cos := math.Sincos(angle)
	up, out := math.Sincos(5 * angle)
	x[0], x[1], x[2] = (1+half*out)*cos, (1+half*out)*sin, half*up
}

func letterS(x, p []float64) {
	t := 3 * math.Pi * (p[0] - .5)
	sin, cos := math.Sincos(t)
	x[0], x[1], x[2] = sin, 2*p[1], math.Copysign(1-cos, -t)
}

func helix(x, p []float64) {
	t := 10 * math.Pi * p[0]
	sin, cos := math.Sincos(t)
	x[0], x[1], x[2] = 100*cos, 100*sin, t
}

func crowded(x, p []float64) {
	d := len(p)
	for i, v := range p {
		sin, cos := math.Sincos(2 * math.Pi * v)
		x[i], x[d+i] = v*math.Sin(cos), v*math.Cos(sin)
	}
}

func tangents(x, p []float64) {
	d := len(p)
	for i, v := range p {
		mirror := p[d-1-i]
		x[i], x[d+i] = math.Tan(v*math.Cos(mirror)), math.Atan(mirror*math.Sin(v))
	}
}

// paraboloid takes exponentials: their quotients by the first have the law of
// Burr.
func paraboloid(x, p []float64) {
	d := len(p) - 1
	y := x[:d+1]
	y[d] = 0
	for i, e := range p[1:] {
		y[i] = p[0] / (p[0] + e)
		y[d] += y[i] * y[i]
	}
	for i, v := range y {
		x[d+1+i], x[2*(d+1)+i] = math.Sin(v), v*v
	}
}

func peaks(x, p []float64) {
	d := copy(x, p)
	x[d] = 1
	for _, v := range p {
		x[d] *= math.Sin(2 * math.Pi * v)
	}
}

func eight(x, p []float64) {
	sin, cos := math.Sincos(5 * math.Pi * p[1])
	x[0], x[1], x[2] = cos, sin*cos, 2*math.Pi*p[0]
}
