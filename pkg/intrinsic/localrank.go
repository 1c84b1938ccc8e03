package intrinsic

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
	"github.com/flatland-go/flatland/pkg/watch"
)

// Layered is a network whose layers have derivatives, such as an *nn.MLPModel. Its methods are
// called from many goroutines.
type Layered interface {
	// Layers returns how many there are behind the input.
	Layers() int
	// Jacobian returns the derivatives of what comes into a layer, from 1 on, by the input,
	// at one row: a row for every unit, a column for every column of the input.
	Jacobian(layer int, row []float64) (*mat.Dense, error)
}

// LocalRank measures through how many dimensions each layer of a network lets the neighbourhood
// of a row pass: the number of singular values of the layer's Jacobian that are not small, in the
// mean over rows. It is at most the number of columns and that of units of any layer before, and
// falls late in training, when networks compress what they do not need.
//
// Time O(rows·layers·(a Jacobian + units·columns·min(units, columns))), memory a few Jacobians for
// every core.
//
// Source: N. Patel and R. Shwartz-Ziv (2024), Learning to compress: local rank and information
// compression in deep neural networks.
type LocalRank struct {
	// Tolerance is the share of the largest singular value of a Jacobian below which others do not
	// count, at most 1. Larger ones find fewer dimensions. Default 0.1.
	Tolerance float64
}

const localRank = "intrinsic.LocalRank"

// Measure returns the local rank of every layer at the rows of x (n × d): Value is their mean,
// PerRow that of every row, StdErr that of the mean over rows like these.
//
// Errors: those of mat32.CheckRows and mat32.Check; *mat32.ParamError for a Tolerance out of its range;
// those of Jacobian, and of linalg where derivatives are not finite; and one that wraps ctx.Err().
func (l LocalRank) Measure(ctx context.Context, network Layered, x mat.Matrix) ([]measure.Score, error) {
	if l.Tolerance == 0 {
		l.Tolerance = .1
	}
	if !(l.Tolerance > 0 && l.Tolerance <= 1) {
		return nil, &mat32.ParamError{Method: localRank, Param: "Tolerance", Value: l.Tolerance, Want: "0 < Tolerance ≤ 1"}
	}
	if err := mat32.CheckRows(localRank, x); err != nil {
		return nil, err
	}
	if err := mat32.CheckContext(ctx, x); err != nil {
		return nil, fmt.Errorf("%s: %w", localRank, err)
	}
	n, d := x.Dims()
	scores := make([]measure.Score, network.Layers())
	for k := range scores {
		scores[k] = measure.Score{Name: fmt.Sprintf("local rank of layer %d", k+1), Rows: n, PerRow: make([]float64, n),
			Convention: fmt.Sprintf("mean number of singular values of the Jacobian above %.4g of the largest", l.Tolerance)}
	}
	errs := make([]error, n)
	progress := watch.Start(ctx, "local rank: rows", n)
	inner := par.Alone(ctx)
	err := par.BlocksWith(ctx, n, 1, func() []float64 { return make([]float64, d) }, func(buffer []float64, i, _ int) {
		row := mat32.Row(buffer, i, x)
		for k := range scores {
			j, err := network.Jacobian(k+1, row)
			if err == nil {
				scores[k].PerRow[i], err = l.rank(inner, j)
			}
			if err != nil {
				errs[i] = err
				return
			}
		}
		progress.Add(1)
	})
	for _, e := range errs {
		if err == nil {
			err = e
		}
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", localRank, err)
	}
	for k := range scores {
		s := &scores[k]
		for _, v := range s.PerRow {
			s.Value += v / float64(n)
		}
		for _, v := range s.PerRow {
			s.StdErr += (v - s.Value) * (v - s.Value)
		}
		s.StdErr = math.Sqrt(s.StdErr / float64(n) / float64(max(n-1, 1)))
	}
	return scores, nil
}

// rank returns how many singular values of j are not small.
func (l LocalRank) rank(ctx context.Context, j *mat.Dense) (float64, error) {
	if rows, cols := j.Dims(); rows < cols {
		j = mat.DenseCopyOf(j.T())
	}
	_, values, _, err := linalg.SVD(ctx, j)
	if err != nil {
		return 0, err
	}
	count := 0.
	for _, v := range values {
		if v > 0 && v > l.Tolerance*values[0] {
			count++
		}
	}
	return count, nil
}
