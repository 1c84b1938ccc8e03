package kernel

import (
	"math"
	"testing"

	"github.com/flatland-go/flatland/internal/rng"
)

// Sums of listed rows, for all widths, and nothing written beyond them.
func TestGather64(t *testing.T) {
	const stored = 9 // rows of x
	eachPath(t, func(t *testing.T) {
		for width := 0; width <= 41; width++ {
			for _, count := range []int{0, 1, 2, 7} {
				stride := width + count%3
				x, _ := sample(max(1, stored*stride), 0, 1, 1)
				values, _ := sample(count, width%3, 2, 1)
				rows := make([]int32, count)
				s := rng.New(1, "gather", width)
				for k := range rows {
					rows[k] = int32(s.IntN(stored))
				}
				if width == stride && count > 0 {
					rows[0] = stored - 1 // up to the last value of x
				}
				if width < stride {
					x = x[:(stored-1)*stride+width]
				}
				for _, beta := range []float64{0, math.Copysign(0, -1), 1, -0.7} {
					dst, _ := sample(width+1, 1, 3, 1)
					old := append([]float64(nil), dst...)
					if beta == 0 {
						for j := range width {
							dst[j] = math.NaN()
						}
					}
					Gather64(1.3, values, rows, x, stride, beta, dst[:width])
					for j := range width {
						want, size := beta*old[j], math.Abs(old[j])
						for k, r := range rows {
							p := 1.3 * values[k] * x[int(r)*stride+j]
							want, size = want+p, size+math.Abs(p)
						}
						if !(math.Abs(dst[j]-want) <= 0x1p-53*12*size) {
							t.Fatalf("width %d, %d rows, beta %v: value %d is %v, want %v", width, count, beta, j, dst[j], want)
						}
					}
					if dst[width] != old[width] {
						t.Fatalf("width %d: wrote beyond", width)
					}
				}
			}
		}
	})
}

// The columns of a block have the bits they have by themselves.
func TestGather64DoesNotSeeColumns(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		x, _ := sample(10*23, 0, 1, 1)
		values, _ := sample(5, 0, 2, 1)
		rows := []int32{3, 9, 0, 3, 7}
		all := make([]float64, 23)
		Gather64(0.9, values, rows, x, 23, 0, all)
		for j := range all {
			one := make([]float64, 1)
			Gather64(0.9, values, rows, x[j:], 23, 0, one)
			if one[0] != all[j] {
				t.Errorf("column %d: %v by itself, %v among others", j, one[0], all[j])
			}
		}
	})
}

func TestGather64NeedsItsRows(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		for _, row := range []int32{-1, 4, math.MaxInt32, math.MinInt32} {
			panics(t, "a row that is not there", func() {
				Gather64(1, []float64{1, 1}, []int32{0, row}, make([]float64, 12), 3, 0, make([]float64, 3))
			})
		}
		for _, stride := range []int{5, 1<<62 + 1, -3} {
			panics(t, "a row at no place", func() {
				Gather64(1, []float64{1, 1, 1}, []int32{0, 2, 4}, make([]float64, 12), stride, 0, make([]float64, 3))
			})
		}
	})
}
