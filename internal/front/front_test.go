package front

import (
	"slices"
	"testing"

	"github.com/flatland-go/flatland/internal/rng"
)

// Among pushes, the nearest of what is left comes out.
func TestFront(t *testing.T) {
	s := rng.New(1, "front", 0)
	var f Front
	var left []float64
	for step := range 3000 {
		if s.IntN(3) > 0 || len(left) == 0 {
			d := float64(s.IntN(200)) // many are as far
			f.Push(Place{d, int32(d)})
			left = append(left, d)
			slices.Sort(left)
		} else {
			if p := f.Pop(); p.Distance != left[0] || p.Node != int32(p.Distance) {
				t.Fatalf("step %d: got %v, want one at %v", step, p, left[0])
			}
			left = left[1:]
		}
	}
	for ; len(f) > 0; left = left[1:] {
		if p := f.Pop(); p.Distance != left[0] {
			t.Fatalf("at the end: got %v, want one at %v", p, left[0])
		}
	}
	if len(left) > 0 {
		t.Errorf("%d places are lost", len(left))
	}
}
