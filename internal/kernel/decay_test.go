package kernel

import (
	"math"
	"slices"
	"testing"
)

func TestDecay(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		for d := 0; d <= longest; d++ {
			x, _ := sample(d+1, d%5, 1, 30)
			for i, v := range x {
				x[i] = v * v
			}
			check := func(name string, f func([]float64, float64), of func(float64) float64) {
				got := slices.Clone(x)
				f(got[:d], .7)
				if got[d] != x[d] {
					t.Errorf("%s wrote beyond %d values", name, d)
				}
				for i, v := range x[:d] {
					e := -.7 * of(v)
					want := math.Exp(e)
					if e < -708 {
						want = 0
					}
					// The product is rounded once, the exponential to a digit or two.
					if !(math.Abs(got[i]-want) <= (2+math.Abs(e))*0x1p-52*want) {
						t.Fatalf("%s at %d of %d: exp(%v) is %v, want %v", name, i, d, e, got[i], want)
					}
				}
			}
			check("Decay64", Decay64, func(v float64) float64 { return v })
			check("DecayRoots64", DecayRoots64, math.Sqrt)
		}
	})
}

// The exponential itself is right to about the last digit, wherever it is taken.
func TestDecayIsAccurate(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		var x, y []float64
		for v := 0.; v < 707; v += .0371 {
			x = append(x, v)
		}
		y = slices.Clone(x)
		Decay64(y, 1)
		for i, v := range x {
			if want := math.Exp(-v); math.Abs(y[i]-want) > 2*0x1p-52*want {
				t.Fatalf("exp(−%v) is %v, want %v", v, y[i], want)
			}
		}
	})
}

func TestDecayAtTheEnds(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		x := []float64{0, math.Inf(1), 1e300, 708.01, 5e-324, 1e-17}
		want := []float64{1, 0, 0, 0, 1, 1}
		got := slices.Clone(x)
		Decay64(got, 1)
		if !slices.Equal(got, want) {
			t.Errorf("exp(−x) is %v, want %v", got, want)
		}
		got = slices.Clone(x)
		got[3] = 708.01 * 708.01
		DecayRoots64(got, 1)
		if want[5] = 1 - 1e-8; !slices.Equal(got[:5], want[:5]) || math.Abs(got[5]-math.Exp(-math.Sqrt(1e-17))) > 1e-16 {
			t.Errorf("exp(−√x) is %v, want %v", got, want)
		}
	})
}

func BenchmarkDecayRoots(b *testing.B) {
	x, _ := sample(1000, 0, 1, 1)
	for i, v := range x {
		x[i] = v * v
	}
	y := slices.Clone(x)
	for b.Loop() {
		copy(y, x)
		DecayRoots64(y, .7)
	}
}
