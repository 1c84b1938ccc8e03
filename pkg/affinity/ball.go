package affinity

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// Ball gives all rows at a distance of at most Radius the weight 1: an
// ε-neighbourhood graph. No row weighs itself, and rows with nothing in their balls
// have no weights.
//
// Time O(n²·d) at most. Memory 60 bytes a pair, of which there may be n²: of many
// duplicates, or with a large radius. The search ends with a *mat32.MemoryError as
// soon as it is clear that they do not fit.
//
// Source: U. von Luxburg (2007), A tutorial on spectral clustering.
type Ball struct {
	// Radius is the largest distance that counts as near, in the unit of the metric.
	// Larger values join more. Default: the length of the longest edge of the
	// minimum spanning tree, the smallest radius at which all rows are connected.
	Radius float64

	// Metric says how rows are compared. Default Euclidean. It is ignored where x
	// is a mat32.Distances.
	Metric neighbors.Metric

	// MemoryLimit in bytes refuses data, and a radius, whose weights would not fit.
	// Default GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

// Resolve returns the options with defaults filled in, or a *mat32.ParamError,
// for a matrix of n rows and d columns; the default of Radius is filled in by Weigh.
func (b Ball) Resolve(n, d int) (Ball, error) {
	const method = "affinity.Ball"
	var err error
	if b.Metric, err = neighbors.ResolveMetric(method, b.Metric); err != nil {
		return b, err
	}
	if n < 2 {
		return b, fmt.Errorf("%s: %w", method, &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: "at least 2 rows, for there to be others"})
	}
	if !(b.Radius >= 0) || math.IsInf(b.Radius, 0) {
		return b, &mat32.ParamError{Method: method, Param: "Radius", Value: b.Radius, Want: "a finite distance above 0, or 0 for that which connects all rows"}
	}
	if b.MemoryLimit < 0 {
		return b, &mat32.ParamError{Method: method, Param: "MemoryLimit", Value: b.MemoryLimit, Want: "0 or more bytes"}
	}
	return b, nil
}

// String returns the options in one line, as captions and tables show them.
func (b Ball) String() string { return fmt.Sprintf("ball of radius %.4g", b.Radius) }

// Weigh returns the weights of the rows of x (n × d), or of the rows whose distances
// x holds. Errors: those of mat32.Check and Resolve, *mat32.MemoryError, those of the
// metric, and one that wraps ctx.Err().
func (b Ball) Weigh(ctx context.Context, x mat.Matrix) (*Sparse, error) {
	const method = "affinity.Ball"
	if err := mat32.CheckContext(ctx, x); err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	n, d := x.Dims()
	b, err := b.Resolve(n, d)
	if err != nil {
		return nil, err
	}
	if b.Radius == 0 {
		tree, err := neighbors.MST{Metric: b.Metric, MemoryLimit: b.MemoryLimit}.Fit(ctx, x)
		if err != nil {
			return nil, mat32.Rename(method, err)
		}
		b.Radius = tree.Edges[len(tree.Edges)-1].Distance
	}
	h, err := neighbors.Within{Radius: b.Radius, Metric: b.Metric, MemoryLimit: b.MemoryLimit}.Neighborhoods(ctx, x)
	if err != nil {
		return nil, mat32.Rename(method, err)
	}
	if err := mat32.CheckMemory(method, pairBytes*int64(len(h.Indices)), b.MemoryLimit, "reduce Radius"); err != nil {
		return nil, err
	}
	one, err := direct(ctx, n, h.Row, func(int, int32, float64) float64 { return 1 })
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	s, err := one.symmetric(ctx, 0, joins[Union])
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	return s.finish(&neighbors.Graph{Metric: h.Metric, Rows: h.Rows}, b.String(), nil), nil
}
