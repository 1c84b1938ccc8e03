package datasets

import (
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// TwoView draws pairs of rows that two instruments see of one thing: a text and an image of
// it, say. A few coordinates are shared; each view adds private ones of its own, which may
// vary more, turns all of them in random orthonormal directions, and adds noise to every
// column:
//
//	x = B·(z, Spread·u) + Sigma·e,  y = C·(z, Spread·v) + Sigma·f,
//
// with z, u, v, e and f standard normal. What aligns the views must find z, which is not
// where they vary most. It is the model of canonical correlations: F. Bach and M. Jordan
// (2005), A probabilistic interpretation of canonical correlation analysis.
type TwoView struct {
	// Rows is the number of samples. Zero means 1000.
	Rows int

	// Shared is the number of shared coordinates. Zero means 8.
	Shared int

	// Private is the number of private coordinates of each view. Zero means 24.
	Private int

	// Dim is the number of columns of each view, at least Shared + Private. Zero means 40,
	// or Shared + Private where that is more.
	Dim int

	// Spread is the standard deviation of the private coordinates; that of the shared
	// ones is 1. Zero means 2.
	Spread float64

	// Sigma is the standard deviation of the noise. Zero means 0.3.
	Sigma float64

	// Seed chooses the directions and the sample.
	Seed uint64
}

// Resolve returns the options with the defaults filled in, or a *mat32.ParamError for the
// first that is out of its range.
func (g TwoView) Resolve() (TwoView, error) {
	o := options{generator: "datasets.TwoView"}
	check(&o, "Rows", &g.Rows, standardRows, 1, mostRows)
	check(&o, "Shared", &g.Shared, 8, 1, mostDims)
	check(&o, "Private", &g.Private, 24, 1, mostDims)
	check(&o, "Dim", &g.Dim, max(40, g.Shared+g.Private), 1, 2*mostDims)
	check(&o, "Spread", &g.Spread, 2, smallest, largest)
	check(&o, "Sigma", &g.Sigma, .3, smallest, largest)
	if g.Dim < g.Shared+g.Private {
		o.refuse("Dim", g.Dim, fmt.Sprintf("at least Shared + Private = %d", g.Shared+g.Private))
	}
	return g, o.err
}

// Generate returns two Rows × Dim samples, row i of both being of one thing. The Truth of
// each holds Latent (the shared coordinates, of both the same), Bases (the directions of the
// shared coordinates and after them those of the private ones, in one matrix), Clean and
// Dimension (Shared + Private). The error is a *mat32.ParamError or *mat32.MemoryError. It
// costs O(Rows·Dim·(Shared + Private)).
func (g TwoView) Generate() (x, y *Dataset, err error) {
	g, err = g.Resolve()
	if err != nil {
		return nil, nil, err
	}
	inner := g.Shared + g.Private
	need := 16 * (int64(g.Rows)*int64(2*g.Dim+g.Shared+inner) + int64(inner)*int64(g.Dim))
	if err := mat32.CheckMemory("datasets.TwoView", need, 0, "ask for fewer Rows or dimensions"); err != nil {
		return nil, nil, err
	}
	view := func(v string) *Dataset {
		latent := mat.NewDense(g.Rows, inner, nil)
		shared := mat.NewDense(g.Rows, g.Shared, nil)
		eachRow(g.Rows, g.Seed, "twoview/shared", func(i int, s *rng.Stream) {
			for j := range g.Shared {
				z := s.Normal()
				latent.Set(i, j, z)
				shared.Set(i, j, z)
			}
		})
		eachRow(g.Rows, g.Seed, "twoview/private/"+v, func(i int, s *rng.Stream) {
			row := latent.RawRowView(i)[g.Shared:]
			for j := range row {
				row[j] = g.Spread * s.Normal()
			}
		})
		b := basis(inner, g.Dim, g.Seed, "twoview/directions/"+v)
		clean := span(latent, b)
		seen := mat.DenseCopyOf(clean)
		eachRow(g.Rows, g.Seed, "twoview/noise/"+v, func(i int, s *rng.Stream) {
			row := seen.RawRowView(i)
			for j := range row {
				row[j] += g.Sigma * s.Normal()
			}
		})
		return &Dataset{
			Name:     "two views, " + v,
			X:        seen,
			Features: axes(g.Dim),
			Source:   "generated; Bach and Jordan (2005)",
			Notes:    []string{fmt.Sprintf("%d coordinates shared, %d private of spread %v, sigma %v, seed %d", g.Shared, g.Private, g.Spread, g.Sigma, g.Seed)},
			Truth:    Truth{Dimension: inner, Latent: shared, Coordinates: axes(g.Shared), Bases: []*mat.Dense{b}, Clean: clean},
		}
	}
	return view("first"), view("second"), nil
}
