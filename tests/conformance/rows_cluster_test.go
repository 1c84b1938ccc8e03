package conformance

import (
	"context"

	"github.com/flatland-go/flatland/internal/contingency"
	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/affinity"
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

// fewEdges is a graph whose nodes have four edges on average.
func fewEdges(seed uint64) *affinity.Sparse {
	g, err := datasets.StochasticBlockModel{Sizes: []int{1500}, Within: 4. / 1500, Seed: seed}.Generate()
	if err != nil {
		panic(err)
	}
	s, err := affinity.FromEdges(g.Nodes, g.Edges, nil)
	if err != nil {
		panic(err)
	}
	return s
}

// byRows is that graph, with the communities at which rows that move one at a time end, to where
// modularity gains most: the step of Louvain's algorithm, from communities by chance.
func byRows(seed uint64) sample {
	s := fewEdges(seed)
	n, _ := s.Dims()
	degrees := s.Degrees()
	labels, total, all := make([]int, n), make([]float64, 60), float64(s.NNZ())
	draw := rng.New(seed, "conformance/byRows", 0)
	for i := range labels {
		labels[i] = draw.IntN(len(total))
		total[labels[i]] += degrees[i]
	}
	for moved := true; moved; {
		moved = false
		for i := range n {
			near := make([]float64, len(total))
			columns, weights := s.Row(i)
			for k, j := range columns {
				near[labels[j]] += weights[k]
			}
			total[labels[i]] -= degrees[i]
			best := labels[i]
			gain := func(c int) float64 { return near[c] - degrees[i]*total[c]/all }
			for c := range total {
				if gain(c) > gain(best)+1e-9 {
					best = c
				}
			}
			moved = moved || best != labels[i]
			labels[i] = best
			total[best] += degrees[i]
		}
	}
	return sample{x: s, labels: labels}
}

// whole returns the share of the communities that are connected.
func whole(s *affinity.Sparse, labels []int) float64 {
	n, _ := s.Dims()
	var edges [][2]int
	for i := range n {
		columns, _ := s.Row(i)
		for _, j := range columns {
			if int(j) > i && labels[j] == labels[i] {
				edges = append(edges, [2]int{i, int(j)})
			}
		}
	}
	within, err := affinity.FromEdges(n, edges, nil)
	if err != nil {
		panic(err)
	}
	pieces := map[int]map[int]bool{}
	for i, c := range within.Components().Labels {
		if pieces[labels[i]] == nil {
			pieces[labels[i]] = map[int]bool{}
		}
		pieces[labels[i]][c] = true
	}
	connected := 0
	for _, p := range pieces {
		if len(p) == 1 {
			connected++
		}
	}
	return float64(connected) / float64(len(pieces))
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
}, {
	method: "cluster.Leiden", stochastic: true,
	source: "2019, From Louvain to Leiden",
	golden: golden{file: "leiden", holds: "karate", test: "cluster.TestLeidenAgainstLeidenalg"},
	claim: claim{says: "every community is connected", on: func(seed uint64) sample { return sample{x: fewEdges(seed)} }, from: 1, to: 1,
		measure: func(ctx context.Context, s sample) (float64, error) {
			graph := s.x.(*affinity.Sparse)
			if s.labels != nil {
				return whole(graph, s.labels), nil
			}
			m, err := cluster.Leiden{}.Of(ctx, graph)
			if err != nil {
				return 0, err
			}
			return whole(graph, m.Labels), nil
		}},
	control: control{says: "rows move one at a time, which tears communities, and never mends them", on: byRows},
	variants: []variant{
		{name: "modularity", of: always(cluster.Leiden{}), least: 2, constant: true, distances: asForRows, long: [2]int{20000, 100}},
		{name: "constant Potts model, until it is stable", of: always(cluster.Leiden{Quality: cluster.CPM, Iterations: cluster.UntilStable, Neighbors: 5}), least: 6, constant: true, distances: asForRows, long: [2]int{20000, 100}},
	},
	refused: map[string][]any{"Quality": {cluster.Leiden{Quality: "surprise"}}, "Neighbors": {cluster.Leiden{Neighbors: 60}}, "Iterations": {cluster.Leiden{Iterations: -2}}},
}}
