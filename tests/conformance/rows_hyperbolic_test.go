package conformance

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/hyperbolic"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// grown returns a random tree of 120 nodes, as a graph.
func grown(seed uint64) sample {
	g, err := datasets.RandomTree{Nodes: 120, Seed: seed}.Generate()
	if err != nil {
		panic(err)
	}
	return linked(g.Nodes, g.Edges)
}

// looped returns a cycle of 60 to 64 nodes.
func looped(seed uint64) sample {
	n := 59 + int(seed)
	edges := make([][2]int, n)
	for i := range edges {
		edges[i] = [2]int{i, (i + 1) % n}
	}
	return linked(n, edges)
}

// latticed returns a grid of 8 rows.
func latticed(seed uint64) sample {
	g, err := datasets.Grid.Graph(8, 8+int(seed))
	if err != nil {
		panic(err)
	}
	return linked(g.Nodes, g.Edges)
}

func linked(n int, edges [][2]int) sample {
	g, err := affinity.FromEdges(n, edges, nil)
	if err != nil {
		panic(err)
	}
	return sample{x: g}
}

// worstInDisk places a graph by Sarkar's construction, and returns by how much distances change.
func worstInDisk(ctx context.Context, s sample) (float64, error) {
	e, err := hyperbolic.Sarkar{}.Embed(ctx, s.x)
	if err != nil {
		return 0, err
	}
	d, err := hyperbolic.Distortion(ctx, s.x, e)
	if err != nil {
		return 0, err
	}
	return d.Worst, nil
}

// curvedPoints returns the distances of 50 points of hyperbolic space of dimension 3.
func curvedPoints(seed uint64) sample {
	x, p := fixture.Normal(seed, 50, 3), hyperbolic.Poincare{}
	for i := range 50 {
		p.Exp0(x.RawRowView(i), x.RawRowView(i))
	}
	return pairwise(x, p.Distance)
}

func pairwise(x *mat.Dense, distance func(a, b []float64) float64) sample {
	n, _ := x.Dims()
	var pairs []float64
	for i := range n {
		for j := i + 1; j < n; j++ {
			pairs = append(pairs, distance(x.RawRowView(i), x.RawRowView(j)))
		}
	}
	d, err := mat32.NewDistances(n, pairs)
	if err != nil {
		panic(err)
	}
	return sample{x: d}
}

// ring links each of n rows with the next.
func ring(n int) (*affinity.Sparse, error) {
	var edges [][2]int
	for i := range n {
		if j := (i + 1) % n; j > i || n > 2 && j != i {
			edges = append(edges, [2]int{i, j})
		}
	}
	return affinity.FromEdges(n, edges, nil)
}

