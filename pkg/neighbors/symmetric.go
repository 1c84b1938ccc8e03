package neighbors

import (
	"cmp"
	"context"
	"slices"

	"github.com/flatland-go/flatland/internal/par"
)

// Union returns the undirected graph in which two rows are neighbours when either
// has the other among its K nearest. No row is without neighbours; hubs have
// many. Time O(n·K·log K), memory O(n·K).
func (g *Graph) Union() (*Neighborhoods, error) {
	return g.symmetric("neighbors.Graph.Union", func(forth, back bool) bool { return true })
}

// Mutual returns the undirected graph in which two rows are neighbours when each
// has the other among its K nearest. Rows may be without neighbours. Time
// O(n·K·log K), memory O(n·K).
func (g *Graph) Mutual() (*Neighborhoods, error) {
	return g.symmetric("neighbors.Graph.Mutual", func(forth, back bool) bool { return forth && back })
}

// symmetric joins every list with that of the rows which list its row, and keeps
// the neighbours that keep wants, told which way they are neighbours.
func (g *Graph) symmetric(method string, keep func(forth, back bool) bool) (*Neighborhoods, error) {
	if err := g.sound(method); err != nil {
		return nil, err
	}
	type both struct {
		near
		back bool
	}
	start, from := g.reversed()
	lists := make([][]near, g.N)
	err := par.BlocksWith(context.Background(), g.N, rowBlock, func() *[]both { return new([]both) }, func(all *[]both, lo, hi int) {
		for i := lo; i < hi; i++ {
			a := (*all)[:0]
			indices, distances := g.Row(i)
			for k, j := range indices {
				a = append(a, both{near{distances[k], j}, false})
			}
			for _, edge := range from[start[i]:start[i+1]] {
				a = append(a, both{near{g.Distances[edge], int32(edge / g.K)}, true})
			}
			*all = a
			slices.SortFunc(a, func(x, y both) int { return cmp.Or(cmp.Compare(x.row, y.row), cmp.Compare(x.dist, y.dist)) })
			list := make([]near, 0, len(a))
			for k := 0; k < len(a); {
				// Where a function is no metric, the distance may depend on the
				// way: the smaller counts, for both.
				forth, back, e := false, false, k
				for ; e < len(a) && a[e].row == a[k].row; e++ {
					forth, back = forth || !a[e].back, back || a[e].back
				}
				if keep(forth, back) {
					list = append(list, a[k].near)
				}
				k = e
			}
			slices.SortFunc(list, nearer)
			lists[i] = list
		}
	})
	h := &Neighborhoods{N: g.N, Metric: g.Metric, Rows: g.Rows}
	h.take(lists)
	return h, err
}

// take fills in the neighbours of every row.
func (h *Neighborhoods) take(lists [][]near) {
	h.Start = make([]int, h.N+1)
	for i, list := range lists {
		h.Start[i+1] = h.Start[i] + len(list)
	}
	h.Indices, h.Distances = make([]int32, h.Start[h.N]), make([]float64, h.Start[h.N])
	for i, list := range lists {
		indices, distances := h.Row(i)
		for k, v := range list {
			indices[k], distances[k] = v.row, v.dist
		}
	}
}

// reversed returns where in g every row is listed: row j at the places
// from[start[j]:start[j+1]], which ascend.
func (g *Graph) reversed() (start, from []int) {
	start = make([]int, g.N+1)
	for _, j := range g.Indices {
		start[j+1]++
	}
	for i := range g.N {
		start[i+1] += start[i]
	}
	next := slices.Clone(start)
	from = make([]int, len(g.Indices))
	for place, j := range g.Indices {
		from[next[j]] = place
		next[j]++
	}
	return start, from
}
