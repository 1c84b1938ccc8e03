package topology

import (
	"fmt"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// Bifiltration is the homology of a complex that grows with two numbers, a scale and a level.
type Bifiltration struct {
	Levels   []float64   // ascending
	Counts   []int       // how many rows are there at each
	Diagrams [][]Diagram // of every level, one for every dimension of homology

	Codensity []float64 // of the rows: the level at which each appears
	MaxScale  float64   // classes alive there end there; 0 for none
	Rows      int
	Notes     []string
}

// MaxDim returns the largest dimension of homology.
func (b *Bifiltration) MaxDim() int { return len(b.Diagrams[0]) - 1 }

// HilbertFunction returns the Betti numbers of a dimension, levels × scales. It is an error,
// *mat32.ParamError, where the dimension was not computed.
func (b *Bifiltration) HilbertFunction(dim int, scales []float64) (*mat.Dense, error) {
	if err := b.check(dim); err != nil {
		return nil, err
	}
	if len(scales) == 0 {
		return &mat.Dense{}, nil
	}
	h := mat.NewDense(len(b.Levels), len(scales), nil)
	for k, d := range b.Diagrams {
		h.SetRow(k, BettiCurve(d[dim], scales))
	}
	return h, nil
}

func (b *Bifiltration) check(dim int) error {
	if dim < 0 || dim > b.MaxDim() {
		return &mat32.ParamError{Method: "topology.Bifiltration", Param: "dim", Value: dim, Want: fmt.Sprintf("0 to %d", b.MaxDim())}
	}
	return nil
}

// EulerSurface returns the alternating sum of the Betti numbers that were computed, levels ×
// scales: the Euler characteristic where classes of higher dimensions count for nothing.
func (b *Bifiltration) EulerSurface(scales []float64) *mat.Dense {
	if len(scales) == 0 {
		return &mat.Dense{}
	}
	e := mat.NewDense(len(b.Levels), len(scales), nil)
	for k, diagrams := range b.Diagrams {
		e.SetRow(k, EulerCurve(&Persistence{Diagrams: diagrams}, scales))
	}
	return e
}

// SignedMeasure returns the Hilbert function of a dimension as the masses whose sum up to a
// scale and a level it is: its Möbius inversion, a signed barcode. It is an error,
// *mat32.ParamError, where the dimension was not computed.
func (b *Bifiltration) SignedMeasure(dim int) (SignedMeasure, error) {
	if err := b.check(dim); err != nil {
		return nil, err
	}
	var m SignedMeasure
	m.invert(b, dim, 1)
	return m.merged(), nil
}

// EulerMeasure returns that of the Euler surface.
func (b *Bifiltration) EulerMeasure() SignedMeasure {
	var m SignedMeasure
	for dim, sign := 0, 1; dim <= b.MaxDim(); dim, sign = dim+1, -sign {
		m.invert(b, dim, sign)
	}
	return m.merged()
}

// invert appends the masses of a dimension: where a class begins 1, where it ends −1, and at
// the next level the same against it.
func (m *SignedMeasure) invert(b *Bifiltration, dim, sign int) {
	put := func(d Diagram, level float64, mass int) {
		for _, bar := range d {
			*m = append(*m, Atom{bar.Birth, level, mass})
			if !bar.Essential() {
				*m = append(*m, Atom{bar.Death, level, -mass})
			}
		}
	}
	for k, level := range b.Levels {
		put(b.Diagrams[k][dim], level, sign)
		if k > 0 {
			put(b.Diagrams[k-1][dim], level, -sign)
		}
	}
}

// String returns a small table: rows, levels, and the longest class of every dimension with
// the level it is seen at.
func (b *Bifiltration) String() string {
	var s strings.Builder
	fmt.Fprintf(&s, "density-Rips bifiltration of %d rows, %d levels from %.4g to %.4g", b.Rows, len(b.Levels), b.Levels[0], b.Levels[len(b.Levels)-1])
	for dim := range b.MaxDim() + 1 {
		var longest Bar
		at := -1
		for k, d := range b.Diagrams {
			if long := d[dim].Finite().Longest(1); len(long) > 0 && long[0].Length() > longest.Length() {
				longest, at = long[0], k
			}
		}
		if at < 0 {
			fmt.Fprintf(&s, "\n  dimension %d  no class ends", dim)
			continue
		}
		fmt.Fprintf(&s, "\n  dimension %d  the longest class lives from %.4g to %.4g, of the %d densest rows", dim, longest.Birth, longest.Death, b.Counts[at])
	}
	for _, note := range b.Notes {
		fmt.Fprintf(&s, "\n  note         %s", note)
	}
	return s.String()
}
