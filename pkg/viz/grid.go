package viz

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// Limits says which ends the axes and colours of the panels of a [Grid] have.
type Limits int

const (
	// Comparable, the default, gives all panels the same axes and colours where numbers can be compared: those of [Lines], [Bars],
	// [Heatmap], [Barcode] and [PersistenceDiagram], and the Values of [Scatter] and [Network], when all panels give them one name. Each map of a Scatter has its own scale, because
	// coordinates of maps mean nothing beside each other.
	Comparable Limits = iota
	// Shared gives the maps of Scatter one scale too, for maps of one method: the epochs of a layout, say. What is in three dimensions lies in
	// one box, and turns together.
	Shared
	// Own gives each panel its own axes and colours.
	Own
)

// Panels says how a [Grid] is laid out.
type Panels struct {
	Columns int    // zero means up to three side by side, and four of seven panels or more
	Limits  Limits // Comparable by default
	Letters bool   // names the panels a, b, c, … before their titles, as papers do
}

// MaxPanels is how many panels a [Grid] takes.
const MaxPanels = 24

// multiples is the figure that Grid makes.
type multiples struct {
	p      Panels
	charts []*Chart
	plots  []plot

	coloring string       // the name of what the points are coloured by, where there is a choice
	views    []*multiples // the grid in each of its colorings, from itself; nil without a choice
}

// Grid draws several charts as the panels of one, row by row, each under its own title, with one legend for all. A name has one colour in
// all panels, and in the notebook a click on it shows it alone in all.
//
//	viz.Grid(viz.Panels{}, viz.Scatter(pca, p).Titled("PCA"), viz.Scatter(tsne, p).Titled("t-SNE")).Titled("Two maps")
//
// Maps whose [Points] have Colors of the same names share the list of them: what is chosen in it colours all panels.
//
// The chart is 640 pixels wide and as high as its panels need, up to 960. Panels share what a chart may take: the more there are, the fewer
// points of maps (in a notebook that is kept, 3000 in all) and of lines, thumbnails and shades of heatmaps has each on the page; the picture shows all.
//
// What is wrong with the arguments is the chart's error: that of the first panel that has one, [mat32.ErrEmpty] without panels, a
// [*mat32.ParamError] for more than MaxPanels panels, fewer than 0 columns or more than 6, unknown limits, panels that are grids, and axes
// that differ in being logarithmic, which cannot be shared.
func Grid(p Panels, charts ...*Chart) *Chart {
	g, err := newGrid(p, charts)
	if err != nil {
		return &Chart{err: fmt.Errorf("viz.Grid: %w", err)}
	}
	return &Chart{fig: g}
}

func newGrid(p Panels, charts []*Chart) (*multiples, error) {
	const mostColumns = 6
	if len(charts) == 0 {
		return nil, mat32.ErrEmpty
	}
	if len(charts) > MaxPanels {
		return nil, param("viz.Grid", "panels", len(charts), fmt.Sprintf("at most %d", MaxPanels))
	}
	if p.Columns < 0 || p.Columns > mostColumns {
		return nil, param("Panels", "Columns", p.Columns, fmt.Sprintf("1 to %d, or 0 for automatic", mostColumns))
	}
	if p.Limits < Comparable || p.Limits > Own {
		return nil, param("Panels", "Limits", int(p.Limits), "viz.Comparable, viz.Shared or viz.Own")
	}
	if n := len(charts); p.Columns == 0 {
		switch {
		case n == 4:
			p.Columns = 2
		case n == 9:
			p.Columns = 3
		case n < 7:
			p.Columns = min(n, 3)
		default:
			p.Columns = 4
		}
	}
	p.Columns = min(p.Columns, len(charts))
	g := &multiples{p: p, charts: charts}
	figures := make([]figure, len(charts))
	for i, c := range charts {
		switch {
		case c == nil:
			return nil, fmt.Errorf("panel %d: %w", i, mat32.ErrEmpty)
		case c.Err() != nil:
			return nil, fmt.Errorf("panel %d: %w", i, c.Err())
		}
		if _, ok := c.fig.(*multiples); ok {
			return nil, fmt.Errorf("panel %d: %w", i, param("viz.Grid", "kind", "grid", "a chart that is not a grid itself"))
		}
		figures[i] = c.fig
	}
	if err := g.share(figures); err != nil {
		return nil, err
	}
	for _, f := range figures {
		g.plots = append(g.plots, f.(plot))
	}
	return g, g.recolor(figures)
}

