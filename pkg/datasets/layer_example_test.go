package datasets_test

import (
	"fmt"
	"log"

	"github.com/flatland-go/flatland/pkg/datasets"
)

// show draws a sample and prints what is known about it.
func show(g datasets.Generator) *datasets.Dataset {
	d, err := g.Generate()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(d)
	return d
}

// Layers are generators themselves: here noise in the three dimensions of the
// roll, then a rotation into fifty, then outliers anywhere in those.
func ExampleGenerator() {
	roll := datasets.Noise{Of: datasets.SwissRoll{Rows: 1000}, StdDev: 0.1}
	show(datasets.Outliers{Of: datasets.Rotated{Of: roll, Dim: 50}, Share: 0.02})
	// Output:
	// swiss roll 1000 × 50
	// features   x1, x2, x3, x4, x5, x6, x7, x8, x9, x10, …, x50
	// truth      dimension 2, geodesics, coordinates (arc length, height), rows without noise, outliers
	// note       seed 0
	// note       noise 0.1, seed 0
	// note       rotated into 50 dimensions, seed 0
	// note       outliers 0.02, seed 0: 22 of 1000 rows
	// source     generated; Tenenbaum, de Silva and Langford (2000), in scikit-learn's parametrisation
}

func ExampleNoise() {
	show(datasets.Noise{Of: datasets.Digits(), StdDev: 2})
	// Output:
	// digits     1797 × 64
	// images     8 × 8 pixels
	// classes    0 (178), 1 (182), 2 (177), 3 (183), 4 (181), 5 (182), 6 (181), 7 (179), 8 (174), 9 (180)
	// truth      rows without noise
	// note       the test part of the published set
	// note       noise 2, seed 0
	// source     E. Alpaydin and C. Kaynak (1998), UCI Machine Learning Repository, doi:10.24432/C50P49, CC BY 4.0
}

func ExampleRotated() {
	d := show(datasets.Rotated{Of: datasets.Torus{Rows: 500, Flat: true}, Dim: 10})
	fmt.Printf("rows 0 and 1 are still %.3f apart on the torus\n", d.Truth.Geodesic(0, 1))
	// Output:
	// flat torus 500 × 10
	// features   x1, x2, x3, x4, x5, x6, x7, x8, x9, x10
	// truth      dimension 2, Betti numbers (1, 2, 1), geodesics, coordinates (angle around the hole, angle around the tube), rows without noise
	// note       radius 2, tube 1, seed 0
	// note       rotated into 10 dimensions, seed 0
	// source     generated; Diaconis, Holmes and Shahshahani (2013)
	// rows 0 and 1 are still 3.297 apart on the torus
}

func ExampleImbalance() {
	show(datasets.Imbalance{Of: datasets.Blobs{Classes: 4}, Ratio: 27})
	// Output:
	// blobs      358 × 2
	// features   x1, x2
	// classes    1 (250), 2 (79), 3 (22), 4 (7)
	// truth      dimension 2, centres
	// note       spread 1, centres drawn in [−10, 10], seed 0
	// note       imbalance 27, seed 0: 358 of 1000 rows kept
	// source     generated; normal clouds as in scikit-learn's make_blobs
}

func ExampleOutliers() {
	d := show(datasets.Outliers{Of: datasets.Blobs{Rows: 200}, Share: 0.05})
	for i, out := range d.Truth.Outliers[:50] {
		if out {
			fmt.Println("row", i, "is an outlier, with the label", d.Labels[i])
		}
	}
	// Output:
	// blobs      200 × 2
	// features   x1, x2
	// classes    1 (65), 2 (64), 3 (64)
	// truth      dimension 2, centres, outliers
	// note       spread 1, centres drawn in [−10, 10], seed 0
	// note       outliers 0.05, seed 0: 7 of 200 rows
	// source     generated; normal clouds as in scikit-learn's make_blobs
	// row 20 is an outlier, with the label -1
	// row 28 is an outlier, with the label -1
	// row 41 is an outlier, with the label -1
	// row 48 is an outlier, with the label -1
}

func ExampleDataset_Select() {
	d := datasets.Digits()
	var zeros []int
	for i, l := range d.Labels {
		if l == 0 {
			zeros = append(zeros, i)
		}
	}
	fmt.Println(d.Select(zeros).X.Dims())
	// Output:
	// 178 64
}

func ExampleSCurve() {
	d := show(datasets.SCurve{})
	fmt.Printf("rows 0 and 1 are %.3f apart on the letter\n", d.Truth.Geodesic(0, 1))
	// Output:
	// s-curve    1000 × 3
	// features   x, y, z
	// truth      dimension 2, geodesics, coordinates (arc length, height), rows without noise
	// note       seed 0
	// source     generated; Saul and Roweis (2003), in scikit-learn's parametrisation
	// rows 0 and 1 are 4.211 apart on the letter
}

