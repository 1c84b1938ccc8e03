package hyperbolic

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/big"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
	"github.com/flatland-go/flatland/pkg/watch"
)

const sarkar = "hyperbolic.Sarkar"

// Sarkar places a tree in hyperbolic space with as little distortion as is asked for, in one
// pass and without optimisation (R. Sarkar, 2011, Low distortion Delaunay embedding of trees
// in hyperbolic plane). The middle of the tree lies at the centre; the edges at every node
// leave it in directions spread evenly, as long as in the tree times a Scale. The longer they
// are, the nearer is the distance of two nodes to the length of the way between them. In
// more than 2 dimensions directions are spread over a sphere, which leaves more room between
// them and takes shorter edges (F. Sala, C. De Sa, A. Gu and C. Ré, 2018, Representation
// tradeoffs for hyperbolic embeddings).
//
// x is an *affinity.Sparse whose weights are the lengths of edges. A graph that is no tree is
// replaced by its minimum spanning tree, as rows are, and a mat32.Distances, by theirs; a note
// says so, and the distortion is then that of the tree at best. Rows at distance 0 from each
// other share a point.
//
// How far out nodes are decides how many bits they need: 1.44 for each unit from the centre, and
// 96 more. The coordinates are carried in that many, which Embedding.Precision tells, and
// rounded to float64 for the matrix, in which all nodes beyond 37 lie at the rim of the ball. For
// a picture a Scale near 1 shows more.
//
// Errors: those of mat32.Check; *mat32.ShapeError for fewer than 2 rows; *mat32.ParamError;
// *mat32.DegenerateError for a graph in pieces and for rows that are all equal or beyond
// float64; *mat32.MemoryError; and one that wraps ctx.Err(). Time O(n·Components) products of numbers of that many
// bits, after the spanning tree; memory n·Components·bits/4 bytes.
type Sarkar struct {
	// Components is the dimension of the space. Default 2; up to 64. In more of them
	// directions are farther apart, and edges shorter.
	Components int

	// Distortion is by how much, as a share, distances may fall short of those in the
	// tree, at worst. Default 0.1. Smaller values take longer edges and more bits, as their
	// inverse. 1e-6 to 10. Ignored where Scale is given.
	Distortion float64

	// Scale is how long an edge of length 1 is in the space, of curvature −1. Default: what
	// Distortion takes, (1+Distortion)/Distortion·2·ln(4/θ) for the shortest edge, where
	// θ is the least angle between edges; or less, with a note, where that takes more than
	// 16 384 bits. Larger values distort less.
	Scale float64

	// Precision is how many bits coordinates have, 64 to 1 048 576. Default: as many as
	// the tree needs. Fewer put far nodes on the wrong place; more change nothing.
	Precision int

	// MemoryLimit in bytes refuses data that would need more. Default GOMEMLIMIT, or
	// 4 GiB.
	MemoryLimit int64
}

const (
	guard     = 96 // bits beyond those that tell nodes apart
	usualBits = 1 << 14
	mostBits  = 1 << 20
)

// Resolve returns the options with defaults filled in, but for Scale and Precision, which
// the tree decides, or a *mat32.ParamError or *mat32.ShapeError.
func (s Sarkar) Resolve(n, d int) (Sarkar, error) {
	refuse := func(param string, value any, want string) error {
		return &mat32.ParamError{Method: sarkar, Param: param, Value: value, Want: want}
	}
	if n < 2 {
		return s, fmt.Errorf("%s: %w", sarkar, &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: "at least 2 rows for a tree"})
	}
	if s.Components == 0 {
		s.Components = 2
	}
	if s.Distortion == 0 {
		s.Distortion = .1
	}
	switch {
	case s.Components < 2 || s.Components > 64:
		return s, refuse("Components", s.Components, "2 ≤ Components ≤ 64")
	case !(s.Distortion >= 1e-6 && s.Distortion <= 10):
		return s, refuse("Distortion", s.Distortion, "1e-6 ≤ Distortion ≤ 10")
	case s.Scale != 0 && !(s.Scale >= 1e-300 && s.Scale <= 1e300):
		return s, refuse("Scale", s.Scale, "0, or 1e-300 ≤ Scale ≤ 1e300")
	case s.Precision != 0 && (s.Precision < 64 || s.Precision > mostBits):
		return s, refuse("Precision", s.Precision, "0, or 64 ≤ Precision ≤ 1 048 576")
	case s.MemoryLimit < 0:
		return s, refuse("MemoryLimit", s.MemoryLimit, "0 or more bytes")
	}
	return s, nil
}

