package spectrum

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/measure"
)

const (
	matrixNuclearNorm = "spectrum.MatrixNuclearNorm"
	nuclearNorm       = "spectrum.NuclearNorm"
)

// MatrixNuclearNorm returns a proxy of NuclearNorm that needs no decomposition: the
// rows of x (n × d) less their mean are brought to length 1, and the min(n, d)
// largest of the lengths of the columns are added and divided by n.
//
// It depends on the axes, where NuclearNorm does not. Where n ≥ d it is never below
// it, and as large as √(d/n) whenever all columns are equally long: rows of low rank
// that lie across the axes look to it as rows of full rank do.
//
// Time O(n·d), memory 8·n·d bytes. Errors: those of mat32.CheckRows and mat32.Check,
// *mat32.DegenerateError where all rows are equal, *mat32.MemoryError, and one that
// wraps ctx.Err().
//
// Source: Y. Li, T. Xia, Y. Chang and Y. Wu (2024), Large language model evaluation via
// matrix nuclear-norm.
func MatrixNuclearNorm(ctx context.Context, x mat.Matrix) (measure.Score, error) {
	z, err := directionsOf(ctx, matrixNuclearNorm, x, true, 1)
	if err != nil {
		return measure.Score{}, err
	}
	n, d := z.rows.Dims()
	part := make([][]float64, (n+blockRows-1)/blockRows)
	err = par.Blocks(ctx, n, blockRows, func(lo, hi int) {
		squares := make([]float64, d)
		for i := lo; i < hi; i++ {
			for j, v := range z.rows.RawRowView(i) {
				squares[j] += v * v
			}
		}
		part[lo/blockRows] = squares
	})
	if err != nil {
		return measure.Score{}, fmt.Errorf("%s: %w", matrixNuclearNorm, err)
	}
	lengths := make([]float64, d)
	for _, squares := range part {
		kernel.Axpy64(1, squares, lengths)
	}
	for j, v := range lengths {
		lengths[j] = math.Sqrt(v)
	}
	slices.Sort(lengths)
	return measure.Score{Name: "matrix nuclear norm", Value: sum(lengths[max(d-n, 0):]) / float64(n), Rows: n, Notes: z.notes(),
		Convention: "lengths of columns added, rows centred and of length 1, over the rows"}, nil
}

// NuclearNorm returns the sum of the singular values of the rows of x (n × d), less
// their mean and brought to length 1, over n: what MatrixNuclearNorm stands for. It
// is 1/√n where all rows lie on a line, and at most √(m/n) for m = min(n, d).
//
// Time O(n·d·m + m³), memory about 24·n·d bytes. Errors as of MatrixNuclearNorm.
//
// Source: M. Fazel, H. Hindi and S. Boyd (2001), A rank minimization heuristic with
// application to minimum order system approximation.
func NuclearNorm(ctx context.Context, x mat.Matrix) (measure.Score, error) {
	z, err := directionsOf(ctx, nuclearNorm, x, true, 3)
	if err != nil {
		return measure.Score{}, err
	}
	_, values, _, err := singular(ctx, z.rows)
	if err != nil {
		return measure.Score{}, fmt.Errorf("%s: %w", nuclearNorm, err)
	}
	n, _ := z.rows.Dims()
	return measure.Score{Name: "nuclear norm", Value: sum(values) / float64(n), Rows: n, Notes: z.notes(),
		Convention: "singular values added, rows centred and of length 1, over the rows"}, nil
}
