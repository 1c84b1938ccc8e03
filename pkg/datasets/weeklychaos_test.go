package datasets_test

import (
	"errors"
	"fmt"
	"math"
	"testing"

	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// Every day follows from the two before it and the weekdays, up to the noise.
func TestWeeklyChaos(t *testing.T) {
	const n = 2000
	d, err := datasets.WeeklyChaos{Rows: n, Level: 50, Swing: 0.2, Week: 0.5, Noise: 0.01, Seed: 3}.Generate()
	if err != nil {
		t.Fatal(err)
	}
	var week [7]float64
	var count [7]int
	noise := 0.0
	for i := range n {
		day := d.Factors[0].Labels[i]
		if day != i%7 {
			t.Fatalf("day %d is a %s", i, d.Factors[0].Names[day])
		}
		x := d.Truth.Latent.At(i, 0)
		if i >= 2 {
			if want := 1 - 1.4*math.Pow(d.Truth.Latent.At(i-1, 0), 2) + 0.3*d.Truth.Latent.At(i-2, 0); math.Abs(x-want) > 1e-12 {
				t.Fatalf("day %d has x = %v, by the days before it %v", i, x, want)
			}
		}
		week[day] += d.Truth.Clean.At(i, 0) / (1 + 0.2*x)
		count[day]++
		noise += math.Pow(d.X.At(i, 0)-d.Truth.Clean.At(i, 0), 2) / n
	}
	for day, sum := range week {
		if mean := sum / float64(count[day]); day == 4 && math.Abs(mean-75) > 1e-9 || day == 1 && math.Abs(mean-27.5) > 1e-9 {
			t.Errorf("weekday %d has a demand of %v", day, mean)
		}
	}
	if math.Abs(math.Sqrt(noise)-0.5) > 0.05 {
		t.Errorf("the noise is %v, want 0.5", math.Sqrt(noise))
	}
	var param *mat32.ParamError
	for _, g := range []datasets.WeeklyChaos{{Rows: -1}, {Level: -1}, {Swing: 1}, {Week: 2}, {Noise: math.NaN()}} {
		if _, err := g.Generate(); !errors.As(err, &param) {
			t.Errorf("%+v: %v", g, err)
		}
	}
}

func ExampleWeeklyChaos() {
	d, err := datasets.WeeklyChaos{Rows: 14}.Generate()
	if err != nil {
		fmt.Println(err)
		return
	}
	for i := 3; i < 7; i++ {
		fmt.Printf("%-9s %.0f\n", d.Factors[0].Names[d.Factors[0].Labels[i]], d.X.At(i, 0))
	}
	// Output:
	// Thursday  72
	// Friday    115
	// Saturday  143
	// Sunday    116
}
