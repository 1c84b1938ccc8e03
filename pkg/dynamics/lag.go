package dynamics

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/dsp/fourier"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// Autocorrelation returns the correlation of a series with itself 0, 1, …, most steps later:
// the biased estimate, whose sums are divided by n. Time O(n·log n). Errors: a
// *mat32.ParamError for a most that is negative or not below n, a *mat32.NotFiniteError, and a
// *mat32.DegenerateError for a constant series.
func Autocorrelation(values []float64, most int) ([]float64, error) {
	const method = "dynamics.Autocorrelation"
	if err := checkSeries(method, values, 2); err != nil {
		return nil, err
	}
	n := len(values)
	if most < 0 || most >= n {
		return nil, &mat32.ParamError{Method: method, Param: "most", Value: most, Want: fmt.Sprintf("0 ≤ most < n = %d", n)}
	}
	mean, scale := 0.0, spread(values)
	for _, v := range values {
		mean += v / float64(n)
	}
	padded := make([]float64, 2*n)
	for i, v := range values {
		padded[i] = (v - mean) / scale
	}
	f := fourier.NewFFT(len(padded))
	c := f.Coefficients(nil, padded)
	for i, v := range c {
		c[i] = complex(real(v)*real(v)+imag(v)*imag(v), 0)
	}
	f.Sequence(padded, c)
	out := make([]float64, most+1)
	for i := range out {
		out[i] = padded[i] / padded[0]
	}
	return out, nil
}

// MutualInformation returns how much, in nats, a series says of itself 0, 1, …, most steps
// later, by histograms of as many equally wide bins for both; 0 bins is for one more than log₂
// n, Sturges' rule, and 8 at least (A. Fraser and H. Swinney, 1986, Independent coordinates for
// strange attractors from mutual information). Time O(n·most). Errors as of Autocorrelation.
func MutualInformation(ctx context.Context, values []float64, most, bins int) ([]float64, error) {
	const method = "dynamics.MutualInformation"
	if err := checkSeries(method, values, 2); err != nil {
		return nil, err
	}
	n := len(values)
	if most < 0 || most >= n {
		return nil, &mat32.ParamError{Method: method, Param: "most", Value: most, Want: fmt.Sprintf("0 ≤ most < n = %d", n)}
	}
	if bins == 0 {
		bins = max(8, 1+int(math.Ceil(math.Log2(float64(n)))))
	}
	if bins < 2 || bins > 4096 {
		return nil, &mat32.ParamError{Method: method, Param: "bins", Value: bins, Want: "2 ≤ bins ≤ 4096, or 0"}
	}
	least, largest := slices.Min(values), slices.Max(values)
	of := make([]int, n)
	for i, v := range values {
		// Halved, so that a range of all numbers is one.
		of[i] = min(int((v/2-least/2)/(largest/2-least/2)*float64(bins)), bins-1)
	}
	out := make([]float64, most+1)
	joint, a, b := make([]int, bins*bins), make([]int, bins), make([]int, bins)
	for lag := range out {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		clear(joint)
		clear(a)
		clear(b)
		for i, u := range of[:n-lag] {
			v := of[i+lag]
			joint[u*bins+v]++
			a[u]++
			b[v]++
		}
		total := float64(n - lag)
		for u := range bins {
			for v, c := range joint[u*bins : (u+1)*bins] {
				if c > 0 {
					out[lag] += float64(c) / total * math.Log(float64(c)*total/(float64(a[u])*float64(b[v])))
				}
			}
		}
	}
	return out, nil
}

// LagRule says by which rule Lag chooses.
type LagRule int

// The rules.
const (
	FirstMinimum LagRule = iota // of the mutual information: the first lag after which it grows
	FirstZero                   // of the autocorrelation: the first lag at which it is not positive
	OneOverE                    // of the autocorrelation: the first lag at which it is below 1/e
)

// String returns the rule in words.
func (r LagRule) String() string {
	switch r {
	case FirstMinimum:
		return "first minimum of the mutual information"
	case FirstZero:
		return "first zero of the autocorrelation"
	case OneOverE:
		return "autocorrelation below 1/e"
	}
	return fmt.Sprintf("LagRule(%d)", int(r))
}

// Lag returns how many steps apart two values of a series say different things, by a rule, up
// to most steps; 0 is for a tenth of the series. found is false, and the lag 1, where the rule
// finds none up to there. Errors as of Autocorrelation.
func Lag(ctx context.Context, values []float64, rule LagRule, most int) (lag int, found bool, err error) {
	if most == 0 {
		most = max(len(values)/10, 1)
	}
	if rule == FirstMinimum {
		mutual, err := MutualInformation(ctx, values, most, 0)
		if err != nil {
			return 0, false, mat32.Rename("dynamics.Lag", err)
		}
		for lag := 1; lag < len(mutual)-1; lag++ {
			if mutual[lag] < mutual[lag-1] && mutual[lag] <= mutual[lag+1] {
				return lag, true, nil
			}
		}
		return 1, false, nil
	}
	below := 0.0
	switch rule {
	case FirstZero:
	case OneOverE:
		below = 1 / math.E
	default:
		return 0, false, &mat32.ParamError{Method: "dynamics.Lag", Param: "rule", Value: rule, Want: "FirstMinimum, FirstZero or OneOverE"}
	}
	correlation, err := Autocorrelation(values, most)
	if err != nil {
		return 0, false, mat32.Rename("dynamics.Lag", err)
	}
	for lag, c := range correlation {
		if c <= below {
			return lag, true, nil
		}
	}
	return 1, false, nil
}

// defaultLag is the lag that methods use where none is given: 1 where each value is news
// already, as those of maps are, and else the first minimum of the mutual information. A note
// says where there is none.
func defaultLag(ctx context.Context, values []float64) (int, []string, error) {
	correlation, err := Autocorrelation(values, 1)
	if err != nil {
		return 0, nil, err
	}
	if math.Abs(correlation[1]) < 1/math.E {
		return 1, nil, nil
	}
	lag, found, err := Lag(ctx, values, FirstMinimum, 0)
	if err != nil {
		return 0, nil, err
	}
	lag = min(lag, max(1, len(values)/20))
	if !found {
		return lag, []string{"the mutual information has no minimum up to a tenth of the series: the lag is 1"}, nil
	}
	return lag, nil, nil
}

func checkSeries(method string, values []float64, least int) error {
	if len(values) < least {
		return &mat32.ShapeError{What: "values", Rows: len(values), Cols: 1, Want: fmt.Sprintf("%d values or more", least)}
	}
	for i, v := range values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return &mat32.NotFiniteError{Row: i, Col: 0, Value: v}
		}
	}
	if spread(values) == 0 {
		return &mat32.DegenerateError{Method: method, Reason: "the series is constant"}
	}
	return nil
}
