package viz

import (
	"fmt"
	"reflect"

	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
)

// A RankCurved result has curves over all sizes k of a neighbourhood, from k = 1 on, as *quality.RankCurves has.
type RankCurved interface {
	QNX() []float64
	RNX() []float64
	LCMC() []float64
	AUC() measure.Score
	KMax() int
}

// A RankCurve is the curves of one map, and its name among several.
type RankCurve struct {
	Name string
	Of   RankCurved
}

// RankCurves draws how well neighbourhoods of every size are kept, over the logarithm of their size. Of one map these are Q_NX, the share of
// neighbours kept; R_NX, the same on a scale on which chance is 0; and LCMC, Q_NX less chance, whose highest point parts the local from the
// global. Of several maps it is the R_NX of each, with the area under it.
//
//	a, err := quality.RankCurve{}.Compare(ctx, x, tsne)
//	b, err := quality.RankCurve{}.Compare(ctx, x, umap)
//	viz.RankCurves(viz.RankCurve{Name: "t-SNE", Of: a}, viz.RankCurve{Name: "UMAP", Of: b})
//
// What is wrong with the arguments is the chart's error: [mat32.ErrEmpty] without a map or with one whose curves have no point. It costs
// O(n) a curve.
//
// Source: J. Lee, E. Renard, G. Bernard, P. Dupont and M. Verleysen (2013), Type 1 and 2 mixtures of Kullback–Leibler divergences as cost
// functions in dimensionality reduction based on similarity preservation.
func RankCurves(maps ...RankCurve) *Chart {
	const from = "viz.RankCurves"
	var series []Series
	var rules []Rule
	add := func(name string, y []float64) {
		s := Series{Name: name, Y: y}
		for k := range y {
			s.X = append(s.X, float64(k+1))
		}
		series = append(series, s)
	}
	for i, m := range maps {
		if v := reflect.ValueOf(m.Of); !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil() {
			return &Chart{err: fmt.Errorf("%s: map %d: %w", from, i, mat32.ErrEmpty)}
		}
		if len(maps) > 1 {
			name := m.Name
			if name == "" {
				name = fmt.Sprintf("map %d", i+1)
			}
			add(fmt.Sprintf("%s (%.3f)", name, m.Of.AUC().Value), m.Of.RNX())
			continue
		}
		add("Q_NX", m.Of.QNX())
		add(fmt.Sprintf("R_NX (%.3f)", m.Of.AUC().Value), m.Of.RNX())
		add("LCMC", m.Of.LCMC())
		rules = append(rules, Rule{Name: fmt.Sprintf("K_max = %d", m.Of.KMax()), At: float64(m.Of.KMax()), Vertical: true})
	}
	if len(series) == 0 {
		return &Chart{err: fmt.Errorf("%s: %w", from, mat32.ErrEmpty)}
	}
	name, source := "R_NX", "in brackets: the area under R_NX over the logarithm of k"
	if len(maps) == 1 {
		name = "agreement"
	}
	return planarChart(from, &lines{series: series, source: source}, plane{x: Axis{Name: "neighbours k", Log: true}, y: Axis{Name: name}, rules: rules})
}

// A RankScored result says for any neighbourhood how well it is kept, as *quality.Ranks does. Sizes are those to ask for.
type RankScored interface {
	Trustworthiness(k int) measure.Score
	Continuity(k int) measure.Score
	QNX(k int) measure.Score
	LCMC(k int) measure.Score
	Sizes() []int
}

// RankScores draws trustworthiness, continuity, Q_NX and LCMC of a map over the logarithm of the neighbourhood's size.
//
//	r, err := quality.Rank{}.Compare(ctx, x, y)
//	viz.RankScores(r)
//
// What is wrong with the argument is the chart's error: [mat32.ErrEmpty] without a result. It costs O(n·k) for each of about four sizes to a
// doubling.
func RankScores(r RankScored) *Chart {
	const from = "viz.RankScores"
	if v := reflect.ValueOf(r); !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil() || len(r.Sizes()) == 0 {
		return &Chart{err: fmt.Errorf("%s: %w", from, mat32.ErrEmpty)}
	}
	var series []Series
	for _, score := range []struct {
		name string
		of   func(k int) measure.Score
	}{{"trustworthiness", r.Trustworthiness}, {"continuity", r.Continuity}, {"Q_NX", r.QNX}, {"LCMC", r.LCMC}} {
		s := Series{Name: score.name}
		for _, k := range r.Sizes() {
			s.X, s.Y = append(s.X, float64(k)), append(s.Y, score.of(k).Value)
		}
		series = append(series, s)
	}
	return planarChart(from, &lines{series: series, source: captionOf(r)}, plane{x: Axis{Name: "neighbours k", Log: true}, y: Axis{Name: "score"}})
}
