package topology

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// Knot is where a piecewise linear function turns.
type Knot struct{ Scale, Value float64 }

// Landscape is a sequence of functions that holds what a diagram does and can be averaged:
// every bar is a tent over its life, as high as half its length, and level k at a scale is
// the k-th largest of the tents there (P. Bubenik, 2015, Statistical topological data
// analysis using persistence landscapes). Levels are exact: piecewise linear between their
// knots, and zero before the first and after the last.
type Landscape struct {
	Levels [][]Knot // the highest first; knots by scale
}

// NewLandscape returns the landscape of the finite bars of a diagram, the highest levels of
// it where most is not 0. Essential bars are left out: Clip gives them an end. Time and
// memory O(n·levels) for n bars, of which there may be n levels (P. Bubenik and P. Dłotko,
// 2017, A persistence landscapes toolbox for topological statistics).
//
// Errors: *mat32.ParamError for most below 0, and those of Bottleneck for bars.
func NewLandscape(d Diagram, most int) (*Landscape, error) {
	const method = "topology.NewLandscape"
	if most < 0 {
		return nil, &mat32.ParamError{Method: method, Param: "most", Value: most, Want: "0, for all levels, or more"}
	}
	if err := d.check(method, "d"); err != nil {
		return nil, err
	}
	// A level goes along the bars that reach farthest; where it leaves one bar for another
	// it leaves what they share to the levels below.
	left := part(d).points
	slices.SortFunc(left, func(a, b point) int { return cmp.Or(cmp.Compare(a.x, b.x), cmp.Compare(b.y, a.y)) })
	l := &Landscape{}
	for len(left) > 0 && (most == 0 || len(l.Levels) < most) {
		bar := left[0]
		knots := []Knot{{bar.x, 0}, {(bar.x + bar.y) / 2, (bar.y - bar.x) / 2}}
		// What the level does not use goes to the front of the list again, in order: kept
		// holds it, and shared what it splits off, whose births only grow.
		kept, rest := left[:0], left[1:]
		var shared []point
		take := func(p point) {
			for len(shared) > 0 && precedes(shared[0], p) {
				kept, shared = append(kept, shared[0]), shared[1:]
			}
			kept = append(kept, p)
		}
		for len(rest) > 0 {
			next := rest[0]
			rest = rest[1:]
			// A shared part has its place among the kept, and cannot reach farther.
			if next.y <= bar.y {
				take(next)
				continue
			}
			switch {
			case next.x > bar.y:
				knots = append(knots, Knot{bar.y, 0}, Knot{next.x, 0})
			case next.x == bar.y:
				knots = append(knots, Knot{next.x, 0})
			default:
				knots = append(knots, Knot{(next.x + bar.y) / 2, (bar.y - next.x) / 2})
				part := point{next.x, bar.y}
				at := len(shared)
				for at > 0 && precedes(part, shared[at-1]) {
					at--
				}
				shared = slices.Insert(shared, at, part)
			}
			knots = append(knots, Knot{(next.x + next.y) / 2, (next.y - next.x) / 2})
			bar = next
		}
		kept = append(kept, shared...)
		l.Levels = append(l.Levels, append(knots, Knot{bar.y, 0}))
		left = kept
	}
	return l, nil
}

func precedes(a, b point) bool { return a.x < b.x || a.x == b.x && a.y >= b.y }

// At returns level k, from 0, at a scale.
func (l *Landscape) At(k int, scale float64) float64 {
	if k < 0 || k >= len(l.Levels) {
		return 0
	}
	return value(l.Levels[k], scale)
}

func value(knots []Knot, scale float64) float64 {
	i, _ := slices.BinarySearchFunc(knots, scale, func(k Knot, s float64) int { return cmp.Compare(k.Scale, s) })
	if i == len(knots) || i == 0 && knots[0].Scale != scale {
		return 0
	}
	b := knots[i]
	if b.Scale == scale {
		return b.Value
	}
	a := knots[i-1]
	return a.Value + (scale-a.Scale)/(b.Scale-a.Scale)*(b.Value-a.Value)
}

// Grid returns the levels, in rows, at the scales, in columns: a vector for methods that
// need one. It is nil where there is no level or no scale.
func (l *Landscape) Grid(scales []float64) *mat.Dense {
	if len(l.Levels) == 0 || len(scales) == 0 {
		return nil
	}
	g := mat.NewDense(len(l.Levels), len(scales), nil)
	for k, knots := range l.Levels {
		for j, s := range scales {
			g.Set(k, j, value(knots, s))
		}
	}
	return g
}

// Turns returns the knots of all levels as slices of one length: the level of each, from 0,
// its scale and value.
func (l *Landscape) Turns() (level []int, scale, value []float64) {
	for k, knots := range l.Levels {
		for _, knot := range knots {
			level, scale, value = append(level, k), append(scale, knot.Scale), append(value, knot.Value)
		}
	}
	return level, scale, value
}

// Integral returns the area under all levels: the sum of the squared lengths of the bars
// over 4, where all levels are there.
func (l *Landscape) Integral() (area float64) {
	for _, knots := range l.Levels {
		for i := 1; i < len(knots); i++ {
			area += (knots[i].Scale - knots[i-1].Scale) * (knots[i].Value + knots[i-1].Value) / 2
		}
	}
	return area
}

// MeanLandscape returns the mean of landscapes, level by level: one that has no such level
// is zero there. It is exact, with the knots of all; nil where there are no landscapes. Time
// O(n·m·log m) for n landscapes with m knots in all.
func MeanLandscape(of ...*Landscape) *Landscape {
	if len(of) == 0 {
		return nil
	}
	mean := &Landscape{}
	for k := 0; ; k++ {
		scales := turns(of, k)
		if scales == nil {
			return mean
		}
		knots := make([]Knot, len(scales))
		for i, s := range scales {
			knots[i].Scale = s
			for _, l := range of {
				knots[i].Value += l.At(k, s) / float64(len(of))
			}
		}
		mean.Levels = append(mean.Levels, knots)
	}
}

// turns returns the scales at which level k of any landscape turns.
func turns(of []*Landscape, k int) (scales []float64) {
	for _, l := range of {
		if k < len(l.Levels) {
			for _, knot := range l.Levels[k] {
				scales = append(scales, knot.Scale)
			}
		}
	}
	slices.Sort(scales)
	return slices.Compact(scales)
}

// Distance returns how far landscapes are apart by their largest difference anywhere, which
// is at most the bottleneck distance of their diagrams (Bubenik, 2015, theorem 13).
// Time O(m·log m) for m knots in all.
func (l *Landscape) Distance(other *Landscape) (largest float64) {
	for k := range max(len(l.Levels), len(other.Levels)) {
		for _, side := range [2][2]*Landscape{{l, other}, {other, l}} {
			if k >= len(side[0].Levels) {
				continue
			}
			for _, knot := range side[0].Levels[k] {
				largest = max(largest, math.Abs(knot.Value-side[1].At(k, knot.Scale)))
			}
		}
	}
	return largest
}
