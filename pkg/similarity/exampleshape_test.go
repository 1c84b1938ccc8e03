package similarity_test

import (
	"context"
	"fmt"
	"log"
	"math"
	"math/rand/v2"

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

// Two representations that have nothing to do with each other look alike when there are few
// rows for their widths, and are not.
func ExampleShapeMoments_Compare() {
	x, y := mat.NewDense(40, 30, nil), mat.NewDense(40, 30, nil)
	random := rand.New(rand.NewPCG(1, 2))
	for _, m := range []*mat.Dense{x, y} {
		m.Apply(func(_, _ int, _ float64) float64 { return random.NormFloat64() }, m)
	}
	e, err := similarity.ShapeMoments{Seed: 1}.Estimated(context.Background(), x, y)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("plug-in beyond .6:", e.PlugIn > .6)
	fmt.Println("estimate within .2 of 0:", math.Abs(e.Similarity) < .2)
	// Output:
	// plug-in beyond .6: true
	// estimate within .2 of 0: true
}

// Two conditions of two trials each: the same means, and twice the noise.
func ExampleStochasticShape_Compare() {
	x := mat.NewDense(4, 2, []float64{-3, -1, -3, 1, 3, -1, 3, 1})
	y := mat.NewDense(4, 2, []float64{-3, -2, -3, 2, 3, -2, 3, 2})
	of := []int{0, 0, 1, 1}
	s, err := similarity.StochasticShape{Conditions: of}.Compare(context.Background(), x, y)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%.4f\n", s.Value)
	// Output: 1.4142
}

func ExampleEnergyShape_Compare() {
	x := mat.NewDense(4, 2, []float64{-3, -1, -3, 1, 3, -1, 3, 1})
	y := mat.NewDense(4, 2, []float64{-3, -2, -3, 2, 3, -2, 3, 2})
	s, err := similarity.EnergyShape{Conditions: []int{0, 0, 1, 1}}.Compare(context.Background(), x, y)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%.4f\n", s.Value)
	// Output: 0.7071
}
