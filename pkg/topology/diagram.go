package topology

import (
	"cmp"
	"math"
	"slices"
)

// Bar is the life of one class of homology: a piece, a ring, a cavity. It is born at the
// scale Birth and gone at Death, +Inf where it never dies.
type Bar struct{ Birth, Death float64 }

// Length returns Death − Birth, the persistence of the class.
func (b Bar) Length() float64 { return b.Death - b.Birth }

// Essential reports whether the class never dies.
func (b Bar) Essential() bool { return math.IsInf(b.Death, 1) }

// Diagram is the persistence diagram of one dimension of homology: its bars, by birth and
// then by death.
type Diagram []Bar

// Sort puts the bars in order: by birth, then by death.
func (d Diagram) Sort() {
	slices.SortFunc(d, compareBars)
}

func compareBars(a, b Bar) int {
	return cmp.Or(cmp.Compare(a.Birth, b.Birth), cmp.Compare(a.Death, b.Death))
}

// Longest returns the k bars that live longest, essential ones first, fewer where there are
// not as many. Ties go by birth.
func (d Diagram) Longest(k int) Diagram {
	sorted := slices.Clone(d)
	slices.SortStableFunc(sorted, func(a, b Bar) int {
		return cmp.Or(cmp.Compare(b.Length(), a.Length()), cmp.Compare(a.Birth, b.Birth))
	})
	return sorted[:min(max(k, 0), len(sorted))]
}

// Finite returns the bars that die.
func (d Diagram) Finite() Diagram {
	var finite Diagram
	for _, b := range d {
		if !b.Essential() {
			finite = append(finite, b)
		}
	}
	return finite
}

// At returns the Betti number at a scale: how many classes are born there or before and
// die after it.
func (d Diagram) At(scale float64) (betti int) {
	for _, b := range d {
		if b.Birth <= scale && scale < b.Death {
			betti++
		}
	}
	return betti
}

// Persistence is the persistent homology of a filtration.
type Persistence struct {
	// Diagrams holds one diagram for every dimension of homology from 0: pieces, rings,
	// cavities. Bars of length 0 are left out.
	Diagrams []Diagram

	// Cocycles holds, where they were asked for, one for every bar of Diagrams from dimension 1
	// on, in their order; that of dimension 0 is empty.
	Cocycles [][]Cocycle

	Filtration string  // of what, by which metric and up to which scale: for captions
	Prime      int     // coefficients are the integers modulo this prime
	Threshold  float64 // the largest scale looked at; classes alive there are essential in Diagrams
	Rows       int     // points, or cells of an image
	Notes      []string
}
