package kernel

import (
	"math"
	"slices"
	"testing"
)

func TestStress(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		for d := 0; d <= longest; d++ {
			off := d % 5
			x, _ := sample(d, off, 1, 1)
			targets, _ := sample(d, off, 2, 1)
			before, _ := sample(d+1, off, 3, 1)
			near := func(name string, i int, got, want, size float64) {
				if !(math.Abs(got-want) <= 0x1p-50*size) {
					t.Errorf("%s at %d of %d: got %v, want %v", name, i, d, got, want)
				}
			}

			squares := slices.Clone(before)
			AddSquares64(squares[:d], x, 0.3)
			for i := range d {
				want := before[i] + (0.3-x[i])*(0.3-x[i])
				near("AddSquares64", i, squares[i], want, math.Abs(before[i])+math.Abs(want))
			}

			ratios := slices.Clone(before)
			for i := range d {
				ratios[i] = x[i] * x[i] * float64(i%3) // every third distance is 0
			}
			values := slices.Clone(ratios)
			stress, sum := Ratios64(ratios[:d], targets)
			wantStress, wantSum := 0., 0.
			for i := range d {
				length, want := math.Sqrt(values[i]), 0.
				if length > 0 {
					want = targets[i] / length
				}
				near("Ratios64", i, ratios[i], want, math.Abs(want))
				wantStress += (length - targets[i]) * (length - targets[i])
				wantSum += values[i]
			}
			near("Ratios64, stress", 0, stress, wantStress, float64(d+1)*wantStress)
			near("Ratios64, squares", 0, sum, wantSum, float64(d+1)*wantSum)

			pulled := slices.Clone(before)
			got, want, size := Pull64(pulled[:d], targets, x, 0.3), 0., 0.
			for i := range d {
				v := targets[i] * (0.3 - x[i])
				near("Pull64", i, pulled[i], before[i]-v, math.Abs(before[i])+math.Abs(v))
				want += v
				size += math.Abs(v)
			}
			near("Pull64, the sum", 0, got, want, float64(d+1)*size)

			if squares[d] != before[d] || ratios[d] != before[d] || pulled[d] != before[d] {
				t.Errorf("wrote beyond %d values", d)
			}
		}
	})
}
