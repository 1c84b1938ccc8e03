package geometry

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// MSTUniformity is the length of the minimum spanning tree of rows brought to length 1, over
// that of as many points drawn evenly over the sphere: 0 where all rows point one way, 1 where
// they are as even as chance makes them, a little more where they keep apart, as corners of a
// simplex. It falls when dimensions collapse as well as when rows crowd.
//
// Score takes x of n × d; rows of zeros are left out. Its standard error is that of the draws
// it is compared with. Time of Draws+1 trees (neighbors.MST), memory 16·n·d bytes and that of one.
//
// Source: J. Mordacq, D. Loiseaux, V. Kalogeiton and S. Oudot (2025), T-REGS: minimum spanning
// tree regularization for self-supervised learning, where the length is a term of a loss.
type MSTUniformity struct {
	// Draws is how many even samples the length is compared with. Larger values take as many
	// times longer. Default 4.
	Draws int

	// Seed starts the random numbers.
	Seed uint64
}

const mstUniformity = "geometry.MSTUniformity"

// Resolve returns the options with defaults filled in, or a *mat32.ParamError; n and d do
// not matter.
func (m MSTUniformity) Resolve(n, d int) (MSTUniformity, error) {
	if m.Draws == 0 {
		m.Draws = 4
	}
	if m.Draws < 1 || m.Draws > 1<<20 {
		return m, &mat32.ParamError{Method: mstUniformity, Param: "Draws", Value: m.Draws, Want: "1 ≤ Draws ≤ 1048576, or 0 for 4"}
	}
	return m, nil
}

// Score returns the uniformity of the rows of x. Errors: those of Resolve, mat32.CheckRows and
// mat32.Check, *mat32.ShapeError below 2 rows or columns, *mat32.DegenerateError where fewer than
// 2 rows are not zero, *mat32.MemoryError, and one that wraps ctx.Err().
func (m MSTUniformity) Score(ctx context.Context, x mat.Matrix) (measure.Score, error) {
	m, err := m.Resolve(0, 0)
	if err != nil {
		return measure.Score{}, err
	}
	z, err := directionsOf(ctx, mstUniformity, 2, 2, x)
	if err != nil {
		return measure.Score{}, err
	}
	n, d := z.rows.Dims()
	if d < 2 {
		return measure.Score{}, fmt.Errorf("%s: %w", mstUniformity, &mat32.ShapeError{What: "x", Rows: z.given, Cols: d, Want: "at least 2 columns"})
	}
	fail := func(err error) (measure.Score, error) { return measure.Score{}, mat32.Rename(mstUniformity, err) }
	tree, err := neighbors.MST{}.Fit(ctx, z.rows)
	if err != nil {
		return fail(err)
	}
	even := make([]float64, m.Draws)
	points := mat.NewDense(n, d, nil)
	for k := range even {
		err := par.Blocks(ctx, n, blockRows, func(lo, hi int) {
			for i := lo; i < hi; i++ {
				s, p := rng.New(m.Seed, mstUniformity, k*n+i), points.RawRowView(i)
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
		t, err := neighbors.MST{}.Fit(ctx, points)
		if err != nil {
			return fail(err)
		}
		even[k] = t.Length()
	}
	mean, square := totalOf(even)/float64(m.Draws), 0.
	for _, l := range even {
		square += (l - mean) * (l - mean)
	}
	s := measure.Score{Name: "MST uniformity", Value: tree.Length() / mean, Rows: n, Notes: z.notes(),
		Convention: fmt.Sprintf("length of the minimum spanning tree of unit rows over that of %d even samples; 0 is a single direction, 1 even", m.Draws)}
	if m.Draws > 1 {
		s.StdErr = s.Value / mean * math.Sqrt(square/float64(m.Draws-1)/float64(m.Draws))
	}
	return finite(mstUniformity, s)
}
