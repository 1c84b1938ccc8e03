package datasets

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mathext"
	"gonum.org/v1/gonum/stat"

	"github.com/flatland-go/flatland/internal/rng"
)

// A logarithm of a gamma number has the mean digamma(shape) and the variance
// trigamma(shape), here the slope of digamma.
func TestLogGamma(t *testing.T) {
	const n = 40_000
	for _, shape := range []float64{0.01, 0.3, 1, 2.5, 50} {
		values := make([]float64, n)
		for i := range values {
			s := rng.New(2, "gamma", i)
			values[i] = logGamma(shape, &s)
		}
		mean, sd := stat.MeanStdDev(values, nil)
		const h = 1e-4
		variance := (mathext.Digamma(shape*(1+h)) - mathext.Digamma(shape*(1-h))) / (2 * h * shape)
		if want := mathext.Digamma(shape); math.Abs(mean-want) > 5*math.Sqrt(variance/n) {
			t.Errorf("shape %v: mean %v, want %v", shape, mean, want)
		}
		// The kurtosis of such numbers is at most that of the exponential tail, 9.
		if math.Abs(sd*sd/variance-1) > 5*math.Sqrt(8./n) {
			t.Errorf("shape %v: variance %v, want %v", shape, sd*sd, variance)
		}
	}
}

func TestPoisson(t *testing.T) {
	const n = 20_000
	for _, mean := range []float64{0.5, 3, 80} {
		values := make([]float64, n)
		for i := range values {
			s := rng.New(3, "poisson", i)
			values[i] = float64(poisson(mean, &s))
		}
		m, sd := stat.MeanStdDev(values, nil)
		if math.Abs(m-mean) > 5*math.Sqrt(mean/n) || math.Abs(sd*sd/mean-1) > 5*math.Sqrt((2+1/mean)/n) {
			t.Errorf("mean %v and variance %v, want %v", m, sd*sd, mean)
		}
	}
	s := rng.New(0, "poisson", 0)
	if got := poisson(0, &s); got != 0 {
		t.Errorf("a mean of nothing gives %d", got)
	}
}

func TestChoose(t *testing.T) {
	const n = 20_000
	sums := make([]float64, 4)
	cumulate(sums, []float64{0, 1, 0, 3})
	var times [4]float64
	for i := range n {
		s := rng.New(4, "choose", i)
		times[choose(sums, &s)]++
	}
	if times[0] != 0 || times[2] != 0 || math.Abs(times[1]/n-0.25) > 5*math.Sqrt(3./16/n) {
		t.Errorf("chosen %v times", times)
	}
}
