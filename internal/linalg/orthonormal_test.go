package linalg

import (
	"context"
	"errors"
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

// Rows that take the way through matrix products, and those that do not.
func TestOrthonormalizeMany(t *testing.T) {
	for name, f := range map[string]func(v *mat.Dense){
		"plain": func(*mat.Dense) {},
		"sizes": func(v *mat.Dense) {
			v.Apply(func(i, _ int, x float64) float64 { return x * math.Pow(10, float64(i%7*80-240)) }, v)
		},
		"dependent": func(v *mat.Dense) { v.SetRow(30, mat.Row(nil, 3, v)); v.SetRow(7, make([]float64, 70)) },
		"close":     func(v *mat.Dense) { v.Apply(func(i, j int, x float64) float64 { return 1 + 1e-5*x }, v) },
	} {
		v := random(40, 70)
		f(v)
		before := mat.DenseCopyOf(v)
		if err := Orthonormalize(context.Background(), v); err != nil {
			t.Fatal(err)
		}
		if e := notOrthonormal(v.T()); !(e < 1e-13) {
			t.Errorf("%s: the rows are not orthonormal by %v", name, e)
		}
		// Row i lies in the span of the first i rows, on the same side.
		var c mat.Dense
		for i := range 40 {
			if row := before.RowView(i).(*mat.VecDense); largest(row) > 0 {
				row.ScaleVec(1/largest(row), row)
			}
		}
		c.Mul(before, v.T())
		for i := range 40 {
			for j := range 40 {
				if x := c.At(i, j); j > i && math.Abs(x) > 1e-12 || j == i && x < -1e-12 {
					t.Fatalf("%s: row %d has the share %v of direction %d", name, i, x, j)
				}
			}
		}
	}
	v := random(40, 70)
	v.Set(20, 20, math.NaN())
	if err := Orthonormalize(context.Background(), v); !errors.Is(err, ErrNotFinite) {
		t.Errorf("got %v for NaN", err)
	}
	if err := Orthonormalize(context.Background(), v.Slice(15, 25, 0, 70).(*mat.Dense)); !errors.Is(err, ErrNotFinite) {
		t.Errorf("got %v for NaN among few rows", err)
	}
}
