package geometry_test

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/geometry"
)

// halves returns the digits of two halves of the classes.
func halves() (low, high mat.Matrix) {
	digits := datasets.Digits()
	var a, b []int
	for i, l := range digits.Labels[:600] {
		if l < 5 {
			a = append(a, i)
		} else {
			b = append(b, i)
		}
	}
	return digits.Select(a).X, digits.Select(b).X
}

func ExamplePRDC() {
	low, high := halves()
	f, _ := geometry.PRDC{}.Compare(context.Background(), low, high)
	fmt.Println(f)
	// Output:
	// 297 rows against 303, k = 5
	//   precision             0.0741
	//   recall                0.1188
	//   density               0.0162
	//   coverage              0.0396
	//   complement precision  0.0471
	//   symmetric precision   0.0471
	//   symmetric recall      0.0396
}

func ExampleMMD() {
	low, high := halves()
	t, _ := geometry.MMD{Permutations: 199}.Compare(context.Background(), low, high)
	fmt.Println(t)
	// Output:
	// MMD²  0.04075
	//   rows        600
	//   convention  unbiased, RBF kernel, σ = 1 of the median distance; 0 is the same
	//               distribution
	//   p-value     0.005 (199 permutations)
}

func ExampleEnergyDistance() {
	low, high := halves()
	t, _ := geometry.EnergyDistance{}.Compare(context.Background(), low, high)
	fmt.Println(t)
	// Output:
	// energy distance  1.983
	//   rows        600
	//   convention  √(2·E|x−y| − E|x−x′| − E|y−y′|), all pairs; 0 is the same distribution
}

func ExampleFrechetDistance() {
	low, high := halves()
	s, _ := geometry.FrechetDistance{}.Compare(context.Background(), low, high)
	fmt.Println(s)
	// Output:
	// Fréchet distance  622.9
	//   rows        600
	//   convention  squared, covariances of n−1, 0.215 of it by means; 0 is equal means
	//               and covariances
}

func ExampleC2ST() {
	low, high := halves()
	t, _ := geometry.C2ST{}.Compare(context.Background(), low, high)
	fmt.Println(t)
	// Output:
	// C2ST accuracy  0.9850
	//   neighbours  17
	//   rows        600
	//   convention  mean over both clouds, k nearest others, one row left out; 0.5 is
	//               chance, 1 is apart
	//   p-value     0.005 (199 permutations)
}
