package topology

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/screen"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// forecastRows is of how many rows Forecast counts the neighbours.
const forecastRows = 256

// Forecast returns about how many bytes Compute takes on x, without the columns that are left
// to reduce, which depend on the shape: 40 for each edge up to the threshold, 24 more where
// edges are collapsed (MaxDim 2 or more), 64 for each row, and what a search takes beside
// them. Edges are those of 256 rows, evenly spread, times the number of rows: errors of a
// tenth are common. Time O(n·d), or O(n²·d) without a threshold. Errors are those of Compute.
func (r Rips) Forecast(ctx context.Context, x mat.Matrix) (int64, error) {
	cloud, r, err := r.cloud(ctx, x)
	if err != nil {
		return 0, err
	}
	n := cloud.count()
	sample := min(n, forecastRows)
	near := make([]int, sample)
	err = par.Blocks(ctx, sample, 8, func(lo, hi int) {
		for s := lo; s < hi; s++ {
			i := s * n / sample
			for j := range n {
				if j != i && cloud.length(i, j) <= cloud.threshold {
					near[s]++
				}
			}
		}
	})
	if err != nil {
		return 0, fmt.Errorf("topology.Rips: %w", err)
	}
	links := 0.
	for _, k := range near {
		links += float64(k)
	}
	edges := links / float64(sample) * float64(n) / 2
	each := float64(edgeBytes)
	if r.MaxDim > 1 && !r.Cocycles {
		each += 16 + 8
	}
	return int64(math.Ceil(edges*each)) + 64*int64(n) + screen.Bytes(x), nil
}

// cloud checks x and the options, and prepares the points, their threshold and landmarks.
func (r Rips) cloud(ctx context.Context, x mat.Matrix) (*points, Rips, error) {
	const method = "topology.Rips"
	if err := mat32.CheckContext(ctx, x); err != nil {
		return nil, r, fmt.Errorf("%s: %w", method, err)
	}
	n, d := x.Dims()
	r, err := r.Resolve(n, d)
	if err != nil {
		return nil, r, err
	}
	if err := mat32.CheckMemory(method, screen.Bytes(x)+64*int64(n), r.MemoryLimit, "reduce the number of rows"); err != nil {
		return nil, r, err
	}
	rows, err := screen.New(ctx, x)
	if err != nil {
		return nil, r, fmt.Errorf("%s: %w", method, err)
	}
	if !rows.Fit() {
		return nil, r, &mat32.DegenerateError{Method: method, Reason: "distances between the rows exceed float64: scale the columns"}
	}
	cloud := &points{x: x, rows: rows, births: r.Births, threshold: r.Threshold, limit: r.MemoryLimit}
	some := r.Landmarks > 0 && r.Landmarks < n
	if some || r.Sparse > 0 {
		most := n
		if some {
			most = r.Landmarks
		}
		radius, err := cloud.take(ctx, most)
		if err != nil {
			return nil, r, fmt.Errorf("%s: %w", method, err)
		}
		if some {
			cloud.notes = append(cloud.notes, cloud.note(radius))
		}
		if cloud.births != nil {
			births := make([]float64, 0, len(cloud.landmarks))
			for _, i := range cloud.landmarks {
				births = append(births, cloud.births[i])
			}
			cloud.births = births
		}
	}
	switch cloud.sparse = r.Sparse; {
	case cloud.threshold > 0:
	case r.Sparse > 0: // classes end somewhat later
		cloud.threshold = math.Inf(1)
	default:
		if cloud.threshold, err = cloud.enclosing(ctx); err != nil {
			return nil, r, fmt.Errorf("%s: %w", method, err)
		}
	}
	return cloud, r, nil
}
