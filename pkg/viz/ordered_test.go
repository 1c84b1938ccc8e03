package viz

import (
	"encoding/base64"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/flatland-go/flatland/pkg/mat32"
	"gonum.org/v1/gonum/mat"
)

// apartBy are distances of n points of the plane, or, of equal ones, of a lattice.
func apartBy(seed uint64, n int, equal bool) []float64 {
	r := rand.New(rand.NewPCG(seed, 16))
	x := make([][2]float64, n)
	for i := range x {
		if x[i] = [2]float64{r.NormFloat64(), r.NormFloat64()}; equal {
			x[i] = [2]float64{float64(i % 3), float64(i / 3)}
		}
	}
	d := make([]float64, n*n)
	for i := range n {
		for j := range n {
			d[i*n+j] = math.Hypot(x[i][0]-x[j][0], x[i][1]-x[j][1])
		}
	}
	return d
}

// blocks are distances with a fourfold order that is hidden.
func hiddenBlocks(n int) *mat.Dense {
	x := mat.NewDense(n, n, nil)
	for i := range n {
		for j := range n {
			a, b := (i*7)%n, (j*7)%n
			x.Set(i, j, math.Abs(float64(a*4/n-b*4/n))+math.Abs(float64(a-b))/float64(4*n))
		}
	}
	return x
}

type layered struct{ *mat.Dense }

func (layered) Caption() string { return "layers" }

func (layered) Layers() (rows, columns []string) { return names(4, "layer"), names(4, "layer") }

func likeness() layered {
	return layered{mat.NewDense(4, 4, []float64{1, 0.1, 0.9, 0.2, 0.1, 1, 0.2, 0.8, 0.9, 0.2, 1, 0.3, 0.2, 0.8, 0.3, 1})}
}

func orderedSamples() map[string]*Chart {
	return map[string]*Chart{
		"ordered":       Ordered(likeness(), Cells{Name: "CKA"}).Titled("Ordered"),
		"ordered rows":  Ordered(noiseMatrix(9, 5), Cells{Rows: names(9, "row"), Down: "rows", Across: "columns", Name: "z"}),
		"ordered one":   Ordered(mat.NewDense(1, 1, []float64{3}), Cells{}),
		"ordered equal": Ordered(mat.NewDense(3, 3, nil), Cells{}),
		"ordered noise": Ordered(noiseMatrix(150, 120), Cells{Name: "noise", Down: "down"}),
		"grid orders":   Grid(Panels{}, Ordered(hiddenBlocks(12), Cells{Name: "d"}).Titled("one"), Ordered(hiddenBlocks(20), Cells{Name: "d"}).Titled("two")),
	}
}

func orderedErrors() map[string]kindError {
	return map[string]kindError{
		"viz.Ordered: the matrix is empty":                    {Ordered(nil, Cells{}), mat32.ErrEmpty},
		"x has shape 2001 × 1, want at most 2000 rows":        {Ordered(mat.NewDense(2001, 1, nil), Cells{}), &mat32.ShapeError{}},
		"viz.Ordered: value at row 0, column 0 is NaN":        {Ordered(mat.NewDense(1, 1, []float64{math.NaN()}), Cells{}), &mat32.NotFiniteError{}},
		"viz.Ordered: Columns has shape 1 × 1, want one name": {Ordered(likeness(), Cells{Columns: names(1, "c")}), &mat32.ShapeError{}},
	}
}

// TestAverageLinkage: the chain of nearest neighbours finds what comparing all clusters does.
func TestAverageLinkage(t *testing.T) {
	for seed := range uint64(20) {
		n := 2 + int(seed)
		d := apartBy(seed, n, false)
		clusters := map[int][]int{}
		for i := range n {
			clusters[i] = []int{i}
		}
		m := averageLinkage(n, slices.Clone(d))
		for k := range n - 1 {
			least := math.Inf(1)
			var a, b int
			for p, of := range clusters {
				for q, with := range clusters {
					if p >= q {
						continue
					}
					sum := 0.0
					for _, i := range of {
						for _, j := range with {
							sum += d[i*n+j]
						}
					}
					if sum /= float64(len(of) * len(with)); sum < least {
						least, a, b = sum, p, q
					}
				}
			}
			if m.a[k] != a || m.b[k] != b || math.Abs(m.height[k]-least) > 1e-12 {
				t.Fatalf("n %d, merge %d: %d and %d at %g, want %d and %d at %g", n, k, m.a[k], m.b[k], m.height[k], a, b, least)
			}
			clusters[n+k] = append(clusters[a], clusters[b]...)
			delete(clusters, a)
			delete(clusters, b)
		}
	}
}

