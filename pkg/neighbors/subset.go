package neighbors

import (
	"fmt"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// Subset returns the graph among some of the rows, which must ascend; row i of it
// is row rows[i] of g. Neighbours outside are lost, so that rows have as many as
// are left: those nearest among the chosen rows, without a gap, but perhaps fewer
// than are wanted. Nearest makes a Graph of them where every row has enough;
// where not, search again. Since the values of x are not at hand, Rows is empty:
// set it to the mat32.Fingerprint of the chosen rows. The error is a
// *mat32.ParamError for rows out of range, not ascending, or none. Time O(n·K).
func (g *Graph) Subset(rows []int) (*Neighborhoods, error) {
	const method = "neighbors.Graph.Subset"
	if err := g.sound(method); err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, &mat32.ParamError{Method: method, Param: "rows", Value: rows, Want: "at least one"}
	}
	number := make([]int32, g.N) // of the chosen rows, −1 for the others
	for i := range number {
		number[i] = -1
	}
	for i, row := range rows {
		if row < 0 || row >= g.N || i > 0 && row <= rows[i-1] {
			return nil, &mat32.ParamError{Method: method, Param: "rows", Value: fmt.Sprintf("%d at place %d", row, i),
				Want: fmt.Sprintf("ascending, and 0 ≤ row ≤ n−1 = %d", g.N-1)}
		}
		number[row] = int32(i)
	}
	h := &Neighborhoods{N: len(rows), Metric: g.Metric, Start: make([]int, 1, len(rows)+1)}
	for _, row := range rows {
		indices, distances := g.Row(row)
		for k, j := range indices {
			if c := number[j]; c >= 0 {
				h.Indices, h.Distances = append(h.Indices, c), append(h.Distances, distances[k])
			}
		}
		h.Start = append(h.Start, len(h.Indices))
	}
	return h, nil
}
