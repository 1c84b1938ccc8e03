package similarity_test

import (
	"context"
	"fmt"

	"github.com/flatland-go/flatland/pkg/similarity"
)

func ExampleProfile() {
	c, err := similarity.Profile{Measures: []similarity.Measure{similarity.CKA{}, similarity.Procrustes{}}, Permutations: 199}.
		Compare(context.Background(), square, squeezed)
	if err != nil {
		panic(err)
	}
	fmt.Println(c)
	// Output:
	// comparison of 8 × 2 with 8 × 2
	//   measure                     value  by chance       p  shuffles  convention
	//   CKA                        0.7809     0.2224   0.005       199  biased, linear kernel; similarity, 1 is same
	//   Procrustes distance        0.4636      1.142   0.005       199  angular: arccos ⟨X, Y⟩/(‖X‖·‖Y‖), in radians of centred rows after the best rotation or reflection; distance, 0 is same
}

func ExampleMatrix() {
	p, err := similarity.Matrix{Names: []string{"square", "squeezed"}}.Among(context.Background(), square, squeezed)
	if err != nil {
		panic(err)
	}
	fmt.Println(p)
	// Output:
	// CKA of 2 × 2 layers  biased, linear kernel; similarity, 1 is same
	//                   square  squeezed
	//   square               1    0.7809
	//   squeezed        0.7809         1
}
