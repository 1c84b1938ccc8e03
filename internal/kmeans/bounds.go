package kmeans

import (
	"context"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
)

// bounds know of every row that it is at most some way from its centre, and at least some way
// from all others. As centres move, rows of which that remains true of the same centre need not be
// compared with any (G. Hamerly, 2010, Making k-means even faster). Labels are those that products
// of matrices give: what these round is between the bounds.
type bounds struct {
	upper, lower []float64
	square       []float64 // length of every row
}

func newBounds(r *rows) *bounds {
	b := &bounds{make([]float64, r.n), make([]float64, r.n), make([]float64, r.n)}
	for i := range b.upper {
		b.upper[i] = math.Inf(1) // nothing is known
		row := r.row(i)
		b.square[i] = float64(kernel.Dot32(row, row))
	}
	return b
}

// compared is what a goroutine needs to compare the rows of a block.
type compared struct {
	which    []int32
	rows     []float32
	products []float32
}

// assign finds the nearest centre of every row, as the function assign does.
func (b *bounds) assign(ctx context.Context, r *rows, c *Clusters) error {
	norms, most := make([]float32, c.Centers.Rows), 0.
	for l := range norms {
		center := c.Centers.Data[l*r.d : (l+1)*r.d]
		norms[l] = kernel.Dot32(center, center)
		most = max(most, float64(norms[l]))
	}
	// Twice what a squared distance is off by, by products of so many float32 numbers.
	rounding := 4 * float64(r.d+16) * 0x1p-24
	return par.BlocksWith(ctx, r.n, rowsTogether, func() *compared {
		return &compared{make([]int32, 0, rowsTogether), make([]float32, rowsTogether*r.d), make([]float32, rowsTogether*len(norms))}
	}, func(s *compared, lo, hi int) {
		s.which = s.which[:0]
		for i := lo; i < hi; i++ {
			if !(b.upper[i]*b.upper[i]+2*rounding*(b.square[i]+most) < b.lower[i]*b.lower[i]) {
				copy(s.rows[len(s.which)*r.d:], r.row(i))
				s.which = append(s.which, int32(i))
			}
		}
		if len(s.which) == 0 {
			return
		}
		part := blas32.General{Rows: len(s.which), Cols: r.d, Stride: r.d, Data: s.rows}
		to := blas32.General{Rows: len(s.which), Cols: len(norms), Stride: len(norms), Data: s.products}
		// The one error is that of ctx, which par returns.
		_ = kernel.Gemm32(ctx, blas.NoTrans, blas.Trans, -2, part, c.Centers, 0, to)
		for k, i := range s.which {
			best, next, at := float32(math.Inf(1)), float32(math.Inf(1)), 0
			for l, v := range s.products[k*len(norms):][:len(norms)] {
				if v += norms[l]; v < best {
					best, next, at = v, best, l
				} else if v < next {
					next = v
				}
			}
			c.Labels[i] = int32(at)
			off := rounding * (b.square[i] + most)
			b.upper[i] = math.Sqrt(max(0, b.square[i]+float64(best)+off))
			b.lower[i] = math.Sqrt(max(0, b.square[i]+float64(next)-off))
		}
	})
}

// widen lets for centres that moved, by so much squared.
func (b *bounds) widen(c *Clusters, moved []float64) {
	way, most, next, at := make([]float64, len(moved)), 0., 0., 0
	for l, m := range moved {
		way[l] = math.Sqrt(m)
		if way[l] > most {
			most, next, at = way[l], most, l
		} else {
			next = max(next, way[l])
		}
	}
	for i, l := range c.Labels {
		b.upper[i] += way[l]
		if int(l) == at { // which is not among the others
			b.lower[i] = max(0, b.lower[i]-next)
		} else {
			b.lower[i] = max(0, b.lower[i]-most)
		}
	}
}

// means are sums and numbers of the rows of every cluster.
type means struct {
	sums  []float64
	sizes []int
}

// follow takes rows from one labeling to that of c. Where few change, only these are added to sums
// and taken from them; else all are added up again.
func (m *means) follow(ctx context.Context, r *rows, last []int32, c *Clusters) error {
	changed := 0
	for i, l := range c.Labels {
		if l != last[i] {
			changed++
		}
	}
	if m.sizes == nil || changed > r.n/8 {
		clusters := c.Centers.Rows
		order, first := members(c.Labels, clusters)
		m.sizes = make([]int, clusters)
		return par.Blocks(ctx, clusters, 1, func(l, _ int) {
			sums, rows := m.sums[l*r.d:(l+1)*r.d], order[first[l]:first[l+1]]
			m.sizes[l] = len(rows)
			clear(sums)
			for _, i := range rows {
				for j, v := range r.row(int(i)) {
					sums[j] += float64(v)
				}
			}
		})
	}
	for i, l := range c.Labels {
		if l == last[i] {
			continue
		}
		m.sizes[l]++
		m.sizes[last[i]]--
		from, to := m.sums[int(last[i])*r.d:][:r.d], m.sums[int(l)*r.d:][:r.d]
		for j, v := range r.row(i) {
			from[j] -= float64(v)
			to[j] += float64(v)
		}
	}
	return nil
}
