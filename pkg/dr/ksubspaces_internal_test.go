package dr

import (
	"context"
	"errors"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// Copying and scaling many rows takes seconds: where the context is done it does not go on.
func TestKSubspacesHearACancelBeforeTheStarts(t *testing.T) {
	x := mat.NewDense(2, 2, []float64{3, 4, 0, -8})
	f := flats{n: 2, d: 2, rows: mat.NewDense(2, 2, nil), squares: make([]float64, 2)}
	ctx, cancel := context.WithCancel(context.Background())
	if exponent, err := f.scale(ctx, x); err != nil || exponent != 4 || f.squares[0] != 25./256 || f.rows.At(1, 1) != -.5 {
		t.Errorf("rows %v of squares %v in a unit of 2^%d (%v)", f.rows.RawMatrix().Data, f.squares, exponent, err)
	}
	cancel()
	f.rows.Zero()
	if _, err := f.scale(ctx, x); !errors.Is(err, context.Canceled) || f.rows.At(1, 1) != 0 {
		t.Errorf("cancelled: rows %v (%v)", f.rows.RawMatrix().Data, err)
	}
}
