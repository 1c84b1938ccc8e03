package conformance

import (
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/topology"
)

// crossed returns rows of a figure eight, or of a circle, of which the last is the crossing, or
// one on the circle.
func crossed(seed uint64, circle bool) sample {
	var g datasets.Generator = datasets.FigureEight{Rows: 200, Seed: seed}
	if circle {
		g = datasets.Sphere{Rows: 200, Dim: 1, Seed: seed}
	}
	d, err := g.Generate()
	if err != nil {
		panic(err)
	}
	at := []float64{0, 1}
	if !circle {
		at = mat.Row(nil, 0, d.Truth.Singular)
	}
	var x mat.Dense
	x.Stack(d.X, mat.NewDense(1, 2, at))
	return sample{x: &x}
}

// ringPicture returns pixels that are low on a ring, all of it or three quarters, with noise.
func ringPicture(seed uint64, share float64) sample {
	const n = 24
	x := fixture.Uniform(seed, n, n)
	for i := range n {
		for j := range n {
			y, z := float64(i)-n/2+.5, float64(j)-n/2+.5
			v := 1.
			if r := math.Hypot(y, z); r > 6 && r < 9 && math.Atan2(y, z) < math.Pi*(2*share-1) {
				v = 0
			}
			x.Set(i, j, v+.1*x.At(i, j))
		}
	}
	return sample{x: x}
}

// amongOutliers returns rows of a ring, or of a disk, and some outliers all over the disk.
func amongOutliers(seed uint64, inner float64) sample {
	x := mat.NewDense(80, 2, nil)
	x.Slice(0, 70, 0, 2).(*mat.Dense).Copy(noisyRing(seed, 70, inner))
	x.Slice(70, 80, 0, 2).(*mat.Dense).Copy(noisyRing(seed+100, 10, 0))
	return sample{x: x}
}

// longestOf returns the length of the longest bar of a diagram, 0 where there is none.
func longestOf(d topology.Diagram) float64 {
	if d = d.Finite().Longest(1); len(d) == 0 {
		return 0
	}
	return d[0].Length()
}

// bars makes one of the first two columns of every row.
func bars(x mat.Matrix) (d topology.Diagram) {
	n, _ := x.Dims()
	for i := range n {
		d = append(d, topology.Bar{Birth: x.At(i, 0), Death: 2 + x.At(i, 1)})
	}
	return d
}

// tents makes a landscape of each bar.
func tents(d topology.Diagram) (of []*topology.Landscape) {
	for _, b := range d {
		l, err := topology.NewLandscape(topology.Diagram{b}, 0)
		if err != nil {
			panic(err)
		}
		of = append(of, l)
	}
	return of
}

