package viz

import (
	"cmp"
	"fmt"
	"math"
	"reflect"
	"slices"

	"github.com/flatland-go/flatland/pkg/mat32"
	"gonum.org/v1/gonum/mat"
)

// A Combined model's coordinates are sums of the columns of the data, as those of *dr.PCAModel are: its rows on the map, n × k, and how much
// each column weighs in each of the k components, k × d.
type Combined[E mat.Matrix] interface {
	Embedding() E
	Components() *mat.Dense
}

// Columns says what is known of the columns of the data. All of it may be left out.
type Columns struct {
	// Names are those of the columns. Without them a column has its number, from 0.
	Names []string
	// Most is how many columns are shown, those that weigh most. Zero means 12 of a [Biplot], and 40 of [Loadings].
	Most int
}

// resolve checks the names against d columns and fills in the default.
func (c Columns) resolve(d, most int) (Columns, error) {
	if len(c.Names) != 0 && len(c.Names) != d {
		return c, &mat32.ShapeError{What: "Names", Rows: len(c.Names), Cols: 1, Want: fmt.Sprintf("one for each of %d columns", d)}
	}
	if c.Most < 0 {
		return c, param("Columns", "Most", c.Most, "1 or more, or 0 for the default")
	}
	if c.Most == 0 {
		c.Most = most
	}
	if len(c.Names) == 0 {
		c.Names = indices(d)
	}
	return c, nil
}

// biplot is the figure that Biplot makes.
type biplot struct {
	*network
	arrows []arrow // the longest last
	x, y   span
	all    int
}

// An arrow is what a column weighs in two components.
type arrow struct {
	name string
	to   [2]float64 // in the unit of the components
	at   [2]float64 // in that of the map
}

// Biplot draws the first two coordinates of the rows of a linear model, as points, with what the columns of the data weigh in them, as
// arrows. Along the arrow of a column its numbers rise: the projection of a row on it, times its length, is the part of the column that the
// two components explain. Arrows have one scale among themselves, and none with the points.
//
//	model, err := dr.PCA{Components: 2}.Fit(ctx, x)
//	viz.Biplot(model, viz.Columns{Names: d.ColumnNames}, viz.Points{Labels: d.Labels, Names: d.Names})
//
// The caption is that of the rows. In the notebook an arrow says its weights under the pointer, and a point its class, row and text. Names that
// find no place are left out there.
//
// What is wrong with the arguments is the chart's error: [mat32.ErrEmpty] without a model, those of [Network] for points, a
// [*mat32.ShapeError] for a model of fewer than two components and for names that are not one for each column, a [*mat32.ParamError] for a
// negative Most, and a [*mat32.DegenerateError] where no column has a weight. It costs O(Most·n + d·log d).
//
// Source: K. Gabriel (1971), The biplot graphic display of matrices with application to principal component analysis.
func Biplot[E mat.Matrix](m Combined[E], c Columns, p Points) *Chart {
	b, err := newBiplot(m, c, p)
	if err != nil {
		return &Chart{err: fmt.Errorf("viz.Biplot: %w", err)}
	}
	return &Chart{fig: b}
}

