package datasets

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/rng"
)

// Annuli draws rows from flat rings in the plane, each uniform by area. Without Apart they
// are nested around the origin, the k-th of the outer radius k, with a gap of the width
// Hole between one and the next. With Apart they have the outer radius 1 and stand side
// by side, their centres Apart from each other: they overlap where it is below 2, and
// have more rows there.
//
// Two rings that overlap enclose what is left of both holes and, where it is below 2·Hole,
// the lens that the holes share. Truth.Betti counts that.
type Annuli struct {
	// Rows is the number of samples. Zero means 1000.
	Rows int

	// Rings is how many there are. Zero means 2.
	Rings int

	// Hole is the inner radius of a ring of the outer radius 1, and the width of the gap
	// between nested ones. Zero means 0.5.
	Hole float64

	// Apart is the distance between the centres of neighbours side by side, in units of
	// the outer radius, above 1 for more than two rings. Zero means nested rings.
	Apart float64

	// Seed chooses the sample.
	Seed uint64
}

// Resolve returns the options with the defaults filled in, or a
// *mat32.ParamError for the first that is out of its range.
func (g Annuli) Resolve() (Annuli, error) {
	o := options{generator: "datasets.Annuli"}
	check(&o, "Rows", &g.Rows, standardRows, 1, mostRows)
	check(&o, "Rings", &g.Rings, 2, 1, 1000)
	check(&o, "Hole", &g.Hole, 0.5, 1e-6, 1-1e-6)
	check(&o, "Apart", &g.Apart, 0, 1e-6, 1e6)
	if g.Rings > 2 && g.Apart > 0 && g.Apart <= 1 {
		o.refuse("Apart", g.Apart, "1 < Apart for more than two rings, or 0 for nested ones")
	}
	return g, o.err
}

// Generate returns a Rows × 2 sample with the ring of every row as label, whose Truth
// holds Dimension 2, Betti, Centers, Latent (the distance from the centre of its ring)
// and Clean. The error is a *mat32.ParamError or *mat32.MemoryError. It costs O(Rows).
func (g Annuli) Generate() (*Dataset, error) {
	g, err := g.Resolve()
	if err != nil {
		return nil, err
	}
	if err := checkMemory("datasets.Annuli", g.Rows, 2+2+2); err != nil {
		return nil, err
	}
	inner, outer := make([]float64, g.Rings), make([]float64, g.Rings)
	centers, shares := mat.NewDense(g.Rings, 2, nil), make([]float64, g.Rings)
	for k := range g.Rings {
		outer[k] = 1
		if g.Apart == 0 {
			outer[k] += float64(k)
		}
		inner[k] = outer[k] - 1 + g.Hole
		centers.Set(k, 0, g.Apart*float64(k))
		shares[k] = outer[k]*outer[k] - inner[k]*inner[k]
	}
	cumulate(shares, shares)
	clean := mat.NewDense(g.Rows, 2, nil)
	latent := mat.NewDense(g.Rows, 1, nil)
	labels := make([]int, g.Rows)
	eachRow(g.Rows, g.Seed, "annuli", func(i int, s *rng.Stream) {
		k := choose(shares, s)
		labels[i] = k
		r := math.Sqrt(inner[k]*inner[k] + s.Float64()*(outer[k]*outer[k]-inner[k]*inner[k]))
		sin, cos := math.Sincos(2 * math.Pi * s.Float64())
		clean.Set(i, 0, centers.At(k, 0)+r*cos)
		clean.Set(i, 1, r*sin)
		latent.Set(i, 0, r)
	})
	return &Dataset{
		Name:     "annuli",
		X:        mat.DenseCopyOf(clean),
		Labels:   labels,
		Names:    numbered(g.Rings),
		Features: []string{"x", "y"},
		Source:   "generated",
		Notes:    []string{fmt.Sprintf("hole %v, apart %v, seed %d", g.Hole, g.Apart, g.Seed)},
		Truth: Truth{
			Dimension:   2,
			Betti:       g.betti(),
			Centers:     centers,
			Latent:      latent,
			Coordinates: []string{"distance from the centre"},
			Clean:       clean,
		},
	}, nil
}

// betti counts the pieces of the plane that the rings cover and enclose.
func (g Annuli) betti() []int {
	n := g.Rings
	if n == 1 || g.Apart == 0 || g.Apart > 2 {
		return []int{n, n}
	}
	enclosed := 0
	if g.Apart > 1-g.Hole { // a hole does not vanish within the next ring's disc
		enclosed += n
	}
	if g.Apart < 2*g.Hole { // neighbouring holes meet
		enclosed += n - 1
	}
	return []int{1, enclosed}
}
