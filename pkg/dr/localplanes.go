package dr

import (
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
)

// localPlanes is the field of planes that PCA finds in the rows around any point: the
// first k eigenvectors of their covariance, each row weighted by (1 − r²/radius²)⁶ at
// distance r. The weight is a Gaussian whose tails end: it has five derivatives
// everywhere, so that the field is smooth where gaps between eigenvalues are, and rows
// beyond the radius need not be looked at.
type localPlanes struct {
	rows   *mat.Dense // n × d
	k      int
	radius float64
}

// supportInBandwidths is the radius over the standard deviation of the Gaussian whose
// curvature at zero the weight has: (1 − r²/12σ²)⁶ ≈ exp(−r²/2σ²).
var supportInBandwidths = math.Sqrt(12)

// leastGap is how far the eigenvalues on both sides of a plane must be apart, and the
// last of the plane from zero, over the largest, for it to be told from others.
const leastGap = 1e-9

// plane is the field at one point, and the memory to find it. Rows are held column after
// column, so that sums over them are those of long vectors however few columns there are.
//
// Digits beyond what rounding leaves depend on where points before this one were, up to
// forget.
type plane struct {
	of *localPlanes

	// frame is k × d, orthonormal rows: the last plane that was found.
	frame []float64

	near    int       // how many rows may be within the radius of points near around
	columns []float64 // d × near: they
	around  []float64 // nil where it is not known
	place   []float64 // the memory of around
	picked  []int32   // their numbers
	slack   float64   // how near

	mass          float64   // the sum of weights
	from          []float64 // d × near: less the weighted mean of the rows
	weight, slope []float64 // of each: u⁶ and u⁵ for u = 1 − r²/radius², or 0 beyond it
	mean          []float64 // d, less the point
	weighed       []float64 // of the covariance, or the Gram matrix

	second, turned []float64 // order × order, the covariance or the Gram matrix, and its eigenvectors
	values         []float64 // eigenvalues, falling
	vectors        []float64 // order × d

	part, in, out, leaning []float64 // of the gradient
}

func (f *localPlanes) scratch() *plane {
	_, d := f.rows.Dims()
	return &plane{of: f, frame: make([]float64, f.k*d), slack: f.radius / 6, mean: make([]float64, d), leaning: make([]float64, d)}
}

// forget makes what comes next independent of what was.
func (p *plane) forget() { p.around = nil }

// pick finds the rows that may be within the radius of points near x.
func (p *plane) pick(x []float64) {
	n, d := p.of.rows.Dims()
	p.place = append(p.place[:0], x...)
	p.around, p.picked = p.place, p.picked[:0]
	reach := p.of.radius + p.slack
	reach *= reach * (1 + 1e-12)
	all := p.of.rows.RawMatrix()
	for i := range n {
		if squared(x, all.Data[i*all.Stride:i*all.Stride+d]) < reach {
			p.picked = append(p.picked, int32(i))
		}
	}
	m := len(p.picked)
	p.near = m
	p.columns, p.from = room(p.columns, d*m), room(p.from, d*m)
	p.weight, p.slope, p.part, p.in, p.out = room(p.weight, m), room(p.slope, m), room(p.part, m), room(p.in, m), room(p.out, m)
	for t, i := range p.picked {
		for j, v := range all.Data[int(i)*all.Stride : int(i)*all.Stride+d] {
			p.columns[j*m+t] = v
		}
	}
}

// gather finds the weights of the rows around x, and what they differ by from their mean.
func (p *plane) gather(x []float64) {
	if p.around == nil || !(squared(x, p.around) <= p.slack*p.slack) {
		p.pick(x)
	}
	m := p.near
	square := p.part
	clear(square)
	for j, at := range x {
		from := p.from[j*m : (j+1)*m]
		for t, v := range p.columns[j*m : (j+1)*m] {
			e := v - at
			from[t] = e
			square[t] += e * e
		}
	}
	scale := 1 / (p.of.radius * p.of.radius)
	weight, slope := p.weight, p.slope[:m]
	for t, r := range square {
		u := max(1-r*scale, 0)
		u2 := u * u
		u5 := u2 * u2 * u
		slope[t], weight[t] = u5, u5*u
	}
	p.mass = total(weight)
	for j := range p.mean {
		from := p.from[j*m : (j+1)*m]
		mean := kernel.Dot64(weight, from) / p.mass
		p.mean[j] = mean
		for t := range from {
			from[t] -= mean
		}
	}
}

// total is the sum of values, by four at a time.
func total(v []float64) float64 {
	var s [4]float64
	for len(v) >= 4 {
		s[0] += v[0]
		s[1] += v[1]
		s[2] += v[2]
		s[3] += v[3]
		v = v[4:]
	}
	for i, x := range v {
		s[i] += x
	}
	return s[0] + s[1] + (s[2] + s[3])
}

// squared is the squared distance of two points, without the call that few columns are
// not worth.
func squared(a, b []float64) float64 {
	if len(a) > 8 {
		return kernel.SquaredDistance64(a, b)
	}
	s := 0.
	for j, v := range b[:len(a)] {
		e := v - a[j]
		s += e * e
	}
	return s
}

