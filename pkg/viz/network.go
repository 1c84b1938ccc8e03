package viz

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/flatland-go/flatland/pkg/mat32"
	"gonum.org/v1/gonum/mat"
)

// Links says what is known of the graph that a [Network] draws. All of it but Edges may be left out.
type Links struct {
	// Edges join rows, from 0. A loop is not seen, and an edge given twice lies on itself.
	Edges [][2]int
	// Values colour the edges by a number, with a colour bar; without them edges are grey. One for each of Edges, finite.
	Values []float64
	// ValueName is what the colour bar says the values are.
	ValueName string
	// Palette of the values is Suited by default: Diverging when they lie on both sides of the middle.
	Palette Palette
	// Middle is the number in the middle of a diverging palette, 0 by default. A sequential one ignores it.
	Middle float64
	// Nodes says what is known of the rows. Its Values and those of the edges would need a colour bar each: at most one of them; its
	// Images must be nil.
	Nodes Points
	// Disk says that the rows are points of the Poincaré disk: its rim is drawn, and edges are the shortest ways of the hyperbolic plane,
	// arcs of circles that meet the rim at right angles.
	Disk bool
	// Width is that of the edges in pixels, 0.2 to 20. Zero means from 2.2 for up to 80 edges, shrinking as their number grows, to 0.5.
	Width float64
}

// MaxEdges is how many edges a [Network] takes.
const MaxEdges = 20_000

// network is the figure that Network makes.
type network struct {
	*scatter
	links  Links
	colors *scale // of the edges
	width  length
}

// Network draws a graph: the rows of y, which has two columns, as points, and its edges as lines between them, coloured by a number, such as
// their curvature, or grey. What is far from the middle of its colours lies above what is near.
//
//	c, err := geometry.OllivierRicci{}.Edges(ctx, g)
//	viz.Network(y, viz.Links{Edges: c.Edges, Values: c.Values, ValueName: "curvature", Nodes: viz.Points{Labels: labels}})
//
//	e, err := hyperbolic.Sarkar{Scale: 1}.Embed(ctx, tree)
//	viz.Network(e, viz.Links{Edges: e.Edges, Disk: true})
//
// Both axes have one scale, as in a [Scatter]. In the notebook an edge says its ends and value under the pointer, and a point its class,
// row, value and text; the wheel zooms, dragging moves, a double click resets. Of a few thousand edges or more the interactive chart shows the
// uppermost, and says so; the picture shows all, in coarser pixels where so many lines cross that it would take more than 40 KiB.
//
// What is wrong with the arguments is the chart's error: those of [Scatter] for y and Nodes, a [*mat32.ShapeError] for Values that are not one
// for each edge and for more than MaxEdges edges, a [*mat32.ParamError] for ends that are no rows, for values that are not finite, for a Width
// out of range, and, of a Disk, for rows outside of it. It costs O(n + edges), seconds for 5000 edges.
func Network(y mat.Matrix, l Links) *Chart {
	n, err := newNetwork(y, l)
	if err != nil {
		return &Chart{err: fmt.Errorf("viz.Network: %w", err)}
	}
	return &Chart{fig: n}
}

func newNetwork(y mat.Matrix, l Links) (*network, error) {
	s, err := newScatter(y, l.Nodes)
	if err != nil {
		return nil, err
	}
	n := &network{scatter: s, links: l, width: l.width()}
	if err := l.check(len(s.x)); err != nil {
		return nil, err
	}
	if l.Disk {
		for i := range s.x {
			if r := math.Hypot(y.At(i, 0), y.At(i, 1)); r > 1 {
				return nil, param("Links", fmt.Sprintf("Disk: the radius of row %d", i), r, "at most 1")
			}
		}
		s.limits = [2]extent{{-1, 1}, {-1, 1}}
		s.place(s.limits)
	}
	return n, n.color(n.reach())
}

