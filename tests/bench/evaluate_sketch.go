package bench

import (
	"math"

	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/tests/bench/wire"
)

// digitGamma is the squared distance at which the kernel of the benchmark is 1/e, about half that of two digits.
const digitGamma = 5_000_000

// sketchMeasures judge a projection by the distances of some pairs of rows, before and after.
var sketchMeasures = []Measure{{Name: distortionName, Format: "%.4f",
	Of: func(in []*mat32.Dense, o wire.Options, r *wire.Reply) (float64, error) {
		return distortion(in, o, r, func(i, j int) float64 { return distance(in[0], i, j) })
	}}}

// wordMeasures do so for sparse rows, given by columns and values.
var wordMeasures = []Measure{{Name: distortionName, Format: "%.4f",
	Of: func(in []*mat32.Dense, o wire.Options, r *wire.Reply) (float64, error) {
		full := func(i int) []float32 {
			row := make([]float32, o.Int("words"))
			for t, v := range in[1].Row(i) {
				if v != 0 {
					row[int(in[0].Row(i)[t])] = v
				}
			}
			return row
		}
		return distortion(in, o, r, func(i, j int) float64 { return apart(full(i), full(j)) })
	}}}

const distortionName = "mean |ratio − 1| of squared distances (0 is best)"

// distortion returns how far the ratios of squared distances are from 1, on average.
func distortion(in []*mat32.Dense, o wire.Options, r *wire.Reply, before func(i, j int) float64) (float64, error) {
	return meanOver(in, o, r, func(i, j int, a, b []float64) float64 {
		d, after := before(i, j), 0.
		for c, v := range a {
			after += (v - b[c]) * (v - b[c])
		}
		if d == 0 {
			return after
		}
		return math.Abs(after/(d*d) - 1)
	})
}

// kernelMeasures judge features by the Gaussian kernel of some pairs of rows.
var kernelMeasures = []Measure{{Name: "root mean square error of the kernel (0 is best)", Format: "%.4f",
	Of: func(in []*mat32.Dense, o wire.Options, r *wire.Reply) (float64, error) {
		mean, err := meanOver(in, o, r, func(i, j int, a, b []float64) float64 {
			d := distance(in[0], i, j)
			e := -math.Exp(-d * d / float64(o.Int("gamma")))
			for c, v := range a {
				e += v * b[c]
			}
			return e * e
		})
		return math.Sqrt(mean), err
	}}}

// meanOver returns the mean of what is made of pairs of rows and of what they are mapped to.
func meanOver(in []*mat32.Dense, o wire.Options, r *wire.Reply, of func(i, j int, a, b []float64) float64) (sum float64, err error) {
	const pairs = 5000
	n, _ := in[0].Dims()
	k := o.Int("dim")
	z, err := r.Matrix("map", n, k)
	if err != nil {
		return 0, err
	}
	for p := range pairs {
		s := rng.New(1, "bench/pairs", p)
		i, j := s.IntN(n), s.IntN(n-1)
		if j >= i {
			j++
		}
		sum += of(i, j, z[i*k:(i+1)*k], z[j*k:(j+1)*k]) / pairs
	}
	return sum, nil
}
