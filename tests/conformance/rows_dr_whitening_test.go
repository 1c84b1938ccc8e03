package conformance

import (
	"cmp"
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/dr"
)

// spearman returns the correlation of ranks.
func spearman(a, b []float64) float64 {
	ranks := func(v []float64) []float64 {
		order := make([]int, len(v))
		for i := range order {
			order[i] = i
		}
		slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(v[i], v[j]) })
		r := make([]float64, len(v))
		for k, i := range order {
			r[i] = float64(k)
		}
		return r
	}
	return stat.Correlation(ranks(a), ranks(b), nil)
}

// cosines returns the cosine of every pair of rows.
func cosines(x mat.Matrix) []float64 {
	n, d := x.Dims()
	dot := func(i, j int) (s float64) {
		for c := range d {
			s += x.At(i, c) * x.At(j, c)
		}
		return s
	}
	var all []float64
	for i := range n {
		for j := range i {
			all = append(all, dot(i, j)/math.Sqrt(dot(i, i)*dot(j, j)))
		}
	}
	return all
}

// meanings returns 100 rows of eight equal directions as some encoder may give them,
// stretched, with a common offset and turned, and the rows as they were.
func meanings(seed uint64, stretch, offset float64) sample {
	truth := fixture.Normal(seed, 100, 8)
	var seen, x mat.Dense
	seen.Apply(func(_, j int, v float64) float64 { return v*math.Pow(stretch, float64(j)) + offset }, truth)
	x.Mul(&seen, fixture.Normal(seed+100, 8, 8))
	return sample{x: &x, y: truth}
}

// vocabulary returns 400 words by falling frequency p. They drift one way the
// further the rarer they are, and lie the further to a side of their own: what a
// word says grows with −log p. y holds the frequencies, and those the method is told.
func vocabulary(seed uint64, told func(i int) float64) sample {
	x := fixture.Normal(seed, 400, 6)
	y := mat.NewDense(400, 2, nil)
	for i := range 400 {
		p := 1 / float64(i+1)
		row := x.RawRowView(i)
		floats.Scale((.3-.1*math.Log(p))/floats.Norm(row, 2), row)
		for j := range row {
			row[j] -= 2 * float64(j%2) * math.Log(p)
		}
		y.SetRow(i, []float64{p, told(i)})
	}
	return sample{x: x, y: y}
}

