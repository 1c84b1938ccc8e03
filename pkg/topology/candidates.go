package topology

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// Summand is a class that is followed from line to line: a candidate for an interval of the
// bifiltration.
type Summand struct {
	First int   // the line it begins on
	Bars  []Bar // its bar on that line and on each that follows
}

// Weight returns half the length of its longest bar: how far it is from no class at all, the
// interleaving distance to zero along the lines.
func (s Summand) Weight() (weight float64) {
	for _, b := range s.Bars {
		weight = max(weight, b.Length()/2)
	}
	return weight
}

// Decompose joins the bars of neighbouring lines that the cheapest matching pairs (Wasserstein
// of order 2), and returns the summands of a dimension, those of the largest weights first. It
// is a candidate decomposition: each of its lines has the right bars, and lines that are near
// each other mostly the right pairs, but a class that splits between two lines is one of both.
// Essential bars count where MaxScale ends them.
//
// Errors: *mat32.ParamError for a dimension that was not computed, and one that wraps
// ctx.Err().
func (s *LineSlices) Decompose(ctx context.Context, dim int) ([]Summand, error) {
	const method = "topology.LineSlices.Decompose"
	var all []Summand
	var ends []int // the summand of every bar of the line before
	var before Diagram
	for k, d := range s.Diagrams {
		if most := len(d) - 1; dim < 0 || dim > most {
			return nil, &mat32.ParamError{Method: method, Param: "dim", Value: dim, Want: fmt.Sprintf("0 to %d", most)}
		}
		if ctx.Err() != nil {
			return nil, fmt.Errorf("%s: %w", method, ctx.Err())
		}
		bars := d[dim]
		if s.MaxScale > 0 {
			bars = bars.Clip(s.MaxScale)
		}
		bars = bars.Finite()
		m, err := Wasserstein{}.Match(ctx, before, bars)
		if err != nil {
			return nil, mat32.Rename(method, err)
		}
		now := make([]int, len(bars))
		for i := range now {
			now[i] = -1
		}
		for _, p := range m.Pairs {
			if p.P >= 0 && p.Q >= 0 {
				now[p.Q] = ends[p.P]
			}
		}
		for i, b := range bars {
			if now[i] < 0 {
				now[i] = len(all)
				all = append(all, Summand{First: k})
			}
			all[now[i]].Bars = append(all[now[i]].Bars, b)
		}
		before, ends = bars, now
	}
	slices.SortStableFunc(all, func(a, b Summand) int { return cmp.Compare(b.Weight(), a.Weight()) })
	return all, nil
}

// CDR represents a candidate decomposition as a picture, lines × scales: every summand is a
// function of the plane, as high as it is far from its ends along a line, and of these it
// takes the mean, weighted by powers of the weights, so that summands which hardly live
// count for little (D. Loiseaux, M. Carrière and A. Blumberg, 2023, A framework for fast and
// stable representations of multiparameter persistent homology decompositions, whose S-CDR
// it is).
type CDR struct {
	// Power is that of the weights. Larger values show what lives longest only. Default 1.
	// 0 < Power ≤ 100.
	Power float64

	// Largest asks for the largest of the functions instead of their mean: the first level of
	// the landscape. Power is then ignored.
	Largest bool
}

// Resolve returns the options with defaults filled in, or a *mat32.ParamError, for n lines
// and d scales.
func (c CDR) Resolve(n, d int) (CDR, error) {
	c.Power = cmp.Or(c.Power, 1)
	if !(c.Power > 0 && c.Power <= 100) {
		return c, &mat32.ParamError{Method: "topology.CDR", Param: "Power", Value: c.Power, Want: "0 < Power ≤ 100"}
	}
	return c, nil
}

// Of returns the picture of summands on a number of lines at the scales given, which is empty
// where there are no lines or no scales. Time O(n·m) for n bars and m scales. Errors: those
// of Resolve, and *mat32.ParamError where a summand is on other lines.
func (c CDR) Of(summands []Summand, lines int, scales []float64) (*mat.Dense, error) {
	c, err := c.Resolve(lines, len(scales))
	if err != nil {
		return nil, err
	}
	heaviest, total := 0., 0.
	for _, s := range summands {
		if s.First < 0 || s.First+len(s.Bars) > lines {
			return nil, &mat32.ParamError{Method: "topology.CDR", Param: "lines", Value: lines, Want: fmt.Sprintf("those of a summand, %d to %d", s.First, s.First+len(s.Bars)-1)}
		}
		heaviest = max(heaviest, s.Weight())
	}
	if lines == 0 || len(scales) == 0 {
		return &mat.Dense{}, nil
	}
	picture := mat.NewDense(lines, len(scales), nil)
	for _, s := range summands {
		weight := 0.
		if heaviest > 0 {
			weight = math.Pow(s.Weight()/heaviest, c.Power)
		}
		total += weight
		for k, b := range s.Bars {
			row := picture.RawRowView(s.First + k)
			for j, v := range scales {
				height := max(0, min(v-b.Birth, b.Death-v))
				if c.Largest {
					row[j] = max(row[j], height)
				} else {
					row[j] += weight * height
				}
			}
		}
	}
	if !c.Largest && total > 0 {
		picture.Scale(1/total, picture)
	}
	return picture, nil
}
