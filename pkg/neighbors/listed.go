package neighbors

import (
	"context"
	"fmt"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// Distances returns how far every row of y (m × d) is from the rows of the index that
// are listed for it, as many for each, row after row. It answers what samples of pairs
// ask, which Query and Within do not. Time O(d) a distance. Errors: those of Query, and
// *mat32.ParamError where to is no list of the same length for every row, or lists rows
// that are not there.
func (ix *ExactIndex) Distances(ctx context.Context, y mat.Matrix, to []int32) ([]float64, error) {
	const (
		method = "neighbors.ExactIndex"
		block  = 32
	)
	if err := mat32.CheckContext(ctx, y); err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	m, _ := y.Dims()
	if len(to)%m != 0 {
		return nil, &mat32.ParamError{Method: method, Param: "to", Value: fmt.Sprintf("%d long", len(to)), Want: fmt.Sprintf("as many rows for each of the %d", m)}
	}
	if k := slices.IndexFunc(to, func(j int32) bool { return j < 0 || int(j) >= ix.n }); k >= 0 {
		return nil, &mat32.ParamError{Method: method, Param: "to", Value: to[k], Want: fmt.Sprintf("rows from 0 to %d", ix.n-1)}
	}
	each := len(to) / m
	q, err := ix.ask(ctx, method, y, 8*int64(each))
	if err != nil {
		return nil, err
	}
	far := make([]float64, len(to))
	err = par.Blocks(ctx, m, block, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			for k, j := range to[i*each : (i+1)*each] {
				far[i*each+k] = q.exact(int32(i), j)
			}
		}
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	if k := slices.IndexFunc(far, infinite); k >= 0 {
		return nil, tooFar(method, fmt.Sprintf("row %d of the query", k/each))
	}
	return far, nil
}
