package viz

import (
	"fmt"
	"image/color"
	"math"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/flatland-go/flatland/pkg/mat32"
	"gonum.org/v1/gonum/mat"
)

// An Adjacency is a graph on rows, as *neighbors.Graph and *affinity.Sparse are: row i lists the rows it is joined to. What is said of the
// edges, distances or weights, is not looked at.
type Adjacency interface {
	Dims() (rows, columns int)
	Row(i int) (columns []int32, values []float64)
}

// A Strand says how [Connectivity] draws edges.
type Strand int

const (
	// Straight leaves edges straight: none is drawn towards those that run beside it.
	Straight Strand = iota + 1
	// ByLength colours edges by their length on the map, in place of the classes of their ends.
	ByLength
)

// connectivity is the figure that Connectivity makes.
type connectivity struct {
	*network
	strands  *strands
	straight bool
	lengths  []float64 // of the strands, where they colour them
	edges    int
	weave    func(side int) *weave // made once
}

// MaxStrands is how many edges a [Connectivity] takes.
const MaxStrands = 4_000_000

// Connectivity draws a graph of neighbours under the map of its rows: what the method had to go by, so that a reader sees which clusters are
// connected, which tears the map has, and where its edges are long. Edges that run side by side are drawn together, and where they lie thick the
// ink is strong; each half of an edge has the colour of the class it starts in. An edge that two rows list is one.
//
//	g, err := neighbors.Auto{}.Graph(ctx, x)
//	viz.Connectivity(emb, g, viz.Points{Labels: labels})
//	viz.Connectivity(emb, g, viz.Points{}, viz.Straight, viz.ByLength)
//
// Points lie on the edges, small, up to 4000 of them; of more the picture shows edges alone. In the notebook a point under the pointer says its
// class and row, with the rows that are drawn, of thousands a part, as the chart says; the legend hides a class with its edges; the wheel zooms,
// dragging moves, a double click resets. Values of points are not drawn where edges are coloured by length.
//
// What is wrong with the arguments is the chart's error: those of [Scatter] for y and p, whose Images must be nil, a [*mat32.ShapeError] for a graph
// of other than as many rows and for more than MaxStrands edges, a [*mat32.ParamError] for an edge to what is no row. The bundling takes
// O(edges · length of an edge on the map), with the picture under a second for the 650 000 edges of 70 000 rows with 15 neighbours on two
// cores, and 8 bytes a point of an edge, at most 300 MB with the edges; the picture 4 bytes a pixel, class and core. C. Hurter, O. Ersoy and A. Telea, Graph
// Bundling by Kernel Density Estimation, 2012.
func Connectivity(y mat.Matrix, g Adjacency, p Points, how ...Strand) *Chart {
	c, err := newConnectivity(y, g, p, how)
	if err != nil {
		return &Chart{err: fmt.Errorf("viz.Connectivity: %w", err)}
	}
	return &Chart{fig: c}
}

func newConnectivity(y mat.Matrix, g Adjacency, p Points, how []Strand) (*connectivity, error) {
	for _, h := range how {
		if h != Straight && h != ByLength {
			return nil, param("viz.Connectivity", "how", int(h), "viz.Straight or viz.ByLength")
		}
	}
	byLength := slices.Contains(how, ByLength)
	if byLength {
		p.Values = nil
	}
	n, err := newNetwork(y, Links{Nodes: p})
	if err != nil {
		return nil, err
	}
	if v := reflect.ValueOf(g); !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil() {
		return nil, mat32.ErrEmpty
	}
	rows := len(n.x)
	if r, c := g.Dims(); r != rows || c != rows {
		return nil, &mat32.ShapeError{What: "g", Rows: r, Cols: c, Want: fmt.Sprintf("a graph of the %d rows of y", rows)}
	}
	ends, err := edgesOf(g, rows)
	if err != nil {
		return nil, err
	}
	c := &connectivity{network: n, edges: len(ends), straight: slices.Contains(how, Straight)}
	c.strands = newStrands(n.x, n.y, ends)
	if byLength {
		e := nothing()
		across := math.Max(n.limits[0].high/2-n.limits[0].low/2, n.limits[1].high/2-n.limits[1].low/2) * 2 / (1 - 2*scatterBorder)
		for _, end := range ends {
			l := math.Min(across, math.MaxFloat64) * math.Hypot(n.x[end[0]]-n.x[end[1]], n.y[end[0]]-n.y[end[1]])
			c.lengths = append(c.lengths, math.Min(most, l))
			e.add(c.lengths[len(c.lengths)-1])
		}
		if len(ends) == 0 {
			e = extent{0, 1}
		}
		c.network.colors = &scale{name: "length", low: e.low, high: e.high}
	}
	bundle := sync.OnceFunc(func() {
		if !c.straight {
			c.strands.bundle()
		}
	})
	var mu sync.Mutex
	known := map[int]*weave{}
	c.weave = func(side int) *weave {
		mu.Lock()
		defer mu.Unlock()
		if known[side] == nil {
			bundle()
			known[side] = c.strands.weave(side, c.hues(), c.hue)
		}
		return known[side]
	}
	return c, nil
}

