package sketch_test

import (
	"context"
	"fmt"

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
