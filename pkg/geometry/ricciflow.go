package geometry

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// RicciFlow bends the lengths of a graph's edges until they curve alike: edges of positive
// curvature shrink and those of negative curvature grow,
//
//	l ← (1 − Step·κ)·d,
//
// where d is the distance of an edge's ends, and then all are scaled to a mean of 1.
// Communities contract, and what joins them is drawn out, so that cutting long edges finds
// them: the result is read by Communities.
//
// The graph is symmetric, and its weights are the lengths that edges have at first. It need not
// be connected. An edge whose ends see the same would vanish; it keeps 1e-9 of the mean. Time
// and memory are those of OllivierRicci, once for every iteration and once before.
//
// Sources: C.-C. Ni, Y.-Y. Lin, F. Luo and J. Gao (2019), Community detection on networks with
// Ricci flow; R. Hamilton (1982), Three-manifolds with positive Ricci curvature, for surfaces.
type RicciFlow struct {
	// Curvature is what the flow follows. Default OllivierRicci{}.
	Curvature OllivierRicci

	// Iterations is the most that are made. Default 10, as in GraphRicciCurvature; Ni and
	// others go to 50. More draw communities further apart.
	Iterations int

	// Step is between 0 and 1. Default 1. Smaller ones need as many more iterations.
	Step float64

	// Tolerance ends the flow when no two edges differ by more in curvature. Default 1e-4;
	// Zero to go on.
	Tolerance float64

	// SurgeryEvery cuts, after every so many iterations, the edges that are longer than
	// SurgeryLength. Default 0, for none.
	SurgeryEvery int

	// SurgeryLength is in units of the mean length. Default 4. It is ignored without
	// SurgeryEvery.
	SurgeryLength float64
}

const ricciFlow = "geometry.RicciFlow"

// Resolve returns the options with the defaults filled in, or a *mat32.ParamError for the
// first that is out of its range, for a graph of any size.
func (f RicciFlow) Resolve(nodes, edges int) (RicciFlow, error) {
	c, err := f.Curvature.Resolve(nodes, edges)
	if err != nil {
		return f, mat32.Rename(ricciFlow, err)
	}
	fail := func(param string, value any, want string) (RicciFlow, error) {
		return f, &mat32.ParamError{Method: ricciFlow, Param: param, Value: value, Want: want}
	}
	f.Curvature, f.Iterations, f.Step = c, cmp.Or(f.Iterations, 10), cmp.Or(f.Step, 1)
	f.Tolerance, f.SurgeryLength = cmp.Or(f.Tolerance, 1e-4), cmp.Or(f.SurgeryLength, 4)
	switch {
	case f.Iterations < 1:
		return fail("Iterations", f.Iterations, "1 or more")
	case !(f.Step > 0 && f.Step <= 1):
		return fail("Step", f.Step, "0 < Step ≤ 1")
	case !(f.Tolerance >= 0 && f.Tolerance <= 1e9):
		return fail("Tolerance", f.Tolerance, "0 ≤ Tolerance ≤ 1e9")
	case f.SurgeryEvery < 0:
		return fail("SurgeryEvery", f.SurgeryEvery, "0 or more iterations")
	case !(f.SurgeryLength > 1 && f.SurgeryLength <= 1e9):
		return fail("SurgeryLength", f.SurgeryLength, "1 < SurgeryLength ≤ 1e9")
	}
	return f, nil
}

// String returns the options in one line, as captions and tables show them.
func (f RicciFlow) String() string {
	s := fmt.Sprintf("Ricci flow, at most %d iterations by steps of %s along the %v", f.Iterations, short(f.Step), f.Curvature)
	if f.SurgeryEvery > 0 {
		s += fmt.Sprintf(", edges beyond %s means cut every %d", short(f.SurgeryLength), f.SurgeryEvery)
	}
	return s
}

// shortest is what an edge keeps of the mean length.
const shortest = 1e-9

