package bench

import (
	"context"
	"math"

	"gonum.org/v1/gonum/stat"

	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
	"github.com/flatland-go/flatland/tests/bench/wire"
)

// fewComponents returns the first 50 principal components of the first 5000 of the MNIST test digits.
var fewComponents = principal(halfOfMNIST)

// longRoll returns 5000 rows of a swiss roll.
func longRoll(rows int) ([]*mat32.Dense, error) {
	set, err := datasets.SwissRoll{Rows: orAll(rows, 5000), Seed: 1}.Generate()
	if err != nil {
		return nil, err
	}
	return []*mat32.Dense{mat32.Convert(set.X)}, nil
}

// geodesicResidual judges maps by the ways along the neighbours, from some rows, evenly spread, to all.
var geodesicResidual = Measure{Name: "residual variance of geodesic distances (0 is best)", Format: "%.6f",
	Of: func(in []*mat32.Dense, o wire.Options, r *wire.Reply) (float64, error) {
		ctx := context.Background()
		n, _ := in[0].Dims()
		k := o.Int("components")
		z, err := r.Matrix("map", n, k)
		if err != nil {
			return 0, err
		}
		g, err := neighbors.Exact{Neighbors: o.Int("neighbors")}.Graph(ctx, in[0])
		if err != nil {
			return 0, err
		}
		h, err := g.Union()
		if err != nil {
			return 0, err
		}
		joined, err := neighbors.Join{}.Connect(ctx, in[0], h)
		if err != nil {
			return 0, err
		}
		ways, err := affinity.NewGeodesics(ctx, joined.Graph)
		if err != nil {
			return 0, err
		}
		sources := judgedOf(n)
		d, err := ways.Rows(ctx, sources, 0)
		if err != nil {
			return 0, err
		}
		var along, mapped []float64
		for s, i := range sources {
			for j, v := range d.Row(s) {
				sum := 0.
				for c := range k {
					sum += (z[i*k+c] - z[j*k+c]) * (z[i*k+c] - z[j*k+c])
				}
				along, mapped = append(along, float64(v)), append(mapped, math.Sqrt(sum))
			}
		}
		return 1 - math.Pow(stat.Correlation(along, mapped, nil), 2), nil
	}}
