package kernel

import (
	"math"
	"testing"

	"github.com/flatland-go/flatland/internal/rng"
)

func TestBonds(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		const n = 50
		s := rng.New(1, "bonds", 0)
		y := make([]float32, 2*n)
		for i := range y {
			y[i] = float32(3 * s.Normal())
		}
		for points := 1; points <= 9; points++ {
			const first = 7 // of the points
			start, others := []int{8}, make([]int32, 8)
			for p := range points {
				for range p % 4 * 8 {
					others = append(others, int32(s.IntN(n)))
				}
				start = append(start, len(others))
			}
			for _, near := range []bool{false, true} {
				dst := make([]float32, 2*points+1)
				for i := range dst {
					dst[i] = float32(i)
				}
				Bonds32(dst[:2*points], y[2*first:2*first+2*points], y, start, others, 3, 11, near)
				if dst[2*points] != float32(2*points) {
					t.Error("wrote beyond the points")
				}
				for p := range points {
					want, size := [2]float64{float64(2 * p), float64(2*p + 1)}, [2]float64{1, 1}
					at := y[2*(first+p) : 2*(first+p)+2]
					for _, q := range others[start[p]:start[p+1]] {
						dx, dy := float64(at[0])-float64(y[2*q]), float64(at[1])-float64(y[2*q+1])
						w := 3 / math.Pow(11+dx*dx+dy*dy, 2)
						if near {
							w /= math.Sqrt(1 + dx*dx + dy*dy)
						}
						want[0], want[1] = want[0]+w*dx, want[1]+w*dy
						size[0], size[1] = size[0]+math.Abs(w*dx), size[1]+math.Abs(w*dy)
					}
					for c := range 2 {
						if got := float64(dst[2*p+c]); !(math.Abs(got-want[c]) <= 0x1p-20*(size[c]+math.Abs(want[c]))) {
							t.Errorf("near %v, point %d of %d, coordinate %d: %v, want %v", near, p, points, c, got, want[c])
						}
					}
				}
			}
		}
	})
}
