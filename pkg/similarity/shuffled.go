package similarity

import (
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// shuffler is a preparation that can be that of the same rows in another order, without the
// work of preparing them again.
type shuffler interface {
	prepared

	// shuffled returns what is prepared of rows of which row i is order[i] here. Neighbours
	// at equal distances keep their order.
	shuffled(order []int) prepared
}

// rowsInOrder returns the rows of a, in float64 or float32, in another order.
func rowsInOrder(a *mat.Dense, order []int) *mat.Dense {
	if a == nil {
		return nil
	}
	_, d := a.Dims()
	b := mat.NewDense(len(order), d, nil)
	for i, from := range order {
		copy(b.RawRowView(i), a.RawRowView(from))
	}
	return b
}

func rowsInOrder32(a *mat32.Dense, order []int) *mat32.Dense {
	if a == nil {
		return nil
	}
	_, d := a.Dims()
	b := mat32.NewDense(len(order), d, nil)
	for i, from := range order {
		copy(b.Row(i), a.Row(from))
	}
	return b
}

// valuesInOrder returns the values in another order; nil remains nil.
func valuesInOrder(a []float64, order []int) []float64 {
	if a == nil {
		return nil
	}
	b := make([]float64, len(order))
	for i, from := range order {
		b[i] = a[from]
	}
	return b
}

// places returns where each row has gone.
func places(order []int) []int32 {
	place := make([]int32, len(order))
	for i, from := range order {
		place[from] = int32(i)
	}
	return place
}

// listsInOrder returns lists of k rows for every row, with the rows renamed.
func listsInOrder(lists []int32, k int, order []int) []int32 {
	place, b := places(order), make([]int32, len(lists))
	for i, from := range order {
		for t, j := range lists[from*k : (from+1)*k] {
			b[i*k+t] = place[j]
		}
	}
	return b
}

func (g *gram) inOrder(order []int) *gram {
	h := *g
	h.diag, h.rows = valuesInOrder(g.diag, order), valuesInOrder(g.rows, order)
	switch {
	case g.radial != nil:
		r := *g.radial
		r.rows, r.squares = rowsInOrder(r.rows, order), valuesInOrder(r.squares, order)
		h.radial = &r
	case g.linear.gram != nil:
		square := mat.NewDense(g.n, g.n, nil)
		for i, from := range order {
			to, row := square.RawRowView(i), g.linear.gram.RawRowView(from)
			for j, at := range order {
				to[j] = row[at]
			}
		}
		h.linear = &product{gram: square}
	default:
		h.linear = &product{narrow: rowsInOrder32(g.linear.narrow, order), rows: rowsInOrder(g.linear.rows, order)}
	}
	return &h
}

func (c *ckaOf) shuffled(order []int) prepared { return &ckaOf{c.kerneled, c.inOrder(order), c.norm} }

func (h *hsicOf) shuffled(order []int) prepared { return &hsicOf{h.kerneled, h.inOrder(order)} }

func (f *factors) inOrder(order []int) *factors {
	g := *f
	g.left = rowsInOrder(f.left, order)
	return &g
}

func (c *ccaOf) shuffled(order []int) prepared { return &ccaOf{c.CCA, c.inOrder(order)} }

func (s *svccaOf) shuffled(order []int) prepared { return &svccaOf{s.SVCCA, s.inOrder(order)} }

func (w *pwccaOf) shuffled(order []int) prepared { return &pwccaOf{w.PWCCA, w.inOrder(order)} }

func (r *regressionOf) shuffled(order []int) prepared {
	s := *r
	s.rows = rowsInOrder(r.rows, order)
	if r.basis != nil {
		s.basis = r.basis.inOrder(order)
	}
	return &s
}

func (s *shape) inOrder(order []int) *shape {
	t := *s
	t.rows = rowsInOrder(s.rows, order)
	return &t
}

func (p *procrustesOf) shuffled(order []int) prepared {
	return &procrustesOf{p.Procrustes, p.inOrder(order)}
}

func (f *shapeOf) shuffled(order []int) prepared {
	g := *f
	g.shape = f.inOrder(order)
	return &g
}

func (p *profile) shuffled(order []int) prepared {
	q := *p
	q.values = make([]float64, 0, len(p.values))
	for i := range order {
		for j := i + 1; j < len(order); j++ {
			a, b := min(order[i], order[j]), max(order[i], order[j])
			q.values = append(q.values, p.values[a*(2*p.n-a-1)/2+b-a-1])
		}
	}
	return &q
}

func (l *listed) shuffled(order []int) prepared {
	return &listed{l.listing, &neighbors.Graph{N: l.g.N, K: l.g.K, Metric: l.g.Metric,
		Indices: listsInOrder(l.g.Indices, l.g.K, order), Distances: l.g.Distances}}
}

func (r *ranked) shuffled(order []int) prepared {
	s := *r
	s.nearest = listsInOrder(r.nearest, r.k, order) // which alone counts of x
	return &s
}

func (a *masked) shuffled(order []int) prepared {
	b, place := *a, places(order)
	b.near = make([][]pairValue, a.n)
	for i, from := range order {
		b.near[i] = slices.Clone(a.near[from])
		for t := range b.near[i] {
			b.near[i][t].row = place[b.near[i][t].row]
		}
		slices.SortFunc(b.near[i], func(u, v pairValue) int { return int(u.row - v.row) })
	}
	return &b
}
