package intrinsic

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/line"
	"github.com/flatland-go/flatland/internal/screen"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// MSTDimension estimates the dimension from the length of the minimum spanning tree of
// samples of the rows: with edges raised to the power α it grows as n^((d−α)/d)
// (Steele, 1988, Growth rates of Euclidean minimal spanning trees with power weighted
// edges), so that the slope m of its logarithm over ln n gives d = α/(1−m). The edges
// are also the finite bars of the persistent homology of dimension zero, which makes
// it the fractal dimension of Adams, Aminian, Farnell et al. (2020, A fractal
// dimension for measures via persistent homology).
//
// Every row is in a sample of each size, or but for a remainder, and below 250 rows
// several times. The cost is that of n/size trees for every size, each O(size²·d); memory that of the
// largest, about 12·n·d + 300·n bytes.
type MSTDimension struct {
	// Alpha is the power of the lengths. Default 1. Larger values give long edges
	// more weight. 0 < Alpha.
	Alpha float64

	// From and To are the least and the largest number of rows in a sample. Larger
	// ones look at a smaller scale. Default a fifth of the rows, at least 6, and all
	// rows. 2 ≤ From < To ≤ n.
	From, To int

	// Sizes is how many sizes of samples there are, evenly spaced from From to To.
	// Default 5, or as many as there are. Larger values take more time and err
	// less. 2 ≤ Sizes ≤ To − From + 1.
	Sizes int

	// InOrder makes the first rows the only sample of each size, for rows that are
	// in no order. There is no standard error then. Seed is ignored.
	InOrder bool

	// Seed draws the samples.
	Seed uint64

	// MemoryLimit in bytes refuses data that would need more. Default GOMEMLIMIT,
	// or 4 GiB.
	MemoryLimit int64
}

const mstDimension = "intrinsic.MSTDimension"

// Resolve returns the options with defaults filled in, or a *mat32.ParamError or
// *mat32.ShapeError, for a matrix of n rows and d columns.
func (m MSTDimension) Resolve(n, d int) (MSTDimension, error) {
	fail := func(param string, value any, want string) error {
		return &mat32.ParamError{Method: mstDimension, Param: param, Value: value, Want: want}
	}
	if n < 12 {
		return m, &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: "at least 12 rows for MSTDimension"}
	}
	if m.Alpha == 0 {
		m.Alpha = 1
	}
	size, err := line.Sizes{From: m.From, To: m.To, Count: m.Sizes}.Resolve(n, fail)
	if err != nil {
		return m, err
	}
	m.From, m.To, m.Sizes = size.From, size.To, size.Count
	switch {
	case !(m.Alpha > 0 && m.Alpha <= 100):
		return m, fail("Alpha", m.Alpha, "0 < Alpha ≤ 100")
	case m.MemoryLimit < 0:
		return m, fail("MemoryLimit", m.MemoryLimit, "0 or more bytes")
	}
	return m, nil
}

// Estimate returns the dimension of the rows of x (n × d), or of rows at the distances
// that x holds as a mat32.Distances. Rows that equal an earlier one, or are at distance
// zero from it, are left out. Scale is the mean length of the edges of the largest tree;
// Local is nil.
//
// The standard error comes from the spread of samples of one size that have no row in
// common. It takes the lengths at the sizes for independent, which they are not, and so
// is too large rather than too small. It is NaN where no size fits twice, and with
// InOrder.
//
// Errors: those of mat32.Check and Resolve; *mat32.MemoryError; *mat32.DegenerateError
// where fewer than To rows are distinct that were asked for, or the length grows as fast
// as the number of rows, as on a lattice; and one that wraps ctx.Err().
func (m MSTDimension) Estimate(ctx context.Context, x mat.Matrix) (measure.Dimension, error) {
	asked := m
	m, err := begin(ctx, mstDimension, m, x)
	if err != nil {
		return measure.Dimension{}, err
	}
	n, d := x.Dims()
	if err := mat32.CheckMemory(mstDimension, 12*int64(n)*int64(d)+300*int64(n)+2*screen.Bytes(x), m.MemoryLimit, "use fewer rows"); err != nil {
		return measure.Dimension{}, err
	}
	rows, err := distinctRows(ctx, mstDimension, x)
	if err != nil {
		return measure.Dimension{}, err
	}
	if len(rows) < n {
		if m, err = forDistinct(mstDimension, asked, len(rows), x); err != nil {
			return measure.Dimension{}, err
		}
	}
	repeats, order := max(1, min(20, 500/len(rows))), "samples at random" // few rows make lengths that chance moves far
	if m.InOrder {
		repeats, order = 0, "the first rows"
	}
	of := graphLength{"MSTDimension", m.Alpha, line.Sizes{From: m.From, To: m.To, Count: m.Sizes}, m.Seed, repeats, func(ctx context.Context, x mat.Matrix) ([]float64, error) {
		tree, err := neighbors.MST{MemoryLimit: m.MemoryLimit}.Fit(ctx, x)
		if err != nil {
			return nil, err
		}
		lengths := make([]float64, len(tree.Edges))
		for i, e := range tree.Edges {
			lengths[i] = e.Distance
		}
		return lengths, nil
	}}
	found, _, err := of.dimension(ctx, x, rows, fmt.Sprintf("slope, α = %.4g, %s", m.Alpha, order))
	return found, err
}
