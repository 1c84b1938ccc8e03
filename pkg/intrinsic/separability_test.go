package intrinsic_test

import (
	"context"
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/intrinsic"
)

// ball returns n rows uniform in the unit ball of d dimensions.
func ball(seed uint64, n, d int) *mat.Dense {
	x := sphere(seed, n, d-1)
	for i, u := range fixture.Uniform(seed+1, n, 1).RawMatrix().Data {
		row := mat.NewVecDense(d, x.RawRowView(i))
		row.ScaleVec(math.Pow(u, 1/float64(d)), row)
	}
	return x
}

// The unit ball of d dimensions has n = d, and a smaller part of it, or the sphere, has not.
func TestSeparabilityOfBalls(t *testing.T) {
	testenv.Unraced(t)
	for _, d := range []int{2, 5, 8} {
		near(t, "ball", estimate(t, intrinsic.Separability{}, ball(1, 1000, d)).Value, float64(d), .05)
	}
	if got := estimate(t, intrinsic.Separability{}, fixture.Normal(1, 1000, 5)).Value; math.Abs(got-5) < .5 {
		t.Errorf("normal data in five dimensions have %.2f, as the ball", got)
	}
}

func TestSeparabilityByDefinition(t *testing.T) {
	x := fixture.Normal(3, 80, 3)
	n, d := x.Dims()
	mean := make([]float64, d)
	for i := range n {
		for j := range d {
			mean[j] += x.At(i, j) / float64(n)
		}
	}
	for _, margin := range []float64{0, .7} {
		count := 0
		for i := range n {
			for j := range n {
				var sum float64
				for c := range d {
					sum += (x.At(i, c) - x.At(j, c)) * (x.At(j, c) - mean[c])
				}
				if i != j && sum >= margin {
					count++
				}
			}
		}
		near(t, "margin", estimate(t, intrinsic.Separability{Margin: margin}, x).Value, -1-math.Log2(float64(count)/float64(n*(n-1))), 1e-12)
	}
}

func TestErrorOfSeparability(t *testing.T) {
	honest(t, "ball", intrinsic.Separability{}, 100, func(seed uint64) *mat.Dense { return ball(seed, 200, 4) }, .75, 1.35)
}

func ExampleSeparability_Estimate() {
	d, err := intrinsic.Separability{}.Estimate(context.Background(), datasets.Digits().X)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.1f\n", d.Value)
	// Output: 12.0
}
