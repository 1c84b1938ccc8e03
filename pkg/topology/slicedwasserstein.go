package topology

import (
	"cmp"
	"math"
	"slices"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// SlicedWasserstein is a distance of diagrams that is far cheaper than Wasserstein: bars are
// projected to lines in many directions, those of each diagram beside what the diagonal is
// nearest to the bars of the other, and compared on the line, where the cheapest matching
// is that by order. Its exponential exp(−d/2σ²) is a kernel, and it bounds Wasserstein of
// order 1 by L2 from both sides (M. Carrière, M. Cuturi and S. Oudot, 2017, Sliced
// Wasserstein kernel for persistence diagrams).
//
// It is the mean of the distances on lines over directions of a half circle, evenly
// spaced. Some libraries multiply by 2 or π.
type SlicedWasserstein struct {
	// Directions is how many there are. Default 50. Larger values take more time and
	// err less. 1 ≤ Directions.
	Directions int
}

// Resolve returns the options with defaults filled in, or a *mat32.ParamError, for diagrams
// of n and m bars.
func (s SlicedWasserstein) Resolve(n, m int) (SlicedWasserstein, error) {
	if s.Directions == 0 {
		s.Directions = 50
	}
	if s.Directions < 1 {
		return s, &mat32.ParamError{Method: "topology.SlicedWasserstein", Param: "Directions", Value: s.Directions, Want: "1 ≤ Directions"}
	}
	return s, nil
}

// Distance returns the distance of the finite bars; essential ones are left out: Clip gives
// them an end. Time O((n+m)·log(n+m)) for every direction. Errors: those of Resolve, and of
// Bottleneck for bars.
func (s SlicedWasserstein) Distance(p, q Diagram) (float64, error) {
	const method = "topology.SlicedWasserstein"
	s, err := s.Resolve(len(p), len(q))
	if err != nil {
		return 0, err
	}
	if err := cmp.Or(p.check(method, "p"), q.check(method, "q")); err != nil {
		return 0, err
	}
	a, b := part(p).points, part(q).points
	n := len(a) + len(b)
	left, right := make([]float64, n), make([]float64, n)
	sum := 0.
	for k := range s.Directions {
		angle := math.Pi * ((float64(k)+.5)/float64(s.Directions) - .5)
		sin, cos := math.Sincos(angle)
		for i, p := range a {
			middle := (p.x + p.y) / 2
			left[i], right[i] = p.x*cos+p.y*sin, middle*(cos+sin)
		}
		for j, q := range b {
			middle := (q.x + q.y) / 2
			left[len(a)+j], right[len(a)+j] = middle*(cos+sin), q.x*cos+q.y*sin
		}
		slices.Sort(left)
		slices.Sort(right)
		for i, v := range left {
			sum += math.Abs(v - right[i])
		}
	}
	return sum / float64(s.Directions), nil
}
