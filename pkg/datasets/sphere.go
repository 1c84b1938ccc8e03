package datasets

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/rng"
)

// Sphere draws rows uniformly from the surface of the ball of the given radius
// around the origin of Dim + 1 dimensions: Dim 1 is a circle, Dim 2 the common
// sphere. A row is a normal vector brought to the radius (Muller, 1959, A note on
// a method for generating points uniformly on n-dimensional spheres).
//
// Truth.Geodesic is the length of the great circle between two rows without
// their noise, Radius·2·atan2(‖u−v‖, ‖u+v‖): unlike the arc cosine of a scalar
// product it loses no digits where rows almost coincide or almost oppose each
// other.
type Sphere struct {
	// Rows is the number of samples. Zero means 1000.
	Rows int

	// Dim is the dimension of the surface; rows have Dim + 1 values. Zero means 2.
	Dim int

	// Radius is the distance of every row from the origin. Zero means 1.
	Radius float64

	// Seed chooses the sample.
	Seed uint64
}

// Resolve returns the options with the defaults filled in, or a
// *mat32.ParamError for the first that is out of its range.
func (g Sphere) Resolve() (Sphere, error) {
	o := options{generator: "datasets.Sphere"}
	check(&o, "Rows", &g.Rows, standardRows, 1, mostRows)
	check(&o, "Dim", &g.Dim, 2, 1, mostDims)
	check(&o, "Radius", &g.Radius, 1, smallest, largest)
	return g, o.err
}

// Generate returns a Rows × (Dim + 1) sample whose Truth holds Dimension,
// Betti, Geodesic and Clean; there are no labels, and no Latent, because no coordinates
// on a sphere keep its distances. The error is a *mat32.ParamError or
// *mat32.MemoryError. It costs O(Rows·Dim).
func (g Sphere) Generate() (*Dataset, error) {
	g, err := g.Resolve()
	if err != nil {
		return nil, err
	}
	cols := g.Dim + 1
	if err := checkMemory("datasets.Sphere", g.Rows, 2*cols); err != nil {
		return nil, err
	}
	clean := mat.NewDense(g.Rows, cols, nil)
	eachRow(g.Rows, g.Seed, "sphere", func(i int, s *rng.Stream) {
		row := clean.RawRowView(i)
		direction(row, s)
		for j := range row {
			row[j] *= g.Radius
		}
	})
	betti := make([]int, g.Dim+1)
	betti[0], betti[g.Dim] = 1, 1
	return &Dataset{
		Name:     "sphere",
		X:        mat.DenseCopyOf(clean),
		Features: axes(cols),
		Source:   "generated; Muller (1959)",
		Notes:    []string{fmt.Sprintf("radius %v, seed %d", g.Radius, g.Seed)},
		Truth: Truth{
			Dimension: g.Dim,
			Betti:     betti,
			Geodesic: func(i, j int) float64 {
				return g.Radius * angle(clean.RawRowView(i), clean.RawRowView(j))
			},
			Clean: clean,
		},
	}, nil
}

// angle returns the angle between two vectors of equal length (Kahan, 2006, How
// futile are mindless assessments of roundoff).
func angle(u, v []float64) float64 {
	var difference, sum float64
	for k := range u {
		d, s := u[k]-v[k], u[k]+v[k]
		difference += d * d
		sum += s * s
	}
	return 2 * math.Atan2(math.Sqrt(difference), math.Sqrt(sum))
}
