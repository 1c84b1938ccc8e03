package conformance

import (
	"context"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/quality"
)

// above returns a plane in four dimensions, and itself seen from straight above.
func above(seed uint64) sample {
	y := fixture.Normal(seed, 150, 2)
	var x mat.Dense
	x.Mul(y, mat.NewDense(2, 4, []float64{.5, .5, .5, .5, .5, -.5, .5, -.5}))
	return sample{x: &x, y: y}
}

// inClasses labels n rows, with one class for every twenty and two more.
func inClasses(n int) []int {
	labels := make([]int, n)
	for i := range labels {
		labels[i] = i % (n/20 + 2)
	}
	return labels
}

var qualityRankRows = []row{{
	method: "quality.RankCurve",
	source: "2013, Type 1 and 2 mixtures of Kullback–Leibler divergences as cost functions in dimensionality reduction based on similarity preservation",
	golden: golden{form: "the values published for the fixture of 300 rows", test: "quality.TestCurvesOfTheFixture"},
	claim: claim{
		says: "a plane shown from straight above keeps neighbourhoods of every size",
		on:   above,
		measure: func(ctx context.Context, s sample) (float64, error) {
			c, err := quality.RankCurve{}.Compare(ctx, s.x, s.y)
			if err != nil {
				return 0, err
			}
			return c.AUC().Value, nil
		},
		from: .999, to: 1,
	},
	control: control{
		says: "the rows of the picture are shuffled",
		on: func(seed uint64) sample {
			s := above(seed)
			s.y = shuffledRows(mat.DenseCopyOf(s.y))
			return s
		},
	},
	variants: []variant{
		{name: "all neighbourhoods", of: always(quality.RankCurve{}), least: 3, constant: true, distances: asForRows, long: [2]int{3000, 40}},
	},
}, {
	method: "quality.KNNProbe",
	source: "1967, Nearest neighbor pattern classification",
	golden: golden{form: "votes and means counted by hand", test: "quality.TestProbe"},
	claim: claim{
		says: "where groups are far apart, neighbours tell the group",
		on:   func(seed uint64) sample { return groups(seed, 150, 3) },
		measure: func(ctx context.Context, s sample) (float64, error) {
			accuracy, err := quality.KNNProbe{Labels: s.labels}.Estimate(ctx, s.x)
			return accuracy.Value, err
		},
		from: .99, to: 1,
	},
	control: control{
		says: "the labels are shuffled",
		on:   func(seed uint64) sample { return shuffledLabels(groups(seed, 150, 3)) },
	},
	variants: []variant{{
		name: "labels", least: 2, constant: true, distances: asForRows, long: [2]int{6000, 100},
		of: func(n, _ int) any { return quality.KNNProbe{Labels: inClasses(n)} },
	}, {
		name: "targets, 1 neighbour", least: 2, constant: true, distances: asForRows, long: [2]int{6000, 100},
		of: func(n, _ int) any {
			targets := make([]float64, n)
			for i := range targets {
				targets[i] = float64(i % 7)
			}
			return quality.KNNProbe{Targets: targets, Neighbors: 1}
		},
	}},
	refused: map[string][]any{"Neighbors": {quality.KNNProbe{Labels: inClasses(60), Neighbors: 60}}},
}, {
	method: "quality.LabelSeparation",
	source: "2024, Classes are not clusters: improving label-based evaluation of dimensionality reduction",
	golden: golden{form: "classes on a line, counted by hand", test: "quality.TestLabelSeparation"},
	claim: claim{
		says: "a map that turns the data keeps all pairs of classes apart",
		on: func(seed uint64) sample {
			s := groups(seed, 150, 3)
			var y mat.Dense
			y.Mul(s.x, mat.NewDense(3, 3, []float64{0, 1, 0, .6, 0, .8, -.8, 0, .6}))
			s.y = &y
			return s
		},
		measure: func(ctx context.Context, s sample) (float64, error) {
			l, err := quality.LabelSeparation{Labels: s.labels}.Compare(ctx, s.x, s.y)
			if err != nil {
				return 0, err
			}
			return l.Trustworthiness().Value, nil
		},
		from: .99, to: 1,
	},
	control: control{
		says: "the points are those of other rows",
		on: func(seed uint64) sample {
			s := groups(seed, 150, 3)
			s.y = shuffledRows(mat.DenseCopyOf(s.x))
			return s
		},
	},
	variants: []variant{{
		name: "some classes", least: 2, constant: true, long: [2]int{6000, 100},
		of: func(n, _ int) any { return quality.LabelSeparation{Labels: inClasses(n)} },
	}},
}}
