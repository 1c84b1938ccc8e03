package dr

import (
	"context"
	"math"
	"testing"

	"gonum.org/v1/gonum/blas/blas32"

	"github.com/flatland-go/flatland/internal/rng"
)

func general(rows, cols int) blas32.General {
	return blas32.General{Rows: rows, Cols: cols, Stride: cols, Data: make([]float32, rows*cols)}
}

// Columns of ±1 at right angles: every correlation is known.
func TestBarlowLoss(t *testing.T) {
	ctx := context.Background()
	signs := [][]float32{{1, 1, 1, 1, -1, -1, -1, -1}, {1, 1, -1, -1, 1, 1, -1, -1}, {1, -1, 1, -1, 1, -1, 1, -1}}
	views := func(b ...int) blas32.General { // columns of the second view; −c−1 is column c turned round
		z := general(16, 3)
		for i := range 8 {
			for c := range 3 {
				z.Data[3*i+c] = signs[c][i]
				if b[c] >= 0 {
					z.Data[3*(8+i)+c] = signs[b[c]][i]
				} else {
					z.Data[3*(8+i)+c] = -signs[-b[c]-1][i]
				}
			}
		}
		return z
	}
	for _, c := range []struct {
		z    blas32.General
		want float64
	}{
		{views(0, 1, 2), 0},
		{views(1, 2, 0), 3 + 3*.01},      // nothing agrees, and everything is found elsewhere
		{views(0, 1, -3), 4},             // one is turned round
		{views(0, 0, 0), 0 + 2 + 2*.01},  // one of three agrees
		{views(-1, -2, -3), 3 * 2 * 2.0}, // all are turned round
	} {
		got, err := (&barlow{lambda: .01}).of(ctx, c.z, general(16, 3))
		if err != nil || math.Abs(got-c.want) > 1e-6 {
			t.Errorf("loss %v, want %v (%v)", got, c.want, err)
		}
	}
}

func TestBarlowGradient(t *testing.T) {
	ctx := context.Background()
	z, dz, spare := general(40, 5), general(40, 5), general(40, 5)
	s := rng.New(1, "barlow/test", 0)
	for i := range z.Data {
		z.Data[i] = float32(s.Normal())
	}
	l := &barlow{lambda: .1}
	if _, err := l.of(ctx, z, dz); err != nil {
		t.Fatal(err)
	}
	for i := range z.Data {
		const h = 1. / 64
		at := z.Data[i]
		z.Data[i] = at + h
		up, _ := l.of(ctx, z, spare)
		z.Data[i] = at - h
		down, _ := l.of(ctx, z, spare)
		z.Data[i] = at
		if got := (up - down) / (2 * h); math.Abs(got-float64(dz.Data[i])) > 1e-4 {
			t.Fatalf("value %d: the slope is %v, the gradient says %v", i, got, dz.Data[i])
		}
	}
}
