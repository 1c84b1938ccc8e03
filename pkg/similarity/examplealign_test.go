package similarity_test

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/similarity"
)

// Digits mirrored left to right, which is a rotation of the space of their pixels: no pixel
// is where it was, but all angles are.
func ExampleRelative_Agree() {
	x := datasets.Digits().X.Slice(0, 300, 0, 64)
	mirrored := mat.NewDense(300, 64, nil)
	for i := range 300 {
		for j := range 64 {
			mirrored.Set(i, j, x.At(i, j^7))
		}
	}
	show(similarity.Relative{Choose: similarity.Anchors{Rule: similarity.FarthestAnchors, Count: 30}}.Agree(context.Background(), x, mirrored))
	// Output:
	// relative coordinates of 300 rows to 30 anchors
	//   mean reciprocal rank  1.0000
	//   found first           1.0000
	//   Jaccard, k = 10       1.0000
	//   mean cosine           1.0000
}

// Digits and what is left of them when every pixel is rounded to black or white.
func ExampleMatchAccuracy() {
	x := datasets.Digits().X.Slice(0, 300, 0, 64)
	rounded := mat.NewDense(300, 64, nil)
	rounded.Apply(func(_, _ int, v float64) float64 { return float64(int(v) / 8) }, x)
	show(similarity.MatchAccuracy(context.Background(), rounded, x, 1))
	// Output:
	// match accuracy  0.9567
	//   rows        300
	//   convention  share of rows of x whose own row of y is among the 1 most alike, by
	//               the cosine; similarity, 1 is same
}

// Two views that share eight coordinates are best aligned in about as many dimensions.
func ExampleSubspaceAlign_Sweep() {
	x, y, err := datasets.TwoView{Rows: 600, Shared: 8}.Generate()
	if err != nil {
		fmt.Println(err)
		return
	}
	show(similarity.SubspaceAlign{}.Sweep(context.Background(), x.X, y.X, []int{2, 4, 8, 16, 32}))
	// Output:
	// subspace alignment by 300 pairs, of 300 rows matched within 1
	//   dimension   accuracy
	//   2           0.0267
	//   4           0.1833
	//   8           0.7033
	//   16          0.1633
	//   32          0.0467
	//   full space  0.0533
}
