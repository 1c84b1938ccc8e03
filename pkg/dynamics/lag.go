package dynamics

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/dsp/fourier"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fft"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// Autocorrelation returns the correlation of a series with itself 0, 1, …, most steps later: the
// biased estimate, whose sums are divided by n. Time O(n·log n), memory O(n). Errors: a
// *mat32.ParamError for a most that is negative or not below n, a *mat32.ShapeError for fewer than
// 2 values, a *mat32.NotFiniteError, and a *mat32.DegenerateError for a constant series.
func Autocorrelation(values []float64, most int) ([]float64, error) {
	const method = "dynamics.Autocorrelation"
	if err := checkLags(method, values, most); err != nil {
		return nil, err
	}
	return autocorrelation(values, most), nil
}

func checkLags(method string, values []float64, most int) error {
	if err := checkSeries(method, values, 2); err != nil {
		return err
	}
	if most < 0 || most >= len(values) {
		return &mat32.ParamError{
			Method: method, Param: "most", Value: most, Want: fmt.Sprintf("0 ≤ most < n = %d", len(values)),
		}
	}
	return nil
}

func autocorrelation(values []float64, most int) []float64 {
	z := unitOf(values).all(values)
	mean := 0.0
	for _, v := range z {
		mean += v / float64(len(z))
	}
	// With zeros after it, the series meets itself at no lag that is asked for.
	padded := make([]float64, fft.Length(len(z)+most))
	for i, v := range z {
		padded[i] = v - mean
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
	return out
}

// MutualInformation returns how much, in nats, a series says of itself 0, 1, …, most steps later,
// by histograms of as many equally wide bins for both; 0 bins is for one more than log₂ n, Sturges'
// rule, and 8 at least (A. Fraser and H. Swinney, 1986, Independent coordinates for strange
// attractors from mutual information). Time O((n + bins²)·most), memory O(n + bins²). Errors as of
// Autocorrelation, and that of ctx.
func MutualInformation(ctx context.Context, values []float64, most, bins int) ([]float64, error) {
	const method = "dynamics.MutualInformation"
	if err := checkLags(method, values, most); err != nil {
		return nil, err
	}
	if bins != 0 && (bins < 2 || bins > 1024) {
		return nil, &mat32.ParamError{Method: method, Param: "bins", Value: bins, Want: "2 ≤ bins ≤ 1024, or 0"}
	}
	at := mutualInformation(values, bins)
	out := make([]float64, most+1)
	for lag := range out {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		out[lag] = at(lag)
	}
	return out, nil
}

// mutualInformation returns the function of the lag.
func mutualInformation(values []float64, bins int) func(lag int) float64 {
	n := len(values)
	if bins == 0 {
		bins = max(8, 1+int(math.Ceil(math.Log2(float64(n)))))
	}
	z := unitOf(values).all(values)
	least, largest := slices.Min(z), slices.Max(z)
	of := make([]int, n)
	for i, v := range z {
		of[i] = min(int((v-least)/(largest-least)*float64(bins)), bins-1)
	}
	joint, a, b := make([]int, bins*bins), make([]int, bins), make([]int, bins)
	return func(lag int) (nats float64) {
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
					nats += float64(c) / total * math.Log(float64(c)*total/(float64(a[u])*float64(b[v])))
				}
			}
		}
		return nats
	}
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

// Lag returns how many steps apart two values of a series say different things, by a rule, up to
// most steps; 0 is for a tenth of the series. found is false, and the lag 1, where the rule finds
// none up to there. Time O(n·log n), and O(n) for each step that FirstMinimum looks at. Errors as of
// MutualInformation, and a *mat32.ParamError for another rule.
func Lag(ctx context.Context, values []float64, rule LagRule, most int) (lag int, found bool, err error) {
	const method = "dynamics.Lag"
	if most == 0 {
		most = max(len(values)/10, 1)
	}
	if err := checkLags(method, values, most); err != nil {
		return 0, false, err
	}
	below := 0.0
	switch rule {
	case FirstMinimum:
		return firstMinimum(ctx, values, most)
	case FirstZero:
	case OneOverE:
		below = 1 / math.E
	default:
		return 0, false, &mat32.ParamError{
			Method: method, Param: "rule", Value: rule, Want: "FirstMinimum, FirstZero or OneOverE",
		}
	}
	for lag, c := range autocorrelation(values, most) {
		if c <= below {
			return lag, true, nil
		}
	}
	return 1, false, nil
}

func firstMinimum(ctx context.Context, values []float64, most int) (lag int, found bool, err error) {
	at := mutualInformation(values, 0)
	before, now := at(0), at(1)
	for lag := 1; lag < most; lag++ {
		if err := ctx.Err(); err != nil {
			return 0, false, err
		}
		after := at(lag + 1)
		if now < before && now <= after {
			return lag, true, nil
		}
		before, now = now, after
	}
	return 1, false, nil
}

// lagged returns the values of a series, and the lag to delay them by: the one given, or, where it
// is 0, one found of the values, and the notes to it.
func lagged(ctx context.Context, method string, x mat.Matrix, given int) (values []float64, lag int, notes []string, err error) {
	if values, err = series(ctx, method, x, 20); err != nil || given != 0 {
		return values, given, nil, err
	}
	lag, notes, err = defaultLag(ctx, values)
	return values, lag, notes, err
}

// defaultLag is the lag that methods use where none is given: 1 where each value is news already,
// as those of maps are, and else the first minimum of the mutual information. A note says where
// there is none.
func defaultLag(ctx context.Context, values []float64) (int, []string, error) {
	if math.Abs(autocorrelation(values, 1)[1]) < 1/math.E {
		return 1, nil, nil
	}
	lag, found, err := firstMinimum(ctx, values, max(len(values)/10, 1))
	if err != nil {
		return 0, nil, err
	}
	lag = min(lag, max(1, len(values)/20))
	if !found {
		return lag, []string{"the mutual information has no minimum up to a tenth of the series: the lag is 1"}, nil
	}
	return lag, nil, nil
}

// defaultTheiler is the window of steps that methods use where none is given: until the series
// has no correlation with itself, times 4, but a tenth of it at most.
func defaultTheiler(values []float64) int {
	zero := len(values)
	for lag, c := range autocorrelation(values, max(len(values)/10, 1)) {
		if c <= 0 {
			zero = lag
			break
		}
	}
	return max(1, min(4*zero, len(values)/10))
}

// checkSeries refuses series that are short, hold what is not finite, or do not vary.
func checkSeries(method string, values []float64, least int) error {
	if len(values) < least {
		return mat32.Rename(method, &mat32.ShapeError{
			What: "values", Rows: len(values), Cols: 1, Want: fmt.Sprintf("%d values or more", least),
		})
	}
	if err := checkFinite(method, values); err != nil {
		return err
	}
	if unitOf(values).size == 0 {
		return &mat32.DegenerateError{Method: method, Reason: "the series is constant"}
	}
	return nil
}

func checkFinite(method string, values []float64) error {
	for i, v := range values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return mat32.Rename(method, &mat32.NotFiniteError{Row: i, Col: 0, Value: v})
		}
	}
	return nil
}
