package topology

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

func ExamplePHDimension_Estimate() {
	d, err := PHDimension{}.Estimate(context.Background(), fixture.B())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.1f\n", d.Value)
	// Output: 2.0
}

// Of samples of all rows, or all but one, the slope is that between trees of these.
func TestPHDimensionByDefinition(t *testing.T) {
	x := fixture.Uniform(4, 80, 2)
	d, err := PHDimension{From: 2, To: 80, Sizes: 2, Samples: 1, Seed: 3, Alpha: .5}.Estimate(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	tree, err := neighbors.MST{}.Fit(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	all, mean := 0., 0.
	for _, e := range tree.Edges {
		all += math.Sqrt(e.Distance)
		mean += e.Distance / 79
	}
	// What the pair of rows in the first sample is at follows from the estimate: it must be
	// one of the distances.
	slope := 1 - .5/d.Value
	pair := math.Pow(all*math.Pow(40, -slope), 2)
	nearest := math.Inf(1)
	for i := range 80 {
		for j := range i {
			nearest = min(nearest, math.Abs(math.Hypot(x.At(i, 0)-x.At(j, 0), x.At(i, 1)-x.At(j, 1))-pair))
		}
	}
	if nearest > 1e-12 || math.Abs(d.Scale-mean) > 1e-12 || !math.IsNaN(d.StdErr) {
		t.Errorf("%v: no two rows are %v apart, by %v", d, pair, nearest)
	}
}

// Squares, cubes and lines by bars of pieces, and squares by rings.
func TestPHDimensionOfKnownShapes(t *testing.T) {
	testenv.Unraced(t)
	for _, c := range []struct {
		by     PHDimension
		d, n   int
		within float64
	}{
		{PHDimension{}, 2, 800, .12}, {PHDimension{Alpha: 1.5}, 3, 800, .3}, {PHDimension{}, 1, 400, .05},
		{PHDimension{Homology: 1, Sizes: 3}, 2, 1500, .9},
	} {
		for seed := range uint64(3) {
			c.by.Seed = seed
			d, err := c.by.Estimate(t.Context(), fixture.Uniform(seed, c.n, c.d))
			if err != nil {
				t.Error(err)
				continue
			}
			if math.Abs(d.Value-float64(c.d)) > c.within {
				t.Errorf("dimension %d by bars of %d: %v", c.d, c.by.Homology, d)
			}
			if !(d.StdErr > 0 && d.StdErr < 2*c.within) {
				t.Errorf("dimension %d by bars of %d: standard error %v", c.d, c.by.Homology, d.StdErr)
			}
		}
	}
}

func TestPHDimensionRefuses(t *testing.T) {
	line := mat.NewDense(40, 1, nil)
	for i := range 40 {
		line.Set(i, 0, float64(i/4))
	}
	for name, p := range map[string]PHDimension{"few distinct": {}, "asked for all": {To: 40}} {
		if _, err := p.Estimate(t.Context(), line); !errors.As(err, new(*mat32.DegenerateError)) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// Rows on a line have no rings.
	if _, err := (PHDimension{Homology: 1}).Estimate(t.Context(), fixture.Uniform(1, 40, 1)); !errors.As(err, new(*mat32.DegenerateError)) {
		t.Errorf("rings on a line: %v", err)
	}
	twins := fixture.Uniform(1, 40, 2)
	twins.SetRow(7, twins.RawRowView(8))
	if d, err := (PHDimension{}).Estimate(t.Context(), twins); err != nil || d.Removed != 1 || d.Rows != 39 {
		t.Errorf("%v, %v with twins", d, err)
	}
}
