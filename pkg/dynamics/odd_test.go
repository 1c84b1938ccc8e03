package dynamics_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/dynamics"
)

// asked is everything that takes a series, by its name, with the number that it finds.
func asked(ctx context.Context) map[string]func(values []float64) (float64, error) {
	vector := func(values []float64) mat.Matrix {
		if len(values) == 0 {
			return new(mat.VecDense)
		}
		return mat.NewVecDense(len(values), values)
	}
	last := func(values []float64, err error) (float64, error) {
		if err != nil {
			return 0, err
		}
		return values[len(values)-1], nil
	}
	return map[string]func(values []float64) (float64, error){
		"Cao": func(v []float64) (float64, error) {
			r, err := dynamics.Cao{Lag: 1}.Estimate(ctx, vector(v))
			if err != nil {
				return 0, err
			}
			return r.E1[0], nil
		},
		"FalseNeighbors": func(v []float64) (float64, error) {
			r, err := dynamics.FalseNeighbors{Lag: 1}.Estimate(ctx, vector(v))
			if err != nil {
				return 0, err
			}
			return r.Shares[0], nil
		},
		"LargestLyapunov": func(v []float64) (float64, error) {
			r, err := dynamics.LargestLyapunov{Dim: 2, Lag: 1}.Estimate(ctx, vector(v))
			if err != nil {
				return 0, err
			}
			return r.Exponent, nil
		},
		"CorrelationDimension": func(v []float64) (float64, error) {
			r, err := dynamics.CorrelationDimension{}.Estimate(ctx, vector(v))
			return r.Value, err
		},
		"Recurrence": func(v []float64) (float64, error) {
			r, err := dynamics.Recurrence{}.Of(ctx, vector(v))
			if err != nil {
				return 0, err
			}
			return r.Determinism, nil
		},
		"SurrogateTest": func(v []float64) (float64, error) {
			r, err := dynamics.SurrogateTest{Count: 5}.Of(ctx, v)
			if err != nil {
				return 0, err
			}
			return r.Value, nil
		},
		"Surrogate": func(v []float64) (float64, error) {
			s, err := dynamics.Surrogate(ctx, v, dynamics.IAAFT, 1)
			if err != nil {
				return 0, err
			}
			return float64(slices.Index(v, s[0])), nil
		},
		"Simplex": func(v []float64) (float64, error) {
			f, err := dynamics.Simplex{}.Of(ctx, v)
			if err != nil {
				return 0, err
			}
			return f.SMAPE(), nil
		},
		"SMap": func(v []float64) (float64, error) {
			f, err := dynamics.SMap{}.After(ctx, v, v)
			if err != nil {
				return 0, err
			}
			return f.SMAPE(), nil
		},
		"ForecastError": func(v []float64) (float64, error) { return dynamics.ForecastError(ctx, v, 3, 1) },
		"Autocorrelation": func(v []float64) (float64, error) {
			return last(dynamics.Autocorrelation(v, 1))
		},
		"MutualInformation": func(v []float64) (float64, error) {
			return last(dynamics.MutualInformation(ctx, v, 1, 0))
		},
		"Lag": func(v []float64) (float64, error) {
			lag, _, err := dynamics.Lag(ctx, v, dynamics.FirstMinimum, 0)
			return float64(lag), err
		},
	}
}

// What is no series is an error of who was asked; numbers of any size and repeated ones are
// answered by a number, or by such an error.
func TestOddSeries(t *testing.T) {
	testenv.Unraced(t)
	two := make([]float64, 200)
	for i := range two {
		two[i] = float64(i * i % 3 % 2)
	}
	spike := make([]float64, 200)
	spike[100] = 1
	ends := noise(1, 200)
	for i, v := range ends {
		ends[i] = math.Copysign(math.MaxFloat64, v)
	}
	smallest := noise(2, 200)
	for i, v := range smallest {
		smallest[i] = math.Round(8*v) * math.SmallestNonzeroFloat64
	}
	holed := func(v float64) []float64 {
		x := noise(1, 200)
		x[17] = v
		return x
	}
	for name, c := range map[string]struct {
		values  []float64
		refused bool
	}{
		"nothing": {nil, true}, "one value": {[]float64{1}, true}, "a constant": {make([]float64, 200), true},
		"a large constant": {slices.Repeat([]float64{1e307}, 200), true},
		"NaN":              {holed(math.NaN()), true}, "infinity": {holed(math.Inf(-1)), true},
		"two values": {two, false}, "a spike": {spike, false}, "a huge one": {holed(1e308), false},
		"the largest numbers": {ends, false}, "the smallest numbers": {smallest, false},
	} {
		for who, ask := range asked(context.Background()) {
			got, err := ask(c.values)
			switch {
			case err == nil && c.refused:
				t.Errorf("%s of %s is %v", who, name, got)
			case err != nil && !strings.HasPrefix(err.Error(), "dynamics."+who):
				t.Errorf("%s of %s does not say who was asked: %v", who, name, err)
			case err == nil && (math.IsNaN(got) || math.IsInf(got, 0)):
				t.Errorf("%s of %s is %v", who, name, got)
			}
		}
	}
}

// A series in another unit, and from another zero, is the same to every method but where the
// number has that unit.
func TestAnyUnit(t *testing.T) {
	testenv.Unraced(t)
	values := column(t, dynamics.Henon(), 300)
	for who, ask := range asked(context.Background()) {
		want, err := ask(values)
		if err != nil {
			t.Fatalf("%s: %v", who, err)
		}
		for _, scale := range []float64{0x1p1010, 0x1p-1010} {
			scaled := make([]float64, len(values))
			for i, v := range values {
				scaled[i] = v * scale
			}
			if got, err := ask(scaled); err != nil || math.Abs(got-want) > 1e-9*math.Abs(want) {
				t.Errorf("%s in a unit of %g: %v, %v, want %v", who, scale, got, err, want)
			}
		}
	}
}

// A cancel is heard soon, in what takes long.
func TestCancel(t *testing.T) {
	testenv.Unraced(t)
	long := noise(1, 1<<17+29) // large primes
	for i := range long {
		if i > 0 {
			long[i] += long[i-1]
		}
	}
	for _, who := range []string{
		"Cao", "FalseNeighbors", "LargestLyapunov", "CorrelationDimension", "Recurrence",
		"SurrogateTest", "Surrogate", "Simplex", "SMap", "Lag",
	} {
		ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
		began := time.Now()
		_, err := asked(ctx)[who](long)
		cancel()
		if err == nil {
			continue // it was done before
		}
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("%s hears a cancel after %v", who, took)
		}
	}
}

// Nor is anything long done where the cancel came first: no tree is built, and no series taken apart.
func TestCanceledBefore(t *testing.T) {
	testenv.Unraced(t)
	long := noise(1, 1<<20)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for who, ask := range asked(ctx) {
		if who == "Autocorrelation" {
			continue // which has no context
		}
		least := time.Hour
		for range 3 { // a busy machine is late once
			began := time.Now()
			if _, err := ask(long); !errors.Is(err, context.Canceled) {
				t.Fatalf("%s of a context that is done: %v", who, err)
			}
			if least = min(least, time.Since(began)); least < 250*time.Millisecond {
				break
			}
		}
		if least >= 250*time.Millisecond {
			t.Errorf("%s hears after %v that the context was done", who, least)
		}
	}
}
