package manifold

import (
	"fmt"
	"math"
)

// SPD is the space of symmetric positive definite matrices, covariances for example, with
// the metric that no change of basis changes: the distance of x and y is the root of the
// squared logarithms of the eigenvalues of x⁻¹y, added up. Points and vectors are whole
// matrices, row after row: Order² numbers. Its origin is the identity.
//
// It costs O(Order³) a call; up to order 6 without allocation. Of eigenvalues of x⁻¹y below
// the rounding of the largest it is known only that they are: they count as 2⁻⁵² of it.
//
// Source: X. Pennec, P.
// Fillard and N. Ayache (2006), A Riemannian framework for tensor computing.
type SPD struct {
	// Order is the number of rows of the matrices, up to 4096. Default 2.
	Order int
}

// String returns "SPD(2)".
func (s SPD) String() string { return fmt.Sprintf("SPD(%d)", s.order()) }

// Resolve fills in the default and checks the range; see Manifold.
func (s SPD) Resolve() (Manifold, error) {
	err := resolveDimension("manifold.SPD", "Order", &s.Order, 1<<12)
	return s, err
}

func (s SPD) order() int {
	if s.Order == 0 {
		return 2
	}
	return s.Order
}

// Dim returns Order·(Order+1)/2.
func (s SPD) Dim() int { return s.order() * (s.order() + 1) / 2 }

// Ambient returns Order².
func (s SPD) Ambient() int { return s.order() * s.order() }

// onStack is the largest order whose matrices are kept on the stack.
const onStack = 6

// scratch is three matrices and the numbers of a diagonal.
type scratch [3*onStack*onStack + onStack]float64

// cut returns three n × n matrices and n numbers, of b if they fit.
func cut(b []float64, n int) (f, g, h, d []float64) {
	if n > onStack {
		b = make([]float64, 3*n*n+n)
	}
	m := n * n
	return b[:m], b[m : 2*m], b[2*m : 3*m], b[3*m : 3*m+n]
}

// Check accepts matrices that are symmetric and have a Cholesky factor; see Manifold for
// the errors.
func (s SPD) Check(x []float64) error {
	if err := check(s, x); err != nil {
		return err
	}
	n := s.order()
	for i := range n {
		for j := range i {
			a, b := x[i*n+j], x[j*n+i]
			if !(math.Abs(a-b) <= off*math.Sqrt(math.Abs(x[i*n+i]))*math.Sqrt(math.Abs(x[j*n+j]))) {
				return &PointError{s.String(), fmt.Sprintf("it is not symmetric: %v and %v in rows %d and %d", b, a, j, i)}
			}
		}
	}
	var b scratch
	l, _, _, _ := cut(b[:], n)
	definite := cholesky(l, x, n)
	for i := range n {
		definite = definite && l[i*n+i]*l[i*n+i] > 1e-14*x[i*n+i] // not by rounding
	}
	if !definite {
		return &PointError{s.String(), "it is not positive definite"}
	}
	return nil
}

// Project makes x symmetric, and what is not positive of its eigenvalues a 1e-12th of the
// largest, or 1 where that is none.
func (s SPD) Project(x []float64) {
	n := s.order()
	var b scratch
	a, v, _, d := cut(b[:], n)
	for i := range n {
		for j := range n {
			a[i*n+j] = x[i*n+j]/2 + x[j*n+i]/2
		}
	}
	copy(x, a)
	eigen(a, v, d, n)
	least := 0.
	for _, e := range d {
		least = max(least, e*1e-12)
	}
	if least == 0 {
		least = 1
	}
	for i, e := range d {
		if e > 0 && e >= least/2 {
			continue
		}
		for r := range n { // lifts one eigenvalue, and leaves the others as they are
			for c := range n {
				x[r*n+c] += (least - e) * v[r*n+i] * v[c*n+i]
			}
		}
	}
}

// Point is the exponential of the matrix that has the first Order numbers of z on its
// diagonal, and the others, divided by √2, row after row above it.
func (s SPD) Point(dst, z []float64) {
	n := s.order()
	var b scratch
	a, v, _, d := cut(b[:], n)
	next := n
	for i := range n {
		a[i*n+i] = z[i]
		for j := i + 1; j < n; j++ {
			a[i*n+j] = z[next] / math.Sqrt2
			a[j*n+i] = a[i*n+j]
			next++
		}
	}
	eigen(a, v, d, n)
	exponentials(d)
	compose(dst, v, d, n)
}

