package viz

import (
	"fmt"
	"math"
	"math/cmplx"
	"slices"
	"strings"
	"sync"

	"github.com/flatland-go/flatland/pkg/mat32"
	"gonum.org/v1/gonum/mat"
)

// A Flow says what is known of the vector field that [PhasePortrait] draws. All of it may be left out.
type Flow struct {
	// Trajectories are ways through the plane: a state in every row, of two columns.
	Trajectories []mat.Matrix
	// Names are those of the trajectories. Without them they are called by their numbers, from 0.
	Names []string
	// Fixed are points where the field is zero. Each is said to be a node, a focus, a saddle or a centre by the eigenvalues of the field's
	// derivative there, which is measured by differences.
	Fixed [][2]float64
	// Nullclines draws the lines where one of the two components is zero.
	Nullclines bool
	// Apart is the distance between streamlines in pixels, 5 to 80. Default 15.
	Apart float64
}

// phasePortrait is the figure that PhasePortrait makes.
type phasePortrait struct {
	field  func(x, y float64) (dx, dy float64)
	flow   Flow
	fixed  []equilibrium
	bounds plane
	x, y   span
	speed  *scale
	laid   func(f rect) []group // the streamlines in a frame, found once
}

// An equilibrium is a sort of fixed point.
type equilibrium struct {
	name  string
	tint  tint
	shape shape
}

// The tints of what is drawn over streamlines.
const (
	stableTint     tint = 2
	unstableTint   tint = 3
	saddleTint     tint = 6
	centerTint     tint = 4
	trajectoryTint tint = 8 // of the second, and of those that follow
)

// nullclines are those of the first component and of the second.
var nullclines = [2]struct {
	name string
	tint tint
}{{"dx = 0", 5}, {"dy = 0", 1}}

// PhasePortrait draws a vector field of the plane, such as the right side of two differential equations, by streamlines that are evenly spaced and
// coloured by speed, with trajectories, fixed points and nullclines over them.
//
//	vanDerPol := func(x, y float64) (dx, dy float64) { return y, (1-x*x)*y - x }
//	viz.PhasePortrait(vanDerPol, viz.Flow{Fixed: [][2]float64{{0, 0}}, Nullclines: true}).
//		Axes(viz.Axis{Name: "x", Min: -4, Max: 4}, viz.Axis{Name: "y", Min: -4, Max: 4})
//
// The axes reach from −3 to 3, or around the trajectories and fixed points, unless Axes says otherwise. Colours reach to the speed that 95 of 100 places
// do not exceed. Where the field is zero or not finite there is no streamline. In the notebook a streamline says its place and speed under the
// pointer, and the legend hides what is drawn over them.
//
// What is wrong with the arguments is the chart's error: a [*mat32.ParamError] for a field that is nil or nowhere finite, fixed points that are not
// finite, logarithmic axes and Apart out of range, a [*mat32.ShapeError] for trajectories that have not two columns and Names that are not one for
// each, a [*mat32.NotFiniteError] for those that are not finite. The field is asked some 200 000 times, for each picture and each page. B. Jobard
// and W. Lefer, Creating Evenly-Spaced Streamlines of Arbitrary Density, 1997.
func PhasePortrait(field func(x, y float64) (dx, dy float64), flow Flow) *Chart {
	const from = "viz.PhasePortrait"
	if err := flow.check(field); err != nil {
		return &Chart{err: fmt.Errorf("%s: %w", from, err)}
	}
	p := &phasePortrait{field: field, flow: flow}
	if p.flow.Apart == 0 {
		p.flow.Apart = 15
	}
	return planarChart(from, p, plane{})
}

func (l Flow) check(field func(x, y float64) (dx, dy float64)) error {
	switch {
	case field == nil:
		return param("viz.PhasePortrait", "field", nil, "a function of the plane")
	case l.Apart != 0 && !(5 <= l.Apart && l.Apart <= 80):
		return param("Flow", "Apart", l.Apart, "5 ≤ Apart ≤ 80 pixels, or 0 for the default")
	case len(l.Names) != 0 && len(l.Names) != len(l.Trajectories):
		return &mat32.ShapeError{What: "Names", Rows: len(l.Names), Cols: 1, Want: fmt.Sprintf("one name for each of the %d trajectories", len(l.Trajectories))}
	}
	for i, t := range l.Trajectories {
		if err := filled(t); err != nil {
			return fmt.Errorf("trajectory %d: %w", i, err)
		}
		if n, d := t.Dims(); d != 2 {
			return &mat32.ShapeError{What: fmt.Sprintf("Trajectories[%d]", i), Rows: n, Cols: d, Want: "2 columns: states of the plane"}
		}
	}
	for i, at := range l.Fixed {
		if err := finite("Flow", fmt.Sprintf("Fixed[%d]", i), at[:]); err != nil {
			return err
		}
	}
	return nil
}

