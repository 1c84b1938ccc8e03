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
	}, {
		Name: "cka-24layers", What: "linear CKA of all pairs of 24 layers of 5000 × 256, each a step from the one before",
		Data: manyLayers, Ours: ours.CKALayers,
		Peer: Peer{
			Package: "numpy", Script: "bench_similarity.py", Function: "cka_layers",
			Settings: []Setting{{Name: "each pair by three products of columns, float32, all cores"}},
		},
		Quality: []Measure{number("mean", "mean CKA", "%.6f")},
	}}
}

// manyLayers returns 24 layers of 256 columns, of which each has eight that the one before
// had not.
func manyLayers(rows int) ([]*mat32.Dense, error) {
	const layers, width, step = 24, 256, 8
	x := normal(orAll(rows, 5000), width+layers*step)
	n, _ := x.Dims()
	list := make([]*mat32.Dense, layers)
	for l := range list {
		list[l] = mat32.NewDense(n, width, nil)
		for i := range n {
			copy(list[l].Row(i), x.Row(i)[l*step:])
		}
	}
	return list, nil
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
