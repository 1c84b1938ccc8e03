package topology

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// Atom is a mass at a scale and a level.
type Atom struct {
	Scale, Level float64
	Mass         int
}

// SignedMeasure is a sum of masses, of either sign, in the plane of scales and levels. That of
// a Hilbert function is its signed barcode: the function is the mass up to a scale and a
// level.
type SignedMeasure []Atom

// merged returns one atom a place, by scale and then by level, without those of no mass.
func (m SignedMeasure) merged() SignedMeasure {
	slices.SortFunc(m, func(a, b Atom) int {
		return cmp.Or(cmp.Compare(a.Scale, b.Scale), cmp.Compare(a.Level, b.Level))
	})
	kept := m[:0]
	for i := 0; i < len(m); {
		a := m[i]
		for i++; i < len(m) && m[i].Scale == a.Scale && m[i].Level == a.Level; i++ {
			a.Mass += m[i].Mass
		}
		if a.Mass != 0 {
			kept = append(kept, a)
		}
	}
	return kept
}

// At returns the mass up to a scale and a level: the Betti number there.
func (m SignedMeasure) At(scale, level float64) (mass int) {
	for _, a := range m {
		if a.Scale <= scale && a.Level <= level {
			mass += a.Mass
		}
	}
	return mass
}

// Total returns the sum of all masses: 0 where every class ends, 1 for the pieces of a cloud.
func (m SignedMeasure) Total() (mass int) {
	for _, a := range m {
		mass += a.Mass
	}
	return mass
}

// Minus returns the difference of two measures.
func (m SignedMeasure) Minus(other SignedMeasure) SignedMeasure {
	d := slices.Clone(m)
	for _, a := range other {
		d = append(d, Atom{a.Scale, a.Level, -a.Mass})
	}
	return d.merged()
}

// Scaled returns the measure with its scales and its levels multiplied: distances weigh both
// alike, so they should have one unit.
func (m SignedMeasure) Scaled(scale, level float64) SignedMeasure {
	s := slices.Clone(m)
	for i, a := range s {
		s[i].Scale, s[i].Level = scale*a.Scale, level*a.Level
	}
	return s.merged()
}

// check returns an error for a place that is not finite.
func (m SignedMeasure) check(method, name string) error {
	for i, a := range m {
		for c, v := range [2]float64{a.Scale, a.Level} {
			if v-v != 0 {
				return fmt.Errorf("%s: %s: %w", method, name, &mat32.NotFiniteError{Row: i, Col: c, Value: v})
			}
		}
	}
	return nil
}

// MeasureDistance returns the sliced Wasserstein distance of two signed measures of equal
// total mass: the positive mass of each beside the negative one of the other, projected to
// lines and brought from one to the other along them at the least cost, on average over the
// directions. It is at most the distance in the plane, the Kantorovich-Rubinstein norm of
// the difference, and exp(−d/2σ²) is a kernel.
//
// Errors: those of Resolve, *mat32.NotFiniteError, and *mat32.ParamError where the total
// masses differ: such measures are at no distance. Time O(n·log n) a direction.
func (s SlicedWasserstein) MeasureDistance(p, q SignedMeasure) (float64, error) {
	const method = "topology.SlicedWasserstein"
	s, err := s.Resolve(len(p), len(q))
	if err != nil {
		return 0, err
	}
	if err := cmp.Or(p.check(method, "p"), q.check(method, "q")); err != nil {
		return 0, err
	}
	d := p.Minus(q)
	if d.Total() != 0 {
		return 0, &mat32.ParamError{Method: method, Param: "q", Value: q.Total(), Want: fmt.Sprintf("a measure of the total mass of the other, %d", p.Total())}
	}
	type place struct {
		at   float64
		mass int
	}
	line := make([]place, len(d))
	total := 0.
	for k := range s.Directions {
		sin, cos := math.Sincos(math.Pi * ((float64(k)+.5)/float64(s.Directions) - .5))
		for i, a := range d {
			line[i] = place{a.Scale*cos + a.Level*sin, a.Mass}
		}
		slices.SortFunc(line, func(a, b place) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.mass, b.mass)) })
		carried := 0
		for i := range max(0, len(line)-1) {
			carried += line[i].mass
			total += math.Abs(float64(carried)) * (line[i+1].at - line[i].at)
		}
	}
	return total / float64(s.Directions), nil
}

