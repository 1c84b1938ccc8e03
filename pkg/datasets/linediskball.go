package datasets

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/rng"
)

// LineDiskBall draws rows from a line, an upright disc, a ball and another line
// that stand on top of each other along z: shapes of one, two and three
// dimensions that touch, on which local estimates of dimension are tried.
//
//	line  x = y = 0, −½ ≤ z < 0      10 rows for a unit of length
//	disc  y = 0, x² + (z − 1)² ≤ 1   13/4 rows for a unit of area
//	ball  x² + y² + (z − 5/2)² ≤ ¼   100 rows for a unit of volume
//	line  x = y = 0, 3 ≤ z < 7/2     10 rows for a unit of length
//
// Each is uniform, and of every 100 rows some 14 are on the lines, 14 on the disc
// and 72 in the ball.
//
// Source: Hino (2017), ider: intrinsic dimension estimation with R, whose ldbl it
// is, as is scikit-dimension's lineDiskBall; they let the shapes touch by the
// extremes of the sample, here by those of the shapes.
type LineDiskBall struct {
	// Rows is the number of samples. Zero means 1000.
	Rows int

	// Seed chooses the sample.
	Seed uint64
}

// Resolve returns the options with the defaults filled in, or a
// *mat32.ParamError for the first that is out of its range.
func (g LineDiskBall) Resolve() (LineDiskBall, error) {
	o := options{generator: "datasets.LineDiskBall"}
	check(&o, "Rows", &g.Rows, standardRows, 1, mostRows)
	return g, o.err
}

// Generate returns a Rows × 3 sample with the shape of every row as label, whose
// Truth holds Dimensions and Clean. The error is a *mat32.ParamError or
// *mat32.MemoryError. It costs O(Rows).
func (g LineDiskBall) Generate() (*Dataset, error) {
	g, err := g.Resolve()
	if err != nil {
		return nil, err
	}
	if err := checkMemory("datasets.LineDiskBall", g.Rows, 3+3+2); err != nil {
		return nil, err
	}
	const lower, disc, ball, upper = 0, 1, 2, 3
	shares := []float64{lower: 10 * .5, disc: 13 * math.Pi / 4, ball: 100 * math.Pi / 6, upper: 10 * .5}
	dimension := [...]int{lower: 1, disc: 2, ball: 3, upper: 1}
	cumulate(shares, shares)
	clean := mat.NewDense(g.Rows, 3, nil)
	labels, dims := make([]int, g.Rows), make([]int, g.Rows)
	eachRow(g.Rows, g.Seed, "line, disc, ball", func(i int, s *rng.Stream) {
		labels[i] = choose(shares, s)
		dims[i] = dimension[labels[i]]
		row := clean.RawRowView(i)
		switch labels[i] {
		case lower:
			row[2] = (s.Float64() - 1) / 2
		case disc:
			p := inBall(2, s)
			row[0], row[2] = p[0], 1+p[1]
		case ball:
			for j, v := range inBall(3, s) {
				row[j] = v / 2
			}
			row[2] += 2.5
		case upper:
			row[2] = 3 + s.Float64()/2
		}
	})
	return &Dataset{
		Name:     "line, disc and ball",
		X:        mat.DenseCopyOf(clean),
		Labels:   labels,
		Names:    []string{lower: "lower line", disc: "disc", ball: "ball", upper: "upper line"},
		Features: []string{"x", "y", "z"},
		Source:   "generated; Hino (2017)",
		Notes:    []string{fmt.Sprintf("seed %d", g.Seed)},
		Truth:    Truth{Dimensions: dims, Clean: clean},
	}, nil
}
