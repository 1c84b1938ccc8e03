package spectrum

import (
	"fmt"
	"math"

	"github.com/flatland-go/flatland/internal/line"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
)

// AlphaReQ fits a power law to a spectrum: λⱼ ∝ j^−α for the j-th largest
// eigenvalue, by least squares of ln λ on ln j. Representations are said to
// generalise best near α = 1; smaller ones decay more slowly and are rougher.
//
// The exponent depends on the range that is fitted, so that only those of one range
// can be compared.
//
// Source: K. Agrawal, A. Mondal, A. Ghosh and B. Richards (2022), α-ReQ: assessing
// representation quality in self-supervised learning by measuring eigenspectrum decay.
type AlphaReQ struct {
	// From and To are the first and the last j of the fit, counted from 1. Larger
	// ones look at the tail. Default all values that are not zero, which are those
	// above 1e-12 of the largest.
	From, To int
}

const alphaReQ = "spectrum.AlphaReQ"

// Resolve returns the options with the default for d eigenvalues; n does not matter.
func (a AlphaReQ) Resolve(n, d int) (AlphaReQ, error) {
	if a.From == 0 {
		a.From = 1
	}
	if a.To == 0 {
		a.To = d
	}
	if a.From < 1 || a.From > d {
		return a, &mat32.ParamError{Method: alphaReQ, Param: "From", Value: a.From, Want: fmt.Sprintf("1 ≤ From ≤ %d", d)}
	}
	if a.To < a.From+1 || a.To > d {
		return a, &mat32.ParamError{Method: alphaReQ, Param: "To", Value: a.To, Want: fmt.Sprintf("From+1 = %d ≤ To ≤ %d, for two values or more", a.From+1, d)}
	}
	return a, nil
}

// Exponent returns α. Its standard error is that of the least squares, which takes
// eigenvalues for independent; 0 for two of them, which a line always meets.
// *mat32.DegenerateError where fewer than two are not zero.
func (a AlphaReQ) Exponent(values []float64) (measure.Score, error) {
	v, _, err := relative(alphaReQ, values)
	if err != nil {
		return measure.Score{}, err
	}
	v = v[:leading(v, func(int) float64 { return 1e-12 })]
	if len(v) < 2 {
		return measure.Score{}, &mat32.DegenerateError{Method: alphaReQ, Reason: "one eigenvalue alone is not zero: nothing decays"}
	}
	if a, err = a.Resolve(0, len(v)); err != nil {
		return measure.Score{}, err
	}
	v = v[a.From-1 : a.To]
	m := float64(len(v))
	places, logs := make([]float64, len(v)), make([]float64, len(v))
	var at, mean float64
	for i, x := range v {
		places[i], logs[i] = math.Log(float64(a.From+i)), math.Log(x)
		at += places[i] / m
		mean += logs[i] / m
	}
	var slope, squares, weights float64
	for i, w := range line.Weights(places) {
		slope += w * (logs[i] - mean)
		weights += w * w
	}
	for i, y := range logs {
		off := y - mean - slope*(places[i]-at)
		squares += off * off
	}
	s := measure.Score{Name: "alpha-ReQ", Value: 0 - slope,
		Convention: fmt.Sprintf("least squares of ln λ on ln j, j = %d … %d", a.From, a.To)}
	if m > 2 {
		s.StdErr = math.Sqrt(squares / (m - 2) * weights)
	}
	return s, nil
}
