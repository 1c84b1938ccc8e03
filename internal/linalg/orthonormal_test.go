package linalg

import (
	"context"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"
)

func TestOrthonormalize(t *testing.T) {
	v := random(6, 9)
	copy(v.RawRowView(3), v.RawRowView(1)) // dependent rows
	clear(v.RawRowView(4))
	first := mat.Row(nil, 0, v)
	if err := Orthonormalize(context.Background(), v); err != nil {
		t.Fatal(err)
	}
	var gram mat.Dense
	gram.Mul(v, v.T())
	for i := range 6 {
		for j := range 6 {
			want := 0.
			if i == j {
				want = 1
			}
			if math.Abs(gram.At(i, j)-want) > 1e-14 {
				t.Errorf("rows %d and %d: %v", i, j, gram.At(i, j))
			}
		}
	}
	norm := mat.Norm(mat.NewVecDense(9, first), 2)
	for j, x := range first {
		if math.Abs(v.At(0, j)-x/norm) > 1e-15 {
			t.Errorf("the first row turned")
		}
	}
}
