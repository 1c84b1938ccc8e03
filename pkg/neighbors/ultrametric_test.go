package neighbors_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

func ExampleTree_Ultrametric() {
	x := mat.NewDense(4, 1, []float64{0, 1, 3, 10})
	tree, err := neighbors.MST{}.Fit(context.Background(), x)
	if err != nil {
		fmt.Println(err)
		return
	}
	u, err := tree.Ultrametric(context.Background(), 0)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(u.Condensed())
	// Output: [1 2 7 2 7 7]
}

// Floyd and Warshall's passes over all pairs, with the longest step for the length of a way.
func TestUltrametricAgainstAllWays(t *testing.T) {
	ctx := context.Background()
	for _, core := range []int{0, 4} {
		x := fixture.Normal(5, 40, 2)
		for c := range 2 { // two rows that are equal
			x.Set(7, c, x.At(3, c))
		}
		n, _ := x.Dims()
		g := exact(t, x, n-1)
		way := mat.NewDense(n, n, nil)
		for i := range n {
			indices, distances := g.Row(i)
			for k, j := range indices {
				length := distances[k]
				if core > 0 {
					_, theirs := g.Row(int(j))
					length = max(length, distances[core-1], theirs[core-1])
				}
				way.Set(i, int(j), length)
			}
		}
		for k := range n {
			for i := range n {
				for j := range n {
					if i != j && i != k && j != k {
						way.Set(i, j, min(way.At(i, j), max(way.At(i, k), way.At(k, j))))
					}
				}
			}
		}
		tree, err := neighbors.MST{Core: core}.Fit(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		u, err := tree.Ultrametric(ctx, 0)
		if err != nil {
			t.Fatal(err)
		}
		for i := range n {
			for j := range i {
				if u.At(i, j) != way.At(i, j) {
					t.Fatalf("core %d: rows %d and %d are at %v, want %v", core, i, j, u.At(i, j), way.At(i, j))
				}
			}
		}
	}
}

func TestUltrametricRefuses(t *testing.T) {
	ctx := context.Background()
	var degenerate *mat32.DegenerateError
	forest := &neighbors.Tree{N: 3, Edges: []neighbors.Edge{{I: 0, J: 1, Distance: 1}}}
	if _, err := forest.Ultrametric(ctx, 0); !errors.As(err, &degenerate) {
		t.Errorf("a forest: %v", err)
	}
	ring := &neighbors.Tree{N: 3, Edges: []neighbors.Edge{{I: 0, J: 1, Distance: 1}, {I: 0, J: 1, Distance: 2}}}
	if _, err := ring.Ultrametric(ctx, 0); !errors.As(err, &degenerate) {
		t.Errorf("a ring: %v", err)
	}
	tree, err := neighbors.MST{}.Fit(ctx, fixture.Normal(1, 50, 2))
	if err != nil {
		t.Fatal(err)
	}
	var memory *mat32.MemoryError
	if _, err := tree.Ultrametric(ctx, 100); !errors.As(err, &memory) {
		t.Errorf("100 bytes: %v", err)
	}
	canceled, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := tree.Ultrametric(canceled, 0); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if u, err := (&neighbors.Tree{N: 1}).Ultrametric(ctx, 0); err != nil || u.SymmetricDim() != 1 || math.IsNaN(u.At(0, 0)) {
		t.Errorf("one row: %v, %v", u, err)
	}
}
