package sketch_test

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/sketch"
)

func ExampleGaussian() {
	x := fixture.Normal(1, 200, 500)
	y, err := sketch.Gaussian{Dim: 64, Seed: 1}.Apply(context.Background(), x)
	if err != nil {
		fmt.Println(err)
		return
	}
	p, err := sketch.Distortion{}.Compare(context.Background(), x, y)
	fmt.Println(y.Dims())
	fmt.Printf("mean %.1f, within 50 %%: %.1f %v\n", p.Mean, p.Within(.5), err)
	// Output:
	// 200 64
	// mean 1.0, within 50 %: 1.0 <nil>
}

func ExampleSparse() {
	x := fixture.Normal(1, 200, 500)
	y, err := sketch.Sparse{Dim: 64, Seed: 1}.Apply(context.Background(), x)
	if err != nil {
		fmt.Println(err)
		return
	}
	p, err := sketch.Distortion{}.Compare(context.Background(), x, y)
	fmt.Println(y.Dims())
	fmt.Printf("mean %.1f, within 50 %%: %.1f %v\n", p.Mean, p.Within(.5), err)
	// Output:
	// 200 64
	// mean 1.0, within 50 %: 1.0 <nil>
}

func ExampleFJLT() {
	x := fixture.Normal(1, 200, 500)
	y, err := sketch.FJLT{Dim: 64, Seed: 1}.Apply(context.Background(), x)
	if err != nil {
		fmt.Println(err)
		return
	}
	p, err := sketch.Distortion{}.Compare(context.Background(), x, y)
	fmt.Println(y.Dims())
	fmt.Printf("mean %.1f, within 50 %%: %.1f %v\n", p.Mean, p.Within(.5), err)
	// Output:
	// 200 64
	// mean 1.0, within 50 %: 1.0 <nil>
}

func ExampleSRHT() {
	x := fixture.Normal(1, 200, 500)
	y, err := sketch.SRHT{Dim: 64, Seed: 1}.Apply(context.Background(), x)
	if err != nil {
		fmt.Println(err)
		return
	}
	p, err := sketch.Distortion{}.Compare(context.Background(), x, y)
	fmt.Println(y.Dims())
	fmt.Printf("mean %.1f, within 50 %%: %.1f %v\n", p.Mean, p.Within(.5), err)
	// Output:
	// 200 64
	// mean 1.0, within 50 %: 1.0 <nil>
}

func ExampleCountSketch() {
	x := fixture.Normal(1, 200, 500)
	y, err := sketch.CountSketch{Dim: 64, Seed: 1}.Apply(context.Background(), x)
	if err != nil {
		fmt.Println(err)
		return
	}
	p, err := sketch.Distortion{}.Compare(context.Background(), x, y)
	fmt.Println(y.Dims())
	fmt.Printf("mean %.1f, within 50 %%: %.1f %v\n", p.Mean, p.Within(.5), err)
	// Output:
	// 200 64
	// mean 1.0, within 50 %: 1.0 <nil>
}

func ExampleOSNAP() {
	x := fixture.Normal(1, 200, 500)
	y, err := sketch.OSNAP{Dim: 64, Seed: 1}.Apply(context.Background(), x)
	if err != nil {
		fmt.Println(err)
		return
	}
	p, err := sketch.Distortion{}.Compare(context.Background(), x, y)
	fmt.Println(y.Dims())
	fmt.Printf("mean %.1f, within 50 %%: %.1f %v\n", p.Mean, p.Within(.5), err)
	// Output:
	// 200 64
	// mean 1.0, within 50 %: 1.0 <nil>
}

func ExampleFastfood() {
	x := fixture.Normal(1, 200, 500)
	y, err := sketch.Fastfood{Dim: 64, Seed: 1}.Apply(context.Background(), x)
	if err != nil {
		fmt.Println(err)
		return
	}
	p, err := sketch.Distortion{}.Compare(context.Background(), x, y)
	fmt.Println(y.Dims())
	fmt.Printf("mean %.1f, within 50 %%: %.1f %v\n", p.Mean, p.Within(.5), err)
	// Output:
	// 200 64
	// mean 1.0, within 50 %: 1.0 <nil>
}