// share gives the figures common axes and colours, as far as the limits say.
func (g *multiples) share(figures []figure) error {
	own := g.p.Limits == Own
	x, y, values, cells, heights, links, places, scales := nothing(), nothing(), nothing(), nothing(), nothing(), nothing(), nothing(), nothing()
	tints := map[string]tint{}
	maps := [2]extent{nothing(), nothing()}
	boxes := [3]extent{nothing(), nothing(), nothing()}
	var views []view
	var logs [][2]bool
	for _, f := range figures {
		switch f := f.(type) {
		case *lines:
			fx, fy, err := f.extents(f.bounds)
			if err != nil {
				return err
			}
			x.join(fx)
			y.join(fy)
			logs = append(logs, [2]bool{f.bounds.x.Log, f.bounds.y.Log})
		case *bars:
			e, err := f.extent(f.bounds)
			if err != nil {
				return err
			}
			heights.join(e)
		case *barcode:
			e, err := f.extent(f.bounds)
			if err != nil {
				return err
			}
			scales.join(e)
		case *persistenceDiagram:
			e, err := f.extent(f.bounds)
			if err != nil {
				return err
			}
			scales.join(e)
		case *heatmap:
			cells.join(f.values)
		case *ordered:
			cells.join(f.values)
		case *surface:
			places.join(extent{f.colors.low, f.colors.high})
		case *network:
			links.join(f.reach())
		case *space:
			for j := range boxes {
				boxes[j].join(f.bounds[j])
			}
			if f.values != nil {
				values.join(extent{f.colors.low, f.colors.high})
			}
			if f.tones != nil {
				links.join(f.tonesReach())
			}
		case *scatter:
			for j := range maps {
				maps[j].join(f.limits[j])
			}
			if f.values != nil {
				values.join(extent{f.colors.low, f.colors.high})
			}
		}
	}
	for i, l := range logs {
		if !own && l != logs[0] {
			return param("Panels", "Limits", "not Own", fmt.Sprintf("viz.Own: panel %d and the first differ in which axes are logarithmic", i))
		}
	}
	common := !own && g.oneScale(figures)
	for i, f := range figures {
		var err error
		switch f := f.(type) {
		case *lines:
			fx, fy := x, y
			if own {
				if fx, fy, err = f.extents(f.bounds); err != nil {
					return err
				}
			}
			var on figure
			if on, err = f.within(f.bounds, fx, fy, tints); err == nil {
				m := on.(*lines)
				m.x.quiet, m.y.quiet = g.hides(figures, i, m.x.Name, m.y.Name)
				figures[i] = m
			}
		case *bars:
			e := heights
			if own {
				if e, err = f.extent(f.bounds); err != nil {
					return err
				}
			}
			var on figure
			if on, err = f.within(f.bounds, e, tints); err == nil {
				figures[i] = on
			}
		case *barcode:
			if !own {
				figures[i], err = f.spanning(f.bounds, scales)
			}
		case *persistenceDiagram:
			if !own {
				figures[i], err = f.spanning(f.bounds, scales)
			}
		case *heatmap:
			m := *f
			if common {
				err = m.color(cells)
			}
			figures[i] = &m
		case *ordered:
			m, h := *f, *f.heatmap
			m.heatmap = &h
			if common {
				err = m.color(cells)
			}
			figures[i] = &m
		case *surface:
			m := *f
			if common {
				m.colors = &scale{name: f.colors.name, low: places.low, high: places.high, log: f.colors.log}
			}
			figures[i] = &m
		case *network:
			m, nodes := *f, *f.scatter
			m.scatter = &nodes
			if common {
				err = m.color(links)
			}
			figures[i] = &m
		case *space:
			if !f.flat {
				views = append(views, f.view)
			}
			m := f
			if g.p.Limits == Shared && !f.flat {
				m = f.within(boxes, views[0])
			}
			figures[i], err = m.colored(common, values, links)
		case *scatter:
			m := *f
			if g.p.Limits == Shared {
				m.place(maps)
			}
			if common && f.values != nil {
				m.colors = &scale{name: f.colors.name, low: values.low, high: values.high}
			}
			figures[i] = &m
		}
		if err != nil {
			return fmt.Errorf("panel %d: %w", i, err)
		}
	}
	return nil
}

// ownScales are the kinds whose numbers mean nothing beside those of another panel: lengths on maps, speeds.
var ownScales = map[string]bool{"connectivity": true, "phase": true}

