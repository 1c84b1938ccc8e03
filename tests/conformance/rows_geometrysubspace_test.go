package conformance

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/geometry"
)

var geometrySubspaceRows = []row{{
	method: "geometry.GrassmannDistance",
	origin: "subspaces go through the origin",
	source: "2016, Schubert varieties and distances between subspaces of different dimensions",
	golden: golden{form: "what each makes of planted angles", test: "geometry.TestSubspaceDistances"},
	claim: claim{
		says: "three directions turned by 0.5 out of their space are √3/2 away",
		on: func(seed uint64) sample {
			var qr mat.QR
			qr.Factorize(fixture.Normal(seed, 10, 10))
			var q, y mat.Dense
			qr.QTo(&q)
			x := mat.DenseCopyOf(q.Slice(0, 10, 0, 3).T())
			y.Scale(math.Tan(.5), q.Slice(0, 10, 3, 6).T())
			y.Add(&y, x)
			return sample{x: x, y: &y}
		},
		measure: func(ctx context.Context, s sample) (float64, error) {
			d, err := geometry.GrassmannDistance{}.Compare(ctx, s.x, s.y)
			return d.Value, err
		},
		from: math.Sqrt(3)/2 - 1e-12, to: math.Sqrt(3)/2 + 1e-12,
	},
	control: control{says: "subspaces at random", on: func(seed uint64) sample {
		return sample{x: fixture.Normal(seed, 3, 10), y: fixture.Normal(seed+100, 3, 10)}
	}},
	variants: []variant{
		{name: "geodesic", of: always(geometry.GrassmannDistance{}), least: 1, constant: true, clouds: true, long: [2]int{1500, 500}},
		{name: "Martin, wide", of: always(geometry.GrassmannDistance{Metric: geometry.Martin}), least: 1, constant: true, clouds: true, wide: true, long: [2]int{700, 5}},
	},
	refused: map[string][]any{"Metric": {geometry.GrassmannDistance{Metric: 9}}},
}}
