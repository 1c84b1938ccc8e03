package datasets_test

import (
	"fmt"

	"github.com/flatland-go/flatland/pkg/datasets"
)

// Real data that a program carries with it, and a generated sheet that is rolled up and knows how far apart its rows are.
func Example() {
	fmt.Print(datasets.Wine())
	roll, err := datasets.SwissRoll{Rows: 500, Seed: 1}.Generate()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("dimension %d, rows 0 and 1 %.1f apart\n", roll.Truth.Dimension, roll.Truth.Geodesic(0, 1))
	// Output:
	// wine       178 × 13
	// features   alcohol, malic acid, ash, alcalinity of ash, magnesium, total phenols, flavanoids, nonflavanoid phenols, proanthocyanins, color intensity, …, proline
	// classes    cultivar 1 (59), cultivar 2 (71), cultivar 3 (48)
	// source     S. Aeberhard and M. Forina (1992), UCI Machine Learning Repository, doi:10.24432/C5PC7J, CC BY 4.0
	// dimension 2, rows 0 and 1 33.9 apart
}
