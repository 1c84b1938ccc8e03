package neighbors

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// Within finds for every row all other rows in a ball around it, exactly: those at a
// distance of at most Radius. Rows in empty balls have no neighbours.
//
// Time O(n²·d). The answer takes 12 bytes a neighbour, of which there may be
// n², and 28 while it is made; the search fails as soon as it is clear that they do
// not fit.
type Within struct {
	// Radius is the largest distance of a neighbour, 0 or more, in the unit of the metric. At
	// its default, 0, only duplicates are neighbours.
	Radius float64

	// Metric says how rows are compared. Default Euclidean. It is ignored where x
	// is a mat32.Distances.
	Metric Metric

	// MemoryLimit in bytes refuses data, and a radius, whose neighbourhoods would
	// not fit. Default GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

// Resolve returns the options, or a *mat32.ParamError, for a matrix of n rows and d
// columns.
func (w Within) Resolve(n, d int) (Within, error) {
	const method = "neighbors.Within"
	var err error
	if w.Metric, err = ResolveMetric(method, w.Metric); err != nil {
		return w, err
	}
	if n < 2 {
		return w, fmt.Errorf("neighbors.Within: %w", &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: "at least 2 rows for neighbours"})
	}
	if w.MemoryLimit < 0 {
		return w, &mat32.ParamError{Method: method, Param: "MemoryLimit", Value: w.MemoryLimit, Want: "0 or more bytes"}
	}
	return w, checkRadius(method, w.Radius)
}

// Neighborhoods returns the rows near every row of x (n × d), or of the rows whose
// distances x holds. Errors: those of mat32.Check and Resolve, *mat32.MemoryError,
// those of the metric, and one that wraps ctx.Err().
func (w Within) Neighborhoods(ctx context.Context, x mat.Matrix) (*Neighborhoods, error) {
	const method = "neighbors.Within"
	if err := mat32.CheckContext(ctx, x); err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	n, d := x.Dims()
	w, err := w.Resolve(n, d)
	if err != nil {
		return nil, err
	}
	if err := mat32.CheckMemory(method, bytesOf(w.Metric, x)+8*int64(n), w.MemoryLimit, "reduce the number of rows"); err != nil {
		return nil, err
	}
	rows, name, err := spaceOf(ctx, w.Metric, x)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	h, err := neighborhoods(ctx, method, rows, n, name, w.Radius, w.MemoryLimit)
	if err != nil {
		return nil, err
	}
	if h.Rows, err = mat32.FingerprintContext(ctx, x); err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	return h, nil
}

func checkRadius(method string, radius float64) error {
	if !(radius >= 0) || math.IsInf(radius, 0) {
		return &mat32.ParamError{Method: method, Param: "Radius", Value: radius, Want: "a finite distance, 0 or more"}
	}
	return nil
}

// neighborhoods returns what is near n rows.
func neighborhoods(ctx context.Context, method string, rows asker, n int, metric string, radius float64, limit int64) (*Neighborhoods, error) {
	all, err := rows.within(ctx, method, radius, limit)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	return &Neighborhoods{N: n, Metric: metric, Start: all.Starts, Indices: all.Indices, Distances: all.Distances}, nil
}
