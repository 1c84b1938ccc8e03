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

// Sets whose boxes can be counted by hand.
func TestBoxesOfKnownSets(t *testing.T) {
	testenv.Unraced(t)
	side := 32
	square, diagonal := mat.NewDense(side*side, 2, nil), mat.NewDense(side*side, 2, nil)
	for i := range side * side {
		square.SetRow(i, []float64{float64(i / side), float64(i % side)})
		diagonal.SetRow(i, []float64{float64(i), float64(i)})
	}
	for order := range 3 {
		e := intrinsic.BoxCounting{Order: float64(order), From: 1, To: 16}
		near(t, "square", estimate(t, e, square).Value, 2, .02)
		near(t, "diagonal", estimate(t, e, diagonal).Value, 1, .01)
	}
	// Sierpiński's triangle has ln 3/ln 2 dimensions; its boxes of 1, 2, 4, … a side are 1, 3, 9, ….
	triangle := mat.NewDense(2187, 2, nil)
	for i := range 2187 {
		x, y := 0, 0
		for v, bit := i, 0; bit < 7; v, bit = v/3, bit+1 {
			x |= v % 3 & 1 << bit
			y |= v % 3 >> 1 << bit
		}
		triangle.SetRow(i, []float64{float64(x), float64(y)})
	}
	near(t, "triangle", estimate(t, intrinsic.BoxCounting{}, triangle).Value, math.Log2(3), .05)
}

func TestErrorOfBoxCounting(t *testing.T) {
	normal := func(seed uint64) *mat.Dense { return fixture.Uniform(seed, 300, 2) }
	honest(t, "information", intrinsic.BoxCounting{Order: 1, From: 2, To: 8}, 80, normal, .6, 1.7)
}

// Boxes that hold several of 1000 rows are larger than the gap between the turns of a roll.
func ExampleBoxCounting_Estimate() {
	roll, err := datasets.SwissRoll{}.Generate()
	if err != nil {
		fmt.Println(err)
		return
	}
	d, err := intrinsic.BoxCounting{Order: 1}.Estimate(context.Background(), roll.X)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.1f\n", d.Value)
	// Output: 2.3
}
