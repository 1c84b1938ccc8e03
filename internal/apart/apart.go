// Package apart gives tests the distances between rows, for methods that take
// distances for rows.
package apart

import (
	"context"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// Rows returns the exact distances between the rows of x, bit by bit those that a
// graph of all neighbours holds.
func Rows(t testing.TB, x mat.Matrix) *mat32.Distances {
	t.Helper()
	n, _ := x.Dims()
	g, err := neighbors.Exact{Neighbors: n - 1}.Graph(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	square := mat.NewDense(n, n, nil)
	for i := range n {
		indices, distances := g.Row(i)
		for k, j := range indices {
			square.Set(i, int(j), distances[k])
		}
	}
	d, err := mat32.DistancesFrom(square)
	if err != nil {
		t.Fatal(err)
	}
	return d
}