// Embed places the tree of x.
func (s Sarkar) Embed(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	if err := sound(ctx, sarkar, x); err != nil {
		return nil, err
	}
	s, err := s.Resolve(x.Dims())
	if err != nil {
		return nil, err
	}
	t, err := treeOf(ctx, x, s.MemoryLimit)
	if err != nil {
		return nil, mat32.Rename(sarkar, err)
	}
	e := &Embedding{Dim: s.Components, Edges: t.edges, Lengths: t.lengths, Notes: t.notes}
	codes, angle, err := t.directions(ctx, s.Components)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", sarkar, err)
	}
	if err := s.fit(t, angle, e); err != nil {
		return nil, err
	}
	words := int64(e.points.bits+63)/64 + 4
	if err := mat32.CheckMemory(sarkar, 2*8*words*int64(t.n)*int64(s.Components+2), s.MemoryLimit, "ask for more Distortion, a lower Scale or fewer rows"); err != nil {
		return nil, err
	}
	if err := t.place(ctx, e, codes); err != nil {
		return nil, fmt.Errorf("%s: %w", sarkar, err)
	}
	beyond, err := e.rounded(ctx, t.rows)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", sarkar, err)
	}
	if beyond > 0 {
		e.Notes = append(e.Notes, fmt.Sprintf("%d of %d points are nearer to the rim than float64 can tell: the matrix shows where they point, Distances and Point know where they are", beyond, t.rows))
	}
	e.Method = fmt.Sprintf("Sarkar (scale %.3g, %d bits)", e.Scale, e.points.bits)
	return e, nil
}

// tree is a tree of nodes, from its middle outwards.
type tree struct {
	rows, n int       // rows of the data, and nodes: rows at distance 0 are one
	node    []int     // of every row
	order   []int     // nodes, parents first
	levels  []int     // where the nodes of each depth begin in order
	parent  []int     // of every node; −1 for the root
	length  []float64 // of the edge to the parent, in units of the shortest
	child   []int     // which of the parent's children it is
	degree  []int
	depth   []float64 // the way to the root, in the same unit
	least   float64   // the shortest edge
	edges   [][2]int  // rows, the one nearer to the root first
	lengths []float64
	notes   []string
}

// link is an edge as seen from a node.
type link struct {
	to, edge int
}

// treeOf returns the tree that x is, or its minimum spanning tree.
func treeOf(ctx context.Context, x mat.Matrix, limit int64) (*tree, error) {
	t := &tree{}
	t.rows, _ = x.Dims()
	var edges []neighbors.Edge
	switch g, isGraph := x.(*affinity.Sparse); {
	case isGraph:
		h, err := edgesOf(sarkar, g)
		if err != nil {
			return nil, err
		}
		if edges = spanning(h); len(h.Indices)/2 > len(edges) {
			t.notes = append(t.notes, fmt.Sprintf("the graph has %d edges more than a tree: its minimum spanning tree was placed", len(h.Indices)/2-len(edges)))
		}
	default:
		if e, ok := x.(*Embedding); ok {
			d, err := e.Distances(ctx)
			if err != nil {
				return nil, err
			}
			x = d
		}
		s, err := neighbors.MST{MemoryLimit: limit}.Fit(ctx, x)
		if err != nil {
			return nil, err
		}
		edges = s.Edges
		t.notes = append(t.notes, "what was placed is the minimum spanning tree of the rows")
	}
	return t, t.root(edges)
}

