package viz

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/flatland-go/flatland/internal/testenv"
	"gonum.org/v1/gonum/mat"
)

// intervals are dimension, birth and death of each class.
type intervals [][3]float64

func (v intervals) Intervals() (dimension []int, birth, death []float64) {
	for _, i := range v {
		dimension, birth, death = append(dimension, int(i[0])), append(birth, i[1]), append(death, i[2])
	}
	return dimension, birth, death
}

type ragged struct{}

func (ragged) Intervals() (dimension []int, birth, death []float64) {
	return []int{0, 1}, []float64{0, 1}, []float64{1}
}

// circle is the homology of a ring of points: pieces, of which one stays, a ring that lasts, and one that does not.
func circle() intervals {
	v := intervals{{1, 0.4, 0.5}, {1, 0.3, 1.7}, {0, 0, math.Inf(1)}}
	for i := range 10 {
		v = append(v, [3]float64{0, 0, 0.1 + 0.02*float64(i)})
	}
	return v
}

func noiseIntervals(n int) intervals {
	r := rand.New(rand.NewPCG(7, 8))
	v := make(intervals, n)
	for i := range v {
		birth := r.Float64()
		v[i] = [3]float64{float64(i % 3), birth, birth + 0.3*r.ExpFloat64()}
		if i%500 == 0 {
			v[i][2] = math.Inf(1)
		}
	}
	return v
}

// wheel has its first node in the middle and the others around it, within the unit disk.
func wheel(n int) *mat.Dense {
	y := mat.NewDense(n, 2, nil)
	for i := 1; i < n; i++ {
		sin, cos := math.Sincos(float64(i))
		y.SetRow(i, []float64{0.9 * cos, 0.9 * sin})
	}
	return y
}

// spokes join each node with the next.
func spokes(n int) [][2]int {
	e := make([][2]int, n-1)
	for i := range e {
		e[i] = [2]int{i, i + 1}
	}
	return e
}

func noiseEdges(n, edges int) [][2]int {
	r := rand.New(rand.NewPCG(9, 10))
	e := make([][2]int, edges)
	for i := range e {
		e[i] = [2]int{r.IntN(n), r.IntN(n)}
	}
	return e
}

var unit = rect{0, 0, 400, 400}

// TestBarcodeKeepsTheLongest: of many bars each dimension shows its longest, and as many as the others while it has them.
func TestBarcodeKeepsTheLongest(t *testing.T) {
	v := noiseIntervals(900)
	for range 5 {
		v = append(v, [3]float64{4, 0, 1e-6}) // few and short, but of a dimension of their own
	}
	b := Barcode(v).fig.(*barcode)
	if b.count != 905 || b.bars > mostLives || b.bars < mostLives-3 {
		t.Fatalf("%d of %d bars", b.bars, b.count)
	}
	for k, l := range b.shown {
		all := b.of[k].all
		if want := min(65, len(all)); l.dimension == 4 && len(l.all) != want || l.dimension < 4 && len(l.all) != 65 {
			t.Errorf("%s shows %d of %d bars", l.name(), len(l.all), len(all))
		}
		least := math.Inf(1)
		for _, one := range l.all {
			least = math.Min(least, one.death-one.birth)
		}
		longer := 0
		for _, one := range all {
			if one.death-one.birth > least {
				longer++
			}
		}
		if longer >= len(l.all) {
			t.Errorf("%s: %d bars are longer than the shortest of the %d shown", l.name(), longer, len(l.all))
		}
		if !slices.IsSortedFunc(l.all, func(a, b life) int { return int(math.Copysign(1, a.birth-b.birth)) }) {
			t.Errorf("%s is not by birth", l.name())
		}
	}
	if c := b.caption(); c != fmt.Sprintf("the %d longest of 905 bars", b.bars) {
		t.Errorf("caption %q", c)
	}
	if c := Barcode(circle()).fig.caption(); c != "" {
		t.Errorf("a barcode that shows all says %q", c)
	}
}