var topologyRichRows = []row{{
	method: "topology.Rips",
	source: "2021, Ripser: efficient computation of Vietoris-Rips persistence barcodes",
	golden: golden{form: "barcodes of regular shapes, and of small spaces by the definition", test: "topology.TestRipsClosedForms"},
	claim: claim{
		says:    "a noisy circle has one ring that lives five times as long as any other",
		on:      func(seed uint64) sample { return sample{x: noisyRing(seed, 150, 1)} },
		measure: ringsApart, from: 5, to: math.Inf(1),
	},
	control: control{says: "a disk has none", on: func(seed uint64) sample { return sample{x: noisyRing(seed, 150, 0)} }},
	variants: []variant{
		{name: "rings", of: always(topology.Rips{}), least: 1, constant: true, distances: asForRows, long: [2]int{4000, 40}},
		{name: "cavities", of: always(topology.Rips{MaxDim: 2, Prime: 3}), least: 1, constant: true, distances: asForRows, long: [2]int{400, 8}},
		{name: "pieces", of: always(topology.Rips{MaxDim: topology.OnlyPieces}), least: 1, constant: true, distances: asForRows, long: [2]int{4000, 40}},
		{name: "cocycles of landmarks", of: always(topology.Rips{Cocycles: true, Landmarks: 40}), least: 1, constant: true, distances: asForRows, long: [2]int{400_000, 20}},
	},
	refused: map[string][]any{
		"MaxDim":    {topology.Rips{MaxDim: -2}, topology.Rips{MaxDim: 60}, topology.Rips{MaxDim: 1001}},
		"Threshold": {topology.Rips{Threshold: -5}, topology.Rips{Threshold: math.NaN()}},
		"Prime":     {topology.Rips{Prime: 4}, topology.Rips{Prime: 65537}},
	},
	anyNumber: map[string]string{"Threshold": "+Inf looks at every distance; the others are refused below"},
}, {
	method:     "topology.Euclidicity",
	stochastic: true,
	source:     "2023, Topological singularity detection at multiple scales",
	golden:     golden{form: "the center of an octagon", test: "topology.TestEuclidicityOfAnOctagon"},
	claim: claim{
		says: "the crossing of a figure eight has twice the Euclidicity of most rows",
		on:   func(seed uint64) sample { return crossed(seed, false) },
		measure: func(ctx context.Context, s sample) (float64, error) {
			n, _ := s.x.Dims()
			e := topology.Euclidicity{Neighbors: 40, Size: 60, Steps: 2, Points: []int{n - 1}}
			for i := range 15 {
				e.Points = append(e.Points, i)
			}
			found, err := e.Compute(ctx, s.x)
			if err != nil {
				return 0, err
			}
			others := slices.Clone(found.Scores[1:])
			slices.Sort(others)
			return found.Scores[0] / others[len(others)/2], nil
		},
		from: 2, to: math.Inf(1),
	},
	control: control{says: "a row of a circle", on: func(seed uint64) sample { return crossed(seed, true) }},
	variants: []variant{
		{name: "few annuli", of: always(topology.Euclidicity{Neighbors: 2, Steps: 1, Samples: 1}), least: 3, distances: asForRows, long: [2]int{3000, 5}},
		{name: "ideal annuli", of: always(topology.Euclidicity{Neighbors: 2, Steps: 1, Model: topology.IdealAnnulus}), least: 3, distances: asForRows, long: [2]int{3000, 5}},
		{name: "crowded annuli", of: func(n, d int) any {
			return topology.Euclidicity{Neighbors: max(1, (n-1)/2), Steps: 1, Size: 10, Samples: 1}
		}, least: 4, distances: asForRows, long: [2]int{3000, 5}},
	},
	exact: map[string]any{"Persistence": topology.Euclidicity{Persistence: topology.Zero, Steps: 1, Size: 20}},
	refused: map[string][]any{
		"Dim":         {topology.Euclidicity{Dim: 3, MaxDim: 2}},
		"MaxDim":      {topology.Euclidicity{MaxDim: 11}},
		"Neighbors":   {topology.Euclidicity{Neighbors: 60}},
		"Inner":       {topology.Euclidicity{Inner: [2]float64{2, 2}, Outer: [2]float64{1, 1}}, topology.Euclidicity{Inner: [2]float64{math.NaN(), 1}, Outer: [2]float64{1, 2}}},
		"Outer":       {topology.Euclidicity{Outer: [2]float64{1, 2}}},
		"Model":       {topology.Euclidicity{Model: "whatever"}},
		"Persistence": {topology.Euclidicity{Persistence: 3}},
		"Points":      {topology.Euclidicity{Points: []int{60}}},
	},
}, {
	method: "topology.DensityRips",
	source: "2015, Interactive visualization of 2-D persistence modules",
	golden: golden{form: "Betti numbers by ranks of boundary matrices", test: "topology.TestHilbertFunctionAgainstRanks"},
	claim: claim{
		says: "at some level a ring among outliers lives for three quarters of its radius and more",
		on:   func(seed uint64) sample { return amongOutliers(seed, 1) },
		measure: func(ctx context.Context, s sample) (longest float64, err error) {
			b, err := topology.DensityRips{Neighbors: 5}.Compute(ctx, s.x)
			if err != nil {
				return 0, err
			}
			for _, d := range b.Diagrams {
				longest = max(longest, longestOf(d[1]))
			}
			return longest, nil
		},
		from: .75, to: math.Sqrt(3),
	},
	control: control{says: "a disk among outliers", on: func(seed uint64) sample { return amongOutliers(seed, 0) }},
	variants: []variant{
		{name: "one level", of: always(topology.DensityRips{Levels: 1, Neighbors: 1}), least: 2, constant: true, distances: asForRows, long: [2]int{1000, 5}},
		{name: "up to a scale", of: always(topology.DensityRips{MaxScale: 2}), least: 2, constant: true, distances: asForRows, long: [2]int{1000, 5}},
	},
	refused: map[string][]any{
		"MaxDim":    {topology.DensityRips{MaxDim: -2}, topology.DensityRips{MaxDim: 1001}},
		"Neighbors": {topology.DensityRips{Neighbors: 60}},
		"Levels":    {topology.DensityRips{Levels: 61}},
		"Slope":     {topology.DensityRips{Slope: 1e7}},
	},
}, {
	method:     "topology.HausdorffBand",
	stochastic: true,
	source:     "2014, Confidence sets for persistence diagrams",
	golden:     golden{form: "Hausdorff distances of samples by the definition", test: "topology.TestBandIsOfHausdorffDistances"},
	claim: claim{
		says: "the ring of a circle is more than sampling, and no other",
		on: func(seed uint64) sample {
			x := mat.NewDense(800, 2, nil)
			for i := range 800 {
				r := rng.New(seed, "circle", i)
				sin, cos := math.Sincos(2 * math.Pi * r.Float64())
				x.SetRow(i, []float64{cos, sin})
			}
			return sample{x: x}
		},
		measure: func(ctx context.Context, s sample) (float64, error) {
			b, err := topology.HausdorffBand{}.Compute(ctx, s.x)
			if err != nil {
				return 0, err
			}
			p, err := topology.Rips{}.Compute(ctx, s.x)
			if err != nil {
				return 0, err
			}
			return float64(len(b.Significant(p.Diagrams[1]))), nil
		},
		from: 1, to: 1,
	},
	control: control{says: "a disk has none", on: func(seed uint64) sample { return sample{x: noisyRing(seed, 150, 0)} }},
	variants: []variant{
		{name: "default", of: always(topology.HausdorffBand{}), least: 4, constant: true, distances: asForRows, long: [2]int{3000, 50}},
	},
	refused: map[string][]any{
		"Size":       {topology.HausdorffBand{Size: 60}},
		"Replicates": {topology.HausdorffBand{Replicates: 1}},
		"Level":      {topology.HausdorffBand{Level: 1}},
	},
}, {
	method: "topology.LowerStar",
	origin: "values are the scales at which pixels and nodes appear",
	source: "2010, Computational Topology: An Introduction",
	golden: golden{form: "complexes of small images by the definition", test: "topology.TestLowerStarReference"},
	claim: claim{
		says: "a closed ring of dark pixels has a hole that lives through all of its contrast",
		on:   func(seed uint64) sample { return ringPicture(seed, 1) },
		measure: func(ctx context.Context, s sample) (float64, error) {
			p, err := topology.LowerStar{}.Image(ctx, s.x)
			if err != nil {
				return 0, err
			}
			return longestOf(p.Diagrams[1]), nil
		},
		from: .8, to: 1.1,
	},
	control: control{says: "a quarter of it is gone", on: func(seed uint64) sample { return ringPicture(seed, .75) }},
	variants: []variant{
		{name: "image and graph", of: always(topology.LowerStar{}), given: graphWithValues, spoiled: spoiledValues, least: 1, constant: true, distances: taken, long: [2]int{4000, 300}},
	},
	refused: map[string][]any{"Prime": {topology.LowerStar{Prime: 4}}, "MaxDim": {topology.LowerStar{MaxDim: -2}}},
}, {
	method:     "topology.LandscapeBand",
	stochastic: true,
	source:     "2014, Stochastic convergence of persistence landscapes and silhouettes",
	golden:     golden{form: "in 95 of a hundred trials the band holds the mean", test: "topology.TestLandscapeBandCovers"},
	claim: claim{
		says: "the mean of many landscapes is in the band of forty of their kind",
		on:   func(seed uint64) sample { return sample{x: fixture.Uniform(seed, 40, 2)} },
		measure: func(ctx context.Context, s sample) (off float64, err error) {
			b, err := topology.LandscapeBand{}.Around(ctx, tents(bars(s.x)))
			if err != nil {
				return 0, err
			}
			many := tents(bars(fixture.Uniform(1000, 4000, 2)))
			for at := .25; at < 3; at += .25 {
				mean := 0.
				for _, l := range many {
					mean += l.At(0, at) / float64(len(many))
				}
				low, high := b.Between(at)
				off = max(off, low-mean, mean-high)
			}
			return off / b.HalfWidth, nil
		},
		to: 0,
	},
	control: control{says: "bars begin later", on: func(seed uint64) sample {
		x := fixture.Uniform(seed, 40, 2)
		for i := range 40 {
			x.Set(i, 0, x.At(i, 0)+.5)
		}
		return sample{x: x}
	}},
	variants: []variant{
		{name: "the highest level", of: always(topology.LandscapeBand{Replicates: 100}), given: landscapesOf, least: 3, constant: true, long: [2]int{2000, 5},
			spoiled: func(string) map[string][]any {
				return map[string][]any{"none": {[]*topology.Landscape{}}, "one": {[]*topology.Landscape{{}}}, "nil": {[]*topology.Landscape(nil)}, "of nil": {[]*topology.Landscape{nil, nil}}}
			}},
	},
	refused: map[string][]any{
		"Depth":      {topology.LandscapeBand{Depth: 2}},
		"Replicates": {topology.LandscapeBand{Replicates: 1}},
		"Level":      {topology.LandscapeBand{Level: 1}},
	},
}, {
	method: "topology.Wasserstein",
	source: "2010, Lipschitz functions have Lp-stable persistence",
	golden: golden{form: "values of GUDHI, persim and POT", test: "topology.TestWassersteinOfPeers"},
	claim: claim{
		says: "where each of n bars moves by ε, diagrams of order 2 are no farther apart than ε·√n",
		on: func(seed uint64) sample {
			x := fixture.Uniform(seed, 60, 2)
			y := mat.DenseCopyOf(x)
			for i := range 60 {
				y.Set(i, i%2, y.At(i, i%2)+.01)
			}
			return sample{x: x, y: y}
		},
		measure: func(ctx context.Context, s sample) (float64, error) {
			m, err := topology.Wasserstein{}.Match(ctx, bars(s.x), bars(s.y))
			if err != nil {
				return 0, err
			}
			return m.Distance / .01 / math.Sqrt(60), nil
		},
		to: 1 + 1e-9,
	},
	control: control{says: "bars of another sample", on: func(seed uint64) sample {
		return sample{x: fixture.Uniform(seed, 60, 2), y: fixture.Uniform(seed+100, 60, 2)}
	}},
	variants: []variant{
		{name: "default", of: always(topology.Wasserstein{}), given: diagramsOf, spoiled: spoiledDiagrams, least: 1, constant: true, long: [2]int{4000, 5}},
		{name: "order 1, straight", of: always(topology.Wasserstein{Order: 1, Ground: topology.Straight}), given: diagramsOf, spoiled: spoiledDiagrams, least: 1, constant: true, long: [2]int{4000, 5}},
	},
	refused: map[string][]any{"Order": {topology.Wasserstein{Order: .5}, topology.Wasserstein{Order: 101}}, "Ground": {topology.Wasserstein{Ground: 2}}},
}}

