package quality_test

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/quality"
)

// petals are two of the four columns of irises.
func petals() (all mat.Matrix, some mat.Matrix, species []int) {
	iris := datasets.Iris()
	return iris.X, mat.DenseCopyOf(iris.X).Slice(0, 150, 2, 4), iris.Labels
}

// How well a swiss roll looked at from above keeps the distances along it, which its
// generator knows.
func ExampleDistancePreservation_geodesic() {
	roll, err := datasets.SwissRoll{Rows: 200}.Generate()
	if err != nil {
		fmt.Println(err)
		return
	}
	var along []float64
	for i := range 200 {
		for j := i + 1; j < 200; j++ {
			along = append(along, roll.Truth.Geodesic(i, j))
		}
	}
	geodesic, err := mat32.NewDistances(200, along)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, y := range []mat.Matrix{roll.Truth.Latent, roll.X} {
		a, err := quality.DistancePreservation{}.Compare(context.Background(), geodesic, y)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("r %.3f, τ %.3f, non-metric stress-1 %.3f\n", a.R, a.Kendall().Value, a.NonmetricStress().Value)
	}
	// Output:
	// r 1.000, τ 1.000, non-metric stress-1 0.000
	// r 0.253, τ 0.288, non-metric stress-1 0.258
}

func ExampleTripletAccuracy() {
	x, y, _ := petals()
	s, err := quality.TripletAccuracy{}.Compare(context.Background(), x, y)
	fmt.Println(s, err)
	// Output:
	// random triplet accuracy  0.9273 ± 0.0095
	//   rows        150
	//   convention  5 triplets for every row, ties in one space count half, standard error
	//               of the draw <nil>
}

func ExampleDensityPreservation() {
	x, y, _ := petals()
	a, err := quality.DensityPreservation{}.Compare(context.Background(), x, y)
	fmt.Println(a, err)
	// Output:
	// densities of 150 rows at σ = 0.1: KL = 0.001873, DTM = 0.042204 <nil>
}

func ExampleRadiusCorrelation() {
	x, y, _ := petals()
	s, err := quality.RadiusCorrelation{}.Compare(context.Background(), x, y)
	fmt.Println(s, err)
	// Output:
	// correlation of local radii  0.7919
	//   neighbours  15
	//   rows        150
	//   convention  Pearson's r of log mean squared distances to the nearest rows, in each
	//               space its own <nil>
}

func ExampleTopographicProduct() {
	x, y, _ := petals()
	s, err := quality.TopographicProduct{}.Compare(context.Background(), x, y)
	fmt.Println(s, err)
	// Output:
	// topographic product  0.04696
	//   neighbours  20
	//   rows        150
	//   convention  mean log P₃ of Bauer and Pawelzik, all k factors under the 2k-th root;
	//               0 is right, below 0 too few dimensions
	//   note        279 of 6000 factors have a distance of 0 and count as 1 <nil>
}

func ExampleLocalProcrustes() {
	x, y, _ := petals()
	s, err := quality.LocalProcrustes{Scaled: true}.Compare(context.Background(), x, y)
	fmt.Println(s, err)
	// Output:
	// local Procrustes  0.4915
	//   neighbours  20
	//   rows        150
	//   convention  mean share of squares left by the best motion and scale of each
	//               region; a distance, 0 is same <nil>
}

func ExampleSilhouette() {
	_, y, species := petals()
	s, err := quality.Silhouette(context.Background(), y, species)
	fmt.Println(s, err)
	// Output:
	// silhouette  0.6409
	//   rows        150
	//   convention  mean of (b−a)/max(a, b), 0 for clusters of one row, unknown labels
	//               left out <nil>
}

func ExampleDaviesBouldin() {
	_, y, species := petals()
	s, err := quality.DaviesBouldin(context.Background(), y, species)
	fmt.Printf("%.4f %v\n", s.Value, err)
	// Output:
	// 0.5023 <nil>
}

func ExampleCalinskiHarabasz() {
	_, y, species := petals()
	s, err := quality.CalinskiHarabasz(context.Background(), y, species)
	fmt.Printf("%.2f %v\n", s.Value, err)
	// Output:
	// 1139.56 <nil>
}

func ExampleDistanceConsistency() {
	_, y, species := petals()
	s, err := quality.DistanceConsistency(context.Background(), y, species)
	fmt.Println(s, err)
	// Output:
	// distance consistency  0.9600
	//   rows        150
	//   convention  share of rows nearest to the mean of their label, unknown labels left
	//               out <nil>
}

func ExampleAdjustedRand() {
	s, err := quality.AdjustedRand([]int{0, 0, 0, 1, 1, 1}, []int{2, 2, 1, 1, 0, 0})
	fmt.Println(s, err)
	// Output:
	// adjusted Rand index  0.2424
	//   rows        6
	//   convention  Hubert and Arabie, adjusted for chance; 1 is same <nil>
}

func ExampleNormalizedMutualInformation() {
	s, err := quality.NormalizedMutualInformation([]int{0, 0, 0, 1, 1, 1}, []int{2, 2, 1, 1, 0, 0}, quality.GeometricMean)
	fmt.Println(s, err)
	// Output:
	// normalised mutual information  0.5295
	//   rows        6
	//   convention  over the geometric mean of the entropies; 1 is same <nil>
}