// Compute lets the lengths of g flow. Progress is reported per iteration, with the range of
// curvature as loss. Errors: those of Resolve and of OllivierRicci; *mat32.ParamError where g
// is nil, empty or not symmetric; and one that wraps ctx.Err(), which comes with the lengths so
// far, marked Partial, once curvature was measured.
func (f RicciFlow) Compute(ctx context.Context, g *affinity.Sparse) (*RicciMetric, error) {
	w, err := newUndirected(ctx, ricciFlow, g)
	if err != nil {
		return nil, err
	}
	if f, err = f.Resolve(w.n, len(w.edges)); err != nil {
		return nil, err
	}
	m := &RicciMetric{Options: f, Nodes: w.n, Edges: w.edges, Lengths: slices.Clone(w.lengths), Cut: make([]bool, len(w.edges)), Notes: w.notes}
	m.Initial = make([]float64, len(w.edges))
	left := make([]int, len(w.edges)) // the edges that are not cut
	for k := range left {
		left[k] = k
	}
	values, distances := slices.Clone(m.Initial), slices.Clone(m.Initial)
	if _, err := f.Curvature.measure(ctx, ricciFlow, w, values, distances); err != nil {
		return nil, err
	}
	copy(m.Initial, values)
	m.Curvature = slices.Clone(values)
	for len(left) > 0 && m.Iterations < f.Iterations {
		sum := 0.
		for k := range left {
			w.lengths[k] = max(0, (1-f.Step*values[k])*distances[k])
			sum += w.lengths[k]
		}
		if sum == 0 {
			m.Notes = append(m.Notes, "all edges would vanish at once: every component has curvature 1")
			break
		}
		scale := float64(len(left)) / sum
		if math.IsInf(scale, 0) || math.IsInf(sum, 0) {
			return nil, &mat32.DegenerateError{Method: ricciFlow, Reason: "lengths are too near the ends of float64 to be brought to a mean of 1: rescale them"}
		}
		for k := range left {
			w.lengths[k] = max(shortest, w.lengths[k]*scale)
		}
		notes, err := f.Curvature.measure(ctx, ricciFlow, w, values, distances)
		if err != nil {
			m.Partial = ctx.Err() != nil
			if !m.Partial {
				return nil, err
			}
			return m, err
		}
		m.Iterations++
		for k, e := range left {
			m.Lengths[e], m.Curvature[e] = w.lengths[k], values[k]
		}
		spread := slices.Max(values) - slices.Min(values)
		m.Spread = append(m.Spread, spread)
		watch.Report(ctx, watch.Event{Stage: "Ricci flow", Done: m.Iterations, Total: f.Iterations, Loss: spread})
		if spread < exact(f.Tolerance) {
			break
		}
		if m.Iterations == f.Iterations {
			m.Notes = append(m.Notes, notes...)
			break
		}
		if f.SurgeryEvery > 0 && m.Iterations%f.SurgeryEvery == 0 {
			if w, left = cutLong(w, left, f.SurgeryLength, m.Cut); len(left) < len(values) {
				values, distances = make([]float64, len(left)), make([]float64, len(left))
				if _, err := f.Curvature.measure(ctx, ricciFlow, w, values, distances); err != nil {
					m.Partial = ctx.Err() != nil
					return m, err
				}
			}
		}
	}
	return m, nil
}

// cutLong returns the graph without the edges that are longer than a length, and the
// numbers of those it has.
func cutLong(w *network, left []int, length float64, cut []bool) (*network, []int) {
	c := &network{n: w.n}
	var kept []int
	place := make([]int32, len(left)) // of an edge in the new list
	for k, e := range left {
		if w.lengths[k] > length {
			cut[e], place[k] = true, -1
			continue
		}
		place[k] = int32(len(kept))
		kept = append(kept, e)
		c.edges, c.lengths = append(c.edges, w.edges[k]), append(c.lengths, w.lengths[k])
	}
	if len(kept) == len(left) {
		return w, left
	}
	c.out.start = make([]int, c.n+1)
	for i := range c.n {
		to, edges := w.out.row(i)
		for k, j := range to {
			if p := place[edges[k]]; p >= 0 {
				c.out.to, c.out.edge = append(c.out.to, j), append(c.out.edge, p)
			}
		}
		c.out.start[i+1] = len(c.out.to)
	}
	c.in = c.out
	return c, kept
}

// RicciMetric is the lengths that a Ricci flow gave to the edges of a graph.
type RicciMetric struct {
	Options RicciFlow // resolved
	Nodes   int
	Edges   [][2]int // in ascending order, the lower end first

	Lengths   []float64 // at the end; of an edge that was cut, as it was then
	Curvature []float64 // at these lengths
	Initial   []float64 // the curvature before the flow
	Cut       []bool    // by surgery

	Iterations int
	Spread     []float64 // after every iteration, the range of curvature of the edges left
	Partial    bool      // the flow was cancelled
	Notes      []string
}

