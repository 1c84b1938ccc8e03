package conformance

import (
	"context"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/quality"
)

var qualityRows = []row{{
	method: "quality.Rank",
	source: "none: it counts ranks, and the scores read from them name their own sources",
	golden: golden{file: "quality", holds: "data.digits.tied.trustworthiness", test: "quality.TestRanksAgainstScikitLearn"},
	claim: claim{
		says: "a plane shown from straight above is trustworthy",
		on: func(seed uint64) sample {
			y := fixture.Normal(seed, 300, 2)
			var x mat.Dense
			x.Mul(y, mat.NewDense(2, 4, []float64{.5, .5, .5, .5, .5, -.5, .5, -.5}))
			return sample{x: &x, y: y}
		},
		measure: func(ctx context.Context, s sample) (float64, error) {
			r, err := quality.Rank{Neighbors: 15}.Compare(ctx, s.x, s.y)
			if err != nil {
				return 0, err
			}
			return r.Trustworthiness(15).Value, nil
		},
		from: .999, to: 1,
	},
	control: control{
		says: "the rows of the picture are shuffled",
		on: func(seed uint64) sample {
			y := fixture.Normal(seed, 300, 2)
			return sample{x: y, y: shuffledRows(y)}
		},
	},
	variants: []variant{
		{name: "100 neighbours", of: always(quality.Rank{}), least: 2, constant: true, distances: asForRows, long: [2]int{6000, 100}},
		{name: "1 neighbour", of: always(quality.Rank{Neighbors: 1}), least: 2, constant: true, distances: asForRows, long: [2]int{6000, 100}},
	},
	refused: map[string][]any{"Neighbors": {quality.Rank{Neighbors: 60}}},
}, {
	method:     "quality.DistancePreservation",
	stochastic: true,
	source:     "1904, The proof and measurement of association between two things",
	golden:     golden{file: "distancepreservation", holds: "cases", test: "quality.TestDistancesAgainstSciPy"},
	claim: claim{
		says: "the roll unrolled has the order of the distances along it",
		on: func(seed uint64) sample {
			d, truth := rolled(seed)
			return sample{x: truth, y: d.Truth.Latent}
		},
		measure: func(ctx context.Context, s sample) (float64, error) {
			a, err := quality.DistancePreservation{}.Compare(ctx, s.x, s.y)
			if err != nil {
				return 0, err
			}
			return a.Spearman().Value, nil
		},
		from: .999, to: 1,
	},
	control: control{
		says: "the roll is not unrolled",
		on: func(seed uint64) sample {
			d, truth := rolled(seed)
			return sample{x: truth, y: d.X}
		},
	},
	variants: []variant{
		{name: "all pairs", of: always(quality.DistancePreservation{}), least: 3, distances: asForRows, long: [2]int{3500, 400}},
		{name: "1000 pairs", of: always(quality.DistancePreservation{Pairs: 1000}), least: 3, distances: asForRows, long: [2]int{400, 30_000}},
	},
	refused: map[string][]any{"Pairs": {quality.DistancePreservation{Pairs: 2}}},
}, {
	method: "quality.NeighborhoodHit",
	source: "2008, Least square projection",
	golden: golden{file: "quality", holds: "data.digits.jittered.hit", test: "quality.TestRanksAgainstScikitLearn"},
	claim: claim{
		says: "where groups are far apart, neighbours are of the same group",
		on:   func(seed uint64) sample { return groups(seed, 150, 3) },
		measure: func(ctx context.Context, s sample) (float64, error) {
			hit, err := quality.NeighborhoodHit(ctx, s.x, s.labels, 10)
			return hit.Value, err
		},
		from: .99, to: 1,
	},
	control: control{
		says: "the labels are shuffled",
		on:   func(seed uint64) sample { return shuffledLabels(groups(seed, 150, 3)) },
	},
	variants: []variant{{
		name: "5 neighbours", least: 6, constant: true, distances: asForRows, long: [2]int{6000, 100},
		call: func(ctx context.Context, x mat.Matrix) (any, error) {
			n, _ := dims(x)
			labels := make([]int, n)
			for i := range labels {
				labels[i] = i%4 - 1
			}
			return quality.NeighborhoodHit(ctx, x, labels, 5)
		},
	}},
}}

// rolled returns a swiss roll and the distances along it.
func rolled(seed uint64) (*datasets.Dataset, *mat32.Distances) {
	d, err := datasets.SwissRoll{Rows: 150, Seed: seed}.Generate()
	if err != nil {
		panic(err)
	}
	var along []float64
	for i := range 150 {
		for j := i + 1; j < 150; j++ {
			along = append(along, d.Truth.Geodesic(i, j))
		}
	}
	truth, err := mat32.NewDistances(150, along)
	if err != nil {
		panic(err)
	}
	return d, truth
}
