package datasets

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/rng"
)

// Torus draws rows uniformly, by area, from a torus: the ring in three
// dimensions,
//
//	((R + r cos v) cos u, (R + r cos v) sin u, r sin v),
//
// or, with Flat, the product of two circles in four,
//
//	(R cos u, R sin u, r cos v, r sin v).
//
// The flat torus is a rectangle of 2πR × 2πr whose opposite sides are joined:
// Truth.Geodesic is the length of the shortest of the straight lines between two
// of its points, √(R²Δu² + r²Δv²) with angles between −π and π. The shortest
// paths on the ring have no closed form, and Geodesic is nil; its Gaussian
// curvature, cos v / (r(R + r cos v)), has either sign.
//
// Source for the draw on the ring: Diaconis, Holmes and Shahshahani (2013),
// Sampling from a manifold.
type Torus struct {
	// Rows is the number of samples. Zero means 1000.
	Rows int

	// Radius is R, from the middle of the hole to that of the tube. Zero means 2.
	Radius float64

	// Tube is r, the radius of the tube, below Radius unless Flat. Zero means half
	// of Radius.
	Tube float64

	// Flat asks for the torus in four dimensions that is not bent.
	Flat bool

	// Seed chooses the sample.
	Seed uint64
}

// Resolve returns the options with the defaults filled in, or a
// *mat32.ParamError for the first that is out of its range.
func (g Torus) Resolve() (Torus, error) {
	o := options{generator: "datasets.Torus"}
	check(&o, "Rows", &g.Rows, standardRows, 1, mostRows)
	check(&o, "Radius", &g.Radius, 2, smallest, largest)
	check(&o, "Tube", &g.Tube, g.Radius/2, smallest/2, largest)
	if !g.Flat && g.Tube >= g.Radius {
		o.refuse("Tube", g.Tube, fmt.Sprintf("Tube < Radius = %v, or Flat", g.Radius))
	}
	return g, o.err
}

// Generate returns a Rows × 3 sample, Rows × 4 when Flat, whose Truth holds
// Dimension 2, Betti, Latent (the angles u and v in [0, 2π)), Clean and, when Flat,
// Geodesic; there are no labels. The error is a *mat32.ParamError or
// *mat32.MemoryError. It costs O(Rows).
func (g Torus) Generate() (*Dataset, error) {
	g, err := g.Resolve()
	if err != nil {
		return nil, err
	}
	name, features := "torus", []string{"x", "y", "z"}
	if g.Flat {
		name, features = "flat torus", axes(4)
	}
	cols := len(features)
	if err := checkMemory("datasets.Torus", g.Rows, 2*cols+2); err != nil {
		return nil, err
	}
	clean := mat.NewDense(g.Rows, cols, nil)
	latent := mat.NewDense(g.Rows, 2, nil)
	eachRow(g.Rows, g.Seed, name, func(i int, s *rng.Stream) {
		u, v := 2*math.Pi*s.Float64(), 2*math.Pi*s.Float64()
		// The ring is longer outside than inside: a draw of v is accepted in
		// proportion to the length of its circle.
		for !g.Flat && s.Float64()*(g.Radius+g.Tube) >= g.Radius+g.Tube*math.Cos(v) {
			v = 2 * math.Pi * s.Float64()
		}
		sinU, cosU := math.Sincos(u)
		sinV, cosV := math.Sincos(v)
		row := clean.RawRowView(i)
		if g.Flat {
			copy(row, []float64{g.Radius * cosU, g.Radius * sinU, g.Tube * cosV, g.Tube * sinV})
		} else {
			from := g.Radius + g.Tube*cosV
			copy(row, []float64{from * cosU, from * sinU, g.Tube * sinV})
		}
		copy(latent.RawRowView(i), []float64{u, v})
	})
	truth := Truth{
		Dimension:   2,
		Betti:       []int{1, 2, 1},
		Latent:      latent,
		Coordinates: []string{"angle around the hole", "angle around the tube"},
		Clean:       clean,
	}
	if g.Flat {
		truth.Geodesic = func(i, j int) float64 {
			a, b := latent.RawRowView(i), latent.RawRowView(j)
			return math.Hypot(g.Radius*turn(a[0], b[0]), g.Tube*turn(a[1], b[1]))
		}
	}
	return &Dataset{
		Name:     name,
		X:        mat.DenseCopyOf(clean),
		Features: features,
		Source:   "generated; Diaconis, Holmes and Shahshahani (2013)",
		Notes:    []string{fmt.Sprintf("radius %v, tube %v, seed %d", g.Radius, g.Tube, g.Seed)},
		Truth:    truth,
	}, nil
}

// turn returns the angle between two directions in [0, 2π), at most π.
func turn(a, b float64) float64 {
	d := math.Abs(a - b)
	return min(d, 2*math.Pi-d)
}
