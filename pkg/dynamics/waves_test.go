package dynamics

import (
	"math"
	"math/cmplx"
	"testing"

	"github.com/flatland-go/flatland/internal/rng"
)

// Coefficients are those of the definition, and give the series back, for lengths with and
// without large primes.
func TestWaves(t *testing.T) {
	for _, n := range []int{1, 2, 3, 8, 60, 67, 134, 201, 997, 1000} {
		random, x := rng.New(1, "test", n), make([]float64, n)
		for i := range x {
			x[i] = random.Normal()
		}
		w, c := newWaves(n), make([]complex128, n/2+1)
		w.apart(c, x)
		for k := range c {
			want := complex(0, 0)
			for i, v := range x {
				want += complex(v, 0) * cmplx.Rect(1, -2*math.Pi*float64(i*k%n)/float64(n))
			}
			if cmplx.Abs(c[k]-want) > 1e-10*float64(n) {
				t.Fatalf("n = %d: coefficient %d is %v, by definition %v", n, k, c[k], want)
			}
		}
		back := make([]float64, n)
		w.together(back, c)
		for i := range x {
			if math.Abs(back[i]-x[i]) > 1e-12*float64(n) {
				t.Fatalf("n = %d: value %d comes back as %v, was %v", n, i, back[i], x[i])
			}
		}
	}
}
