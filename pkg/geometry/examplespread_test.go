package geometry_test

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/geometry"
	"github.com/flatland-go/flatland/pkg/spectrum"
)

func ExampleMeanCosine() {
	s, err := geometry.MeanCosine(context.Background(), mat.NewDense(3, 2, []float64{3, 0, 0, 2, 1, 1}))
	fmt.Println(s, err)
	// Output:
	// mean cosine  0.4714
	//   rows        3
	//   convention  all pairs of different rows, not centred; 0 is isotropic, 1 a single
	//               direction <nil>
}

func ExampleIsoScore() {
	s, err := geometry.IsoScore(context.Background(), fixture.C())
	fmt.Printf("%.4f %v\n", s.Value, err)
	// Output: 0.9905 <nil>
}

func ExampleAnisotropy() {
	s, err := geometry.Anisotropy(context.Background(), mat.NewDense(3, 2, []float64{1, 1, 2, 2, 7, 7}))
	fmt.Printf("%.4f %v\n", s.Value, err)
	// Output: 1.0000 <nil>
}

func ExampleUniformity() {
	x := mat.NewDense(4, 2, []float64{1, 0, 0, 1, -1, 0, 0, -1})
	s, err := geometry.Uniformity(context.Background(), x, 2)
	fmt.Printf("%.4f %v\n", s.Value, err)
	// Output: -4.3963 <nil>
}

// Two of four dimensions are used.
func ExampleUniformityW2() {
	x := mat.NewDense(4, 4, []float64{1, 0, 0, 0, 0, 1, 0, 0, -1, 0, 0, 0, 0, -1, 0, 0})
	s, err := geometry.UniformityW2(context.Background(), x)
	fmt.Printf("%.4f %v\n", s.Value, err)
	// Output: 0.7654 <nil>
}

func ExampleCheckUniformity() {
	c, err := geometry.CheckUniformity(context.Background(), geometry.UniformityW2, fixture.Normal(4, 200, 6))
	fmt.Println(c, err)
	// Output:
	// uniformity W2  5 of 5 properties
	//   instance permutation the same         0.0893 →    0.0893  holds
	//   instance scaling     the same         0.0893 →    0.0893  holds
	//   instance cloning     the same         0.0893 →    0.0893  holds
	//   feature cloning      less uniform     0.0893 →    0.7690  holds
	//   feature babies       less uniform     0.0893 →    0.7690  holds <nil>
}

func ExampleAlignment() {
	x := mat.NewDense(2, 2, []float64{1, 0, 0, 1})
	s, err := geometry.Alignment(context.Background(), x, mat.NewDense(2, 2, []float64{5, 0, 1, 1}), 2)
	fmt.Printf("%.4f %v\n", s.Value, err)
	// Output: 0.2929 <nil>
}

func ExampleVICReg() {
	x := crowd(7, 300, 2, 8, 0) // two of eight columns vary
	v, err := geometry.VICReg(context.Background(), x, x)
	fmt.Println(v, err)
	// Output:
	// VICReg  37.25 (25, 25, 1)
	//   rows        300 × 8
	//   invariance  0
	//   variance    0.7449, 0.7449 (collapsed)
	//   covariance  0.003176, 0.003176 <nil>
}

func ExampleCodingRate() {
	x := mat.NewDense(2, 2, []float64{1, 0, 0, 1})
	s, err := geometry.CodingRate(context.Background(), x, 0)
	fmt.Printf("%.4f nats, ln 3 = %.4f %v\n", s.Value, math.Log(3), err)
	// Output: 1.0986 nats, ln 3 = 1.0986 <nil>
}

func ExampleRateReduction() {
	x := mat.NewDense(4, 2, []float64{1, 0, 0, 1, -1, 0, 0, -1})
	apart, _ := geometry.RateReduction(context.Background(), x, []int{0, 1, 0, 1}, 0)
	mixed, err := geometry.RateReduction(context.Background(), x, []int{0, 0, 1, 1}, 0)
	fmt.Printf("%.4f %.4f %v\n", apart.Value, mixed.Value, err)
	// Output: 0.2939 0.0000 <nil>
}

func ExampleMMCR() {
	x := mat.NewDense(4, 2, []float64{1, 0, 0, 1, 2, 0, 0, 3})
	s, err := geometry.MMCR(context.Background(), x, []int{0, 1, 0, 1})
	fmt.Println(s, err)
	// Output:
	// MMCR  2.000
	//   rows        4
	//   convention  nuclear norm of 2 centroids of unit rows; at most √(2·2) = 2 <nil>
}

