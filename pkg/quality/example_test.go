package quality_test

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/quality"
)

// A swiss roll looked at from its end: rows that were neighbours still are, but
// rows at different depths now look alike.
func ExampleRank_Compare() {
	roll, err := datasets.SwissRoll{}.Generate()
	if err != nil {
		fmt.Println(err)
		return
	}
	n, _ := roll.X.Dims()
	view := mat.NewDense(n, 2, nil)
	for i := range n {
		view.SetRow(i, []float64{roll.X.At(i, 0), roll.X.At(i, 2)})
	}
	r, err := quality.Rank{}.Compare(context.Background(), roll.X, view)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(r.Trustworthiness(15))
	fmt.Println(r.Continuity(15))
	// Output:
	// trustworthiness  0.8724
	//   neighbours  15
	//   rows        1000
	//   convention  Venna and Kaski, factor 2/(n·k·(2n−3k−1)), ties by index
	// continuity  0.9810
	//   neighbours  15
	//   rows        1000
	//   convention  Venna and Kaski, factor 2/(n·k·(2n−3k−1)), ties by index
}

// How far petals alone tell the species of irises apart.
func ExampleNeighborhoodHit() {
	iris := datasets.Iris()
	petals := mat.DenseCopyOf(iris.X).Slice(0, 150, 2, 4)
	s, err := quality.NeighborhoodHit(context.Background(), petals, iris.Labels, 10)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(s)
	// Output:
	// neighbourhood hit  0.9520
	//   neighbours  10
	//   rows        150
	//   convention  embedded neighbours, ties by index, unknown labels left out
}

func ExampleRanks_NeighborhoodHit() {
	iris := datasets.Iris()
	petals := mat.DenseCopyOf(iris.X).Slice(0, 150, 2, 4)
	r, err := quality.Rank{}.Compare(context.Background(), iris.X, petals)
	if err != nil {
		fmt.Println(err)
		return
	}
	s, err := r.NeighborhoodHit(10, iris.Labels)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(s)
	// Output:
	// neighbourhood hit  0.9520
	//   neighbours  10
	//   rows        150
	//   convention  embedded neighbours, ties by index, unknown labels left out
}

// A score at several scales: details are lost, the arrangement is kept.
func ExampleRanks_RNX() {
	digits := datasets.Digits()
	rows := mat.DenseCopyOf(digits.X)
	whole, upper := rows.Slice(0, 500, 0, 64), rows.Slice(0, 500, 0, 32) // each picture, and its upper half
	r, err := quality.Rank{}.Compare(context.Background(), whole, upper)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, k := range []int{1, 10, 100} {
		fmt.Printf("%d: %.3f\n", k, r.RNX(k).Value)
	}
	// Output:
	// 1: 0.333
	// 10: 0.561
	// 100: 0.544
}

// Two looks at a swiss roll, held against the distances along its sheet: from
// its end, and unrolled.
func ExampleDistancePreservation_Compare() {
	roll, err := datasets.SwissRoll{Rows: 300}.Generate()
	if err != nil {
		fmt.Println(err)
		return
	}
	n, _ := roll.X.Dims()
	var along []float64
	end := mat.NewDense(n, 2, nil)
	for i := range n {
		end.SetRow(i, []float64{roll.X.At(i, 0), roll.X.At(i, 2)})
		for j := i + 1; j < n; j++ {
			along = append(along, roll.Truth.Geodesic(i, j))
		}
	}
	truth, err := mat32.NewDistances(n, along)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, view := range []mat.Matrix{end, roll.Truth.Latent} {
		a, err := quality.DistancePreservation{}.Compare(context.Background(), truth, view)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(a.Spearman())
	}
	// Output:
	// Spearman correlation of distances  0.3634
	//   rows        300
	//   convention  r of the ranks over pairs of rows, equal distances at their average
	//               rank
	// Spearman correlation of distances  1.000
	//   rows        300
	//   convention  r of the ranks over pairs of rows, equal distances at their average
	//               rank
}

// How well petals alone show irises, whatever the size of a neighbourhood.
func ExampleRankCurve_Compare() {
	iris := datasets.Iris()
	petals := mat.DenseCopyOf(iris.X).Slice(0, 150, 2, 4)
	c, err := quality.RankCurve{}.Compare(context.Background(), iris.X, petals)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(c)
	// Output:
	// curves of ranks of 150 rows
	//   AUC of R_NX  0.4766
	//   Q_local      0.6540
	//   Q_global     0.9661
	//   K_max        49
}

// What the nearest neighbours of an iris by its petals tell of its species, and of how
// long its sepals are.
func ExampleKNNProbe_Estimate() {
	iris := datasets.Iris()
	petals := mat.DenseCopyOf(iris.X).Slice(0, 150, 2, 4)
	sepals := mat.Col(nil, 0, iris.X)
	for _, p := range []quality.KNNProbe{{Labels: iris.Labels}, {Targets: sepals}} {
		s, err := p.Estimate(context.Background(), petals)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(s)
	}
	// Output:
	// accuracy of nearest neighbours  0.9600
	//   neighbours  5
	//   rows        150
	//   convention  vote of the others, equal votes to the nearest, ties by index, unknown
	//               labels left out
	// R² of nearest neighbours  0.7867
	//   neighbours  5
	//   rows        150
	//   convention  mean of the others' targets, against the mean of all, ties by index
}

// Petals alone keep species apart; sepals alone mix two of them.
func ExampleLabelSeparation_Compare() {
	iris := datasets.Iris()
	x := mat.DenseCopyOf(iris.X)
	for _, part := range []mat.Matrix{x.Slice(0, 150, 2, 4), x.Slice(0, 150, 0, 2)} {
		l, err := quality.LabelSeparation{Labels: iris.Labels}.Compare(context.Background(), x, part)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(l)
	}
	// Output:
	// 3 classes of 150 rows
	//   label-trustworthiness  1.0000
	//   label-continuity       0.9667
	// 3 classes of 150 rows
	//   label-trustworthiness  0.8733
	//   label-continuity       1.0000
}
