package bench

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"

	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/tests/bench/wire"
)

// tree is the tree that noisyTree draws rows near.
func tree(rows int) (*datasets.Dataset, error) {
	return datasets.Noise{Of: datasets.Tree{Rows: rows, Dim: 50, Length: 10}, StdDev: .3}.Generate()
}

// noisyTree returns 10 000 rows near a tree, in 50 columns.
func noisyTree(rows int) ([]*mat32.Dense, error) {
	d, err := tree(orAll(rows, 10_000))
	if err != nil {
		return nil, err
	}
	return []*mat32.Dense{mat32.Convert(d.X)}, nil
}

// smallTree returns 2000 of them.
func smallTree(rows int) ([]*mat32.Dense, error) { return noisyTree(orAll(rows, 2000)) }

// treeRanks judges maps by the ways along the tree, from some rows, evenly spread, to all: the mean over these rows of the rank
// correlation with distances in the map.
var treeRanks = Measure{Name: "rank correlation with distances along the tree (1 is best)", Format: "%.4f",
	Of: func(in []*mat32.Dense, o wire.Options, r *wire.Reply) (float64, error) {
		n, _ := in[0].Dims()
		k := o.Int("components")
		z, err := r.Matrix("map", n, k)
		if err != nil {
			return 0, err
		}
		d, err := tree(n)
		if err != nil {
			return 0, err
		}
		sum := 0.
		sources := judgedOf(n)
		along, mapped := make([]float64, n), make([]float64, n)
		for _, i := range sources {
			for j := range n {
				square := 0.
				for c := range k {
					square += (z[i*k+c] - z[j*k+c]) * (z[i*k+c] - z[j*k+c])
				}
				along[j], mapped[j] = d.Truth.Geodesic(i, j), math.Sqrt(square)
			}
			sum += stat.Correlation(placed(along), placed(mapped), nil)
		}
		return sum / float64(len(sources)), nil
	}}

// placed returns the place of every value among all, from the least.
func placed(values []float64) []float64 {
	order := make([]int, len(values))
	floats.Argsort(slices.Clone(values), order)
	places := make([]float64, len(values))
	for place, i := range order {
		places[i] = float64(place)
	}
	return places
}
