package intrinsic

import (
	"fmt"
	"math"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// ratios returns ln(T_far/T_near) of every row.
func (s *distinct) ratios(near, far int) []float64 {
	y := make([]float64, s.n)
	for i := range y {
		r := s.row(i)
		y[i] = logRatio(r[far-1], r[near-1])
	}
	return y
}

// ratioLikelihood is the likelihood of a dimension d, given y = ln(T_far/T_near)
// of rows in places of uniform density: that of N rows is, but for a constant,
//
//	N·ln d − near·d·Σy + (far−near−1)·Σ ln(1−e^−dy).
//
// Rows whose two distances are equal count as the limit of minute y.
type ratioLikelihood struct {
	y         []float64
	near, far float64
	sum       float64 // of y
}

// newRatioLikelihood returns a *mat32.DegenerateError where all y are zero.
func newRatioLikelihood(method string, y []float64, near, far int) (ratioLikelihood, error) {
	l := ratioLikelihood{y: y, near: float64(near), far: float64(far)}
	for _, v := range y {
		l.sum += v
	}
	if l.sum == 0 {
		return l, equallyFar(method, near, far, len(y))
	}
	return l, nil
}

// of returns what a row of ratio y adds to the score at d.
func (l ratioLikelihood) of(y, d float64) float64 {
	return 1/d - l.near*y + (l.far-l.near-1)*y/math.Expm1(d*y)
}

// score returns the derivative of the likelihood of count rows by d, and its own
// derivative.
func (l ratioLikelihood) score(d, count float64) (value, slope float64) {
	var first, second float64
	for _, v := range l.y {
		q := math.Expm1(d * v)
		if q == 0 {
			first += 1 / d
			second += 1 / (d * d)
			continue
		}
		first += v / q
		second += v / q * (v + v/q)
	}
	between := l.far - l.near - 1
	return count/d - l.near*l.sum + between*first, -count/(d*d) - between*second
}

// most returns the d of greatest likelihood, where count, for N, makes the number
// of rows one less to be unbiased.
func (l ratioLikelihood) most(count float64) float64 {
	start := float64(len(l.y)) * math.Log(l.far/l.near) / l.sum
	return root(start, func(d float64) (value, slope float64) { return l.score(d, count) })
}

// error returns the standard error at d by the information of independent rows.
func (l ratioLikelihood) error(d float64) float64 {
	// In units of d, so that squares of huge dimensions do not overflow.
	var second float64
	for _, v := range l.y {
		if q := math.Expm1(d * v); q == 0 {
			second++
		} else {
			second += d * v / q * (d*v + d*v/q)
		}
	}
	return d / math.Sqrt(float64(len(l.y))+(l.far-l.near-1)*second)
}

// log returns the logarithm of the likelihood at d, but for a constant.
func (l ratioLikelihood) log(d float64) float64 {
	var sum float64
	for _, v := range l.y {
		if q := -math.Expm1(-d * v); q == 0 {
			sum += math.Log(d)
		} else {
			sum += math.Log(q)
		}
	}
	return float64(len(l.y))*math.Log(d) - l.near*d*l.sum + (l.far-l.near-1)*sum
}

// root returns where a falling function of a positive number is zero, by Newton's
// steps in its logarithm, kept inside what is known to hold the zero.
func root(start float64, f func(v float64) (value, slope float64)) float64 {
	const furthest = 16 // times as much, or as little, in one step
	v, lo, hi := start, 0., math.Inf(1)
	for range 1000 {
		value, slope := f(v)
		switch {
		case value > 0:
			lo = v
		case value < 0:
			hi = v
		default:
			return v
		}
		next := v * min(max(math.Exp(-value/(slope*v)), 1./furthest), furthest)
		if !(next > lo && next < hi) {
			switch {
			case math.IsInf(hi, 1):
				next = v * furthest
			case lo == 0:
				next = v / furthest
			default:
				next = math.Sqrt(lo) * math.Sqrt(hi)
			}
		}
		if math.Abs(next-v) <= 1e-14*v {
			return next
		}
		v = next
	}
	return v
}

func equallyFar(method string, near, far, rows int) error {
	return &mat32.DegenerateError{Method: method, Reason: fmt.Sprintf(
		"neighbours %d and %d of all %d distinct rows are equally far, as on a lattice: their distances say nothing of the dimension", near, far, rows)}
}
