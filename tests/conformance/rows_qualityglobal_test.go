package conformance

import (
	"context"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/quality"
)

// long returns rows that vary in two dimensions much more than in others, and these
// stretched.
func long(seed uint64) sample {
	x := fixture.Normal(seed, 150, 6)
	y := mat.NewDense(150, 2, nil)
	for i := range 150 {
		for c := range 2 {
			x.Set(i, c, 10*x.At(i, c))
			y.Set(i, c, float64(1+c)*x.At(i, c))
		}
	}
	return sample{x: x, y: y}
}

var globalScoreRow = row{
	method: "quality.GlobalScore",
	source: "2019, TriMap: large-scale dimensionality reduction using triplets",
	golden: golden{file: "trimap", holds: "global_score", test: "quality.TestGlobalScoreAgainstTrimap"},
	claim: claim{
		says: "what keeps the dimensions in which rows vary most keeps the large shape, however stretched",
		on:   long,
		measure: func(ctx context.Context, s sample) (float64, error) {
			score, err := quality.GlobalScore(ctx, s.x, s.y)
			return score.Value, err
		},
		from: .95, to: 1,
	},
	control: control{
		says: "the points are those of other rows",
		on: func(seed uint64) sample {
			s := long(seed)
			y := mat.DenseCopyOf(s.y)
			for i, j := range shuffled(150) {
				y.SetRow(i, mat.Row(nil, j, s.y))
			}
			s.y = y
			return s
		},
	},
	variants: []variant{{
		name: "of two columns", least: 4, long: [2]int{6000, 100},
		call: func(ctx context.Context, x mat.Matrix) (any, error) {
			n, _ := dims(x)
			return quality.GlobalScore(ctx, x, fixture.Normal(3, max(n, 1), 2))
		},
	}},
}
