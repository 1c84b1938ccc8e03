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
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
)

// Correlations are the canonical correlations of two representations, and the directions in
// which they are seen: column k of X and column k of Y are weights of the columns of x and
// of y, which, less their means, make two variables of variance 1 with correlation
// Values[k]. With a Ridge, it counts as variance.
type Correlations struct {
	Method       string     // for example "CCA"
	Values       []float64  // the largest first, between 0 and 1
	X, Y         *mat.Dense // p and q × len(Values)
	Weights      []float64  // what each counts for in the mean; they add up to 1
	RankX, RankY int        // the directions kept of x and y
	Rows         int
	Notes        []string
}

// String returns a small table.
func (c *Correlations) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "canonical correlations (%s)  of %d × %d directions, %d rows\n", c.Method, c.RankX, c.RankY, c.Rows)
	fmt.Fprintf(&b, "  %4s  %11s  %6s", "", "correlation", "weight")
	const most = 10
	for k, v := range c.Values {
		if k == most && len(c.Values) > most+1 {
			fmt.Fprintf(&b, "\n  and %d more", len(c.Values)-most)
			break
		}
		fmt.Fprintf(&b, "\n  %4d  %11.4f  %6.4f", k+1, v, c.Weights[k])
	}
	for _, n := range c.Notes {
		fmt.Fprintf(&b, "\n  note: %s", n)
	}
	return b.String()
}

// mean returns the weighted mean of f of the correlations.
func (c *Correlations) mean(f func(rho float64) float64) float64 {
	sum := 0.
	for k, v := range c.Values {
		sum += c.Weights[k] * f(v)
	}
	return sum
}

// factors are the singular vectors of the rows of a representation less their means.
type factors struct {
	method string
	n, d   int
	left   *mat.Dense // n × rank
	values []float64
	right  *mat.Dense // d × rank
	unit   float64    // of the values
	ridge  float64    // the same, squared
	all    float64    // the sum of the squares of all values, kept or not
	rank   int        // of the data
	cut    bool       // that is less than min(n−1, d)
}

// factored returns the factors of the rows of x less their means.
func factored(ctx context.Context, method, name string, x mat.Matrix, ridge float64) (*factors, error) {
	a, unit, err := centered(ctx, method, name, x)
	if err != nil {
		return nil, err
	}
	f, err := factoredRows(ctx, method, a, ridge, isNarrow(x))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	f.unit = unit
	return f, nil
}

// factoredRows returns the factors of a with singular values above a tolerance times the
// largest, below which they are rounding: max(n, d)·2⁻⁵², or 2⁻²² where values were float32.
// ridge is a share of the mean variance of columns.
func factoredRows(ctx context.Context, method string, a *mat.Dense, ridge float64, narrow bool) (*factors, error) {
	f := &factors{method: method, unit: 1}
	f.n, f.d = a.Dims()
	var err error
	if f.n >= f.d {
		f.left, f.values, f.right, err = linalg.SVD(ctx, a)
		if err == nil {
			f.right = mat.DenseCopyOf(f.right.T())
		}
	} else {
		f.right, f.values, f.left, err = linalg.SVD(ctx, mat.DenseCopyOf(a.T()))
		if err == nil {
			f.left = mat.DenseCopyOf(f.left.T())
		}
	}
	if err != nil {
		return nil, err
	}
	tolerance := float64(max(f.n, f.d)) * 0x1p-52
	if narrow {
		tolerance = 0x1p-22
	}
	for f.rank < len(f.values) && f.values[f.rank] > tolerance*f.values[0] {
		f.all += f.values[f.rank] * f.values[f.rank]
		f.rank++
	}
	f.ridge = ridge * f.all / float64(f.d)
	f.cut = f.rank < min(f.n-1, f.d)
	return f.first(f.rank), nil
}

// first returns the factors of the largest values.
func (f *factors) first(rank int) *factors {
	g := *f
	g.values = f.values[:rank]
	if rank == 0 {
		g.left, g.right = nil, nil
		return &g
	}
	g.left = mat.DenseCopyOf(f.left.Slice(0, f.n, 0, rank))
	g.right = mat.DenseCopyOf(f.right.Slice(0, f.d, 0, rank))
	return &g
}

// gain returns by what factor a ridge shrinks the variable of direction k.
func (f *factors) gain(k int) float64 {
	if f.ridge == 0 {
		return 1
	}
	return f.values[k] / math.Sqrt(f.values[k]*f.values[k]+f.ridge)
}