// spanning returns the edges of the minimum spanning tree of a connected graph, by Kruskal.
func spanning(h *neighbors.Neighborhoods) []neighbors.Edge {
	var all []neighbors.Edge
	for i := range h.N {
		to, lengths := h.Row(i)
		for k, j := range to {
			if int(j) > i {
				all = append(all, neighbors.Edge{I: int32(i), J: j, Distance: lengths[k]})
			}
		}
	}
	slices.SortFunc(all, func(a, b neighbors.Edge) int {
		return cmp.Or(cmp.Compare(a.Distance, b.Distance), cmp.Compare(a.I, b.I), cmp.Compare(a.J, b.J))
	})
	p := newParts(h.N)
	kept := all[:0]
	for _, e := range all {
		if p.join(int(e.I), int(e.J)) {
			kept = append(kept, e)
		}
	}
	return kept
}

// parts are disjoint sets of rows, each known by its lowest.
type parts []int

func newParts(n int) parts {
	p := make(parts, n)
	for i := range p {
		p[i] = i
	}
	return p
}

func (p parts) of(i int) int {
	for p[i] != i {
		p[i] = p[p[i]]
		i = p[i]
	}
	return i
}

// join makes one of two sets; it reports whether they were two.
func (p parts) join(i, j int) bool {
	i, j = p.of(i), p.of(j)
	p[max(i, j)] = min(i, j)
	return i != j
}

// root numbers the nodes and turns the edges away from the middle of the tree.
func (t *tree) root(edges []neighbors.Edge) error {
	// Rows at distance 0 are one node.
	same := newParts(t.rows)
	t.least = math.Inf(1)
	longest := 0.
	for _, e := range edges {
		if e.Distance == 0 {
			same.join(int(e.I), int(e.J))
			continue
		}
		t.least, longest = min(t.least, e.Distance), max(longest, e.Distance)
	}
	if longest == 0 {
		return &mat32.DegenerateError{Method: sarkar, Reason: fmt.Sprintf("all %d rows are equal: there is no tree", t.rows)}
	}
	if !(longest/t.least <= 1e12) {
		return &mat32.DegenerateError{Method: sarkar, Reason: fmt.Sprintf("the longest edge, %.3g, is more than 10¹² times the shortest, %.3g: no space shows both", longest, t.least)}
	}
	t.node = make([]int, t.rows)
	var rows []int // of the nodes, the first
	for i := range t.node {
		if r := same.of(i); r == i {
			t.node[i] = len(rows)
			rows = append(rows, i)
		} else {
			t.node[i] = t.node[r]
		}
	}
	t.n = len(rows)
	if t.n < t.rows {
		t.notes = append(t.notes, fmt.Sprintf("%d rows equal another and share its point", t.rows-t.n))
	}
	links, lengths := make([][]link, t.n), make([]float64, len(edges))
	for k, e := range edges {
		if e.Distance == 0 {
			continue
		}
		a, b := t.node[e.I], t.node[e.J]
		lengths[k] = e.Distance / t.least
		links[a] = append(links[a], link{b, k})
		links[b] = append(links[b], link{a, k})
	}
	t.degree = make([]int, t.n)
	for i, l := range links {
		t.degree[i] = len(l)
		slices.SortFunc(l, func(a, b link) int { return cmp.Compare(a.to, b.to) })
	}
	// The middle lies on the longest way: from the node farthest from any to the farthest
	// from that.
	t.walk(links, lengths, 0)
	end := t.farthest()
	t.walk(links, lengths, end)
	other := t.farthest()
	middle, whole := other, t.depth[other]
	for i := other; i >= 0; i = t.parent[i] {
		if max(t.depth[i], whole-t.depth[i]) < max(t.depth[middle], whole-t.depth[middle]) {
			middle = i
		}
	}
	t.walk(links, lengths, middle)
	for _, i := range t.order {
		for _, l := range links[i] {
			if l.to != t.parent[i] {
				t.edges = append(t.edges, [2]int{rows[i], rows[l.to]})
				t.lengths = append(t.lengths, edges[l.edge].Distance)
			}
		}
	}
	return nil
}

func (t *tree) farthest() int {
	far := 0
	for i, d := range t.depth {
		if d > t.depth[far] {
			far = i
		}
	}
	return far
}

