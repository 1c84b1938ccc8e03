package topology

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// PersistenceImage turns a diagram into a picture of fixed size, a vector for methods that
// need one: every finite bar is a Gaussian at its birth and length, weighted by a power of
// the length so that what is short fades out, and a pixel holds what of all of them falls
// into it (H. Adams, T. Emerson, M. Kirby et al., 2017, Persistence images: a stable vector
// representation of persistent homology). The integral over a pixel is exact, and the sum
// of all pixels of a large picture is the sum of the weights.
//
// Pictures of several diagrams are comparable where Births and Lengths are given.
type PersistenceImage struct {
	// Rows and Cols are the numbers of pixels along lengths and births. Default 20.
	// Larger values show more. 1 ≤ Rows, Cols ≤ 4096.
	Rows, Cols int

	// Births and Lengths are the scales that the picture covers, from and to. Default:
	// those of the bars of the diagram, lengths from 0; where all are equal, one length
	// around them.
	Births, Lengths [2]float64

	// Bandwidth is the standard deviation of the Gaussian, in scales. Default the larger
	// side of a pixel. Larger values blur.
	Bandwidth float64

	// Power is that of the lengths in the weights. Default 1. Larger values show long
	// bars only; powers near 0 count all alike, and then the picture is not stable where
	// bars are short. 0 < Power ≤ 100.
	Power float64
}

const persistenceImage = "topology.PersistenceImage"

// Resolve returns the options with defaults filled in but for those that hang on the
// diagram, or a *mat32.ParamError, for n diagrams of d bars.
func (p PersistenceImage) Resolve(n, d int) (PersistenceImage, error) {
	fail := func(param string, value any, want string) (PersistenceImage, error) {
		return p, &mat32.ParamError{Method: persistenceImage, Param: param, Value: value, Want: want}
	}
	for _, pixels := range []struct {
		name string
		n    *int
	}{{"Rows", &p.Rows}, {"Cols", &p.Cols}} {
		if *pixels.n == 0 {
			*pixels.n = 20
		}
		if *pixels.n < 1 || *pixels.n > 4096 {
			return fail(pixels.name, *pixels.n, fmt.Sprintf("1 ≤ %s ≤ 4096", pixels.name))
		}
	}
	for _, scales := range []struct {
		name string
		of   [2]float64
	}{{"Births", p.Births}, {"Lengths", p.Lengths}} {
		if from, to := scales.of[0], scales.of[1]; scales.of != [2]float64{} && !(from < to && to-from <= math.MaxFloat64) {
			return fail(scales.name, scales.of, "two finite scales, the smaller first, or none")
		}
	}
	if p.Power == 0 {
		p.Power = 1
	}
	switch {
	case !(p.Bandwidth >= 0 && p.Bandwidth <= math.MaxFloat64):
		return fail("Bandwidth", p.Bandwidth, "0 < Bandwidth < ∞, or 0 for the larger side of a pixel")
	case !(p.Power > 0 && p.Power <= 100):
		return fail("Power", p.Power, "0 < Power ≤ 100")
	}
	return p, nil
}

// Of returns the picture, Rows × Cols: births grow with the columns, lengths with the rows.
// It is zero where no bar is finite and longer than 0. Time O(n·Rows·Cols) for n bars.
// Errors: those of Resolve, and of Bottleneck for bars.
func (p PersistenceImage) Of(d Diagram) (*mat.Dense, error) {
	p, err := p.Resolve(1, len(d))
	if err != nil {
		return nil, err
	}
	if err := d.check(persistenceImage, "d"); err != nil {
		return nil, err
	}
	picture := mat.NewDense(p.Rows, p.Cols, nil)
	points := part(d).points
	if len(points) == 0 {
		return picture, nil
	}
	p = p.around(points)
	if p.Bandwidth == 0 {
		p.Bandwidth = max((p.Births[1]-p.Births[0])/float64(p.Cols), (p.Lengths[1]-p.Lengths[0])/float64(p.Rows))
	}
	across, up := make([]float64, p.Cols), make([]float64, p.Rows)
	for _, bar := range points {
		length := bar.y - bar.x
		p.shares(across, bar.x, p.Births)
		p.shares(up, length, p.Lengths)
		weight := math.Pow(length, p.Power)
		for i, u := range up {
			row := picture.RawRowView(i)
			for j, a := range across {
				row[j] += weight * u * a
			}
		}
	}
	return picture, nil
}

// around fills in the scales that the picture covers.
func (p PersistenceImage) around(points []point) PersistenceImage {
	low, high, longest := math.Inf(1), math.Inf(-1), 0.
	for _, bar := range points {
		low, high, longest = min(low, bar.x), max(high, bar.x), max(longest, bar.y-bar.x)
	}
	if p.Births == [2]float64{} {
		if p.Births = [2]float64{low, high}; low == high {
			p.Births = [2]float64{low - longest/2, high + longest/2}
		}
	}
	if p.Lengths == [2]float64{} {
		p.Lengths = [2]float64{0, longest}
	}
	return p
}

// shares fills in how much of a Gaussian falls into every interval.
func (p PersistenceImage) shares(of []float64, center float64, scales [2]float64) {
	width := (scales[1] - scales[0]) / float64(len(of))
	below := func(k int) float64 {
		return math.Erf((scales[0]+width*float64(k)-center)/(p.Bandwidth*math.Sqrt2)) / 2
	}
	last := below(0)
	for k := range of {
		next := below(k + 1)
		of[k], last = next-last, next
	}
}
