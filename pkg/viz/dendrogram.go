package viz

import (
	"cmp"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// A Hierarchy is a tree of clusters, as *topology.Dendrogram is: step k joins clusters a[k] and b[k] at a height into cluster rows + k, and those
// below rows are the rows themselves, as in the linkage matrices of SciPy. What is never joined is a part of its own.
type Hierarchy interface {
	Linkage() (rows int, a, b []int, height []float64)
}

// Branches says how [Dendrogram] draws a tree. All of it may be left out.
type Branches struct {
	// Names are those of the rows. Without them rows have their numbers, from 0.
	Names []string
	// Cut is the height below which every cluster has a colour of its own. Zero means 0.7 of the highest merge, as in SciPy and MATLAB; [Zero]
	// leaves all grey.
	Cut float64
	// Leaves is how many leaves are drawn: of more rows the uppermost branches are, whose ends say in brackets how many rows are below. Zero means
	// all of up to 150 rows, and 36 of more. At most 400.
	Leaves int
	// Horizontal draws the tree from left to right, which gives long names room.
	Horizontal bool
}

// mostLeaves is how many leaves a dendrogram draws.
const mostLeaves = 400

// dendrogram is the figure that Dendrogram makes.
type dendrogram struct {
	b        Branches
	rows     int
	a, c     []int // what each merge joins, the larger first
	height   []float64
	size     []int // of all clusters
	source   string
	leaves   []int           // clusters, in the order of drawing
	place    map[int]float64 // of a cluster among the leaves
	cut      float64
	clusters []int       // those below the cut that have branches, in order
	of       map[int]int // the place among clusters of each cluster below the cut
	parts    int
	bounds   plane
	x, y     span
}

// Dendrogram draws a hierarchy of clusters as a tree: every merge is a bridge at its height, over all that it joins. Branches below a cut have a
// colour for each cluster, and a legend. In the notebook a bridge says under the pointer what it joins, and at what height; the legend hides a
// cluster.
//
//	t, err := topology.SingleLinkage{}.Fit(ctx, x)
//	viz.Dendrogram(t, viz.Branches{})
//	viz.Dendrogram(t, viz.Branches{Names: names, Horizontal: true}).Axes(viz.Axis{Name: "distance", Log: true}, viz.Axis{})
//
// The larger of two branches stands first. Heights are on the y axis, or the x axis of a horizontal tree, which may be logarithmic: what merges at 0
// is then at its end. Of more rows than Leaves only the uppermost branches are drawn, and the caption says so: a triangle stands for all below, with
// their number in brackets. The caption is the hierarchy's own, if it has a method Caption() string.
//
// What is wrong with the arguments is the chart's error: [mat32.ErrEmpty] without a row, a [*mat32.ShapeError] for slices of unequal lengths and for
// Names that are not one for each row, a [*mat32.ParamError] for a merge of what does not exist yet or is merged already, for heights that are not
// finite, and for numbers of Leaves and axes that do not suit. It costs O(rows·log rows).
func Dendrogram(h Hierarchy, b Branches) *Chart {
	const from = "viz.Dendrogram"
	d, err := newDendrogram(h, b)
	if err != nil {
		return &Chart{err: fmt.Errorf("%s: %w", from, err)}
	}
	return planarChart(from, d, plane{})
}

func newDendrogram(h Hierarchy, b Branches) (*dendrogram, error) {
	if v := reflect.ValueOf(h); !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil() {
		return nil, mat32.ErrEmpty
	}
	rows, first, second, height := h.Linkage()
	switch {
	case rows < 1:
		return nil, mat32.ErrEmpty
	case len(first) != len(height) || len(second) != len(height):
		return nil, &mat32.ShapeError{What: "Linkage", Rows: len(first), Cols: 2, Want: fmt.Sprintf("a and b (%d) for each of the %d heights", len(second), len(height))}
	case len(b.Names) != 0 && len(b.Names) != rows:
		return nil, &mat32.ShapeError{What: "Names", Rows: len(b.Names), Cols: 1, Want: fmt.Sprintf("one name for each of %d", rows)}
	case b.Leaves < 0 || b.Leaves == 1 || b.Leaves > mostLeaves:
		return nil, param("Branches", "Leaves", b.Leaves, fmt.Sprintf("2 to %d, or 0 for automatic", mostLeaves))
	case !(math.Abs(b.Cut) <= most):
		return nil, param("Branches", "Cut", b.Cut, "a finite number, at most 1e300")
	}
	if err := finite("Linkage", "height", height); err != nil {
		return nil, err
	}
	d := &dendrogram{b: b, rows: rows, height: height, size: make([]int, rows, rows+len(height))}
	if c, ok := h.(interface{ Caption() string }); ok {
		d.source = c.Caption()
	}
	for i := range d.size {
		d.size[i] = 1
	}
	joined := make([]bool, rows+len(height))
	for k := range height {
		x, y := first[k], second[k]
		for _, c := range [2]int{x, y} {
			if c < 0 || c >= rows+k || joined[c] {
				return nil, param("Linkage", fmt.Sprintf("merge %d", k), [2]int{x, y}, fmt.Sprintf("two clusters, 0 to %d, that are not merged yet", rows+k-1))
			}
			joined[c] = true
		}
		if d.size[y] > d.size[x] {
			x, y = y, x
		}
		d.a, d.c = append(d.a, x), append(d.c, y)
		d.size = append(d.size, d.size[x]+d.size[y])
	}
	var roots []int
	for c, j := range joined {
		if !j {
			roots = append(roots, c)
		}
	}
	slices.SortStableFunc(roots, func(p, q int) int { return d.size[q] - d.size[p] })
	d.parts = len(roots)
	d.grow(roots)
	d.tell(roots)
	return d, nil
}

// grow opens the highest branches until there are as many leaves as are wanted, and gives all that is drawn its place.
func (d *dendrogram) grow(roots []int) {
	want := d.b.Leaves
	if want == 0 {
		want = 36
		if d.rows <= 150 {
			want = d.rows
		}
	}
	d.leaves = roots
	if len(roots) > want { // the largest parts
		d.leaves = roots[:want]
	}
	for len(d.leaves) < min(want, d.rows) {
		at := -1
		for i, c := range d.leaves {
			if c >= d.rows && (at < 0 || d.height[c-d.rows] > d.height[d.leaves[at]-d.rows]) {
				at = i
			}
		}
		if at < 0 {
			break
		}
		k := d.leaves[at] - d.rows
		d.leaves = slices.Replace(slices.Clone(d.leaves), at, at+1, d.a[k], d.c[k])
	}
	d.place = map[int]float64{}
	for i, c := range d.leaves {
		d.place[c] = float64(i)
	}
	for k := range d.height { // what is joined comes before what it is joined to
		p, ok := d.place[d.a[k]]
		q, too := d.place[d.c[k]]
		if ok && too {
			d.place[d.rows+k] = (p + q) / 2
		}
	}
}

// tell finds the clusters below the cut, from the first leaf on.
func (d *dendrogram) tell(roots []int) {
	switch d.cut = d.b.Cut; d.cut {
	case Zero:
		d.cut = math.Inf(-1)
	case 0:
		if d.cut = math.Inf(-1); len(d.height) > 0 {
			if top := slices.Max(d.height); top > 0 {
				d.cut = 0.7 * top
			}
		}
	}
	d.of = map[int]int{}
	var down func(c, cluster int)
	down = func(c, cluster int) {
		if _, seen := d.place[c]; !seen {
			return
		}
		if cluster < 0 && c >= d.rows && d.height[c-d.rows] <= d.cut {
			cluster = len(d.clusters)
			d.clusters = append(d.clusters, c)
		}
		if cluster >= 0 {
			d.of[c] = cluster
		}
		if c >= d.rows {
			down(d.a[c-d.rows], cluster)
			down(d.c[c-d.rows], cluster)
		}
	}
	for _, c := range roots {
		down(c, -1)
	}
}

// tall is the height of a cluster: 0 of a row.
func (d *dendrogram) tall(c int) float64 {
	if c < d.rows {
		return 0
	}
	return d.height[c-d.rows]
}

// name is what a cluster is called.
func (d *dendrogram) name(c int) string {
	switch {
	case c >= d.rows:
		return fmt.Sprintf("(%d)", d.size[c])
	case len(d.b.Names) > 0:
		return d.b.Names[c]
	}
	return strconv.Itoa(c)
}

func (d *dendrogram) plane() plane { return d.bounds }

func (d *dendrogram) on(p plane) (figure, error) {
	m := *d
	m.bounds = p
	axis, where, other := p.y, "Axes.Y", &p.x
	if d.b.Horizontal {
		axis, where, other = p.x, "Axes.X", &p.y
	}
	if axis.Name == "" {
		axis.Name = "height"
	}
	if other.Log || other.Min != 0 || other.Max != 0 {
		return nil, param(map[bool]string{false: "Axes.X", true: "Axes.Y"}[d.b.Horizontal], "Log, Min, Max", "given", "a name only: along it stand the leaves")
	}
	e := nothing()
	for _, h := range d.height {
		if !axis.Log || h > 0 {
			e.add(h)
		}
	}
	switch {
	case e.low > e.high && axis.Log: // no merge above 0
		e = extent{0.1, 1}
	case !axis.Log:
		if e.add(0); e.high == 0 {
			e.add(1)
		}
	}
	for i, r := range p.rules {
		if r.Vertical != d.b.Horizontal {
			return nil, param(fmt.Sprintf("Rules[%d]", i), "Vertical", r.Vertical, "a line at a height: leaves have no numbers")
		}
		if err := finite(fmt.Sprintf("Rules[%d]", i), "At", []float64{r.At}); err != nil {
			return nil, err
		}
		e.add(r.At)
	}
	heights, err := axis.span(where, e, 0.04, true)
	if err != nil {
		return nil, err
	}
	names := make([]string, len(d.leaves))
	for i, c := range d.leaves {
		names[i] = d.name(c)
	}
	leaves := span{Axis: Axis{Name: other.Name}, low: -0.5, high: float64(len(names)) - 0.5, names: names, given: len(names) <= 60 || len(d.b.Names) > 0}
	if m.x, m.y = leaves, heights; d.b.Horizontal {
		leaves.low, leaves.high = leaves.high, leaves.low
		m.x, m.y = heights, leaves
	}
	return &m, nil
}

func (d *dendrogram) kind() string { return "dendrogram" }

func (d *dendrogram) arrange() arrangement { return single(d) }

func (d *dendrogram) caption() string {
	text := d.source
	add := func(more string) {
		if text != "" {
			text += " · "
		}
		text += more
	}
	if d.source == "" {
		add(fmt.Sprintf("n = %d", d.rows))
	}
	if len(d.leaves) < d.rows {
		add(fmt.Sprintf("the %d uppermost branches, (rows below)", len(d.leaves)))
	}
	if len(d.clusters) == 1 {
		add(fmt.Sprintf("one cluster of %d below %s", d.size[d.clusters[0]], tick(d.cut)))
	}
	return text
}

func (d *dendrogram) summary() string {
	s := fmt.Sprintf("Dendrogram of %d rows", d.rows)
	if d.parts > 1 {
		s += fmt.Sprintf(" in %d parts that are never joined", d.parts)
	}
	if len(d.height) > 0 {
		e := nothing()
		e.add(d.height...)
		s += fmt.Sprintf(", merges from %s to %s", tick(e.low), tick(e.high))
	}
	if n := len(d.clusters); n > 0 {
		s += fmt.Sprintf("; %d clusters below %s", n, tick(d.cut))
	}
	return s
}

// called is a cluster's name in the legend, where more than one have one and not too many.
func (d *dendrogram) called(cluster int) string {
	if len(d.clusters) < 2 || len(d.clusters) > classCount {
		return ""
	}
	return fmt.Sprintf("cluster %d (%d)", cluster, d.size[d.clusters[cluster]])
}

func (d *dendrogram) key() key {
	var k key
	for i := range d.clusters {
		if name := d.called(i); name != "" {
			k.entries = append(k.entries, entry{name: name, tint: tint(i), line: true})
		}
	}
	return k
}

func (d *dendrogram) insets(s *sheet, room rect) insets {
	return planeInsets(s, room, room.W, d.x, d.y)
}

// fit leaves no more room to leaves than they need.
func (d *dendrogram) fit(w, h length) (length, length) {
	const pitch = 44
	along := math.Max(120, pitch*length(len(d.leaves)))
	if d.b.Horizontal {
		return w, math.Min(h, along)
	}
	return math.Min(w, along), h
}

func (d *dendrogram) axes(s *sheet, f rect) decor {
	lines := fromY
	if d.b.Horizontal {
		lines = fromX
	}
	a := planeAxes(s, f, d.x, d.y, lines)
	a.stroke(rule, f.X, f.bottom(), f.right(), f.bottom())
	rules := d.bounds.rules
	if len(d.clusters) > 0 && len(d.height) > 0 && d.cut < slices.Max(d.height) {
		rules = append(slices.Clone(rules), Rule{At: d.cut, Vertical: d.b.Horizontal})
	}
	a.add(ruleDecor(s, f, d.x, d.y, rules))
	return a
}

// at is where a height above a place among the leaves is.
func (d *dendrogram) at(f rect, along, height float64) [2]length {
	p := place(f, d.x, d.y, along, height)
	if d.b.Horizontal {
		p = place(f, d.x, d.y, height, along)
	}
	return [2]length{math.Min(f.right(), math.Max(f.X, p[0])), math.Min(f.bottom(), math.Max(f.Y, p[1]))}
}

// groups are the bridges: those above the cut, and then one group for each cluster.
func (d *dendrogram) groups(f rect) []group {
	width := math.Min(1.6, math.Max(0.8, 1.6*math.Pow(60/float64(max(1, len(d.leaves))), 0.3)))
	all := make([]group, 1+len(d.clusters))
	all[0] = group{role: faint, width: width}
	for i := range d.clusters {
		all[1+i] = group{name: d.called(i), tint: tint(i), width: width}
	}
	put := func(c int, title string, at [][2]length) {
		g := &all[0]
		if i, ok := d.of[c]; ok {
			g = &all[1+i]
		}
		if len(g.columns) == 0 {
			g.columns = []column{{name: "height"}}
		}
		g.at, g.titles = append(g.at, at), append(g.titles, title)
		g.columns[0].values = append(g.columns[0].values, d.tall(c))
	}
	called := func(c int) string {
		if c < d.rows && len(d.b.Names) == 0 {
			return "row " + strconv.Itoa(c)
		}
		if c >= d.rows {
			return fmt.Sprintf("%d rows", d.size[c])
		}
		return d.b.Names[c]
	}
	for _, c := range d.leaves {
		if c >= d.rows { // a triangle for what is not drawn
			const half = 0.32
			p, h := d.place[c], d.tall(c)
			put(c, called(c), [][2]length{d.at(f, p, h), d.at(f, p-half, 0), d.at(f, p+half, 0), d.at(f, p, h)})
		}
	}
	shut := map[int]bool{}
	for _, c := range d.leaves {
		shut[c] = true
	}
	for k, h := range d.height {
		c := d.rows + k
		if _, ok := d.place[c]; !ok || shut[c] {
			continue
		}
		p, q := d.place[d.a[k]], d.place[d.c[k]]
		put(c, called(d.a[k])+" + "+called(d.c[k]), [][2]length{d.at(f, p, d.tall(d.a[k])), d.at(f, p, h), d.at(f, q, h), d.at(f, q, d.tall(d.c[k]))})
	}
	slices.SortStableFunc(all[1:], func(a, b group) int { return cmp.Compare(len(b.at), len(a.at)) })
	return slices.DeleteFunc(all, func(g group) bool { return len(g.at) == 0 })
}

func (d *dendrogram) draw(s *sheet, f rect) { s.marks(d.groups(f), f) }

func (d *dendrogram) data(f rect, g page) (any, error) { return packMarks(d.groups(f), false, g) }
