package kernel

import (
	"math"
	"testing"

	"github.com/flatland-go/flatland/internal/rng"
)

// Forces are those of the definition, in float64, whichever points are the same.
func TestTriplets(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		const row = 3
		for far := 1; far <= 5; far++ {
			for groups := range 6 {
				n := 40
				if groups%2 == 1 {
					n = 5 // so that points of a group are the same, and the row itself
				}
				s := rng.New(1, "triplets", 10*far+groups)
				part := make([]float32, 4*n)
				for i := range part {
					part[i] = float32(3 * s.Normal())
				}
				rows, weights := make([]int32, groups*(1+far)), make([]float32, groups*far)
				for k := range rows {
					rows[k] = int32(s.IntN(n))
				}
				for k := range weights {
					weights[k] = float32(s.Float64())
				}
				want, size := make([]float64, 4*n), make([]float64, 4*n)
				for i, v := range part {
					want[i], size[i] = float64(v), math.Abs(float64(v))
				}
				at := func(k int32) (x, y float64) { return float64(part[4*k]), float64(part[4*k+1]) }
				add := func(k int32, x, y float64) {
					want[4*k+2] += x
					want[4*k+3] += y
					size[4*k+2] += math.Abs(x)
					size[4*k+3] += math.Abs(y)
				}
				px, py := at(row)
				for g := range groups {
					group := rows[g*(1+far) : (g+1)*(1+far)]
					qx, qy := at(group[0])
					a := 1 + (px-qx)*(px-qx) + (py-qy)*(py-qy)
					for k, other := range group[1:] {
						x, y := at(other)
						b := 1 + (px-x)*(px-x) + (py-y)*(py-y)
						c := float64(weights[g*far+k]) / ((a + b) * (a + b))
						add(row, b*c*(px-qx)-a*c*(px-x), b*c*(py-qy)-a*c*(py-y))
						add(group[0], -b*c*(px-qx), -b*c*(py-qy))
						add(other, a*c*(px-x), a*c*(py-y))
					}
				}
				Triplets32(part, rows, weights, row, far)
				for i, v := range part {
					if math.Abs(float64(v)-want[i]) > 0x1p-18*(1+size[i]) {
						t.Fatalf("%d far points, %d groups, number %d of point %d: %v, want %v", far, groups, i%4, i/4, v, want[i])
					}
				}
			}
		}
	})
}