// Convolution turns a signed measure into a picture of fixed size, a vector for methods that
// need one: every mass is a Gaussian of its height, and a pixel the sum of all at its
// middle. A mass that moves by less than the bandwidth moves no pixel by more than
// exp(−½) times that way over the bandwidth.
//
// Pictures of several measures are comparable where Scales, Levels and Bandwidth are given.
type Convolution struct {
	// Rows and Cols are the numbers of pixels along levels and scales. Default 20. Larger
	// values show more. 1 ≤ Rows, Cols ≤ 4096.
	Rows, Cols int

	// Scales and Levels are what the picture covers, from and to. Default: those of the
	// masses; where all are equal, one around them.
	Scales, Levels [2]float64

	// Bandwidth holds the standard deviations of the Gaussian along scales and levels.
	// Default a tenth of what the picture covers of each. Larger values blur.
	Bandwidth [2]float64
}

const convolution = "topology.Convolution"

// Resolve returns the options with defaults filled in but for those that hang on the measure,
// or a *mat32.ParamError, for n measures of d masses.
func (c Convolution) Resolve(n, d int) (Convolution, error) {
	fail := func(param string, value any, want string) (Convolution, error) {
		return c, &mat32.ParamError{Method: convolution, Param: param, Value: value, Want: want}
	}
	c.Rows, c.Cols = cmp.Or(c.Rows, 20), cmp.Or(c.Cols, 20)
	switch {
	case c.Rows < 1 || c.Rows > 4096:
		return fail("Rows", c.Rows, "1 ≤ Rows ≤ 4096")
	case c.Cols < 1 || c.Cols > 4096:
		return fail("Cols", c.Cols, "1 ≤ Cols ≤ 4096")
	case c.Scales != [2]float64{} && !rising(c.Scales):
		return fail("Scales", c.Scales, "two scales, the smaller first")
	case c.Levels != [2]float64{} && !rising(c.Levels):
		return fail("Levels", c.Levels, "two levels, the smaller first")
	}
	for _, b := range c.Bandwidth {
		if !(b >= 0 && b <= math.MaxFloat64) {
			return fail("Bandwidth", c.Bandwidth, "two standard deviations, or 0 for a tenth of the picture")
		}
	}
	return c, nil
}

// rising reports whether r is a range of finite length.
func rising(r [2]float64) bool { return r[0] < r[1] && r[1]-r[0] <= math.MaxFloat64 }

// Of returns the picture of a measure, Rows × Cols, levels rising downwards. Errors: those of
// Resolve, and *mat32.NotFiniteError. Time O(n·(Rows + Cols) + n·Rows·Cols) for n masses.
func (c Convolution) Of(m SignedMeasure) (*mat.Dense, error) {
	c, err := c.Resolve(1, len(m))
	if err != nil {
		return nil, err
	}
	if err := m.check(convolution, "m"); err != nil {
		return nil, err
	}
	c.Scales = covered(c.Scales, m, func(a Atom) float64 { return a.Scale })
	c.Levels = covered(c.Levels, m, func(a Atom) float64 { return a.Level })
	for k, r := range [2][2]float64{c.Scales, c.Levels} {
		if c.Bandwidth[k] == 0 {
			c.Bandwidth[k] = (r[1] - r[0]) / 10
		}
	}
	picture := mat.NewDense(c.Rows, c.Cols, nil)
	along, up := make([]float64, c.Cols), make([]float64, c.Rows)
	for _, a := range m {
		bells(along, c.Scales, a.Scale, c.Bandwidth[0])
		bells(up, c.Levels, a.Level, c.Bandwidth[1])
		for i, v := range up {
			row, height := picture.RawRowView(i), v*float64(a.Mass)
			for j, w := range along {
				row[j] += height * w
			}
		}
	}
	return picture, nil
}

// covered returns the range of the masses where none is given.
func covered(given [2]float64, m SignedMeasure, of func(Atom) float64) [2]float64 {
	if given != [2]float64{} {
		return given
	}
	if len(m) == 0 {
		return [2]float64{0, 1}
	}
	r := [2]float64{math.Inf(1), math.Inf(-1)}
	for _, a := range m {
		r[0], r[1] = min(r[0], of(a)), max(r[1], of(a))
	}
	if !rising(r) {
		return [2]float64{r[0] - .5, r[0] + .5}
	}
	return r
}

// bells writes the values of a Gaussian of height 1 at the middles of pixels.
func bells(dst []float64, r [2]float64, center, width float64) {
	for i := range dst {
		z := (r[0] + (float64(i)+.5)*(r[1]-r[0])/float64(len(dst)) - center) / width
		dst[i] = math.Exp(-z * z / 2)
	}
}
