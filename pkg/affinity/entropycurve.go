package affinity

import (
	"math"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// anew is after how many products a power is an exponential again.
const anew = 32

// EntropyCurve returns the von Neumann entropies of the powers 1, 2, …, longest of an
// operator with the given eigenvalues or singular values: −Σ p·log p in nats, where p are
// their magnitudes to that power, over their sum. It falls fast while noise fades, and
// slowly when structure does; Knee finds where one becomes the other.
//
// Errors: *mat32.ShapeError without values, *mat32.ParamError for longest below 1 or a
// value that is not finite, *mat32.DegenerateError where all are 0. Time
// O(values · longest).
//
// Source: K. Moon et al. (2019), Visualizing structure and transitions in
// high-dimensional biological data.
func EntropyCurve(values []float64, longest int) ([]float64, error) {
	const method = "affinity.EntropyCurve"
	if len(values) == 0 {
		return nil, &mat32.ShapeError{What: "values", Want: "at least one"}
	}
	if longest < 1 {
		return nil, &mat32.ParamError{Method: method, Param: "longest", Value: longest, Want: "1 or more powers"}
	}
	most := 0.
	for _, v := range values {
		if v-v != 0 {
			return nil, &mat32.ParamError{Method: method, Param: "values", Value: v, Want: "finite values"}
		}
		most = max(most, math.Abs(v))
	}
	if most == 0 {
		return nil, &mat32.DegenerateError{Method: method, Reason: "all values are 0"}
	}
	// Of p = e^(t·l)/Σ, the entropy is log Σ − t·Σ p·l.
	logs := make([]float64, 0, len(values))
	for _, v := range values {
		if v != 0 {
			logs = append(logs, math.Log(math.Abs(v))-math.Log(most))
		}
	}
	ratios, powers := make([]float64, len(logs)), make([]float64, len(logs))
	for k, l := range logs {
		ratios[k] = math.Exp(l)
	}
	curve := make([]float64, longest)
	for t := range curve {
		if t%anew == 0 {
			for k, l := range logs {
				powers[k] = math.Exp(float64(t+1) * l)
			}
		}
		var sum, first float64
		for k, w := range powers {
			sum += w
			first += w * logs[k]
			powers[k] = w * ratios[k]
		}
		curve[t] = max(0, math.Log(sum)-float64(t+1)*first/sum)
	}
	return curve, nil
}
