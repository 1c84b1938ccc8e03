package frame

import (
	"context"
	"errors"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
)

func TestOfAndScaled(t *testing.T) {
	ctx := context.Background()
	for _, offset := range []float64{0, 1e9} {
		x := mat.NewDense(3, 2, []float64{offset + 1, 4, offset + 2, 4, offset + 3, 4})
		mean, unit, err := Of(ctx, "m", "x", x, 1e-15)
		if want := math.Sqrt(2. / 6); err != nil || mean[0] != offset+2 || mean[1] != 4 || math.Abs(unit-want) > 1e-15 {
			t.Fatalf("mean %v, unit %v, want %v; %v", mean, unit, want, err)
		}
		z, err := Scaled(ctx, x, mean, unit)
		if err != nil {
			t.Fatal(err)
		}
		square := 0.
		for _, v := range z.Data() {
			square += float64(v) * float64(v)
		}
		if z.At(1, 0) != 0 || z.At(2, 1) != 0 || z.At(0, 0) != -z.At(2, 0) || math.Abs(square/6-1) > 1e-6 {
			t.Errorf("the rows are %v", z.Data())
		}
	}
}

func TestRefused(t *testing.T) {
	ctx := context.Background()
	var degenerate *mat32.DegenerateError
	for name, values := range map[string][]float64{
		"equal rows": {1, 2, 1, 2},
		"tiny":       {0, 0, 1e-20, 0},
		"huge":       {0, 0, 1e120, 0},
		"beyond":     {-math.MaxFloat64, 0, math.MaxFloat64, 0},
	} {
		if _, _, err := Of(ctx, "m", "x", mat.NewDense(2, 2, values), 1e-15); !errors.As(err, &degenerate) || degenerate.Method != "m" {
			t.Errorf("%s: %v", name, err)
		}
	}
	var infinite *mat32.NotFiniteError
	if _, err := Scaled(ctx, mat.NewDense(1, 1, []float64{1e60}), []float64{0}, 1e-15); !errors.As(err, &infinite) {
		t.Errorf("beyond float32: %v", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	cancel()
	x := mat.NewDense(2, 1, []float64{1, 2})
	if _, _, err := Of(ctx, "m", "x", x, 1e-15); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if _, err := Scaled(ctx, x, []float64{0}, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
