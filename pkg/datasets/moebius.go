package datasets

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/rng"
)

// Moebius draws rows uniformly, by area, from a band that is joined to itself
// after half twists:
//
//	((1 + s cos ½hφ) cos φ, (1 + s cos ½hφ) sin φ, s sin ½hφ),
//
// with φ in [0, 2π), s in [−½ Width, ½ Width) and h half twists. With an odd
// number it has one side and one edge, as Möbius's has, with an even one two of
// each. The band is stretched where it is twisted: shortest paths on it have no
// closed form, and Truth.Geodesic is nil.
//
// (The "Moebius" of the benchmark of Hein and Audibert (2005), Intrinsic
// dimensionality estimation of submanifolds in R^d, has ten half twists, and so
// two sides. It is HalfTwists: 10, but for its draw of φ and s, which is uniform
// in both.)
type Moebius struct {
	// Rows is the number of samples. Zero means 1000.
	Rows int

	// HalfTwists is h. Zero means 1.
	HalfTwists int

	// Width is that of the band, below 2, in units of the radius of its middle
	// line. Zero means 1.
	Width float64

	// Seed chooses the sample.
	Seed uint64
}

// Resolve returns the options with the defaults filled in, or a
// *mat32.ParamError for the first that is out of its range.
func (g Moebius) Resolve() (Moebius, error) {
	o := options{generator: "datasets.Moebius"}
	check(&o, "Rows", &g.Rows, standardRows, 1, mostRows)
	check(&o, "HalfTwists", &g.HalfTwists, 1, 1, 1000)
	check(&o, "Width", &g.Width, 1, 1e-6, math.Nextafter(2, 0))
	return g, o.err
}

// Generate returns a Rows × 3 sample whose Truth holds Dimension 2, Betti,
// Latent (φ and s) and Clean; there are no labels. The error is a *mat32.ParamError or
// *mat32.MemoryError. It costs O(Rows).
func (g Moebius) Generate() (*Dataset, error) {
	g, err := g.Resolve()
	if err != nil {
		return nil, err
	}
	if err := checkMemory("datasets.Moebius", g.Rows, 3+3+2); err != nil {
		return nil, err
	}
	clean := mat.NewDense(g.Rows, 3, nil)
	latent := mat.NewDense(g.Rows, 2, nil)
	half := float64(g.HalfTwists) / 2
	// area is that of the patch dφ ds at (φ, s).
	area := func(cos, s float64) float64 { return math.Hypot(1+s*cos, half*s) }
	most := area(1, g.Width/2)
	eachRow(g.Rows, g.Seed, "moebius", func(i int, r *rng.Stream) {
		for {
			phi, s := 2*math.Pi*r.Float64(), g.Width*(r.Float64()-0.5)
			sin, cos := math.Sincos(half * phi)
			if r.Float64()*most >= area(cos, s) {
				continue
			}
			sinPhi, cosPhi := math.Sincos(phi)
			from := 1 + s*cos
			copy(clean.RawRowView(i), []float64{from * cosPhi, from * sinPhi, s * sin})
			copy(latent.RawRowView(i), []float64{phi, s})
			return
		}
	})
	return &Dataset{
		Name:     "moebius",
		X:        mat.DenseCopyOf(clean),
		Features: []string{"x", "y", "z"},
		Source:   "generated; the band of Möbius (1865) and Listing (1861)",
		Notes:    []string{fmt.Sprintf("half twists %d, width %v, seed %d", g.HalfTwists, g.Width, g.Seed)},
		Truth: Truth{
			Dimension:   2,
			Betti:       []int{1, 1},
			Latent:      latent,
			Coordinates: []string{"angle", "distance from the middle"},
			Clean:       clean,
		},
	}, nil
}
