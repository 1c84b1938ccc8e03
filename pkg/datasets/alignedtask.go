package datasets

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/rng"
)

// AlignedTask draws rows of four groups and a label to learn, which rows show as clearly as asked
// for. Two hidden signs and their product make the groups; each of the three moves rows along an
// axis of its own, and the first is the label. Alignment is the share that the label's axis has in
// the square of the distances: at nearly 0 the label is the exclusive or of what rows show, at 1/3
// all groups are equally far from each other, and at 1 rows show the label alone. The cosine of the
// linear kernel of rows without noise and that of the label is a/√(a² + (1−a)²/2), for an Alignment
// of a. Networks take the geometry of their inputs or that of the label, as their nonlinearity is.
//
// Source: M. Alleman, J. Lindsey and S. Fusi (2024), Task structure and nonlinearity jointly
// determine learned representational geometry, whose family of tasks from unstructured inputs to
// exclusive or this follows.
type AlignedTask struct {
	// Rows is the number of samples. Zero means 1000.
	Rows int

	// Dim is the number of columns, 3 or more. Zero means 20.
	Dim int

	// Alignment is the share of the label in what rows show, above 0 and at most 1. Zero means 1/3.
	Alignment float64

	// Noise is the standard deviation of every column beside it, where groups lie at distance 1 from
	// the origin. Zero means 0.1.
	Noise float64

	// Seed chooses the axes and the sample.
	Seed uint64
}

// Resolve returns the options with the defaults filled in, or a *mat32.ParamError for the
// first that is out of its range.
func (g AlignedTask) Resolve() (AlignedTask, error) {
	o := options{generator: "datasets.AlignedTask"}
	check(&o, "Rows", &g.Rows, standardRows, 1, mostRows)
	check(&o, "Dim", &g.Dim, 20, 3, 1<<14)
	check(&o, "Alignment", &g.Alignment, 1./3, smallest, 1)
	check(&o, "Noise", &g.Noise, .1, smallest, 1e3)
	return g, o.err
}

// Generate returns a sample. Labels are the label, 0 and 1; Truth.Latent has the three signs as
// columns, "label", "other" and "product", −1 and 1, Truth.Bases their axes, and Truth.Clean the rows
// without noise. The error is a *mat32.ParamError or *mat32.MemoryError. It costs O(Rows·Dim).
func (g AlignedTask) Generate() (*Dataset, error) {
	g, err := g.Resolve()
	if err != nil {
		return nil, err
	}
	if err := checkMemory("datasets.AlignedTask", g.Rows, 2*g.Dim+4); err != nil {
		return nil, err
	}
	axes := basis(3, g.Dim, g.Seed, "alignedtask/axes")
	own, others := math.Sqrt(g.Alignment), math.Sqrt((1-g.Alignment)/2)
	x, clean, latent := mat.NewDense(g.Rows, g.Dim, nil), mat.NewDense(g.Rows, g.Dim, nil), mat.NewDense(g.Rows, 3, nil)
	labels := make([]int, g.Rows)
	eachRow(g.Rows, g.Seed, "alignedtask", func(i int, s *rng.Stream) {
		bits := s.Uint64()
		labels[i] = int(bits >> 63)
		label, other := float64(2*labels[i]-1), float64(2*int(bits>>62&1)-1)
		signs := latent.RawRowView(i)
		signs[0], signs[1], signs[2] = label, other, label*other
		whole, row := clean.RawRowView(i), x.RawRowView(i)
		for j := range whole {
			whole[j] = own*signs[0]*axes.At(0, j) + others*(signs[1]*axes.At(1, j)+signs[2]*axes.At(2, j))
			row[j] = whole[j] + g.Noise*s.Normal()
		}
	})
	columns := make([]string, g.Dim)
	for j := range columns {
		columns[j] = fmt.Sprintf("column %d", j+1)
	}
	return &Dataset{
		Name:     "aligned task",
		X:        x,
		Labels:   labels,
		Names:    []string{"-1", "1"},
		Features: columns,
		Source:   "generated; after Alleman, Lindsey and Fusi (2024)",
		Notes:    []string{fmt.Sprintf("alignment %.4g, noise %.4g, seed %d", g.Alignment, g.Noise, g.Seed)},
		Truth:    Truth{Latent: latent, Coordinates: []string{"label", "other", "product"}, Clean: clean, Bases: []*mat.Dense{axes}},
	}, nil
}
