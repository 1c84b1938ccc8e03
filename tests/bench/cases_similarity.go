package bench

import (
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/tests/bench/ours"
)

// similarityCases compare representations.
func similarityCases() []Case {
	return []Case{{
		Name: "cka-10000", What: "linear CKA: 10 000 × 512 against 10 000 × 256, which share 100 directions",
		Data: twoLayers, Ours: ours.CKA,
		Peer: Peer{
			Package: "numpy", Script: "bench_similarity.py", Function: "cka",
			Settings: []Setting{{Name: "products of columns, float32, all cores"}},
		},
		Quality: []Measure{number("cka", "CKA", "%.7f")},
	}}
}

// twoLayers returns 512 normal columns, and 256 of which the first hundred are among them.
func twoLayers(rows int) ([]*mat32.Dense, error) {
	x := normal(orAll(rows, 10_000), 768)
	n, _ := x.Dims()
	a, b := mat32.NewDense(n, 512, nil), mat32.NewDense(n, 256, nil)
	for i := range n {
		copy(a.Row(i), x.Row(i))
		copy(b.Row(i), x.Row(i)[512:])
		copy(b.Row(i)[:100], x.Row(i))
	}
	return []*mat32.Dense{a, b}, nil
}
