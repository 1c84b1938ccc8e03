package conformance

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/manifold"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/quality"
)

// sphere10 is where the rows of the paper's experiments lie.
var sphere10 = manifold.Sphere{Dimension: 10}

// onSphere returns n rows all over the sphere of ten dimensions.
func onSphere(seed uint64, n int) sample {
	x := fixture.Normal(seed, n, 11)
	for i := range n {
		sphere10.Project(x.RawRowView(i))
	}
	return sample{x: x}
}

// onCap returns n rows of a small cap of a sphere of two dimensions within it.
func onCap(seed uint64, n int) sample {
	x := mat.NewDense(n, 11, nil)
	z := fixture.Normal(seed, n, 2)
	for i := range n {
		x.SetRow(i, []float64{1, z.At(i, 0) / 20, z.At(i, 1) / 20, 0, 0, 0, 0, 0, 0, 0, 0})
		sphere10.Project(x.RawRowView(i))
	}
	return sample{x: x}
}

// along returns the geodesic distances between the rows of x.
func along(m manifold.Manifold, x mat.Matrix) (*mat32.Distances, error) {
	n, _ := x.Dims()
	var pairs []float64
	for i := range n {
		for j := i + 1; j < n; j++ {
			pairs = append(pairs, m.Distance(mat.Row(nil, i, x), mat.Row(nil, j, x)))
		}
	}
	return mat32.NewDistances(n, pairs)
}

// keepsNeighbors returns the trustworthiness of the map of a method, by geodesic distances
// on the sphere of the rows and on target.
func keepsNeighbors(ctx context.Context, method dr.Embedder, target manifold.Manifold, x mat.Matrix) (float64, error) {
	e, err := method.Embed(ctx, x)
	if err != nil {
		return 0, err
	}
	before, err := along(sphere10, x)
	if err != nil {
		return 0, err
	}
	after, err := along(target, e)
	if err != nil {
		return 0, err
	}
	const neighbors = 20
	r, err := quality.Rank{Neighbors: neighbors}.Compare(ctx, before, after)
	if err != nil {
		return 0, err
	}
	return r.Trustworthiness(neighbors).Value, nil
}

var drRiemannianRows = []row{{
	method:     "dr.RieSNE",
	stochastic: true,
	source:     "2022, Visualizing Riemannian data with Rie-SNE",
	golden:     golden{form: "the heat kernel of spheres, and t-SNE in flat space", test: "dr.TestRieSNESimilaritiesAreThoseOfTheHeatKernel"},
	claim: claim{
		says: "of rows all over a sphere of ten dimensions, a map to a sphere is more trustworthy than that of t-SNE to the plane",
		on:   func(seed uint64) sample { return onSphere(seed, 150) },
		measure: func(ctx context.Context, s sample) (float64, error) {
			ball := manifold.Sphere{Radius: 3}
			curved, err := keepsNeighbors(ctx, dr.RieSNE{Source: sphere10, Target: ball, Perplexity: 20, EarlyIterations: 50, Iterations: 200}, ball, s.x)
			if err != nil {
				return 0, err
			}
			flat, err := keepsNeighbors(ctx, dr.TSNE{Perplexity: 20, EarlyIterations: 50, Iterations: 200}, manifold.Euclidean{}, s.x)
			return curved - flat, err
		},
		from: .008, to: 1,
	},
	control: control{
		says: "the rows lie on a small cap of a sphere of two dimensions, which the plane has room for",
		on:   func(seed uint64) sample { return onCap(seed, 150) },
	},
	variants: []variant{
		{name: "flat", of: always(dr.RieSNE{EarlyIterations: 10, Iterations: 10}), least: 4, long: [2]int{3000, 30}},
		{name: "to a sphere", of: always(dr.RieSNE{Target: manifold.Sphere{Radius: 2}, Start: dr.FromRandom, Seed: 3, EarlyIterations: 10, Iterations: 10}), least: 4, long: [2]int{3000, 30}},
		{name: "from a torus to hyperbolic space", of: func(_, d int) any {
			periods := make([]float64, max(d, 1))
			for i := range periods {
				periods[i] = math.Ldexp(125, -4) // a thousand is some of them
			}
			return dr.RieSNE{Source: manifold.Torus{Periods: periods}, Target: manifold.Hyperboloid{}, EarlyIterations: 10, Iterations: 10}
		}, least: 4, long: [2]int{3000, 30}},
	},
	exact: map[string]any{
		"EarlyIterations": dr.RieSNE{EarlyIterations: dr.None},
		"Iterations":      dr.RieSNE{Iterations: dr.None},
	},
	refused: map[string][]any{
		"Source":          {dr.RieSNE{Source: manifold.Sphere{}}, dr.RieSNE{Source: manifold.Sphere{Radius: -1}}},
		"Target":          {dr.RieSNE{Target: manifold.Sphere{Dimension: 4}}, dr.RieSNE{Target: manifold.Hyperboloid{Curvature: 1}}},
		"Perplexity":      {dr.RieSNE{Perplexity: .5}, dr.RieSNE{Perplexity: 59}},
		"Exaggeration":    {dr.RieSNE{Exaggeration: .5}},
		"EarlyIterations": {dr.RieSNE{EarlyIterations: -2}},
	},
}}