// walk goes through the tree from a root, level by level.
func (t *tree) walk(links [][]link, lengths []float64, root int) {
	t.parent, t.length = make([]int, t.n), make([]float64, t.n)
	t.child, t.depth = make([]int, t.n), make([]float64, t.n)
	t.order, t.levels, t.parent[root] = append(t.order[:0], root), append(t.levels[:0], 0), -1
	for from := 0; from < len(t.order); {
		end := len(t.order)
		t.levels = append(t.levels, end)
		for _, i := range t.order[from:end] {
			count := 0
			for _, l := range links[i] {
				if l.to == t.parent[i] {
					continue
				}
				t.parent[l.to], t.length[l.to], t.child[l.to] = i, lengths[l.edge], count
				t.depth[l.to] = t.depth[i] + lengths[l.edge]
				count++
				t.order = append(t.order, l.to)
			}
		}
		from = end
	}
}

// fit chooses the scale and the precision.
func (s Sarkar) fit(t *tree, angle float64, e *Embedding) error {
	deepest := slices.Max(t.depth)
	bits := func(shortest float64) float64 { return math.Ceil(shortest*deepest/math.Ln2) + guard }
	shortest := s.Scale * t.least // the length of the shortest edge in the space
	if s.Scale == 0 {
		shortest = (1 + s.Distortion) / s.Distortion * 2 * math.Log(4/angle)
		most := float64(usualBits)
		if s.Precision > 0 {
			most = max(float64(s.Precision), guard+8)
		}
		if bits(shortest) > most {
			shortest = (most - guard) * math.Ln2 / deepest
			e.Notes = append(e.Notes, fmt.Sprintf("the scale is as large as %.0f bits allow: less would be distorted by one that takes more", most))
		}
	}
	need := bits(shortest)
	if !(need <= mostBits) || !(shortest > 1e-9) {
		return &mat32.ParamError{Method: sarkar, Param: "Scale", Value: s.Scale, Want: fmt.Sprintf("at most %.3g, which needs 2²⁰ bits for this tree, and at least %.3g", (mostBits-guard)*math.Ln2/deepest/t.least, 1e-9/t.least)}
	}
	e.Scale = shortest / t.least
	if !(e.Scale > 0) || math.IsInf(e.Scale, 0) {
		return &mat32.DegenerateError{Method: sarkar, Reason: "edges are too short or too long for float64 to scale: rescale the data"}
	}
	e.points = &precise{bits: uint(need), node: t.node}
	if s.Precision > 0 {
		e.points.bits = uint(s.Precision)
	}
	for i := range t.length {
		t.length[i] *= shortest
	}
	return nil
}

