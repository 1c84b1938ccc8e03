package datasets

import (
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// Blobs draws rows from round normal clouds, one class each, as scikit-learn's
// make_blobs does: around centres drawn uniformly in a box, or around given ones.
//
// Classes are mixed and balanced: every run of as many rows as there are classes
// holds each class once, in random order. A centre does not depend on how many
// others there are.
type Blobs struct {
	// Rows is the number of samples. Zero means 1000.
	Rows int

	// Classes is the number of clouds. Zero means 3. When Centers is given, it
	// must be zero or the number of its rows.
	Classes int

	// Dim is the number of columns. Zero means 2. When Centers is given, it must
	// be zero or the number of its columns.
	Dim int

	// Spread is the standard deviation of every cloud in every direction. Zero
	// means 1.
	Spread float64

	// Box is half the side of the box [−Box, Box] in which the centres are drawn;
	// it is ignored when Centers is given. Zero means 10.
	Box float64

	// Centers holds a centre in every row. Nil means that they are drawn.
	Centers mat.Matrix

	// Seed chooses the centres and the sample.
	Seed uint64
}

// Resolve returns the options with the defaults filled in, or a
// *mat32.ParamError for the first that is out of its range; Centers that hold
// NaN or infinities are a *mat32.NotFiniteError, empty ones mat32.ErrEmpty.
func (g Blobs) Resolve() (Blobs, error) {
	o := options{generator: "datasets.Blobs"}
	check(&o, "Rows", &g.Rows, standardRows, 1, mostRows)
	classes, dim := 3, 2
	if g.Centers != nil {
		if err := mat32.CheckFloat32(g.Centers); err != nil {
			return g, fmt.Errorf("%s: Centers: %w", o.generator, err)
		}
		classes, dim = g.Centers.Dims()
		if g.Classes != 0 && g.Classes != classes {
			o.refuse("Classes", g.Classes, fmt.Sprintf("0 or the %d rows of Centers", classes))
		}
		if g.Dim != 0 && g.Dim != dim {
			o.refuse("Dim", g.Dim, fmt.Sprintf("0 or the %d columns of Centers", dim))
		}
	}
	check(&o, "Classes", &g.Classes, classes, 1, mostRows)
	check(&o, "Dim", &g.Dim, dim, 1, mostDims)
	check(&o, "Spread", &g.Spread, 1, smallest, largest)
	check(&o, "Box", &g.Box, 10, smallest, largest)
	return g, o.err
}

// Generate returns a Rows × Dim sample with Labels and Names ("1", "2", …),
// whose Truth holds Dimension (Dim) and Centers. The error is one of Resolve or
// a *mat32.MemoryError. It costs O((Rows + Classes)·Dim).
func (g Blobs) Generate() (*Dataset, error) {
	g, err := g.Resolve()
	if err != nil {
		return nil, err
	}
	if err := checkMemory("datasets.Blobs", max(g.Rows, g.Classes), 2*g.Dim+4); err != nil {
		return nil, err
	}
	centers := g.centers()
	labels := deal(g.Rows, g.Classes, g.Seed, "blobs/labels")
	x := mat.NewDense(g.Rows, g.Dim, nil)
	eachRow(g.Rows, g.Seed, "blobs", func(i int, s *rng.Stream) {
		center, row := centers.RawRowView(labels[i]), x.RawRowView(i)
		for j := range row {
			row[j] = center[j] + g.Spread*s.Normal()
		}
	})
	where := fmt.Sprintf("centres drawn in [−%v, %[1]v]", g.Box)
	if g.Centers != nil {
		where = "given centres"
	}
	return &Dataset{
		Name:     "blobs",
		X:        x,
		Labels:   labels,
		Names:    numbered(g.Classes),
		Features: axes(g.Dim),
		Source:   "generated; normal clouds as in scikit-learn's make_blobs",
		Notes:    []string{fmt.Sprintf("spread %v, %s, seed %d", g.Spread, where, g.Seed)},
		Truth:    Truth{Dimension: g.Dim, Centers: centers},
	}, nil
}

func (g Blobs) centers() *mat.Dense {
	if g.Centers != nil {
		return mat.DenseCopyOf(g.Centers)
	}
	return inBox(g.Classes, g.Dim, g.Box, g.Seed, "blobs/centers")
}
