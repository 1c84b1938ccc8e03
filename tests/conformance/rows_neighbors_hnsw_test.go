package conformance

import (
	"context"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// fewLinks is HNSW with so little of everything that what is hard to find is not
// found.
var fewLinks = neighbors.HNSW{Neighbors: 1, M: 2, EfConstruction: 4, EfSearch: 1}

var hnswRow = row{
	method:     "neighbors.HNSW",
	stochastic: true,
	source:     "2018, Efficient and robust approximate nearest neighbor search using hierarchical navigable small world graphs",
	golden:     golden{form: "the exact graph, where a search is as wide as the data", test: "neighbors.TestHNSWOfAllRowsIsExact"},
	claim: claim{
		says: "with few links a narrow search finds nearly every nearest row of data whose intrinsic dimension is low, however many columns there are",
		on:   func(seed uint64) sample { return sample{x: flat(seed, 1500, 2, 24)} },
		measure: func(ctx context.Context, s sample) (float64, error) {
			h := fewLinks
			h.M, h.EfConstruction = 4, 16
			got, err := h.Graph(ctx, s.x)
			if err != nil {
				return 0, err
			}
			want, err := neighbors.Exact{Neighbors: 1}.Graph(ctx, s.x)
			if err != nil {
				return 0, err
			}
			found := 0.
			for i, j := range want.Indices {
				if got.Indices[i] == j {
					found++
				}
			}
			return found / float64(want.N), nil
		},
		from: 0.95, to: 1,
	},
	control: control{
		says: "noise that fills all 24 columns",
		on:   func(seed uint64) sample { return sample{x: fixture.Normal(seed, 1500, 24)} },
	},
	variants: []variant{
		{name: "15 neighbours", of: always(neighbors.HNSW{}), least: 2, constant: true, long: [2]int{30000, 30}},
		{name: "few links", of: always(fewLinks), least: 2, constant: true, long: [2]int{300000, 5}},
		{name: "manhattan", of: always(neighbors.HNSW{Metric: neighbors.Manhattan{}, KeepPruned: true}), least: 2, constant: true, long: [2]int{30000, 30}},
	},
	refused: map[string][]any{
		"Neighbors": {neighbors.HNSW{Neighbors: 60}},
		"M":         {neighbors.HNSW{M: 1}, neighbors.HNSW{M: 513}},
		"Order":     {neighbors.HNSW{Order: []int{1, 0}}, neighbors.HNSW{Order: make([]int, 60)}},
	},
}
