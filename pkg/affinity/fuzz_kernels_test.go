package affinity_test

import (
	"context"
	"encoding/binary"
	"errors"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// Whatever the values, shape and options, weights are symmetric, positive and at most
// 1, and walks along them are distributions, or there is a typed error.
func FuzzKernels(f *testing.F) {
	bytes := func(values ...float64) (b []byte) {
		for _, v := range values {
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
		}
		return b
	}
	f.Add(1, 2, 40., bytes(3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 9))
	f.Add(2, 0, 2., bytes(0, 1, 2, 3, 1e30, -1e30, 0.5, 0.25, 1e-30, 7, 7, 7))
	f.Add(2, 0, .1, bytes(0, math.MaxFloat64, -math.MaxFloat64, 5e-324, 1e-310, 1, 1, 1e150))
	f.Add(1, 3, 1e300, bytes(1, 1, 1, 1, 1, 2))
	f.Add(1, -1, math.NaN(), bytes(1, 2, 3))
	f.Add(1, 1, 1., bytes(1, 2, math.NaN()))
	f.Add(1, 1, 1., []byte{})
	f.Fuzz(func(t *testing.T, d, k int, number float64, b []byte) {
		if d < 1 || d > 8 || len(b) > 8*120 {
			return
		}
		n := len(b) / 8 / d
		if n == 0 {
			return
		}
		x := mat.NewDense(n, d, nil)
		for i := range n * d {
			x.Set(i/d, i%d, math.Float64frombits(binary.LittleEndian.Uint64(b[8*i:])))
		}
		typed := func(err error) {
			var (
				finite     *mat32.NotFiniteError
				param      *mat32.ParamError
				shape      *mat32.ShapeError
				degenerate *mat32.DegenerateError
				memory     *mat32.MemoryError
			)
			if !errors.As(err, &finite) && !errors.As(err, &param) && !errors.As(err, &shape) && !errors.As(err, &degenerate) && !errors.As(err, &memory) {
				t.Fatalf("an error of no known type: %v", err)
			}
		}
		for _, kernel := range []kernel{affinity.AlphaDecay{Neighbors: k, Decay: number}, affinity.Connectivity{Neighbors: k}, affinity.AdaptiveGaussian{Neighbors: k},
			affinity.Gaussian{Neighbors: k, Epsilon: number}, affinity.Gaussian{Neighbors: k}, affinity.Ball{Radius: number}, affinity.Entropic{Perplexity: number},
			affinity.FuzzySet{Neighbors: k, LocalConnectivity: number}} {
			s, err := kernel.Weigh(context.Background(), x)
			if err != nil {
				typed(err)
				continue
			}
			for i := range n {
				columns, weights := s.Row(i)
				for c, j := range columns {
					if w := weights[c]; !(w > 0 && w <= 1+1e-9) || s.At(int(j), i) != w {
						t.Fatalf("%+v: row %d gives row %d the weight %v, and has %v back", kernel, i, j, w, s.At(int(j), i))
					}
				}
			}
			for _, v := range s.Scales {
				if !(v >= 0) || math.IsInf(v, 0) {
					t.Fatalf("%+v: a scale of %v", kernel, v)
				}
			}
			o, err := affinity.Diffusion{Alpha: 1}.Of(context.Background(), s)
			if err != nil {
				typed(err)
				continue
			}
			for i := range n {
				sum := 0.
				_, steps := o.Row(i)
				for _, p := range steps {
					sum += p
				}
				if math.Abs(sum-1) > 1e-9 {
					t.Fatalf("%+v: the steps from row %d have the probability %v", kernel, i, sum)
				}
			}
		}
	})
}
