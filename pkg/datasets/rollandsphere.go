package datasets

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/rng"
)

// RollAndSphere draws rows from a Swiss roll, in the first three of four
// dimensions, and from the unit sphere of three dimensions within it:
//
//	(r cos 3πu, r sin 3πu, 8v − 4, 0)  with  r = 1 + 2u,  u and v in [0, 1),
//
// and all of ‖x‖ = 1 in R⁴. Both are uniform, by area and by volume, and the roll
// has half of the rows. They touch at (1, 0, 0, 0).
//
// Source: Johnsson (2019), intrinsicDimension: intrinsic dimension estimation, an
// R package, whose swissRoll3Sph it is. (That of scikit-dimension 0.3.4 draws its sphere in R⁵ and leaves a column
// out, which gives a solid ball of four dimensions.)
type RollAndSphere struct {
	// Rows is the number of samples. Zero means 1000.
	Rows int

	// Seed chooses the sample.
	Seed uint64
}

// Resolve returns the options with the defaults filled in, or a
// *mat32.ParamError for the first that is out of its range.
func (g RollAndSphere) Resolve() (RollAndSphere, error) {
	o := options{generator: "datasets.RollAndSphere"}
	check(&o, "Rows", &g.Rows, standardRows, 1, mostRows)
	return g, o.err
}

// Generate returns a Rows × 4 sample with the shape of every row as label, whose
// Truth holds Dimensions, which are 2 and 3, and Clean. The error is a
// *mat32.ParamError or *mat32.MemoryError. It costs O(Rows).
func (g RollAndSphere) Generate() (*Dataset, error) {
	g, err := g.Resolve()
	if err != nil {
		return nil, err
	}
	if err := checkMemory("datasets.RollAndSphere", g.Rows, 4+4+2); err != nil {
		return nil, err
	}
	const angle = 3 * math.Pi
	// length is that of the spiral at u for a step du.
	length := func(u float64) float64 { return math.Hypot(2, angle*(1+2*u)) }
	clean := mat.NewDense(g.Rows, 4, nil)
	labels := deal(g.Rows, 2, g.Seed, "roll and sphere/labels")
	dims := make([]int, g.Rows)
	eachRow(g.Rows, g.Seed, "roll and sphere", func(i int, s *rng.Stream) {
		row := clean.RawRowView(i)
		dims[i] = 2 + labels[i]
		if labels[i] == 1 {
			direction(row, s)
			return
		}
		u := s.Float64()
		for s.Float64()*length(1) >= length(u) {
			u = s.Float64()
		}
		sin, cos := math.Sincos(angle * u)
		row[0], row[1], row[2] = (1+2*u)*cos, (1+2*u)*sin, 8*s.Float64()-4
	})
	return &Dataset{
		Name:     "roll and sphere",
		X:        mat.DenseCopyOf(clean),
		Labels:   labels,
		Names:    []string{"roll", "sphere"},
		Features: axes(4),
		Source:   "generated; Johnsson (2019)",
		Notes:    []string{fmt.Sprintf("seed %d", g.Seed)},
		Truth:    Truth{Dimensions: dims, Clean: clean},
	}, nil
}
