package screen

import (
	"math"
	"slices"
	"testing"

	"github.com/flatland-go/flatland/internal/rng"
)

func TestIndexFindsWhatBinarySearchFinds(t *testing.T) {
	s := rng.New(1, "index", 0)
	draws := map[string]func() float32{
		"uniform":    func() float32 { return float32(s.Float64()) },
		"ties":       func() float32 { return float32(s.IntN(5)) },
		"outliers":   func() float32 { return float32(math.Exp(20 * s.Normal())) },
		"minute":     func() float32 { return math.SmallestNonzeroFloat32 * float32(s.IntN(100)) },
		"huge":       func() float32 { return math.MaxFloat32 * float32(s.Float64()) },
		"all zero":   func() float32 { return 0 },
		"around 0":   func() float32 { return float32(s.Normal() * 1e-30) },
		"just under": func() float32 { return math.Nextafter32(1, 0) - float32(s.IntN(3))*0x1p-24 },
	}
	for name, draw := range draws {
		for _, n := range []int{1, 2, 100, 3000} {
			values := make([]float32, n)
			for i := range values {
				values[i] = max(draw(), -1)
			}
			slices.Sort(values)
			last := values[n-1]
			var x index
			x.build(values)
			for range 1000 {
				v := draw()
				if s.IntN(3) == 0 {
					v = values[s.IntN(n)]
				}
				if v < 0 || v > last {
					continue
				}
				want, _ := slices.BinarySearch(values, v)
				if got := x.search(values, v); got != want {
					t.Fatalf("%s, %d values: %v found at %d, want %d", name, n, v, got, want)
				}
			}
		}
	}
}
