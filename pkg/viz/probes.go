package viz

import (
	"fmt"
	"math"

	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
)

// A Probe is what was asked of every layer, such as by quality.KNNProbe.
type Probe struct {
	// Name stands in the legend.
	Name string
	// Scores are those of the layers, from the input on.
	Scores []measure.Score
	// Dashed breaks the line: for a control, say.
	Dashed bool
}

// Probes draws what probes read from the layers of a network: their scores by layer, with chance as a line. The band around a score that has
// a standard error is two of them wide to each side; around a share of rows that were right, by 0 or 1 in PerRow, it is Wilson's interval of
// 95 %.
//
//	s, err := quality.KNNProbe{Labels: labels}.Estimate(ctx, layer)
//	viz.Probes(0.1, viz.Probe{Name: "class", Scores: scores})
//
// A chance of NaN draws no line.
//
// What is wrong with the arguments is the chart's error: [mat32.ErrEmpty] without a probe or with one without scores, a [*mat32.ParamError]
// for scores that are not finite and a chance that is infinite. It costs O(layers·n).
//
// Source: E. Wilson (1927), Probable inference, the law of succession, and statistical inference.
func Probes(chance float64, probes ...Probe) *Chart {
	const from = "viz.Probes"
	if len(probes) == 0 {
		return &Chart{err: fmt.Errorf("%s: %w", from, mat32.ErrEmpty)}
	}
	var series []Series
	name := ""
	for i, p := range probes {
		s := Series{Name: p.Name, Dashed: p.Dashed}
		banded := false
		for l, score := range p.Scores {
			low, high := interval(score)
			banded = banded || low < high
			s.X, s.Y = append(s.X, float64(l)), append(s.Y, score.Value)
			s.Low, s.High = append(s.Low, low), append(s.High, high)
			if i == 0 && l == 0 {
				name = score.Name
			} else if score.Name != name {
				name = "score"
			}
		}
		if !banded {
			s.Low, s.High = nil, nil
		}
		series = append(series, s)
	}
	p := plane{x: Axis{Name: "layer", whole: true}, y: Axis{Name: name}}
	if chance == chance {
		p.rules = []Rule{{Name: "chance", At: chance}}
	}
	return planarChart(from, &lines{series: series}, p)
}

// interval returns the ends of what a score may be.
func interval(s measure.Score) (low, high float64) {
	if s.StdErr > 0 && s.StdErr <= most {
		return s.Value - 2*s.StdErr, s.Value + 2*s.StdErr
	}
	n := 0.0
	for _, v := range s.PerRow {
		switch v {
		case 0, 1:
			n++
		default:
			if v == v {
				return s.Value, s.Value
			}
		}
	}
	if n == 0 {
		return s.Value, s.Value
	}
	const z = 1.959964
	middle, off := (s.Value+z*z/(2*n))/(1+z*z/n), z*math.Sqrt(s.Value*(1-s.Value)/n+z*z/(4*n*n))/(1+z*z/n)
	return math.Min(s.Value, math.Max(0, middle-off)), math.Max(s.Value, math.Min(1, middle+off))
}
