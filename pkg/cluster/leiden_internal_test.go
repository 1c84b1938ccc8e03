package cluster

import (
	"context"
	"testing"

	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/affinity"
)

// The example of the paper: a node holds two halves of a community together until it is drawn to
// another. Both halves have reason to stay, so that moving single nodes, which is all that the
// algorithm of Louvain does, leaves a community in two pieces, and Leiden does not.
func TestBridgeThatLeaves(t *testing.T) {
	// Node 0 holds the triangles 1–3 and 4–6 together, and belongs to the clique 7–10 as well.
	edges := [][2]int{{0, 1}, {0, 4}, {1, 2}, {1, 3}, {2, 3}, {4, 5}, {4, 6}, {5, 6}, {0, 7}, {0, 8}, {0, 9}, {0, 10}, {7, 8}, {7, 9}, {7, 10}, {8, 9}, {8, 10}, {9, 10}}
	// Heavy cliques elsewhere, beside which the halves are too small to pay for being together.
	for c := range 3 {
		for i := range 12 {
			for j := range i {
				edges = append(edges, [2]int{11 + 12*c + j, 11 + 12*c + i})
			}
		}
	}
	s, err := affinity.FromEdges(47, edges, nil)
	if err != nil {
		t.Fatal(err)
	}
	g, rows, _, err := newNetwork(context.Background(), s, CPM)
	if err != nil {
		t.Fatal(err)
	}
	place := make([]int32, len(rows))
	for v, i := range rows {
		place[i] = int32(v)
	}
	start := make([]int32, 47)
	for i := range 47 {
		start[place[i]] = int32(max(0, i-7) / 4)
		if i < 7 {
			start[place[i]] = 40
		}
	}
	torn := func(community []int32) bool {
		return community[place[1]] == community[place[4]] && community[place[0]] != community[place[1]]
	}
	const charge = 0 // what keeps nodes together is that nothing speaks against it
	louvain := append([]int32(nil), start...)
	if _, err := newPartition(g, charge, louvain).move(context.Background(), rng.New(1, "test", 0)); err != nil {
		t.Fatal(err)
	}
	if !torn(louvain) {
		t.Error("local moving leaves the community in one piece: this says nothing")
	}
	for seed := range uint64(20) {
		leiden := append([]int32(nil), start...)
		run := leidenRun{charge: charge, randomness: .01, seed: seed}
		if _, err := run.iterate(context.Background(), g, leiden); err != nil {
			t.Fatal(err)
		}
		if torn(leiden) {
			t.Errorf("seed %d: a community is torn", seed)
		}
	}
}