// String returns a small table: iterations, lengths, and communities.
func (m *RicciMetric) String() string {
	s := fmt.Sprintf("%v\n  edges       %d of %d nodes, %d cut", m.Options, len(m.Edges), m.Nodes, count(m.Cut))
	s += fmt.Sprintf("\n  iterations  %d", m.Iterations)
	if m.Partial {
		s += ", cancelled"
	}
	if len(m.Lengths) > 0 {
		s += fmt.Sprintf("\n  lengths     %.4g to %.4g", slices.Min(m.Lengths), slices.Max(m.Lengths))
	}
	if len(m.Spread) > 0 {
		s += fmt.Sprintf("\n  curvature   within %.4g", m.Spread[len(m.Spread)-1])
	}
	s += fmt.Sprintf("\n  communities %v", m.Communities())
	for _, n := range m.Notes {
		s += "\n  note        " + n
	}
	return s
}

func count(is []bool) (n int) {
	for _, b := range is {
		if b {
			n++
		}
	}
	return n
}

// Communities are groups of nodes that hang together when long edges are cut.
type Communities struct {
	Labels []int // of every node, numbered by their lowest nodes
	Count  int

	// Length is that of the longest edge that was kept, 0 for none.
	Length float64

	// Modularity is how many of the edges are within communities, as a share, beyond what
	// their degrees would bring by chance (M. Newman and M. Girvan, 2004, Finding and
	// evaluating community structure in networks): edges count alike, cut or not.
	Modularity float64
}

// String returns one line.
func (c *Communities) String() string {
	return fmt.Sprintf("%d of edges up to %.4g, modularity %.4f", c.Count, c.Length, c.Modularity)
}

// CutAt returns the communities without edges that are longer than length, or that surgery
// has cut. Time O(edges·log(edges)).
func (m *RicciMetric) CutAt(length float64) *Communities { return m.grow(&length) }

// Communities returns those of the cut with the largest modularity of all, the coarsest of
// several. Time O(edges·log(edges)).
func (m *RicciMetric) Communities() *Communities { return m.grow(nil) }

// grow joins nodes along edges from the shortest on, up to a length, or to where modularity
// is largest.
func (m *RicciMetric) grow(length *float64) *Communities {
	var order []int
	for k := range m.Edges {
		if !m.Cut[k] {
			order = append(order, k)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(m.Lengths[a], m.Lengths[b]) })
	// A tree of who joined whom and when, 1 for the first edge in order, so that it is known
	// when the ends of any edge came together.
	parent, when := make([]int, m.Nodes), make([]int, m.Nodes)
	size, degree := make([]int, m.Nodes), make([]int64, m.Nodes)
	for i := range parent {
		parent[i], when[i], size[i] = i, math.MaxInt, 1
	}
	for _, e := range m.Edges {
		degree[e[0]]++
		degree[e[1]]++
	}
	squares := make([]int64, len(order)+1) // of the degrees of communities, after so many edges
	for _, d := range degree {
		squares[0] += d * d
	}
	find := func(i, until int) int {
		for when[i] <= until {
			i = parent[i]
		}
		return i
	}
	for t, k := range order {
		squares[t+1] = squares[t]
		a, b := find(m.Edges[k][0], t+1), find(m.Edges[k][1], t+1)
		if a == b {
			continue
		}
		if size[a] < size[b] || size[a] == size[b] && a > b {
			a, b = b, a
		}
		squares[t+1] += 2 * degree[a] * degree[b]
		parent[b], when[b] = a, t+1
		size[a] += size[b]
		degree[a] += degree[b]
	}
	within := make([]int64, len(order)+1)
	for _, e := range m.Edges {
		a, b, t := e[0], e[1], 0
		for a != b && t < math.MaxInt {
			if when[a] < when[b] {
				a, t = parent[a], when[a]
			} else {
				t = when[b]
				b = parent[b]
			}
		}
		if t < math.MaxInt {
			within[t]++
		}
	}
	c := &Communities{Modularity: math.Inf(-1)}
	edges, inside, last := float64(max(1, len(m.Edges))), int64(0), 0
	for t := range within {
		inside += within[t]
		if t > 0 && t < len(order) && m.Lengths[order[t]] == m.Lengths[order[t-1]] {
			continue // edges of one length go together
		}
		if length != nil && t > 0 && m.Lengths[order[t-1]] > *length {
			break
		}
		q := float64(inside)/edges - float64(squares[t])/(4*edges*edges)
		if length != nil || q >= c.Modularity {
			c.Modularity, last = q, t
		}
	}
	if last > 0 {
		c.Length = m.Lengths[order[last-1]]
	}
	c.Labels = make([]int, m.Nodes)
	number := make(map[int]int)
	for i := range c.Labels {
		root := find(i, last)
		if _, ok := number[root]; !ok {
			number[root] = len(number)
		}
		c.Labels[i] = number[root]
	}
	c.Count = len(number)
	return c
}
