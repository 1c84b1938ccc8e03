package geometry

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
)

// Enveloping is how much of the sphere a path on it comes near: the share of points, drawn evenly
// over the sphere, that lie within an angle of the path, which goes from row to row by great
// circles. Features of a network that is trained to regress trace one as the target grows (see
// LabelCentroids); one that has collapsed to an arc leaves most of the sphere empty. On the sphere
// in three dimensions a great circle has sin Angle.
//
// Score takes x of n × d: rows in the order of the path, brought to length 1; those of zeros
// are left out. Its standard error is that of the draws. Time O(Samples·n·d), memory
// 8·n·d bytes and 4 MB.
//
// Source: Z. Dong, Y. Wu, C. Chen, Y. Zou, Y. Zhang and J. Zhou (2025), Improve representation for
// imbalanced regression through geometric constraints, where nearness is to the rows alone.
type Enveloping struct {
	// Angle is how far from the path a point may lie, in radians, at most π/2. Larger
	// values cover more. Default π/12.
	Angle float64

	// Samples is how many points are drawn. The standard error falls with the root of it.
	// Default 10 000.
	Samples int

	// Seed starts the random numbers.
	Seed uint64
}

const enveloping = "geometry.Enveloping"

// Resolve returns the options with defaults filled in, or a *mat32.ParamError; n and d do
// not matter.
func (e Enveloping) Resolve(n, d int) (Enveloping, error) {
	if e.Angle == 0 {
		e.Angle = math.Pi / 12
	}
	if e.Samples == 0 {
		e.Samples = 10_000
	}
	if !(e.Angle > 0 && e.Angle <= math.Pi/2) {
		return e, &mat32.ParamError{Method: enveloping, Param: "Angle", Value: e.Angle, Want: "0 < Angle ≤ π/2, or 0 for π/12"}
	}
	if e.Samples < 2 || e.Samples > 1<<30 {
		return e, &mat32.ParamError{Method: enveloping, Param: "Samples", Value: e.Samples, Want: "2 ≤ Samples ≤ 2³⁰, or 0 for 10 000"}
	}
	return e, nil
}

// Score returns the share of the sphere near the path. Errors: those of Resolve,
// mat32.CheckRows and mat32.Check, *mat32.ShapeError below 2 rows or columns,
// *mat32.DegenerateError where fewer than 2 rows are not zero, *mat32.MemoryError, and one
// that wraps ctx.Err().
func (e Enveloping) Score(ctx context.Context, x mat.Matrix) (measure.Score, error) {
	e, err := e.Resolve(0, 0)
	if err != nil {
		return measure.Score{}, err
	}
	z, err := directionsOf(ctx, enveloping, 2, 1, x)
	if err != nil {
		return measure.Score{}, err
	}
	n, d := z.rows.Dims()
	if d < 2 {
		return measure.Score{}, fmt.Errorf("%s: %w", enveloping, &mat32.ShapeError{What: "x", Rows: z.given, Cols: d, Want: "at least 2 columns"})
	}
	fail := func(err error) (measure.Score, error) {
		return measure.Score{}, fmt.Errorf("%s: %w", enveloping, err)
	}
	steps := make([]float64, n-1) // cosines from row to row
	err = par.Blocks(ctx, n-1, blockRows, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			steps[i] = kernel.Dot64(z.rows.RawRowView(i), z.rows.RawRowView(i+1))
		}
	})
	if err != nil {
		return fail(err)
	}
	const together, strip = 256, 1024
	limit := math.Cos(e.Angle)
	points := mat.NewDense(together, d, nil)
	cosines := make([]float64, together*(strip+1))
	near := make([]bool, together)
	hits := 0
	raw := z.rows.RawMatrix()
	for from := 0; from < e.Samples; from += together {
		count := min(together, e.Samples-from)
		clear(near)
		err := par.Blocks(ctx, count, 16, func(lo, hi int) {
			for i := lo; i < hi; i++ {
				s, p := rng.New(e.Seed, enveloping, from+i), points.RawRowView(i)
				for {
					for j := range p {
						p[j] = s.Normal()
					}
					if normalize(p) {
						break
					}
				}
			}
		})
		if err != nil {
			return fail(err)
		}
		some := points.Slice(0, count, 0, d).(*mat.Dense).RawMatrix()
		for left := 0; left < n-1; left += strip {
			rows := min(strip+1, n-left) // the last row of a strip begins the next
			part := blas64.General{Rows: rows, Cols: d, Stride: raw.Stride, Data: raw.Data[left*raw.Stride : (left+rows-1)*raw.Stride+d]}
			if err := kernel.Gemm64(ctx, blas.NoTrans, blas.Trans, 1, some, part, 0, blas64.General{Rows: count, Cols: rows, Stride: rows, Data: cosines[:count*rows]}); err != nil {
				return fail(err)
			}
			err := par.Blocks(ctx, count, 16, func(lo, hi int) {
				for i := lo; i < hi; i++ {
					for j := 0; j+1 < rows && !near[i]; j++ {
						near[i] = onArc(cosines[i*rows+j], cosines[i*rows+j+1], steps[left+j]) >= limit
					}
				}
			})
			if err != nil {
				return fail(err)
			}
		}
		for _, is := range near[:count] {
			if is {
				hits++
			}
		}
	}
	p := float64(hits) / float64(e.Samples)
	return measure.Score{Name: "enveloping", Value: p, StdErr: math.Sqrt(p * (1 - p) / float64(e.Samples)), Rows: n, Notes: z.notes(),
		Convention: fmt.Sprintf("share of the sphere within %.4g rad of the path, arcs between rows; 1 is all of it", e.Angle)}, nil
}

// onArc returns the cosine of the angle of a point to the nearest of an arc, whose ends have the
// cosines a and b with the point, and c with each other.
func onArc(a, b, c float64) float64 {
	best := max(a, b)
	// The foot on the great circle lies within the arc where it is a positive mixture of the ends;
	// ends that coincide or are opposite have no arc.
	if s := 1 - c*c; s > 1e-12 && a > c*b && b > c*a {
		best = math.Sqrt(max((a*a+b*b-2*c*a*b)/s, 0))
	}
	return best
}
