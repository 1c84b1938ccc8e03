package viz

import (
	"context"
	"fmt"
	"math"
	"reflect"
	"strings"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
	"gonum.org/v1/gonum/mat"
)

// ordered is the figure that Ordered makes.
type ordered struct {
	*heatmap
	rows, columns []int     // of the matrix, in order
	down, across  *sideTree // the trees beside the rows and above the columns; one of them for a matrix of one order
	title         string    // of the rows, above the tree of the columns
}

// A sideTree is the tree of an order, at its place beside a heatmap.
type sideTree struct {
	merging
	place []float64 // of each cluster, in cells
	top   float64
}

// MaxOrdered is how many rows or columns an [Ordered] takes.
const MaxOrdered = 2000

// Ordered draws a matrix as a [Heatmap] whose rows and columns are put in order, so that like stands beside like and blocks show, with the tree of
// their clusters at the side.
//
//	k, err := similarity.Matrix{Names: layers}.Compute(ctx, activations)
//	viz.Ordered(k, viz.Cells{Name: "CKA"})
//
//	r, err := similarity.RDM{}.Distances(ctx, x)
//	viz.Ordered(r, viz.Cells{Name: "dissimilarity"})
//
// A symmetric matrix keeps one order for both. Where its diagonal is zero and nothing is negative its numbers are taken for distances; where nothing in
// a row exceeds the diagonal they are taken for likeness, the distance of i and j being (aᵢᵢ + aⱼⱼ)/2 − aᵢⱼ; else, and in other matrices, rows
// are compared by their Euclidean distances, and columns too. The tree is that of average linkage, and the order the one, of all in which it can be
// drawn, whose neighbours are nearest in sum (Z. Bar-Joseph, D. K. Gifford and T. S. Jaakkola, Fast Optimal Leaf Ordering for Hierarchical
// Clustering, 2001). In the notebook a cell names its row and column as they were before. Names come from a method Layers() (rows, columns []string),
// as *similarity.Pairs has it, where c has none.
//
// What is wrong with the arguments is the chart's error: those of [Heatmap], and a [*mat32.ShapeError] for more than MaxOrdered rows or columns. It
// costs O(n³), a sixth of a second for 1000 rows and columns on two cores, one second for 2000, and 32·n² bytes.
func Ordered(x mat.Matrix, c Cells) *Chart {
	o, err := newOrdered(x, c)
	if err != nil {
		return &Chart{err: fmt.Errorf("viz.Ordered: %w", err)}
	}
	return &Chart{fig: o}
}

func newOrdered(x mat.Matrix, c Cells) (*ordered, error) {
	if v := reflect.ValueOf(x); !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil() {
		return nil, mat32.ErrEmpty
	}
	if l, ok := x.(interface {
		Layers() (rows, columns []string)
	}); ok {
		rows, columns := l.Layers()
		if len(c.Rows) == 0 {
			c.Rows = rows
		}
		if len(c.Columns) == 0 {
			c.Columns = columns
		}
	}
	h, err := newHeatmap(x, c) // which checks x and c
	if err != nil {
		return nil, err
	}
	rows, columns := h.rows, h.columns
	if max(rows, columns) > MaxOrdered {
		return nil, &mat32.ShapeError{What: "x", Rows: rows, Cols: columns, Want: fmt.Sprintf("at most %d rows and columns", MaxOrdered)}
	}
	o := &ordered{}
	how := "Euclidean distance"
	if symmetric(x) {
		distance := straightDistances(x)
		switch {
		case hollow(x):
			how, distance = "the numbers as distances", x.At
		case diagonal(x):
			how = "the numbers as likeness"
			distance = func(i, j int) float64 { return math.Max(0, x.At(i, i)/2+x.At(j, j)/2-x.At(i, j)) }
		}
		o.rows, o.down = arrange(rows, distance)
		o.columns = o.rows
	} else {
		o.rows, o.down = arrange(rows, straightDistances(x))
		o.columns, o.across = arrange(columns, straightDistances(x.T()))
	}
	view := reordered{x: x, rows: o.rows, columns: o.columns, caption: "ordered by average linkage of " + how + " and optimal leaves"}
	pick := func(names []string, order []int) []string {
		var to []string
		if len(names) > 0 {
			for _, i := range order {
				to = append(to, names[i])
			}
		}
		return to
	}
	c.Rows, c.Columns = pick(c.Rows, o.rows), pick(c.Columns, o.columns)
	if o.heatmap, err = newHeatmap(view, c); err != nil {
		return nil, err
	}
	if len(c.Rows) == 0 {
		o.heatmap.down.names = pick(indices(rows), o.rows)
	}
	if len(c.Columns) == 0 {
		o.heatmap.across.names = pick(indices(columns), o.columns)
	}
	if o.across != nil {
		o.title, o.heatmap.down.quiet = c.Down, true
	}
	return o, nil
}

