package conformance

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/measure"
	"github.com/flatland-go/flatland/pkg/quality"
)

// value is what claims are about: the number of a score.
func value(s measure.Score, err error) (float64, error) { return s.Value, err }

// fromAbove returns rows of a plane in four dimensions, and where they are in it.
func fromAbove(seed uint64) sample {
	y := fixture.Normal(seed, 150, 2)
	var x mat.Dense
	x.Mul(y, mat.NewDense(2, 4, []float64{.5, .5, .5, .5, .5, -.5, .5, -.5}))
	return sample{x: &x, y: y}
}

// crowds returns groups of the same number of rows and different extents, and the same
// rows with all groups of one.
func crowds(seed uint64) sample {
	y := fixture.Normal(seed, 150, 2)
	x := mat.DenseCopyOf(y)
	for i := range 150 {
		group := i % 3
		for c := range 2 {
			x.Set(i, c, x.At(i, c)*float64(int(1)<<(2*group)))
		}
		x.Set(i, 0, x.At(i, 0)+200*float64(group))
		y.Set(i, 0, y.At(i, 0)+20*float64(group))
	}
	return sample{x: x, y: y}
}

// nested returns a ring around a spot, by label: apart, but of one mean.
func nested(seed uint64) sample {
	x := fixture.Normal(seed, 150, 2)
	labels := make([]int, 150)
	for i := range 150 {
		labels[i] = i % 2
		r := math.Hypot(x.At(i, 0), x.At(i, 1))
		for c := range 2 {
			if labels[i] == 1 {
				x.Set(i, c, x.At(i, c)*(10/r))
			}
		}
	}
	return sample{x: x, labels: labels}
}

// byLabels calls f with labels 0 … 3 and unknown ones.
func byLabels(f func(ctx context.Context, x mat.Matrix, labels []int) (measure.Score, error)) func(ctx context.Context, x mat.Matrix) (any, error) {
	return func(ctx context.Context, x mat.Matrix) (any, error) {
		n, _ := dims(x)
		labels := make([]int, n)
		for i := range labels {
			labels[i] = (i+1)%5 - 1
		}
		return f(ctx, x, labels)
	}
}

