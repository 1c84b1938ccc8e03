package quality

import (
	"context"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// sharedNeighbors says how alike the rows of a space are by the neighbours they have in
// common: the sum over these of the product of two weights, k+1 for the nearest of a row
// to 2 for its k-th (Jarvis and Patrick, 1973, Clustering using a similarity measure based
// on shared near neighbors). The sums are whole numbers, exact in any order.
type sharedNeighbors struct {
	n, k    int
	near    []int32   // n × k
	all     *among    // of all rows
	largest float64   // sum of two rows
	along   []float64 // n × k: of a row and each of its neighbours, as a share of the largest
	starts  []int32   // rows that resemble one of their neighbours; none where every row has k duplicates
}

func shareNeighbors(ctx context.Context, x mat.Matrix, k int, limit int64) (*sharedNeighbors, error) {
	g, err := neighbors.Exact{Neighbors: k, MemoryLimit: limit}.Graph(ctx, x)
	if err != nil {
		return nil, err
	}
	s := &sharedNeighbors{n: g.N, k: k, near: g.Indices, along: make([]float64, g.N*k)}
	rows := make([]int32, g.N)
	for i := range rows {
		rows[i] = int32(i)
	}
	s.all = &among{}
	s.all.gather(s, rows)
	most := make([]float64, s.n)
	err = par.BlocksWith(ctx, s.n, 4, func() []float64 { return make([]float64, s.n) }, func(sums []float64, lo, hi int) {
		for i := lo; i < hi; i++ {
			s.all.sums(i, sums)
			for _, v := range sums {
				most[i] = max(most[i], v)
			}
			for r, j := range s.near[i*k : (i+1)*k] {
				s.along[i*k+r] = sums[j]
			}
		}
	})
	if err != nil {
		return nil, err
	}
	for _, v := range most {
		s.largest = max(s.largest, v)
	}
	known := slices.ContainsFunc(g.Distances, func(d float64) bool { return d > 0 })
	for i := range s.n {
		alike := false
		for r := i * k; r < (i+1)*k; r++ {
			alike = alike || s.along[r] > 0
			s.along[r] /= max(s.largest, 1)
		}
		if alike && known {
			s.starts = append(s.starts, int32(i))
		}
	}
	return s, nil
}

// among finds what the rows of a list have in common.
type among struct {
	s      *sharedNeighbors
	rows   []int32
	start  []int32   // for each row of the space, where those of the list begin that it is near to
	places []int32   // their places in the list
	weight []float64 // and what it weighs for them
}

// gather makes the list.
func (a *among) gather(s *sharedNeighbors, rows []int32) {
	if len(a.start) != s.n+2 {
		a.start = make([]int32, s.n+2)
	}
	a.s, a.rows = s, rows
	clear(a.start)
	if all := len(rows) * s.k; cap(a.places) < all {
		a.places, a.weight = make([]int32, all), make([]float64, all)
	} else {
		a.places, a.weight = a.places[:all], a.weight[:all]
	}
	for _, i := range rows {
		for _, j := range s.near[int(i)*s.k : int(i+1)*s.k] {
			a.start[j+2]++
		}
	}
	for j := range s.n {
		a.start[j+2] += a.start[j+1]
	}
	for p, i := range rows {
		for r, j := range s.near[int(i)*s.k : int(i+1)*s.k] {
			at := a.start[j+1]
			a.places[at], a.weight[at] = int32(p), float64(s.k+1-r)
			a.start[j+1]++
		}
	}
}

// sums writes those of the p-th row and all of the list, 0 for itself.
func (a *among) sums(p int, dst []float64) {
	clear(dst)
	i, k := int(a.rows[p]), a.s.k
	for r, j := range a.s.near[i*k : (i+1)*k] {
		w := float64(k + 1 - r)
		places := a.places[a.start[j]:a.start[j+1]]
		weight := a.weight[a.start[j]:a.start[j+1]]
		for t, q := range places {
			dst[q] += w * weight[t]
		}
	}
	dst[p] = 0
}

// walk draws a cluster: from a random row on, breadth first, to every neighbour with the
// probability of its similarity, until so many steps were made. One step at least is. It
// returns the rows met, in order; met is all false, before and after.
func (s *sharedNeighbors) walk(draw *rng.Stream, steps int, met []bool, queue []int32) (rows, room []int32) {
	start := s.starts[draw.IntN(len(s.starts))]
	queue = append(queue[:0], start)
	met[start] = true
	rows = []int32{start}
	for at, made := 0, 0; made < steps && at < len(queue); at++ {
		i := int(queue[at])
		near, along := s.near[i*s.k:(i+1)*s.k], s.along[i*s.k:(i+1)*s.k]
		first := -1 // of the first row the neighbour that is surely gone to
		if at == 0 {
			first = surely(draw, along)
		}
		for r, j := range near {
			if r < first || r != first && draw.Float64() >= along[r] {
				continue
			}
			queue = append(queue, j)
			made++
			if !met[j] {
				met[j] = true
				rows = append(rows, j)
			}
		}
	}
	for _, i := range rows {
		met[i] = false
	}
	return rows, queue
}

// surely returns which of independent events is the first to happen, given that one does.
func surely(draw *rng.Stream, p []float64) int {
	none := 1.
	for _, v := range p {
		none *= 1 - v
	}
	u, last, before := draw.Float64()*(1-none), 0, 1.
	for r, v := range p {
		if v > 0 {
			if before *= 1 - v; u < 1-before {
				return r
			}
			last = r
		}
	}
	return last // but for rounding
}
