package conformance

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/dr"
)

// chosen returns who of 120 users chose which of 12 items: those of their own
// cluster more likely.
func chosen(seed uint64) *mat.Dense {
	x := fixture.Uniform(seed, 120, 12)
	x.Apply(func(i, j int, v float64) float64 {
		likely := .1
		if i%3 == j%3 {
			likely = .5
		}
		return map[bool]float64{true: 1}[v < likely]
	}, x)
	return x
}

var drCosineRows = []row{{
	method: "dr.RegularizedMF",
	origin: "columns are not centred: a zero is a choice that was not made; dr.TestRegularizedMFIsTheMinimum measures the loss itself",
	source: "2024, Is cosine-similarity of embeddings really about similarity?",
	golden: golden{form: "minima of the losses as they are defined: their gradients by differences are zero, and no step lowers them", test: "dr.TestRegularizedMFIsTheMinimum"},
	claim: claim{
		says: "embeddings of equal loss and equal predictions have other cosines: the largest difference between two of them",
		on:   func(seed uint64) sample { return sample{x: chosen(seed), y: scales(4)} },
		measure: func(ctx context.Context, s sample) (float64, error) {
			m, err := dr.RegularizedMF{Components: 4, Lambda: 20}.Fit(ctx, s.x)
			if err != nil {
				return 0, err
			}
			items := m.Items()
			if _, square := s.y.Dims(); square == 1 {
				if m, err = m.Rescaled(mat.Col(nil, 0, s.y)); err != nil {
					return 0, err
				}
				items = m.Items()
			} else {
				items.Mul(m.Items(), s.y)
			}
			before, after := cosines(mustItems(ctx, s.x)), cosines(items)
			most := 0.
			for i := range before {
				most = max(most, math.Abs(before[i]-after[i]))
			}
			return most, nil
		},
		from: .2, to: 2,
	},
	control: control{
		says: "what no loss sees and cosines do not either: a rotation of all factors together",
		on: func(seed uint64) sample {
			var svd mat.SVD
			svd.Factorize(fixture.Normal(seed, 4, 4), mat.SVDFull)
			var u mat.Dense
			svd.UTo(&u)
			return sample{x: chosen(seed), y: &u}
		},
	},
	variants: []variant{
		{name: "penalty on the product", of: always(dr.RegularizedMF{}), least: 1, constant: true, long: [2]int{4000, 600}},
		{name: "penalty on the factors", of: always(dr.RegularizedMF{Penalty: dr.PenalizeFactors, Components: 2}), least: 2, constant: true, long: [2]int{4000, 600}},
		{name: "rescaled", of: always(dr.RegularizedMF{Components: 2, Rescale: []float64{3, .5}}), least: 2, constant: true, long: [2]int{4000, 600}},
	},
	exact: map[string]any{"Lambda": dr.RegularizedMF{Lambda: dr.Zero}},
	refused: map[string][]any{
		"Components": {dr.RegularizedMF{Components: columns + 1}},
		"Penalty":    {dr.RegularizedMF{Penalty: "ridge"}},
		"Rescale":    {dr.RegularizedMF{Rescale: []float64{1}}, dr.RegularizedMF{Penalty: dr.PenalizeFactors, Rescale: []float64{1, 1, 1, 1, 1}}},
	},
}}

// scales returns a column of k numbers that grow.
func scales(k int) *mat.Dense {
	s := mat.NewDense(k, 1, nil)
	for i := range k {
		s.Set(i, 0, math.Pow(2, float64(-i)))
	}
	return s
}

// mustItems returns the embedding of the columns with every scale 1.
func mustItems(ctx context.Context, x mat.Matrix) *mat.Dense {
	m, err := dr.RegularizedMF{Components: 4, Lambda: 20}.Fit(ctx, x)
	if err != nil {
		panic(err)
	}
	return m.Items()
}
