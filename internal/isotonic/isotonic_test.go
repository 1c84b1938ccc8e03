package isotonic

import (
	"context"
	"math"
	"runtime"
	"slices"
	"testing"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/tests/golden"
)

// wavy returns values that rise in the large and not in the small.
func wavy(n int) (y, w []float64) {
	r := fixture.Normal(uint64(n), n+1, 2).RawMatrix().Data
	y, w = make([]float64, n), make([]float64, n)
	for i := range y {
		y[i] = r[2*i] + 3*float64(i)/float64(n+1)
		w[i] = .1 + math.Abs(r[2*i+1])
	}
	return y, w
}

// What is nearest to y among all sequences that do not fall is known by its pools:
// each is constant, at the mean of its values, none of its beginnings has a mean below
// it, and the next is higher.
func TestOptimal(t *testing.T) {
	for _, n := range []int{0, 1, 2, 3, 100, chunk - 1, chunk, chunk + 1, 2*chunk + 77} {
		y, weights := wavy(n)
		for _, w := range [][]float64{nil, weights} {
			f := make([]float64, n)
			if err := Fit(context.Background(), f, y, w); err != nil {
				t.Fatal(err)
			}
			for lo := 0; lo < n; {
				hi := lo
				var sum, total float64
				for hi < n && f[hi] == f[lo] {
					weight := 1.
					if w != nil {
						weight = w[hi]
					}
					sum += weight * y[hi]
					total += weight
					if hi++; sum/total < f[lo]-1e-9 {
						t.Fatalf("n = %d: a beginning of the pool at %d is below it", n, lo)
					}
				}
				if math.Abs(sum/total-f[lo]) > 1e-9 || hi < n && f[hi] < f[lo] {
					t.Fatalf("n = %d: the pool from %d to %d has %v, its mean is %v", n, lo, hi, f[lo], sum/total)
				}
				lo = hi
			}
		}
	}
}

func TestFitAgainstScikitLearn(t *testing.T) {
	var g struct {
		Isotonic []struct{ Y, Weights, Fitted []float64 }
	}
	golden.Load(t, "mds", &g)
	if len(g.Isotonic) < 2 {
		t.Fatal("the golden file has no runs")
	}
	for _, run := range g.Isotonic {
		if len(run.Weights) == 0 {
			run.Weights = nil
		}
		got := slices.Clone(run.Y)
		if err := Fit(context.Background(), got, got, run.Weights); err != nil {
			t.Fatal(err)
		}
		for i, v := range got {
			if math.Abs(v-run.Fitted[i]) > 1e-12 {
				t.Fatalf("value %d is %v, want %v", i, v, run.Fitted[i])
			}
		}
	}
}

func TestSameBitsOnAnyCores(t *testing.T) {
	y, w := wavy(3*chunk + 5)
	var first []float64
	for _, cores := range testenv.Cores() {
		before := runtime.GOMAXPROCS(cores)
		f := make([]float64, len(y))
		err := Fit(context.Background(), f, y, w)
		runtime.GOMAXPROCS(before)
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = f
		}
		if !slices.Equal(f, first) {
			t.Errorf("%d cores give other bits", cores)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := Fit(ctx, make([]float64, len(y)), y, w); err != context.Canceled {
		t.Errorf("a cancel: %v", err)
	}
}
