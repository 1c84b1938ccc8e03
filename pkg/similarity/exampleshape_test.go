package similarity_test

import (
	"context"
	"fmt"
	"log"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/similarity"
)

// square and its copy, turned by a right angle and twice as large.
func squares() (x, y *mat.Dense) {
	return mat.NewDense(4, 2, []float64{0, 0, 2, 0, 2, 1, 0, 1}), mat.NewDense(4, 2, []float64{0, 0, 0, 4, -2, 4, -2, 0})
}

func ExampleProcrustes_Compare() {
	x, y := squares()
	s, err := similarity.Procrustes{Form: similarity.SquaredEuclidean}.Compare(context.Background(), x, y)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%.3f\n", s.Value)
	// Output: 5.000
}

func ExampleProcrustes_Superimpose() {
	x, y := squares()
	s, err := similarity.Procrustes{}.Superimpose(context.Background(), x, y)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("scale %.3f, residual %.3f\n", s.Scale, s.Residual)
	// Output: scale 2.000, residual 0.000
}

func ExampleShapeDistance_Compare() {
	x, _ := squares()
	y := mat.NewDense(4, 2, []float64{0, 0, 0, 2, 1, 2, 1, 0}) // the columns in another order
	for _, g := range []similarity.Group{similarity.Orthogonal, similarity.Permutation} {
		s, err := similarity.ShapeDistance{Group: g}.Compare(context.Background(), x, y)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%v: %.3f\n", g, s.Value)
	}
	// Output:
	// orthogonal: 0.000
	// permutation: 0.000
}
