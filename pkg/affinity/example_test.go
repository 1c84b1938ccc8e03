package affinity_test

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// rows on a line: two near each other, one further off, and three in a group of their own.
var line = mat.NewDense(6, 1, []float64{0, 1, 3, 10, 10.5, 11})

// show prints weights as a table.
func show(s *affinity.Sparse, err error) {
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(s)
	fmt.Printf("%.2f\n", mat.Formatted(s))
}

func ExampleAlphaDecay() {
	show(affinity.AlphaDecay{Neighbors: 2, Decay: 2}.Weigh(context.Background(), line))
	// Output:
	// weights of 6 rows, 4.0 each on average, alpha decay of 2 neighbours, decay 2, threshold 0.0001, euclidean distance
	//   exact search was picked: 6 rows, compared by products of matrices, are no more than 50000
	// ⎡1.00  0.84  0.37  0.00  0.00  0.00⎤
	// ⎢0.84  1.00  0.50  0.00  0.00  0.00⎥
	// ⎢0.37  0.50  1.00  0.00  0.00  0.00⎥
	// ⎢0.00  0.00  0.00  1.00  0.57  0.37⎥
	// ⎢0.00  0.00  0.00  0.57  1.00  0.57⎥
	// ⎣0.00  0.00  0.00  0.37  0.57  1.00⎦
}

func ExampleConnectivity() {
	show(affinity.Connectivity{Neighbors: 1}.Weigh(context.Background(), line))
	// Output:
	// weights of 6 rows, 1.3 each on average, union of 1 neighbours, euclidean distance
	//   exact search was picked: 6 rows, compared by products of matrices, are no more than 50000
	// ⎡0.00  1.00  0.00  0.00  0.00  0.00⎤
	// ⎢1.00  0.00  1.00  0.00  0.00  0.00⎥
	// ⎢0.00  1.00  0.00  0.00  0.00  0.00⎥
	// ⎢0.00  0.00  0.00  0.00  1.00  0.00⎥
	// ⎢0.00  0.00  0.00  1.00  0.00  1.00⎥
	// ⎣0.00  0.00  0.00  0.00  1.00  0.00⎦
}

func ExampleAdaptiveGaussian() {
	show(affinity.AdaptiveGaussian{Neighbors: 2}.Weigh(context.Background(), line))
	// Output:
	// weights of 6 rows, 2.0 each on average, adaptive Gaussian of 2 neighbours, scaled by number 2, euclidean distance
	//   exact search was picked: 6 rows, compared by products of matrices, are no more than 50000
	// ⎡0.00  0.85  0.37  0.00  0.00  0.00⎤
	// ⎢0.85  0.00  0.51  0.00  0.00  0.00⎥
	// ⎢0.37  0.51  0.00  0.00  0.00  0.00⎥
	// ⎢0.00  0.00  0.00  0.00  0.61  0.37⎥
	// ⎢0.00  0.00  0.00  0.61  0.00  0.61⎥
	// ⎣0.00  0.00  0.00  0.37  0.61  0.00⎦
}

func ExampleGaussian() {
	show(affinity.Gaussian{Neighbors: 3}.Weigh(context.Background(), line))
	// Output:
	// weights of 6 rows, 4.7 each on average, Gaussian of 3 neighbours, ε = 0.0625, euclidean distance
	//   exact search was picked: 6 rows, compared by products of matrices, are no more than 50000
	// ⎡1.00  0.02  0.00  0.00  0.00  0.00⎤
	// ⎢0.02  1.00  0.00  0.00  0.00  0.00⎥
	// ⎢0.00  0.00  1.00  0.00  0.00  0.00⎥
	// ⎢0.00  0.00  0.00  1.00  0.37  0.02⎥
	// ⎢0.00  0.00  0.00  0.37  1.00  0.37⎥
	// ⎣0.00  0.00  0.00  0.02  0.37  1.00⎦
}

func ExampleBall() {
	// The smallest balls in which all rows are connected.
	show(affinity.Ball{}.Weigh(context.Background(), line))
	// Output:
	// weights of 6 rows, 2.3 each on average, ball of radius 7, euclidean distance
	// ⎡0.00  1.00  1.00  0.00  0.00  0.00⎤
	// ⎢1.00  0.00  1.00  0.00  0.00  0.00⎥
	// ⎢1.00  1.00  0.00  1.00  0.00  0.00⎥
	// ⎢0.00  0.00  1.00  0.00  1.00  1.00⎥
	// ⎢0.00  0.00  0.00  1.00  0.00  1.00⎥
	// ⎣0.00  0.00  0.00  1.00  1.00  0.00⎦
}

func ExampleEntropic() {
	show(affinity.Entropic{Perplexity: 2}.Weigh(context.Background(), line))
	// Output:
	// weights of 6 rows, 5.0 each on average, perplexity 2 of 5 neighbours, euclidean distance
	//   exact search was picked: 6 rows, compared by products of matrices, are no more than 50000
	// ⎡0.00  0.10  0.06  0.00  0.00  0.00⎤
	// ⎢0.10  0.00  0.09  0.00  0.00  0.00⎥
	// ⎢0.06  0.09  0.00  0.00  0.00  0.00⎥
	// ⎢0.00  0.00  0.00  0.00  0.09  0.08⎥
	// ⎢0.00  0.00  0.00  0.09  0.00  0.09⎥
	// ⎣0.00  0.00  0.00  0.08  0.09  0.00⎦
}

func ExampleFuzzySet() {
	// Two groups share nothing, for the rows of each have enough of their own.
	show(affinity.FuzzySet{Neighbors: 3}.Weigh(context.Background(), line))
	// Output:
	// weights of 6 rows, 2.0 each on average, fuzzy set of 3 neighbours, euclidean distance
	//   exact search was picked: 6 rows, compared by products of matrices, are no more than 50000
	// ⎡0.00  1.00  0.83  0.00  0.00  0.00⎤
	// ⎢1.00  0.00  1.00  0.00  0.00  0.00⎥
	// ⎢0.83  1.00  0.00  0.00  0.00  0.00⎥
	// ⎢0.00  0.00  0.00  0.00  1.00  0.83⎥
	// ⎢0.00  0.00  0.00  1.00  0.00  1.00⎥
	// ⎣0.00  0.00  0.00  0.83  1.00  0.00⎦
}

func ExampleBandwidth() {
	ctx := context.Background()
	roll, err := datasets.SwissRoll{Seed: 1}.Generate()
	if err != nil {
		fmt.Println(err)
		return
	}
	g, err := neighbors.Exact{Neighbors: 40}.Graph(ctx, roll.X)
	if err != nil {
		fmt.Println(err)
		return
	}
	epsilon, dimension, err := affinity.Bandwidth(ctx, g)
	fmt.Printf("ε = %g, dimension %.1f, %v\n", epsilon, dimension, err)
	// Output:
	// ε = 0.5, dimension 1.6, <nil>
}
