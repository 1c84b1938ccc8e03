package neighbors_test

import (
	"context"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// Whatever the shape of the data, the options, and how many rows are equal, every
// row gets so many different neighbours in order, at their distances; and the index
// answers with rows in order, at theirs.
func FuzzNNDescent(f *testing.F) {
	f.Add(uint64(1), uint16(300), uint8(3), uint8(2), uint8(20), uint8(0), false)
	f.Add(uint64(2), uint16(400), uint8(1), uint8(1), uint8(18), uint8(3), true)
	f.Add(uint64(3), uint16(250), uint8(70), uint8(9), uint8(2), uint8(1), false)
	f.Add(uint64(4), uint16(2), uint8(1), uint8(1), uint8(2), uint8(0), true)
	f.Add(uint64(5), uint16(399), uint8(2), uint8(5), uint8(255), uint8(250), false)
	f.Fuzz(func(t *testing.T, seed uint64, rows uint16, cols, k, leaf, equal uint8, manhattan bool) {
		n, d := 2+int(rows)%400, 1+int(cols)%80
		o := neighbors.NNDescent{Neighbors: 1 + int(k)%(n-1), LeafSize: 2 + int(leaf), Seed: seed}
		if manhattan {
			o.Metric = neighbors.Manhattan{}
		}
		x := mat.NewDense(n, d, nil)
		for i := range n {
			s := rng.New(seed, "fuzz", i%(1+(n-1)*(255-int(equal))/255)) // the more equal, the fewer different rows
			scale := math.Ldexp(1, s.IntN(40)-20)
			for j := range d {
				x.Set(i, j, scale*s.Normal())
			}
		}
		between := func(i int, j int32) (v float64) {
			for c := range d {
				diff := math.Abs(x.At(i, c) - x.At(int(j), c))
				if manhattan {
					v += diff
				} else {
					v = math.Hypot(v, diff)
				}
			}
			return v
		}
		check := func(i int, indices []int32, distances []float64) {
			seen := map[int32]bool{}
			for p, j := range indices {
				want := between(i, j)
				if seen[j] || math.Abs(distances[p]-want) > 1e-12*want ||
					p > 0 && (distances[p] < distances[p-1] || distances[p] == distances[p-1] && j < indices[p-1]) {
					t.Fatalf("row %d: %v at %v", i, indices, distances)
				}
				seen[j] = true
			}
		}
		ix, err := o.Index(context.Background(), x)
		if err != nil {
			t.Fatal(err)
		}
		g := ix.Graph()
		for i := range n {
			indices, distances := g.Row(i)
			if slices.Contains(indices, int32(i)) {
				t.Fatalf("row %d is its own neighbour: %v", i, indices)
			}
			check(i, indices, distances)
		}
		a, err := ix.Query(context.Background(), x.Slice(0, 2, 0, d), 1+int(k))
		if err != nil {
			t.Fatal(err)
		}
		for i := range a.N {
			indices, distances := a.Row(i)
			check(i, indices, distances)
		}
	})
}