var qualityDistanceRows = []row{{
	method:     "quality.TripletAccuracy",
	stochastic: true,
	unmoved:    "quality.TestTripletsOfDraws: rows compared with themselves have the order of any triplets",
	source:     "2021, Understanding how dimension reduction tools work: an empirical approach to deciphering t-SNE, UMAP, TriMap, and PaCMAP for data visualization",
	golden:     golden{form: "the data moved, turned and scaled score 1, a point ½, and the share of every row of 0 1 3 7 shown as 0 1 7 3 is known", test: "quality.TestTripletsOfDraws"},
	claim: claim{
		says: "the roll unrolled keeps the order of distances along it",
		on: func(seed uint64) sample {
			d, truth := rolled(seed)
			return sample{x: truth, y: d.Truth.Latent}
		},
		measure: func(ctx context.Context, s sample) (float64, error) {
			return value(quality.TripletAccuracy{}.Compare(ctx, s.x, s.y))
		},
		from: .99, to: 1,
	},
	control: control{
		says: "the roll is not unrolled",
		on: func(seed uint64) sample {
			d, truth := rolled(seed)
			return sample{x: truth, y: d.X}
		},
	},
	variants: []variant{{name: "5 triplets", of: always(quality.TripletAccuracy{}), least: 3, constant: true, distances: asForRows, long: [2]int{6000, 2000}}},
	refused:  map[string][]any{"Triplets": {quality.TripletAccuracy{Triplets: 1<<20 + 1}}},
}, {
	method: "quality.DensityPreservation",
	source: "2020, Topological autoencoders",
	golden: golden{form: "the published values of ZADU on the fixture", test: "quality.TestDensitiesAndProductsOfPeers"},
	claim: claim{
		says: "a plane shown from straight above keeps its densities",
		on:   fromAbove,
		measure: func(ctx context.Context, s sample) (float64, error) {
			a, err := quality.DensityPreservation{}.Compare(ctx, s.x, s.y)
			if err != nil {
				return 0, err
			}
			return a.KL().Value, nil
		},
		from: -1e-12, to: 1e-12,
	},
	control: control{says: "groups of different extents are shown as large as each other", on: crowds},
	variants: []variant{
		{name: "σ = 0.1", of: always(quality.DensityPreservation{}), least: 3, distances: asForRows, long: [2]int{3000, 200}},
	},
	refused: map[string][]any{"Sigma": {quality.DensityPreservation{Sigma: 1e-13}}},
}, {
	method: "quality.RadiusCorrelation",
	source: "2021, Assessing single-cell transcriptomic variability through density-preserving data visualization",
	golden: golden{file: "qualitydistance", holds: "cases", test: "quality.TestIndicesAgainstScikitLearn"},
	claim: claim{
		says: "a plane shown from straight above has the radii of its regions",
		on:   fromAbove,
		measure: func(ctx context.Context, s sample) (float64, error) {
			return value(quality.RadiusCorrelation{}.Compare(ctx, s.x, s.y))
		},
		from: .999, to: 1,
	},
	control:  control{says: "groups of different extents are shown as large as each other", on: crowds},
	variants: []variant{{name: "15 neighbours", of: always(quality.RadiusCorrelation{}), least: 3, distances: asForRows, long: [2]int{6000, 100}}},
	refused:  map[string][]any{"Neighbors": {quality.RadiusCorrelation{Neighbors: 60}}},
}, {
	method: "quality.TopographicProduct",
	source: "1992, Quantifying the neighborhood preservation of self-organizing feature maps",
	golden: golden{file: "qualitydistance", holds: "cases", test: "quality.TestIndicesAgainstScikitLearn"},
	claim: claim{
		says: "a plane shown in two dimensions has the right number of them",
		on:   fromAbove,
		measure: func(ctx context.Context, s sample) (float64, error) {
			return value(quality.TopographicProduct{}.Compare(ctx, s.x, s.y))
		},
		from: -1e-9, to: 1e-9,
	},
	control: control{
		says: "it is shown on a line",
		on: func(seed uint64) sample {
			s := fromAbove(seed)
			s.y = mat.DenseCopyOf(s.y).Slice(0, 150, 0, 1)
			return s
		},
	},
	variants: []variant{{name: "20 neighbours", of: always(quality.TopographicProduct{}), least: 2, constant: true, distances: asForRows, long: [2]int{6000, 100}}},
	refused:  map[string][]any{"Neighbors": {quality.TopographicProduct{Neighbors: 60}}},
}, {
	method: "quality.LocalProcrustes",
	source: "2009, Local procrustes for manifold embedding: a measure of embedding quality and embedding algorithms",
	golden: golden{file: "qualitydistance", holds: "cases", test: "quality.TestIndicesAgainstScikitLearn"},
	claim: claim{
		says: "a roll unrolled keeps the shape of its regions",
		on: func(seed uint64) sample {
			d, err := datasets.SwissRoll{Rows: 400, Seed: seed}.Generate()
			if err != nil {
				panic(err)
			}
			return sample{x: d.X, y: d.Truth.Latent}
		},
		measure: func(ctx context.Context, s sample) (float64, error) {
			return value(quality.LocalProcrustes{Neighbors: 5, Scaled: true}.Compare(ctx, s.x, s.y))
		},
		from: 0, to: .05,
	},
	control: control{
		says: "it is shown from its end",
		on: func(seed uint64) sample {
			d, err := datasets.SwissRoll{Rows: 400, Seed: seed}.Generate()
			if err != nil {
				panic(err)
			}
			y := mat.NewDense(400, 2, nil)
			for i := range 400 {
				y.SetRow(i, []float64{d.X.At(i, 0), d.X.At(i, 2)})
			}
			return sample{x: d.X, y: y}
		},
	},
	variants: []variant{
		{name: "rigid", of: always(quality.LocalProcrustes{}), least: 2, long: [2]int{4000, 100}},
		{name: "scaled", of: always(quality.LocalProcrustes{Scaled: true}), least: 2, long: [2]int{4000, 100}},
	},
	refused: map[string][]any{"Neighbors": {quality.LocalProcrustes{Neighbors: 60}}},
}, {
	method: "quality.Silhouette",
	source: "1987, Silhouettes: a graphical aid to the interpretation and validation of cluster analysis",
	golden: golden{file: "qualitydistance", holds: "cases", test: "quality.TestIndicesAgainstScikitLearn"},
	claim: claim{
		says: "groups far apart are each nearer to themselves",
		on:   func(seed uint64) sample { return groups(seed, 150, 3) },
		measure: func(ctx context.Context, s sample) (float64, error) {
			return value(quality.Silhouette(ctx, s.x, s.labels))
		},
		from: .5, to: 1,
	},
	control:  control{says: "one is a ring around the other", on: nested},
	variants: []variant{{name: "by label", least: 6, distances: asForRows, long: [2]int{4000, 200}, call: byLabels(quality.Silhouette)}},
}, {
	method: "quality.DaviesBouldin",
	source: "1979, A cluster separation measure",
	golden: golden{file: "qualitydistance", holds: "cases", test: "quality.TestIndicesAgainstScikitLearn"},
	claim: claim{
		says: "groups far apart are narrow beside their distance",
		on:   func(seed uint64) sample { return groups(seed, 150, 3) },
		measure: func(ctx context.Context, s sample) (float64, error) {
			return value(quality.DaviesBouldin(ctx, s.x, s.labels))
		},
		from: 0, to: .7,
	},
	control:  control{says: "the labels are shuffled", on: func(seed uint64) sample { return shuffledLabels(groups(seed, 150, 3)) }},
	variants: []variant{{name: "by label", least: 2, long: [2]int{50_000, 200}, call: byLabels(quality.DaviesBouldin)}},
}, {
	method: "quality.CalinskiHarabasz",
	source: "1974, A dendrite method for cluster analysis",
	golden: golden{file: "qualitydistance", holds: "cases", test: "quality.TestIndicesAgainstScikitLearn"},
	claim: claim{
		says: "what groups far apart differ in is much more than what is within",
		on:   func(seed uint64) sample { return groups(seed, 150, 3) },
		measure: func(ctx context.Context, s sample) (float64, error) {
			return value(quality.CalinskiHarabasz(ctx, s.x, s.labels))
		},
		from: 100, to: 1e9,
	},
	control:  control{says: "the labels are shuffled", on: func(seed uint64) sample { return shuffledLabels(groups(seed, 150, 3)) }},
	variants: []variant{{name: "by label", least: 6, long: [2]int{50_000, 200}, call: byLabels(quality.CalinskiHarabasz)}},
}, {
	method: "quality.DistanceConsistency",
	source: "2009, Selecting good views of high-dimensional data using class consistency",
	golden: golden{form: "the published value of ZADU on the fixture", test: "quality.TestDensitiesAndProductsOfPeers"},
	claim: claim{
		says: "rows of groups far apart are nearest to the middle of their own",
		on:   func(seed uint64) sample { return groups(seed, 150, 3) },
		measure: func(ctx context.Context, s sample) (float64, error) {
			return value(quality.DistanceConsistency(ctx, s.x, s.labels))
		},
		from: .99, to: 1,
	},
	control:  control{says: "one is a ring around the other", on: nested},
	variants: []variant{{name: "by label", least: 2, long: [2]int{50_000, 200}, call: byLabels(quality.DistanceConsistency)}},
}}
