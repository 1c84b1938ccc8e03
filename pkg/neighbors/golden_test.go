package neighbors_test

import (
	"context"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
	"github.com/flatland-go/flatland/tests/golden"
)

func TestExactAgainstSciPy(t *testing.T) {
	var file struct {
		Data map[string]struct {
			K         int
			Indices   [][]int32
			Distances [][]float64
		}
	}
	golden.Load(t, "neighbors", &file)
	wine := datasets.Wine().X
	inputs := map[string]mat.Matrix{
		"wine": wine, "wine_float32": mat32.Convert(wine), "digits": datasets.Digits().X,
	}
	checked := 0
	for name, x := range inputs {
		want := file.Data[name]
		g, err := neighbors.Exact{Neighbors: want.K}.Graph(context.Background(), x)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for i := range want.Indices {
			indices, distances := g.Row(i)
			for j := range want.K {
				if indices[j] != want.Indices[i][j] || math.Abs(distances[j]-want.Distances[i][j]) > 1e-13*distances[j] {
					t.Fatalf("%s, row %d: neighbour %d is %d at %v, want %d at %v", name, i, j,
						indices[j], distances[j], want.Indices[i][j], want.Distances[i][j])
				}
				checked++
			}
		}
	}
	if checked != (178+178+50)*10 {
		t.Errorf("%d neighbours were checked", checked)
	}
}
