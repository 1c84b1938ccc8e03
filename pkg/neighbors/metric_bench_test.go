package neighbors_test

import (
	"context"
	"maps"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/datasets/mnist10k"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// The 15 nearest of 2000 digits among themselves.
func BenchmarkMetrics(b *testing.B) {
	all := mnist10k.Load().X
	const n = 2000
	x := mat32.NewDense(n, 784, nil)
	for i := range n {
		for j := range 784 {
			x.Set(i, j, all.At(i, j)/7300)
		}
	}
	for _, m := range append(plain(), neighbors.Minkowski{P: 3}, neighbors.Minkowski{P: 1.5}) {
		var given mat.Matrix = x
		if m.String() == "haversine" {
			places := mat.NewDense(n, 2, nil)
			places.Apply(func(i, j int, _ float64) float64 { s := rng.New(1, "places", 2*i+j); return s.Normal() }, places)
			given = places
		}
		b.Run(m.String(), func(b *testing.B) {
			for range b.N {
				if _, err := (neighbors.Exact{Metric: m}).Graph(context.Background(), given); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// The 15 nearest of 20 000 bags of 100 words, of a vocabulary of 30 000 whose use
// falls as Zipf says.
func BenchmarkSparse(b *testing.B) {
	x := bags(20000, 30000, 100)
	for _, m := range []neighbors.Metric{neighbors.Cosine{}, neighbors.Euclidean{}, neighbors.Manhattan{}, neighbors.Jaccard{}, neighbors.Hellinger{}, neighbors.JensenShannon{}} {
		b.Run(m.String(), func(b *testing.B) {
			for range b.N {
				if _, err := (neighbors.Exact{Metric: m}).Graph(context.Background(), x); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func bags(n, words, each int) *mat32.CSR {
	start := make([]int, 1, n+1)
	var columns []int32
	var values []float32
	for i := range n {
		s := rng.New(1, "bags", i)
		row := map[int32]float32{}
		for range each {
			row[int32(math.Pow(float64(words), s.Float64()))-1]++
		}
		for _, c := range slices.Sorted(maps.Keys(row)) {
			columns, values = append(columns, c), append(values, row[c])
		}
		start = append(start, len(columns))
	}
	x, err := mat32.NewCSR(n, words, start, columns, values)
	if err != nil {
		panic(err)
	}
	return x
}