func ExampleTorus() {
	show(datasets.Torus{Radius: 3, Tube: 1})
	// Output:
	// torus      1000 × 3
	// features   x, y, z
	// truth      dimension 2, Betti numbers (1, 2, 1), coordinates (angle around the hole, angle around the tube), rows without noise
	// note       radius 3, tube 1, seed 0
	// source     generated; Diaconis, Holmes and Shahshahani (2013)
}

func ExampleMoebius() {
	show(datasets.Moebius{HalfTwists: 3})
	// Output:
	// moebius    1000 × 3
	// features   x, y, z
	// truth      dimension 2, Betti numbers (1, 1), coordinates (angle, distance from the middle), rows without noise
	// note       half twists 3, width 1, seed 0
	// source     generated; the band of Möbius (1865) and Listing (1861)
}

func ExampleTree() {
	d := show(datasets.Tree{Branches: 5})
	fmt.Printf("rows 0 and 1, of branches %s and %s, are %.3f apart on the tree\n", d.Names[d.Labels[0]], d.Names[d.Labels[1]], d.Truth.Geodesic(0, 1))
	// Output:
	// tree       1000 × 60
	// features   x1, x2, x3, x4, x5, x6, x7, x8, x9, x10, …, x60
	// classes    1 (200), 2 (200), 3 (200), 4 (200), 5 (200)
	// truth      dimension 1, geodesics, coordinates (distance from the root, distance along the branch), rows without noise
	// note       branches of length 1, seed 0
	// source     generated; after Moon et al. (2019)
	// rows 0 and 1, of branches 2 and 1, are 1.014 apart on the tree
}

func ExampleMammoth() {
	show(datasets.Mammoth{Rows: 5000})
	// Output:
	// mammoth    5000 × 3
	// features   x, y, z
	// classes    body (1743), head (428), trunk (304), tail (67), left tusk (281), right tusk (265), left ear (137), right ear (121), left front leg (414), right front leg (416), left hind leg (429), right hind leg (395)
	// truth      dimension 2, rows without noise
	// note       seed 0
	// source     generated; a made-up solid, not the scan of a skeleton
}

func ExampleGaussianMixture() {
	d := show(datasets.GaussianMixture{Weights: []float64{6, 3, 1}, Condition: 100})
	fmt.Printf("%.1f\n", d.Truth.Weights)
	// Output:
	// gaussian mixture 1000 × 2
	// features   x1, x2
	// classes    1 (599), 2 (312), 3 (89)
	// truth      dimension 2, centres, covariances, weights
	// note       condition 100, seed 0
	// source     generated; McLachlan and Peel (2000)
	// [0.6 0.3 0.1]
}

func ExampleSpikedCovariance() {
	d := show(datasets.SpikedCovariance{Rows: 500, Dim: 100})
	fmt.Println(d.Truth.Spectrum[:5])
	// Output:
	// spiked covariance 500 × 100
	// features   x1, x2, x3, x4, x5, x6, x7, x8, x9, x10, …, x100
	// truth      dimension 3, geodesics, coordinates (x1, x2, x3), rows without noise, bases, spectrum
	// note       spikes [20 10 5], sigma 1, seed 0
	// source     generated; Johnstone (2001)
	// [20 10 5 1 1]
}

func ExampleLowRankGaussianMixture() {
	show(datasets.LowRankGaussianMixture{Rank: 4, Sigma: .1})
	// Output:
	// low-rank gaussian mixture 1000 × 48
	// features   x1, x2, x3, x4, x5, x6, x7, x8, x9, x10, …, x48
	// classes    1 (500), 2 (500)
	// truth      dimension 4, coordinates (x1, x2, x3, x4), rows without noise, weights, bases
	// note       rank 4, sigma 0.1, seed 0
	// source     generated; Wang, Zhang, Zhang, Chen, Ma and Qu (2024)
}

func ExampleUnionOfManifolds() {
	show(datasets.UnionOfManifolds{Dim: 10})
	// Output:
	// union of manifolds 1000 × 10
	// features   x1, x2, x3, x4, x5, x6, x7, x8, x9, x10
	// classes    1: dimension 1 (334), 2: dimension 1 (333), 3: dimension 2 (333)
	// truth      dimensions 1 to 2, coordinates (turn 1, turn 2), rows without noise, bases
	// note       2 harmonics, seed 0
	// source     generated; after Ding, Tong, Chan, Dai, Ma and Haeffele (2023)
}

func ExampleUnionOfSubspaces() {
	d := show(datasets.UnionOfSubspaces{Dims: []int{1, 2, 8}})
	fmt.Println(d.Truth.Dimensions[:6])
	// Output:
	// union of subspaces 1000 × 30
	// features   x1, x2, x3, x4, x5, x6, x7, x8, x9, x10, …, x30
	// classes    1: dimension 1 (333), 2: dimension 2 (334), 3: dimension 8 (333)
	// truth      dimensions 1 to 8, geodesics, rows without noise, bases
	// note       seed 0
	// source     generated; Soltanolkotabi and Candès (2012)
	// [2 8 1 8 1 2]
}
