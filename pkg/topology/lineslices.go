package topology

import (
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// LineSlices holds the persistent homology of a bifiltration along parallel lines: the
// fibered barcode, from which come representations of the form
//
//	op over the bars M of a line of w(M)·φ(M),
//
// a weight, a function of the plane and an operation that does not mind the order. Where every
// row moves by at most ε a bar moves by at most 2ε, or 2ε/Slope where that is more, and
// Landscape changes by no more.
//
// Sources: O. Vipond (2020), Multiparameter persistence landscapes; D. Loiseaux, M. Carrière
// and A. Blumberg (2023), A framework for fast and stable representations of multiparameter
// persistent homology decompositions, whose summands are here the bars of single lines, or
// those of neighbouring lines that Decompose joins.
type LineSlices struct {
	Offsets  []float64   // of the lines: the scale at level 0
	Slope    float64     // levels that they rise while the scale rises by 1
	Diagrams [][]Diagram // of every line, one for every dimension of homology; by scale

	Codensity []float64 // of the rows
	MaxScale  float64   // the end of the lines; 0 for none
	Rows      int
}

// Landscape returns level k, from 0, of the multiparameter landscape of a dimension, lines ×
// scales: the op is the largest but k, w is 1, and φ the tent over a bar. Its value is how
// far around a place k+1 classes live. Essential bars count where MaxScale ends them. Errors:
// *mat32.ParamError for a dimension that was not computed, and for k below 0.
func (s *LineSlices) Landscape(dim, k int, scales []float64) (*mat.Dense, error) {
	if k < 0 {
		return nil, &mat32.ParamError{Method: "topology.LineSlices", Param: "k", Value: k, Want: "0 or more"}
	}
	return s.each(dim, scales, func(d Diagram, row []float64) error {
		l, err := NewLandscape(d, k+1)
		if err != nil {
			return err
		}
		for i, v := range scales {
			row[i] = l.At(k, v)
		}
		return nil
	})
}

// Silhouette returns the silhouette of a dimension, lines × scales: the op is the sum, w the
// power of the length of a bar, over the sum of all, and φ the tent over it. Larger powers
// show long bars only. Errors: those of Landscape, and *mat32.ParamError for a power that is
// not positive.
func (s *LineSlices) Silhouette(dim int, power float64, scales []float64) (*mat.Dense, error) {
	if !(power > 0 && power <= 100) {
		return nil, &mat32.ParamError{Method: "topology.LineSlices", Param: "power", Value: power, Want: "0 < power ≤ 100"}
	}
	return s.each(dim, scales, func(d Diagram, row []float64) error {
		copy(row, Silhouette(d, power, scales))
		return nil
	})
}

// each fills a row for every line.
func (s *LineSlices) each(dim int, scales []float64, f func(d Diagram, row []float64) error) (*mat.Dense, error) {
	if len(s.Diagrams) == 0 || len(scales) == 0 {
		return &mat.Dense{}, nil
	}
	if most := len(s.Diagrams[0]) - 1; dim < 0 || dim > most {
		return nil, &mat32.ParamError{Method: "topology.LineSlices", Param: "dim", Value: dim, Want: fmt.Sprintf("0 to %d", most)}
	}
	m := mat.NewDense(len(s.Diagrams), len(scales), nil)
	for k, d := range s.Diagrams {
		bars := d[dim]
		if s.MaxScale > 0 {
			bars = bars.Clip(s.MaxScale)
		}
		if err := f(bars, m.RawRowView(k)); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// String returns one line: how many lines there are, and their offsets.
func (s *LineSlices) String() string {
	if len(s.Offsets) == 0 {
		return fmt.Sprintf("no lines of the density-Rips bifiltration of %d rows", s.Rows)
	}
	return fmt.Sprintf("%d lines of slope %.4g in the density-Rips bifiltration of %d rows, offsets %.4g to %.4g", len(s.Offsets), s.Slope, s.Rows, s.Offsets[0], s.Offsets[len(s.Offsets)-1])
}
