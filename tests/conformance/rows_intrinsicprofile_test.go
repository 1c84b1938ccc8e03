package conformance

import (
	"context"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/intrinsic"
)

var intrinsicProfileRows = []row{{
	method:     "intrinsic.Profile",
	stochastic: true,
	source:     "2022, The generalized ratios intrinsic dimension estimator",
	golden:     golden{form: "what every estimator says by itself", test: "intrinsic.TestProfileIsWhatEveryEstimatorSays"},
	claim: claim{
		says:    "noise is seen at the small scales and not at the large ones: the dimension of a noisy plane falls to less than half of what it is at first",
		on:      func(seed uint64) sample { return sample{x: noisyPlane(seed, .01)} },
		measure: fall, from: 2, to: 6,
	},
	control: control{
		says: "that of a plane does not",
		on:   func(seed uint64) sample { return sample{x: noisyPlane(seed, 0)} },
	},
	variants: []variant{
		{name: "all estimators", of: always(intrinsic.Profile{}), least: 4, distances: taken, long: [2]int{6000, 100}},
		{name: "few neighbours, with one that draws", of: always(intrinsic.Profile{Neighbors: 12, With: []string{"GeoMLE"},
			Without: []string{"FisherS", "LocalPCA", "BoxCounting"}, Seed: 3}), least: 13, distances: taken, long: [2]int{6000, 100}},
	},
	refused: map[string][]any{
		"Neighbors": {intrinsic.Profile{Neighbors: 2}, intrinsic.Profile{Neighbors: 60}},
		"With":      {intrinsic.Profile{With: []string{"MLE"}}},
		"Without":   {intrinsic.Profile{Without: []string{"LLE"}}},
	},
}}

// fall returns the dimension at the smallest scale over that at the largest.
func fall(ctx context.Context, s sample) (float64, error) {
	d, err := intrinsic.Profile{Without: []string{"LocalPCA", "FisherS", "ESS", "ABID", "CorrelationDimension"}}.Estimate(ctx, s.x)
	if err != nil {
		return 0, err
	}
	c := d.Curve.Dimensions
	return c[0] / c[len(c)-1], nil
}

// noisyPlane returns rows of a square in ten columns with normal noise.
func noisyPlane(seed uint64, sigma float64) *mat.Dense {
	const n = 600
	x := fixture.Normal(seed, n, 10)
	x.Scale(sigma, x)
	square := x.Slice(0, n, 0, 2).(*mat.Dense)
	square.Add(square, fixture.Uniform(seed+100, n, 2))
	return x
}
