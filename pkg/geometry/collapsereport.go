package geometry

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
	"github.com/flatland-go/flatland/pkg/spectrum"
)

// Collapse is what CollapseReport finds: measures of spread of one cloud, side by side.
type Collapse struct {
	Rows, Columns int
	MeanCosine    measure.Score // one way instead of all
	Uniformity    measure.Score // t = 2
	UniformityW2  measure.Score
	IsoScore      measure.Score
	Anisotropy    measure.Score
	EffectiveRank measure.Score // of the eigenvalues of the covariance
	Variance      measure.Score // the variance term of VICReg
	Covariance    measure.Score // the covariance term of VICReg
	DeadColumns   int           // with a standard deviation of less than a hundredth of the largest
	PowerLaw      *PowerLaw     // nil where the rows vary in one direction
	Even          Ends          // the values where directions are even
}

// Ends are values of measures at one end of their ranges.
type Ends struct {
	Uniformity float64 // of points drawn evenly over the sphere
	Anisotropy float64
	Rank       float64
}

// String returns a table: every measure, its value where all directions are used alike and where
// all rows lie along one.
func (c *Collapse) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "collapse report  %d rows, %d columns\n  %-20s %10s %10s %10s", c.Rows, c.Columns, "", "value", "even", "collapsed")
	for _, l := range []struct {
		of             measure.Score
		even, collapse string
	}{
		{c.MeanCosine, "0", "1"},
		{c.Uniformity, fmt.Sprintf("%.4f", c.Even.Uniformity), "0"},
		{c.UniformityW2, "0", "1.4142"},
		{c.IsoScore, "1", "0"},
		{c.Anisotropy, fmt.Sprintf("%.4f", c.Even.Anisotropy), "1"},
		{c.EffectiveRank, fmt.Sprintf("%.4g", c.Even.Rank), "1"},
		{c.Variance, "0", "0.99"},
		{c.Covariance, "0", ""},
	} {
		b.WriteString(strings.TrimRight(fmt.Sprintf("\n  %-20s %10.4f %10s %10s", l.of.Name, l.of.Value, l.even, l.collapse), " "))
	}
	fmt.Fprintf(&b, "\n  %-20s %10d %10d %10d", "dead columns", c.DeadColumns, 0, c.Columns-1)
	if c.PowerLaw != nil {
		fmt.Fprintf(&b, "\n  %-20s %10.4f %10s", "power law", c.PowerLaw.Exponent.Value, "0")
	}
	return b.String()
}

// CollapseReport measures how the rows of x (n × d) are spread, by all that takes one cloud: the
// mean cosine and both uniformities, for which rows are brought to length 1; IsoScore, anisotropy,
// effective rank and the power law of their covariance; and the variance and covariance terms of
// VICReg, in the unit of the data. No one of them sees everything: rows that point one way vary in
// all dimensions, and rows of few dimensions may point everywhere in these.
//
// Time n²·d/2 operations and O(n·d·m + m³) for m = min(n, d), memory 8·(3·n·d + 2·m²) bytes.
// Errors: those of mat32.CheckRows and mat32.Check, *mat32.ShapeError below 3 rows or 2 columns,
// *mat32.DegenerateError where all rows are equal or fewer than 2 are not zero,
// *mat32.MemoryError, and one that wraps ctx.Err().
//
// Source: what is measured names its own. The idea of a table is in A. Bardes, J. Ponce and Y.
// LeCun (2022), VICReg: variance-invariance-covariance regularization for self-supervised
// learning.
func CollapseReport(ctx context.Context, x mat.Matrix) (*Collapse, error) {
	const method = "geometry.CollapseReport"
	fail := func(err error) (*Collapse, error) { return nil, mat32.Rename(method, err) }
	a, unit, err := varied(ctx, method, 3, 3, x)
	if err != nil {
		return nil, err
	}
	n, d := a.Dims()
	if d < 2 {
		return fail(&mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: "at least 2 columns"})
	}
	c := &Collapse{Rows: n, Columns: d, Even: Ends{evenPotential(d, 2), 1 / float64(d), float64(d)}}
	squares, err := columnSquares(ctx, a)
	if err != nil {
		return fail(err)
	}
	most := 0.
	for _, s := range squares {
		most = max(most, s)
	}
	for _, s := range squares {
		if s < 1e-4*most {
			c.DeadColumns++
		}
	}
	values, err := spectrumOf(ctx, a)
	if err != nil {
		return fail(err)
	}
	if c.IsoScore, err = isoScore(method, n, values); err != nil {
		return nil, err
	}
	c.Anisotropy = anisotropy(n, d, values)
	rank, err := spectrum.EffectiveRank(values)
	if err != nil {
		return fail(err)
	}
	c.EffectiveRank = measure.Score{Name: "effective rank", Value: rank, Rows: n, Convention: "exponential of the entropy of the eigenvalues of the covariance; 1 is a line"}
	c.PowerLaw, err = powerLaw(method, n, values, spectrum.AlphaReQ{})
	if line := new(mat32.DegenerateError); err != nil && !errors.As(err, &line) {
		return nil, err
	}
	variance, covariance, err := varianceTerms(ctx, a, unit)
	if err != nil {
		return fail(err)
	}
	c.Variance = measure.Score{Name: "VICReg variance", Value: variance, Rows: n, Convention: "mean over columns of what the standard deviation lacks to 1; 0 is spread"}
	c.Covariance, err = finite(method, measure.Score{Name: "VICReg covariance", Value: covariance, Rows: n, Convention: "squared covariances of different columns over the number of columns; 0 is uncorrelated"})
	if err != nil {
		return nil, err
	}
	if c.MeanCosine, err = MeanCosine(ctx, x); err != nil {
		return fail(err)
	}
	if c.Uniformity, err = Uniformity(ctx, x, 2); err != nil {
		return fail(err)
	}
	if c.UniformityW2, err = UniformityW2(ctx, x); err != nil {
		return fail(err)
	}
	return c, nil
}

// evenPotential returns the Uniformity of points drawn evenly over the sphere in d dimensions:
// −2t plus the logarithm of the mean of exp(2t·cos), which is the series of ₀F₁(d/2; t²).
func evenPotential(d int, t float64) float64 {
	term, total := 1., 1.
	for k := 1.; term > 1e-17*total; k++ {
		term *= t * t / k / (float64(d)/2 + k - 1)
		total += term
	}
	return math.Log(total) - 2*t
}
