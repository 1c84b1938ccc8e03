package conformance

import (
	"context"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/manifold"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

var drUMAPRows = []row{{
	method:     "dr.UMAP",
	stochastic: true,
	source:     "2018, UMAP: Uniform manifold approximation and projection for dimension reduction",
	golden:     golden{file: "umap", holds: "maps.cross_entropies", test: "dr.TestUMAPReachesTheCrossEntropyOfUmapLearn"},
	claim: claim{
		says: "groups that are far apart stay apart: the nearest point in the map is of the same group",
		on:   func(seed uint64) sample { return groups(seed, 120, 8) },
		measure: func(ctx context.Context, s sample) (float64, error) {
			e, err := dr.UMAP{Epochs: 100}.Embed(ctx, s.x)
			if err != nil {
				return 0, err
			}
			return sameLabel(e, s.labels), nil
		},
		from: .99, to: 1,
	},
	control: control{
		says: "the labels are shuffled",
		on:   func(seed uint64) sample { return shuffledLabels(groups(seed, 120, 8)) },
	},
	variants: []variant{
		{name: "20 epochs", of: always(dr.UMAP{Epochs: 20}), least: 2, distances: asForRows, long: [2]int{6000, 60}},
		{name: "random start, three dimensions, correlation", of: always(dr.UMAP{Components: 3, Start: dr.FromRandom, Seed: 3, Epochs: 10, Metric: neighbors.Correlation{}}), least: 2, distances: taken, long: [2]int{6000, 60}},
		{name: "on a sphere", of: always(dr.UMAP{OutputSpace: manifold.Sphere{}, Epochs: 10}), least: 2, distances: asForRows, long: [2]int{6000, 60}},
		{name: "labels", least: 2, distances: asForRows, long: [2]int{6000, 60}, of: func(n, _ int) any {
			return dr.UMAP{Epochs: 10, Labels: inTurn(n, 3)}
		}},
		{name: "targets", least: 2, distances: asForRows, long: [2]int{6000, 60}, of: func(n, _ int) any {
			return dr.UMAP{Epochs: 10, Targets: fixture.Normal(6, max(n, 1), 2)}
		}},
		{name: "density", of: always(dr.UMAP{Epochs: 10, Density: 2}), least: 2, distances: asForRows, long: [2]int{6000, 60}},
		{name: "a given start", least: 2, distances: asForRows, long: [2]int{6000, 60}, of: func(n, _ int) any {
			return dr.UMAP{Epochs: 10, Start: dr.From(fixture.Normal(5, max(n, 1), 2))}
		}},
	},
	exact: map[string]any{
		"TargetWeight":      dr.UMAP{TargetWeight: dr.Zero, Labels: inTurn(60, 3), Epochs: 10},
		"DensityShift":      dr.UMAP{DensityShift: dr.Zero, Density: 2, Epochs: 10},
		"MinDist":           dr.UMAP{MinDist: dr.Zero, Epochs: 10},
		"Epochs":            dr.UMAP{Epochs: dr.None},
		"NegativeSamples":   dr.UMAP{NegativeSamples: dr.None, Epochs: 10},
		"RepulsionStrength": dr.UMAP{RepulsionStrength: dr.Zero, Epochs: 10},
		"Mix":               dr.UMAP{Mix: dr.Zero, Epochs: 10},
		"LocalConnectivity": dr.UMAP{LocalConnectivity: dr.Zero, Epochs: 10},
	},
	refused: map[string][]any{
		"Components":        {dr.UMAP{Components: 101}},
		"Neighbors":         {dr.UMAP{Neighbors: 1}, dr.UMAP{Neighbors: 61}},
		"MinDist":           {dr.UMAP{MinDist: 1.5}},
		"Spread":            {dr.UMAP{Spread: 1e-4}},
		"Epochs":            {dr.UMAP{Epochs: -2}},
		"NegativeSamples":   {dr.UMAP{NegativeSamples: -2}},
		"Mix":               {dr.UMAP{Mix: 1.5}},
		"LocalConnectivity": {dr.UMAP{LocalConnectivity: 15}},
		"Labels":            {dr.UMAP{Labels: inTurn(59, 3)}, dr.UMAP{Labels: []int{}}},
		"Targets":           {dr.UMAP{Targets: fixture.Normal(6, 59, 1)}},
		"TargetWeight":      {dr.UMAP{TargetWeight: 1.5}},
		"TargetNeighbors":   {dr.UMAP{TargetNeighbors: 1}, dr.UMAP{TargetNeighbors: 61}},
		"Density":           {dr.UMAP{Density: -1}},
		"DensityFraction":   {dr.UMAP{DensityFraction: 1.5}},
		"DensityShift":      {dr.UMAP{DensityShift: -1}},
	},
}}
