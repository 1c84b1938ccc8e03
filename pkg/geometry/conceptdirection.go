package geometry

import (
	"context"
	"fmt"
	"math"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
)

// ConceptDirection is the direction of a concept, such as male to female, by pairs of rows that
// differ in it and in little else: the mean of their differences, at length 1. Whether
// there is such a direction is told by leaving each pair out in turn: its difference is
// compared with the direction of the others. Pairs at random have cosines around 0.
//
// Source: K. Park, Y. Choe and V. Veitch (2024), The linear representation hypothesis and the
// geometry of large language models.
type ConceptDirection struct {
	// Pairs of rows, each from without the concept to with it. At least 2 must be given.
	Pairs [][2]int

	// Inner is the product by which lengths and angles are measured. Default the usual
	// one; see CausalInner.
	Inner *InnerProduct
}

// Direction is what ConceptDirection finds.
type Direction struct {
	// Vector is the direction among the columns of the data, of length 1 under the product.
	Vector []float64

	// LeaveOneOut is the mean cosine between the difference of a pair and the direction of
	// the other pairs; its PerRow is that of every pair, NaN where the pair does not
	// differ.
	LeaveOneOut measure.Score
}

// String returns the table of the cosines.
func (d *Direction) String() string { return d.LeaveOneOut.String() }

const conceptMethod = "geometry.ConceptDirection"

// Resolve returns the options, or a *mat32.ParamError, for n rows of d columns.
func (c ConceptDirection) Resolve(n, d int) (ConceptDirection, error) {
	if len(c.Pairs) < 2 {
		return c, &mat32.ParamError{Method: conceptMethod, Param: "Pairs", Value: len(c.Pairs), Want: "at least 2"}
	}
	for _, p := range c.Pairs {
		if min(p[0], p[1]) < 0 || max(p[0], p[1]) >= n {
			return c, &mat32.ParamError{Method: conceptMethod, Param: "Pairs", Value: p, Want: fmt.Sprintf("rows from 0 to %d", n-1)}
		}
	}
	if c.Inner != nil {
		if rows, _ := c.Inner.Whitening.Dims(); rows != d {
			return c, &mat32.ParamError{Method: conceptMethod, Param: "Inner", Value: fmt.Sprintf("a product of %d columns", rows), Want: fmt.Sprintf("one of %d, as the data have", d)}
		}
	}
	return c, nil
}

// Compute returns the direction that the pairs of rows of x have in common. Time
// O(pairs·d), and O(pairs·d·r) with Inner; memory 16·pairs·d bytes.
//
// Errors: those of mat32.CheckRows, mat32.Check and Resolve; *mat32.DegenerateError where
// pairs do not differ, or their differences add up to nothing; and one that wraps ctx.Err().
func (c ConceptDirection) Compute(ctx context.Context, x mat.Matrix) (*Direction, error) {
	if err := check(ctx, conceptMethod, 1, 1, x); err != nil {
		return nil, err
	}
	n, d := x.Dims()
	c, err := c.Resolve(n, d)
	if err != nil {
		return nil, err
	}
	rows := make([]int, 0, 2*len(c.Pairs))
	for _, p := range c.Pairs {
		rows = append(rows, p[0], p[1])
	}
	ends, unit, err := copyInUnits(ctx, mat32.Select(x, rows))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", conceptMethod, err)
	}
	differences := mat.NewDense(len(c.Pairs), d, nil)
	vector := make([]float64, d)
	for i := range c.Pairs {
		row := differences.RawRowView(i)
		copy(row, ends.RawRowView(2*i+1))
		kernel.Axpy64(-1, ends.RawRowView(2*i), row)
		kernel.Axpy64(1/float64(len(c.Pairs)), row, vector)
	}
	none := &mat32.DegenerateError{Method: conceptMethod, Reason: "the differences of the pairs add up to nothing: they have no direction in common"}
	if unit == 0 || !normalize(vector) {
		return nil, none
	}
	seen := differences
	if c.Inner != nil {
		// The same scale for all, so that lengths are numbers.
		if seen, err = c.Inner.Whiten(ctx, differences); err != nil {
			return nil, mat32.Rename(conceptMethod, err)
		}
		white, err := c.Inner.Whiten(ctx, mat.NewDense(1, d, vector))
		if err != nil {
			return nil, mat32.Rename(conceptMethod, err)
		}
		length := mat.Norm(white, 2)
		if !(length > 0) {
			return nil, none
		}

		for j := range vector {
			vector[j] /= length
			if vector[j]-vector[j] != 0 {
				return nil, beyond(conceptMethod)
			}
		}
	}
	s, err := leaveOneOutCosines(ctx, seen)
	if err != nil {
		return nil, err
	}
	if c.Inner != nil {
		s.Convention = strings.Replace(s.Convention, "cosine", "causal cosine", 1)
	}
	return &Direction{Vector: vector, LeaveOneOut: s}, nil
}

// leaveOneOutCosines compares every row with the sum of the others.
func leaveOneOutCosines(ctx context.Context, rows *mat.Dense) (measure.Score, error) {
	n, d := rows.Dims()
	s := measure.Score{Name: "concept consistency", PerRow: make([]float64, n),
		Convention: "mean cosine of a pair's difference and the sum of the others; 1 is one direction, 0 is none"}
	total, err := sumRows(ctx, rows)
	if err != nil {
		return s, fmt.Errorf("%s: %w", conceptMethod, err)
	}
	own, rest := make([]float64, d), make([]float64, d)
	for i := range n {
		copy(own, rows.RawRowView(i))
		copy(rest, total)
		kernel.Axpy64(-1, own, rest)
		if !normalize(own) || !normalize(rest) {
			s.PerRow[i] = math.NaN()
			continue
		}
		s.PerRow[i] = max(-1, min(1, kernel.Dot64(own, rest)))
		s.Value += s.PerRow[i]
		s.Rows++
	}
	if s.Rows == 0 {
		return s, &mat32.DegenerateError{Method: conceptMethod, Reason: "no pair differs from another: there is nothing to compare"}
	}
	s.Value /= float64(s.Rows)
	if out := n - s.Rows; out > 0 {
		s.Notes = append(s.Notes, fmt.Sprintf("%d pairs that do not differ, or are alone in it, were left out", out))
	}
	return s, nil
}
