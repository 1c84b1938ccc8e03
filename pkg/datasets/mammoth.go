package datasets

import (
	"fmt"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/rng"
)

// Mammoth draws rows uniformly, by area, from the skin of a made-up solid in
// three dimensions that looks like a mammoth: body, head, trunk, tail, two curved
// tusks, two ears and four legs, which are the labels. It has what such a shape
// is good for, thick and thin parts, ends, a mirror symmetry, and neighbours that
// are far apart over the skin; one sees at once whether a map has kept it.
//
// It is drawn by hand from balls on curves. It is not the scan of the skeleton in
// the Smithsonian Institution that Coenen and Pearce (2019), Understanding UMAP,
// and Wang, Huang, Rudin and Shaposhnik (2021), Understanding how dimension
// reduction tools work, show, which may not be passed on, and figures for the one
// say nothing about the other. Shortest paths over the skin have no closed form,
// and Truth.Geodesic is nil.
//
// The animal is about 7 long (x, from the tail, at negative values, to the tusks),
// 2.6 wide (y; its left is positive) and 4 high (z, from the ground at 0).
type Mammoth struct {
	// Rows is the number of samples. Zero means 1000.
	Rows int

	// Seed chooses the sample.
	Seed uint64
}

// Resolve returns the options with the defaults filled in, or a
// *mat32.ParamError for the first that is out of its range.
func (g Mammoth) Resolve() (Mammoth, error) {
	o := options{generator: "datasets.Mammoth"}
	check(&o, "Rows", &g.Rows, standardRows, 1, mostRows)
	return g, o.err
}

// A limb is made of balls along a Bézier curve, whose control points hold the
// place and the radius.
type limb struct {
	name  string
	balls int
	curve [][4]float64 // x, y, z, radius
	pair  bool         // "left" as it stands here, and its mirror image "right"
}

var mammoth = []limb{
	{"body", 40, [][4]float64{{-1.75, 0, 2.1, 0.7}, {-1, 0, 2.25, 1.0}, {0.1, 0, 2.3, 1.0}, {0.8, 0, 3.1, 1.2}, {1.35, 0, 2.65, 0.7}}, false},
	{"head", 24, [][4]float64{{1.5, 0, 2.75, 0.55}, {1.75, 0, 4.2, 0.5}, {2.05, 0, 3.35, 0.75}, {2.3, 0, 2.55, 0.36}}, false},
	{"trunk", 60, [][4]float64{{2.35, 0, 2.55, 0.33}, {2.95, 0, 2.0, 0.27}, {2.4, 0, 0.9, 0.19}, {2.65, 0, 0.15, 0.15}, {3.05, 0, 0.5, 0.11}}, false},
	{"tail", 40, [][4]float64{{-2.2, 0, 2.45, 0.13}, {-2.75, 0, 2.45, 0.08}, {-2.65, 0, 1.5, 0.06}, {-2.7, 0, 1.2, 0.09}}, false},
	{"tusk", 140, [][4]float64{{2.2, 0.3, 2.45, 0.15}, {2.6, 0.9, 1.1, 0.15}, {3.9, 1.4, 0.7, 0.13}, {4.35, 0.8, 2.2, 0.09}, {3.85, 0.2, 2.75, 0.04}}, true},
	{"ear", 30, [][4]float64{{1.75, 0.5, 3.2, 0.1}, {1.6, 1.3, 3.3, 0.25}, {1.5, 1.15, 2.35, 0.18}, {1.55, 1.1, 2.2, 0.05}}, true},
	{"front leg", 44, [][4]float64{{0.95, 0.5, 2.2, 0.5}, {1.05, 0.55, 1.4, 0.4}, {0.95, 0.55, 0.8, 0.22}, {1.0, 0.55, 0.3, 0.31}}, true},
	{"hind leg", 44, [][4]float64{{-1.7, 0.45, 2.0, 0.6}, {-1.5, 0.55, 1.2, 0.42}, {-1.85, 0.55, 0.8, 0.2}, {-1.7, 0.55, 0.3, 0.31}}, true},
}

