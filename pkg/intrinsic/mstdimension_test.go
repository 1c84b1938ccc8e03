package intrinsic_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/intrinsic"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// The slope through the lengths of scipy's trees of the first 100, 200, … 500 rows.
func TestMSTDimensionOfPeers(t *testing.T) {
	testenv.Unraced(t)
	matches(t, "MST", intrinsic.MSTDimension{From: 100, To: 500, InOrder: true}, [3]float64{4.516837853, 2.064203833, 2.82486261})
	if d := estimate(t, intrinsic.MSTDimension{From: 100, To: 500, InOrder: true}, fixture.C()); !math.IsNaN(d.StdErr) {
		t.Errorf("one sample of each size has a spread of %v", d.StdErr)
	}
}

// Squared edges of a square add up to the same whatever their number: the length of
// degree α grows as n^((d−α)/d), so other powers see the same dimension.
func TestMSTDimensionOfPowers(t *testing.T) {
	testenv.Unraced(t)
	x := fixture.Uniform(9, 600, 2)
	for _, alpha := range []float64{.5, 1, 1.5} {
		near(t, "power", estimate(t, intrinsic.MSTDimension{Alpha: alpha}, x).Value, 2, .1)
	}
}

func TestErrorOfMSTDimension(t *testing.T) {
	square := func(seed uint64) *mat.Dense { return fixture.Uniform(seed, 150, 2) }
	honest(t, "square", intrinsic.MSTDimension{}, 40, square, .7, 2.2)
}

// A lattice has as many edges of length one as it has rows, in any number.
func TestMSTDimensionOfLattice(t *testing.T) {
	line := mat.NewDense(60, 1, nil)
	for i := range 60 {
		line.Set(i, 0, float64(i))
	}
	if _, err := (intrinsic.MSTDimension{InOrder: true}).Estimate(context.Background(), line); !errors.As(err, new(*mat32.DegenerateError)) {
		t.Errorf("got %v", err)
	}
}

func ExampleMSTDimension_Estimate() {
	roll, err := datasets.SwissRoll{}.Generate()
	if err != nil {
		fmt.Println(err)
		return
	}
	d, err := intrinsic.MSTDimension{}.Estimate(context.Background(), roll.X)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.1f\n", d.Value)
	// Output: 2.0
}
