package manifold

import "math"

// Matrices of a few rows, row after row.

// cholesky writes to l the lower factor of a, and reports whether there is one.
func cholesky(l, a []float64, n int) bool {
	clear(l)
	for i := range n {
		for j := range i + 1 {
			sum := a[i*n+j]
			for k := range j {
				sum -= l[i*n+k] * l[j*n+k]
			}
			if i != j {
				l[i*n+j] = sum / l[j*n+j]
				continue
			}
			if !(sum > 0) || math.IsInf(sum, 1) {
				return false
			}
			l[i*n+i] = math.Sqrt(sum)
		}
	}
	return true
}

// eigen writes to d the eigenvalues of the symmetric matrix a, which is lost, and to the
// columns of v, unless it is nil, their vectors: by Jacobi's rotations, which keep the
// digits of small eigenvalues of positive definite matrices.
func eigen(a, v, d []float64, n int) {
	const sweeps = 40
	if v != nil {
		clear(v)
		for i := range n {
			v[i*n+i] = 1
		}
	}
	for range sweeps {
		turned := false
		for p := range n {
			for q := p + 1; q < n; q++ {
				x := a[p*n+q]
				if !(math.Abs(x) > 0x1p-54*math.Sqrt(math.Abs(a[p*n+p]))*math.Sqrt(math.Abs(a[q*n+q]))) {
					continue
				}
				turned = true
				tau := (a[q*n+q] - a[p*n+p]) / (2 * x)
				t := 1 / (math.Abs(tau) + math.Hypot(1, tau))
				if tau < 0 {
					t = -t
				}
				c := 1 / math.Sqrt(1+t*t)
				s := c * t
				a[p*n+p] -= t * x
				a[q*n+q] += t * x
				a[p*n+q], a[q*n+p] = 0, 0
				for i := range n {
					if i != p && i != q {
						g, h := a[i*n+p], a[i*n+q]
						a[i*n+p], a[i*n+q] = c*g-s*h, s*g+c*h
						a[p*n+i], a[q*n+i] = a[i*n+p], a[i*n+q]
					}
					if v != nil {
						g, h := v[i*n+p], v[i*n+q]
						v[i*n+p], v[i*n+q] = c*g-s*h, s*g+c*h
					}
				}
			}
		}
		if !turned {
			break
		}
	}
	for i := range n {
		d[i] = a[i*n+i]
	}
}

// compose writes to dst the matrix V·D·Vᵀ.
func compose(dst, v, d []float64, n int) {
	for i := range n {
		for j := range i + 1 {
			sum := 0.
			for k, e := range d {
				sum += v[i*n+k] * e * v[j*n+k]
			}
			dst[i*n+j], dst[j*n+i] = sum, sum
		}
	}
}

// multiply writes to dst the product of a and b.
func multiply(dst, a, b []float64, n int) {
	for i := range n {
		for j := range n {
			sum := 0.
			for k := range n {
				sum += a[i*n+k] * b[k*n+j]
			}
			dst[i*n+j] = sum
		}
	}
}
