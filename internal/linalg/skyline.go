package linalg

import (
	"cmp"
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
)

// Skyline is the Cholesky factor of a sparse positive definite matrix whose rows and
// columns were reordered, so that rows that are coupled are close: every row of the
// factor is kept from the first column that is not zero in the matrix on. The order is
// that of Cuthill and McKee (1969, Reducing the bandwidth of sparse symmetric matrices),
// reversed, from ends of the graph as George and Liu (1979, An implementation of a
// pseudoperipheral node finder) look for them. It suits graphs of rows of few dimensions:
// along a surface rows have about the root of n entries, times the neighbours.
type Skyline struct {
	a      *CSR
	order  []int32 // row i of the factor is row order[i] of the matrix
	first  []int   // column of each row
	start  []int   // of each row in values; the diagonal is its last
	values []float64
}

// NewSkyline finds the order of a, which must be symmetric. It costs a few passes over
// the values, and no memory for the factor yet.
func NewSkyline(a *CSR) *Skyline {
	s := &Skyline{a: a, order: cuthillMcKee(a), first: make([]int, a.rows), start: make([]int, a.rows+1)}
	place := make([]int, a.rows)
	for i, old := range s.order {
		place[old] = i
	}
	for i, old := range s.order {
		s.first[i] = i
		columns, _ := a.Row(int(old))
		for _, j := range columns {
			s.first[i] = min(s.first[i], place[j])
		}
		s.start[i+1] = s.start[i] + i - s.first[i] + 1
	}
	return s
}

// Entries returns how many values the factor has: each takes 8 bytes.
func (s *Skyline) Entries() int { return s.start[s.a.rows] }

// Operations returns about how many products the factorisation takes.
func (s *Skyline) Operations() float64 {
	sum := 0.
	for i, f := range s.first {
		sum += float64(i-f) * float64(i-f) / 2
	}
	return sum
}

// row returns row i of the factor, from its first column to the diagonal.
func (s *Skyline) row(i int) []float64 { return s.values[s.start[i]:s.start[i+1]] }

// Factor factors the matrix with shift added to its diagonal. The error is a
// *NotPositiveError, which names a column of the matrix, or that of the context. The
// result has the same bits on any number of cores.
func (s *Skyline) Factor(ctx context.Context, shift float64) error {
	const (
		block = 64 // rows whose parts left of the block are found at the same time
		strip = 8  // of them by one core
	)
	n := s.a.rows
	s.values = make([]float64, s.Entries())
	place := make([]int, n)
	for i, old := range s.order {
		place[old] = i
	}
	err := par.Blocks(ctx, n, sparseRows, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			to := s.row(i)
			columns, values := s.a.Row(int(s.order[i]))
			for k, old := range columns {
				if j := place[old]; j <= i {
					to[j-s.first[i]] = values[k]
				}
			}
			to[i-s.first[i]] += shift
		}
	})
	if err != nil {
		return err
	}
	// entry finds L[i][j] for j < i, where row j and what is left of j in row i are known.
	entry := func(i, j int) {
		f := max(s.first[i], s.first[j])
		own, other := s.row(i), s.row(j)
		at := j - s.first[i]
		own[at] = (own[at] - kernel.Dot64(own[f-s.first[i]:at], other[f-s.first[j]:j-s.first[j]])) / other[j-s.first[j]]
	}
	for begin := 0; begin < n; begin += block {
		end := min(begin+block, n)
		err := par.Blocks(ctx, end-begin, strip, func(lo, hi int) {
			lo, hi = begin+lo, begin+hi
			for j := slices.Min(s.first[lo:hi]); j < begin; j++ {
				if j%1024 == 0 && ctx.Err() != nil {
					return
				}
				for i := lo; i < hi; i++ {
					if s.first[i] <= j {
						entry(i, j)
					}
				}
			}
		})
		if err != nil {
			return err
		}
		for i := begin; i < end; i++ {
			for j := max(begin, s.first[i]); j < i; j++ {
				entry(i, j)
			}
			own := s.row(i)
			last := len(own) - 1
			pivot := own[last] - kernel.Dot64(own[:last], own[:last])
			if !(pivot > 0) || math.IsInf(pivot, 1) {
				return &NotPositiveError{int(s.order[i]), pivot}
			}
			own[last] = math.Sqrt(pivot)
		}
	}
	return ctx.Err()
}

// SolveRows replaces every row of b, of n values, by the solution of A·x = it. Time four
// operations an entry.
func (s *Skyline) SolveRows(ctx context.Context, b *mat.Dense) error {
	const together = 4
	rows, n := b.Dims()
	return par.Blocks(ctx, rows, together, func(lo, hi int) {
		x := make([][]float64, hi-lo)
		for r := range x {
			x[r] = make([]float64, n)
			from := b.RawRowView(lo + r)
			for i, old := range s.order {
				x[r][i] = from[old]
			}
		}
		for i := range n {
			if i%256 == 0 && ctx.Err() != nil {
				return
			}
			own, f := s.row(i), s.first[i]
			for _, v := range x {
				v[i] = (v[i] - kernel.Dot64(own[:i-f], v[f:i])) / own[i-f]
			}
		}
		for i := n - 1; i >= 0; i-- {
			if i%256 == 0 && ctx.Err() != nil {
				return
			}
			own, f := s.row(i), s.first[i]
			for _, v := range x {
				v[i] /= own[i-f]
				kernel.Axpy64(-v[i], own[:i-f], v[f:i])
			}
		}
		for r := range x {
			to := b.RawRowView(lo + r)
			for i, old := range s.order {
				to[old] = x[r][i]
			}
		}
	})
}

// cuthillMcKee returns the rows of a in the reversed order of Cuthill and McKee,
// component after component.
func cuthillMcKee(a *CSR) []int32 {
	n := a.rows
	order := make([]int32, 0, n)
	level := make([]int32, n) // −1 for rows that are in the order
	mark := make([]int32, n)  // the last walk that came to a row
	walks := int32(0)
	var queue []int32
	// walk lists the rows that can be reached from one, near ones first, and returns the
	// number of steps to the last.
	walk := func(from int32) int32 {
		walks++
		queue = append(queue[:0], from)
		mark[from], level[from] = walks, 0
		for at := 0; at < len(queue); at++ {
			i := queue[at]
			columns, _ := a.Row(int(i))
			begin := len(queue)
			for _, j := range columns {
				if mark[j] != walks {
					mark[j], level[j] = walks, level[i]+1
					queue = append(queue, j)
				}
			}
			slices.SortFunc(queue[begin:], func(x, y int32) int {
				return cmp.Or(cmp.Compare(a.start[x+1]-a.start[x], a.start[y+1]-a.start[y]), cmp.Compare(x, y))
			})
		}
		return level[queue[len(queue)-1]]
	}
	done := make([]bool, n)
	for i := range n {
		if done[i] {
			continue
		}
		root := int32(i)
		for depth := walk(root); ; {
			// The row with the fewest entries among the farthest.
			next := queue[len(queue)-1]
			for at := len(queue) - 1; at >= 0 && level[queue[at]] == depth; at-- {
				if j := queue[at]; a.start[j+1]-a.start[j] <= a.start[next+1]-a.start[next] {
					next = j
				}
			}
			deeper := walk(next)
			if deeper <= depth {
				break
			}
			root, depth = next, deeper
		}
		for _, j := range queue {
			done[j] = true
		}
		order = append(order, queue...)
	}
	slices.Reverse(order)
	return order
}
