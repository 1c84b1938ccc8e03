package datasets

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/rng"
)

// LinkedRings draws rows uniformly from a chain of circles of radius 1 in three
// dimensions, each of which goes through the next: they lie in turn in the planes of x, y
// and of x, z, with centres 3/2 apart along x, and come within ½ of each other. They are
// pieces and rings of their own, whatever they are linked with: no projection to the
// plane shows them apart, and homology does not see the link.
type LinkedRings struct {
	// Rows is the number of samples. Zero means 1000.
	Rows int

	// Rings is how many there are. Zero means 2.
	Rings int

	// Seed chooses the sample.
	Seed uint64
}

// Resolve returns the options with the defaults filled in, or a
// *mat32.ParamError for the first that is out of its range.
func (g LinkedRings) Resolve() (LinkedRings, error) {
	o := options{generator: "datasets.LinkedRings"}
	check(&o, "Rows", &g.Rows, standardRows, 1, mostRows)
	check(&o, "Rings", &g.Rings, 2, 1, mostDims)
	return g, o.err
}

// Generate returns a Rows × 3 sample with the ring of every row as label, whose Truth
// holds Dimension 1, Betti, Centers, Latent (the angle) and Clean. The error is a
// *mat32.ParamError or *mat32.MemoryError. It costs O(Rows).
func (g LinkedRings) Generate() (*Dataset, error) {
	g, err := g.Resolve()
	if err != nil {
		return nil, err
	}
	if err := checkMemory("datasets.LinkedRings", max(g.Rows, g.Rings), 3+3+2); err != nil {
		return nil, err
	}
	centers := mat.NewDense(g.Rings, 3, nil)
	for k := range g.Rings {
		centers.Set(k, 0, 1.5*float64(k))
	}
	clean := mat.NewDense(g.Rows, 3, nil)
	latent := mat.NewDense(g.Rows, 1, nil)
	labels := deal(g.Rows, g.Rings, g.Seed, "linked rings/labels")
	eachRow(g.Rows, g.Seed, "linked rings", func(i int, s *rng.Stream) {
		k, t := labels[i], 2*math.Pi*s.Float64()
		sin, cos := math.Sincos(t)
		clean.Set(i, 0, centers.At(k, 0)+cos)
		clean.Set(i, 1+k%2, sin)
		latent.Set(i, 0, t)
	})
	return &Dataset{
		Name:     "linked rings",
		X:        mat.DenseCopyOf(clean),
		Labels:   labels,
		Names:    numbered(g.Rings),
		Features: []string{"x", "y", "z"},
		Source:   "generated; the link of Hopf, continued",
		Notes:    []string{fmt.Sprintf("seed %d", g.Seed)},
		Truth: Truth{
			Dimension:   1,
			Betti:       []int{g.Rings, g.Rings},
			Centers:     centers,
			Latent:      latent,
			Coordinates: []string{"angle"},
			Clean:       clean,
		},
	}, nil
}
