package search_test

import (
	"context"
	"errors"
	"math"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/search"
)

func TestLVQErrsByHalfAStep(t *testing.T) {
	for _, bits := range []int{4, 8} {
		for _, d := range []int{1, 2, 7, 33} {
			for _, scale := range []float64{1, 1e37, 1e-30} {
				x := fixture.Normal(uint64(d), 300, d)
				x.Scale(scale, x)
				m := must(search.LVQ{Bits: bits}.Fit(context.Background(), x))
				if want := int64(300*((d*bits+7)/8+8) + 4*d); m.Bytes() != want {
					t.Errorf("%d bits, %d columns: %d bytes, want %d", bits, d, m.Bytes(), want)
				}
				back := m.Decoded()
				half := 0.
				for i := range 300 {
					for j := range d {
						err, step := math.Abs(back.At(i, j)-x.At(i, j)), float64(m.Step[i])
						if err > step/2+1e-6*scale*5 {
							t.Fatalf("%d bits, %d columns, scale %g: value %d, %d errs by %v, the step is %v", bits, d, scale, i, j, err, step)
						}
						half = math.Max(half, err/(step+1e-300))
					}
				}
				if d > 2 && half < .4 {
					t.Errorf("%d bits, %d columns: no error above %v steps: they could be longer", bits, d, half)
				}
			}
		}
	}
}

func TestLVQOfEqualAndVastRows(t *testing.T) {
	x := mat.NewDense(9, 5, nil)
	x.Apply(func(i, j int, _ float64) float64 { return float64(j) }, x)
	if back := must(search.LVQ{Bits: 4}.Fit(context.Background(), x)).Decoded(); !mat.Equal(back, x) {
		t.Errorf("equal rows come back as %v", mat.Formatted(back))
	}
	// The largest values come back as numbers, whichever way their last step is rounded.
	top := fixture.Normal(3, 400, 9)
	for i := range 400 {
		row := top.RawRowView(i)
		scale := math.MaxFloat32 / floats.Norm(row, math.Inf(1))
		for j := range row {
			row[j] = math.Min(math.Abs(row[j])*scale, math.MaxFloat32)
		}
	}
	for _, bits := range []int{4, 8} {
		if err := mat32.CheckFloat32(must(search.LVQ{Bits: bits}.Fit(context.Background(), top)).Decoded()); err != nil {
			t.Errorf("%d bits of the largest values: %v", bits, err)
		}
	}
	vast := mat.NewDense(3, 1, []float64{3e38, 3e38, -3e38})
	var de *mat32.DegenerateError
	if _, err := (search.LVQ{}).Fit(context.Background(), vast); !errors.As(err, &de) {
		t.Errorf("rows further from their mean than float32 holds: %v", err)
	}
}
