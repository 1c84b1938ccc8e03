package similarity_test

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/similarity"
)

// halves returns the pixels of 300 handwritten digits, those of the upper half of an image
// and those of the lower.
func halves() (upper, lower mat.Matrix) {
	x := datasets.Digits().X
	return x.Slice(0, 300, 0, 32), x.Slice(0, 300, 32, 64)
}

// show prints a score or its error.
func show(s fmt.Stringer, err error) {
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(s)
}

// Digits whose upper halves look alike have lower halves that look alike, sometimes.
func ExampleMutualKNN() {
	upper, lower := halves()
	show(similarity.MutualKNN{}.Compare(context.Background(), upper, lower))
	// Output:
	// mutual kNN  0.3510
	//   neighbours  10
	//   rows        300
	//   convention  share of the k neighbours that are so in both; similarity, 1 is same;
	//               cosine neighbours, ties by index
}

func ExampleCycleKNN() {
	upper, lower := halves()
	show(similarity.CycleKNN{Neighbors: 3}.Compare(context.Background(), upper, lower))
	// Output:
	// cycle kNN  0.4100
	//   neighbours  3
	//   rows        300
	//   convention  share of rows among the neighbours in x of their neighbours in y;
	//               similarity, 1 is same; cosine neighbours, ties by index
}

func ExampleLCSKNN() {
	upper, lower := halves()
	show(similarity.LCSKNN{}.Compare(context.Background(), upper, lower))
	// Output:
	// LCS kNN  2.170
	//   neighbours  10
	//   rows        300
	//   convention  longest common subsequence of the lists of k neighbours, a length; a
	//               similarity, k is the same; cosine neighbours, ties by index
}

func ExampleEditKNN() {
	upper, lower := halves()
	show(similarity.EditKNN{}.Compare(context.Background(), upper, lower))
	// Output:
	// edit kNN  0.05700
	//   neighbours  10
	//   rows        300
	//   convention  1 − Levenshtein distance of the lists of k neighbours over k;
	//               similarity, 1 is same; cosine neighbours, ties by index
}

func ExampleCKNNA() {
	upper, lower := halves()
	show(similarity.CKNNA{}.Compare(context.Background(), upper, lower))
	// Output:
	// CKNNA  0.3207
	//   neighbours  10
	//   rows        300
	//   convention  unbiased HSIC of cosines over pairs near in both, over the root of the
	//               self terms; similarity, 1 is same
}

// The whole image tells all of its upper half; which tells much less of the whole.
func ExampleInformationImbalance_Both() {
	upper, _ := halves()
	whole := datasets.Digits().X.Slice(0, 300, 0, 64)
	show(similarity.InformationImbalance{}.Both(context.Background(), whole, upper))
	// Output:
	// information imbalance of 300 rows, k = 1 (0: tells all, 1: tells nothing)
	//   x → y  0.0242
	//   y → x  0.0604
}