func (p *phasePortrait) plane() plane { return p.bounds }

func (p *phasePortrait) on(on plane) (figure, error) {
	m := *p
	m.bounds = on
	reach := [2]extent{nothing(), nothing()}
	for _, t := range p.flow.Trajectories {
		n, _ := t.Dims()
		for i := range n {
			for j := range reach {
				reach[j].add(t.At(i, j))
			}
		}
	}
	for _, at := range p.flow.Fixed {
		for j := range reach {
			reach[j].add(at[j])
		}
	}
	for i, r := range on.rules {
		if err := finite(fmt.Sprintf("Rules[%d]", i), "At", []float64{r.At}); err != nil {
			return nil, err
		}
	}
	for j := range reach {
		if !(reach[j].high-reach[j].low > 1e-9*math.Max(1, math.Abs(reach[j].high))) {
			middle := 0.0
			if reach[j].low <= reach[j].high {
				middle = reach[j].low
			}
			reach[j] = extent{middle - 3/1.2, middle + 3/1.2}
		}
	}
	var err error
	for j, a := range [2]*Axis{&on.x, &on.y} {
		where := [2]string{"Axes.X", "Axes.Y"}[j]
		if a.Log {
			return nil, param(where, "Log", true, "false: a field has even axes")
		}
		if a.Name == "" {
			a.Name = [2]string{"x", "y"}[j]
		}
		to := [2]*span{&m.x, &m.y}[j]
		if *to, err = a.span(where, reach[j], 0.1, false); err != nil {
			return nil, err
		}
	}
	if err := m.measure(); err != nil {
		return nil, err
	}
	m.fixed = nil
	for _, at := range m.flow.Fixed {
		m.fixed = append(m.fixed, m.sort(at))
	}
	m.laid = once(m.streamlines)
	return &m, nil
}

// once remembers what a function of a frame returned for the last.
func once(f func(rect) []group) func(rect) []group {
	var mu sync.Mutex
	var frame rect
	var known []group
	return func(at rect) []group {
		mu.Lock()
		defer mu.Unlock()
		if known == nil || at != frame {
			known, frame = f(at), at
		}
		return known
	}
}

// measure finds the range of speeds.
func (p *phasePortrait) measure() error {
	const side = 40
	var speeds []float64
	for i := range side {
		for j := range side {
			x := p.x.low + (p.x.high-p.x.low)*(float64(j)+0.5)/side
			y := p.y.low + (p.y.high-p.y.low)*(float64(i)+0.5)/side
			if v := p.at(x, y); v <= most {
				speeds = append(speeds, v)
			}
		}
	}
	if len(speeds) == 0 {
		return param("viz.PhasePortrait", "field", "nowhere finite", "finite numbers somewhere between the ends of the axes")
	}
	slices.Sort(speeds)
	p.speed = &scale{name: "speed", low: speeds[0], high: speeds[(len(speeds)-1)*95/100]}
	return nil
}

// at is the speed at a place.
func (p *phasePortrait) at(x, y float64) float64 {
	dx, dy := p.field(x, y)
	return math.Hypot(dx, dy)
}

