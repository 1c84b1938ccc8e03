package sketch_test

import (
	"context"
	"errors"
	"math"
	"math/cmplx"
	"testing"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/sketch"
)

// lengths are of one value, of primes, of powers and of mixed factors; with most
// of the columns kept the longer ones go through a fast transform, with few they
// are multiplied out.
var lengths = []int{1, 2, 3, 4, 5, 8, 11, 12, 30, 101, 169, 200, 210, 243, 256, 257}

func TestFFTReduceIsTheFourierTransform(t *testing.T) {
	const n = 10
	for _, d := range lengths {
		x := fixture.Normal(uint64(d), n, d)
		want := make([][]complex128, n)
		for i := range n {
			want[i] = make([]complex128, d/2+1)
			for k := range want[i] {
				for j := range d {
					want[i][k] += complex(x.At(i, j), 0) * cmplx.Rect(math.Sqrt(2/float64(d)), -2*math.Pi*float64(j*k%d)/float64(d))
				}
				if k == 0 || 2*k == d {
					want[i][k] /= math.Sqrt2
				}
			}
		}
		for _, dim := range []int{d, (d + 1) / 2, 1, max(1, d-1)} {
			z := done(t)(sketch.FFTReduce{Dim: dim}.Apply(context.Background(), x))
			for i := range n {
				for c := range dim {
					v := real(want[i][(c+1)/2])
					if c > 0 && c%2 == 0 {
						v = imag(want[i][c/2])
					}
					if math.Abs(z.At(i, c)-v) > 3e-6*math.Sqrt(float64(d)) {
						t.Fatalf("%d of %d columns: value (%d, %d) is %v, want %v", dim, d, i, c, z.At(i, c), v)
					}
				}
			}
		}
		for _, dim := range []int{d/2 + 1, d/4 + 1} {
			z := done(t)(sketch.FFTReduce{Dim: dim, Magnitudes: true}.Apply(context.Background(), x))
			for i := range n {
				for k := range dim {
					if v := cmplx.Abs(want[i][k]); math.Abs(z.At(i, k)-v) > 3e-6*math.Sqrt(float64(d)) {
						t.Fatalf("%d of %d columns: the magnitude (%d, %d) is %v, want %v", dim, d, i, k, z.At(i, k), v)
					}
				}
			}
		}
	}
}

func TestDCTIsTheCosineTransform(t *testing.T) {
	const n = 10
	for _, d := range lengths {
		x := fixture.Normal(uint64(d), n, d)
		for _, dim := range []int{d, (d + 1) / 2, 1, max(1, d-1)} {
			z := done(t)(sketch.DCT{Dim: dim}.Apply(context.Background(), x))
			for i := range n {
				for k := range dim {
					v := 0.
					for j := range d {
						v += x.At(i, j) * math.Cos(math.Pi*float64((2*j+1)*k%(4*d))/float64(2*d)) * math.Sqrt(2/float64(d))
					}
					if k == 0 {
						v /= math.Sqrt2
					}
					if math.Abs(z.At(i, k)-v) > 3e-6*math.Sqrt(float64(d)) {
						t.Fatalf("%d of %d columns: value (%d, %d) is %v, want %v", dim, d, i, k, z.At(i, k), v)
					}
				}
			}
		}
	}
}

// Of all columns the transforms are rotations: lengths are kept and the transpose
// takes them back. Of fewer they are projections.
func TestLowFrequenciesAreAProjection(t *testing.T) {
	for _, d := range lengths {
		x := fixture.Normal(uint64(d), 10, d)
		for name, of := range map[string]func(k int) sketcher{
			"FFTReduce": func(k int) sketcher { return sketch.FFTReduce{Dim: k} },
			"DCT":       func(k int) sketcher { return sketch.DCT{Dim: k} },
		} {
			for _, k := range []int{d, (d + 1) / 2} {
				y := done(t)(of(k).Apply(context.Background(), x))
				back := done(t)(of(k).ApplyT(context.Background(), y, d))
				again := done(t)(of(k).Apply(context.Background(), back))
				for i := range 10 {
					for c := range k {
						if math.Abs(again.At(i, c)-y.At(i, c)) > 1e-5 {
							t.Fatalf("%s, %d of %d columns: twice projected, value (%d, %d) is %v, was %v", name, k, d, i, c, again.At(i, c), y.At(i, c))
						}
					}
					if k < d && norm(y, i) > norm(x, i)*(1+1e-6) {
						t.Errorf("%s, %d of %d columns: row %d has grown", name, k, d, i)
					}
					for j := range d {
						if k == d && math.Abs(back.At(i, j)-x.At(i, j)) > 1e-5 {
							t.Fatalf("%s of %d columns: value (%d, %d) comes back as %v, was %v", name, d, i, j, back.At(i, j), x.At(i, j))
						}
					}
				}
			}
		}
	}
}

// What is not linear has no transpose, and says so by name.
func TestWhatIsNotLinearHasNoTranspose(t *testing.T) {
	y := mat32.NewDense(2, 3, nil)
	var pe *mat32.ParamError
	if _, err := (sketch.FFTReduce{Dim: 3, Magnitudes: true}).ApplyT(context.Background(), y, 9); !errors.As(err, &pe) || pe.Param != "Magnitudes" {
		t.Error(err)
	}
	if _, err := (sketch.TruncatePrefix{Dim: 3, Normalize: true}).ApplyT(context.Background(), y, 9); !errors.As(err, &pe) || pe.Param != "Normalize" {
		t.Error(err)
	}
}
