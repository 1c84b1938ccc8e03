package conformance

import (
	"context"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/dr"
)

// twice returns the rows of s and, below them, the same rows in an order.
func twice(s sample, order func(i int) int) sample {
	n, d := s.x.Dims()
	x := mat.NewDense(2*n, d, nil)
	for i := range n {
		x.SetRow(i, mat.Row(nil, i, s.x))
		x.SetRow(n+i, mat.Row(nil, order(i), s.x))
	}
	return sample{x: x}
}

var drAlignedRows = []row{{
	method: "dr.AlignedUMAP", // the Seed is that of UMAP
	source: "2023, Application of Aligned-UMAP to longitudinal biomedical studies",
	golden: golden{file: "alignedumap", holds: "aligned.apart", test: "dr.TestAlignedUMAPKeepsRowsInPlaceAndNeighborsNear"},
	claim: claim{
		says: "rows that have the same neighbours in the next slice stay where they are",
		on:   func(seed uint64) sample { return twice(groups(seed, 60, 8), func(i int) int { return i }) },
		measure: func(ctx context.Context, s sample) (float64, error) {
			n, d := s.x.Dims()
			x := mat.DenseCopyOf(s.x)
			same := make([]int, n/2)
			for i := range same {
				same[i] = i
			}
			m, err := dr.AlignedUMAP{UMAP: dr.UMAP{Epochs: 100}}.FitSeries(ctx, []mat.Matrix{x.Slice(0, n/2, 0, d), x.Slice(n/2, n, 0, d)}, [][]int{same})
			if err != nil {
				return 0, err
			}
			return m.Drift()[0], nil
		},
		from: 0, to: .3,
	},
	control: control{
		says: "rows are at the places of others in the next slice, and have other neighbours",
		on: func(seed uint64) sample {
			order := shuffled(60)
			return twice(groups(seed, 60, 8), func(i int) int { return order[i] })
		},
	},
	variants: []variant{
		{name: "20 epochs", of: always(dr.AlignedUMAP{UMAP: dr.UMAP{Epochs: 20}}), least: 2, distances: asForRows, long: [2]int{6000, 60}},
		{name: "random start, three dimensions, window 1", of: always(dr.AlignedUMAP{UMAP: dr.UMAP{Components: 3, Start: dr.FromRandom, Seed: 3, Epochs: 10}, Regularization: .1, Window: 1}), least: 2, distances: asForRows, long: [2]int{6000, 60}},
	},
	exact: map[string]any{
		"Regularization": dr.AlignedUMAP{UMAP: dr.UMAP{Epochs: 10}, Regularization: dr.Zero},
		"Window":         dr.AlignedUMAP{UMAP: dr.UMAP{Epochs: 10}, Window: dr.None},
	},
	refused: map[string][]any{
		"Regularization": {dr.AlignedUMAP{Regularization: 2e6}},
		"Window":         {dr.AlignedUMAP{Window: 1001}},
		"Labels":         {dr.AlignedUMAP{Labels: [][]int{nil}}},
		"Targets":        {dr.AlignedUMAP{Targets: []mat.Matrix{nil}}},
		"UMAP.Start":     {dr.AlignedUMAP{UMAP: dr.UMAP{Start: dr.From(mat.NewDense(60, 2, nil))}}},
		"UMAP.Labels":    {dr.AlignedUMAP{UMAP: dr.UMAP{Labels: inTurn(60, 3)}}},
	},
}}