// sort tells what a fixed point is by the eigenvalues of the derivative.
func (p *phasePortrait) sort(at [2]float64) equilibrium {
	hx, hy := 1e-5*(p.x.high-p.x.low), 1e-5*(p.y.high-p.y.low)
	ax, ay := p.field(at[0]+hx, at[1])
	bx, by := p.field(at[0]-hx, at[1])
	cx, cy := p.field(at[0], at[1]+hy)
	dx, dy := p.field(at[0], at[1]-hy)
	a, b, c, d := (ax-bx)/(2*hx), (cx-dx)/(2*hy), (ay-by)/(2*hx), (cy-dy)/(2*hy)
	trace, det := a+d, a*d-b*c
	root := cmplx.Sqrt(complex(trace*trace-4*det, 0))
	first, second := (complex(trace, 0)+root)/2, (complex(trace, 0)-root)/2
	size := math.Max(cmplx.Abs(first), cmplx.Abs(second))
	small := 1e-4 * size
	turning := math.Abs(imag(first)) > small
	switch {
	case !(size > 0 && size <= most) || math.Min(cmplx.Abs(first), cmplx.Abs(second)) <= small:
		return equilibrium{"degenerate point", noClass, "rect"}
	case turning && math.Abs(real(first)) <= small:
		return equilibrium{"centre", centerTint, "circle"}
	case !turning && det < 0:
		return equilibrium{"saddle", saddleTint, "cross"}
	}
	name := map[bool]string{false: "node", true: "focus"}[turning]
	if trace < 0 {
		return equilibrium{"stable " + name, stableTint, "circle"}
	}
	return equilibrium{"unstable " + name, unstableTint, "diamond"}
}

func (p *phasePortrait) kind() string { return "phase" }

func (p *phasePortrait) arrange() arrangement { return single(p) }

func (p *phasePortrait) caption() string { return "" }

func (p *phasePortrait) summary() string {
	s := fmt.Sprintf("Phase portrait of speeds %s to %s", tick(p.speed.low), tick(p.speed.high))
	if n := len(p.flow.Trajectories); n > 0 {
		s += fmt.Sprintf("; %d trajectories", n)
	}
	var names []string
	for i, e := range p.fixed {
		names = append(names, fmt.Sprintf("%s at (%s, %s)", e.name, tick(p.flow.Fixed[i][0]), tick(p.flow.Fixed[i][1])))
	}
	if len(names) > 0 {
		s += "; " + strings.Join(names, ", ")
	}
	return s
}

// trajectory is the name and colour of one.
func (p *phasePortrait) trajectory(i int) (string, tint) {
	t := tint(0)
	if i > 0 {
		t = trajectoryTint + tint(i-1)
	}
	if len(p.flow.Names) > 0 {
		return p.flow.Names[i], t
	}
	return fmt.Sprintf("trajectory %d", i), t
}

func (p *phasePortrait) key() key {
	k := key{scale: p.speed}
	for i := range p.flow.Trajectories {
		name, t := p.trajectory(i)
		k.entries = append(k.entries, entry{name: name, tint: t, line: true})
	}
	if p.flow.Nullclines {
		for _, n := range nullclines {
			k.entries = append(k.entries, entry{name: n.name, tint: n.tint, line: true})
		}
	}
	for _, e := range p.fixed {
		if !slices.ContainsFunc(k.entries, func(o entry) bool { return o.name == e.name }) {
			k.entries = append(k.entries, entry{name: e.name, tint: e.tint, shape: e.shape})
		}
	}
	return k
}

func (p *phasePortrait) insets(s *sheet, room rect) insets {
	return planeInsets(s, room, room.W, p.x, p.y)
}

func (p *phasePortrait) fit(w, h length) (length, length) { return math.Min(w, math.Floor(1.25*h)), h }

func (p *phasePortrait) axes(s *sheet, f rect) decor {
	d := planeAxes(s, f, p.x, p.y, none)
	d.add(framed(f))
	d.add(ruleDecor(s, f, p.x, p.y, p.bounds.rules))
	return d
}

// value returns the numbers at a place of the frame.
func (p *phasePortrait) value(f rect, at [2]length) (x, y float64) {
	return p.x.low + (p.x.high-p.x.low)*(at[0]-f.X)/f.W, p.y.low + (p.y.high-p.y.low)*(f.bottom()-at[1])/f.H
}

// speedSteps is in how many steps streamlines change colour.
const speedSteps = 14