// TestOptimalLeaves: no way to draw the tree has a smaller sum of distances between neighbours.
func TestOptimalLeaves(t *testing.T) {
	for seed := range uint64(24) {
		n := 2 + int(seed)%9
		d := apartBy(seed, n, seed > 18)
		m := averageLinkage(n, slices.Clone(d))
		order := m.optimal(func(i, j int) float64 { return d[i*n+j] })
		sum := func(order []int) (s float64) {
			for i := 1; i < len(order); i++ {
				s += d[order[i-1]*n+order[i]]
			}
			return s
		}
		least := math.Inf(1)
		for turned := range 1 << (n - 1) {
			of := make([][]int, 2*n-1)
			for i := range n {
				of[i] = []int{i}
			}
			for k := range m.a {
				a, b := of[m.a[k]], of[m.b[k]]
				if turned>>k&1 == 1 {
					a, b = b, a
				}
				of[n+k] = slices.Concat(a, b)
			}
			least = math.Min(least, sum(of[2*n-2]))
		}
		if got := sum(order); math.Abs(got-least) > 1e-9 {
			t.Errorf("n %d: order %v has sum %g, the best %g", n, order, got, least)
		}
		for k := range m.a { // the tree can be drawn so: every cluster stands together
			lowest, highest, count := n, -1, 0
			var visit func(c int)
			visit = func(c int) {
				if c >= n {
					visit(m.a[c-n])
					visit(m.b[c-n])
					return
				}
				at := slices.Index(order, c)
				lowest, highest, count = min(lowest, at), max(highest, at), count+1
			}
			if visit(n + k); highest-lowest+1 != count {
				t.Errorf("n %d: cluster %d of %d leaves reaches from %d to %d", n, n+k, count, lowest, highest)
			}
		}
	}
}

// TestOrdered finds a hidden order, whether the numbers are distances, likeness or neither, and says which they are.
func TestOrdered(t *testing.T) {
	x := hiddenBlocks(48)
	like := mat.NewDense(48, 48, nil)
	like.Apply(func(_, _ int, v float64) float64 { return 5 - v }, x)
	shifted := mat.NewDense(48, 48, nil)
	shifted.Apply(func(_, _ int, v float64) float64 { return v - 1 }, x)
	for says, m := range map[string]mat.Matrix{"the numbers as distances": x, "the numbers as likeness": like, "Euclidean distance": shifted} {
		o := Ordered(m, Cells{}).fig.(*ordered)
		for at := 1; at < 48; at++ {
			if a, b := o.rows[at-1]*7%48, o.rows[at]*7%48; a-b != 1 && b-a != 1 {
				t.Errorf("%s: %d stands beside %d", says, a, b)
			}
		}
		if !strings.Contains(o.caption(), says) || o.across != nil || !slices.Equal(o.rows, o.columns) {
			t.Errorf("caption %q, without %q", o.caption(), says)
		}
	}
	o := Ordered(likeness(), Cells{}).fig.(*ordered)
	if want := []int{0, 2, 3, 1}; !slices.Equal(o.rows, want) || o.cells.Rows[1] != "layer 2" || !strings.HasPrefix(o.caption(), "layers · ") {
		t.Errorf("order %v, names %v, caption %q", o.rows, o.cells.Rows, o.caption())
	}
}

// TestOrderedOnAnyCores: the order is the same.
func TestOrderedOnAnyCores(t *testing.T) {
	d := apartBy(3, 120, false)
	at := func(procs int) []int {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
		return averageLinkage(120, slices.Clone(d)).optimal(func(i, j int) float64 { return d[i*120+j] })
	}
	if one := at(1); !slices.Equal(one, at(2)) || !slices.Equal(one, at(7)) {
		t.Error("other cores give another order")
	}
}

// TestOrderedPayload: the page gets the order of all rows, and bridges beside the frame.
func TestOrderedPayload(t *testing.T) {
	o := Ordered(noiseMatrix(30, 500), Cells{}).fig.(*ordered)
	f := rect{50, 60, 400, 300}
	data, err := o.data(f, whole)
	if err != nil {
		t.Fatal(err)
	}
	p := data.(*orderedPayload)
	numbers := func(packed string) (n []int) {
		b, err := base64.StdEncoding.DecodeString(packed)
		if err != nil {
			t.Fatal(err)
		}
		for ; len(b) > 0; b = b[2:] {
			n = append(n, int(binary.LittleEndian.Uint16(b)))
		}
		return n
	}
	if !slices.Equal(numbers(p.RowOrder), o.rows) || !slices.Equal(numbers(p.ColOrder), o.columns) {
		t.Error("the page has another order")
	}
	tenths := numbers(p.Lines)
	if len(tenths) != 8*(29+mostBridges) {
		t.Fatalf("%d numbers of bridges", len(tenths))
	}
	for k := 0; k < len(tenths); k += 2 {
		x, y := float64(tenths[k])/10, float64(tenths[k+1])/10
		if beside := x >= f.right() && y >= f.Y && y <= f.bottom(); beside != (k < 8*29) || !beside && (y > f.Y || x < f.X || x > f.right()) {
			t.Fatalf("corner %d of the trees is at %g, %g", k/2, x, y)
		}
	}
}
