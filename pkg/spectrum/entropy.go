package spectrum

import (
	"math"
)

// Entropy returns that of the shares of the eigenvalues in their sum, −Σ p·log p
// in nats: von Neumann's, of a matrix of trace 1. It is 0 for one direction and
// log d for d equal ones.
//
// Source: J. von Neumann (1927), Thermodynamik quantenmechanischer Gesamtheiten.
func Entropy(values []float64) (float64, error) { return renyi("spectrum.Entropy", values, 1) }

// Renyi returns the entropy of the given order, log(Σ p^order)/(1 − order), in
// nats. Order 0 is the logarithm of the number of positive values, 1 Entropy, 2
// that of ParticipationRatio, and +Inf that of the sum over the largest, as
// StableRank. Larger orders look at the large values more.
//
// Source: A. Rényi (1961), On measures of entropy and information.
func Renyi(values []float64, order float64) (float64, error) {
	const method = "spectrum.Renyi"
	if err := within(method, "order", order, 0, math.Inf(1), "0 or more"); err != nil {
		return 0, err
	}
	return renyi(method, values, order)
}

func renyi(method string, values []float64, order float64) (float64, error) {
	v, _, err := relative(method, values)
	if err != nil {
		return 0, err
	}
	total, s := sum(v), 0.
	switch {
	case order == 1:
		for _, x := range v {
			if p := x / total; p > 0 {
				s -= p * math.Log(p)
			}
		}
		return max(s, 0), nil
	case math.IsInf(order, 1):
		return math.Log(total), nil
	}
	for _, x := range v {
		if x > 0 { // the largest is 1, so that no power of it vanishes
			s += math.Pow(x, order)
		}
	}
	return max((math.Log(s)-order*math.Log(total))/(1-order), 0), nil
}

// EffectiveRank returns e^Entropy: how many equal values have the same entropy.
// Roy and Vetterli take singular values, for which give their roots; of
// eigenvalues it is that of the covariance.
//
// Source: O. Roy and M. Vetterli (2007), The effective rank: a measure of effective
// dimensionality.
func EffectiveRank(values []float64) (float64, error) {
	h, err := renyi("spectrum.EffectiveRank", values, 1)
	return exp(h, err)
}

// ParticipationRatio returns (Σλ)²/Σλ²: how many equal eigenvalues have the same
// sum and the same sum of squares.
//
// Source: R. Bell and P. Dean (1970), Atomic vibrations in vitreous silica.
func ParticipationRatio(values []float64) (float64, error) {
	v, _, err := relative("spectrum.ParticipationRatio", values)
	if err != nil {
		return 0, err
	}
	squares := 0.
	for _, x := range v {
		squares += x * x
	}
	total := sum(v)
	return total * total / squares, nil
}

// StableRank returns Σλ/max λ: for squared singular values the squared Frobenius norm
// over the squared spectral norm, which small changes of a matrix hardly change.
//
// Source: M. Rudelson and R. Vershynin (2007), Sampling from large matrices: an
// approach through geometric functional analysis.
func StableRank(values []float64) (float64, error) {
	v, _, err := relative("spectrum.StableRank", values)
	return sum(v), err
}

func exp(h float64, err error) (float64, error) {
	if err != nil {
		return 0, err
	}
	return math.Exp(h), nil
}
