package intrinsic

import (
	"context"
	"fmt"
	"math"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
)

// resolveLocal resolves the options of an estimate that is made at every row and then
// aggregated, by default to the arithmetic mean.
func resolveLocal(method string, k, standard, n, d int, a Aggregate, limit int64) (int, Aggregate, error) {
	if a == 0 {
		a = Mean
	}
	if !a.known() {
		return k, a, &mat32.ParamError{Method: method, Param: "Aggregate", Value: int(a), Want: allAggregates}
	}
	k, err := neighborhood(method, k, standard, 2, n, d, limit)
	return k, a, err
}

// localLaw is an estimate at every row, by its inverse, which is finite where
// neighbours are equally far.
//
// All aggregates move, to first order, by what the mean over rows of some
// function of the estimate does. The statistic is the one whose mean is nearest
// to a sum over pairs of rows, for which distinct.mutual knows the variance; the
// slope is the change of the dimension d with it.
type localLaw struct {
	inverse   func(distances []float64) float64
	statistic func(inverse float64) float64
	slope     func(d float64) float64
}

// estimate aggregates the estimates at all rows of s. The neighbours of which
// are those that make an estimate infinite when they are equally far.
func (l localLaw) estimate(ctx context.Context, name string, s *distinct, a Aggregate, size, which string) (measure.Dimension, error) {
	method := "intrinsic." + name
	inverse, statistic, values := make([]float64, s.n), make([]float64, s.n), make([]float64, s.n)
	err := par.Blocks(ctx, s.n, 1024, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			inverse[i] = l.inverse(s.row(i))
			statistic[i] = l.statistic(inverse[i])
			values[i] = 1 / inverse[i]
		}
	})
	if err != nil {
		return measure.Dimension{}, fmt.Errorf("%s: %w", method, err)
	}
	value, err := a.of(method, inverse, s.rows, which)
	if err != nil {
		return measure.Dimension{}, err
	}
	variance := spread(statistic) * (aggregates[a].variance + s.mutual(s.k)) / float64(s.n)
	return s.dimension(name, value, math.Abs(l.slope(value))*math.Sqrt(variance), values,
		fmt.Sprintf("%s, %s, duplicates removed, standard error: spread over rows, mutual neighbours counted once", a, size)), nil
}
