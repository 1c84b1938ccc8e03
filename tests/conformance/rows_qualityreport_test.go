package conformance

import (
	"context"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/quality"
)

var qualityReportRows = []row{{
	method: "quality.Report", stochastic: true,
	unmoved: "quality.TestReportOfASample: all rows are ranked from, and all pairs compared, where there are as few",
	source:  "2019, The art of using t-SNE for single-cell transcriptomics",
	golden:  golden{form: "the value of each measure alone", test: "quality.TestReport"},
	claim: claim{
		says: "of a map that has nothing to do with the data, half the neighbours are trusted",
		on: func(seed uint64) sample {
			return sample{x: fixture.Normal(seed, 150, 5), y: fixture.Normal(seed+100, 150, 2)}
		},
		measure: func(ctx context.Context, s sample) (float64, error) {
			r, err := quality.Report{}.Compare(ctx, s.x, s.y)
			if err != nil {
				return 0, err
			}
			return r.Scores[0].Value, nil
		},
		from: .4, to: .6,
	},
	control: control{says: "the map is two columns of the data", on: func(seed uint64) sample {
		x := fixture.Normal(seed, 150, 5)
		return sample{x: x, y: mat.DenseCopyOf(x.Slice(0, 150, 0, 2))}
	}},
	variants: []variant{
		{name: "default", of: always(quality.Report{}), least: 4, constant: true, distances: taken, long: [2]int{20000, 100}},
		{name: "a sample", of: func(n, d int) any { return quality.Report{Sample: max(2, n/2), Pairs: 3} }, least: 4, constant: true, distances: taken, long: [2]int{20000, 100}},
	},
}}