// arrange returns the order of n things and its tree.
func arrange(n int, distance func(i, j int) float64) ([]int, *sideTree) {
	d := make([]float64, n*n)
	must(par.Blocks(context.Background(), n, 8, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			for j := range i {
				d[i*n+j] = distance(i, j)
			}
		}
	}))
	for i := range n {
		for j := range i {
			d[j*n+i] = d[i*n+j]
		}
	}
	kept := append([]float64(nil), d...)
	m := averageLinkage(n, d)
	order := m.optimal(func(i, j int) float64 { return kept[i*n+j] })
	t := &sideTree{merging: m, place: make([]float64, 2*n-1)}
	for at, i := range order {
		t.place[i] = float64(at) + 0.5
	}
	for k, h := range m.height {
		t.place[n+k] = (t.place[m.a[k]] + t.place[m.b[k]]) / 2
		t.top = math.Max(t.top, h)
	}
	return order, t
}

// symmetric reports whether the matrix is, but for rounding.
func symmetric(x mat.Matrix) bool {
	n, columns := x.Dims()
	if n != columns {
		return false
	}
	for i := range n {
		for j := range i {
			a, b := x.At(i, j), x.At(j, i)
			if math.Abs(a-b) > 1e-9*math.Max(math.Abs(a), math.Abs(b)) {
				return false
			}
		}
	}
	return true
}

// hollow reports whether the diagonal is zero and nothing is negative.
func hollow(x mat.Matrix) bool {
	n, _ := x.Dims()
	for i := range n {
		for j := range n {
			if v := x.At(i, j); v < 0 || i == j && v != 0 {
				return false
			}
		}
	}
	return true
}

// diagonal reports whether nothing in a row is larger than what is on the diagonal.
func diagonal(x mat.Matrix) bool {
	n, _ := x.Dims()
	for i := range n {
		for j := range n {
			if x.At(i, j) > x.At(i, i)+1e-9*math.Abs(x.At(i, i)) {
				return false
			}
		}
	}
	return true
}

// straightDistances returns the Euclidean distance of two rows.
func straightDistances(x mat.Matrix) func(i, j int) float64 {
	n, d := x.Dims()
	rows, largest := make([]float64, n*d), 0.0
	for i := range n {
		for k := range d {
			rows[i*d+k] = x.At(i, k)
			largest = math.Max(largest, math.Abs(rows[i*d+k]))
		}
	}
	if largest > 0 { // so that no square is beyond float64
		for i := range rows {
			rows[i] /= largest
		}
	}
	return func(i, j int) float64 {
		sum := 0.0
		b := rows[j*d : (j+1)*d]
		for k, v := range rows[i*d : (i+1)*d] {
			sum += (v - b[k]) * (v - b[k])
		}
		return math.Sqrt(sum)
	}
}

// reordered is a matrix with its rows and columns in another order.
type reordered struct {
	x             mat.Matrix
	rows, columns []int
	caption       string
}

func (r reordered) Dims() (rows, columns int) { return r.x.Dims() }

func (r reordered) At(i, j int) float64 { return r.x.At(r.rows[i], r.columns[j]) }

func (r reordered) T() mat.Matrix { return mat.Transpose{Matrix: r} }

func (r reordered) Caption() string {
	if c, ok := r.x.(interface{ Caption() string }); ok && c.Caption() != "" {
		return c.Caption() + " · " + r.caption
	}
	return r.caption
}

func (o *ordered) kind() string { return "ordered" }

