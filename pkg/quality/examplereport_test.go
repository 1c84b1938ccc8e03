package quality_test

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/quality"
)

func ExampleReport() {
	x := mat.NewDense(8, 3, []float64{0, 0, 0, 1, 0, .1, 2, 0, 0, 3, .2, 0, 0, 5, .3, 1, 5, 0, 2, 5, .1, 3, 5.2, 0})
	y := x.Slice(0, 8, 0, 2)
	r, err := quality.Report{Neighbors: 2}.Compare(context.Background(), x, y)
	if err != nil {
		panic(err)
	}
	fmt.Println(r)
	// Output:
	// report on an embedding of 8 rows, ranked from 8
	//   measure                                              value    ± error    k  convention
	//   trustworthiness                                     1.0000               2  Venna and Kaski, factor 2/(n·k·(2n−3k−1)), ties by index
	//   continuity                                          1.0000               2  Venna and Kaski, factor 2/(n·k·(2n−3k−1)), ties by index
	//   Q_NX                                                1.0000               2  share of common neighbours, ties by index
	//   R_NX                                                1.0000               2  common neighbours above chance, ties by index
	//   mean relative rank error, false neighbours          0.0234               2  error, 0 is best, Lee and Verleysen's factor with |n−2s|/s, ties by index
	//   mean relative rank error, missing neighbours        0.0234               2  error, 0 is best, Lee and Verleysen's factor with |n−2s|/s, ties by index
	//   AUC of R_NX                                         0.9333                  over ln k, weights 1/k for k = 1 … n−2, ties by index
	//   Pearson correlation of distances                    1.0000                  product-moment r over pairs of rows
	//   Spearman correlation of distances                   0.9928                  r of the ranks over pairs of rows, equal distances at their average rank
	//   Kendall correlation of distances                    0.9671                  τ-b over pairs of rows
	//   stress-1                                            0.0022                  √(Σ(δ−s·d)²/Σδ²) at the scale s that makes it least, raw distances δ
	//   non-metric stress-1                                 0.0007                  √(Σ(d−d̂)²/Σd²), d̂ the isotonic regression of d on δ, ties by the primary approach
	//   random triplet accuracy                             1.0000                  5 triplets for every row, ties in one space count half, standard error of the draw
	//   global score                                        0.9977                  exp(−(e−e₀)/e₀), e of the best linear map back, e₀ of principal components
}
