package intrinsic

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

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
	if m.To == 0 {
		m.To = n
	}
	if m.From == 0 {
		m.From = max(6, m.To/5)
	}
	if m.Sizes == 0 {
		m.Sizes = max(2, min(5, m.To-m.From+1))
	}
	switch {
	case !(m.Alpha > 0 && m.Alpha <= 100):
		return m, fail("Alpha", m.Alpha, "0 < Alpha ≤ 100")
	case m.To < 3 || m.To > n:
		return m, fail("To", m.To, fmt.Sprintf("From < To ≤ n = %d", n))
	case m.From < 2 || m.From >= m.To:
		return m, fail("From", m.From, fmt.Sprintf("2 ≤ From < To = %d", m.To))
	case m.Sizes < 2 || m.Sizes > m.To-m.From+1:
		return m, fail("Sizes", m.Sizes, fmt.Sprintf("2 ≤ Sizes ≤ To − From + 1 = %d", m.To-m.From+1))
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
	if err := mat32.CheckContext(ctx, x); err != nil {
		return measure.Dimension{}, fmt.Errorf("%s: %w", mstDimension, err)
	}
	n, d := x.Dims()
	asked := m
	m, err := m.Resolve(n, d)
	if err != nil {
		return measure.Dimension{}, err
	}
	if err := mat32.CheckMemory(mstDimension, 12*int64(n)*int64(d)+300*int64(n)+2*screen.Bytes(x), m.MemoryLimit, "use fewer rows"); err != nil {
		return measure.Dimension{}, err
	}
	rows, err := mat32.DistinctContext(ctx, x)
	if err != nil {
		return measure.Dimension{}, fmt.Errorf("%s: %w", mstDimension, err)
	}
	if len(rows) < n {
		if m, err = asked.Resolve(len(rows), d); err != nil {
			return measure.Dimension{}, &mat32.DegenerateError{Method: mstDimension,
				Reason: fmt.Sprintf("only %d of the %d rows are distinct: %v", len(rows), n, err)}
		}
	}
	repeats := max(1, min(20, 500/len(rows))) // few rows make lengths that chance moves far
	if m.InOrder {
		repeats = 0
	}
	var scale, unit float64 // a unit near the lengths keeps their powers within float64
	g, err := grow(ctx, mstDimension, x, rows, sampleSizes(m.From, m.To, m.Sizes), m.Seed, repeats, func(x mat.Matrix) (float64, error) {
		tree, err := neighbors.MST{MemoryLimit: m.MemoryLimit}.Fit(ctx, x)
		if err != nil {
			return 0, mat32.Rename(mstDimension, err)
		}
		if unit == 0 {
			unit = tree.Edges[len(tree.Edges)-1].Distance
		}
		var length float64
		scale = 0
		for _, e := range tree.Edges {
			length += math.Pow(e.Distance/unit, m.Alpha)
			scale += e.Distance / float64(len(tree.Edges))
		}
		return length, nil
	})
	if err != nil {
		return measure.Dimension{}, err
	}
	slope, stdErr := g.slope()
	value := m.Alpha / (1 - slope)
	if !(slope < 1) || !(value > 0) || value > math.MaxFloat64 {
		return measure.Dimension{}, &mat32.DegenerateError{Method: mstDimension,
			Reason: fmt.Sprintf("the length grows as the number of rows to the power %.3g, which no dimension explains, as on a lattice: take samples of other sizes", slope)}
	}
	return measure.Dimension{
		Method:  "MSTDimension",
		Value:   value,
		StdErr:  value * value / m.Alpha * stdErr,
		Scale:   scale,
		Rows:    len(rows),
		Removed: n - len(rows),
		Convention: fmt.Sprintf("α = %.4g, least squares through %d sizes from %d to %d, %s, duplicates removed, standard error: spread of disjoint samples",
			m.Alpha, m.Sizes, m.From, m.To, map[bool]string{true: "the first rows", false: "samples at random"}[m.InOrder]),
	}, nil
}
