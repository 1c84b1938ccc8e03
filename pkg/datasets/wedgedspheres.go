package datasets

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/rng"
)

// WedgedSpheres draws rows uniformly from spheres that touch in one point, the origin,
// and share nothing else: two of Dim dimensions, with the centres ±Radius on the first
// axis; or more, whose centres are at ±Radius on the first axis, then on the second,
// and so on. (Spheres on different axes meet in the origin alone only where their rows
// have columns of their own, and so they have: each axis has Dim + 1 columns.)
//
// Everywhere but in the origin the wedge is a manifold of Dim dimensions; there it is
// none, and Truth.Singular says so. Truth.Geodesic is the length of the great circle on
// one sphere, and by way of the origin from one to another.
//
// Source: von Rohrscheidt and Rieck (2023), Topological singularity detection at multiple
// scales, which finds the joint.
type WedgedSpheres struct {
	// Rows is the number of samples. Zero means 1000.
	Rows int

	// Dim is the dimension of the spheres; 1 are circles. Zero means 2.
	Dim int

	// Spheres is how many there are, at least 2. Zero means 2.
	Spheres int

	// Radius is that of every sphere. Zero means 1.
	Radius float64

	// Seed chooses the sample.
	Seed uint64
}

// Resolve returns the options with the defaults filled in, or a
// *mat32.ParamError for the first that is out of its range.
func (g WedgedSpheres) Resolve() (WedgedSpheres, error) {
	o := options{generator: "datasets.WedgedSpheres"}
	check(&o, "Rows", &g.Rows, standardRows, 1, mostRows)
	check(&o, "Dim", &g.Dim, 2, 1, 1000)
	check(&o, "Spheres", &g.Spheres, 2, 2, 1000)
	check(&o, "Radius", &g.Radius, 1, smallest, largest)
	return g, o.err
}

// Generate returns a sample of Rows rows, with Dim + 1 columns for two spheres, and as
// many more for every two further ones. Labels name the sphere; Truth holds Dimension,
// Betti, Singular, Geodesic, Latent (the distance from the origin along the sphere) and
// Clean. The error is a *mat32.ParamError or *mat32.MemoryError. It costs O(Rows·columns).
func (g WedgedSpheres) Generate() (*Dataset, error) {
	g, err := g.Resolve()
	if err != nil {
		return nil, err
	}
	wide := g.Dim + 1
	cols := wide * ((g.Spheres + 1) / 2)
	if err := checkMemory("datasets.WedgedSpheres", g.Rows, 2*cols+2); err != nil {
		return nil, err
	}
	clean := mat.NewDense(g.Rows, cols, nil)
	latent := mat.NewDense(g.Rows, 1, nil)
	labels := deal(g.Rows, g.Spheres, g.Seed, "wedged spheres/labels")
	center := func(sphere int) (column int, at float64) {
		if sphere%2 == 1 {
			return sphere / 2 * wide, -g.Radius
		}
		return sphere / 2 * wide, g.Radius
	}
	home := make([]int, g.Rows) // Labels belong to the caller
	copy(home, labels)
	eachRow(g.Rows, g.Seed, "wedged spheres", func(i int, s *rng.Stream) {
		column, at := center(labels[i])
		row := clean.RawRowView(i)[column : column+wide]
		direction(row, s)
		// From the pole at the origin: atan2 of the two halves of the chord.
		toward, away := math.Copysign(1, -at), 0.
		for j := 1; j < wide; j++ {
			away += row[j] * row[j]
		}
		latent.Set(i, 0, g.Radius*math.Atan2(math.Sqrt(away), row[0]*toward))
		for j := range row {
			row[j] *= g.Radius
		}
		row[0] += at
	})
	betti := make([]int, g.Dim+1)
	betti[0] = 1
	betti[g.Dim] += g.Spheres
	on := func(i int) []float64 { // from the centre of its sphere
		column, at := center(home[i])
		row := append([]float64(nil), clean.RawRowView(i)[column:column+wide]...)
		row[0] -= at
		return row
	}
	return &Dataset{
		Name:     "wedged spheres",
		X:        mat.DenseCopyOf(clean),
		Labels:   labels,
		Names:    numbered(g.Spheres),
		Features: axes(cols),
		Source:   "generated; von Rohrscheidt and Rieck (2023)",
		Notes:    []string{fmt.Sprintf("dimension %d, radius %v, seed %d", g.Dim, g.Radius, g.Seed)},
		Truth: Truth{
			Dimension: g.Dim,
			Betti:     betti,
			Singular:  mat.NewDense(1, cols, nil),
			Geodesic: func(i, j int) float64 {
				if home[i] != home[j] {
					return latent.At(i, 0) + latent.At(j, 0)
				}
				if i == j {
					return 0
				}
				return g.Radius * angle(on(i), on(j))
			},
			Latent:      latent,
			Coordinates: []string{"distance from the joint"},
			Clean:       clean,
		},
	}, nil
}
