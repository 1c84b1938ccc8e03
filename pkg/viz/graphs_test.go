package viz

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/mat32"
	"gonum.org/v1/gonum/mat"
)

// lists is a graph by its rows.
type lists [][]int32

func (l lists) Dims() (rows, columns int)      { return len(l), len(l) }
func (l lists) Row(i int) ([]int32, []float64) { return l[i], make([]float64, len(l[i])) }
func ringOf(n int) (l lists) {
	for i := range n {
		l = append(l, []int32{int32((i + 1) % n), int32((i + n - 1) % n)})
	}
	return l
}

// twoBlobs is a map of two clusters, and a graph that joins some of the one to some of the other.
func twoBlobs(n int) (*mat.Dense, lists, Points) {
	r := rand.New(rand.NewPCG(11, 12))
	y, l, p := mat.NewDense(n, 2, nil), make(lists, n), Points{Labels: cyclic(n, 2), Names: []string{"left", "right"}}
	for i := range n {
		y.SetRow(i, []float64{10*float64(i%2) + r.NormFloat64(), r.NormFloat64()})
		l[i] = []int32{int32((i + 2) % n), int32((i + 1 + 2*r.IntN(n/2)) % n)}
	}
	return y, l, p
}

// graphSamples are charts of graphs, orders, topology and flows: small ones, and those that ask most of the budget.
func graphSamples() map[string]*Chart {
	y, l, p := twoBlobs(200)
	many, links, _ := twoBlobs(2500)
	all := map[string]*Chart{
		"connectivity":          Connectivity(y, l, p).Titled("Connectivity"),
		"connectivity straight": Connectivity(y, l, Points{Values: noiseSeries(1, 200)[0].Y, ValueName: "noise"}, Straight),
		"connectivity length":   Connectivity(y, l, p, ByLength),
		"connectivity one":      Connectivity(lattice(1), lists{nil}, Points{}),
		"connectivity many":     Connectivity(many, links, Points{Labels: cyclic(2500, 20)}),
	}
	maps.Copy(all, dendrogramSamples())
	maps.Copy(all, shapeSamples())
	maps.Copy(all, orderedSamples())
	maps.Copy(all, flowSamples())
	return all
}

// graphErrors are bad arguments, and what the error says.
func graphErrors() map[string]kindError {
	param, shape := &mat32.ParamError{}, &mat32.ShapeError{}
	y := lattice(3)
	all := map[string]kindError{
		"viz.Connectivity: the matrix is empty":         {Connectivity(y, nil, Points{}), mat32.ErrEmpty},
		"g has shape 4 × 4, want a graph of the 3":      {Connectivity(y, ringOf(4), Points{}), shape},
		"g.Row(1) is 3, want rows, 0 to 2":              {Connectivity(y, lists{nil, {3}, nil}, Points{}), param},
		"viz.Connectivity: how is 7, want viz.Straight": {Connectivity(y, ringOf(3), Points{}, 7), param},
	}
	maps.Copy(all, dendrogramErrors())
	maps.Copy(all, shapeErrors())
	maps.Copy(all, orderedErrors())
	maps.Copy(all, flowErrors())
	return all
}

// TestEdgesOnce: an edge that both rows list, or one row twice, is one; a loop is none.
func TestEdgesOnce(t *testing.T) {
	ends, err := edgesOf(lists{{1, 2, 1, 0}, {0}, {2}, {0}}, 4)
	if want := [][2]int32{{0, 1}, {0, 2}, {0, 3}}; err != nil || !slices.Equal(ends, want) {
		t.Errorf("edges %v, %v, want %v", ends, err, want)
	}
}

// TestBundling: ends stay, no strand leaves the neighbourhood of its straight line, what runs side by side is drawn together, and what is alone
// stays straight.
func TestBundling(t *testing.T) {
	testenv.Unraced(t)
	const n = 60
	var x, y []float64
	var ends [][2]int32
	for i := range n { // a broad band from left to right
		at := 0.3 + 0.1*float64(i)/n
		x, y = append(x, 0.1, 0.9), append(y, at, at)
		ends = append(ends, [2]int32{int32(2 * i), int32(2*i + 1)})
	}
	x, y = append(x, 0.1, 0.9), append(y, 0.9, 0.9) // alone
	ends = append(ends, [2]int32{2 * n, 2*n + 1})
	s := newStrands(x, y, ends)
	straight := s.weave(200, 1, func(int) (a, b int) { return 0, 0 })
	s.bundle()
	lowest, highest := float32(1), float32(0)
	for i, e := range ends {
		p := s.at[s.from[i]:s.from[i+1]]
		last := len(p) - 1
		for k, end := range map[int]int32{0: e[0], last: e[1]} {
			if math.Abs(float64(p[k][0])-x[end]) > 1e-6 || math.Abs(float64(p[k][1])-y[end]) > 1e-6 {
				t.Fatalf("strand %d: its end is at %v", i, p[k])
			}
		}
		for k, at := range p {
			if off := math.Abs(float64(at[1]) - y[e[0]]); i == n && off > 3e-3 || off > 0.8*bundleBend+1e-3 {
				t.Fatalf("strand %d is %g off its straight line at point %d", i, off, k)
			}
		}
		if i < n {
			middle := p[last/2][1]
			lowest, highest = min(lowest, middle), max(highest, middle)
		}
	}
	if highest-lowest > 0.04 {
		t.Errorf("a band 0.1 wide is %g wide in its middle, bundled", highest-lowest)
	}
	if bundled := s.weave(200, 1, func(int) (a, b int) { return 0, 0 }); len(bundled.ranks) > 7*len(straight.ranks)/10 {
		t.Errorf("bundled strands cover %d pixels, straight ones %d", len(bundled.ranks), len(straight.ranks))
	}
}