func ExampleManifoldRadiusDim() {
	x := mat.NewDense(4, 2, []float64{1, 1, 1, -1, -2, 0, -2, 0})
	m, err := geometry.ManifoldRadiusDim(context.Background(), x, []int{0, 0, 1, 1})
	fmt.Println(m, err)
	// Output:
	// manifolds of 2 classes  radius 0.3333, dimension 0.5
	//   class    rows  radius  dimension
	//       0       2  0.6667          1
	//       1       2       0          0 <nil>
}

func ExampleManifoldCapacity_Compute() {
	x, labels := balls(1, 20, 20, 4, 60, 1)
	m, err := geometry.ManifoldCapacity{}.Compute(context.Background(), x, labels)
	fmt.Println(m.Capacity.Value < 1, m.Anchors.MeanDimension() > 1, err)
	// Output: true true <nil>
}

func ExampleNeuralRegressionCollapse() {
	targets := fixture.Normal(1, 200, 2)
	var features mat.Dense
	features.Mul(targets, mat.NewDense(2, 5, []float64{1, 0, 1, 0, 0, 0, 1, 0, 1, 0}))
	r, err := geometry.NeuralRegressionCollapse(context.Background(), &features, targets)
	fmt.Println(r.NRC1 < 1e-12, r.Unexplained < 1e-12, err)
	// Output: true true <nil>
}

func ExampleEigenspectrumPowerLaw() {
	p, err := geometry.EigenspectrumPowerLaw(context.Background(), fixture.B(), spectrum.AlphaReQ{})
	fmt.Println(p, err)
	// Output:
	// power law  0.348 ± 0.013
	//   rows        1000
	//   convention  least squares of ln λ on ln j, j = 1 … 3
	//   R²          0.9986 <nil>
}

func ExampleEnveloping_Score() {
	circle := mat.NewDense(5, 3, []float64{1, 0, 0, 0, 1, 0, -1, 0, 0, 0, -1, 0, 1, 0, 0})
	s, err := geometry.Enveloping{Angle: math.Pi / 6}.Score(context.Background(), circle)
	fmt.Printf("%.2f %v\n", s.Value, err)
	// Output: 0.50 <nil>
}

func ExampleHomogeneity() {
	x := mat.NewDense(3, 2, []float64{1, 0, 0, 1, -1, 0})
	even, _ := geometry.Homogeneity(context.Background(), x, []float64{0, 1, 2})
	uneven, err := geometry.Homogeneity(context.Background(), x, []float64{0, .5, 2})
	fmt.Printf("%.3f %.3f %v\n", even.Value, uneven.Value, err)
	// Output: 4.000 5.333 <nil>
}

func ExampleLabelCentroids() {
	x := mat.NewDense(4, 2, []float64{1, 0, 3, 0, 0, 4, 0, 6})
	path, at, err := geometry.LabelCentroids(x, []float64{0, 1, 9, 10}, 2)
	fmt.Println(mat.Formatted(path), at, err)
	// Output:
	// ⎡2  0⎤
	// ⎣0  5⎦ [0.5 9.5] <nil>
}

func ExampleMSTUniformity_Score() {
	dead := crowd(6, 300, 4, 32, 0) // four of 32 columns vary
	s, err := geometry.MSTUniformity{}.Score(context.Background(), dead)
	fmt.Println(s.Value < .5, err)
	// Output: true <nil>
}

func ExampleMSTSpread_Apply() {
	s, err := geometry.MSTSpread{}.Apply(context.Background(), fixture.Normal(5, 3, 2))
	fmt.Printf("%.2f %v\n", mat.Dot(s.Points.RowView(0), s.Points.RowView(1)), err)
	// Output: -0.50 <nil>
}

func ExampleCollapseReport() {
	c, err := geometry.CollapseReport(context.Background(), crowd(1, 300, 3, 6, 1))
	fmt.Println(c, err)
	// Output:
	// collapse report  300 rows, 6 columns
	//                             value       even  collapsed
	//   mean cosine              0.2286          0          1
	//   uniformity              -1.6022    -2.8334          0
	//   uniformity W2            0.8741          0     1.4142
	//   IsoScore                 0.3903          1          0
	//   anisotropy               0.3804     0.1667          1
	//   effective rank           2.9750          6          1
	//   VICReg variance          0.5049          0       0.99
	//   VICReg covariance        0.0053          0
	//   dead columns                  3          0          5
	//   power law                0.2739          0 <nil>
}
