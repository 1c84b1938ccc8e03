package datasets_test

import (
	"fmt"
	"image/color"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/datasets"
)

func ExampleIris() {
	d := datasets.Iris()
	fmt.Print(d)
	fmt.Println(mat.Row(nil, 0, d.X), d.Names[d.Labels[0]])
	// Output:
	// iris       150 × 4
	// features   sepal length (cm), sepal width (cm), petal length (cm), petal width (cm)
	// classes    setosa (50), versicolor (50), virginica (50)
	// source     R. A. Fisher (1936), UCI Machine Learning Repository, doi:10.24432/C56C76, CC BY 4.0
	// [5.1 3.5 1.4 0.2] setosa
}

func ExampleWine() {
	fmt.Print(datasets.Wine())
	// Output:
	// wine       178 × 13
	// features   alcohol, malic acid, ash, alcalinity of ash, magnesium, total phenols, flavanoids, nonflavanoid phenols, proanthocyanins, color intensity, …, proline
	// classes    cultivar 1 (59), cultivar 2 (71), cultivar 3 (48)
	// source     S. Aeberhard and M. Forina (1992), UCI Machine Learning Repository, doi:10.24432/C5PC7J, CC BY 4.0
}

func ExampleDigits() {
	fmt.Print(datasets.Digits())
	// Output:
	// digits     1797 × 64
	// images     8 × 8 pixels
	// classes    0 (178), 1 (182), 2 (177), 3 (183), 4 (181), 5 (182), 6 (181), 7 (179), 8 (174), 9 (180)
	// note       the test part of the published set
	// source     E. Alpaydin and C. Kaynak (1998), UCI Machine Learning Repository, doi:10.24432/C50P49, CC BY 4.0
}

func ExamplePenguins() {
	fmt.Print(datasets.Penguins())
	// Output:
	// penguins   333 × 4
	// features   bill length (mm), bill depth (mm), flipper length (mm), body mass (g)
	// classes    Adelie (146), Chinstrap (68), Gentoo (119)
	// island     Biscoe (163), Dream (123), Torgersen (47)
	// sex        female (165), male (168)
	// note       the 333 of 344 rows that are complete: 11 lack the sex, 2 of them every measurement
	// source     K. B. Gorman, T. D. Williams and W. R. Fraser (2014), PLoS ONE 9(3) e90081, and A. M. Horst, A. P. Hill and K. B. Gorman (2020), palmerpenguins, doi:10.5281/zenodo.3960218, CC0 1.0
}

func ExampleSwissRoll() {
	d, err := datasets.SwissRoll{Rows: 500, Seed: 1}.Generate()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(d)
	fmt.Printf("rows 0 and 1 are %.3f apart on the roll\n", d.Truth.Geodesic(0, 1))
	// Output:
	// swiss roll 500 × 3
	// features   x, y, z
	// truth      dimension 2, geodesics, coordinates (arc length, height), rows without noise
	// note       seed 1
	// source     generated; Tenenbaum, de Silva and Langford (2000), in scikit-learn's parametrisation
	// rows 0 and 1 are 33.864 apart on the roll
}

func ExampleSphere() {
	d, err := datasets.Sphere{Dim: 4, Radius: 2}.Generate()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(d)
	_, err = datasets.Sphere{Dim: -1}.Generate()
	fmt.Println(err)
	// Output:
	// sphere     1000 × 5
	// features   x1, x2, x3, x4, x5
	// truth      dimension 4, Betti numbers (1, 0, 0, 0, 1), geodesics, rows without noise
	// note       radius 2, seed 0
	// source     generated; Muller (1959)
	// datasets.Sphere: Dim is -1, want 1 ≤ Dim ≤ 1048576, or 0 for 2
}

func ExampleBlobs() {
	d, err := datasets.Blobs{Rows: 300, Classes: 4, Dim: 10}.Generate()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(d)
	// Output:
	// blobs      300 × 10
	// features   x1, x2, x3, x4, x5, x6, x7, x8, x9, x10
	// classes    1 (75), 2 (75), 3 (75), 4 (75)
	// truth      dimension 10, centres
	// note       spread 1, centres drawn in [−10, 10], seed 0
	// source     generated; normal clouds as in scikit-learn's make_blobs
}

// Any matrix becomes a data set: here two images of 2 × 2 pixels, whose ink is 1.
func ExampleDataset() {
	d := datasets.Dataset{
		Name:   "strokes",
		X:      mat.NewDense(2, 4, []float64{1, 0, 1, 0, 0, 0, 1, 1}),
		Labels: []int{0, 1},
		Names:  []string{"upright", "flat"},
		Width:  2,
		Height: 2,
	}
	fmt.Print(d.String())
	fmt.Println(d.Image(0).At(0, 0), d.Image(0).At(1, 0), d.Image(2))
	// Output:
	// strokes    2 × 4
	// images     2 × 2 pixels
	// classes    upright (1), flat (1)
	// {0} {255} <nil>
}