// TestBarsLieWhereTheyLive: a bar reaches from birth to death, and an essential one to the edge, where its arrow is.
func TestBarsLieWhereTheyLive(t *testing.T) {
	b := Barcode(intervals{{0, 0, 4}, {0, 1, math.Inf(1)}, {1, 2, 3}}).Axes(Axis{Min: Zero, Max: 10}, Axis{}).fig.(*barcode)
	g := b.groups(unit)
	if len(g) != 4 {
		t.Fatalf("%d groups, want bars that end, one that does not with its arrow, and those of dimension 1", len(g))
	}
	for i, want := range [][2]float64{{0, 160}, {40, 400 - g[2].size/2}, {0, 0}, {80, 120}} {
		if i == 2 { // the arrow
			if at := g[2].at[0][0]; at[0] != g[1].at[0][1][0] || at[1] != g[1].at[0][1][1] || at[0]+g[2].size < 400 {
				t.Errorf("the arrow is at %v of a bar that ends at %v", at, g[1].at[0][1])
			}
			continue
		}
		from, to := g[i].at[0][0], g[i].at[0][1]
		if math.Abs(from[0]-want[0]) > 1e-9 || math.Abs(to[0]-want[1]) > 1e-9 || from[1] != to[1] {
			t.Errorf("bar %d from %v to %v, want %v", i, from, to, want)
		}
	}
	if names := g[1].columns; len(names) != 1 || names[0].name != "birth" {
		t.Errorf("an essential bar says %v", names)
	}
	if c := g[0].columns; len(c) != 3 || c[1].values[0] != 4 || c[2].values[0] != 4 {
		t.Errorf("a bar says %v", c)
	}
}

// TestDiagramPlaces: death over birth on two equal axes, essential classes on their line, the longest drawn last.
func TestDiagramPlaces(t *testing.T) {
	p := PersistenceDiagram(intervals{{1, 2, 8}, {1, 5, 5.5}, {0, 3, math.Inf(1)}}).Axes(Axis{Min: Zero, Max: 10}, Axis{Min: Zero, Max: 10}).fig.(*persistenceDiagram)
	w, h := p.fit(400, 440)
	f := rect{0, 0, w, h}
	if below := p.below(f); below.W != below.H {
		t.Fatalf("the axes are %g and %g long", below.W, below.H)
	}
	g := p.groups(f)
	below := p.below(f)
	if at := g[0].at[0][0]; at[0] != below.X+below.W*0.3 || at[1] != p.top(f) || at[1] >= below.Y {
		t.Errorf("the essential class is at %v", at)
	}
	for i, want := range [][2]float64{{5, 5.5}, {2, 8}} {
		at := g[1].at[i][0]
		if math.Abs(at[0]-below.W*want[0]/10) > 1e-9 || math.Abs(below.bottom()-at[1]-below.H*want[1]/10) > 1e-9 {
			t.Errorf("point %d is at %v", i, at)
		}
	}
	if q := PersistenceDiagram(intervals{{0, 0, 1}}).fig.(*persistenceDiagram); q.strip() != 0 {
		t.Error("a diagram without essential classes keeps a line for them")
	}
}

// TestGeodesics: the points of an arc lie on a circle at right angles to the rim, and as far from both ends as the hyperbolic plane says;
// through the middle it is straight.
func TestGeodesics(t *testing.T) {
	distance := func(a, b [2]float64) float64 {
		gap := func(p [2]float64) float64 { return 1 - p[0]*p[0] - p[1]*p[1] }
		d := math.Hypot(a[0]-b[0], a[1]-b[1])
		return 2 * math.Asinh(d/math.Sqrt(gap(a)*gap(b)))
	}
	r := rand.New(rand.NewPCG(1, 2))
	point := func() [2]float64 {
		sin, cos := math.Sincos(2 * math.Pi * r.Float64())
		radius := 0.99 * math.Sqrt(r.Float64())
		return [2]float64{radius * cos, radius * sin}
	}
	arcs := 0
	for range 200 {
		a, b := point(), point()
		way := geodesic(a, b)
		if way[0] != a || way[len(way)-1] != b {
			t.Fatalf("from %v to %v by %v", a, b, way)
		}
		if len(way) < 3 {
			continue
		}
		arcs++
		for i, p := range way[1:] {
			if detour := distance(a, p) + distance(p, b) - distance(a, b); detour > 1e-6 {
				t.Errorf("%v is a detour of %g on the way from %v to %v", p, detour, a, b)
			}
			// Through the arc's ends and its middle goes a circle with the centre c.
			middle := way[len(way)/2]
			ux, uy, vx, vy := middle[0]-a[0], middle[1]-a[1], b[0]-a[0], b[1]-a[1]
			u, v, d := ux*ux+uy*uy, vx*vx+vy*vy, 2*(ux*vy-uy*vx)
			c := [2]float64{a[0] + (vy*u-uy*v)/d, a[1] + (ux*v-vx*u)/d}
			radius := math.Hypot(p[0]-c[0], p[1]-c[1])
			if right := (c[0]*c[0] + c[1]*c[1]) / (1 + radius*radius); math.Abs(right-1) > 1e-4 {
				t.Errorf("a circle of radius %g around %v meets the rim at another angle", radius, c)
			}
			if step := math.Hypot(p[0]-way[i][0], p[1]-way[i][1]); step*step/(8*radius) > 6e-4 {
				t.Errorf("a piece that is %g long of a circle of radius %g looks straight", step, radius)
			}
		}
	}
	if arcs < 100 {
		t.Errorf("%d of 200 ways are arcs", arcs)
	}
	if way := geodesic([2]float64{0.3, 0.3}, [2]float64{-0.6, -0.6}); len(way) != 2 {
		t.Errorf("a way through the middle has %d points", len(way))
	}
	for _, way := range [][][2]float64{geodesic([2]float64{}, [2]float64{}), geodesic([2]float64{1, 0}, [2]float64{0, 1}), geodesic([2]float64{1, 0}, [2]float64{1, 0})} {
		for _, p := range way {
			if !(math.Hypot(p[0], p[1]) <= 1+1e-9) {
				t.Errorf("%v leaves the disk", way)
			}
		}
	}
}

