package hyperbolic

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/screen"
	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// metric holds the distances between all rows, n × n.
type metric struct {
	n        int
	of       []float64
	diameter float64
	name     string
	graph    *affinity.Sparse // whose ways the distances are, or nil
	given    bool             // by somebody who need not know of the triangle inequality
}

// row returns the distances of row i.
func (m *metric) row(i int) []float64 { return m.of[i*m.n : (i+1)*m.n] }

// between returns the distances that x stands for: those of a *mat32.Distances or of an
// *Embedding, the lengths of shortest ways along the edges of an *affinity.Sparse, whose
// weights are lengths, and else the Euclidean ones between rows. x is sound, and held what
// the caller needs beside them.
func between(ctx context.Context, method string, x mat.Matrix, least int, held, limit int64) (*metric, error) {
	n, d := x.Dims()
	if n < least {
		return nil, fmt.Errorf("%s: %w", method, &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: fmt.Sprintf("at least %d rows", least)})
	}
	if limit < 0 {
		return nil, &mat32.ParamError{Method: method, Param: "MemoryLimit", Value: limit, Want: "0 or more bytes"}
	}
	need := 8*int64(n)*int64(n) + held
	switch x := x.(type) {
	case *Embedding:
		need += 4 * int64(n) * int64(n)
	case *affinity.Sparse:
		need += 64 * int64(x.NNZ())
	case *mat32.Distances:
	default:
		need += screen.Bytes(x)
	}
	if err := mat32.CheckMemory(method, need, limit, "use fewer rows"); err != nil {
		return nil, err
	}
	m := &metric{n: n, of: make([]float64, n*n)}
	var err error
	switch x := x.(type) {
	case *affinity.Sparse:
		err = m.walk(ctx, method, x)
	case *mat32.Distances:
		m.name, m.given = "given", true
		err = m.fill(ctx, x.At)
	case *Embedding:
		var d *mat32.Distances
		if d, err = x.Distances(ctx); err == nil {
			m.name = "hyperbolic"
			err = m.fill(ctx, d.At)
		}
	default:
		var rows *screen.Rows
		if rows, err = screen.New(ctx, x); err == nil {
			m.name = "Euclidean"
			err = m.fill(ctx, rows.Exact)
		}
	}
	if err != nil {
		return nil, mat32.Rename(method, err)
	}
	m.diameter = slices.Max(m.of)
	if !(m.diameter <= math.MaxFloat64/8) { // sums of several must not overflow
		return nil, &mat32.DegenerateError{Method: method, Reason: "distances are beyond float64: rescale the data"}
	}
	return m, nil
}

// sound is mat32.CheckContext, for graphs as well.
func sound(ctx context.Context, method string, x mat.Matrix) error {
	var err error
	if g, ok := x.(*affinity.Sparse); ok {
		if g == nil || g.NNZ() == 0 && func() bool { n, _ := g.Dims(); return n == 0 }() {
			err = mat32.ErrEmpty
		}
	} else if e, ok := x.(*Embedding); ok && (e == nil || e.Dense == nil) {
		err = mat32.ErrEmpty
	} else {
		err = mat32.CheckContext(ctx, x)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	return nil
}

// fill takes the distance of every pair once.
func (m *metric) fill(ctx context.Context, at func(i, j int) float64) error {
	const rowsAtOnce = 4
	return par.Blocks(ctx, m.n, rowsAtOnce, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			if ctx.Err() != nil {
				return
			}
			for j := i + 1; j < m.n; j++ {
				v := at(i, j)
				m.of[i*m.n+j], m.of[j*m.n+i] = v, v
			}
		}
	})
}

// walk measures along the edges of a graph.
func (m *metric) walk(ctx context.Context, method string, g *affinity.Sparse) error {
	h, err := edgesOf(method, g)
	if err != nil {
		return err
	}
	ways, err := affinity.NewGeodesics(ctx, h)
	if err != nil {
		return err
	}
	m.name, m.graph = "shortest ways", g
	sources := make([]int, m.n)
	for i := range sources {
		sources[i] = i
	}
	// A way and that back differ by rounding: the one from the earlier row counts.
	return ways.Each(ctx, sources, func(i int, distances []float64) {
		for j := i + 1; j < m.n; j++ {
			m.of[i*m.n+j], m.of[j*m.n+i] = distances[j], distances[j]
		}
	})
}

// edgesOf returns the neighbours of the nodes of a graph, in one piece and without
// direction, nearest first.
func edgesOf(method string, g *affinity.Sparse) (*neighbors.Neighborhoods, error) {
	if !g.Symmetric() {
		return nil, &mat32.ParamError{Method: method, Param: "x", Value: "a graph whose weights depend on the way", Want: "symmetric weights, the lengths of edges"}
	}
	if c := g.Components(); c.Count > 1 {
		return nil, &mat32.DegenerateError{Method: method, Reason: fmt.Sprintf("the graph is in %d pieces, between which there is no way: measure them one by one", c.Count)}
	}
	n, _ := g.Dims()
	h := &neighbors.Neighborhoods{N: n, Metric: neighbors.Precomputed, Start: make([]int, n+1)}
	type step struct {
		to     int32
		length float64
	}
	var steps []step
	for i := range n {
		columns, lengths := g.Row(i)
		steps = steps[:0]
		for k, j := range columns {
			if int(j) != i { // a loop shortens nothing
				steps = append(steps, step{j, lengths[k]})
			}
		}
		slices.SortStableFunc(steps, func(a, b step) int {
			switch {
			case a.length < b.length:
				return -1
			case a.length > b.length:
				return 1
			}
			return 0
		})
		for _, s := range steps {
			h.Indices, h.Distances = append(h.Indices, s.to), append(h.Distances, s.length)
		}
		h.Start[i+1] = len(h.Indices)
	}
	return h, nil
}

// excess returns by how much the triangle inequality fails at most.
func (m *metric) excess(ctx context.Context) (float64, error) {
	const rowsAtOnce = 4
	parts := make([]float64, (m.n+rowsAtOnce-1)/rowsAtOnce)
	err := par.Blocks(ctx, m.n, rowsAtOnce, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			if ctx.Err() != nil {
				return
			}
			a := m.row(i)
			for j := i + 1; j < m.n; j++ {
				b, least := m.row(j)[:len(a)], math.Inf(1)
				for k, v := range a {
					if w := v + b[k]; w < least && k != i && k != j {
						least = w
					}
				}
				parts[lo/rowsAtOnce] = max(parts[lo/rowsAtOnce], a[j]-least)
			}
		}
	})
	return slices.Max(parts), err
}
