package datasets

import (
	"fmt"
	"slices"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/rng"
)

// BenchmarkManifold draws rows from one of the shapes on which estimators of
// intrinsic dimension are compared: those of Hein and Audibert and of Campadelli
// and others, in the parametrisation of scikit-dimension's BenchmarkManifolds,
// and a few that GeoMLE and the R package intrinsicDimension add.
//
//	Name         Dim  Columns  shape
//	M1            10       11  sphere
//	M2             3        5  affine image of a cube
//	M3             4        6  curved, of nearly three dimensions
//	M4             4        8  curved: (q cos 2πp, q sin 2πp), with the next coordinate q of every p
//	M5a            1        3  closed curve wound round a torus
//	M5b            2        3  helicoid, dense about its axis
//	M6             6       36  as M4, three times side by side
//	M7             2        3  Swiss roll
//	M8            12       72  as M6
//	M9            20       20  solid cube
//	M10a … M10d   10, 17, 24, 70, and a column more: surface of a cube
//	M11            2        3  band with ten half twists
//	M12           20       20  normal cloud
//	M13a           2        3  S-curve
//	M13b           1       13  helix of five narrow turns
//	Mbeta         10       40  curved, of rows crowded in a corner
//	Mn1, Mn2  18, 24   72, 96  curved, of high dimension
//	Mp1 … Mp3  3, 6, 9  12, 21, 30  paraboloid with heavy tails
//	Uniform       10       10  solid unit cube
//	Ball          10       10  solid ball
//	TwinPeaks      2        3  plane with peaks
//	Helicoid       2        3  product of an interval and a figure of eight
//
// Two of them are not what their names say in the literature: M5b, which crowds
// along the axis, and M11, which has two sides (see Moebius for a band that is
// uniform by area). Wherever scikit-dimension departs from the published shape
// it is followed, so that figures can be compared, but for M10, whose faces it
// fills unevenly: here all are alike. Its noise is uniform; here it is a Noise
// over the generator.
//
// For shapes with geodesics see Sphere, SwissRoll and SCurve, for those of
// several dimensions LineDiskBall, RollAndSphere and UnionOfSubspaces.
//
// Sources: Hein and Audibert (2005), Intrinsic dimensionality estimation of
// submanifolds in R^d; Campadelli, Casiraghi, Ceruti and Rozza (2015), Intrinsic
// dimension estimation: relevant techniques and a benchmark framework; Bac,
// Mirkes, Gorban, Tyukin and Zinovyev (2021), Scikit-dimension: a Python package
// for intrinsic dimension estimation; Gomtsyan, Mokrov, Panov and Yanovich (2019),
// Geometry-aware maximum likelihood estimation of intrinsic dimension; Johnsson
// (2019), intrinsicDimension: intrinsic dimension estimation, an R package.
type BenchmarkManifold struct {
	// Name is that of the shape, in the list above. Empty means M1.
	Name string

	// Rows is the number of samples. Zero means 1000.
	Rows int

	// Dim is the dimension of the shape. Zero means that of the list, and M2, M3,
	// M5a, M5b, M7, M11, M13a, M13b and Helicoid have no other.
	Dim int

	// Columns is the number of columns, at least those that the shape fills; the
	// others are zero. Zero means those of the list, or what Dim asks for.
	Columns int

	// Seed chooses the sample.
	Seed uint64
}

// BenchmarkManifolds returns all of them with the options resolved, in the order
// of the list at BenchmarkManifold. Set Rows and Seed to draw from them.
func BenchmarkManifolds() []BenchmarkManifold {
	all := make([]BenchmarkManifold, len(manifolds))
	for i, m := range manifolds {
		all[i], _ = BenchmarkManifold{Name: m.name}.Resolve() // of which the list is tested
	}
	return all
}

// Resolve returns the options with the defaults filled in, or a
// *mat32.ParamError for the first that is out of its range.
func (g BenchmarkManifold) Resolve() (BenchmarkManifold, error) {
	o := options{generator: "datasets.BenchmarkManifold"}
	if g.Name == "" {
		g.Name = manifolds[0].name
	}
	m := g.shape()
	if m == nil {
		names := make([]string, len(manifolds))
		for i, m := range manifolds {
			names[i] = m.name
		}
		o.refuse("Name", g.Name, "one of "+strings.Join(names, ", "))
		return g, o.err
	}
	check(&o, "Rows", &g.Rows, standardRows, 1, mostRows)
	fewest, most := m.dim, m.dim
	if m.least > 0 {
		fewest, most = m.least, mostDims
	}
	check(&o, "Dim", &g.Dim, m.dim, fewest, most)
	if o.err == nil {
		filled := m.filled(g.Dim)
		check(&o, "Columns", &g.Columns, max(filled, m.columns), filled, max(filled, mostDims))
	}
	return g, o.err
}

// Generate returns a Rows × Columns sample whose Truth holds Dimension and Clean;
// there are no labels. The error is a *mat32.ParamError or *mat32.MemoryError. It
// costs O(Rows·Columns).
func (g BenchmarkManifold) Generate() (*Dataset, error) {
	g, err := g.Resolve()
	if err != nil {
		return nil, err
	}
	m := g.shape()
	if err := checkMemory("datasets.BenchmarkManifold", g.Rows, 2*g.Columns); err != nil {
		return nil, err
	}
	clean := mat.NewDense(g.Rows, g.Columns, nil)
	width := m.width(g.Dim)
	eachRow(g.Rows, g.Seed, "manifold/"+m.name, func(i int, s *rng.Stream) {
		row := clean.RawRowView(i)
		m.place(row[:width], m.draw(g.Dim, s))
		for c := 1; c < m.copies; c++ {
			copy(row[c*width:], row[:width])
		}
	})
	return &Dataset{
		Name:     m.name + ", " + m.note,
		X:        mat.DenseCopyOf(clean),
		Features: axes(g.Columns),
		Source:   "generated; " + m.source,
		Notes:    []string{fmt.Sprintf("seed %d", g.Seed)},
		Truth:    Truth{Dimension: g.Dim, Clean: clean},
	}, nil
}

// Shape returns what the rows are drawn from in a few words, or nothing where
// there is no shape of that Name.
func (g BenchmarkManifold) Shape() string {
	if g.Name == "" {
		g.Name = manifolds[0].name
	}
	if m := g.shape(); m != nil {
		return m.note
	}
	return ""
}

func (g BenchmarkManifold) shape() *manifold {
	i := slices.IndexFunc(manifolds, func(m manifold) bool { return m.name == g.Name })
	if i < 0 {
		return nil
	}
	return &manifolds[i]
}
