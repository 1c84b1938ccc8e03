package bench

import (
	"context"
	"math"
	"slices"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/tests/bench/ours"
	"github.com/flatland-go/flatland/tests/bench/wire"
)

// searchCases search by inner product.
func searchCases() []Case {
	const (
		rows = "100 000 × 256 for each of 1000 queries by inner product"
		two  = ": 64 principal directions, then 100 candidates in full"
		fall = "; columns fall in size as 0.98^j"
	)
	options := wire.Options{"neighbors": 10, "dim": 64, "candidates": 100}
	whole := Setting{Name: "IndexFlatIP, which compares all, all cores", Options: wire.Options{"stages": 1}}
	either := []Setting{{Name: "PCA64,Flat with RFlat, k_factor 10, all cores", Options: wire.Options{"stages": 2}}, whole}
	recall := []Measure{{Name: "recall (1 is best)", Format: "%.4f", Of: productRecall}}
	return []Case{{
		Name: "search-twostage", What: "the best 10 of " + rows + two + fall,
		Data: fallingRows, Options: options, Ours: ours.TwoStage,
		Peer:    Peer{Package: "faiss-cpu", Script: "bench_search.py", Function: "search", Settings: either},
		Quality: recall,
	}, {
		Name: "search-twostage-ready", What: "the same, by an index that was built before",
		Data: fallingRows, Prepared: true, Options: options, Ours: ours.TwoStageReady,
		Peer:    Peer{Package: "faiss-cpu", Script: "bench_search.py", Function: "search_ready", Settings: either},
		Quality: recall,
	}, {
		Name: "search-exhaustive", What: "the best 10 of " + rows + ", all compared" + fall,
		Data: fallingRows, Options: options, Ours: ours.Exhaustive,
		Peer:    Peer{Package: "faiss-cpu", Script: "bench_search.py", Function: "search", Settings: []Setting{whole}},
		Quality: recall,
	}}
}

// fallingRows returns normal rows of 256 columns that fall in size, and a hundredth as many queries.
func fallingRows(rows int) ([]*mat32.Dense, error) {
	n := orAll(rows, 100_000)
	m := max(1, n/100)
	all := normal(n+m, 256)
	for i := range n + m {
		for j := range all.Row(i) {
			all.Row(i)[j] *= float32(math.Pow(.98, float64(j)))
		}
	}
	return []*mat32.Dense{mat32.NewDense(n, 256, all.Data()[:n*256]), mat32.NewDense(m, 256, all.Data()[n*256:])}, nil
}

// productRecall is the share of rows found whose inner product with the query is no less than the k-th largest.
func productRecall(in []*mat32.Dense, o wire.Options, r *wire.Reply) (float64, error) {
	x, asked, k := in[0], in[1], o.Int("neighbors")
	n, _ := x.Dims()
	m, _ := asked.Dims()
	found, err := r.Matrix("indices", m, k)
	if err != nil {
		return 0, err
	}
	judged := judgedOf(m)
	hits := make([]int, len(judged))
	err = par.Blocks(context.Background(), len(judged), 1, func(at, _ int) {
		q := judged[at]
		products := make([]float64, n)
		for i := range products {
			for j, v := range x.Row(i) {
				products[i] += float64(v) * float64(asked.Row(q)[j])
			}
		}
		sorted := slices.Clone(products)
		slices.Sort(sorted)
		seen := map[int]bool{}
		for _, v := range found[q*k : (q+1)*k] {
			i := int(v)
			if i >= 0 && i < n && !seen[i] && products[i] >= sorted[n-k] {
				hits[at]++
			}
			seen[i] = true
		}
	})
	sum := 0
	for _, h := range hits {
		sum += h
	}
	return float64(sum) / float64(len(judged)*k), err
}
