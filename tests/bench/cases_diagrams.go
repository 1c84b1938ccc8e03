package bench

import (
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/tests/bench/ours"
	"github.com/flatland-go/flatland/tests/bench/wire"
)

// diagramCases compare persistence diagrams.
func diagramCases() []Case {
	distance := []Measure{number("distance", "distance", "%.9f")}
	return []Case{{
		Name: "bottleneck-1000", What: "bottleneck distance, exact: two diagrams of 1000 bars, each of two uniform numbers",
		Data: twoDiagrams, Ours: ours.Bottleneck,
		Peer: Peer{
			Package: "gudhi", Script: "bench_diagrams.py", Function: "bottleneck", Serial: true,
			Settings: []Setting{{Name: "bottleneck_distance(p, q), one thread"}},
		},
		Quality: distance,
	}, {
		Name: "wasserstein-1000", What: "Wasserstein distance of order 2 by L∞: two diagrams of 1000 bars, each of two uniform numbers",
		Data: twoDiagrams, Options: wire.Options{"order": 2}, Ours: ours.Wasserstein,
		Peer: Peer{
			Package: "gudhi", Script: "bench_diagrams.py", Function: "wasserstein", Serial: true,
			Settings: []Setting{{Name: "wasserstein_distance(p, q, order=2, internal_p=inf), POT's network simplex, one thread"}},
		},
		Quality: distance,
	}}
}

// twoDiagrams returns births and deaths of as many bars for both.
func twoDiagrams(rows int) ([]*mat32.Dense, error) {
	n := orAll(rows, 1000)
	diagrams := make([]*mat32.Dense, 2)
	for d := range diagrams {
		diagrams[d] = mat32.NewDense(n, 2, nil)
		for i := range n {
			s := rng.New(1, "bench/diagrams", d*n+i)
			a, b := float32(s.Float64()), float32(s.Float64())
			copy(diagrams[d].Row(i), []float32{min(a, b), max(a, b)})
		}
	}
	return diagrams, nil
}