// TestWeave: a strand leaves its length in ink, each half in the hue of its end, and coarser pixels have the mean.
func TestWeave(t *testing.T) {
	s := newStrands([]float64{0.1, 0.9}, []float64{0.5, 0.5}, [][2]int32{{0, 1}})
	w := s.weave(100, 3, func(int) (a, b int) { return 2, 1 })
	sum := 0.0
	for at, c := range w.cover {
		sum += float64(c) / coverUnit
		if c == 0 {
			continue
		}
		want := uint8(2)
		if at%100 > 50 {
			want = 1
		}
		if math.Abs(float64(at%100)-49.5) > 1 && w.strong[at] != want {
			t.Errorf("pixel %d, %d has hue %d", at/100, at%100, w.strong[at])
		}
	}
	if math.Abs(sum-80) > 1 {
		t.Errorf("a strand 80 pixels long leaves %g of ink", sum)
	}
	half := w.coarse(2)
	coarse := 0.0
	for _, c := range half.cover {
		coarse += 4 * float64(c) / coverUnit
	}
	if half.side != 50 || math.Abs(coarse-sum) > 1 {
		t.Errorf("a coarser weave of side %d has ink for %g pixels, want %g", half.side, coarse, sum)
	}
	for at, l := range w.levels(9) {
		if l > 9 || l > 0 && w.cover[at] == 0 {
			t.Fatalf("pixel %d is of level %d", at, l)
		}
	}
}

// TestStrandsOnAnyCores: strands and ink are the same bits.
func TestStrandsOnAnyCores(t *testing.T) {
	of := func(procs int) ([]knot, []uint32) {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
		rows := 5000
		if testing.Short() {
			rows = 300
		}
		y, l, _ := twoBlobs(rows)
		c, err := newConnectivity(y, l, Points{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		w := c.weave(300)
		return c.strands.at, w.cover
	}
	at, cover := of(1)
	for _, procs := range []int{2, 7} {
		if a, c := of(procs); !slices.Equal(a, at) || !slices.Equal(c, cover) {
			t.Errorf("on %d cores strands have other bits", procs)
		}
	}
}

// TestConnectivityOnThePage: pixels have hues of the legend's entries, and the points say what they are.
func TestConnectivityOnThePage(t *testing.T) {
	testenv.Unraced(t)
	y, l, p := twoBlobs(200)
	c := Connectivity(y, l, p)
	layout, err := c.layout()
	if err != nil {
		t.Fatal(err)
	}
	data, err := layout.Panels[0].plot.data(layout.Panels[0].Frame, page{legend: layout.Legend, share: 1})
	if err != nil {
		t.Fatal(err)
	}
	payload := data.(*connectivityPayload)
	pixels := unpacked(t, payload.Weave)
	if len(pixels) != payload.Side*payload.Side || len(payload.Hues) != 2 || payload.Hues[0].Entry != 0 || payload.Hues[1].Entry != 1 {
		t.Errorf("%d pixels for a side of %d, hues %v", len(pixels), payload.Side, payload.Hues)
	}
	seen := map[int]int{}
	for _, v := range pixels {
		if v > 0 {
			seen[int(v-1)/payload.Steps]++
		}
	}
	if len(seen) != 2 || seen[0] < 100 || seen[1] < 100 {
		t.Errorf("pixels by hue: %v", seen)
	}
	var groups []groupPayload
	if err := json.Unmarshal(unpacked(t, payload.Marks), &groups); err != nil || len(groups) != 2 || len(groups[0].At) != 100 {
		t.Errorf("%d groups of points, %v", len(groups), err)
	}
	many, links, _ := twoBlobs(dotted + 100)
	big, err := newConnectivity(many, links, Points{}, []Strand{Straight})
	if err != nil {
		t.Fatal(err)
	}
	if data, err = big.data(rect{W: 200, H: 200}, whole); err != nil || !strings.Contains(data.(*connectivityPayload).Note, "points are shown here; the static picture shows edges alone") {
		t.Errorf("of many rows the page says %q, %v", data.(*connectivityPayload).Note, err)
	}
	if got, want := fmt.Sprint(c), "Connectivity of 200 points in 2 classes: left (100), right (100) by "; !bytes.HasPrefix([]byte(got), []byte(want)) {
		t.Errorf("it says %q", got)
	}
}
