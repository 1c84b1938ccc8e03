package intrinsic

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
)

// LabelSharpness is the largest |yᵢ−yⱼ|/‖xᵢ−xⱼ‖ over pairs of rows x with labels y:
// how steep a function must be to have these labels at these rows. Beside the
// dimension it decides how fast errors fall as data grow (Konz and Mazurowski, 2024,
// The effect of intrinsic dataset properties on generalization: unraveling learning
// differences between natural and medical images).
//
// Two classes are 1 apart where they differ and 0 where not: the number is then one
// over the smallest distance between classes. (The authors' code for more than two
// classes has it the other way round, which measures the smallest distance within a
// class.) Rows left out can only hide steeper pairs: of a sample the number is a lower
// bound.
//
// Time O(Sample²·d), memory 8·n·d bytes.
type LabelSharpness struct {
	// Labels is the class of every row, −1 where it is not known: such rows are
	// left out. Either Labels or Targets must be given.
	Labels []int

	// Targets is a number for every row, where labels are not classes.
	Targets []float64

	// Sample is how many rows are compared, each with each; all where the data have
	// no more. Larger values come nearer to the largest of all pairs. 2 ≤ Sample.
	// Default 1000, as published.
	Sample int

	// Seed of the sample.
	Seed uint64

	// MemoryLimit in bytes refuses data that would need more. Default
	// GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

const labelSharpness = "intrinsic.LabelSharpness"

// Resolve returns the options with defaults filled in, or a *mat32.ParamError or
// *mat32.ShapeError, for a matrix of n rows and d columns.
func (l LabelSharpness) Resolve(n, d int) (LabelSharpness, error) {
	fail := func(param string, value any, want string) error {
		return &mat32.ParamError{Method: labelSharpness, Param: param, Value: value, Want: want}
	}
	if n < 2 {
		return l, &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: "at least 2 rows for a pair"}
	}
	if l.Sample == 0 {
		l.Sample = 1000
	}
	if l.Sample < 2 {
		return l, fail("Sample", l.Sample, "2 or more rows")
	}
	if l.MemoryLimit < 0 {
		return l, fail("MemoryLimit", l.MemoryLimit, "0 or more bytes")
	}
	if l.Targets == nil {
		return l, checkLabels(labelSharpness, l.Labels, n)
	}
	if l.Labels != nil {
		return l, fail("Targets", fmt.Sprintf("%d targets", len(l.Targets)), "none beside Labels")
	}
	if len(l.Targets) != n {
		return l, fail("Targets", fmt.Sprintf("%d targets", len(l.Targets)), fmt.Sprintf("%d, one for every row", n))
	}
	for i, y := range l.Targets {
		if math.IsNaN(y) || math.Abs(y) > math.MaxFloat64/2 {
			return l, fail("Targets", y, fmt.Sprintf("finite, and half of float64 at most, at row %d", i))
		}
	}
	return l, nil
}

// Estimate returns the sharpness of the rows of x (n × d), or of rows at the distances
// that x holds as a mat32.Distances. PerRow is the largest over the pairs of a row, NaN at rows that
// were not sampled; a note names the pair. The standard error is 0 of all rows, and
// NaN of a sample, whose largest pair says nothing of what others would.
//
// Errors: those of mat32.Check and Resolve; *mat32.DegenerateError where fewer than two
// labels are known, or equal rows have labels that differ; *mat32.MemoryError; and
// one that wraps ctx.Err().
func (l LabelSharpness) Estimate(ctx context.Context, x mat.Matrix) (measure.Score, error) {
	const method = labelSharpness
	fail := func(err error) (measure.Score, error) { return measure.Score{}, fmt.Errorf("%s: %w", method, err) }
	if err := mat32.CheckContext(ctx, x); err != nil {
		return fail(err)
	}
	n, d := x.Dims()
	l, err := l.Resolve(n, d)
	if err != nil {
		return measure.Score{}, err
	}
	rows := allRows(n)
	if l.Targets == nil {
		if _, rows = classes(l.Labels); len(rows) < 2 {
			return measure.Score{}, &mat32.DegenerateError{Method: method, Reason: "fewer than two labels are known"}
		}
	}
	s := measure.Score{Name: "label sharpness", Convention: "largest |y−y′|/‖x−x′‖, classes that differ are 1 apart"}
	if out := n - len(rows); out > 0 {
		s.Notes = append(s.Notes, fmt.Sprintf("%d rows without a label were left out", out))
	}
	if len(rows) > l.Sample {
		stream := rng.New(l.Seed, method, 0)
		for i := range l.Sample {
			j := i + stream.IntN(len(rows)-i)
			rows[i], rows[j] = rows[j], rows[i]
		}
		s.Notes = append(s.Notes, fmt.Sprintf("%d of %d rows were compared: a lower bound", l.Sample, len(rows)))
		rows, s.StdErr = rows[:l.Sample], math.NaN()
	}
	s.Rows = len(rows)
	if err := mat32.CheckMemory(method, 8*int64(n)*(int64(d)+3), l.MemoryLimit, "take fewer rows"); err != nil {
		return measure.Score{}, err
	}
	some, err := newDiffused(ctx, x)
	if err != nil {
		return fail(err)
	}
	s.PerRow = make([]float64, n)
	for i := range s.PerRow {
		s.PerRow[i] = math.NaN()
	}
	partner := make([]int, n)
	err = par.Blocks(ctx, len(rows), 8, func(lo, hi int) {
		for _, i := range rows[lo:hi] {
			steepest, with := 0., -1
			for _, j := range rows {
				if gap := l.gap(i, j); gap > 0 {
					if slope := some.slope(gap, i, j); slope > steepest {
						steepest, with = slope, j
					}
				}
			}
			s.PerRow[i], partner[i] = steepest, with
		}
	})
	if err != nil {
		return fail(err)
	}
	at := rows[0]
	for _, i := range rows {
		if v := s.PerRow[i]; v > s.PerRow[at] || v == s.PerRow[at] && i < at {
			at = i
		}
	}
	s.Value = s.PerRow[at]
	switch {
	case math.IsInf(s.Value, 1):
		return measure.Score{}, &mat32.DegenerateError{Method: method,
			Reason: fmt.Sprintf("rows %d and %d have labels that differ and no distance that float64 shows", at, partner[at])}
	case s.Value > 0:
		s.Notes = append(s.Notes, fmt.Sprintf("the steepest pair is rows %d and %d", at, partner[at]))
	}
	return s, nil
}

// slope returns a gap over the distance of two rows, without leaving the range of float64
// on the way.
func (r diffused) slope(gap float64, i, j int) float64 {
	length, power := r.apart(i, j)
	if power == 0 || length == 0 {
		return gap / length
	}
	part, exponent := math.Frexp(gap)
	return math.Ldexp(part/length, exponent-power)
}

// gap returns how far the labels of two rows are apart.
func (l LabelSharpness) gap(i, j int) float64 {
	if l.Targets != nil {
		return math.Abs(l.Targets[i] - l.Targets[j])
	}
	if l.Labels[i] != l.Labels[j] {
		return 1
	}
	return 0
}
