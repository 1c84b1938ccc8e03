package conformance

import "github.com/flatland-go/flatland/pkg/similarity"

var similarityRSARow = row{
	method: "similarity.RSA",
	source: "2008, Representational similarity analysis",
	golden: golden{form: "the published values of 200 rows", test: "similarity.TestPublishedValues"},
	claim: claim{
		says: "what is far apart for one set of units is far apart for another that sees the same",
		on:   seenTwice, measure: compared(similarity.RSA{}), from: .5, to: 1,
	},
	control: control{
		says: "the rows of one are in another order",
		on:   func(seed uint64) sample { return unpaired(seenTwice(seed)) },
	},
	variants: []variant{
		{name: "Spearman", of: always(similarity.RSA{}), least: 3, distances: taken, long: [2]int{2500, 400}},
		{name: "Kendall", least: 3, distances: taken, long: [2]int{2500, 400},
			of: always(similarity.RSA{RDM: similarity.RDM{Dissimilarity: similarity.EuclideanDistance}, Comparison: similarity.KendallTauA})},
		{name: "topological", least: 3, distances: taken, long: [2]int{2500, 400},
			of: always(similarity.RSA{GeoTopo: similarity.GeoTopo{Lower: .1, Upper: .9}, Comparison: similarity.CosineComparison})},
	},
	refused: map[string][]any{"Comparison": {similarity.RSA{Comparison: 6}}},
}