func (o *ordered) arrange() arrangement { return single(o) }

func (o *ordered) summary() string {
	return strings.Replace(o.heatmap.summary(), "Heatmap", "Ordered heatmap", 1)
}

// The trees: how far they reach from the frame, and the space between both.
const (
	treeDepth = 44
	treeGap   = 5
)

// depth is that of the trees in a room of the given width: less in a panel.
func depth(w length) length { return math.Min(treeDepth, math.Floor(0.14*w)) }

func (o *ordered) insets(s *sheet, room rect) insets {
	deep := depth(room.W) + treeGap
	room.W -= deep
	if o.across != nil {
		room.H -= deep
	}
	in := o.heatmap.insets(s, room)
	in.right += deep
	if o.across != nil {
		in.top += deep
		if o.title != "" {
			in.top += nameRow
		}
	}
	return in
}

func (o *ordered) axes(s *sheet, f rect) decor {
	d := o.heatmap.axes(s, f)
	if o.title != "" && o.across != nil {
		_, widest := s.side(o.heatmap.down, f)
		d.label(label{X: f.X - numberGap - widest, Y: f.Y - o.reach(f) - nameAbove, Text: s.fit(regular, axisSize, f.W, o.title), Size: axisSize, Role: ink})
	}
	return d
}

// reach is how far the trees of a frame go from it.
func (o *ordered) reach(f rect) length { return depth(f.W+depth(1000)) + treeGap }

// bridges are the lines of both trees, those of the highest merges last.
func (o *ordered) bridges(f rect) (all [][][2]length) {
	deep := o.reach(f) - treeGap
	for side, t := range [2]*sideTree{o.down, o.across} {
		if t == nil || t.top == 0 {
			continue
		}
		at := func(place, height float64) [2]length {
			away := treeGap + deep*height/t.top
			if side == 1 {
				return [2]length{f.X + f.W*place/length(t.n), f.Y - away}
			}
			return [2]length{f.right() + away, f.Y + f.H*place/length(t.n)}
		}
		for k, h := range t.height {
			a, b := t.a[k], t.b[k]
			all = append(all, [][2]length{at(t.place[a], t.tall(a)), at(t.place[a], h), at(t.place[b], h), at(t.place[b], t.tall(b))})
		}
	}
	return all
}

// tall is the height of a cluster.
func (t *sideTree) tall(c int) float64 {
	if c < t.n {
		return 0
	}
	return t.height[c-t.n]
}

func (o *ordered) draw(s *sheet, f rect) {
	o.heatmap.draw(s, f)
	s.pen(s.faint, 0.8)
	for _, b := range o.bridges(f) {
		s.line(b...)
	}
}

// orderedPayload is what the page's script draws an ordered heatmap of: a heatmap, what its rows and columns were, and the lines of the trees.
type orderedPayload struct {
	*heatmapPayload
	RowOrder string `json:"rowOrder"` // uint16, of every row
	ColOrder string `json:"columnOrder,omitempty"`
	Lines    string `json:"lines,omitempty"` // uint16, in tenths of pixels of the chart: four points each
}

// mostBridges is how many merges of the trees the page shows, the highest of each: others are smaller than a pixel, or nearly.
const mostBridges = 300

func (o *ordered) data(f rect, g page) (any, error) {
	base, err := o.heatmap.data(f, g)
	if err != nil {
		return nil, err
	}
	p := &orderedPayload{heatmapPayload: base.(*heatmapPayload)}
	number := func(i int) uint16 { return uint16(i) }
	p.RowOrder = pack(o.rows, number)
	if o.across != nil {
		p.ColOrder = pack(o.columns, number)
	}
	var tenths []int
	most := g.bytes(mostBridges)
	all := o.bridges(f)
	for side, n := 0, len(o.down.height); side < 2; side++ {
		part := all[:min(n, len(all))]
		all = all[len(part):]
		for _, b := range part[max(0, len(part)-most):] {
			for _, corner := range b {
				tenths = append(tenths, int(10*corner[0]), int(10*corner[1]))
			}
		}
		if o.across != nil {
			n = len(o.across.height)
		}
	}
	p.Lines = pack(tenths, number)
	return p, nil
}
