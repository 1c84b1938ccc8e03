package intrinsic_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/intrinsic"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// Ratios of distances take a lattice for many dimensions: they refuse it, as they do data
// rounded to one, and say where a few distances are equal.
func TestRoundedData(t *testing.T) {
	testenv.Unraced(t)
	normal := fixture.Normal(91, 600, 3)
	rounded := mapped(normal, func(_, _ int, v float64) float64 { return math.Round(2*v) / 2 })
	line := mat.NewDense(200, 1, nil)
	for i := range 200 {
		line.Set(i, 0, float64(i))
	}
	few := mat.DenseCopyOf(normal) // with three rows halfway between two others, far away
	for i := range 3 {
		few.SetRow(3*i, []float64{1e3 * float64(i+1), 0, 0})
		few.SetRow(3*i+1, []float64{1e3*float64(i+1) + 1, 0, 0})
		few.SetRow(3*i+2, []float64{1e3*float64(i+1) + 2, 0, 0})
	}
	for name, e := range map[string]estimator{
		"TwoNN":                intrinsic.TwoNN{},
		"TwoNN by likelihood":  intrinsic.TwoNN{Fit: intrinsic.MaximumLikelihood},
		"Gride":                intrinsic.Gride{},
		"MiND":                 intrinsic.MiND{},
		"Hidalgo":              intrinsic.Hidalgo{Sweeps: 20, Chains: 1},
		"CorrelationDimension": intrinsic.CorrelationDimension{},
	} {
		for data, x := range map[string]mat.Matrix{"rounded": rounded, "a line of steps": line} {
			d, err := e.Estimate(context.Background(), x)
			if !errors.As(err, new(*mat32.DegenerateError)) || !strings.Contains(err.Error(), "I3D") {
				t.Errorf("%s, %s: %v, %v", name, data, d, err)
			}
		}
		d := estimate(t, e, few)
		if !strings.Contains(strings.Join(d.Notes, " "), "of 3 of the 600 distinct rows are equally far") || math.Abs(d.Value-3) > 1 {
			t.Errorf("%s, few: %v", name, d)
		}
		if d := estimate(t, e, normal); len(d.Notes) != 0 {
			t.Errorf("%s, normal: %v", name, d.Notes)
		}
	}
	i3d := intrinsic.I3D{Spacing: .5}
	near(t, "I3D", estimate(t, i3d, rounded).Value, 3, .25)
}
