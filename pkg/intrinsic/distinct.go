package intrinsic

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync/atomic"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/screen"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// distinct holds the k nearest distinct neighbours of every distinct row.
type distinct struct {
	n, k      int
	all       int       // rows of the matrix given
	rows      []int     // the index there of every distinct row
	indices   []int32   // n × k, counting distinct rows
	distances []float64 // n × k, ascending, above zero
	notes     []string  // for the result
}

// row returns the distances of distinct row i.
func (s *distinct) row(i int) []float64 { return s.distances[i*s.k : (i+1)*s.k] }

// removed returns the number of rows left out.
func (s *distinct) removed() int { return s.all - s.n }

// scale returns the mean distance to the neighbours.
func (s *distinct) scale() float64 {
	var mean, sum float64
	for i := range s.n {
		var row float64
		for _, r := range s.row(i) {
			row += r / float64(s.k) // so that huge distances do not overflow
			sum += r
		}
		mean += row / float64(s.n)
	}
	if mean == 0 { // the shares of minute distances all rounded to zero
		return sum / float64(s.n*s.k)
	}
	return mean
}

// everyRow returns what is known of the distinct rows for every row given, with NaN for
// those left out.
func (s *distinct) everyRow(local []float64) []float64 {
	all := make([]float64, s.all)
	for i := range all {
		all[i] = math.NaN()
	}
	for i, row := range s.rows {
		all[row] = local[i]
	}
	return all
}

// mutual returns the share of the first k neighbours of all rows that have the
// row among their own first k.
//
// Two rows that are neighbours of each other see the same distance, so what
// they tell is told twice. On data of uniform density this is the whole
// dependence between neighbourhoods to first order: the sum over all pairs
// (i, j) of a function of their distance that has mean zero around every row is
// a degenerate U-statistic, whose only correlated terms are (i, j) and (j, i).
// The variance of a sum over rows is therefore 1 + mutual times that of
// independent rows. Beyond 131 072 neighbours, those of some rows, evenly
// spaced, tell.
func (s *distinct) mutual(k int) float64 {
	step := 1 + s.n*k>>17
	rows := (s.n + step - 1) / step
	var count atomic.Int64
	// The one error of Blocks is that of its context, which is never cancelled.
	_ = par.Blocks(context.Background(), rows, 512, func(lo, hi int) {
		both := 0
		for i := lo * step; i < min(hi*step, s.n); i += step {
			for t, j := range s.indices[i*s.k : i*s.k+k] {
				if s.lists(int(j), i, k, s.distances[i*s.k+t]) {
					both++
				}
			}
		}
		count.Add(int64(both))
	})
	return float64(count.Load()) / float64(rows*k)
}

// lists reports whether row j has row i, which sees it at the given distance, among its
// first k neighbours: there it has the same distance, but for rounding.
func (s *distinct) lists(j, i, k int, distance float64) bool {
	const rounding = 1e-9
	distances, indices := s.distances[j*s.k:j*s.k+k], s.indices[j*s.k:j*s.k+k]
	most := distance * (1 + rounding)
	if distances[k-1]*(1+rounding) < distance {
		return false
	}
	t, _ := slices.BinarySearch(distances, distance*(1-rounding))
	for ; t < k && distances[t] <= most; t++ {
		if int(indices[t]) == i {
			return true
		}
	}
	return false
}

