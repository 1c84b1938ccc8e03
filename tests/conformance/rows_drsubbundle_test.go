package conformance

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/dr"
)

var drSubbundleRows = []row{{
	method: "dr.PrincipalSubbundle",
	source: "2023, Principal subbundles for dimension reduction",
	golden: golden{form: "geodesics of the sphere are great circles", test: "dr.TestSubbundleGeodesicsOfTheSphere"},
	claim: claim{
		says: "the surface through noisy rows of a sphere is nearer to the sphere than the rows are, and passes these within twice their noise: the larger of the two ratios",
		on:   func(seed uint64) sample { return sample{x: shell(seed), dim: 2} },
		measure: func(ctx context.Context, s sample) (float64, error) {
			m, err := dr.PrincipalSubbundle{Components: int(s.dim), Tolerance: 1e-3}.Fit(ctx, s.x)
			if err != nil {
				return 0, err
			}
			y, err := m.Inverse(ctx, m.Embedding())
			if err != nil {
				return 0, err
			}
			return max(offSphere(y), m.Embedding().Objective/2) / offSphere(s.x), nil
		},
		from: 0, to: .9,
	},
	control: control{
		says: "a curve, of one dimension too few, passes no surface of rows",
		on:   func(seed uint64) sample { return sample{x: shell(seed), dim: 1} },
	},
	variants: []variant{
		{name: "two components", of: always(dr.PrincipalSubbundle{Tolerance: .1}), least: 2, long: [2]int{1500, 8}},
		{name: "one component", of: always(dr.PrincipalSubbundle{Components: 1, Bandwidth: 3, Tolerance: .1}), least: 2, long: [2]int{2000, 5}},
	},
	refused: map[string][]any{
		"Components": {dr.PrincipalSubbundle{Components: columns + 1}},
		"Base":       {dr.PrincipalSubbundle{Base: []float64{1, 2}}, dr.PrincipalSubbundle{Base: []float64{1, 2, 3, 4, math.NaN()}}},
		"Tolerance":  {dr.PrincipalSubbundle{Tolerance: 2}},
	},
}}

// shell returns 190 rows on the unit sphere with noise of a tenth.
func shell(seed uint64) *mat.Dense {
	x, e := fixture.Normal(seed, 190, 3), fixture.Normal(seed+100, 190, 3)
	for i := range 190 {
		row := x.RawRowView(i)
		size := math.Sqrt(row[0]*row[0] + row[1]*row[1] + row[2]*row[2])
		for j := range row {
			row[j] = row[j]/size + .1*e.At(i, j)
		}
	}
	return x
}

// offSphere returns the root of the mean squared distance of rows from the unit sphere.
func offSphere(x mat.Matrix) float64 {
	n, _ := x.Dims()
	sum := 0.
	for i := range n {
		e := math.Hypot(math.Hypot(x.At(i, 0), x.At(i, 1)), x.At(i, 2)) - 1
		sum += e * e / float64(n)
	}
	return math.Sqrt(sum)
}
