package layout

import (
	"math"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// FitAB returns a and b of the curve 1/(1+a·d^(2b)), by which UMAP says how much two
// points at distance d of a map are joined, for which it is nearest, in the sense of
// least squares at 300 even distances from 0 to 3·spread, to 1 up to minDist and
// exp(−(d−minDist)/spread) beyond.
//
// The error is a *mat32.ParamError unless 0 ≤ minDist ≤ spread and spread is finite and
// above 0.
//
// Source: L. McInnes, J. Healy and J. Melville (2018), UMAP: Uniform manifold
// approximation and projection for dimension reduction, definition 11.
func FitAB(minDist, spread float64) (a, b float64, err error) {
	const method = "layout.FitAB"
	switch {
	case !(spread > 0) || math.IsInf(spread, 1):
		return 0, 0, &mat32.ParamError{Method: method, Param: "spread", Value: spread, Want: "a finite number above 0"}
	case !(minDist >= 0 && minDist <= spread):
		return 0, 0, &mat32.ParamError{Method: method, Param: "minDist", Value: minDist, Want: "0 ≤ minDist ≤ spread"}
	}
	const points = 300
	// In units of spread; logarithms keep both above 0.
	least := minDist / spread
	misfit := func(la, lb float64) (sum float64, gradient, curvature [3]float64) {
		a, b := math.Exp(la), math.Exp(lb)
		for i := range points {
			x := 3 * float64(i) / (points - 1)
			want := 1.
			if x >= least {
				want = math.Exp(least - x)
			}
			p := a * math.Pow(x, 2*b)
			v := 1 / (1 + p)
			miss := v - want
			sum += miss * miss
			if x == 0 {
				continue
			}
			da := -v * v * p                       // by log a
			db := -v * v * p * 2 * b * math.Log(x) // by log b
			gradient[0] += da * miss
			gradient[1] += db * miss
			curvature[0] += da * da
			curvature[1] += da * db
			curvature[2] += db * db
		}
		return sum, gradient, curvature
	}
	// Levenberg and Marquardt: Gauss-Newton steps, shortened while they do not help.
	la, lb, damping := 0., 0., 1e-3
	sum, g, h := misfit(la, lb)
	for range 500 {
		p, q := h[0]*(1+damping), h[2]*(1+damping)
		det := p*q - h[1]*h[1]
		sa, sb := (q*g[0]-h[1]*g[1])/det, (p*g[1]-h[1]*g[0])/det
		s, gn, hn := misfit(la-sa, lb-sb)
		if !(s <= sum) {
			if damping *= 4; damping > 1e12 {
				break
			}
			continue
		}
		la, lb, sum, g, h = la-sa, lb-sb, s, gn, hn
		damping /= 4
		if math.Abs(sa)+math.Abs(sb) < 1e-14 {
			break
		}
	}
	b = math.Exp(lb)
	return math.Exp(la) / math.Pow(spread, 2*b), b, nil
}
