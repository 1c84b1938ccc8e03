package spectrum

import (
	"math"
)

// MarchenkoPastur is the law of the eigenvalues of the covariance of noise: many
// rows of independent columns of one variance, in the limit at which columns over
// rows keep their ratio. Of more columns than rows, 1 − 1/Ratio of the eigenvalues
// are zero; the law is that of the others, and Quantile and CDF are of these.
//
// Source: V. Marchenko and L. Pastur (1967), Distribution of eigenvalues for some
// sets of random matrices.
type MarchenkoPastur struct {
	// Ratio of columns to rows, above 0. Larger values spread the eigenvalues.
	// Default 1.
	Ratio float64

	// Variance of the noise, in squared units of the data, above 0; the eigenvalues
	// are proportional to it. Default 1.
	Variance float64
}

// Resolve returns the law with defaults filled in; n and d fill the Ratio where
// both are above 0.
func (m MarchenkoPastur) Resolve(n, d int) (MarchenkoPastur, error) {
	const method = "spectrum.MarchenkoPastur"
	if m.Ratio == 0 {
		m.Ratio = 1
		if n > 0 && d > 0 {
			m.Ratio = float64(d) / float64(n)
		}
	}
	if m.Variance == 0 {
		m.Variance = 1
	}
	if err := within(method, "Ratio", m.Ratio, 0x1p-500, 0x1p500, "above 0 and finite"); err != nil {
		return m, err
	}
	return m, within(method, "Variance", m.Variance, 0x1p-1074, math.MaxFloat64, "above 0 and finite")
}

// Edges returns the smallest and the largest eigenvalue of noise:
// Variance·(1 ∓ √Ratio)².
func (m MarchenkoPastur) Edges() (low, high float64, err error) {
	m, err = m.Resolve(0, 0)
	if err != nil {
		return 0, 0, err
	}
	r := math.Sqrt(m.Ratio)
	return m.Variance * (1 - r) * (1 - r), m.Variance * (1 + r) * (1 + r), nil
}

// Density returns that of the eigenvalues that are not zero, at x.
func (m MarchenkoPastur) Density(x float64) (float64, error) {
	low, high, err := m.Edges()
	if err != nil {
		return 0, err
	}
	if !(x > low && x < high) {
		return 0, nil
	}
	m, _ = m.Resolve(0, 0)
	return max(m.Ratio, 1) * math.Sqrt((high-x)*(x-low)) / (2 * math.Pi * m.Variance * m.Ratio * x), nil
}

// CDF returns the share of the eigenvalues that are not zero which lie below x.
func (m MarchenkoPastur) CDF(x float64) (float64, error) {
	m, err := m.Resolve(0, 0)
	if err != nil {
		return 0, err
	}
	return m.below(x / m.Variance), nil
}

// below is the CDF for variance 1. With x = 1 + γ + 2√γ·cos t the integral of the
// density has a closed form in t.
func (m MarchenkoPastur) below(x float64) float64 {
	root := math.Sqrt(m.Ratio)
	c := (x - 1 - m.Ratio) / (2 * root)
	switch {
	case !(c > -1):
		return 0
	case c >= 1:
		return 1
	}
	t := math.Acos(c)
	gap := math.Abs(1 - m.Ratio)
	part := func(t, tangent float64) float64 {
		return (1+m.Ratio)*t - 2*root*math.Sin(t) - 2*gap*math.Atan(math.Abs(1-root)/(1+root)*tangent)
	}
	whole := part(math.Pi, math.Inf(1))
	if gap == 0 {
		whole = 2 * math.Pi
	}
	tail := part(t, math.Tan(t/2))
	return min(max((whole-tail)/(2*math.Pi*min(m.Ratio, 1)), 0), 1)
}

// Quantile returns the eigenvalue below which the given share, from 0 to 1, of
// those that are not zero lies: 0.5 gives the median.
func (m MarchenkoPastur) Quantile(share float64) (float64, error) {
	low, high, err := m.Edges()
	if err != nil {
		return 0, err
	}
	if err := within("spectrum.MarchenkoPastur", "share", share, 0, 1, "0 ≤ share ≤ 1"); err != nil {
		return 0, err
	}
	m, _ = m.Resolve(0, 0)
	low, high = low/m.Variance, high/m.Variance
	for range 200 {
		middle := low + (high-low)/2
		if middle <= low || middle >= high {
			break
		}
		if m.below(middle) < share {
			low = middle
		} else {
			high = middle
		}
	}
	return m.Variance * high, nil
}
