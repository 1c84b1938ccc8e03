package theirs

import (
	"context"
	"math"
	"testing"

	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/tests/bench/wire"
)

// Rows on a line have one component, along it, and their places on it.
func TestGonumPCA(t *testing.T) {
	x := mat32.NewDense(5, 2, nil)
	for i := range 5 {
		x.Row(i)[0], x.Row(i)[1] = float32(3*i+100), float32(4*i)
	}
	r, err := GonumPCA(context.Background(), []*mat32.Dense{x}, wire.Options{}, 0)
	if err != nil {
		t.Fatal(err)
	}
	components, z := r.Arrays[0].Values.([]float64), r.Arrays[1].Values.([]float64)
	sign := math.Copysign(1, components[0])
	if math.Abs(sign*components[0]-.6) > 1e-12 || math.Abs(sign*components[1]-.8) > 1e-12 {
		t.Errorf("the first component is %v", components[:2])
	}
	for i := range 5 {
		if want := 5 * float64(i-2); math.Abs(sign*z[2*i]-want) > 1e-12 || math.Abs(z[2*i+1]) > 1e-12 {
			t.Errorf("row %d is at %v, want %v and 0", i, z[2*i:2*i+2], want)
		}
	}
}