// correlated finds the canonical correlations of two factored representations, each of which
// weighs as much, and the rotations that take left to the variables of each.
func correlated(ctx context.Context, name string, x, y *factors) (c *Correlations, u, v *mat.Dense, err error) {
	if len(x.values) < len(y.values) {
		c, v, u, err = correlated(ctx, name, y, x)
		if err != nil {
			return nil, nil, nil, err
		}
		c.RankX, c.RankY = c.RankY, c.RankX
		c.Notes = c.notes(x, y)
		return c, u, v, nil
	}
	p, q := len(x.values), len(y.values)
	cross := mat.NewDense(p, q, nil)
	if err := kernel.Gemm64(ctx, blas.Trans, blas.NoTrans, 1, x.left.RawMatrix(), y.left.RawMatrix(), 0, cross.RawMatrix()); err != nil {
		return nil, nil, nil, fmt.Errorf("%s: %w", x.method, err)
	}
	for i := range p {
		row := cross.RawRowView(i)
		for j := range row {
			row[j] *= x.gain(i) * y.gain(j)
		}
	}
	u, values, right, err := linalg.SVD(ctx, cross)
	if err != nil {
		return nil, nil, nil, fmt.Errorf("%s: %w", x.method, err)
	}
	v = mat.DenseCopyOf(right.T())
	c = &Correlations{Method: name, Values: values, Weights: make([]float64, q), RankX: p, RankY: q, Rows: x.n}
	for k := range values {
		values[k] = min(values[k], 1)
		c.Weights[k] = 1 / float64(q)
	}
	c.Notes = c.notes(x, y)
	return c, u, v, nil
}

// directions returns weights of the columns of the data for variables of variance 1.
func (f *factors) directions(ctx context.Context, turn *mat.Dense) (*mat.Dense, error) {
	rank, k := turn.Dims()
	scaled := mat.NewDense(rank, k, nil)
	for i := range rank {
		s := math.Sqrt(float64(f.n-1)) / math.Hypot(f.values[i], math.Sqrt(f.ridge)) / f.unit
		for j := range k {
			scaled.Set(i, j, s*turn.At(i, j))
		}
	}
	w := mat.NewDense(f.d, k, nil)
	if err := kernel.Gemm64(ctx, blas.NoTrans, blas.NoTrans, 1, f.right.RawMatrix(), scaled.RawMatrix(), 0, w.RawMatrix()); err != nil {
		return nil, fmt.Errorf("%s: %w", f.method, err)
	}
	if sum := mat.Sum(w); math.IsNaN(sum) || math.IsInf(sum, 0) {
		return nil, &mat32.DegenerateError{Method: f.method, Reason: "weights of columns that vary so little are beyond the range of float64"}
	}
	return w, nil
}

// correlating is what is prepared for measures by correlations.
type correlating interface {
	prepared
	kept() *factors
	correlations(ctx context.Context, y prepared) (c *Correlations, u, v *mat.Dense, err error)
}

func (f *factors) kept() *factors { return f }

// correlate is the Correlate of every preparer whose preparations are correlating.
func correlate(ctx context.Context, m preparer, x, y mat.Matrix) (*Correlations, error) {
	if err := m.check(ctx, x, y); err != nil {
		return nil, err
	}
	a, err := m.prepare(ctx, "x", x)
	if err != nil {
		return nil, err
	}
	b, err := m.prepare(ctx, "y", y)
	if err != nil {
		return nil, err
	}
	c, u, v, err := a.(correlating).correlations(ctx, b)
	if err != nil {
		return nil, err
	}
	if c.X, err = a.(correlating).kept().directions(ctx, u); err != nil {
		return nil, err
	}
	c.Y, err = b.(correlating).kept().directions(ctx, v)
	return c, err
}

// factorable is the check of measures by factors.
func factorable[T any](ctx context.Context, m interface {
	Resolve(n, d int) (T, error)
}, method string, x, y mat.Matrix) error {
	n, p, _, err := checkBoth(ctx, method, 3, x, y)
	if err == nil {
		_, err = m.Resolve(n, p)
	}
	return err
}

// notes says what a reader should know of the ranks.
func (c *Correlations) notes(x, y *factors) (notes []string) {
	if ones := c.RankX + c.RankY - (c.Rows - 1); ones > 0 && x.ridge == 0 && y.ridge == 0 {
		notes = append(notes, fmt.Sprintf("%d rows are too few for %d + %d directions: %d correlations are 1 whatever the data", c.Rows, c.RankX, c.RankY, min(ones, len(c.Values))))
	}
	for _, f := range []struct {
		name string
		*factors
	}{{"x", x}, {"y", y}} {
		if f.cut {
			notes = append(notes, fmt.Sprintf("the columns of %s depend on each other: its rank is %d of %d", f.name, f.rank, f.d))
		}
	}
	return notes
}

// score is what all measures by correlations return.
func (c *Correlations) score(value float64, convention string) measure.Score {
	return measure.Score{Name: c.Method, Value: value, Rows: c.Rows, Notes: c.Notes, Convention: convention + "; similarity, 1 is same"}
}

// isNarrow reports whether the values of x are float32.
func isNarrow(x mat.Matrix) bool {
	switch x.(type) {
	case *mat32.Dense, *mat32.CSR:
		return true
	}
	return false
}

// ridgeError refuses a ridge out of range.
func ridgeError(method string, ridge float64) error {
	if !(ridge >= 0) || math.IsInf(ridge, 0) {
		return &mat32.ParamError{Method: method, Param: "Ridge", Value: ridge, Want: "0 ≤ Ridge < ∞"}
	}
	return nil
}

// ridgeConvention names a ridge.
func ridgeConvention(ridge float64) string {
	if ridge == 0 {
		return ""
	}
	return fmt.Sprintf(", ridge %.4g of the mean variance", ridge)
}