// A ball is one of those whose union the mammoth is.
type ball struct {
	x, y, z, radius float64
	part            int
}

// solid returns the balls and the names of the parts of the mammoth.
func solid() (balls []ball, names []string) {
	for _, l := range mammoth {
		sides := []struct {
			name string
			sign float64
		}{{l.name, 1}}
		if l.pair {
			sides[0].name = "left " + l.name
			sides = append(sides, sides[0])
			sides[1].name, sides[1].sign = "right "+l.name, -1
		}
		for _, side := range sides {
			for k := range l.balls {
				c := bezier(l.curve, float64(k)/float64(l.balls-1))
				balls = append(balls, ball{c[0], side.sign * c[1], c[2], c[3], len(names)})
			}
			names = append(names, side.name)
		}
	}
	return balls, names
}

// bezier returns the point of a Bézier curve at t (de Casteljau).
func bezier(control [][4]float64, t float64) [4]float64 {
	c := slices.Clone(control)
	for n := len(c) - 1; n > 0; n-- {
		for k := range n {
			for axis := range 4 {
				c[k][axis] = (1-t)*c[k][axis] + t*c[k+1][axis]
			}
		}
	}
	return c[0]
}

// Generate returns a Rows × 3 sample whose Labels name the parts and whose Truth
// holds Dimension 2 and Clean. The error is a *mat32.ParamError or
// *mat32.MemoryError. It costs O(Rows), about 10 µs each.
func (g Mammoth) Generate() (*Dataset, error) {
	g, err := g.Resolve()
	if err != nil {
		return nil, err
	}
	if err := checkMemory("datasets.Mammoth", g.Rows, 3+3+1); err != nil {
		return nil, err
	}
	balls, names := solid()
	areas := make([]float64, len(balls)) // summed up
	for k, b := range balls {
		areas[k] = b.radius * b.radius
	}
	cumulate(areas, areas)
	clean := mat.NewDense(g.Rows, 3, nil)
	labels := make([]int, g.Rows)
	eachRow(g.Rows, g.Seed, "mammoth", func(i int, s *rng.Stream) {
		labels[i] = balls[onSkin(clean.RawRowView(i), balls, areas, s)].part
	})
	return &Dataset{
		Name:     "mammoth",
		X:        mat.DenseCopyOf(clean),
		Labels:   labels,
		Names:    names,
		Features: []string{"x", "y", "z"},
		Source:   "generated; a made-up solid, not the scan of a skeleton",
		Notes:    []string{fmt.Sprintf("seed %d", g.Seed)},
		Truth:    Truth{Dimension: 2, Clean: clean},
	}, nil
}

// onSkin draws a point of the surface of the balls' union, uniform by area, and
// returns the ball it is on: one in proportion to its area, a point on its sphere,
// and both again while that point is inside another ball. The areas are summed up.
func onSkin(p []float64, balls []ball, areas []float64, s *rng.Stream) int {
	for {
		k := choose(areas, s)
		b := balls[k]
		direction(p, s)
		p[0], p[1], p[2] = b.x+b.radius*p[0], b.y+b.radius*p[1], b.z+b.radius*p[2]
		if !covered(p, balls, k) {
			return k
		}
	}
}

// covered says whether a point on ball k is inside another one.
func covered(p []float64, balls []ball, k int) bool {
	inside := func(b ball) bool {
		dx, dy, dz := p[0]-b.x, p[1]-b.y, p[2]-b.z
		return dx*dx+dy*dy+dz*dz < b.radius*b.radius*(1-1e-12)
	}
	// The next balls on the curve are the likeliest.
	for step := 1; step <= 2; step++ {
		if k >= step && inside(balls[k-step]) || k+step < len(balls) && inside(balls[k+step]) {
			return true
		}
	}
	return slices.ContainsFunc(balls, inside)
}
