package datasets

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/rng"
)

// SwissRoll draws rows from a rectangle rolled up in three dimensions, in the
// parametrisation of scikit-learn's make_swiss_roll:
//
//	t = 1.5π(1 + 2u),  x = (t cos t, 21 v, t sin t),  u and v uniform in [0, 1).
//
// A row's coordinates on the roll are the arc length s(t) = ½(t√(t²+1) + asinh t)
// of the spiral, measured from its origin, and the height 21 v. Uniform u means
// that rows thin out along s, as 1/√(t²+1).
//
// The roll bends without stretching, so distances along it are those in the
// rectangle of these coordinates, √(Δs² + Δh²): the rectangle is convex, hence
// the straight segment between two of its points lies within it. Truth.Geodesic
// returns that distance. (The difference of t, which is sometimes taken for Δs,
// is an angle, not a length.)
//
// Sources: Tenenbaum, de Silva and Langford (2000), A global geometric framework
// for nonlinear dimensionality reduction; for the parametrisation, Marsland
// (2009), Machine Learning: An Algorithmic Perspective.
type SwissRoll struct {
	// Rows is the number of samples. Zero means 1000.
	Rows int

	// Seed chooses the sample.
	Seed uint64
}

// Resolve returns the options with the defaults filled in, or a
// *mat32.ParamError for the first that is out of its range.
func (g SwissRoll) Resolve() (SwissRoll, error) {
	o := options{generator: "datasets.SwissRoll"}
	check(&o, "Rows", &g.Rows, standardRows, 1, mostRows)
	return g, o.err
}

// Generate returns a Rows × 3 sample whose Truth holds Dimension 2, Geodesic,
// Latent (arc length and height) and Clean; there are no labels. The error is a
// *mat32.ParamError or *mat32.MemoryError. It costs O(Rows).
func (g SwissRoll) Generate() (*Dataset, error) {
	g, err := g.Resolve()
	if err != nil {
		return nil, err
	}
	if err := checkMemory("datasets.SwissRoll", g.Rows, 3+3+2); err != nil {
		return nil, err
	}
	clean := mat.NewDense(g.Rows, 3, nil)
	latent := mat.NewDense(g.Rows, 2, nil)
	eachRow(g.Rows, g.Seed, "swiss roll", func(i int, s *rng.Stream) {
		t := 1.5 * math.Pi * (1 + 2*s.Float64())
		height := 21 * s.Float64()
		sin, cos := math.Sincos(t)
		copy(clean.RawRowView(i), []float64{t * cos, height, t * sin})
		copy(latent.RawRowView(i), []float64{spiralLength(t), height})
	})
	return &Dataset{
		Name:     "swiss roll",
		X:        mat.DenseCopyOf(clean),
		Features: []string{"x", "y", "z"},
		Source:   "generated; Tenenbaum, de Silva and Langford (2000), in scikit-learn's parametrisation",
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

// spiralLength returns the length of the spiral (t cos t, t sin t) from 0 to t,
// the integral of √(t²+1).
func spiralLength(t float64) float64 {
	return (t*math.Sqrt(t*t+1) + math.Asinh(t)) / 2
}
