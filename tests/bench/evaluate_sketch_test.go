package bench

import (
	"math"
	"testing"

	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/tests/bench/wire"
)

// A map that multiplies lengths by 1.1 changes squared distances by 0.21, and what keeps rows changes none, dense or sparse.
func TestDistortionMeasures(t *testing.T) {
	x := sample(t, 40)
	n, d := x.Dims()
	places, values := mat32.NewDense(n, d, nil), mat32.NewDense(n, d, nil)
	for i := range n {
		at := 0
		for j, v := range x.Row(i) {
			if v != 0 {
				places.Row(i)[at], values.Row(i)[at] = float32(j), v
				at++
			}
		}
	}
	for _, c := range []struct {
		m  Measure
		in []*mat32.Dense
	}{{sketchMeasures[0], []*mat32.Dense{x}}, {wordMeasures[0], []*mat32.Dense{places, values}}} {
		for _, scale := range []float64{1, 1.1} {
			z := make([]float64, n*d)
			for i, v := range x.Data() {
				z[i] = float64(v) * scale
			}
			got, err := c.m.Of(c.in, wire.Options{"dim": d, "words": d}, reply(t, n, map[string]any{"map": z}))
			if want := scale*scale - 1; err != nil || math.Abs(got-want) > 1e-5 {
				t.Errorf("times %v: %v and %v, want %v", scale, got, err, want)
			}
		}
	}
}

// The features of rows whose kernel is 0 are at right angles; where the kernel is 1 everywhere, they are off by 1.
func TestKernelMeasure(t *testing.T) {
	x := sample(t, 20)
	z := make([]float64, 20*20)
	for i := range 20 {
		z[21*i] = 1
	}
	for gamma, want := range map[int]float64{1: 0, 1 << 50: 1} {
		got, err := kernelMeasures[0].Of([]*mat32.Dense{x}, wire.Options{"dim": 20, "gamma": gamma}, reply(t, 20, map[string]any{"map": z}))
		if err != nil || math.Abs(got-want) > 1e-6 {
			t.Errorf("kernel of width² %v: %v and %v, want %v", gamma, got, err, want)
		}
	}
}