func ExampleDataset_Image() {
	digit := datasets.Digits().Image(0)
	for y := range 8 {
		for x := range 8 {
			gray := digit.At(x, y).(color.Gray).Y
			fmt.Printf("%c", ".-+#"[3-gray/64])
		}
		fmt.Println()
	}
	// Output:
	// ..-#+...
	// ..##+#-.
	// ..#..+-.
	// .-+..--.
	// .--..+-.
	// .-+..+-.
	// ..#-++..
	// ..-#+...
}

func ExampleFactor() {
	sex := datasets.Penguins().Factors[1]
	fmt.Println(sex.Name, sex.Names, sex.Labels[:6])
	// Output:
	// sex [female male] [1 0 0 0 1 0]
}

// Neighbours in space may be far apart on the roll, on its next sheet.
func ExampleTruth() {
	d, err := datasets.SwissRoll{}.Generate()
	if err != nil {
		fmt.Println(err)
		return
	}
	i, j, worst := 0, 0, 0.0
	for a := range 100 {
		for b := range a {
			straight := floats.Distance(d.X.RawRowView(a), d.X.RawRowView(b), 2)
			if r := d.Truth.Geodesic(a, b) / straight; r > worst {
				i, j, worst = a, b, r
			}
		}
	}
	fmt.Printf("from row %d to row %d the roll is %.1f times as long as the straight line\n", i, j, worst)
	fmt.Printf("arc lengths %.1f and %.1f\n", d.Truth.Latent.At(i, 0), d.Truth.Latent.At(j, 0))
	// Output:
	// from row 17 to row 3 the roll is 10.5 times as long as the straight line
	// arc lengths 30.0 and 97.4
}

func ExampleBenchmarkManifolds() {
	for _, g := range datasets.BenchmarkManifolds()[:5] {
		g.Rows, g.Seed = 100, 1
		d, err := g.Generate()
		if err != nil {
			fmt.Println(err)
			return
		}
		n, columns := d.X.Dims()
		fmt.Printf("%-4s %d × %-2d dimension %-2d %s\n", g.Name, n, columns, d.Truth.Dimension, g.Shape())
	}
	// Output:
	// M1   100 × 11 dimension 10 sphere
	// M2   100 × 5  dimension 3  affine image of a cube
	// M3   100 × 6  dimension 4  curved, of nearly three dimensions
	// M4   100 × 8  dimension 4  curved
	// M5a  100 × 3  dimension 1  closed curve wound round a torus
}

func ExampleBenchmarkManifold() {
	d, err := datasets.BenchmarkManifold{Name: "Mp1", Rows: 500, Seed: 1}.Generate()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(d)
	// Output:
	// Mp1, paraboloid with heavy tails 500 × 12
	// features   x1, x2, x3, x4, x5, x6, x7, x8, x9, x10, x11, x12
	// truth      dimension 3, rows without noise
	// note       seed 1
	// source     generated; Campadelli, Casiraghi, Ceruti and Rozza (2015), as in scikit-dimension
}

func ExampleLineDiskBall() {
	d, err := datasets.LineDiskBall{Rows: 1000, Seed: 1}.Generate()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(d)
	// Output:
	// line, disc and ball 1000 × 3
	// features   x, y, z
	// classes    lower line (53), disc (148), ball (735), upper line (64)
	// truth      dimensions 1 to 3, rows without noise
	// note       seed 1
	// source     generated; Hino (2017)
}

func ExampleRollAndSphere() {
	d, err := datasets.RollAndSphere{Rows: 1000, Seed: 1}.Generate()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(d)
	// Output:
	// roll and sphere 1000 × 4
	// features   x1, x2, x3, x4
	// classes    roll (500), sphere (500)
	// truth      dimensions 2 to 3, rows without noise
	// note       seed 1
	// source     generated; Johnsson (2019)
}

// A wedge of two spheres is a surface everywhere but in one point.
func ExampleWedgedSpheres() {
	d, err := datasets.WedgedSpheres{Rows: 500}.Generate()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(d)
	fmt.Println(mat.Row(nil, 0, d.Truth.Singular))
	// Output:
	// wedged spheres 500 × 3
	// features   x1, x2, x3
	// classes    1 (250), 2 (250)
	// truth      dimension 2, Betti numbers (1, 0, 2), singular points, geodesics, coordinates (distance from the joint), rows without noise
	// note       dimension 2, radius 1, seed 0
	// source     generated; von Rohrscheidt and Rieck (2023)
	// [0 0 0]
}