// ringsApart returns how many times as long as the next the longest ring lives.
func ringsApart(ctx context.Context, s sample) (float64, error) {
	p, err := topology.Rips{}.Compute(ctx, s.x)
	if err != nil {
		return 0, err
	}
	top := p.Diagrams[1].Longest(2)
	return top[0].Length() / top[1].Length(), nil
}

// noisyRing returns points between a radius and one, and a little off.
func noisyRing(seed uint64, n int, inner float64) *mat.Dense {
	x := mat.NewDense(n, 2, nil)
	for i := range n {
		s := rng.New(seed, "noisy ring", i)
		sin, cos := math.Sincos(2 * math.Pi * s.Float64())
		r := math.Sqrt(inner*inner + (1-inner*inner)*s.Float64())
		x.SetRow(i, []float64{r*cos + .03*s.Normal(), r*sin + .03*s.Normal()})
	}
	return x
}

// spoiledDiagrams are no diagrams, beside one that is.
func spoiledDiagrams(string) map[string][]any {
	good := topology.Diagram{{Birth: 0, Death: 1}}
	return map[string][]any{
		"a birth that is no number": {topology.Diagram{{Birth: math.NaN(), Death: 1}}, good},
		"a death that is no number": {good, topology.Diagram{{Birth: 0, Death: math.NaN()}}},
		"a birth at infinity":       {topology.Diagram{{Birth: math.Inf(-1), Death: 1}}, good},
		"a death before the birth":  {good, topology.Diagram{{Birth: 1, Death: 0}}},
	}
}

// graphWithValues is the rows as an image, or their graph with the first column.
func graphWithValues(verb string, x mat.Matrix) []any {
	if verb == "Image" {
		return nil
	}
	g := graphOf(verb, x)[0].(*affinity.Sparse)
	return []any{g, mat.Col(nil, 0, x)}
}

// spoiledValues are graphs and values that do not go together.
func spoiledValues(string) map[string][]any {
	g, err := ring(5)
	if err != nil {
		panic(err)
	}
	return map[string][]any{
		"no graph":             {(*affinity.Sparse)(nil), []float64{}},
		"the zero graph":       {new(affinity.Sparse), []float64{}},
		"too few values":       {g, make([]float64, 4)},
		"a value of no number": {g, []float64{0, 1, math.NaN(), 3, 4}},
		"an endless value":     {g, []float64{0, 1, math.Inf(1), 3, 4}},
		"a directed graph":     {oneWay(), make([]float64, 5)},
	}
}