// find returns the k nearest distinct neighbours of every distinct row of x; where the
// distinct rows do not have as many, all that they have, if these are fewest or more.
// They come from the graph when one is given; it may have been built with the
// duplicates in, as long as enough distinct neighbours are left of every row,
// and else is built anew. Either way the answer is the same. Where x holds
// distances, the neighbours are those by them, and rows at distance zero from an
// earlier one are duplicates of it.
func find(ctx context.Context, method string, x mat.Matrix, k, fewest int, graph *neighbors.Graph, limit int64) (*distinct, error) {
	n, _ := x.Dims()
	if err := mat32.CheckMemory(method, bytesOfDistinct(x, k), limit, "use fewer rows or neighbours"); err != nil {
		return nil, err
	}
	if graph != nil {
		if err := graph.CheckContext(ctx, method, x, k); err != nil {
			return nil, err
		}
	}
	rows, err := distinctRows(ctx, method, x)
	if err != nil {
		return nil, err
	}
	s := &distinct{k: min(k, max(fewest, len(rows)-1)), n: len(rows), all: n, rows: rows}
	if s.n < s.k+1 {
		what := fmt.Sprintf("only %d of the %d rows are distinct", s.n, n)
		if s.n == 1 {
			what = fmt.Sprintf("all %d rows are equal", n)
		}
		return nil, &mat32.DegenerateError{Method: method,
			Reason: fmt.Sprintf("%s, and %d neighbours need at least %d", what, s.k, s.k+1)}
	}
	if s.k < k {
		s.notes = append(s.notes, fmt.Sprintf("%d rows are distinct: %d neighbours instead of the default of %d", s.n, s.k, k))
	}
	if graph == nil || !s.reuse(graph) {
		if graph != nil {
			s.notes = append(s.notes, "too few neighbours in the graph are distinct rows: they were sought anew")
		}
		if s.n < n {
			x = mat32.Select(x, s.rows)
		}
		g, err := neighbors.Exact{Neighbors: s.k, MemoryLimit: limit}.Graph(ctx, x)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", method, err)
		}
		s.indices, s.distances = g.Indices, g.Distances
	}
	for i := range s.n {
		if !(s.row(i)[0] > 0) {
			return nil, &mat32.DegenerateError{Method: method,
				Reason: fmt.Sprintf("rows %d and %d differ by less than float64 distances can show: round or rescale the data",
					s.rows[i], s.rows[s.indices[i*s.k]])}
		}
	}
	s.noteTies()
	return s, ctx.Err()
}

// bytesOfDistinct returns what it takes to tell the rows of x apart, to copy them
// without duplicates and to find k neighbours of each.
func bytesOfDistinct(x mat.Matrix, k int) int64 {
	n, d := x.Dims()
	size := 8 * int64(n) * int64(d)
	switch x := x.(type) {
	case *mat32.Distances:
		size /= 2
	case *mat32.CSR:
		size = 8 * int64(n+x.NNZ())
	}
	return int64(n)*(100+24*int64(k)) + size + screen.Bytes(x)
}

// reuse takes the neighbours from a graph of all rows; it returns false when
// too few of a row's are distinct. The first of equal rows precedes the others
// in every list, so those left out leave the nearest of the rest behind.
func (s *distinct) reuse(g *neighbors.Graph) bool {
	number := make([]int32, g.N) // of the distinct rows, −1 for the others
	for i := range number {
		number[i] = -1
	}
	for i, row := range s.rows {
		number[row] = int32(i)
	}
	s.indices, s.distances = make([]int32, 0, s.n*s.k), make([]float64, 0, s.n*s.k)
	for i, row := range s.rows {
		indices, distances := g.Row(row)
		for j, v := range indices {
			if len(s.indices) == (i+1)*s.k {
				break
			}
			if v < 0 || int(v) >= g.N {
				return false
			}
			// A later copy of the row itself is not distinct; the row is not
			// among its own neighbours.
			if c := number[v]; c >= 0 {
				s.indices, s.distances = append(s.indices, c), append(s.distances, distances[j])
			}
		}
		if len(s.indices) < (i+1)*s.k {
			return false
		}
	}
	return true
}

// logRatio returns ln(b/a) for 0 < a ≤ b, also where b/a overflows.
func logRatio(b, a float64) float64 {
	if q := b / a; q <= math.MaxFloat64 {
		return math.Log(q)
	}
	return math.Log(b) - math.Log(a)
}