// streamlines are cut where their colour changes, with a head of an arrow in the middle and every so often.
func (p *phasePortrait) streamlines(f rect) []group {
	inner := rect{f.X + 1, f.Y + 1, f.W - 2, f.H - 2}
	apart := p.flow.Apart * math.Min(1, math.Max(0.6, f.W/380))
	toward := func(at [2]length) ([2]length, bool) {
		dx, dy := p.field(p.value(f, at))
		dx, dy = dx*f.W/(p.x.high-p.x.low), -dy*f.H/(p.y.high-p.y.low)
		size := math.Hypot(dx, dy)
		return [2]length{dx / size, dy / size}, size > 0 && size <= most
	}
	g := group{colors: p.speed, width: 1.3, bare: true, columns: []column{{name: "x"}, {name: "y"}, {name: "speed"}}}
	put := func(line [][2]length, at [2]length, level int) {
		x, y := p.value(f, at)
		step := (p.speed.high - p.speed.low) / (speedSteps - 1)
		g.at, g.titles, g.values = append(g.at, line), append(g.titles, ""), append(g.values, p.speed.low+step*float64(level))
		for i, v := range [3]float64{x, y, p.at(x, y)} {
			g.columns[i].values = append(g.columns[i].values, v)
		}
	}
	level := func(at [2]length) int {
		return int(math.Round(p.speed.share(p.at(p.value(f, at))) * (speedSteps - 1)))
	}
	for _, s := range evenStreams(inner, apart, toward) {
		from := 0
		for i := 1; i < len(s.at); i++ {
			if last := i == len(s.at)-1; last || level(s.at[i]) != level(s.at[from]) && i-from > 3 {
				put(simplified(s.at[from:i+1], 0.25), s.at[(from+i)/2], level(s.at[from]))
				from = i
			}
		}
		const heads = 130
		n := max(1, len(s.at)/heads)
		for k := range n {
			at := s.at[(2*k+1)*len(s.at)/(2*n)]
			if d, ok := toward(at); ok && len(s.at) > 25 {
				const long, broad = 5.5, 3
				back := [2]length{at[0] - long*d[0], at[1] - long*d[1]}
				put([][2]length{{back[0] - broad*d[1], back[1] + broad*d[0]}, at, {back[0] + broad*d[1], back[1] - broad*d[0]}}, at, level(at))
			}
		}
	}
	if len(g.at) == 0 {
		return []group{}
	}
	return []group{g}
}

func (p *phasePortrait) groups(f rect) []group {
	all := slices.Clone(p.laid(f))
	if p.flow.Nullclines {
		for i, n := range nullclines {
			g := group{name: n.name, tint: n.tint, width: 1.6}
			for _, line := range contours(f, 3, func(at [2]length) float64 {
				x, y := p.value(f, at)
				dx, dy := p.field(x, y)
				return [2]float64{dx, dy}[i]
			}) {
				g.at, g.titles = append(g.at, simplified(line, 0.25)), append(g.titles, n.name)
			}
			if len(g.at) > 0 {
				all = append(all, g)
			}
		}
	}
	for i, t := range p.flow.Trajectories {
		name, color := p.trajectory(i)
		n, _ := t.Dims()
		line := make([][2]length, n)
		for k := range line {
			line[k] = place(f, p.x, p.y, t.At(k, 0), t.At(k, 1))
		}
		g := group{name: name, tint: color, width: 2.2}
		for _, part := range clipLine(line, f) {
			const piece = 400
			part = simplified(part, 0.25)
			for from := 0; from < len(part)-1; from += piece {
				g.at, g.titles = append(g.at, part[from:min(len(part), from+piece+1)]), append(g.titles, name)
			}
		}
		if len(g.at) > 0 {
			all = append(all, g)
		}
		if inside(f, line[0]) {
			all = append(all, group{name: name, tint: color, shape: "circle", size: 7, at: [][][2]length{line[:1]}, titles: []string{name + " begins"},
				columns: []column{{"x", []float64{t.At(0, 0)}}, {"y", []float64{t.At(0, 1)}}}})
		}
	}
	for i, e := range p.fixed {
		at := p.flow.Fixed[i]
		if to := place(f, p.x, p.y, at[0], at[1]); inside(f, to) {
			all = append(all, group{name: e.name, tint: e.tint, shape: e.shape, size: 11, at: [][][2]length{{to}}, titles: []string{e.name},
				columns: []column{{"x", []float64{at[0]}}, {"y", []float64{at[1]}}}})
		}
	}
	return all
}

func (p *phasePortrait) draw(s *sheet, f rect) { s.marks(p.groups(f), f) }

func (p *phasePortrait) data(f rect, g page) (any, error) { return packMarks(p.groups(f), false, g) }
