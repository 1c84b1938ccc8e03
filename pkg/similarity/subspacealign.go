package similarity

import (
	"context"
	"fmt"
	"math"
	"strings"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/internal/subspace"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
)

// SubspaceAlign aligns two representations of different spaces, such as those of images and
// of texts, by a few directions in which they correlate: the first canonical variates of a
// share of the rows, for which the pairs are known. How well it does is measured on the
// other rows: how many find their counterpart. It is a similarity, 1 where all do and about
// 1 in the number of these rows by chance.
//
// What two views share lies in few directions of either, which are not those of largest
// variance. So matching is best at a dimension near that of what is shared, and much better
// than by an affine map between the whole spaces (FullSpace of the curve), which has to
// predict what is not shared, too.
//
// Source: S. Hadgi et al., 2025, Escaping Plato's Cave: Towards the Alignment of 3D and Text
// Latent Spaces; canonical correlations by H. Hotelling (1936), Relations between two sets of
// variates.
//
// Time O(n·(p² + q²) + m²·k) for m rows that are matched in k dimensions; memory
// 40·n·(p + q) bytes.
type SubspaceAlign struct {
	// Components is k, how many canonical variates rows are matched by. Default 50, or as
	// many as there are where there are fewer; more are taken for all.
	Components int

	// Train is the share of the rows whose pairs are known, drawn by Seed. Default 0.5. At
	// least two rows are left to each side.
	Train float64

	// Within is how many of the most alike rows the right one may be among. Default 1,
	// matching; more is retrieval.
	Within int

	// Seed draws the rows.
	Seed uint64

	// MemoryLimit in bytes refuses data that would need more. Default GOMEMLIMIT, or
	// 4 GiB.
	MemoryLimit int64
}

const (
	aligning           = "similarity.SubspaceAlign"
	standardComponents = 50
)

// Resolve returns the options with defaults filled in, or a *mat32.ParamError or
// *mat32.ShapeError, for a matrix of n rows and d columns.
func (a SubspaceAlign) Resolve(n, d int) (SubspaceAlign, error) {
	if n < 4 {
		return a, &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: "at least 4 rows for " + aligning}
	}
	refuse := func(param string, value any, want string) (SubspaceAlign, error) {
		return a, &mat32.ParamError{Method: aligning, Param: param, Value: value, Want: want}
	}
	if a.Components == 0 {
		a.Components = standardComponents
	}
	if a.Train == 0 {
		a.Train = .5
	}
	if a.Within == 0 {
		a.Within = 1
	}
	switch matched := n - a.rows(n); {
	case a.Components < 1:
		return refuse("Components", a.Components, "1 or more, or 0 for 50")
	case !(a.Train > 0 && a.Train < 1):
		return refuse("Train", a.Train, "0 < Train < 1, or 0 for 0.5")
	case a.Within < 1 || a.Within > matched:
		return refuse("Within", a.Within, fmt.Sprintf("1 ≤ Within ≤ %d, the rows that are matched", matched))
	case a.MemoryLimit < 0:
		return refuse("MemoryLimit", a.MemoryLimit, "0 or more bytes")
	}
	return a, nil
}

// rows returns for how many of n the pairs are known.
func (a SubspaceAlign) rows(n int) int {
	return min(max(int(math.Round(a.Train*float64(n))), 2), n-2)
}

// AlignmentCurve is how well rows are matched in subspaces of several dimensions.
type AlignmentCurve struct {
	Train, Matched int       // how many rows the directions were found by, and how many were matched
	Dimensions     []int     // of the subspaces
	Accuracy       []float64 // the share of rows that found their counterpart
	FullSpace      float64   // the same by an affine map of the whole x to the whole y, by least squares
	Correlations   []float64 // canonical ones of the rows that the directions were found by
	Within         int
}

// Best returns the dimension at which most rows were matched, the least of equals, and the
// share.
func (c *AlignmentCurve) Best() (dimension int, accuracy float64) {
	for i, a := range c.Accuracy {
		if i == 0 || a > accuracy || a == accuracy && c.Dimensions[i] < dimension {
			dimension, accuracy = c.Dimensions[i], a
		}
	}
	return dimension, accuracy
}

// String returns a small table.
func (c *AlignmentCurve) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "subspace alignment by %d pairs, of %d rows matched within %d\n  dimension   accuracy", c.Train, c.Matched, c.Within)
	for i, d := range c.Dimensions {
		fmt.Fprintf(&b, "\n  %-10d  %.4f", d, c.Accuracy[i])
	}
	fmt.Fprintf(&b, "\n  full space  %.4f", c.FullSpace)
	return b.String()
}

