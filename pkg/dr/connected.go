package dr

import (
	"context"
	"fmt"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// leastJoin is the least weight of an edge that joins two components: a kernel gives
// their distance so little that eigenvectors would tell the components and nothing else.
const leastJoin = 1e-3

// checkVaries refuses rows that are all equal, or all distances 0.
func checkVaries(ctx context.Context, method string, x mat.Matrix) error {
	if d, ok := x.(*mat32.Distances); ok {
		if slices.ContainsFunc(d.Condensed(), func(v float64) bool { return v != 0 }) {
			return nil
		}
	} else {
		n, d := x.Dims()
		first := slices.Clone(mat32.Row(make([]float64, d), 0, x))
		buf := make([]float64, d)
		for i := 1; i < n; i++ {
			if i%1024 == 0 && ctx.Err() != nil {
				return fmt.Errorf("%s: %w", method, ctx.Err())
			}
			if !slices.Equal(mat32.Row(buf, i, x), first) {
				return nil
			}
		}
	}
	return &mat32.DegenerateError{Method: method, Reason: "all rows are equal: none is nearer than others"}
}

// connected returns the weights s of the rows of x where all rows are connected. Else
// it joins their components by the shortest edges that do, each of the weight that its
// distance has by the kernel, and of leastJoin or more; or it refuses, where strict.
func connected(ctx context.Context, method string, x mat.Matrix, s *affinity.Sparse, strict bool, limit int64, kernel func(distance float64) float64) (*affinity.Sparse, error) {
	parts := s.Components()
	if parts.Count == 1 {
		return s, nil
	}
	name := neighbors.Euclidean{}.String()
	if _, ok := x.(*mat32.Distances); ok {
		name = neighbors.Precomputed
	}
	switch {
	case strict:
		return nil, &mat32.DegenerateError{Method: method, Reason: fmt.Sprintf("the weights have %v: take more neighbours, or do without Strict", parts)}
	case s.Metric != "" && s.Metric != name:
		return nil, &mat32.DegenerateError{Method: method, Reason: fmt.Sprintf("the weights have %v, which are joined by the %s distance, and these are weights by the %s distance", parts, name, s.Metric)}
	}
	joined, err := joinParts(ctx, x, name, parts.Labels, parts.Count, limit)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	type end struct {
		column int32
		weight float64
	}
	added := make(map[int][]end)
	for _, e := range joined.Added {
		w := max(leastJoin, kernel(e.Distance))
		added[int(e.I)] = append(added[int(e.I)], end{e.J, w})
		added[int(e.J)] = append(added[int(e.J)], end{e.I, w})
	}
	n := len(parts.Labels)
	size := s.NNZ() + 2*len(joined.Added)
	start, indices, weights := make([]int, n+1), make([]int32, 0, size), make([]float64, 0, size)
	for i := range n {
		more := added[i]
		slices.SortFunc(more, func(a, b end) int { return int(a.column) - int(b.column) })
		columns, values := s.Row(i)
		for k, j := range columns {
			for len(more) > 0 && more[0].column < j {
				indices, weights = append(indices, more[0].column), append(weights, more[0].weight)
				more = more[1:]
			}
			indices, weights = append(indices, j), append(weights, values[k])
		}
		for _, e := range more {
			indices, weights = append(indices, e.column), append(weights, e.weight)
		}
		start[i+1] = len(indices)
	}
	whole, err := affinity.NewSparse(n, start, indices, weights)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	whole.Kernel, whole.Metric, whole.Rows, whole.Scales = s.Kernel, s.Metric, s.Rows, s.Scales
	whole.Notes = append(slices.Clone(s.Notes), "the weights have "+joined.String())
	return whole, nil
}

// joinParts finds the shortest edges that join the parts of the rows of x, of which
// labels counts each.
func joinParts(ctx context.Context, x mat.Matrix, metric string, labels []int, count int, limit int64) (*neighbors.Joined, error) {
	// Every row is a neighbour of the first of its part, which says it all.
	h := &neighbors.Neighborhoods{N: len(labels), Metric: metric, Start: make([]int, len(labels)+1)}
	root := slices.Repeat([]int{-1}, count)
	for i, c := range labels {
		if root[c] < 0 {
			root[c] = i
		} else {
			h.Indices, h.Distances = append(h.Indices, int32(root[c])), append(h.Distances, 0)
		}
		h.Start[i+1] = len(h.Indices)
	}
	return neighbors.Join{MemoryLimit: limit}.Connect(ctx, x, h)
}
