package neighbors_test

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

func ExampleExact_Graph_metric() {
	// Latitude and longitude of Lisbon, Oslo, Rome and Tunis, in degrees.
	x := mat.NewDense(4, 2, []float64{38.7, -9.1, 59.9, 10.8, 41.9, 12.5, 36.8, 10.2})
	x.Scale(math.Pi/180, x)
	g, err := neighbors.Exact{Neighbors: 1, Metric: neighbors.Haversine{}}.Graph(context.Background(), x)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(g)
	names := []string{"Lisbon", "Oslo", "Rome", "Tunis"}
	for i, name := range names {
		indices, distances := g.Row(i)
		fmt.Printf("%s: %s, %.0f km\n", name, names[indices[0]], 6371*distances[0])
	}
	// Output:
	// graph of 4 rows, 1 nearest neighbours each, haversine distance
	// Lisbon: Tunis, 1707 km
	// Oslo: Rome, 2005 km
	// Rome: Tunis, 601 km
	// Tunis: Rome, 601 km
}

func ExampleExact_Index() {
	index, err := neighbors.Exact{Metric: neighbors.Cosine{}}.Index(context.Background(), mat.NewDense(3, 2, []float64{1, 0, 0, 1, 3, 3}))
	if err != nil {
		fmt.Println(err)
		return
	}
	answer, err := index.Query(context.Background(), mat.NewDense(1, 2, []float64{0, 7}), 2)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(answer)
	indices, distances := answer.Row(0)
	fmt.Printf("%d %.3f\n", indices, distances)
	// Output:
	// answer to 1 rows, 2 nearest rows each, cosine distance
	// [1 2] [0.000 0.293]
}

func ExampleWithin_Neighborhoods() {
	x := mat.NewDense(5, 1, []float64{0, 1, 2, 3.5, 9})
	h, err := neighbors.Within{Radius: 1.5}.Neighborhoods(context.Background(), x)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(h)
	for i := range h.N {
		fmt.Println(h.Row(i))
	}
	// Output:
	// neighbourhoods of 5 rows, 0 to 2 neighbours each, 1.2 on average, euclidean distance
	// [1] [1]
	// [0 2] [1 1]
	// [1 3] [1 1.5]
	// [2] [1.5]
	// [] []
}

func ExampleFunc() {
	// How many years apart, for rows of a year and a month.
	years := neighbors.Func("years", func(a, b []float64) float64 {
		return math.Abs((a[0] + a[1]/12) - (b[0] + b[1]/12))
	})
	x := mat.NewDense(3, 2, []float64{1999, 0, 2000, 6, 2001, 6})
	g, err := neighbors.Exact{Neighbors: 1, Metric: years}.Graph(context.Background(), x)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(g.Metric, g.Indices, g.Distances)
	// Output:
	// years [1 2 1] [1.5 1 1]
}

func ExampleJaccard() {
	// The words of three texts, of a vocabulary of a million.
	x, err := mat32.FromTriplets(3, 1000000, []mat32.Triplet{
		{Row: 0, Col: 17, Value: 1}, {Row: 0, Col: 4711, Value: 3},
		{Row: 1, Col: 4711, Value: 1}, {Row: 1, Col: 999999, Value: 1},
		{Row: 2, Col: 17, Value: 2}, {Row: 2, Col: 4711, Value: 1}, {Row: 2, Col: 5, Value: 1},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	g, err := neighbors.Exact{Neighbors: 2, Metric: neighbors.Jaccard{}}.Graph(context.Background(), x)
	if err != nil {
		fmt.Println(err)
		return
	}
	for i := range g.N {
		indices, distances := g.Row(i)
		fmt.Printf("%d %.2f\n", indices, distances)
	}
	// Output:
	// [2 1] [0.33 0.67]
	// [0 2] [0.67 0.75]
	// [0 1] [0.33 0.75]
}
