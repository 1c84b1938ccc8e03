package topology_test

import (
	"context"
	"errors"
	"math"
	"testing"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/topology"
)

// typed reports whether an error is one that callers can tell from others.
func typed(err error) bool {
	var (
		param      *mat32.ParamError
		shape      *mat32.ShapeError
		degenerate *mat32.DegenerateError
		notFinite  *mat32.NotFiniteError
		memory     *mat32.MemoryError
	)
	return errors.Is(err, mat32.ErrEmpty) || errors.As(err, &param) || errors.As(err, &shape) || errors.As(err, &degenerate) || errors.As(err, &notFinite) || errors.As(err, &memory)
}

// Clouds of any size, with rows that are equal and values of any magnitude, give numbers or
// errors that say why not.
func FuzzLocalAndByDensity(f *testing.F) {
	f.Add(uint8(12), uint8(2), uint64(1), int8(0), int8(0), 1., uint8(0))
	f.Add(uint8(3), uint8(1), uint64(2), int8(1), int8(1), 1e-160, uint8(2))
	f.Add(uint8(20), uint8(3), uint64(3), int8(5), int8(4), 1e160, uint8(7))
	f.Add(uint8(2), uint8(1), uint64(4), int8(-1), int8(2), 1e-320, uint8(1))
	f.Add(uint8(16), uint8(2), uint64(5), int8(2), int8(3), math.MaxFloat64, uint8(3))
	f.Add(uint8(9), uint8(2), uint64(6), int8(3), int8(9), math.NaN(), uint8(0))
	f.Add(uint8(18), uint8(2), uint64(7), int8(17), int8(18), 1e300, uint8(18))
	f.Add(uint8(163), uint8(1), uint64(17), int8(3), int8(6), 6.848354799475489e+306, uint8(3)) // samples of a line near the largest float64
	f.Fuzz(func(t *testing.T, n, d uint8, seed uint64, neighbors, levels int8, scale float64, twins uint8) {
		rows, cols := int(n)%24, 1+int(d)%4
		if rows == 0 {
			return
		}
		x := fixture.Normal(seed, rows, cols)
		x.Apply(func(i, j int, v float64) float64 {
			if i < int(twins) {
				return 0
			}
			return v * scale
		}, x)
		ctx := context.Background()
		s, err := topology.Euclidicity{Neighbors: int(neighbors), Steps: 2, Size: 12, Samples: 1}.Compute(ctx, x)
		switch {
		case err != nil && !typed(err):
			t.Fatalf("Euclidicity: %v", err)
		case err == nil:
			for k, v := range s.Scores {
				if math.IsNaN(v) != (s.Annuli[k] == 0) || v < 0 || math.IsInf(v, 0) {
					t.Fatalf("point %d has the Euclidicity %v of %d annuli", k, v, s.Annuli[k])
				}
			}
		}
		b, err := topology.DensityRips{Neighbors: int(neighbors), Levels: int(levels)}.Compute(ctx, x)
		switch {
		case err != nil && !typed(err):
			t.Fatalf("DensityRips: %v", err)
		case err == nil:
			for dim, total := range []int{1, 0} {
				if m, err := b.SignedMeasure(dim); err != nil || m.Total() != total {
					t.Fatalf("dimension %d has the total mass %d, want %d: %v", dim, m.Total(), total, err)
				}
			}
		}
	})
}