// place computes the points, level by level.
func (t *tree) place(ctx context.Context, e *Embedding, codes map[int]*mat.Dense) error {
	stage := watch.Start(ctx, "Sarkar's construction", t.n)
	p, d := e.points, e.Dim
	p.at, p.gaps = make([][]*big.Float, t.n), make([]*big.Float, t.n)
	root := t.order[0]
	p.at[root], p.gaps[root] = p.vector(d), p.number().SetInt64(1)
	for l := 2; l < len(t.levels); l++ {
		some := t.order[t.levels[l-1]:t.levels[l]]
		err := par.BlocksWith(ctx, len(some), 8, func() *pencil { return newPencil(p, d) }, func(w *pencil, lo, hi int) {
			for _, i := range some[lo:hi] {
				if ctx.Err() != nil {
					return
				}
				from := t.parent[i]
				directions, first := codes[t.degree[from]], t.child[i]
				if t.parent[from] >= 0 {
					w.back(from, t.parent[from])
					first++ // the first direction is that of the parent's parent
				} else {
					w.home = false
				}
				w.draw(i, from, directions.RawRowView(0), directions.RawRowView(first), t.length[i])
			}
			stage.Add(hi - lo)
		})
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}

func (p *precise) number() *big.Float { return new(big.Float).SetPrec(p.bits) }

func (p *precise) vector(d int) []*big.Float {
	v := make([]*big.Float, d)
	for c := range v {
		v[c] = p.number()
	}
	return v
}

// pencil computes points from others.
type pencil struct {
	*precise
	d             int
	home          bool         // toward is the way home
	toward, code  []*big.Float // unit vectors
	a, b, c, e, f *big.Float
	one           *big.Float
}

func newPencil(p *precise, d int) *pencil {
	w := &pencil{precise: p, d: d, toward: p.vector(d), code: p.vector(d)}
	w.a, w.b, w.c, w.e, w.f = p.number(), p.number(), p.number(), p.number(), p.number()
	w.one = p.number().SetInt64(1)
	return w
}

// dot writes ⟨x, y⟩ to dst, which is not f.
func (w *pencil) dot(dst *big.Float, x, y []*big.Float) *big.Float {
	dst.SetInt64(0)
	for c, v := range x {
		dst.Add(dst, w.f.Mul(v, y[c]))
	}
	return dst
}

// unit makes the length of x 1.
func (w *pencil) unit(x []*big.Float) {
	w.e.Sqrt(w.dot(w.e, x, x))
	for _, v := range x {
		v.Quo(v, w.e)
	}
}

// back finds the direction in which node j is seen from node i, when i is taken to the
// centre: −x ⊕ y is a positive multiple of (1−|x|²)·(y−x) − |y−x|²·x, whose terms are of
// one size, where the sum as it is usually written cancels twice over.
func (w *pencil) back(i, j int) {
	x, y := w.at[i], w.at[j]
	for c, v := range x {
		w.toward[c].Sub(y[c], v)
	}
	w.dot(w.a, w.toward, w.toward)
	for c, v := range x {
		w.toward[c].Mul(w.toward[c], w.gaps[i])
		w.toward[c].Sub(w.toward[c], w.f.Mul(w.a, v))
	}
	w.unit(w.toward)
	w.home = true
}

// draw places node i at a length from its parent. The directions are turned by the
// reflection that takes the first of them to the way home.
func (w *pencil) draw(i, from int, first, direction []float64, length float64) {
	for c, v := range direction {
		w.code[c].SetFloat64(v)
	}
	w.unit(w.code)
	if w.home {
		// The mirror lies between both: its normal is their difference.
		normal := w.vector(w.d)
		for c, v := range first {
			normal[c].SetFloat64(v)
		}
		w.unit(normal)
		for c, v := range normal {
			v.Sub(v, w.toward[c])
		}
		if w.dot(w.a, normal, normal).Sign() > 0 {
			w.dot(w.b, normal, w.code)
			w.b.Quo(w.b, w.a)
			w.b.Add(w.b, w.b)
			for c, v := range normal {
				w.code[c].Sub(w.code[c], w.f.Mul(w.b, v))
			}
		}
	}
	// z, at the length from the centre: tanh(length/2) = (E−1)/(E+1), 1−|z|² = 4·E/(E+1)².
	exp := w.exp(length)
	w.b.Sub(exp, w.one)
	w.c.Add(exp, w.one)
	w.b.Quo(w.b, w.c)
	gap := w.number().Quo(exp, w.c)
	gap.Quo(gap, w.c)
	gap.Mul(gap, w.a.SetInt64(4))
	x := w.at[from]
	z := w.code
	for _, v := range z {
		v.Mul(v, w.b)
	}
	// x ⊕ z, as in MobiusAdd; its gap is the product of both over what it is divided by.
	sum := w.vector(w.d)
	for c, v := range x {
		sum[c].Add(v, z[c])
	}
	w.dot(w.a, sum, sum)
	w.b.Mul(w.gaps[from], gap)
	w.c.Add(w.a, w.b)
	for c, v := range x {
		sum[c].Mul(sum[c], w.gaps[from])
		sum[c].Add(sum[c], w.f.Mul(w.a, v))
		sum[c].Quo(sum[c], w.c)
	}
	w.at[i], w.gaps[i] = sum, w.number().Quo(w.b, w.c)
}

// exp returns e^t: the exponent exactly, the rest to float64, which is the length to as much.
func (w *pencil) exp(t float64) *big.Float {
	whole := math.Floor(t / math.Ln2)
	rest := math.FMA(-whole, math.Ln2, t)
	return w.number().SetMantExp(w.number().SetFloat64(math.Exp(rest)), int(whole))
}
