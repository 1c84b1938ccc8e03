package kernel

import (
	"math"
	"slices"
	"testing"

	"github.com/flatland-go/flatland/internal/rng"
)

// Passes in any order end at the shortest ways, on every path with the same bits.
func TestShorten(t *testing.T) {
	const n = 37
	s := rng.New(1, "shorten", 0)
	start, to, lengths := []int{0}, []int32(nil), []float64(nil)
	edge := func(j int, length float64) { to, lengths = append(to, int32(j)), append(lengths, length) }
	for i := range n {
		if i%5 > 0 { // every fifth has no edge of its own
			for range s.IntN(4) {
				edge(s.IntN(n), s.Float64())
			}
		}
		start = append(start, len(to))
	}
	want := make([]float64, n*WaysTogether) // by passes over single edges
	fill := func(x []float64) {
		for i := range x {
			if x[i] = math.Inf(1); i%WaysTogether == i/WaysTogether {
				x[i] = 0
			}
		}
	}
	fill(want)
	for changed := true; changed; {
		changed = false
		for i := range n {
			for k := start[i]; k < start[i+1]; k++ {
				for l := range WaysTogether {
					if v := want[int(to[k])*WaysTogether+l] + lengths[k]; v < want[i*WaysTogether+l] {
						want[i*WaysTogether+l], changed = v, true
					}
				}
			}
		}
	}
	order := make([]int32, n)
	for i := range order {
		order[i] = int32(i)
	}
	eachPath(t, func(t *testing.T) {
		w := NewWays(start, to, lengths)
		for try := range 3 {
			switch try {
			case 1:
				slices.Reverse(order)
			case 2:
				s.Shuffle(n, func(i, j int) { order[i], order[j] = order[j], order[i] })
			}
			x := make([]float64, n*WaysTogether)
			fill(x)
			passes := 1
			for w.Shorten(x, order) {
				passes++
			}
			if passes < 2 || passes > n+1 || !slices.Equal(x, want) {
				t.Errorf("order %d: after %d passes, the shortest ways: %v", try, passes, slices.Equal(x, want))
			}
			if w.Shorten(x, order[:3]) || w.Shorten(x, nil) {
				t.Error("the shortest ways fell")
			}
		}
	})
	eachPath(t, func(t *testing.T) {
		panics(t, "an edge to no node", func() { NewWays([]int{0, 1}, []int32{1}, []float64{1}) })
		panics(t, "an edge without length", func() { NewWays([]int{0, 1}, []int32{0}, nil) })
		panics(t, "edges of nobody", func() { NewWays([]int{0, 0}, []int32{0}, []float64{1}) })
		panics(t, "edges that run back", func() { NewWays([]int{0, 2, 1}, []int32{0}, []float64{1}) })
		w := NewWays([]int{0, 1, 1}, []int32{1}, []float64{1})
		panics(t, "ways of one node of two", func() { w.Shorten(make([]float64, WaysTogether), nil) })
		panics(t, "a node that is not there", func() { w.Shorten(make([]float64, 2*WaysTogether), []int32{2}) })
	})
}