// check reports what is wrong with links between the given number of rows.
func (l Links) check(rows int) error {
	switch {
	case l.Nodes.Images != nil:
		return pointsParam("Images", "given", "nil: the points of a network have no thumbnails")
	case len(l.Edges) > MaxEdges:
		return &mat32.ShapeError{What: "Edges", Rows: len(l.Edges), Cols: 2, Want: fmt.Sprintf("at most %d", MaxEdges)}
	case len(l.Values) != 0 && len(l.Values) != len(l.Edges):
		return &mat32.ShapeError{What: "Values", Rows: len(l.Values), Cols: 1, Want: fmt.Sprintf("one for each of the %d edges", len(l.Edges))}
	case len(l.Values) != 0 && len(l.Nodes.Values) != 0:
		return param("Links", "Values", "of edges and of nodes", "those of edges or those of nodes: there is one colour bar")
	case l.Width != 0 && !(0.2 <= l.Width && l.Width <= 20):
		return param("Links", "Width", l.Width, "0.2 ≤ Width ≤ 20 pixels, or 0 for the default")
	case !(math.Abs(l.Middle) <= most):
		return param("Links", "Middle", l.Middle, "a finite number, at most 1e300")
	}
	for i, e := range l.Edges {
		for _, end := range e {
			if end < 0 || end >= rows {
				return param("Links", fmt.Sprintf("Edges[%d]", i), e, fmt.Sprintf("two rows, 0 to %d", rows-1))
			}
		}
	}
	return finite("Links", "Values", l.Values)
}

// width returns that of the edges.
func (l Links) width() length {
	if l.Width != 0 {
		return l.Width
	}
	return math.Min(2.2, math.Max(0.5, 2.2*math.Pow(80/float64(max(1, len(l.Edges))), 0.35)))
}

// reach is the range of the values, of nodes or edges.
func (n *network) reach() extent {
	e := nothing()
	e.add(n.values...)
	e.add(n.links.Values...)
	return e
}

// color chooses the colours of values in the given range.
func (n *network) color(e extent) error {
	switch {
	case n.values != nil:
		n.scatter.colors = &scale{name: n.p.ValueName, low: e.low, high: e.high}
		return nil
	case len(n.links.Values) == 0:
		return nil
	}
	n.colors = &scale{name: n.links.ValueName, low: e.low, high: e.high, inked: true}
	return n.colors.paint("Links", n.links.Palette, n.links.Middle)
}

func (n *network) kind() string { return "network" }

func (n *network) arrange() arrangement { return single(n) }

func (n *network) caption() string {
	return fmt.Sprintf("%s · %d edges", n.scatter.caption(), len(n.links.Edges))
}

func (n *network) summary() string {
	s := fmt.Sprintf("Network of %d edges", len(n.links.Edges))
	if n.colors != nil {
		name := n.colors.name
		if name == "" {
			name = "value"
		}
		e := n.reach()
		s += fmt.Sprintf(" by %s, %s to %s", name, tick(e.low), tick(e.high))
	}
	return s + "; " + strings.TrimPrefix(n.scatter.summary(), "Scatter of ")
}

func (n *network) key() key {
	k := n.scatter.key()
	if n.colors != nil {
		k.scale = n.colors
	}
	return k
}

func (n *network) axes(s *sheet, f rect) decor {
	if n.links.Disk {
		return decor{} // the rim is what is drawn
	}
	return n.scatter.axes(s, f)
}

// on returns where a point of the frame's unit square is on the sheet.
func on(f rect, x, y float64) [2]length { return [2]length{f.X + f.W*x, f.Y + f.H*y} }

func (n *network) groups(f rect) []group {
	var all []group
	if n.links.Disk {
		const corners = 240
		rim := make([][2]length, corners+1)
		for i := range rim {
			sin, cos := math.Sincos(2 * math.Pi * float64(i) / corners)
			rim[i] = n.inDisk(f, cos, sin)
		}
		all = append(all, group{role: rule, width: 1, mute: true, at: [][][2]length{rim}})
	}
	if len(n.links.Edges) > 0 {
		all = append(all, n.edges(f))
	}
	return append(all, n.nodes(f)...)
}

// inDisk returns where a point of the disk is on the sheet.
func (n *network) inDisk(f rect, x, y float64) [2]length {
	return on(f, 0.5+(0.5-scatterBorder)*x, 0.5-(0.5-scatterBorder)*y)
}

