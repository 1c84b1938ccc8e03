package datasets

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/rng"
)

// FigureEight draws rows uniformly, by length, from the curve of Gerono,
//
//	(r sin t, r sin t cos t),
//
// which crosses itself at right angles in the origin: there it is no manifold, and has
// two rings. Truth.Singular holds the crossing.
type FigureEight struct {
	// Rows is the number of samples. Zero means 1000.
	Rows int

	// Radius is r, half of the curve's width. Zero means 1.
	Radius float64

	// Seed chooses the sample.
	Seed uint64
}

// Resolve returns the options with the defaults filled in, or a
// *mat32.ParamError for the first that is out of its range.
func (g FigureEight) Resolve() (FigureEight, error) {
	o := options{generator: "datasets.FigureEight"}
	check(&o, "Rows", &g.Rows, standardRows, 1, mostRows)
	check(&o, "Radius", &g.Radius, 1, smallest, largest)
	return g, o.err
}

// Generate returns a Rows × 2 sample with the ring of every row as label, whose Truth
// holds Dimension 1, Betti, Singular, Latent (t and the straight distance from the
// crossing) and Clean. The error is a *mat32.ParamError or *mat32.MemoryError. It costs
// O(Rows).
func (g FigureEight) Generate() (*Dataset, error) {
	g, err := g.Resolve()
	if err != nil {
		return nil, err
	}
	if err := checkMemory("datasets.FigureEight", g.Rows, 2+2+2+1); err != nil {
		return nil, err
	}
	clean := mat.NewDense(g.Rows, 2, nil)
	latent := mat.NewDense(g.Rows, 2, nil)
	labels := make([]int, g.Rows)
	eachRow(g.Rows, g.Seed, "figure eight", func(i int, s *rng.Stream) {
		t := 2 * math.Pi * s.Float64()
		for s.Float64()*math.Sqrt2 >= math.Hypot(math.Cos(t), math.Cos(2*t)) {
			t = 2 * math.Pi * s.Float64()
		}
		sin, cos := math.Sincos(t)
		row := clean.RawRowView(i)
		row[0], row[1] = g.Radius*sin, g.Radius*sin*cos
		if sin < 0 {
			labels[i] = 1
		}
		latent.Set(i, 0, t)
		latent.Set(i, 1, math.Hypot(row[0], row[1]))
	})
	return &Dataset{
		Name:     "figure eight",
		X:        mat.DenseCopyOf(clean),
		Labels:   labels,
		Names:    []string{"right", "left"},
		Features: []string{"x", "y"},
		Source:   "generated; the curve of Gerono",
		Notes:    []string{fmt.Sprintf("radius %v, seed %d", g.Radius, g.Seed)},
		Truth: Truth{
			Dimension:   1,
			Betti:       []int{1, 2},
			Singular:    mat.NewDense(1, 2, nil),
			Latent:      latent,
			Coordinates: []string{"parameter", "distance from the crossing"},
			Clean:       clean,
		},
	}, nil
}
