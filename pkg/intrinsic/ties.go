package intrinsic

import (
	"fmt"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// mostTied is the share of rows with equal distances above which a ratio of distances
// says more of the rounding of the data than of their dimension.
const mostTied = .1

// tied returns at how many rows the distances to the neighbours near and far are equal:
// in data drawn from a density at none, on a lattice and in rounded data at many.
func (s *distinct) tied(near, far int) (rows int, many bool) {
	for i := range s.n {
		if r := s.row(i); r[near-1] == r[far-1] {
			rows++
		}
	}
	return rows, float64(rows) > mostTied*float64(s.n)
}

// equallyFar says so of some rows.
func (s *distinct) equallyFar(near, far, rows int) string {
	return fmt.Sprintf("neighbours %d and %d of %d of the %d distinct rows are equally far", near, far, rows, s.n)
}

// noteTies notes where the two nearest neighbours of many rows are equally far, for all
// that look at distances.
func (s *distinct) noteTies() {
	if s.k < 2 {
		return
	}
	if rows, many := s.tied(1, 2); many {
		s.notes = append(s.notes, s.equallyFar(1, 2, rows)+", as on a lattice, of which distances make too many dimensions: I3D counts on lattices")
	}
}

// refuseTies is for estimators that rest on the ratio of two distances alone. It returns a
// *mat32.DegenerateError where they are equal at many rows, and notes where they are at any.
func (s *distinct) refuseTies(method string, near, far int) error {
	rows, many := s.tied(near, far)
	switch {
	case many:
		return &mat32.DegenerateError{Method: method, Reason: s.equallyFar(near, far, rows) +
			", as on a lattice or in rounded data: their distances say little of the dimension; I3D counts on lattices"}
	case rows > 0:
		s.notes = append(s.notes, s.equallyFar(near, far, rows)+", as in rounded data, which makes the dimension too high")
	}
	return nil
}