// oneScale reports whether the colours of all numbers can be the same: they are of one sort, with one name.
func (g *multiples) oneScale(figures []figure) bool {
	var first figure
	for _, f := range figures {
		p := f.(plot)
		k := p.key()
		if k.scale == nil {
			continue
		}
		if first == nil {
			first = f
			continue
		}
		if one := first.(plot); ownScales[p.kind()] || one.kind() != p.kind() || one.key().scale.name != k.scale.name {
			return false
		}
	}
	return true
}

// hides reports whether the names of a panel's axes stand at its neighbours already: that of x at the panel below, that of y at the left.
func (g *multiples) hides(figures []figure, i int, x, y string) (hideX, hideY bool) {
	name := func(j int) (string, string, bool) {
		if j < 0 || j >= len(figures) {
			return "", "", false
		}
		l, ok := figures[j].(*lines)
		if !ok {
			return "", "", false
		}
		return l.bounds.x.Name, l.bounds.y.Name, true
	}
	if below, _, ok := name(i + g.p.Columns); ok && below == x {
		hideX = true
	}
	if i%g.p.Columns > 0 {
		if _, left, ok := name(i - 1); ok && left == y {
			hideY = true
		}
	}
	return hideX, hideY
}

func (g *multiples) kind() string { return "grid" }

func (g *multiples) arrange() arrangement {
	a := arrangement{plots: g.plots, columns: g.p.Columns, own: g.p.Limits == Own}
	figures := make([]figure, len(g.charts))
	for i, c := range g.charts {
		a.titles = append(a.titles, strings.TrimSpace(g.letter(i)+"  "+c.title))
		figures[i] = c.fig
	}
	a.own = a.own || !g.oneScale(figures)
	for _, view := range g.views {
		a.choice, a.keys = g.coloring, append(a.keys, arrangement{plots: view.plots}.key())
	}
	// A map is as high as it is wide; numbers over an axis need less.
	share := 0.0
	for _, p := range g.plots {
		share = math.Max(share, map[string]float64{"lines": 0.72, "bars": 0.72}[p.kind()])
		if p.kind() != "lines" && p.kind() != "bars" {
			share = 1
		}
	}
	rows := (len(g.plots) + a.columns - 1) / a.columns
	const most, title = 860, 24
	a.height = math.Min(math.Max(150, share*(width-2*edge)/length(a.columns))+title, (most-length(rows-1)*panelGap)/length(rows))
	if a.columns == 1 {
		a.height = math.Min(a.height, 320)
	}
	return a
}

// letter names a panel where letters do.
func (g *multiples) letter(i int) string {
	if !g.p.Letters {
		return ""
	}
	return string(rune('a' + i))
}

// captionBreak stands between the parts of a caption.
const captionBreak = " · "

// caption is what the panels say: what all of them say once, at the end, and before it what only some do, with their names.
func (g *multiples) caption() string {
	parts := make([][]string, len(g.plots))
	for i, p := range g.plots {
		if c := p.(figure).caption(); c != "" {
			parts[i] = strings.Split(c, captionBreak)
		}
	}
	var all []string
	for _, part := range parts[0] {
		if !slices.ContainsFunc(parts, func(of []string) bool { return !slices.Contains(of, part) }) {
			all = append(all, part)
		}
	}
	var said []string // by some panels
	names := map[string][]string{}
	for i, of := range parts {
		own := strings.Join(slices.DeleteFunc(of, func(part string) bool { return slices.Contains(all, part) }), captionBreak)
		if own == "" {
			continue
		}
		if names[own] == nil {
			said = append(said, own)
		}
		names[own] = append(names[own], g.name(i))
	}
	for i, own := range said {
		said[i] = strings.Join(names[own], ", ") + ": " + own
	}
	if len(all) > 0 {
		said = append(said, strings.Join(all, captionBreak))
	}
	return strings.Join(said, "; ")
}

// name is what the caption calls a panel.
func (g *multiples) name(i int) string {
	switch title := g.charts[i].title; {
	case g.p.Letters:
		return g.letter(i)
	case title != "":
		return title
	}
	return fmt.Sprintf("panel %d", i+1)
}

func (g *multiples) summary() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Grid of %d charts", len(g.charts))
	for i, c := range g.charts {
		b.WriteString("\n  ")
		if letter := g.letter(i); letter != "" {
			b.WriteString(letter + "  ")
		}
		if c.title != "" {
			b.WriteString(c.title + ": ")
		}
		b.WriteString(c.fig.summary())
	}
	return b.String()
}
