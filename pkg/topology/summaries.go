package topology

import (
	"fmt"
	"math"
	"slices"

	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
)

// Clip returns the diagram with essential bars that end at a scale, such as the largest
// looked at, for summaries of finite bars. Those born there or later are left out.
func (d Diagram) Clip(end float64) Diagram {
	var clipped Diagram
	for _, b := range d {
		if !b.Essential() {
			clipped = append(clipped, b)
		} else if b.Birth < end {
			clipped = append(clipped, Bar{b.Birth, end})
		}
	}
	return clipped
}

// TotalPersistence returns the sum of the lengths of the finite bars, each to a power.
func TotalPersistence(d Diagram, power float64) (sum float64) {
	for _, b := range d {
		if !b.Essential() && b.Length() > 0 {
			sum += math.Pow(b.Length(), power)
		}
	}
	return sum
}

// PersistenceEntropy returns the Shannon entropy, in nats, of the shares that finite bars
// have in their total length: ln n for n bars of one length, 0 for a single one. Essential
// bars are left out: Clip gives them an end. (H. Chintakunta, T. Gentimis, R.
// Gonzalez-Diaz, M.-J. Jimenez and H. Krim, 2015, An entropy-based persistence barcode.)
// Libraries differ in the base, e or 2, and in what they do with essential bars.
//
// Errors: *mat32.DegenerateError where no bar is finite and longer than 0, and those of
// Bottleneck for bars.
func PersistenceEntropy(d Diagram) (measure.Score, error) {
	const method = "topology.PersistenceEntropy"
	if err := d.check(method, "d"); err != nil {
		return measure.Score{}, err
	}
	bars := part(d)
	unit := 0.
	for _, p := range bars.points {
		unit = max(unit, p.y-p.x)
	}
	if unit == 0 {
		return measure.Score{}, &mat32.DegenerateError{Method: method, Reason: "no bar is finite and longer than 0"}
	}
	total, entropy := 0., 0.
	for _, p := range bars.points {
		total += (p.y - p.x) / unit
	}
	for _, p := range bars.points {
		share := (p.y - p.x) / unit / total
		if share > 0 {
			entropy -= share * math.Log(share)
		}
	}
	s := measure.Score{Name: "persistence entropy", Value: max(entropy, 0), Rows: len(bars.points),
		Convention: "nats, of shares in the total length of finite bars; ln n for n bars of one length"}
	if n := len(bars.essential); n > 0 {
		s.Notes = []string{fmt.Sprintf("essential bars left out: %d", n)}
	}
	return s, nil
}

// BettiCurve returns the Betti number of a diagram at every scale: the bars born there or
// before that die after it, essential ones among them. Time O((n+m)·log n) for n bars and m scales.
func BettiCurve(d Diagram, scales []float64) []float64 {
	births, deaths := make([]float64, len(d)), make([]float64, len(d))
	for i, b := range d {
		births[i], deaths[i] = b.Birth, b.Death
	}
	slices.Sort(births)
	slices.Sort(deaths)
	curve := make([]float64, len(scales))
	for i, s := range scales {
		curve[i] = float64(upTo(births, s) - upTo(deaths, s))
	}
	return curve
}

// upTo returns how many sorted values are at most v.
func upTo(sorted []float64, v float64) int {
	n, _ := slices.BinarySearchFunc(sorted, v, func(a, v float64) int {
		if a <= v {
			return -1
		}
		return 1
	})
	return n
}

// EulerCurve returns the Euler characteristic at every scale: pieces less rings and more
// cavities, the Betti numbers of all dimensions with changing signs. It is that of the
// filtration where the persistence holds all its dimensions.
func EulerCurve(p *Persistence, scales []float64) []float64 {
	curve := make([]float64, len(scales))
	sign := 1.
	for _, d := range p.Diagrams {
		for i, b := range BettiCurve(d, scales) {
			curve[i] += sign * b
		}
		sign = -sign
	}
	return curve
}

// Silhouette returns the mean of the tents of the finite bars at every scale, weighted by
// the lengths of the bars to a power: a landscape in one function. Larger powers show the
// longest bars, smaller ones how many there are. Essential bars are left out: Clip gives
// them an end. It is zero where there are no bars. (F. Chazal, B. Fasy, F. Lecci, A.
// Rinaldo and L. Wasserman, 2014, Stochastic convergence of persistence landscapes and
// silhouettes.) Time O(n·m) for n bars and m scales.
func Silhouette(d Diagram, power float64, scales []float64) []float64 {
	curve := make([]float64, len(scales))
	points := part(d).points
	unit, total := 0., 0.
	for _, p := range points {
		unit = max(unit, p.y-p.x)
	}
	for _, p := range points {
		weight := math.Pow((p.y-p.x)/unit, power)
		total += weight
		for i, s := range scales {
			curve[i] += weight * max(0, min(s-p.x, p.y-s))
		}
	}
	for i := range curve {
		if total > 0 {
			curve[i] /= total
		}
	}
	return curve
}