var drWhiteningRows = []row{{
	method: "dr.Whitening",
	source: "2021, WhiteningBERT: an easy unsupervised sentence embedding approach",
	golden: golden{file: "whitening", holds: "data.wine.zca_cor", test: "dr.TestWhiteningAgainstPeers"},
	claim: claim{
		says: "of rows that are stretched and lie off the origin, cosines tell more of the truth once they are white: the correlation of ranks gains",
		on:   func(seed uint64) sample { return meanings(seed, .6, 3) },
		measure: func(ctx context.Context, s sample) (float64, error) {
			e, err := dr.Whitening{Kind: dr.WhitenZCA}.Embed(ctx, s.x)
			if err != nil {
				return 0, err
			}
			truth := cosines(s.y)
			return spearman(cosines(e), truth) - spearman(cosines(s.x), truth), nil
		},
		from: .3, to: 1,
	},
	control: control{
		says: "rows that are turned and nothing else are as good before",
		on: func(seed uint64) sample {
			s := meanings(seed, 1, 0)
			var svd mat.SVD
			svd.Factorize(fixture.Normal(seed+100, 8, 8), mat.SVDThin)
			var u, x mat.Dense
			svd.UTo(&u)
			x.Mul(s.y, &u)
			s.x = &x
			return s
		},
	},
	variants: []variant{
		{name: "PCA", of: always(dr.Whitening{}), least: 2, long: [2]int{4000, 600}},
		{name: "ZCA", of: always(dr.Whitening{Kind: dr.WhitenZCA}), least: 2, long: [2]int{4000, 600}},
		{name: "Cholesky", of: always(dr.Whitening{Kind: dr.WhitenCholesky}), least: 2, long: [2]int{4000, 600}},
		{name: "PCA-cor, shrunk", of: always(dr.Whitening{Kind: dr.WhitenPCACor, Shrinkage: .1}), least: 2, long: [2]int{4000, 600}},
		{name: "ZCA-cor of two directions", of: always(dr.Whitening{Kind: dr.WhitenZCACor, Components: 2}), least: 3, long: [2]int{4000, 600}},
		{name: "more columns than rows", of: always(dr.Whitening{Components: 3}), least: 4, wide: true, long: [2]int{800, 1500}},
	},
	refused: map[string][]any{
		"Components": {dr.Whitening{Components: columns + 1}},
		"Kind":       {dr.Whitening{Kind: "white"}},
		"Shrinkage":  {dr.Whitening{Shrinkage: 1}},
	},
}, {
	method: "dr.ZipfianWhitening",
	source: "2024, Zipfian whitening",
	golden: golden{file: "whitening", holds: "data.wine.zipf", test: "dr.TestZipfianWhiteningAgainstNumPy"},
	claim: claim{
		says: "norms tell what a word says: they rank as the logarithm of its rarity does",
		on:   func(seed uint64) sample { return vocabulary(seed, func(i int) float64 { return 1 / float64(i+1) }) },
		measure: func(ctx context.Context, s sample) (float64, error) {
			e, err := dr.ZipfianWhitening{Weights: mat.Col(nil, 1, s.y)}.Embed(ctx, s.x)
			if err != nil {
				return 0, err
			}
			norms, rarity := make([]float64, 400), make([]float64, 400)
			for i := range 400 {
				norms[i], rarity[i] = mat.Norm(e.RowView(i), 2), -math.Log(s.y.At(i, 0))
			}
			return spearman(norms, rarity), nil
		},
		from: .6, to: 1,
	},
	control: control{
		says: "told that all words are equally frequent it takes the crowd of rare ones for the middle",
		on:   func(seed uint64) sample { return vocabulary(seed, func(int) float64 { return 1 }) },
	},
	variants: []variant{
		{name: "Zipf's law", of: always(dr.ZipfianWhitening{}), least: 2, long: [2]int{4000, 600}},
		{name: "ZCA, given weights", least: 2, long: [2]int{4000, 600}, of: func(n, _ int) any {
			w := make([]float64, max(n, 1))
			for i := range w {
				w[i] = float64(1 + i%4)
			}
			return dr.ZipfianWhitening{Kind: dr.WhitenZCA, Weights: w}
		}},
	},
	refused: map[string][]any{
		"Components": {dr.ZipfianWhitening{Components: columns + 1}},
		"Kind":       {dr.ZipfianWhitening{Kind: "white"}},
		"Shrinkage":  {dr.ZipfianWhitening{Shrinkage: 1}},
		"Weights":    {dr.ZipfianWhitening{Weights: []float64{1}}},
	},
}, {
	method: "dr.SymmetryScores",
	origin: "symmetry is that about the origin; dr.TestSymmetryScoresAgainstNumPy has data far from it",
	source: "2024, Zipfian whitening",
	golden: golden{file: "whitening", holds: "data.wine.symmetry.zipf", test: "dr.TestSymmetryScoresAgainstNumPy"},
	claim: claim{
		says: "words that are white under the weights by which they are measured are symmetric: the worse score is 1",
		on:   func(seed uint64) sample { return vocabulary(seed, func(i int) float64 { return 1 / float64(i+1) }) },
		measure: func(ctx context.Context, s sample) (float64, error) {
			e, err := dr.ZipfianWhitening{Weights: mat.Col(nil, 1, s.y)}.Embed(ctx, s.x)
			if err != nil {
				return 0, err
			}
			scores, err := dr.SymmetryScores(ctx, e, mat.Col(nil, 0, s.y))
			return min(scores.Centrality, scores.Isotropy), err
		},
		from: 1 - 1e-9, to: 1,
	},
	control: control{
		says: "those that are white under equal weights are not",
		on:   func(seed uint64) sample { return vocabulary(seed, func(int) float64 { return 1 }) },
	},
	variants: []variant{
		{name: "equal weights", least: 2, long: [2]int{20000, 300}, call: func(ctx context.Context, x mat.Matrix) (any, error) {
			return dr.SymmetryScores(ctx, x, nil)
		}},
		{name: "Zipf's law", least: 2, long: [2]int{20000, 300}, call: func(ctx context.Context, x mat.Matrix) (any, error) {
			n, _ := dims(x)
			weights := make([]float64, n)
			for i := range weights {
				weights[i] = 1 / float64(i+1)
			}
			return dr.SymmetryScores(ctx, x, weights)
		}},
	},
}}