// Compare matches rows of x (n × p) and y (n × q) in Components dimensions. StdErr is that of
// a share of the rows that were matched. Errors: those of mat32.CheckRows, mat32.Check and
// Resolve, naming x or y; *mat32.ShapeError where y has another number of rows;
// *mat32.DegenerateError where all rows of one are equal, or all those drawn to find the
// directions by; *mat32.MemoryError; and one that wraps ctx.Err().
func (a SubspaceAlign) Compare(ctx context.Context, x, y mat.Matrix) (measure.Score, error) {
	v, err := a.views(ctx, x, y)
	if err != nil {
		return measure.Score{}, err
	}
	k := min(v.Components, len(v.correlations))
	accuracy, err := v.matched(ctx, k)
	if err != nil {
		return measure.Score{}, err
	}
	m := v.n - v.train
	return measure.Score{Name: "subspace alignment", Value: accuracy, StdErr: math.Sqrt(accuracy * (1 - accuracy) / float64(m)), Rows: v.n,
		Convention: fmt.Sprintf("share of %d rows matched within %d by cosine in %d canonical dimensions of %d other rows; similarity, 1 is same", m, v.Within, k, v.train)}, nil
}

// Sweep matches rows in subspaces of each of the dimensions, which are found once, and in
// the full space. Dimensions above the number of canonical correlations stand for that.
// Errors are those of Compare, and *mat32.ParamError where a dimension is below 1.
func (a SubspaceAlign) Sweep(ctx context.Context, x, y mat.Matrix, dimensions []int) (*AlignmentCurve, error) {
	for _, k := range dimensions {
		if k < 1 {
			return nil, &mat32.ParamError{Method: aligning, Param: "dimensions", Value: k, Want: "1 or more"}
		}
	}
	v, err := a.views(ctx, x, y)
	if err != nil {
		return nil, err
	}
	c := &AlignmentCurve{Train: v.train, Matched: v.n - v.train, Correlations: v.correlations, Within: v.Within}
	for _, k := range dimensions {
		k = min(k, len(v.correlations))
		accuracy, err := v.matched(ctx, k)
		if err != nil {
			return nil, err
		}
		c.Dimensions = append(c.Dimensions, k)
		c.Accuracy = append(c.Accuracy, accuracy)
	}
	c.FullSpace, err = v.full(ctx)
	return c, err
}

// views is a pair of representations, their rows in the order drawn, those first by which
// the directions are found.
type views struct {
	SubspaceAlign
	n, train     int
	x, y         *view
	correlations []float64
	u, v         *mat.Dense // canonical variates of all rows
}

// view is one of them.
type view struct {
	rows  *mat.Dense // n × d, less the mean of the first
	basis *mat.Dense // d × r: brings the first rows to orthonormal columns
	first *mat.Dense // train × r: these
}

func (a SubspaceAlign) views(ctx context.Context, x, y mat.Matrix) (*views, error) {
	n, p, q, err := checkBoth(ctx, aligning, 4, x, y)
	if err != nil {
		return nil, err
	}
	if a, err = a.Resolve(n, p); err != nil {
		return nil, err
	}
	need := 40*int64(n)*int64(p+q) + 8*int64(n)*rowsAtOnce
	if err := mat32.CheckMemory(aligning, need, a.MemoryLimit, "reduce the number of rows or columns"); err != nil {
		return nil, err
	}
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	draw := rng.New(a.Seed, aligning, 0)
	draw.Shuffle(n, func(i, j int) { order[i], order[j] = order[j], order[i] })
	v := &views{SubspaceAlign: a, n: n, train: a.rows(n)}
	if v.x, err = newView(ctx, "x", x, order, v.train); err != nil {
		return nil, err
	}
	if v.y, err = newView(ctx, "y", y, order, v.train); err != nil {
		return nil, err
	}
	f, err := subspace.PrincipalAngles(ctx, v.x.first, v.y.first)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", aligning, err)
	}
	v.correlations = f.Cosines
	if v.u, err = v.x.variates(ctx, f.U); err != nil {
		return nil, err
	}
	v.v, err = v.y.variates(ctx, f.V)
	return v, err
}