func newBiplot[E mat.Matrix](m Combined[E], c Columns, p Points) (*biplot, error) {
	if v := reflect.ValueOf(m); !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil() {
		return nil, mat32.ErrEmpty
	}
	rows, weights := m.Embedding(), m.Components()
	if err := mat32.Check(weights); err != nil {
		return nil, fmt.Errorf("components: %w", err)
	}
	if err := filled(rows); err != nil {
		return nil, fmt.Errorf("rows: %w", err)
	}
	k, d := weights.Dims()
	n, have := rows.Dims()
	if k < 2 || have < 2 {
		return nil, &mat32.ShapeError{What: "the model's components", Rows: k, Cols: d, Want: "at least 2 rows: a biplot shows two components"}
	}
	c, err := c.resolve(d, 12)
	if err != nil {
		return nil, err
	}
	y := mat.NewDense(n, 2, nil)
	for i := range n {
		y.SetRow(i, []float64{rows.At(i, 0), rows.At(i, 1)})
	}
	if err := finite("viz.Biplot", "rows", y.RawMatrix().Data); err != nil {
		return nil, err
	}
	net, err := newNetwork(y, Links{Nodes: p})
	if err != nil {
		return nil, err
	}
	net.source = captionOf(rows)
	b := &biplot{network: net, all: d}
	for j := range d {
		b.arrows = append(b.arrows, arrow{name: c.Names[j], to: [2]float64{weights.At(0, j), weights.At(1, j)}})
	}
	size := func(a arrow) float64 { return math.Hypot(a.to[0], a.to[1]) }
	slices.SortStableFunc(b.arrows, func(a, b arrow) int { return cmp.Compare(size(b), size(a)) })
	longest := size(b.arrows[0])
	if !(longest > 0 && longest <= most) {
		return nil, &mat32.DegenerateError{Method: "components", Reason: "no column has a weight in the two components"}
	}
	b.arrows = b.arrows[:min(len(b.arrows), c.Most)]
	for b.arrows[len(b.arrows)-1].to == [2]float64{} {
		b.arrows = b.arrows[:len(b.arrows)-1]
	}
	slices.Reverse(b.arrows)

	// The map with the origin in it, from which arrows reach as far as the rows do.
	limits := b.limits
	far := 0.0
	for _, e := range limits {
		far = math.Max(far, math.Max(math.Abs(e.low), math.Abs(e.high)))
	}
	if far == 0 {
		far = 1
	}
	for i, a := range b.arrows {
		for j := range a.to {
			b.arrows[i].at[j] = 0.85 * far * (a.to[j] / longest)
			limits[j].add(0, 1.15*b.arrows[i].at[j])
		}
	}
	b.place(limits)
	side := math.Max(limits[0].high-limits[0].low, limits[1].high-limits[1].low) / (1 - 2*scatterBorder)
	for j, s := range [2]*span{&b.x, &b.y} {
		middle := limits[j].low/2 + limits[j].high/2
		*s = span{Axis: Axis{Name: fmt.Sprintf("component %d", j+1)}, low: middle - side/2, high: middle + side/2}
	}
	if e, ok := any(m).(Explained); ok {
		for j, share := range e.ExplainedVarianceRatio()[:2] {
			name := [2]*span{&b.x, &b.y}[j]
			name.Name += fmt.Sprintf(" (%.1f %%)", 100*share)
		}
	}
	return b, nil
}

func (b *biplot) kind() string { return "biplot" }

func (b *biplot) arrange() arrangement { return single(b) }

func (b *biplot) caption() string {
	of := fmt.Sprintf("arrows: %d columns", b.all)
	if len(b.arrows) < b.all {
		of = fmt.Sprintf("arrows: the %d longest of %d columns", len(b.arrows), b.all)
	}
	return withMore(b.scatter.caption(), of)
}

func (b *biplot) summary() string {
	text := "Biplot of " + b.scatter.summary()[len("Scatter of "):] + "; arrows of"
	for i := len(b.arrows) - 1; i >= 0; i-- {
		text += fmt.Sprintf(" %s (%s, %s)", b.arrows[i].name, tick(b.arrows[i].to[0]), tick(b.arrows[i].to[1]))
	}
	return text
}

func (b *biplot) key() key { return b.scatter.key() }

func (b *biplot) insets(s *sheet, room rect) insets {
	return planeInsets(s, room, math.Min(room.W, room.H), b.x, b.y)
}

// ends returns where an arrow begins and ends on the sheet.
func (b *biplot) ends(f rect, a arrow) (from, to [2]length) {
	return place(f, b.x, b.y, 0, 0), place(f, b.x, b.y, a.at[0], a.at[1])
}

func (b *biplot) axes(s *sheet, f rect) decor {
	d := framed(f)
	d.add(planeAxes(s, f, b.x, b.y, none))
	zero, _ := b.ends(f, arrow{})
	d.stroke(mesh, zero[0], f.Y+1, zero[0], f.bottom()-1)
	d.stroke(mesh, f.X+1, zero[1], f.right()-1, zero[1])
	d.add(b.names(s, f))
	return d
}

