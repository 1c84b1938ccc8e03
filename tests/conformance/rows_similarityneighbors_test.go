package conformance

import (
	"context"
	"fmt"
	"reflect"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/similarity"
)

// seenTwice returns 150 rows of five dimensions as two sets of 20 and 12 units see them,
// each with a little noise of its own.
func seenTwice(seed uint64) sample {
	z := fixture.Normal(seed, 150, 5)
	see := func(seed uint64, units int) *mat.Dense {
		x := fixture.Normal(seed, 150, units)
		x.Scale(.1, x)
		var seen mat.Dense
		seen.Mul(z, fixture.Normal(seed+1, 5, units))
		x.Add(x, &seen)
		return x
	}
	return sample{x: see(seed+100, 20), y: see(seed+200, 12)}
}

// unpaired returns s with the rows of y in another order.
func unpaired(s sample) sample {
	s.y = shuffledRows(s.y)
	return s
}

// compared measures a pair of representations.
func compared(m similarity.Measure) func(ctx context.Context, s sample) (float64, error) {
	return func(ctx context.Context, s sample) (float64, error) {
		score, err := m.Compare(ctx, s.x, s.y)
		return score.Value, err
	}
}

const (
	platonic   = "2024, The Platonic Representation Hypothesis"
	directions = "neighbours are those by the angle of rows as seen from zero"
)

// platonicRow is the row of a measure of neighbours: two representations of one reality
// agree.
func platonicRow(method string, m similarity.Measure, few any, from, to float64) row {
	return row{
		method: method,
		origin: directions,
		source: platonic,
		golden: golden{form: "the published values of 200 rows", test: "similarity.TestPublishedValues"},
		claim: claim{
			says: "two representations of one reality share their neighbourhoods",
			on:   seenTwice, measure: compared(m), from: from, to: to,
		},
		control: control{
			says: "the rows of one are in another order",
			on:   func(seed uint64) sample { return unpaired(seenTwice(seed)) },
		},
		variants: []variant{
			{name: "10 neighbours", of: always(m), least: 2, distances: taken, long: [2]int{6000, 100}},
			{name: "few neighbours", of: always(few), least: 2, distances: taken, long: [2]int{6000, 100}},
		},
		refused: map[string][]any{"Neighbors": {change(reflect.ValueOf(m), "Neighbors", 60)}},
	}
}

var similarityNeighborRows = []row{
	platonicRow("similarity.MutualKNN", similarity.MutualKNN{}, similarity.MutualKNN{Neighbors: 1}, .5, 1),
	platonicRow("similarity.CycleKNN", similarity.CycleKNN{}, similarity.CycleKNN{Neighbors: 1}, .95, 1),
	platonicRow("similarity.LCSKNN", similarity.LCSKNN{}, similarity.LCSKNN{Neighbors: 1}, 3, 10),
	platonicRow("similarity.EditKNN", similarity.EditKNN{}, similarity.EditKNN{Neighbors: 1}, .05, 1),
	cknnaRow(),
	similarityRSARow,
	relativeRow,
	matchAccuracyRow,
	subspaceAlignRow,
	{
		method: "similarity.InformationImbalance",
		source: "2022, Ranking the information content of distance measures",
		golden: golden{form: "the published values of 200 rows", test: "similarity.TestPublishedValues"},
		claim: claim{
			says: "three coordinates tell more of one of them than it tells of all",
			on: func(seed uint64) sample {
				x := fixture.Normal(seed, 200, 3)
				return sample{x: x, y: x.Slice(0, 200, 0, 1)}
			},
			measure: func(ctx context.Context, s sample) (float64, error) {
				b, err := similarity.InformationImbalance{}.Both(ctx, s.x, s.y)
				if err != nil {
					return 0, fmt.Errorf("both ways: %w", err)
				}
				return b.YToX.Value - b.XToY.Value, nil
			},
			from: .3, to: 1,
		},
		control: control{
			says: "the coordinate is that of other rows",
			on: func(seed uint64) sample {
				x := fixture.Normal(seed, 200, 3)
				return sample{x: x, y: shuffledRows(x.Slice(0, 200, 0, 1))}
			},
		},
		variants: []variant{
			{name: "1 neighbour", of: always(similarity.InformationImbalance{}), least: 2, distances: asForRows, long: [2]int{6000, 100}},
			{name: "3 neighbours", of: always(similarity.InformationImbalance{Neighbors: 3}), least: 4, distances: asForRows, long: [2]int{6000, 100}},
		},
		refused: map[string][]any{"Neighbors": {similarity.InformationImbalance{Neighbors: 60}}},
	},
}

// cknnaRow is that of a measure which needs rows, and some more of them.
func cknnaRow() row {
	r := platonicRow("similarity.CKNNA", similarity.CKNNA{}, similarity.CKNNA{Neighbors: 2}, .5, 1)
	for i := range r.variants {
		r.variants[i].least, r.variants[i].distances = 4, refused
	}
	return r
}