// edgesOf lists the edges of a graph, each once, without loops.
func edgesOf(g Adjacency, rows int) ([][2]int32, error) {
	var keys []uint64
	for i := range rows {
		columns, _ := g.Row(i)
		for _, j := range columns {
			switch {
			case j < 0 || int(j) >= rows:
				return nil, param("viz.Connectivity", fmt.Sprintf("g.Row(%d)", i), j, fmt.Sprintf("rows, 0 to %d", rows-1))
			case int(j) != i:
				keys = append(keys, uint64(min(i, int(j)))<<32|uint64(max(i, int(j))))
			}
		}
		if len(keys) > 2*MaxStrands {
			break
		}
	}
	slices.Sort(keys)
	keys = slices.Compact(keys)
	if len(keys) > MaxStrands {
		return nil, &mat32.ShapeError{What: "g", Rows: rows, Cols: rows, Want: fmt.Sprintf("at most %d edges", MaxStrands)}
	}
	ends := make([][2]int32, len(keys))
	for k, key := range keys {
		ends[k] = [2]int32{int32(key >> 32), int32(key & math.MaxUint32)}
	}
	return ends, nil
}

// lengthHues is in how many colours edges are shown by their length.
const lengthHues = 12

// hues is how many colours edges have: those of classes, of lengths, or one.
func (c *connectivity) hues() int {
	switch {
	case c.lengths != nil:
		return lengthHues
	case c.class != nil && c.values == nil:
		return len(c.classes)
	}
	return 1
}

// hue is the colours of the ends of an edge.
func (c *connectivity) hue(i int) (a, b int) {
	switch {
	case c.lengths != nil:
		a = min(lengthHues-1, int(lengthHues*c.network.colors.share(c.lengths[i])))
		return a, a
	case c.class != nil && c.values == nil:
		e := c.strands.ends[i]
		return c.class[e[0]], c.class[e[1]]
	}
	return 0, 0
}

// tone is the colour of a hue.
func (c *connectivity) tone(t *theme, hue int) color.RGBA {
	switch {
	case c.lengths != nil:
		return along(t.ramp, (float64(hue)+0.5)/lengthHues)
	case c.class != nil && c.values == nil:
		return t.tint(c.classes[hue].tint)
	}
	return t.tint(soleTint)
}

func (c *connectivity) kind() string { return "connectivity" }

func (c *connectivity) arrange() arrangement { return single(c) }

func (c *connectivity) caption() string {
	how := " edges"
	if !c.straight {
		how = " edges, bundled"
	}
	return c.scatter.caption() + " · " + tick(float64(c.edges)) + how
}

func (c *connectivity) summary() string {
	return fmt.Sprintf("Connectivity of %s by %d edges", strings.TrimPrefix(c.scatter.summary(), "Scatter of "), c.edges)
}

// dotted is up to how many rows the picture shows points on their edges.
const dotted = 4000

// groups are the points.
func (c *connectivity) groups(f rect) []group {
	groups := c.nodes(f)
	for i := range groups {
		if c.p.Size == 0 {
			groups[i].size = math.Max(1.2, 0.5*groups[i].size)
		}
		if c.class == nil && c.values == nil { // of the colour of their edges they would not be seen
			groups[i].role = ink
			if c.lengths != nil && c.p.Size == 0 { // nor would edges between them
				groups[i].role, groups[i].size = faint, math.Max(1.2, 0.25*c.diameter(f.W))
			}
		}
		groups[i].flat = len(c.x) > 500
	}
	return groups
}

// draw draws the strands in fewer strengths and larger pixels where the picture would take too many bytes.
func (c *connectivity) draw(s *sheet, f rect) {
	steps := [details]int{10, 7, 5, 5, 4, 3}[s.detail]
	by := [details]int{1, 1, 1, 2, 2, 3}[s.detail]
	w := c.weave(int(f.W)).coarse(by)
	l := w.levels(steps)
	tones := make([]color.RGBA, c.hues())
	for h := range tones {
		tones[h] = c.tone(s.theme, h)
	}
	inner := rect{f.X + 1, f.Y + 1, f.W - 2, f.H - 2}
	s.raster(inner, w.side, w.side, func(i, j int) color.RGBA {
		at := i*w.side + j
		return inked(s.theme, tones[w.strong[at]], l[at], steps)
	})
	if len(c.x) > dotted {
		return
	}
	for _, g := range c.groups(f) {
		for i, at := range g.at {
			s.rimmed(g.shape, at[0][0], at[0][1], g.size, g.color(s.theme, i, valueSteps), g.rim())
		}
	}
}
