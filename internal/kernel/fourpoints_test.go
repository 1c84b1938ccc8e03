package kernel

import (
	"slices"
	"testing"
)

func TestFourPoints(t *testing.T) {
	const longest = 70
	row := func(seed int) []float32 {
		r := make([]float32, longest)
		for i := range r {
			r[i] = float32((i*i*seed+7*seed)%101) / 16
		}
		return r
	}
	a, b, c := row(3), row(5), row(11)
	eachPath(t, func(t *testing.T) {
		for n := range longest + 1 {
			want := float32(0)
			for i := range n {
				sums := []float32{2 + c[i], 1.5 + b[i], .25 + a[i]}
				slices.Sort(sums)
				want = max(want, sums[2]-sums[1])
			}
			if got := FourPoints32(a[:n], b[:n], c[:n], 2, 1.5, .25); got != want {
				t.Errorf("%d values: got %v, want %v", n, got, want)
			}
		}
	})
}
