package topology

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// LowerStar computes the persistent homology of the sublevel sets of a function: where it is
// at most a scale, which pieces are there, and which holes do they leave? A piece is born at
// a minimum and dies where it meets an older one. For superlevel sets give the negative.
//
// The function is known at vertices, and whatever lies between some of them appears with the
// highest (H. Edelsbrunner and J. Harer, 2010, Computational Topology: An Introduction,
// section VI.3, lower star filtrations).
type LowerStar struct {
	// MaxDim is the largest dimension of homology on a graph, as for Rips. Default 1;
	// OnlyPieces is 0. Images have dimension 1, or 0 with OnlyPieces.
	MaxDim int

	// Prime is the field of coefficients on a graph, as for Rips. Default 2. Nothing depends
	// on it in an image.
	Prime int

	// MemoryLimit in bytes refuses what would not fit. Default GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

// Resolve returns the options with defaults filled in, or a *mat32.ParamError, for an image of
// any size, or a graph.
func (l LowerStar) Resolve(n, d int) (LowerStar, error) {
	r, err := Rips{MaxDim: l.MaxDim, Prime: l.Prime, MemoryLimit: l.MemoryLimit}.Resolve(1, 1)
	l.MaxDim, l.Prime = r.MaxDim, r.Prime
	return l, mat32.Rename("topology.LowerStar", err)
}

// pixelBytes is what a pixel takes: its value, its place, two edges and a square.
const pixelBytes = 8 + 8 + 8 + 8 + 4*(8+8) + 32

// Image returns the persistent homology of the image x, whose pixels are the vertices of a
// cubical complex: neighbours in a row or column are joined, diagonal ones are not, and four
// pixels around a corner span a square. So a ring of pixels must be closed without diagonal
// steps, and its hole is filled when the last square is. (Where pixels are the squares
// instead, as gudhi takes them by default, diagonal neighbours are joined.)
//
// Holes are found as pieces of what is outside, by duality. Time O(n·log n) for n pixels,
// memory 144 bytes each. Errors: those of mat32.Check, *mat32.ParamError, *mat32.MemoryError,
// and one that wraps ctx.Err().
func (l LowerStar) Image(ctx context.Context, x mat.Matrix) (*Persistence, error) {
	const method = "topology.LowerStar"
	l, err := l.Resolve(1, 1)
	if err != nil {
		return nil, err
	}
	if l.MaxDim > 1 {
		return nil, &mat32.ParamError{Method: method, Param: "MaxDim", Value: l.MaxDim, Want: "1, or OnlyPieces, for an image"}
	}
	if err := mat32.CheckContext(ctx, x); err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	rows, cols := x.Dims()
	if err := mat32.CheckMemory(method, pixelBytes*int64(rows)*int64(cols), l.MemoryLimit, "reduce the image"); err != nil {
		return nil, err
	}
	values := make([]float64, rows*cols)
	for i := range rows {
		copy(values[i*cols:], mat32.Row(values[i*cols:(i+1)*cols], i, x))
	}
	order, err := ascending(ctx, values)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	p := &Persistence{Filtration: fmt.Sprintf("sublevel sets of an image of %d × %d pixels", rows, cols),
		Prime: l.Prime, Threshold: slices.Max(values), Rows: len(values), Diagrams: make([]Diagram, homology(l.MaxDim)+1)}
	all := newPixels(rows, cols, order)
	primal := &flag{n: len(values), birth: values}
	for _, v := range order {
		for _, w := range all.earlier(v) {
			primal.ends = append(primal.ends, ends{v, w})
			primal.lengths = append(primal.lengths, values[v])
		}
		if len(primal.ends)&(1<<16-1) == 0 && ctx.Err() != nil {
			return nil, fmt.Errorf("%s: %w", method, ctx.Err())
		}
	}
	p.Diagrams[0], _ = primal.pieces()
	if ctx.Err() != nil {
		return nil, fmt.Errorf("%s: %w", method, ctx.Err())
	}
	if l.MaxDim == 1 {
		p.Diagrams[1] = all.holes(values, order)
	}
	return p, ctx.Err()
}

// pixels are those of an image, with their places in the order of appearance.
type pixels struct {
	rows, cols int
	place      []uint32
	buf        [4]uint32
}

func newPixels(rows, cols int, order []uint32) *pixels {
	g := &pixels{rows: rows, cols: cols, place: make([]uint32, len(order))}
	for i, v := range order {
		g.place[v] = uint32(i)
	}
	return g
}

// earlier returns the neighbours of a pixel that appear before it.
func (g *pixels) earlier(v uint32) []uint32 {
	list := g.buf[:0]
	add := func(is bool, w uint32) {
		if is && g.place[w] < g.place[v] {
			list = append(list, w)
		}
	}
	i, j := int(v)/g.cols, int(v)%g.cols
	add(i > 0, v-uint32(g.cols))
	add(j > 0, v-1)
	add(j < g.cols-1, v+1)
	add(i < g.rows-1, v+uint32(g.cols))
	return list
}

// holes returns the bars of dimension 1. From the last scale to the first, the outside and
// the squares that are not there yet form pieces that meet where edges go. A hole is such a
// piece: it dies as its last square comes, and is born as its rim closes.
func (g *pixels) holes(values []float64, order []uint32) Diagram {
	squares := max(g.rows-1, 0) * max(g.cols-1, 0)
	dual := &flag{n: squares + 1, birth: make([]float64, squares+1)}
	square := func(i, j int) uint32 {
		if i < 0 || j < 0 || i >= g.rows-1 || j >= g.cols-1 {
			return uint32(squares) // the outside
		}
		return uint32(i*(g.cols-1) + j)
	}
	for i := range g.rows - 1 {
		for j := range g.cols - 1 {
			v := i*g.cols + j
			dual.birth[square(i, j)] = -max(values[v], values[v+1], values[v+g.cols], values[v+g.cols+1])
		}
	}
	dual.birth[squares] = math.Inf(-1)
	for _, v := range slices.Backward(order) {
		for _, w := range g.earlier(v) {
			at := int(min(v, w))
			i, j := at/g.cols, at%g.cols
			e := ends{square(i, j), square(i-1, j)} // beside an edge along a row
			if v-w == uint32(g.cols) || w-v == uint32(g.cols) {
				e.b = square(i, j-1)
			}
			dual.ends, dual.lengths = append(dual.ends, e), append(dual.lengths, -values[v])
		}
	}
	pieces, _ := dual.pieces()
	var bars Diagram
	for _, b := range pieces.Finite() {
		bars = append(bars, Bar{-b.Death, -b.Birth})
	}
	bars.Sort()
	return bars
}

// ascending returns the places of values in ascending order, those of equal ones as they are.
func ascending(ctx context.Context, values []float64) ([]uint32, error) {
	keys := make([]uint64, len(values))
	for i, v := range values {
		keys[i] = uint64(ordered(float32(v)))<<32 | uint64(i)
	}
	if err := sortKeys(ctx, keys); err != nil {
		return nil, err
	}
	order := make([]uint32, len(keys))
	for i, key := range keys {
		order[i] = uint32(key)
	}
	for lo, hi := 0, 0; lo < len(keys); lo = hi {
		for hi = lo + 1; hi < len(keys) && keys[hi]>>32 == keys[lo]>>32; hi++ {
		}
		if run := order[lo:hi]; len(run) > 1 {
			slices.SortStableFunc(run, func(i, j uint32) int { return cmp.Compare(values[i], values[j]) })
		}
	}
	return order, nil
}

// Graph returns the persistent homology of a function on the nodes of a graph, which is
// symmetric: a node appears at its value, and all nodes that are joined pairwise span a
// simplex. Weights do not matter. Errors: *mat32.ShapeError unless there is a value for each
// node, *mat32.NotFiniteError, *mat32.ParamError, *mat32.MemoryError, and one that wraps
// ctx.Err().
func (l LowerStar) Graph(ctx context.Context, graph *affinity.Sparse, values []float64) (*Persistence, error) {
	const method = "topology.LowerStar"
	l, err := l.Resolve(1, 1)
	if err != nil {
		return nil, err
	}
	if graph == nil {
		return nil, &mat32.ParamError{Method: method, Param: "graph", Value: "nil", Want: "a graph"}
	}
	n, _ := graph.Dims()
	switch {
	case n == 0 || len(values) != n:
		return nil, fmt.Errorf("%s: %w", method, &mat32.ShapeError{What: "values", Rows: len(values), Cols: 1, Want: fmt.Sprintf("one for each of %d nodes, and at least one", n)})
	case !graph.Symmetric():
		return nil, &mat32.DegenerateError{Method: method, Reason: "the graph leads from a node to another and not back"}
	}
	for i, v := range values {
		if v-v != 0 {
			return nil, fmt.Errorf("%s: %w", method, &mat32.NotFiniteError{Row: i, Value: v})
		}
	}
	if err := mat32.CheckMemory(method, edgeBytes*int64(graph.NNZ()), l.MemoryLimit, "reduce the graph"); err != nil {
		return nil, err
	}
	var spans []span
	for i := range n {
		if i%256 == 0 && ctx.Err() != nil {
			return nil, fmt.Errorf("%s: %w", method, ctx.Err())
		}
		near, _ := graph.Row(i)
		for _, j := range near {
			if int(j) < i {
				spans = append(spans, span{max(values[i], values[j]), ends{uint32(i), uint32(j)}})
			}
		}
	}
	p, err := newFlag(n, slices.Clone(values), spans).persistence(ctx, homology(l.MaxDim), l.Prime, false)
	if err != nil {
		return nil, mat32.Rename(method, err)
	}
	p.Filtration, p.Threshold = fmt.Sprintf("sublevel sets on a graph of %d nodes", n), slices.Max(values)
	return p, nil
}
