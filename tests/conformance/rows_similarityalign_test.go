package conformance

import (
	"context"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/similarity"
)

// reseeded returns 150 rows and what another seed might make of them: they are turned,
// stretched and in some noise.
func reseeded(seed uint64) sample {
	x := fixture.Normal(seed, 150, 16)
	var qr mat.QR
	qr.Factorize(fixture.Normal(seed+50, 16, 16))
	var q, y mat.Dense
	qr.QTo(&q)
	y.Mul(x, &q)
	y.Scale(5, &y)
	e := fixture.Normal(seed+100, 150, 16)
	y.Add(&y, e)
	return sample{x: x, y: &y}
}

// twoViews returns two views of which a fifth is shared.
func twoViews(seed uint64) sample {
	x, y, err := datasets.TwoView{Rows: 400, Seed: seed}.Generate()
	if err != nil {
		panic(err)
	}
	return sample{x: x.X, y: y.X}
}

var relativeRow = row{
	method: "similarity.Relative",
	origin: "cosines are of directions as seen from zero",
	source: "2023, Relative representations enable zero-shot latent space communication",
	golden: golden{form: "cosines by their formula, the same after a rotation and a rescaling", test: "similarity.TestRelativeIsInvariant"},
	claim: claim{
		says: "rows find their counterparts of another seed by coordinates relative to anchors",
		on:   reseeded, measure: compared(similarity.Relative{Choose: similarity.Anchors{Count: 60}}), from: .9, to: 1,
	},
	control: control{
		says: "the rows of one are in another order, and so are its anchors",
		on:   func(seed uint64) sample { return unpaired(reseeded(seed)) },
	},
	variants: []variant{
		{name: "all for anchors", of: always(similarity.Relative{}), least: 2, long: [2]int{6000, 200}},
		{name: "the farthest two", least: 2, long: [2]int{6000, 200},
			of: always(similarity.Relative{Choose: similarity.Anchors{Rule: similarity.FarthestAnchors, Count: 2}})},
	},
	refused: map[string][]any{"Neighbors": {similarity.Relative{Neighbors: 60}}, "Anchors": {similarity.Relative{Anchors: []int{60}}},
		"Count": {similarity.Relative{Choose: similarity.Anchors{Count: 61}}}},
}

var matchAccuracyRow = row{
	method: "similarity.MatchAccuracy",
	origin: directions,
	source: "2025, Escaping Plato's Cave",
	golden: golden{form: "four rows of which two are the same", test: "similarity.TestMatchAccuracy"},
	claim: claim{
		says: "rows that have moved little find themselves",
		on: func(seed uint64) sample {
			x, e := fixture.Normal(seed, 150, 16), fixture.Normal(seed+1, 150, 16)
			e.Scale(.2, e)
			e.Add(e, x)
			return sample{x: x, y: e}
		},
		measure: func(ctx context.Context, s sample) (float64, error) {
			score, err := similarity.MatchAccuracy(ctx, s.x, s.y, 1)
			return score.Value, err
		},
		from: .95, to: 1,
	},
	control: control{says: "the space of one is turned", on: reseeded},
	variants: []variant{{
		name: "with a copy that has moved", least: 2, long: [2]int{6000, 300},
		call: func(ctx context.Context, x mat.Matrix) (any, error) {
			n, d := dims(x)
			return similarity.MatchAccuracy(ctx, x, fixture.Normal(3, max(n, 1), max(d, 1)), 1)
		},
	}},
}

var subspaceAlignRow = row{
	method:     "similarity.SubspaceAlign",
	stochastic: true,
	unmoved:    "similarity.TestSubspaceAlignSeeds: rows compared with themselves are all matched, whichever are drawn",
	source:     "2025, Escaping Plato's Cave: Towards the Alignment of 3D and Text Latent Spaces",
	golden:     golden{form: "a model of two views whose shared dimension is known", test: "similarity.TestSubspaceAlignPeaks"},
	claim: claim{
		says: "matching in the shared dimension is far above that of the full space",
		on:   twoViews,
		measure: func(ctx context.Context, s sample) (float64, error) {
			c, err := similarity.SubspaceAlign{}.Sweep(ctx, s.x, s.y, []int{8})
			if err != nil {
				return 0, err
			}
			return c.Accuracy[0] - c.FullSpace, nil
		},
		from: .25, to: 1,
	},
	control: control{
		says: "the rows of one are in another order",
		on:   func(seed uint64) sample { return unpaired(twoViews(seed)) },
	},
	variants: []variant{
		{name: "50 components", of: always(similarity.SubspaceAlign{}), least: 4, long: [2]int{6000, 150}},
		{name: "one component, few pairs", of: always(similarity.SubspaceAlign{Components: 1, Train: .2}), least: 4, long: [2]int{6000, 150}},
	},
	refused: map[string][]any{"Train": {similarity.SubspaceAlign{Train: 1}}, "Within": {similarity.SubspaceAlign{Within: 31}}},
}