func newView(ctx context.Context, name string, x mat.Matrix, order []int, train int) (*view, error) {
	all, _, err := centered(ctx, aligning, name, x)
	if err != nil {
		return nil, err
	}
	n, d := all.Dims()
	v := &view{rows: mat.NewDense(n, d, nil)}
	middle := make([]float64, d)
	for to, from := range order {
		v.rows.SetRow(to, all.RawRowView(from))
		if to < train {
			kernel.Axpy64(1/float64(train), all.RawRowView(from), middle)
		}
	}
	for i := range n {
		kernel.Axpy64(-1, middle, v.rows.RawRowView(i))
	}
	first := mat.DenseCopyOf(v.rows.Slice(0, train, 0, d))
	var left, right *mat.Dense // singular vectors as columns
	var values []float64
	if train >= d {
		left, values, right, err = linalg.SVD(ctx, first)
		if err == nil {
			right = mat.DenseCopyOf(right.T())
		}
	} else {
		right, values, left, err = linalg.SVD(ctx, mat.DenseCopyOf(first.T()))
		if err == nil {
			left = mat.DenseCopyOf(left.T())
		}
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", aligning, err)
	}
	// Of float32 data the last digits are noise, which no direction is made of.
	rank := 0
	for rank < len(values) && values[rank] > float64(max(train, d))*0x1p-40*values[0] && values[rank] > 0x1p-500 {
		rank++
	}
	if rank == 0 {
		return nil, &mat32.DegenerateError{Method: aligning, Reason: fmt.Sprintf("all %d rows of %s that directions are to be found by are equal", train, name)}
	}
	v.first = mat.DenseCopyOf(left.Slice(0, train, 0, rank))
	v.basis = mat.DenseCopyOf(right.Slice(0, d, 0, rank))
	for i := range d {
		row := v.basis.RawRowView(i)
		for j := range row {
			row[j] /= values[j]
		}
	}
	return v, nil
}

// variates returns the rows in the directions that turn gives of the basis.
func (v *view) variates(ctx context.Context, turn *mat.Dense) (*mat.Dense, error) {
	d, _ := v.basis.Dims()
	_, k := turn.Dims()
	n, _ := v.rows.Dims()
	directions, out := mat.NewDense(d, k, nil), mat.NewDense(n, k, nil)
	if err := kernel.Gemm64(ctx, blas.NoTrans, blas.NoTrans, 1, v.basis.RawMatrix(), turn.RawMatrix(), 0, directions.RawMatrix()); err != nil {
		return nil, fmt.Errorf("%s: %w", aligning, err)
	}
	if err := kernel.Gemm64(ctx, blas.NoTrans, blas.NoTrans, 1, v.rows.RawMatrix(), directions.RawMatrix(), 0, out.RawMatrix()); err != nil {
		return nil, fmt.Errorf("%s: %w", aligning, err)
	}
	return out, nil
}

// matched returns the share of rows that find their counterpart by the first k variates.
func (v *views) matched(ctx context.Context, k int) (float64, error) {
	return v.share(ctx, v.u.Slice(v.train, v.n, 0, k), v.v.Slice(v.train, v.n, 0, k))
}

// full returns that by the affine map of least squares, and of least length, from x to y.
func (v *views) full(ctx context.Context) (float64, error) {
	_, q := v.y.rows.Dims()
	_, r := v.x.first.Dims()
	known := v.y.rows.Slice(0, v.train, 0, q).(*mat.Dense)
	onto, guess := mat.NewDense(r, q, nil), mat.NewDense(v.n, q, nil)
	if err := kernel.Gemm64(ctx, blas.Trans, blas.NoTrans, 1, v.x.first.RawMatrix(), known.RawMatrix(), 0, onto.RawMatrix()); err != nil {
		return 0, fmt.Errorf("%s: %w", aligning, err)
	}
	in, err := v.x.variates(ctx, identity(r))
	if err != nil {
		return 0, err
	}
	if err := kernel.Gemm64(ctx, blas.NoTrans, blas.NoTrans, 1, in.RawMatrix(), onto.RawMatrix(), 0, guess.RawMatrix()); err != nil {
		return 0, fmt.Errorf("%s: %w", aligning, err)
	}
	return v.share(ctx, guess.Slice(v.train, v.n, 0, q), v.y.rows.Slice(v.train, v.n, 0, q))
}

func identity(n int) *mat.Dense {
	one := mat.NewDense(n, n, nil)
	for i := range n {
		one.Set(i, i, 1)
	}
	return one
}

// share returns the share of rows of a that find their row of b.
func (v *views) share(ctx context.Context, a, b mat.Matrix) (float64, error) {
	from, err := unitLengths(ctx, a)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", aligning, err)
	}
	to, err := unitLengths(ctx, b)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", aligning, err)
	}
	ranks, err := retrieved(ctx, from, to)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", aligning, err)
	}
	return mean(hits(ranks, v.Within)), nil
}
