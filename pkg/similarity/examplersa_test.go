package similarity_test

import (
	"context"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/similarity"
)

// Digits whose upper halves are far apart have lower halves that are, a little.
func ExampleRSA() {
	upper, lower := halves()
	show(similarity.RSA{}.Compare(context.Background(), upper, lower))
	// Output:
	// RSA  0.2482
	//   rows        300
	//   convention  Spearman's ρ of squared Euclidean/p dissimilarities over pairs of
	//               different rows; similarity, 1 is same
}

// Topological RSA sees who is near whom, and little of how far the far are.
func ExampleRSA_topological() {
	upper, lower := halves()
	tRSA := similarity.RSA{GeoTopo: similarity.GeoTopo{Lower: .1, Upper: .6}, Comparison: similarity.Pearson}
	show(tRSA.Compare(context.Background(), upper, lower))
	// Output:
	// RSA  0.2608
	//   rows        300
	//   convention  Pearson's r of squared Euclidean/p dissimilarities over pairs of
	//               different rows, geo-topological between the quantiles 0.1 and 0.6;
	//               similarity, 1 is same
}

// How well a model of the digits could agree with their four quarters.
func ExampleRSA_NoiseCeiling() {
	x := datasets.Digits().X
	var quarters []mat.Matrix
	for q := range 4 {
		quarters = append(quarters, x.Slice(0, 200, 16*q, 16*q+16))
	}
	show(similarity.RSA{}.NoiseCeiling(context.Background(), quarters))
	// Output:
	// noise ceiling of 4 subjects: 0.2740 to 0.6216 (Spearman's ρ, mean over subjects, upper bound of the mean of all, lower of that of the others)
}
