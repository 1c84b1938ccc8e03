package conformance

import (
	"context"

	"github.com/flatland-go/flatland/internal/contingency"
	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/cluster"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// alike returns how well labels agree with those of the sample; noise is a cluster.
func alike(labels []int, s sample) float64 {
	most := 0
	a, b := make([]int, len(labels)), make([]int, len(labels))
	for i := range labels {
		a[i], b[i] = labels[i]+1, s.labels[i]+1
		most = max(most, a[i], b[i])
	}
	return contingency.Of(a, b, most+1, most+1).AdjustedRand()
}

// structureless are rows of one cloud with the labels of three.
func structureless(seed uint64) sample {
	s := groups(seed, 150, 3)
	s.x = fixture.Normal(seed, 150, 3)
	return s
}

func threeGroups(seed uint64) sample { return groups(seed, 150, 3) }

// twoRings are linked, or two clouds that lie over each other.
func twoRings(seed uint64) sample {
	d, err := datasets.LinkedRings{Rows: 200, Seed: seed}.Generate()
	if err != nil {
		panic(err)
	}
	return sample{x: d.X, labels: d.Labels}
}

var clusterRows = []row{{
	method: "cluster.KMeans", stochastic: true,
	source: "1982, Least squares quantization in PCM",
	golden: golden{file: "cluster", holds: "kmeans", test: "cluster.TestKMeansAgainstScikitLearn"},
	claim: claim{says: "three clouds that are far apart are found", on: threeGroups, from: 1, to: 1,
		measure: func(ctx context.Context, s sample) (float64, error) {
			m, err := cluster.KMeans{Clusters: 3}.Fit(ctx, s.x)
			if err != nil {
				return 0, err
			}
			return alike(m.Labels, s), nil
		}},
	control: control{says: "one cloud", on: structureless},
	variants: []variant{
		{name: "8 clusters", of: always(cluster.KMeans{}), least: 1, constant: true, long: [2]int{40000, 100}},
		{name: "batches", of: func(n, d int) any { return cluster.KMeans{Clusters: min(3, max(n, 1)), Batch: 20, Restarts: 2} }, least: 1, constant: true, long: [2]int{60000, 400}},
	},
	refused: map[string][]any{"Clusters": {cluster.KMeans{Clusters: 61}}},
}, {
	method: "cluster.Agglomerative",
	source: "1963, Hierarchical grouping to optimize an objective function",
	golden: golden{file: "cluster", holds: "linkages", test: "cluster.TestLinkagesAgainstSciPy"},
	claim: claim{says: "three clouds that are far apart are found", on: threeGroups, from: 1, to: 1,
		measure: func(ctx context.Context, s sample) (float64, error) {
			m, err := cluster.Agglomerative{Clusters: 3}.Fit(ctx, s.x)
			if err != nil {
				return 0, err
			}
			return alike(m.Labels, s), nil
		}},
	control: control{says: "one cloud", on: structureless},
	variants: []variant{
		{name: "Ward", of: always(cluster.Agglomerative{}), least: 1, constant: true, distances: asForRows, long: [2]int{7000, 100}},
		{name: "average, Manhattan", of: always(cluster.Agglomerative{Linkage: cluster.Average, Metric: neighbors.Manhattan{}}), least: 1, constant: true, distances: taken, long: [2]int{5000, 50}},
		{name: "complete", of: always(cluster.Agglomerative{Linkage: cluster.Complete}), least: 1, constant: true, distances: asForRows, long: [2]int{7000, 100}},
		{name: "single", of: always(cluster.Agglomerative{Linkage: cluster.Single}), least: 1, constant: true, distances: asForRows, long: [2]int{20000, 100}},
	},
	refused: map[string][]any{
		"Clusters": {cluster.Agglomerative{Clusters: 61}},
		"Linkage":  {cluster.Agglomerative{Linkage: "median"}},
		"Metric":   {cluster.Agglomerative{Metric: neighbors.Manhattan{}}},
	},
}, {
	method: "cluster.Spectral", stochastic: true,
	source: "2000, Normalized cuts and image segmentation",
	golden: golden{file: "cluster", holds: "spectral", test: "cluster.TestSpectralAgainstScikitLearn"},
	claim: claim{says: "rings that wind through each other are parted", on: twoRings, from: .99, to: 1,
		measure: func(ctx context.Context, s sample) (float64, error) {
			m, err := cluster.Spectral{Clusters: 2}.Fit(ctx, s.x)
			if err != nil {
				return 0, err
			}
			return alike(m.Labels, s), nil
		}},
	control: control{says: "the labels are shuffled", on: func(seed uint64) sample { return shuffledLabels(twoRings(seed)) }},
	variants: []variant{
		{name: "8 clusters", of: always(cluster.Spectral{}), least: 2, constant: true, distances: asForRows, long: [2]int{20000, 100}},
	},
	refused: map[string][]any{"Clusters": {cluster.Spectral{Clusters: 61}}, "Neighbors": {cluster.Spectral{Neighbors: 60}}},
}, {
	method: "cluster.HDBSCAN",
	source: "2013, Density-based clustering based on hierarchical density estimates",
	golden: golden{file: "cluster", holds: "hdbscan", test: "cluster.TestHDBSCANAgainstScikitLearn"},
	claim: claim{says: "three clouds that are far apart are found, but for some noise", on: threeGroups, from: .85, to: 1,
		measure: func(ctx context.Context, s sample) (float64, error) {
			m, err := cluster.HDBSCAN{MinSize: 15}.Fit(ctx, s.x)
			if err != nil {
				return 0, err
			}
			return alike(m.Labels, s), nil
		}},
	control: control{says: "one cloud", on: structureless},
	variants: []variant{
		{name: "5 rows", of: always(cluster.HDBSCAN{}), least: 2, constant: true, distances: asForRows, long: [2]int{20000, 100}},
		{name: "one cluster", of: always(cluster.HDBSCAN{Single: true, Core: 1}), least: 2, constant: true, distances: asForRows, long: [2]int{20000, 100}},
	},
	refused: map[string][]any{"MinSize": {cluster.HDBSCAN{MinSize: 1}, cluster.HDBSCAN{MinSize: 61}}, "Core": {cluster.HDBSCAN{Core: 60}}},
}}
