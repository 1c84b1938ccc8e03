// Package transport solves problems of assignment and transport: which goes to which, and how
// much of it, at the least cost in all.
package transport

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"
)

// Cheapest assigns rows of cost to columns of their own such that the costs of the pairs add
// up to the least there is. It returns the column of every row, −1 for the rows left over
// where there are more rows than columns, and the sum. Values must be finite, and their sums
// too. Of assignments of one cost it always finds the same. Errors: ctx.Err().
//
// It looks for shortest augmenting paths, as Dijkstra would: exact, O(n·m·min(n, m))
// time at worst and often far less, and O(n + m) memory beside a copy of cost where it has
// more rows than columns. Sources: R. Jonker and A. Volgenant (1987), A shortest augmenting
// path algorithm for dense and sparse linear assignment problems; for matrices that are not
// square, D. Crouse (2016), On implementing 2D rectangular assignment algorithms.
func Cheapest(ctx context.Context, cost *mat.Dense) (columns []int, sum float64, err error) {
	return assign(ctx, cost, 1)
}

// Heaviest is Cheapest for the largest sum.
func Heaviest(ctx context.Context, weight *mat.Dense) (columns []int, sum float64, err error) {
	return assign(ctx, weight, -1)
}

func assign(ctx context.Context, cost *mat.Dense, sign float64) (columns []int, sum float64, err error) {
	n, m := cost.Dims()
	if n > m {
		rows, sum, err := assign(ctx, mat.DenseCopyOf(cost.T()), sign)
		if err != nil {
			return nil, 0, err
		}
		columns = make([]int, n)
		for i := range columns {
			columns[i] = -1
		}
		for j, i := range rows {
			columns[i] = j
		}
		return columns, sum, nil
	}
	s := newSearch(cost, sign)
	for i, j := range s.column {
		if j >= 0 {
			continue
		}
		if ctx.Err() != nil {
			return nil, 0, ctx.Err()
		}
		s.augment(i)
	}
	for i, j := range s.column {
		sum += cost.At(i, j)
	}
	return s.column, sum, nil
}

// search holds an assignment of some rows that is the cheapest of these, and the prices that
// prove it: no cost is less than the prices of its row and its column together, those of
// assigned pairs are just that, and a column that is free has price 0.
type search struct {
	cost            *mat.Dense
	sign            float64
	rowPrice, price []float64
	column, row     []int     // which goes to which; −1 for none
	distance        []float64 // of the columns, over paths of assigned pairs
	from            []int     // the row before a column on the shortest path to it
	columns         []int     // all of them: first those to which a shortest path is known
}

// newSearch gives every row the least of its costs for a price, and the column of that
// where it is free.
func newSearch(cost *mat.Dense, sign float64) *search {
	n, m := cost.Dims()
	s := &search{cost: cost, sign: sign,
		rowPrice: make([]float64, n), price: make([]float64, m),
		column: make([]int, n), row: make([]int, m),
		distance: make([]float64, m), from: make([]int, m), columns: make([]int, m)}
	for j := range s.row {
		s.row[j], s.columns[j] = -1, j
	}
	for i := range n {
		least := math.Inf(1)
		for _, c := range cost.RawRowView(i) {
			least = min(least, sign*c)
		}
		s.rowPrice[i], s.column[i] = least, -1
		for j, c := range cost.RawRowView(i) {
			if sign*c == least && s.row[j] < 0 {
				s.column[i], s.row[j] = j, i
				break
			}
		}
	}
	return s
}

// augment finds the shortest path from the row to a free column, where a step to a column
// costs what its pair does beyond the prices, and the step from it to its row nothing. It
// moves the pairs along it by one, and the prices so that they prove the new assignment.
func (s *search) augment(row int) {
	for j := range s.distance {
		s.distance[j] = math.Inf(1)
	}
	distance, price, from, columns := s.distance, s.price, s.from, s.columns
	known, end, length := 0, -1, 0.
	for i := row; end < 0; {
		costs, base := s.cost.RawRowView(i), length-s.rowPrice[i]
		best, least := -1, math.Inf(1)
		for k, j := range columns[known:] {
			d := distance[j]
			if through := base + (s.sign*costs[j] - price[j]); through < d {
				d = through
				distance[j], from[j] = d, i
			}
			if d < least || d == least && s.before(j, columns[best]) {
				best, least = known+k, d
			}
		}
		// Rounding must not make a path shorter than the one before it.
		length = max(length, least)
		j := columns[best]
		distance[j] = length
		columns[best], columns[known] = columns[known], j
		known++
		if i = s.row[j]; i < 0 {
			end = j
		}
	}
	s.rowPrice[row] += length
	for _, j := range s.columns[:known] {
		if i := s.row[j]; i >= 0 {
			s.rowPrice[i] += length - s.distance[j]
			s.price[j] -= length - s.distance[j]
		}
	}
	for {
		i := s.from[end]
		s.row[end] = i
		end, s.column[i] = s.column[i], end
		if i == row {
			return
		}
	}
}

// before orders columns of one distance: free ones first, which end the search, then by
// their number.
func (s *search) before(j, other int) bool {
	if free := s.row[j] < 0; free != (s.row[other] < 0) {
		return free
	}
	return j < other
}