func (n *network) edges(f rect) group {
	order := shuffled(len(n.links.Edges))
	g := group{tint: noClass, width: n.width * math.Min(1, math.Max(0.5, f.W/380))}
	if n.colors != nil {
		g.colors = n.colors
		from := n.links.Middle
		if !n.colors.diverging {
			from = n.colors.low
		}
		slices.SortStableFunc(order, func(a, b int) int {
			return cmp.Compare(math.Abs(n.links.Values[a]-from), math.Abs(n.links.Values[b]-from))
		})
		g.columns = []column{{name: n.colors.name}}
	}
	for _, i := range order {
		a, b := n.links.Edges[i][0], n.links.Edges[i][1]
		way := [][2]length{on(f, n.x[a], n.y[a]), on(f, n.x[b], n.y[b])}
		if n.links.Disk {
			way = way[:0]
			for _, p := range geodesic([2]float64{n.rows.At(a, 0), n.rows.At(a, 1)}, [2]float64{n.rows.At(b, 0), n.rows.At(b, 1)}) {
				way = append(way, n.inDisk(f, p[0], p[1]))
			}
		}
		g.at, g.titles = append(g.at, way), append(g.titles, fmt.Sprintf("%d – %d", a, b))
		if n.colors != nil {
			v := n.links.Values[i]
			g.values, g.columns[0].values = append(g.values, v), append(g.columns[0].values, v)
		}
	}
	return g
}

// nodes are one group for each class, or a single one.
func (n *network) nodes(f rect) []group {
	groups := []group{{tint: soleTint, shape: shapes[0]}}
	if n.values != nil {
		groups[0].colors, groups[0].columns = n.scatter.colors, []column{{name: n.p.ValueName}}
	} else if n.class != nil {
		groups = nil
		for _, c := range n.classes {
			groups = append(groups, group{name: c.name, tint: c.tint, shape: c.shape})
		}
	}
	for _, i := range n.order() {
		g, title := &groups[0], fmt.Sprintf("row %d", i)
		if n.class != nil {
			title = n.classes[n.class[i]].name + " · " + title
			if n.values == nil {
				g = &groups[n.class[i]]
			}
		}
		g.at, g.titles = append(g.at, [][2]length{on(f, n.x[i], n.y[i])}), append(g.titles, title)
		if n.values != nil {
			g.values, g.columns[0].values = append(g.values, n.values[i]), append(g.columns[0].values, n.values[i])
		}
		if n.p.Text != nil {
			g.texts = append(g.texts, n.p.Text[i])
		}
	}
	for i := range groups {
		groups[i].size = n.diameter(f.W)
		if n.p.Size == 0 { // points leave room for the edges between them
			groups[i].size *= math.Min(1, math.Pow(60/float64(len(n.x)), 0.15))
		}
	}
	return groups
}

func (n *network) draw(s *sheet, f rect) { s.marks(n.groups(f), f) }

func (n *network) data(f rect, g page) (any, error) { return packMarks(n.groups(f), true, g) }

// geodesic returns points on the shortest way of the Poincaré disk from a to b, so close that lines between them look round: on the circle
// through both that meets the unit circle at right angles, whose centre c has 2·c·p = 1 + |p|² for every point p on it.
func geodesic(a, b [2]float64) [][2]float64 {
	det := a[0]*b[1] - a[1]*b[0]
	p, q := (1+a[0]*a[0]+a[1]*a[1])/2, (1+b[0]*b[0]+b[1]*b[1])/2
	c := [2]float64{(p*b[1] - q*a[1]) / det, (q*a[0] - p*b[0]) / det}
	r := math.Sqrt(math.Max(0, c[0]*c[0]+c[1]*c[1]-1))
	chord := math.Hypot(b[0]-a[0], b[1]-a[1])
	const sagitta = 5e-4 // a tenth of a pixel
	if !(chord*chord > 8*sagitta*r) {
		return [][2]float64{a, b} // also where c is not a number, on a line through the middle
	}
	from, to := math.Atan2(a[1]-c[1], a[0]-c[0]), math.Atan2(b[1]-c[1], b[0]-c[0])
	turn := math.Remainder(to-from, 2*math.Pi)
	pieces := int(math.Ceil(math.Abs(turn) * math.Sqrt(r/(8*sagitta))))
	way := make([][2]float64, 0, pieces+1)
	way = append(way, a)
	for i := 1; i < pieces; i++ {
		sin, cos := math.Sincos(from + turn*float64(i)/float64(pieces))
		way = append(way, [2]float64{c[0] + r*cos, c[1] + r*sin})
	}
	return append(way, b)
}