// names returns those of the arrows, beside their heads, from the longest on, as far as they overlap no other: where they hide the fewest points.
// A line leads to those that stand far off.
func (b *biplot) names(s *sheet, f rect) decor {
	const far = 10
	var d decor
	var taken []rect
	free := func(r rect) bool {
		if r.X < f.X+2 || r.right() > f.right()-2 || r.Y < f.Y+2 || r.bottom() > f.bottom()-2 {
			return false
		}
		for _, t := range taken {
			if r.X < t.right() && t.X < r.right() && r.Y < t.bottom() && t.Y < r.bottom() {
				return false
			}
		}
		return true
	}
	for i := len(b.arrows) - 1; i >= 0; i-- {
		a := b.arrows[i]
		text := s.fit(regular, axisSize, 0.4*f.W, a.name)
		w := s.measure(regular, axisSize, text)
		from, to := b.ends(f, a)
		best, fewest := rect{}, math.MaxInt
		for _, r := range besides(to, to[0]-from[0], to[1]-from[1], w) {
			if fewest > 0 && free(r) {
				if hidden := b.under(f, r); hidden < fewest {
					best, fewest = r, hidden
				}
			}
		}
		if fewest < math.MaxInt {
			taken = append(taken, rect{best.X - 3, best.Y - 1, best.W + 6, best.H + 2})
			x, y := math.Min(best.right(), math.Max(best.X, to[0])), math.Min(best.bottom(), math.Max(best.Y, to[1]))
			if math.Hypot(x-to[0], y-to[1]) > far {
				d.stroke(faint, to[0], to[1], x, y)
			}
			d.label(label{X: round(best.X), Y: round(best.bottom() - 0.14*axisSize), Text: text, Size: axisSize, Role: ink, Backed: true})
		}
	}
	return d
}

// under is how many points a name hides, and at how many places its own arrow or another passes below it.
func (b *biplot) under(f, r rect) int {
	const rim, steps = 3, 24
	hides := func(x, y length) bool {
		return x > r.X-rim && x < r.right()+rim && y > r.Y-rim && y < r.bottom()+rim
	}
	n := 0
	for i := range b.network.x {
		if at := on(f, b.network.x[i], b.network.y[i]); hides(at[0], at[1]) {
			n++
		}
	}
	for _, a := range b.arrows {
		from, to := b.ends(f, a)
		for k := range steps {
			if t := (float64(k) + 0.5) / steps; hides(from[0]+t*(to[0]-from[0]), from[1]+t*(to[1]-from[1])) {
				n++
			}
		}
	}
	return n
}

// besides returns places for a name of the given width at the head of an arrow in the given direction: beyond it, turned a little to either
// side, and above and below it.
func besides(head [2]length, dx, dy, w length) []rect {
	long := math.Max(1, math.Hypot(dx, dy))
	var all []rect
	for _, gap := range []length{7, 15, 23, 35, 47} {
		for _, turn := range []float64{0, 0.6, -0.6, 1.2, -1.2} {
			sin, cos := math.Sincos(turn)
			ux, uy := (dx*cos-dy*sin)/long, (dx*sin+dy*cos)/long
			all = append(all, rect{head[0] + gap*ux - w/2 + ux*w/2, head[1] + gap*uy - axisSize/2 + uy*axisSize/4, w, axisSize})
		}
	}
	for _, left := range []length{w / 2, w - 10, 10, w} {
		all = append(all, rect{head[0] - left, head[1] + 8, w, axisSize}, rect{head[0] - left, head[1] - 8 - axisSize, w, axisSize})
	}
	return all
}

func (b *biplot) groups(f rect) []group {
	all := b.nodes(f)
	// The longest on top; each is a line, and a head of two.
	g := group{role: ink, width: 1.4, columns: []column{{name: "component 1"}, {name: "component 2"}}}
	heads := group{role: ink, width: 1.4, mute: true}
	for _, a := range b.arrows {
		from, to := b.ends(f, a)
		dx, dy := to[0]-from[0], to[1]-from[1]
		long := math.Max(1, math.Hypot(dx, dy))
		dx, dy = dx/long, dy/long
		head := math.Min(7, long/2)
		g.at = append(g.at, [][2]length{from, to})
		g.titles = append(g.titles, a.name)
		for j := range a.to {
			g.columns[j].values = append(g.columns[j].values, a.to[j])
		}
		heads.at = append(heads.at, [][2]length{
			{to[0] - head*(dx+0.5*dy), to[1] - head*(dy-0.5*dx)}, to, {to[0] - head*(dx-0.5*dy), to[1] - head*(dy+0.5*dx)},
		})
	}
	return append(all, g, heads)
}

func (b *biplot) draw(s *sheet, f rect) { s.marks(b.groups(f), f) }

func (b *biplot) data(f rect, g page) (any, error) { return packMarks(b.groups(f), false, g) }
