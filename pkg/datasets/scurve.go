package datasets

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/rng"
)

// SCurve draws rows from a rectangle bent to the letter S in three dimensions, in
// the parametrisation of scikit-learn's make_s_curve:
//
//	x = (sin t, 2v, sign(t)(cos t − 1)),  t = 3π(u − ½),  u and v uniform in [0, 1).
//
// The letter is two arcs of radius 1, along which t is the arc length: (t, 2v)
// are coordinates that keep distances along the surface, rows are uniform on it,
// and Truth.Geodesic is √(Δt² + Δh²), since the rectangle is convex.
//
// Source: Saul and Roweis (2003), Think globally, fit locally: unsupervised
// learning of low dimensional manifolds; scikit-learn's make_s_curve.
type SCurve struct {
	// Rows is the number of samples. Zero means 1000.
	Rows int

	// Seed chooses the sample.
	Seed uint64
}

// Resolve returns the options with the defaults filled in, or a
// *mat32.ParamError for the first that is out of its range.
func (g SCurve) Resolve() (SCurve, error) {
	o := options{generator: "datasets.SCurve"}
	check(&o, "Rows", &g.Rows, standardRows, 1, mostRows)
	return g, o.err
}

// Generate returns a Rows × 3 sample whose Truth holds Dimension 2, Geodesic,
// Latent (arc length and height) and Clean; there are no labels. The error is a
// *mat32.ParamError or *mat32.MemoryError. It costs O(Rows).
func (g SCurve) Generate() (*Dataset, error) {
	g, err := g.Resolve()
	if err != nil {
		return nil, err
	}
	if err := checkMemory("datasets.SCurve", g.Rows, 3+3+2); err != nil {
		return nil, err
	}
	clean := mat.NewDense(g.Rows, 3, nil)
	latent := mat.NewDense(g.Rows, 2, nil)
	eachRow(g.Rows, g.Seed, "s-curve", func(i int, s *rng.Stream) {
		t := 3 * math.Pi * (s.Float64() - 0.5)
		height := 2 * s.Float64()
		sin, cos := math.Sincos(t)
		bend := cos - 1
		if t < 0 {
			bend = -bend
		}
		copy(clean.RawRowView(i), []float64{sin, height, bend})
		copy(latent.RawRowView(i), []float64{t, height})
	})
	return &Dataset{
		Name:     "s-curve",
		X:        mat.DenseCopyOf(clean),
		Features: []string{"x", "y", "z"},
		Source:   "generated; Saul and Roweis (2003), in scikit-learn's parametrisation",
		Notes:    []string{fmt.Sprintf("seed %d", g.Seed)},
		Truth: Truth{
			Dimension: 2,
			Geodesic: func(i, j int) float64 {
				a, b := latent.RawRowView(i), latent.RawRowView(j)
				return math.Hypot(a[0]-b[0], a[1]-b[1])
			},
			Latent:      latent,
			Coordinates: []string{"arc length", "height"},
			Clean:       clean,
		},
	}, nil
}
