package affinity_test

import (
	"encoding/binary"
	"errors"
	"math"
	"testing"

	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// Whatever the distances and the perplexity, weights are shares of 1 that never grow with the distance, or there is a typed error.
func FuzzPerplexity(f *testing.F) {
	bytes := func(values ...float64) (b []byte) {
		for _, v := range values {
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
		}
		return b
	}
	f.Add(2., bytes(1, 1, 4, 9, 100))
	f.Add(1., bytes(0, 0, 0, 1))
	f.Add(3.7, bytes(5e-324, 1e-310, 0, 1e300, math.MaxFloat64))
	f.Add(1e300, bytes(1, 2, 3))
	f.Add(math.NaN(), bytes(1, 2))
	f.Add(2., bytes(1, -1, math.NaN(), math.Inf(1)))
	f.Add(1., []byte{})
	f.Fuzz(func(t *testing.T, perplexity float64, b []byte) {
		n := len(b) / 8
		if n > 400 {
			return
		}
		squared, weights := make([]float64, n), make([]float64, n)
		for i := range squared {
			squared[i] = math.Float64frombits(binary.LittleEndian.Uint64(b[8*i:]))
		}
		precision, reached, err := affinity.Perplexity(weights, squared, perplexity)
		if err != nil {
			var param *mat32.ParamError
			var shape *mat32.ShapeError
			if !errors.As(err, &param) && !errors.As(err, &shape) {
				t.Fatalf("an error of no known type: %v", err)
			}
			return
		}
		if !(precision >= 0) || !(reached >= 1-1e-9 && reached <= float64(n)*(1+1e-9)) {
			t.Fatalf("precision %v, perplexity %v of %d", precision, reached, n)
		}
		var sum float64
		for i, w := range weights {
			if !(w >= 0 && w <= 1+1e-12) {
				t.Fatalf("weight %d is %v", i, w)
			}
			sum += w
			for j, v := range weights[:i] {
				if squared[i] > squared[j] && w > v || squared[i] < squared[j] && w < v {
					t.Fatalf("at %v the weight is %v, and at %v it is %v", squared[i], w, squared[j], v)
				}
			}
		}
		if math.Abs(sum-1) > 1e-9 {
			t.Fatalf("the weights sum to %v", sum)
		}
	})
}
