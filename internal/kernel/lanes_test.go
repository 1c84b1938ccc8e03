package kernel

import (
	"math"
	"math/bits"
	"slices"
	"testing"

	"github.com/flatland-go/flatland/internal/rng"
)

// Columns of eight rows to lanes and back, for all widths, and nothing beyond.
func TestLanes(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		for d := range 37 {
			stride := d + d%3
			rows := sample32(8*stride+1, d)
			factors, ones := sample32(d, 100), slices.Repeat([]float32{1}, d)
			lanes := sample32(8*d+1, 7)
			last := lanes[8*d]
			ToLanes32(lanes, rows, stride, factors)
			for j := range d {
				for r := range 8 {
					if got, want := lanes[8*j+r], rows[r*stride+j]*factors[j]; got != want {
						t.Fatalf("%d columns: lane %d of value %d is %v, want %v", d, r, j, got, want)
					}
				}
			}
			back := sample32(8*stride+1, 9)
			old := slices.Clone(back)
			FromLanes32(back, stride, d, lanes, ones)
			for i, v := range back {
				want := old[i]
				if stride > 0 && i < 8*stride && i%stride < d {
					want = lanes[8*(i%stride)+i/stride]
				}
				if v != want {
					t.Fatalf("%d columns: value %d of the rows is %v, want %v", d, i, v, want)
				}
			}
			if lanes[8*d] != last {
				t.Fatalf("%d columns: written beyond the block", d)
			}
		}
	})
}

// The transform by its definition: entry (i, j) is −1 to the bits that i and j
// share.
func TestHadamard32(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		for n := 1; n <= 256; n *= 2 {
			x := sample32(8*n+1, n)
			for i := range x {
				x[i] = float32(math.Round(float64(x[i] * 100))) // so that sums are exact
			}
			y := slices.Clone(x)
			Hadamard32(y[:8*n])
			for i := range n {
				for r := range 8 {
					want := float32(0)
					for j := range n {
						want += x[8*j+r] * float32(1-2*(bits.OnesCount(uint(i&j))%2))
					}
					if y[8*i+r] != want {
						t.Fatalf("%d groups: value %d of lane %d is %v, want %v", n, i, r, y[8*i+r], want)
					}
				}
			}
			if y[8*n] != x[8*n] {
				t.Fatalf("%d groups: written beyond the end", n)
			}
		}
	})
}

// Sparse products by their definition, and the same bits on every path.
func TestWeigh32(t *testing.T) {
	var first []float32
	eachPath(t, func(t *testing.T) {
		var all []float32
		const columns = 21
		x := sample32(8*columns, 3)
		for rows := range 12 {
			start := []int32{0}
			var places []int32
			s := rng.New(1, "weigh", rows)
			for i := range rows {
				for range (i * 5) % 14 {
					places = append(places, int32(s.IntN(columns)))
				}
				start = append(start, int32(len(places)))
			}
			weights := sample32(len(places), 5)
			to := sample32(8*rows+1, 6)
			last := to[8*rows]
			Weigh32(to, start, places, weights, x)
			for i := range rows {
				for r := range 8 {
					want, size := 0., 0.
					for k := start[i]; k < start[i+1]; k++ {
						v := float64(weights[k]) * float64(x[8*places[k]+int32(r)])
						want, size = want+v, size+math.Abs(v)
					}
					if got := float64(to[8*i+r]); math.Abs(got-want) > 1e-6*size {
						t.Fatalf("%d rows: value %d of lane %d is %v, want %v", rows, i, r, got, want)
					}
				}
			}
			if to[8*rows] != last {
				t.Fatalf("%d rows: written beyond the end", rows)
			}
			all = append(all, to...)
		}
		if first == nil {
			first = all
		}
		if !slices.Equal(all, first) {
			t.Error("this path gives other bits")
		}
	})
}

func sample32(n, seed int) []float32 {
	s := rng.New(uint64(seed), "lanes", 0)
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(s.Normal())
	}
	return x
}
