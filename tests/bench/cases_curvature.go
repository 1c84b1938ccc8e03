package bench

import (
	"context"
	"math"
	"slices"

	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/geometry"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/tests/bench/ours"
	"github.com/flatland-go/flatland/tests/bench/wire"
)

// curvatureCases bend graphs.
func curvatureCases() []Case {
	return []Case{{
		Name: "ollivier-5000edges", What: "Ollivier-Ricci curvature, alpha 0.5, exact, of a graph by its edges: 1005 nodes, each tied to 5 before it by preference, 5000 edges",
		Data: preferential, Ours: ours.OllivierRicci,
		Peer: Peer{
			Package: "GraphRicciCurvature", Script: "bench_curvature.py", Function: "ollivier_ricci",
			Settings: []Setting{
				{Name: "OllivierRicci(method='OTD', shortest_path='all_pairs', proc=all cores)", Options: wire.Options{"paths": "all_pairs"}},
				{Name: "OllivierRicci(method='OTD', shortest_path='pairwise', proc=all cores)", Options: wire.Options{"paths": "pairwise"}},
			},
		},
		Quality: []Measure{
			number("mean", "mean curvature", "%.9f"),
			{Name: "largest error of an edge (0 is best)", Format: "%.1e", Of: curvatureError},
		},
	}}
}

// preferential returns the edges of a graph that grows: every node is joined to five different
// ones before it, each as likely as it has edges (Barabási and Albert, 1999).
func preferential(rows int) ([]*mat32.Dense, error) {
	const ties = 5
	edges := orAll(rows, 5000)
	x := mat32.NewDense(edges, 2, nil)
	var ends []int // every node once for each of its edges
	for e, node := 0, ties; e < edges; node++ {
		s := rng.New(1, "preferential", node)
		var chosen []int
		for len(chosen) < ties && e < edges {
			to := len(chosen) // the first ties are to nodes without any
			if node > ties {
				to = ends[s.IntN(len(ends))]
			}
			if slices.Contains(chosen, to) {
				continue
			}
			chosen = append(chosen, to)
			x.Row(e)[0], x.Row(e)[1] = float32(to), float32(node)
			e++
		}
		for _, to := range chosen {
			ends = append(ends, to, node)
		}
	}
	return []*mat32.Dense{x}, nil
}

// curvatureError is the largest difference from what the simplex method for networks finds.
func curvatureError(in []*mat32.Dense, _ wire.Options, r *wire.Reply) (float64, error) {
	n, edges := ours.EdgesOf(in[0])
	got, err := r.Matrix("curvature", len(edges), 1)
	if err != nil {
		return 0, err
	}
	lengths := make([]float64, len(edges))
	for k := range lengths {
		lengths[k] = 1
	}
	lengths[0] += 1e-12 // one that differs, so that steps are no longer counted
	g, err := affinity.FromEdges(n, edges, lengths)
	if err != nil {
		return 0, err
	}
	want, err := geometry.OllivierRicci{Exponent: geometry.Zero}.Edges(context.Background(), g)
	if err != nil {
		return 0, err
	}
	most := 0.
	for k, e := range edges {
		c, _ := want.Between(e[0], e[1])
		most = max(most, math.Abs(c-got[k]))
	}
	return most, nil
}