func ExampleRandomFeatures() {
	x := fixture.Normal(1, 2, 10)
	z, err := sketch.RandomFeatures{Dim: 20_000, Coupling: sketch.Orthogonal, Gamma: .05, Seed: 1}.Apply(context.Background(), x)
	if err != nil {
		fmt.Println(err)
		return
	}
	var dot, square float64
	for j := range 20_000 {
		dot += z.At(0, j) * z.At(1, j)
	}
	for j := range 10 {
		square += (x.At(0, j) - x.At(1, j)) * (x.At(0, j) - x.At(1, j))
	}
	fmt.Printf("%.2f for %.2f\n", dot, math.Exp(-.05*square))
	// Output:
	// 0.35 for 0.35
}

func ExampleFFTReduce() {
	x := mat.NewDense(1, 8, []float64{2, 2, 2, 2, 0, 0, 0, 0}) // a square wave
	z, err := sketch.FFTReduce{Dim: 4}.Apply(context.Background(), x)
	fmt.Printf("%.3f %v\n", z.Data(), err)
	back, err := sketch.FFTReduce{Dim: 4}.ApplyT(context.Background(), z, 8)
	fmt.Printf("%.1f %v\n", back.Data(), err)
	// Output:
	// [2.828 1.000 -2.414 0.000] <nil>
	// [1.5 2.2 2.2 1.5 0.5 -0.2 -0.2 0.5] <nil>
}

func ExampleDCT() {
	x := mat.NewDense(1, 8, []float64{1, 2, 3, 4, 5, 6, 7, 8}) // a ramp
	z, err := sketch.DCT{Dim: 3}.Apply(context.Background(), x)
	fmt.Printf("%.2f %v\n", z.Data(), err)
	back, err := sketch.DCT{Dim: 3}.ApplyT(context.Background(), z, 8)
	fmt.Printf("%.1f %v\n", back.Data(), err)
	// Output:
	// [12.73 -6.44 0.00] <nil>
	// [1.3 1.8 2.7 3.9 5.1 6.3 7.2 7.7] <nil>
}

func ExampleTruncatePrefix() {
	x := mat.NewDense(2, 4, []float64{3, 4, 5, 6, 0, 2, 7, 8})
	z, err := sketch.TruncatePrefix{Dim: 2, Normalize: true}.Apply(context.Background(), x)
	fmt.Println(z.Row(0), z.Row(1), err)
	// Output:
	// [0.6 0.8] [0 1] <nil>
}

func ExamplePrefixCurve() {
	x := fixture.Normal(1, 300, 16)
	x.Apply(func(_, j int, v float64) float64 { return v / float64(1+j*j) }, x) // columns that matter less and less
	c, err := sketch.PrefixCurve{}.Compare(context.Background(), x, x)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(c)
	fmt.Println(c.Least(.9))
	// Output:
	// nearest 10 of 300 rows found by the first columns
	// columns  recall  ± error  variance
	//       1  0.2740   0.0000    0.7651
	//       2  0.6993   0.0000    0.9556
	//       4  0.9640   0.0000    0.9953
	//       8  0.9957   0.0000    0.9995
	//      16  1.0000   0.0000    1.0000
	// 4
}

func ExampleDistortion() {
	x := fixture.Normal(1, 100, 10)
	y := fixture.Normal(1, 100, 10)
	y.Scale(2, y)
	p, err := sketch.Distortion{}.Compare(context.Background(), x, y)
	fmt.Print(p)
	fmt.Println(err)
	// Output:
	// squared distance after / before, 4950 pairs
	// mean 4.0000  standard deviation 0.0000  mean |ratio − 1| 3.0000  worst 3.0000
	// 0% 4.0000  5% 4.0000  25% 4.0000  50% 4.0000  75% 4.0000  95% 4.0000  100% 4.0000
	// <nil>
}

func ExampleMinDim() {
	fmt.Println(sketch.MinDim(70_000, .25))
	// Output: 1713 <nil>
}

func ExampleFWHT() {
	x := []float32{1, 0, 1, 0}
	fmt.Println(sketch.FWHT(x), x)
	// Output: <nil> [2 2 0 0]
}
