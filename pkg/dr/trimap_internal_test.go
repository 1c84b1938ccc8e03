package dr

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/tests/golden"
)

// Near rows, scales and weights are those of trimap, of the triplets that it drew.
func TestTriMapWeightsAgainstTrimap(t *testing.T) {
	ctx := context.Background()
	var g struct {
		X        [][]float64
		Triplets [][3]int32
		Weights  []float64
	}
	golden.Load(t, "trimap", &g)
	x, err := mat32.FromRows(g.X)
	if err != nil {
		t.Fatal(err)
	}
	n, d := x.Dims()
	o, err := TriMap{Inliers: 4, Outliers: 3, Random: 2}.Resolve(n, d)
	if err != nil {
		t.Fatal(err)
	}
	m := &TriMapModel{options: o, rows: x, unit: 1}
	graph, _, err := m.graph(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	m.scales, _ = tripletScales(graph)
	pick := o.picker(n)
	near, both := pick.triplets(n, 4, 3), pick.triplets(n, 2, 1)
	similar := make([]float64, n*4)
	s := pick.scratch()
	for i := range n {
		js, far := graph.Row(i)
		pick.inliers(s, similar[4*i:4*i+4], js, far, m.scales[i], m.scales)
		for k, c := range s.near {
			theirs := g.Triplets[i*12+3*k : i*12+3*k+3]
			if c.row != theirs[0][1] {
				t.Errorf("near row %d of row %d is %d, want %d", k, i, c.row, theirs[0][1])
			}
			group := near.Rows[(4*i+k)*4:][:4]
			group[0] = theirs[0][1]
			for f := range theirs {
				group[1+f] = theirs[f][2]
			}
		}
		for k := range 2 {
			// The other way round than they end up.
			pair := g.Triplets[n*12+2*i+k]
			copy(both.Rows[(2*i+k)*2:], []int32{pair[2], pair[1]})
		}
	}
	if err := m.weigh(ctx, x, near, both, similar); err != nil {
		t.Fatal(err)
	}
	for k, w := range slices.Concat(near.Weights, both.Weights) {
		if math.Abs(float64(w)-g.Weights[k]) > 1e-4*(1+g.Weights[k]) {
			t.Fatalf("weight %d is %v, want %v", k, w, g.Weights[k])
		}
	}
	for k := range both.Count() {
		if pair := g.Triplets[n*12+k]; both.Rows[2*k] != pair[1] || both.Rows[2*k+1] != pair[2] {
			t.Errorf("pair %d is %v, want %v", k, both.Rows[2*k:2*k+2], pair[1:])
		}
	}
}

// What is drawn is never barred, and everything else is as often as anything.
func TestTripletsAreDrawnFromTheRest(t *testing.T) {
	const n, draws = 8, 60_000
	s := &pickScratch{row: rng.New(1, "test", 0), barred: []int32{0, 3, 4, 7}}
	var count [n]int
	for range draws {
		count[s.draw(n)]++
	}
	for _, b := range s.barred {
		if count[b] > 0 {
			t.Errorf("row %d is barred, and was drawn %d times", b, count[b])
		}
	}
	for _, free := range []int{1, 2, 5, 6} {
		// Five standard deviations of a share of a quarter.
		if math.Abs(float64(count[free])-draws/4) > 5*math.Sqrt(draws*3./16) {
			t.Errorf("row %d was drawn %d times of %d", free, count[free], draws)
		}
	}
	few := picker{n: 3, inlier: 1, outlier: 4}
	scratch := few.scratch()
	scratch.near = []candidate{{row: 2}}
	rows := make([]int32, 5)
	few.groups(scratch, rows, 0)
	if !slices.Equal(rows, []int32{2, 1, 1, 1, 1}) {
		t.Errorf("of three rows, row 0 near to row 2 has the group %v", rows)
	}
}
