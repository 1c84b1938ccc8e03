package sketch_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/sketch"
)

// What is drawn for very many columns hears a cancel as well as what is then
// multiplied; a single sparse row of them takes hardly any other time.
func TestDrawsHearACancel(t *testing.T) {
	if testing.Short() {
		t.Skip("a measurement of time")
	}
	row := func(d int) *mat32.CSR {
		x, err := mat32.FromTriplets(1, d, []mat32.Triplet{{Row: 0, Col: d / 2, Value: 1}})
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	wide, square := row(1<<21), row(1500)
	for name, c := range map[string]struct {
		s interface {
			Apply(ctx context.Context, x mat.Matrix) (*mat32.Dense, error)
		}
		x *mat32.CSR
	}{
		"CountSketch":    {sketch.CountSketch{}, wide},
		"OSNAP":          {sketch.OSNAP{}, wide},
		"Sparse":         {sketch.Sparse{Density: .05}, wide},
		"Gaussian":       {sketch.Gaussian{}, wide},
		"FFTReduce":      {sketch.FFTReduce{Dim: 4000}, row(1 << 18)},
		"DCT":            {sketch.DCT{Dim: 1 << 17}, row(1 << 18)},
		"RandomFeatures": {sketch.RandomFeatures{Dim: 60000, Coupling: sketch.Orthogonal}, square},
	} {
		late := time.Duration(0)
		for range 4 { // a busy machine may be late once
			ctx, cancel := context.WithCancel(context.Background())
			at := make(chan time.Time, 1)
			time.AfterFunc(20*time.Millisecond, func() { at <- time.Now(); cancel() })
			_, err := c.s.Apply(ctx, c.x)
			late = time.Since(<-at)
			if !errors.Is(err, context.Canceled) {
				t.Fatalf("%s: %v, want a cancel in the midst of the work", name, err)
			}
			if late < 250*time.Millisecond {
				break
			}
		}
		if late >= 250*time.Millisecond {
			t.Errorf("%s: a cancel is heard after %v", name, late)
		}
	}
}
