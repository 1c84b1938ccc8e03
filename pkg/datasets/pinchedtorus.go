package datasets

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/rng"
)

// PinchedTorus draws rows uniformly, by area, from a ring whose tube shrinks to a point
// on one side:
//
//	((R + ρ cos v) cos u, (R + ρ cos v) sin u, ρ sin v)  with  ρ = r sin ½u.
//
// At u = 0 it is a double cone, which is no manifold: Truth.Singular holds that point,
// (R, 0, 0). The shape is a sphere with two points glued to one.
//
// Source: von Rohrscheidt and Rieck (2023), Topological singularity detection at multiple
// scales, which finds the pinch.
type PinchedTorus struct {
	// Rows is the number of samples. Zero means 1000.
	Rows int

	// Radius is R, from the middle of the hole to that of the tube. Zero means 2.
	Radius float64

	// Tube is r, the radius of the tube where it is widest, below Radius. Zero means
	// half of Radius.
	Tube float64

	// Seed chooses the sample.
	Seed uint64
}

// Resolve returns the options with the defaults filled in, or a
// *mat32.ParamError for the first that is out of its range.
func (g PinchedTorus) Resolve() (PinchedTorus, error) {
	o := options{generator: "datasets.PinchedTorus"}
	check(&o, "Rows", &g.Rows, standardRows, 1, mostRows)
	check(&o, "Radius", &g.Radius, 2, smallest, largest)
	check(&o, "Tube", &g.Tube, g.Radius/2, smallest/2, largest)
	if g.Tube >= g.Radius {
		o.refuse("Tube", g.Tube, fmt.Sprintf("Tube < Radius = %v", g.Radius))
	}
	return g, o.err
}

// Generate returns a Rows × 3 sample whose Truth holds Dimension 2, Betti, Singular,
// Latent (u, v and the straight distance from the pinch) and Clean; there are no labels.
// The error is a *mat32.ParamError or *mat32.MemoryError. It costs O(Rows).
func (g PinchedTorus) Generate() (*Dataset, error) {
	g, err := g.Resolve()
	if err != nil {
		return nil, err
	}
	if err := checkMemory("datasets.PinchedTorus", g.Rows, 3+3+3); err != nil {
		return nil, err
	}
	clean := mat.NewDense(g.Rows, 3, nil)
	latent := mat.NewDense(g.Rows, 3, nil)
	most := g.Tube * math.Hypot(g.Radius+g.Tube, g.Tube/2)
	eachRow(g.Rows, g.Seed, "pinched torus", func(i int, s *rng.Stream) {
		for {
			u, v := 2*math.Pi*s.Float64(), 2*math.Pi*s.Float64()
			sinH, cosH := math.Sincos(u / 2)
			sinV, cosV := math.Sincos(v)
			tube := g.Tube * sinH
			from := g.Radius + tube*cosV
			// The lines of u and of v cross at right angles.
			if s.Float64()*most >= tube*math.Hypot(from, g.Tube/2*cosH) {
				continue
			}
			sinU, cosU := math.Sincos(u)
			row := clean.RawRowView(i)
			copy(row, []float64{from * cosU, from * sinU, tube * sinV})
			copy(latent.RawRowView(i), []float64{u, v, math.Hypot(math.Hypot(row[0]-g.Radius, row[1]), row[2])})
			return
		}
	})
	return &Dataset{
		Name:     "pinched torus",
		X:        mat.DenseCopyOf(clean),
		Features: []string{"x", "y", "z"},
		Source:   "generated; von Rohrscheidt and Rieck (2023)",
		Notes:    []string{fmt.Sprintf("radius %v, tube %v, seed %d", g.Radius, g.Tube, g.Seed)},
		Truth: Truth{
			Dimension:   2,
			Betti:       []int{1, 1, 1},
			Singular:    mat.NewDense(1, 3, []float64{g.Radius, 0, 0}),
			Latent:      latent,
			Coordinates: []string{"angle around the hole", "angle around the tube", "distance from the pinch"},
			Clean:       clean,
		},
	}, nil
}
