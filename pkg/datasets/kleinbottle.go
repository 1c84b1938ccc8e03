package datasets

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/rng"
)

// KleinBottle draws rows uniformly, by area, from a tube that meets itself turned over.
// It has one side only, and fits into four dimensions without crossing itself:
//
//	((R + r cos v) cos u, (R + r cos v) sin u, r sin v cos ½u, r sin v sin ½u).
//
// With Crossed it is the one in three whose section is a figure eight that makes half a
// turn on its way,
//
//	((R + r p) cos u, (R + r p) sin u, r q)  with  p = cos ½u sin v − sin ½u sin 2v,
//	                                               q = sin ½u sin v + cos ½u sin 2v,
//
// and crosses itself in the circle of radius R. Modulo 2 both have the Betti numbers
// 1, 2, 1, those of a torus; modulo any odd prime the first has 1, 1, 0, the second still
// 1, 2, 1, and a torus as well.
type KleinBottle struct {
	// Rows is the number of samples. Zero means 1000.
	Rows int

	// Radius is R, from the middle of the hole to that of the tube. Zero means 2.
	Radius float64

	// Tube is r, the size of the tube, below Radius, and below half of it if Crossed.
	// Zero means half of Radius, or a quarter.
	Tube float64

	// Crossed asks for the bottle in three dimensions.
	Crossed bool

	// Seed chooses the sample.
	Seed uint64
}

// Resolve returns the options with the defaults filled in, or a
// *mat32.ParamError for the first that is out of its range.
func (g KleinBottle) Resolve() (KleinBottle, error) {
	o := options{generator: "datasets.KleinBottle"}
	check(&o, "Rows", &g.Rows, standardRows, 1, mostRows)
	check(&o, "Radius", &g.Radius, 2, smallest, largest)
	widest, standard, want := g.Radius, g.Radius/2, "Tube < Radius = %v"
	if g.Crossed {
		widest, standard, want = g.Radius/2, g.Radius/4, "Tube < ½ Radius = %v"
	}
	check(&o, "Tube", &g.Tube, standard, smallest/4, largest)
	if g.Tube >= widest {
		o.refuse("Tube", g.Tube, fmt.Sprintf(want, widest))
	}
	return g, o.err
}

// Generate returns a Rows × 4 sample, Rows × 3 when Crossed, whose Truth holds
// Dimension 2, Betti, Latent (u and v) and Clean; there are no labels. The error is a
// *mat32.ParamError or *mat32.MemoryError. It costs O(Rows).
func (g KleinBottle) Generate() (*Dataset, error) {
	g, err := g.Resolve()
	if err != nil {
		return nil, err
	}
	name, features, place := "klein bottle", axes(4), g.embedded
	most := math.Hypot(g.Radius+g.Tube, g.Tube/2)
	if g.Crossed {
		name, features, place = "crossed klein bottle", []string{"x", "y", "z"}, g.crossed
		most = math.Hypot(math.Sqrt(5)*(g.Radius+math.Sqrt2*g.Tube), math.Sqrt(10)/2*g.Tube)
	}
	cols := len(features)
	if err := checkMemory("datasets.KleinBottle", g.Rows, 2*cols+2); err != nil {
		return nil, err
	}
	clean := mat.NewDense(g.Rows, cols, nil)
	latent := mat.NewDense(g.Rows, 2, nil)
	eachRow(g.Rows, g.Seed, name, func(i int, s *rng.Stream) {
		for {
			at := latent.RawRowView(i)
			at[0], at[1] = 2*math.Pi*s.Float64(), 2*math.Pi*s.Float64()
			if s.Float64()*most < place(clean.RawRowView(i), at[0], at[1]) {
				return
			}
		}
	})
	return &Dataset{
		Name:     name,
		X:        mat.DenseCopyOf(clean),
		Features: features,
		Source:   "generated; the bottle of Klein (1882)",
		Notes:    []string{fmt.Sprintf("radius %v, tube %v, seed %d", g.Radius, g.Tube, g.Seed)},
		Truth: Truth{
			Dimension:   2,
			Betti:       []int{1, 2, 1},
			Latent:      latent,
			Coordinates: []string{"angle around the hole", "angle around the tube"},
			Clean:       clean,
		},
	}, nil
}

// embedded writes the place of (u, v) in four dimensions and returns the area of the
// patch du dv there, divided by the tube's radius.
func (g KleinBottle) embedded(row []float64, u, v float64) float64 {
	sinU, cosU := math.Sincos(u)
	sinH, cosH := math.Sincos(u / 2)
	sinV, cosV := math.Sincos(v)
	from := g.Radius + g.Tube*cosV
	row[0], row[1], row[2], row[3] = from*cosU, from*sinU, g.Tube*sinV*cosH, g.Tube*sinV*sinH
	return math.Hypot(from, g.Tube/2*sinV) // lines of u and v cross at right angles
}

// crossed does so in three dimensions.
func (g KleinBottle) crossed(row []float64, u, v float64) float64 {
	sinU, cosU := math.Sincos(u)
	sinH, cosH := math.Sincos(u / 2)
	sinV, cosV := math.Sincos(v)
	sin2, cos2 := math.Sincos(2 * v)
	p, q := cosH*sinV-sinH*sin2, sinH*sinV+cosH*sin2
	from := g.Radius + g.Tube*p
	row[0], row[1], row[2] = from*cosU, from*sinU, g.Tube*q
	// |Xu|²|Xv|² − (Xu·Xv)²: the section turns, and so moves within its own plane.
	speed := math.Hypot(cosV, 2*cos2)
	return math.Hypot(from*speed, g.Tube/2*(sinV*cosV+2*sin2*cos2))
}