var hyperbolicRows = []row{{
	method:     "hyperbolic.Delta",
	stochastic: true,
	unmoved:    "hyperbolic.TestMeanDeltaByDrawsIsNearAll: of 60 rows the mean is over all quadruples",
	source:     "2015, On computing the Gromov hyperbolicity",
	golden:     golden{form: "cycles, grids, cubes and the published values of graphs and clouds", test: "hyperbolic.TestDeltaOfClosedForms"},
	claim: claim{
		says: "a tree has none",
		on:   grown,
		measure: func(ctx context.Context, s sample) (float64, error) {
			h, err := hyperbolic.Delta{}.Compute(ctx, s.x)
			if err != nil {
				return 0, err
			}
			return h.Relative(), nil
		},
		from: 0, to: 1e-9,
	},
	control: control{says: "the graph is a cycle", on: looped},
	variants: []variant{
		{name: "mean of all", of: always(hyperbolic.Delta{}), least: 4, constant: true, distances: asForRows, long: [2]int{1500, 50}},
	},
	refused: map[string][]any{"Quadruples": {hyperbolic.Delta{Quadruples: 1}, hyperbolic.Delta{Quadruples: 1<<32 + 1}}},
}, {
	method: "hyperbolic.BasePointDelta",
	source: "1987, Hyperbolic groups",
	golden: golden{form: "the published values of 50 rows of two clouds", test: "hyperbolic.TestBasePointDelta"},
	claim: claim{
		says: "the distances of a tree have none",
		on:   grown,
		measure: func(ctx context.Context, s sample) (float64, error) {
			return value(hyperbolic.BasePointDelta(ctx, s.x, 0))
		},
		from: 0, to: 1e-9,
	},
	control: control{says: "the graph is a cycle", on: looped},
	variants: []variant{{name: "from row 0", least: 4, constant: true, distances: asForRows, long: [2]int{3000, 50},
		call: func(ctx context.Context, x mat.Matrix) (any, error) { return hyperbolic.BasePointDelta(ctx, x, 0) }}},
}, {
	method:  "hyperbolic.Sarkar",
	source:  "2018, Representation tradeoffs for hyperbolic embeddings",
	golden:  golden{form: "every edge is as long as in the tree, to float64", test: "hyperbolic.TestTreesLieInTheDisk"},
	claim:   claim{says: "trees lie in the disk with a distortion of 1.1 at worst", on: grown, measure: worstInDisk, from: 1, to: 1.1},
	control: control{says: "the graph is a cycle", on: looped},
	variants: []variant{
		{name: "in the plane", of: always(hyperbolic.Sarkar{}), least: 2, distances: asForRows, long: [2]int{6000, 10}},
		{name: "5 dimensions, 0.5", of: always(hyperbolic.Sarkar{Components: 5, Distortion: .5}), least: 2, distances: asForRows, long: [2]int{6000, 10}},
	},
	refused: map[string][]any{
		"Components": {hyperbolic.Sarkar{Components: 1}, hyperbolic.Sarkar{Components: 65}},
		"Distortion": {hyperbolic.Sarkar{Distortion: 1e-7}, hyperbolic.Sarkar{Distortion: 11}},
		"Scale":      {hyperbolic.Sarkar{Scale: 1e9}},
		"Precision":  {hyperbolic.Sarkar{Precision: 63}, hyperbolic.Sarkar{Precision: 1<<20 + 1}},
	},
}, {
	method: "hyperbolic.MDS",
	source: "2018, Representation tradeoffs for hyperbolic embeddings",
	golden: golden{form: "points of hyperbolic space, from their distances, to 1e-8", test: "hyperbolic.TestMDSRecoversHyperbolicPoints"},
	claim: claim{
		says: "the distances of hyperbolic points are recovered",
		on:   curvedPoints,
		measure: func(ctx context.Context, s sample) (float64, error) {
			e, err := hyperbolic.MDS{Components: 3}.Embed(ctx, s.x)
			if err != nil {
				return 0, err
			}
			d, err := hyperbolic.Distortion(ctx, s.x, e)
			if err != nil {
				return 0, err
			}
			return d.Average, nil
		},
		from: 0, to: 1e-8,
	},
	control: control{
		says: "the points are of flat space",
		on: func(seed uint64) sample {
			return pairwise(fixture.Normal(seed, 50, 3), func(a, b []float64) float64 {
				return math.Sqrt((a[0]-b[0])*(a[0]-b[0]) + (a[1]-b[1])*(a[1]-b[1]) + (a[2]-b[2])*(a[2]-b[2]))
			})
		},
	},
	variants: []variant{
		{name: "in the plane", of: always(hyperbolic.MDS{}), least: 2, distances: asForRows, long: [2]int{2500, 5}},
		{name: "1 dimension, scale .1", of: always(hyperbolic.MDS{Components: 1, Scale: .1}), least: 2, distances: asForRows, long: [2]int{2500, 5}},
	},
	refused: map[string][]any{
		"Components": {hyperbolic.MDS{Components: 60}},
		"Scale":      {hyperbolic.MDS{Scale: 1e-301}},
	},
}, {
	method: "hyperbolic.Distortion",
	source: "2018, Representation tradeoffs for hyperbolic embeddings",
	golden: golden{form: "four points on a line, and the same where two of them have moved", test: "hyperbolic.TestDistortionOfFourPoints"},
	claim:  claim{says: "a tree in the disk is hardly distorted", on: grown, measure: worstInDisk, from: 1, to: 1.1},
	control: control{
		says: "the graph is a cycle",
		on:   looped,
	},
	variants: []variant{{name: "the first two columns", least: 2, distances: taken, long: [2]int{4000, 300},
		call: func(ctx context.Context, x mat.Matrix) (any, error) {
			var y mat.Matrix = x
			if n, d := dims(x); n > 0 && d > 2 {
				if _, ok := x.(*mat32.Distances); !ok {
					columns := mat.NewDense(n, 2, nil)
					for i := range n {
						columns.SetRow(i, []float64{x.At(i, 0), x.At(i, 1)})
					}
					y = columns
				}
			}
			return hyperbolic.Distortion(ctx, x, y)
		}}},
}, {
	method: "hyperbolic.MeanAveragePrecision",
	source: "2017, Poincaré embeddings for learning hierarchical representations",
	golden: golden{form: "five points on a line", test: "hyperbolic.TestMeanAveragePrecisionOfFivePoints"},
	claim: claim{
		says: "in the disk, the neighbours in a tree are the nearest nodes",
		on:   grown,
		measure: func(ctx context.Context, s sample) (float64, error) {
			e, err := hyperbolic.Sarkar{}.Embed(ctx, s.x)
			if err != nil {
				return 0, err
			}
			return value(hyperbolic.MeanAveragePrecision(ctx, s.x.(*affinity.Sparse), e))
		},
		from: 1, to: 1,
	},
	control: control{says: "the graph is a grid", on: latticed},
	variants: []variant{{name: "links to the next row", least: 2, constant: true, distances: asForRows, long: [2]int{6000, 300},
		call: func(ctx context.Context, x mat.Matrix) (any, error) {
			n, _ := dims(x)
			g, err := ring(max(n, 1))
			if err != nil {
				return nil, err
			}
			return hyperbolic.MeanAveragePrecision(ctx, g, x)
		}}},
}}
