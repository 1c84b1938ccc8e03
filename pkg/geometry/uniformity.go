package geometry

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
	"github.com/flatland-go/flatland/pkg/watch"
)

const uniformity = "geometry.Uniformity"

// Uniformity returns the logarithm of the mean Gaussian potential exp(−t·‖u−v‖²) over all
// pairs of different rows of x (n × d), brought to length 1: 0 where all point one way, and
// the lower the more evenly they lie on the sphere, with −4t for two that are opposite.
// Larger t see smaller distances; 2 is customary, and what 0 means. PerRow is the mean
// potential of a row with the others, whose mean has the value for its logarithm.
//
// It hardly sees that whole dimensions are empty: see UniformityW2, which does, and
// CheckUniformity. Rows are seen from the origin; those of zeros are left out.
//
// All pairs are gone through, block by block, in float32 products with float64 sums: six digits
// are kept. Time n²·(d + an exponential)/2 operations, memory 12·n·d bytes and 64 KB a core.
// Errors: those of mat32.CheckRows and mat32.Check, *mat32.ShapeError below 2 rows,
// *mat32.ParamError for a t that is negative or not finite, *mat32.DegenerateError where fewer
// than 2 rows are not zero, or where t is so large that the mean is 0 in float64,
// *mat32.MemoryError, and one that wraps ctx.Err().
//
// Source: T. Wang and P. Isola (2020), Understanding contrastive representation learning
// through alignment and uniformity on the hypersphere.
func Uniformity(ctx context.Context, x mat.Matrix, t float64) (measure.Score, error) {
	if !(t >= 0 && t <= math.MaxFloat64) {
		return measure.Score{}, &mat32.ParamError{Method: uniformity, Param: "t", Value: t, Want: "0 < t < ∞, or 0 for 2"}
	}
	if t == 0 {
		t = 2
	}
	z, err := directionsOf(ctx, uniformity, 2, 2, x)
	if err != nil {
		return measure.Score{}, err
	}
	s, err := gaussianPotential(ctx, z, t)
	if err != nil {
		return measure.Score{}, mat32.Rename(uniformity, err)
	}
	return s, nil
}

// tileSide is how many rows are multiplied with as many others at a time.
const tileSide = 128

// gaussianPotential is Uniformity of directions.
func gaussianPotential(ctx context.Context, z *directions, t float64) (measure.Score, error) {
	n, d := z.rows.Dims()
	rows := mat32.Convert(z.rows)
	tiles := (n + tileSide - 1) / tileSide
	span := func(b int) (lo, hi int) { return b * tileSide, min((b+1)*tileSide, n) }
	// Of two tiles, the sums of the rows of the first go to one list and those of the second
	// to the other, so that no two pairs of a round write to the same place.
	first, second := make([]float64, n), make([]float64, n)
	type scratch struct {
		kernel.Tile32
		products []float32
		apart    []float64 // half of the squared distances of a row from those of a tile
	}
	stage := watch.Start(ctx, "uniformity: rounds of tiles", tiles/2+1)
	for away := range tiles/2 + 1 {
		pairs := tiles
		if away > 0 && 2*away == tiles {
			pairs /= 2 // the other half are the same
		}
		err := par.BlocksWith(ctx, pairs, 1, func() *scratch {
			return &scratch{products: make([]float32, tileSide*tileSide), apart: make([]float64, tileSide)}
		}, func(s *scratch, b, _ int) {
			lo, hi := span(b)
			left, right := span((b + away) % tiles)
			s.SetA(rows.Data()[lo*d:hi*d], d)
			s.SetB(rows.Data()[left*d:right*d], d)
			s.Mul(s.products, tileSide)
			for i := range hi - lo {
				from := 0
				if away == 0 {
					from = i + 1
				}
				apart := s.apart[:right-left-from]
				for j := range apart {
					apart[j] = max(1-float64(s.products[i*tileSide+from+j]), 0)
				}
				kernel.Decay64(apart, 2*t)
				own := 0.
				for _, v := range apart {
					own += v
				}
				first[lo+i] += own
				kernel.Axpy64(1, apart, second[left+from:right])
			}
		})
		if err != nil {
			return measure.Score{}, err
		}
		stage.Add(1)
	}
	total := 0.
	for i := range first {
		first[i] = (first[i] + second[i]) / float64(n-1)
		total += first[i]
	}
	if total == 0 {
		return measure.Score{}, &mat32.DegenerateError{Method: uniformity, Reason: fmt.Sprintf("for t = %g the potential of every pair is 0 in float64: take a smaller one", t)}
	}
	return measure.Score{Name: "uniformity", Value: min(math.Log(total/float64(n)), 0), Rows: n, PerRow: perRow(first, z.at, z.given), Notes: z.notes(),
		Convention: fmt.Sprintf("logarithm of the mean Gaussian potential, t = %g; 0 is a single direction, lower is more uniform", t)}, nil
}
