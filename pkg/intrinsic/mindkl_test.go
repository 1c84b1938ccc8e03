package intrinsic_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/intrinsic"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// Cubes of dimension 10, in which MiND falls short by a sixth for their edges, as balls of
// that dimension do: over five samples MiNDKL errs by less than two thirds as much.
func TestMiNDKLBeatsMiNDInHighDimension(t *testing.T) {
	testenv.Unraced(t)
	var kl, ml, off float64
	for seed := range uint64(5) {
		x := fixture.Uniform(60+seed, 300, 10)
		one := estimate(t, intrinsic.MiNDKL{MaxDimension: 25, Draws: 5, Seed: seed}, x).Value
		kl += one / 5
		off += math.Abs(one-10) / 5
		ml += estimate(t, intrinsic.MiND{Neighbors: 10}, x).Value / 5
	}
	t.Logf("MiNDKL %.2f, off by %.2f; MiND %.2f", kl, off, ml)
	if off > 2./3*(10-ml) || math.Abs(kl-10) > .1*10 {
		t.Errorf("MiNDKL %.2f, off by %.2f; MiND %.2f", kl, off, ml)
	}
}

func TestErrorOfMiNDKL(t *testing.T) {
	cube := func(seed uint64) *mat.Dense { return fixture.Uniform(seed, 120, 4) }
	honest(t, "cube", intrinsic.MiNDKL{MaxDimension: 12, Draws: 2}, 25, cube, .5, 2)
}

func TestMiNDKLSaysWhenItIsAtItsBound(t *testing.T) {
	x := fixture.Uniform(82, 150, 6)
	at := estimate(t, intrinsic.MiNDKL{MaxDimension: 3, Draws: 2, Integer: true}, x)
	if at.Value != 3 || len(at.Notes) != 1 || !strings.Contains(at.Notes[0], "bound MaxDimension = 3") || !math.IsNaN(at.StdErr) {
		t.Errorf("bounded by 3: %v", at)
	}
	for param, list := range map[string][]intrinsic.MiNDKL{
		"Neighbors": {{Neighbors: -1}, {Neighbors: 149}}, "MaxDimension": {{MaxDimension: -1}}, "Draws": {{Draws: -1}, {Draws: 101}}, "MemoryLimit": {{MemoryLimit: -1}},
	} {
		for _, e := range list {
			_, err := e.Estimate(context.Background(), x)
			var p *mat32.ParamError
			if !errors.As(err, &p) || p.Param != param {
				t.Errorf("%+v: %v", e, err)
			}
		}
	}
}

func ExampleMiNDKL_Estimate() {
	x := fixture.Uniform(1, 200, 10)
	for _, e := range []estimator{intrinsic.MiND{Integer: true}, intrinsic.MiNDKL{Integer: true, MaxDimension: 20}} {
		d, err := e.Estimate(context.Background(), x)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%s: %.0f\n", d.Method, d.Value)
	}
	// Output:
	// MiND: 8
	// MiNDKL: 9
}
