package neighbors_test

import (
	"testing"

	"github.com/flatland-go/flatland/pkg/neighbors"
	"gonum.org/v1/gonum/mat"
)

// TestDims: graphs say how many rows they are of, as matrices do.
func TestDims(t *testing.T) {
	g, err := neighbors.Exact{Neighbors: 2}.Graph(t.Context(), mat.NewDense(5, 1, []float64{0, 1, 3, 7, 8}))
	if err != nil {
		t.Fatal(err)
	}
	h, err := g.Union()
	if err != nil {
		t.Fatal(err)
	}
	for _, of := range []interface{ Dims() (rows, columns int) }{g, h} {
		if r, c := of.Dims(); r != 5 || c != 5 {
			t.Errorf("%T is %d × %d", of, r, c)
		}
	}
}
