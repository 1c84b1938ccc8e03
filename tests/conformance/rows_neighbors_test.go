package conformance

import (
	"context"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

var neighborsRows = []row{{
	method: "neighbors.Exact",
	source: "none: every pair is compared",
	golden: golden{file: "neighbors", holds: "data.digits.distances", test: "neighbors.TestExactAgainstSciPy"},
	claim: claim{
		says: "every true neighbour is found, where a far group makes float32 distances useless within each group",
		on: func(seed uint64) sample {
			x := farGroups(seed)
			return sample{x: x, y: x}
		},
		measure: recall, from: 1, to: 1,
	},
	control: control{
		says: "the neighbours sought are those of the rows in another order",
		on: func(seed uint64) sample {
			x := fixture.Normal(seed, 200, 4)
			return sample{x: x, y: shuffledRows(x)}
		},
	},
	variants: []variant{
		{name: "15 neighbours", of: always(neighbors.Exact{}), least: 2, constant: true, distances: asForRows, long: [2]int{6000, 100}},
		{name: "1 neighbour", of: always(neighbors.Exact{Neighbors: 1}), least: 2, constant: true, distances: asForRows, long: [2]int{6000, 100}},
		{name: "all neighbours", of: func(n, _ int) any { return neighbors.Exact{Neighbors: max(n-1, 0)} }, least: 2, constant: true, distances: asForRows, long: [2]int{2000, 300}},
		{name: "manhattan", of: always(neighbors.Exact{Metric: neighbors.Manhattan{}}), least: 2, constant: true, distances: taken, long: [2]int{3000, 100}},
		{name: "correlation", of: always(neighbors.Exact{Metric: neighbors.Correlation{}}), least: 2, constant: true, distances: taken, long: [2]int{12000, 200}},
		{name: "hamming", of: always(neighbors.Exact{Metric: neighbors.Hamming{}}), least: 2, constant: true, distances: taken, long: [2]int{6000, 100}},
	},
	refused: map[string][]any{"Neighbors": {neighbors.Exact{Neighbors: 60}}},
}, {
	method:     "neighbors.Auto",
	stochastic: true,
	unmoved:    "neighbors.TestAutoIsTheMethodItPicks: few rows are searched exactly",
	source:     "none: it is the methods it picks",
	golden:     golden{form: "the graph of the method picked", test: "neighbors.TestAutoIsTheMethodItPicks"},
	claim: claim{
		says: "nearly every neighbour is found, of more rows than are searched exactly by the metric",
		on: func(seed uint64) sample {
			x := fixture.Uniform(seed, 5500, 3)
			return sample{x: x, y: x}
		},
		measure: func(ctx context.Context, s sample) (float64, error) {
			found, err := neighbors.Auto{Neighbors: 5, Metric: neighbors.Chebyshev{}}.Graph(ctx, s.x)
			if err != nil {
				return 0, err
			}
			truth, err := neighbors.Exact{Neighbors: 5, Metric: neighbors.Chebyshev{}}.Graph(ctx, s.y)
			if err != nil {
				return 0, err
			}
			truth.Rows = found.Rows // which the control changes
			r, err := found.Recall(truth, 5)
			return r.Value, err
		},
		from: .97, to: 1,
	},
	control: control{
		says: "the neighbours sought are those of the rows in another order",
		on: func(seed uint64) sample {
			x := fixture.Uniform(seed, 5500, 3)
			return sample{x: x, y: shuffledRows(x)}
		},
	},
	variants: []variant{
		{name: "15 neighbours", of: always(neighbors.Auto{}), least: 2, constant: true, distances: asForRows, long: [2]int{12000, 200}},
		{name: "manhattan", of: always(neighbors.Auto{Metric: neighbors.Manhattan{}}), least: 2, constant: true, distances: taken, long: [2]int{4000, 100}},
	},
	refused: map[string][]any{"Neighbors": {neighbors.Auto{Neighbors: 60}}},
}, {
	method: "neighbors.Within",
	source: "none: every pair is compared",
	golden: golden{form: "those of all other rows, sorted, that are no farther", test: "neighbors.TestGraphsByEveryMetric"},
	claim: claim{
		says: "it finds the rows that differ by no more than the radius in float64, where a far group makes float32 distances useless within each group",
		on: func(seed uint64) sample {
			x := farGroups(seed)
			return sample{x: x, y: x}
		},
		measure: func(ctx context.Context, s sample) (float64, error) {
			const radius = 1.5
			h, err := neighbors.Within{Radius: radius}.Neighborhoods(ctx, s.x)
			if err != nil {
				return 0, err
			}
			n, d := s.y.Dims()
			both, either := 0., 0.
			for i := range n {
				found, _ := h.Row(i)
				for j := range n {
					sum := 0.
					for c := range d {
						sum += (s.y.At(i, c) - s.y.At(j, c)) * (s.y.At(i, c) - s.y.At(j, c))
					}
					is, was := i != j && sum <= radius*radius, slices.Contains(found, int32(j))
					if is || was {
						either++
					}
					if is && was {
						both++
					}
				}
			}
			return both / either, nil
		},
		from: 1, to: 1,
	},
	control: control{
		says: "the rows sought are those in another order",
		on: func(seed uint64) sample {
			x := farGroups(seed)
			return sample{x: x, y: shuffledRows(x)}
		},
	},
	variants: []variant{
		{name: "radius 2", of: always(neighbors.Within{Radius: 2}), least: 2, constant: true, distances: asForRows, long: [2]int{12000, 200}},
		{name: "duplicates", of: always(neighbors.Within{}), least: 2, constant: true, distances: asForRows, long: [2]int{12000, 200}},
		{name: "manhattan", of: always(neighbors.Within{Radius: 3, Metric: neighbors.Manhattan{}}), least: 2, constant: true, distances: taken, long: [2]int{4000, 100}},
	},
	refused: map[string][]any{"Radius": {neighbors.Within{Radius: -1}}},
}, {
	method: "neighbors.Join",
	source: "none: it takes the edges of the minimum spanning tree that the graph lacks",
	golden: golden{form: "the shortest edges between components, of all pairs", test: "neighbors.TestJoinTakesTheShortestEdges"},
	claim: claim{
		says: "the graph of nearest neighbours and the edges that join it have the length of the minimum spanning tree",
		on: func(seed uint64) sample {
			x := fixture.Normal(seed, 150, 3)
			return sample{x: x, y: x}
		},
		measure: func(ctx context.Context, s sample) (float64, error) {
			g, err := neighbors.Exact{Neighbors: 1}.Graph(ctx, s.x)
			if err != nil {
				return 0, err
			}
			h, err := g.Neighborhoods()
			if err != nil {
				return 0, err
			}
			joined, err := neighbors.Join{}.Connect(ctx, s.x, h)
			if err != nil {
				return 0, err
			}
			length := 0.
			for _, e := range joined.Added {
				length += e.Distance
			}
			forest, err := g.Tree()
			if err != nil {
				return 0, err
			}
			tree, err := neighbors.MST{}.Fit(ctx, s.y)
			if err != nil {
				return 0, err
			}
			return (forest.Length() + length) / tree.Length(), nil
		},
		from: 1 - 1e-12, to: 1 + 1e-12,
	},
	control: control{
		says: "the tree is that of as many other rows",
		on: func(seed uint64) sample {
			return sample{x: fixture.Normal(seed, 150, 3), y: fixture.Normal(seed+100, 150, 3)}
		},
	},
	variants: []variant{
		{name: "shortest edges", of: always(neighbors.Join{}), least: 1, constant: true, distances: asForRows, long: [2]int{5000, 100}},
		{name: "centroids", of: always(neighbors.Join{Centroids: true}), least: 1, constant: true, long: [2]int{5000, 100}},
	},
}, {
	method: "neighbors.MST",
	source: "2013, Density-based clustering based on hierarchical density estimates",
	golden: golden{file: "graph", holds: "reachability", test: "neighbors.TestGraphsAgainstSciPy"},
	claim: claim{
		says: "without its longest edges the tree falls into the groups that are dense and apart: edges that are left join rows of one label",
		on:   func(seed uint64) sample { return groups(seed, 150, 5) },
		measure: func(ctx context.Context, s sample) (float64, error) {
			tree, err := neighbors.MST{Core: 5}.Fit(ctx, s.x)
			if err != nil {
				return 0, err
			}
			same := 0.
			left := tree.Edges[:len(tree.Edges)-2]
			for _, e := range left {
				if s.labels[e.I] == s.labels[e.J] {
					same++
				}
			}
			return same / float64(len(left)), nil
		},
		from: 1, to: 1,
	},
	control: control{
		says: "the labels are shuffled",
		on:   func(seed uint64) sample { return shuffledLabels(groups(seed, 150, 5)) },
	},
	variants: []variant{
		{name: "distances", of: always(neighbors.MST{}), least: 2, constant: true, distances: asForRows, long: [2]int{12000, 200}},
		{name: "mutual reachability", of: always(neighbors.MST{Core: 5}), least: 6, constant: true, distances: asForRows, long: [2]int{12000, 200}},
		{name: "manhattan", of: always(neighbors.MST{Metric: neighbors.Manhattan{}}), least: 2, constant: true, distances: taken, long: [2]int{3000, 100}},
	},
	refused: map[string][]any{"Core": {neighbors.MST{Core: 60}}},
}}

// farGroups returns two groups of 100 rows, 10⁹ apart.
func farGroups(seed uint64) *mat.Dense {
	x := fixture.Normal(seed, 200, 4)
	for i := range 100 {
		x.Set(i, 0, x.At(i, 0)+1e9)
	}
	return x
}

// recall returns the share of the ten nearest rows of y, by differences in
// float64, that are among the ten neighbours found for x.
func recall(ctx context.Context, s sample) (float64, error) {
	const k = 10
	g, err := neighbors.Exact{Neighbors: k}.Graph(ctx, s.x)
	if err != nil {
		return 0, err
	}
	found := 0.
	for i := range g.N {
		in := map[int]bool{}
		for _, j := range nearest(s.y, i, k) {
			in[j] = true
		}
		indices, _ := g.Row(i)
		for _, j := range indices {
			if in[int(j)] {
				found++
			}
		}
	}
	return found / float64(g.N*k), nil
}

// shuffledRows returns the rows of x in another order.
func shuffledRows(x mat.Matrix) *mat.Dense {
	n, d := x.Dims()
	y := mat.NewDense(n, d, nil)
	for i, j := range shuffled(n) {
		for c := range d {
			y.Set(i, c, x.At(j, c))
		}
	}
	return y
}