// TestNetworkOrder: the strongest edge is drawn last, nodes above all edges, and no node or edge is missing.
func TestNetworkOrder(t *testing.T) {
	values := []float64{0.1, -3, 2, 0, 1, -1, 0.5}
	n := Network(wheel(9), Links{Edges: spokes(8), Values: values, Nodes: Points{Labels: cyclic(9, 3)}}).fig.(*network)
	g := n.groups(unit)
	if len(g) != 4 || len(g[0].at) != 7 || len(g[1].at)+len(g[2].at)+len(g[3].at) != 9 {
		t.Fatalf("%d groups", len(g))
	}
	if !n.colors.diverging || n.colors.low != -3 || n.colors.high != 3 {
		t.Errorf("colours %+v", n.colors)
	}
	if last := g[0].values[6]; last != -3 || g[0].titles[6] != "1 – 2" {
		t.Errorf("the last edge is %s of %g", g[0].titles[6], last)
	}
	if one := Network(wheel(9), Links{Edges: spokes(8), Disk: true}).fig.(*network).groups(unit); !one[0].mute || one[0].role != rule {
		t.Errorf("the first group of a disk is not its rim: %+v", one[0])
	}
}

// TestGridOfNetworks: edges whose values have one name have one scale in all panels, unless each has its own.
func TestGridOfNetworks(t *testing.T) {
	panel := func(top float64) *Chart {
		return Network(wheel(3), Links{Edges: spokes(3), Values: []float64{0, top}, ValueName: "v"})
	}
	for limits, want := range map[Limits][2]float64{Comparable: {8, 8}, Own: {1, 8}} {
		g := Grid(Panels{Limits: limits}, panel(1), panel(8)).fig.(*multiples)
		for i, p := range g.plots {
			if got := p.(*network).colors.high; got != want[i] {
				t.Errorf("limits %d: the scale of panel %d ends at %g, want %g", limits, i, got, want[i])
			}
		}
	}
	if low := panel(1).fig.(*network).colors.high; low != 1 {
		t.Error("a grid changes its panel")
	}
}

// TestMarksOfThePage: what the page is given is within its budget, keeps the last marks of each group and says how many there are.
func TestMarksOfThePage(t *testing.T) {
	testenv.Unraced(t)
	for name, test := range map[string]struct {
		c    *Chart
		note string
	}{
		"few":  {Network(wheel(8), Links{Edges: spokes(8)}), ""},
		"many": {Network(lattice(900), Links{Edges: noiseEdges(900, 12_000)}), " of 12900 marks are shown here"},
	} {
		f := test.c.fig.(*network)
		data, err := f.data(unit, page{share: 1})
		if err != nil {
			t.Fatal(err)
		}
		p := data.(*marksPayload)
		if !strings.Contains(p.Note, test.note) || (p.Note == "") != (test.note == "") || len(p.Marks) > markBytes*4/3 {
			t.Errorf("%s: note %q, %d bytes", name, p.Note, len(p.Marks))
		}
		edges := f.groups(unit)[0]
		last := len(edges.at) - 1
		packed := edges.payload(last, page{})
		if len(packed.At) != 1 || packed.Titles[0] != edges.titles[last] {
			t.Errorf("%s: the last edge is %+v", name, packed)
		}
		if _, err := json.Marshal(packed); err != nil {
			t.Error(err)
		}
	}
}
