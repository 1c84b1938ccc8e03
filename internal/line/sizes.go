package line

import (
	"fmt"
	"math"
)

// Sizes are the sizes of samples of rows along which something grows, whose logarithms a line
// is fitted to.
type Sizes struct{ From, To, Count int }

// Resolve fills in the defaults for n rows: up to all of them, from a fifth, five sizes. What
// is out of range it gives to fail, by the names From, To and Sizes.
func (s Sizes) Resolve(n int, fail func(param string, value any, want string) error) (Sizes, error) {
	if s.To == 0 {
		s.To = n
	}
	if s.From == 0 {
		s.From = max(6, s.To/5)
	}
	if s.Count == 0 {
		s.Count = max(2, min(5, s.To-s.From+1))
	}
	switch {
	case s.To < 3 || s.To > n:
		return s, fail("To", s.To, fmt.Sprintf("From < To ≤ n = %d", n))
	case s.From < 2 || s.From >= s.To:
		return s, fail("From", s.From, fmt.Sprintf("2 ≤ From < To = %d", s.To))
	case s.Count < 2 || s.Count > s.To-s.From+1:
		return s, fail("Sizes", s.Count, fmt.Sprintf("2 ≤ Sizes ≤ To − From + 1 = %d", s.To-s.From+1))
	}
	return s, nil
}

// All returns the sizes, evenly spaced.
func (s Sizes) All() []int {
	sizes := make([]int, s.Count)
	for i := range sizes {
		sizes[i] = s.From + int(math.Round(float64(i)*float64(s.To-s.From)/float64(s.Count-1)))
	}
	return sizes
}
