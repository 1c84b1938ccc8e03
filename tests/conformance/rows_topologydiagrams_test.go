package conformance

import (
	"context"
	"math"

	"github.com/flatland-go/flatland/pkg/neighbors"
	"github.com/flatland-go/flatland/pkg/topology"
)

var topologyDiagramRows = []row{{
	method: "topology.SingleLinkage",
	source: "1969, Minimum spanning trees and single linkage cluster analysis",
	golden: golden{form: "lengths of the spanning trees of three fixtures by SciPy", test: "topology.TestPiecesAreEdgesOfTheTree"},
	claim: claim{
		says: "groups that are apart are the last pieces: cut into as many, they have the labels",
		on:   func(seed uint64) sample { return groups(seed, 150, 5) },
		measure: func(ctx context.Context, s sample) (float64, error) {
			d, err := topology.SingleLinkage{}.Fit(ctx, s.x)
			if err != nil {
				return 0, err
			}
			cut, err := d.CutInto(3)
			if err != nil {
				return 0, err
			}
			same, pairs := 0., 0.
			for i := range cut {
				for j := range i {
					pairs++
					if (cut[i] == cut[j]) == (s.labels[i] == s.labels[j]) {
						same++
					}
				}
			}
			return same / pairs, nil
		},
		from: 1, to: 1,
	},
	control: control{
		says: "the labels are shuffled",
		on:   func(seed uint64) sample { return shuffledLabels(groups(seed, 150, 5)) },
	},
	variants: []variant{
		{name: "distances", of: always(topology.SingleLinkage{}), least: 2, constant: true, distances: asForRows, long: [2]int{12000, 200}},
		{name: "robust", of: always(topology.SingleLinkage{Core: 5}), least: 6, constant: true, distances: asForRows, long: [2]int{12000, 200}},
		{name: "manhattan", of: always(topology.SingleLinkage{Metric: neighbors.Manhattan{}}), least: 2, constant: true, distances: taken, long: [2]int{3000, 100}},
	},
	refused: map[string][]any{"Core": {topology.SingleLinkage{Core: 60}}},
}, {
	method:     "topology.PHDimension",
	stochastic: true,
	source:     "2020, A fractal dimension for measures via persistent homology",
	golden:     golden{form: "the slope between two samples by its definition", test: "topology.TestPHDimensionByDefinition"},
	claim: claim{
		says:    "data of dimension 2 in ten columns are found to have it, within 20 %",
		on:      func(seed uint64) sample { return sample{x: flat(seed, 600, 2, 10), dim: 2} },
		measure: dimensionOver[topology.PHDimension], from: .8, to: 1.2,
	},
	control: noiseInTen,
	variants: []variant{
		{name: "pieces", of: always(topology.PHDimension{}), least: 12, distances: asForRows, long: [2]int{6000, 100}},
	},
	refused: map[string][]any{
		"Homology": {topology.PHDimension{Homology: 9}},
		"Alpha":    {topology.PHDimension{Alpha: 101}},
		"From":     {topology.PHDimension{From: 1}, topology.PHDimension{From: 60}},
		"To":       {topology.PHDimension{To: 61}},
		"Sizes":    {topology.PHDimension{Sizes: 1}, topology.PHDimension{From: 50, To: 53, Sizes: 5}},
		"Reach":    {topology.PHDimension{Reach: .5}, topology.PHDimension{Reach: math.Inf(1)}},
	},
}}