// whiten writes to w the matrix L⁻¹·y·L⁻ᵀ, where L is the Cholesky factor of x, in l. It
// reports whether x has one.
func whiten(w, l, x, y []float64, n int) bool {
	if !cholesky(l, x, n) {
		for i := range w {
			w[i] = math.NaN()
		}
		return false
	}
	copy(w, y)
	for range 2 { // L⁻¹·w, transposed, twice
		for j := range n {
			for i := range n {
				sum := w[i*n+j]
				for k := range i {
					sum -= l[i*n+k] * w[k*n+j]
				}
				w[i*n+j] = sum / l[i*n+i]
			}
		}
		for i := range n {
			for j := range i {
				w[i*n+j], w[j*n+i] = w[j*n+i], w[i*n+j]
			}
		}
	}
	for i := range n {
		for j := range i {
			mean := w[i*n+j]/2 + w[j*n+i]/2
			w[i*n+j], w[j*n+i] = mean, mean
		}
	}
	return true
}

// color writes to dst the matrix L·w·Lᵀ; w is lost.
func color(dst, l, w []float64, n int) {
	for j := range n {
		for i := n - 1; i >= 0; i-- {
			sum := 0.
			for k := range i + 1 {
				sum += l[i*n+k] * w[k*n+j]
			}
			w[i*n+j] = sum
		}
	}
	for i := range n {
		for j := n - 1; j >= 0; j-- {
			sum := 0.
			for k := range j + 1 {
				sum += w[i*n+k] * l[j*n+k]
			}
			w[i*n+j] = sum
		}
	}
	for i := range n {
		for j := range n {
			dst[i*n+j] = w[i*n+j]/2 + w[j*n+i]/2
		}
	}
}

// logarithms replaces eigenvalues by their logarithms, and returns the length of these.
func logarithms(d []float64) float64 {
	largest := 0.
	for _, e := range d {
		largest = max(largest, e)
	}
	for i, e := range d {
		d[i] = math.Log(max(e, 0x1p-52*largest))
	}
	return norm(d)
}

func exponentials(d []float64) {
	for i, e := range d {
		d[i] = math.Exp(e)
	}
}

// Distance returns the length of the geodesic.
func (s SPD) Distance(x, y []float64) float64 {
	n := s.order()
	var b scratch
	w, l, _, d := cut(b[:], n)
	if !whiten(w, l, x, y, n) {
		return math.NaN()
	}
	eigen(w, nil, d, n)
	return logarithms(d)
}

// Exp goes along the geodesic of v.
func (s SPD) Exp(dst, x, v []float64) {
	n := s.order()
	var b scratch
	w, l, q, d := cut(b[:], n)
	whiten(w, l, x, v, n)
	eigen(w, q, d, n)
	exponentials(d)
	compose(w, q, d, n)
	color(dst, l, w, n)
}

// Log points along the geodesic; see Manifold.
func (s SPD) Log(dst, x, y []float64) float64 {
	n := s.order()
	var b scratch
	w, l, q, d := cut(b[:], n)
	whiten(w, l, x, y, n)
	eigen(w, q, d, n)
	length := logarithms(d)
	compose(w, q, d, n)
	color(dst, l, w, n)
	return length
}

// Inner returns the trace of x⁻¹·u·x⁻¹·v.
func (s SPD) Inner(x, u, v []float64) float64 {
	n := s.order()
	var b scratch
	w, l, q, _ := cut(b[:], n)
	whiten(w, l, x, u, n)
	whiten(q, l, x, v, n)
	return dot(w, q)
}

// Transport takes v along the geodesic: E·v·Eᵀ for E = (y·x⁻¹)^½.
func (s SPD) Transport(dst, x, y, v []float64) {
	n := s.order()
	var b, more scratch
	w, l, q, d := cut(b[:], n)
	root, u, _, _ := cut(more[:], n)
	whiten(w, l, x, y, n)
	eigen(w, q, d, n)
	for i, e := range d {
		d[i] = math.Sqrt(max(e, 0))
	}
	compose(root, q, d, n)
	whiten(w, l, x, v, n)
	multiply(u, root, w, n)
	multiply(w, u, root, n)
	color(dst, l, w, n)
}

// Gradient is x·g·x, of the symmetric part of g.
func (s SPD) Gradient(dst, x, g []float64) {
	n := s.order()
	var b scratch
	w, u, q, _ := cut(b[:], n)
	for i := range n {
		for j := range n {
			q[i*n+j] = g[i*n+j]/2 + g[j*n+i]/2
		}
	}
	multiply(u, x, q, n)
	multiply(w, u, x, n)
	copy(dst, w)
}

// LogVolume returns −½·Σ log(sinh(δ/2)/(δ/2)) over the differences δ of the logarithms of
// the eigenvalues of x⁻¹y.
func (s SPD) LogVolume(x, y []float64) float64 {
	n := s.order()
	var b scratch
	w, l, _, d := cut(b[:], n)
	if !whiten(w, l, x, y, n) {
		return math.NaN()
	}
	eigen(w, nil, d, n)
	logarithms(d)
	sum := 0.
	for i, a := range d {
		for _, c := range d[:i] {
			sum -= logSinhc(math.Abs(a-c)/2) / 2
		}
	}
	return sum
}