// at finds the plane at x. It reports whether there is one; where there is not, frame
// stays that of the point before: too few rows are within the radius, or they do not
// tell which plane.
func (p *plane) at(x []float64) bool {
	d, k := len(p.mean), p.of.k
	p.gather(x)
	order := min(p.near, d)
	if order < k || !(p.mass >= 1e-200) {
		return false
	}
	p.second, p.turned, p.values = room(p.second, order*order), zeros(p.turned, order*order), room(p.values, order)
	if p.near < d {
		p.gram()
	} else {
		p.covariance()
	}
	if !eigenSmall(p.second, p.turned, p.values) {
		return false
	}
	next := 0.
	if k < order {
		next = p.values[k]
	}
	if gap := leastGap * p.values[0]; !(p.values[k-1] > gap) || k < d && !(p.values[k-1]-next > gap) {
		return false
	}
	if p.vectors = zeros(p.vectors, order*d); p.near < d {
		p.lift(order)
	} else {
		copy(p.vectors, p.turned)
	}
	if !finite(p.vectors[:k*d]) {
		return false
	}
	copy(p.frame, p.vectors)
	return true
}

// covariance fills second for as many rows as columns or more.
func (p *plane) covariance() {
	d, m := len(p.mean), p.near
	p.weighed = room(p.weighed, m)
	for a := range d {
		from := p.from[a*m : (a+1)*m]
		for t, w := range p.weight {
			p.weighed[t] = w * from[t]
		}
		for b := range a + 1 {
			p.second[a*d+b] = kernel.Dot64(p.weighed, p.from[b*m:(b+1)*m]) / p.mass
		}
	}
	mirror(p.second, d)
}

// gram fills second for fewer rows than columns: the products of weighted rows, whose
// eigenvalues are those of the covariance that are not zero.
func (p *plane) gram() {
	d, m := len(p.mean), p.near
	p.weighed = room(p.weighed, m*d)
	for t, w := range p.weight {
		w = math.Sqrt(w / p.mass)
		for j := range d {
			p.weighed[t*d+j] = w * p.from[j*m+t]
		}
		for s := range t + 1 {
			p.second[t*m+s] = kernel.Dot64(p.weighed[t*d:(t+1)*d], p.weighed[s*d:(s+1)*d])
		}
	}
	mirror(p.second, m)
}

// lift takes eigenvectors of the Gram matrix to those of the covariance. Where the
// eigenvalue is rounding there is none: it is left as zero, and has no part in what follows.
func (p *plane) lift(order int) {
	d := len(p.mean)
	for c := range order {
		if p.values[c] <= 1e-14*p.values[0] {
			break
		}
		to := p.vectors[c*d : (c+1)*d]
		for t := range p.near {
			kernel.Axpy64(p.turned[c*order+t]/math.Sqrt(p.values[c]), p.weighed[t*d:(t+1)*d], to)
		}
	}
}

// gradient replaces g by the gradient of ½·|P(x)·q|² where at found the plane P(x).
//
// The projector changes with the covariance C by Σ (uₐ·dC·u_b)/(λₐ − λ_b)·(uₐu_bᵀ + u_buₐᵀ)
// over the vectors uₐ of the plane and all others u_b. C changes with the weights alone, for
// the rows' deviations from their mean sum to zero; so the gradient is a sum over rows of
// what their weight gains times the scalar Σₐ (q·uₐ)(uₐ·y)(gₐ·y), with y the deviation
// and gₐ = Σ_b (q·u_b)/(λₐ − λ_b)·u_b.
func (p *plane) gradient(q, g []float64) {
	d, m, k, order := len(p.mean), p.near, p.of.k, len(p.values)
	clear(p.part)
	for a := range k {
		u := p.vectors[a*d : (a+1)*d]
		along := kernel.Dot64(q, u)
		clear(p.leaning)
		for b := k; b < order; b++ {
			v := p.vectors[b*d : (b+1)*d]
			kernel.Axpy64(along*kernel.Dot64(q, v)/(p.values[a]-p.values[b]), v, p.leaning)
		}
		clear(p.in)
		clear(p.out)
		for j := range d {
			from := p.from[j*m : (j+1)*m]
			kernel.Axpy64(u[j], from, p.in)
			kernel.Axpy64(p.leaning[j], from, p.out)
		}
		for t, v := range p.in {
			p.part[t] += v * p.out[t]
		}
	}
	mean := kernel.Dot64(p.weight, p.part) / p.mass
	for t, w := range p.slope {
		p.part[t] = w * (p.part[t] - mean)
	}
	sum, scale := total(p.part), 12/(p.of.radius*p.of.radius*p.mass)
	for j := range g {
		g[j] = scale * (kernel.Dot64(p.part, p.from[j*m:(j+1)*m]) + sum*p.mean[j]) // from the point, not from the mean
	}
}

// room returns n values, whatever they are, in the memory of v where it is enough.
func room(v []float64, n int) []float64 {
	if cap(v) < n {
		return make([]float64, n, n+n/4)
	}
	return v[:n]
}

// zeros returns n zeros, in the memory of v where it is enough.
func zeros(v []float64, n int) []float64 {
	v = room(v, n)
	clear(v)
	return v
}
