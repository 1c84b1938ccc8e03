package dynamics

import (
	"context"
	"math"

	"gonum.org/v1/gonum/dsp/fourier"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// Period returns the dominant period of a system, where the mean power spectrum of its variables,
// each in its own standard deviations, times the frequency is largest: motions that are recorded
// at equally many points a period can be compared (W. Gilpin, 2021, Chaos as an interpretable
// benchmark for forecasting and data-driven modelling). For maps it is 1, their step. Variables
// that grow at a constant rate, as the phase of what is driven does, do not count.
//
// The spectrum is that of 2¹⁵ states, a Step of the system apart, in windows of 2¹² that overlap by
// half (P. Welch, 1967, The use of fast Fourier transform for the estimation of power spectra),
// smoothed over five frequencies; the period is found to a few per cent where it is about 50
// steps. Errors as of Simulate, and a *mat32.DegenerateError where no variable varies.
func Period(ctx context.Context, of System) (float64, error) {
	const (
		method  = "dynamics.Period"
		states  = 1 << 15
		window  = 1 << 12
		smooth  = 2 // frequencies on either side
		slowest = 4 // cycles in a window: what is slower is drift
	)
	if of.Map {
		return 1, nil
	}
	orbit, err := Simulate{Tolerance: 1e-6}.Run(ctx, of, states)
	if err != nil {
		return 0, mat32.Rename(method, err)
	}
	transform := fourier.NewFFT(window)
	power, piece := make([]float64, window/2+1), make([]float64, window)
	var c []complex128
	varies := false
	for variable := range of.Dim() {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		values := mat.Col(nil, variable, orbit.X)
		if steady(values) {
			continue
		}
		varies = true
		z, mean := unitOf(values).all(values), 0.0
		for _, v := range z {
			mean += v / states
		}
		for from := 0; from+window <= states; from += window / 2 {
			for i := range piece {
				hann := math.Sin(math.Pi * float64(i) / window)
				piece[i] = (z[from+i] - mean) * hann * hann
			}
			c = transform.Coefficients(c, piece)
			for k, v := range c {
				power[k] += real(v)*real(v) + imag(v)*imag(v)
			}
		}
	}
	if !varies {
		return 0, &mat32.DegenerateError{Method: method, Reason: "no variable of " + of.Name + " varies"}
	}
	best, most := slowest, 0.0
	for k := slowest; k < len(power)-smooth; k++ {
		sum := 0.0
		for j := k - smooth; j <= k+smooth; j++ {
			sum += power[j]
		}
		// The power of an octave: a slow wander has much power at no one frequency.
		if sum *= float64(k); sum > most {
			best, most = k, sum
		}
	}
	// The frequency is the centre of the peak.
	center, sum := 0.0, 0.0
	for j := best - smooth; j <= best+smooth; j++ {
		center, sum = center+float64(j)*power[j], sum+power[j]
	}
	return orbit.Times[1] * window * sum / center, nil
}

// steady says whether values grow at a constant rate, or not at all.
func steady(values []float64) bool {
	n := len(values)
	rate := (values[n-1] - values[0]) / float64(n-1)
	scale := math.Abs(values[n-1]-values[0]) + math.Abs(values[0])
	for i, v := range values {
		if math.Abs(v-values[0]-rate*float64(i)) > 1e-6*scale {
			return false
		}
	}
	return true
}
