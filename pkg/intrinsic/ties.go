package intrinsic

import (
	"fmt"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// mostTied is the share of rows with equal distances above which a ratio of distances
// says more of the rounding of the data than of their dimension.
const mostTied = .1

// refuseTies returns a *mat32.DegenerateError where the distances to the neighbours near
// and far are equal at more than mostTied of the rows, and notes where they are at any:
// in data drawn from a density none are, on a lattice many.
func (s *distinct) refuseTies(method string, near, far int) error {
	tied := 0
	for i := range s.n {
		if r := s.row(i); r[near-1] == r[far-1] {
			tied++
		}
	}
	if tied == 0 {
		return nil
	}
	what := fmt.Sprintf("neighbours %d and %d of %d of the %d distinct rows are equally far", near, far, tied, s.n)
	if float64(tied) > mostTied*float64(s.n) {
		return &mat32.DegenerateError{Method: method, Reason: what +
			", as on a lattice or in rounded data: their distances say little of the dimension; I3D counts on lattices"}
	}
	s.notes = append(s.notes, what+", as in rounded data, which makes the dimension too high")
	return nil
}
