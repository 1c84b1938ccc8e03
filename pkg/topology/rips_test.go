package topology

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/screen"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// polygon returns the corners of a regular polygon with circumradius 1.
func polygon(n int) *mat.Dense {
	x := mat.NewDense(n, 2, nil)
	for i := range n {
		s, c := math.Sincos(2 * math.Pi * float64(i) / float64(n))
		x.SetRow(i, []float64{c, s})
	}
	return x
}

// grid returns the points of {0, 1, …, side−1}ᵈ that keep takes.
func grid(side, d int, keep func(p []float64) bool) *mat.Dense {
	var values []float64
	p := make([]float64, d)
	var walk func(j int)
	walk = func(j int) {
		if j == d {
			if keep == nil || keep(p) {
				values = append(values, p...)
			}
			return
		}
		for v := range side {
			p[j] = float64(v)
			walk(j + 1)
		}
	}
	walk(0)
	return mat.NewDense(len(values)/d, d, values)
}

// crossPolytope returns the unit vectors of Rᵈ and their opposites.
func crossPolytope(d int) *mat.Dense {
	x := mat.NewDense(2*d, d, nil)
	for i := range d {
		x.Set(2*i, i, 1)
		x.Set(2*i+1, i, -1)
	}
	return x
}

func icosahedron() *mat.Dense {
	phi := (1 + math.Sqrt(5)) / 2
	var values []float64
	for _, s := range []float64{-1, 1} {
		for _, t := range []float64{-phi, phi} {
			values = append(values, 0, s, t, s, t, 0, t, 0, s)
		}
	}
	return mat.NewDense(12, 3, values)
}

// hops returns the distances between the nodes of a graph in steps.
func hops(t *testing.T, n int, edges [][2]int) *mat32.Distances {
	t.Helper()
	d := mat.NewDense(n, n, nil)
	for i := range n {
		for j := range n {
			if i != j {
				d.Set(i, j, 1e9)
			}
		}
	}
	for _, e := range edges {
		d.Set(e[0], e[1], 1)
		d.Set(e[1], e[0], 1)
	}
	for k := range n {
		for i := range n {
			for j := range n {
				d.Set(i, j, min(d.At(i, j), d.At(i, k)+d.At(k, j)))
			}
		}
	}
	x, err := mat32.DistancesFrom(d)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func cycle(t *testing.T, n int) *mat32.Distances {
	var edges [][2]int
	for i := range n {
		edges = append(edges, [2]int{i, (i + 1) % n})
	}
	return hops(t, n, edges)
}

func petersen(t *testing.T) *mat32.Distances {
	var edges [][2]int
	for i := range 5 {
		edges = append(edges, [2]int{i, (i + 1) % 5}, [2]int{i, i + 5}, [2]int{i + 5, (i+2)%5 + 5})
	}
	return hops(t, 10, edges)
}

// bars returns count copies of one bar.
func bars(count int, birth, death float64) Diagram {
	var d Diagram
	for range count {
		d = append(d, Bar{birth, death})
	}
	return d
}

func same(a, b Diagram, margin float64) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if math.Abs(a[i].Birth-b[i].Birth) > margin || a[i].Essential() != b[i].Essential() ||
			!a[i].Essential() && math.Abs(a[i].Death-b[i].Death) > margin {
			return false
		}
	}
	return true
}

// The barcodes that are known in closed form.
func TestRipsClosedForms(t *testing.T) {
	r2, r3 := math.Sqrt2, math.Sqrt(3)
	for _, c := range []struct {
		name  string
		x     mat.Matrix
		edge  float64 // at which all pieces join
		above []Diagram
	}{
		{"square", polygon(4), r2, []Diagram{bars(1, r2, 2), nil}},
		{"hexagon", polygon(6), 1, []Diagram{bars(1, 1, r3), bars(1, r3, 2)}},
		{"octagon", polygon(8), .765366865, []Diagram{bars(1, .765366865, 1.847759065), nil, bars(1, 1.847759065, 2)}},
		{"12-gon", polygon(12), .51763809, []Diagram{bars(1, .51763809, r3), bars(3, r3, 1.931851653)}},
		{"20-gon", polygon(20), .31286893, []Diagram{bars(1, .31286893, 1.782013048)}},
		{"octahedron", crossPolytope(3), r2, []Diagram{nil, bars(1, r2, 2)}},
		{"16-cell", crossPolytope(4), r2, []Diagram{nil, nil, bars(1, r2, 2)}},
		{"cube", grid(2, 3, nil), 1, []Diagram{bars(5, 1, r2), nil, bars(1, r2, r3)}},
		{"icosahedron", icosahedron(), 2, []Diagram{nil, bars(1, 2, 3.236067977)}},
		{"Petersen", petersen(t), 1, []Diagram{bars(6, 1, 2)}},
		{"cycle of 6", cycle(t, 6), 1, []Diagram{bars(1, 1, 2), bars(1, 2, 3)}},
		{"cycle of 9", cycle(t, 9), 1, []Diagram{bars(1, 1, 3), bars(2, 3, 4)}},
	} {
		for _, prime := range []int{2, 3, 5} {
			p, err := Rips{MaxDim: len(c.above), Prime: prime}.Compute(context.Background(), c.x)
			if err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
			n, _ := c.x.Dims()
			want := append([]Diagram{append(bars(n-1, 0, c.edge), Bar{0, math.Inf(1)})}, c.above...)
			for k, d := range p.Diagrams {
				if !same(d, want[k], 1e-9) {
					t.Errorf("%s, modulo %d: the bars of dimension %d are %v, want %v", c.name, prime, k, d, want[k])
				}
			}
		}
	}
}

func ExampleRips_Compute() {
	// The corners of a square are a ring until its diagonals fill it.
	x := mat.NewDense(4, 2, []float64{0, 0, 1, 0, 1, 1, 0, 1})
	p, err := Rips{Cocycles: true}.Compute(context.Background(), x)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(p.Diagrams[0])
	fmt.Println(p.Diagrams[1], "cut at", p.Cocycles[1][0].Simplices)
	// Output:
	// [{0 1} {0 1} {0 1} {0 +Inf}]
	// [{1 1.4142135623730951}] cut at [[2 3]]
}

func rips(t *testing.T, r Rips, x mat.Matrix) *Persistence {
	t.Helper()
	p, err := r.Compute(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// The bars of sixty points on a sphere of dimension 3, and what the other peers' tests say.
func TestRipsPublished(t *testing.T) {
	x := fixture.C().Slice(0, 60, 0, 4)
	counts, totals := []int{59, 33, 13, 1}, []float64{27.8141814, 3.33782545, .684142679, .254395215}
	for k, d := range rips(t, Rips{MaxDim: 3}, x).Diagrams {
		total := 0.
		for _, b := range d.Finite() {
			total += b.Length()
		}
		if len(d.Finite()) != counts[k] || math.Abs(total-totals[k]) > 1e-6*totals[k] {
			t.Errorf("dimension %d: %d finite bars of %v in all, want %d of %v", k, len(d.Finite()), total, counts[k], totals[k])
		}
	}
	two, err := mat32.NewDistances(2, []float64{3})
	if err != nil {
		t.Fatal(err)
	}
	if d := rips(t, Rips{MaxDim: OnlyPieces, Births: []float64{1, 2}}, two).Diagrams[0]; !slices.Equal(d, Diagram{{1, math.Inf(1)}, {2, 3}}) {
		t.Errorf("two points born at 1 and 2, at distance 3: %v", d)
	}
	side := func(v float64) bool { return v == 0 || v == 2 }
	shell := grid(3, 3, func(p []float64) bool { return side(p[0]) || side(p[1]) || side(p[2]) })
	shell.Scale(.5, shell)
	if d := rips(t, Rips{MaxDim: 2, Threshold: 1.5}, shell).Diagrams[2]; len(d) != 1 || d[0].Death != 1 {
		t.Errorf("the boundary of a cube has the cavities %v", d)
	}
}

// A cocycle's sum around a simplex vanishes as long as its bar lasts, and no longer.
func TestRipsCocycles(t *testing.T) {
	x := mat.DenseCopyOf(fixture.C().Slice(0, 30, 0, 3))
	for _, prime := range []int{2, 3, 47} {
		p, plain := rips(t, Rips{MaxDim: 2, Prime: prime, Cocycles: true}, x), rips(t, Rips{MaxDim: 2, Prime: prime}, x)
		rows, err := screen.New(t.Context(), x)
		if err != nil {
			t.Fatal(err)
		}
		all := simplices(distances(rows, 30), nil, 3, p.Threshold)
		if len(p.Diagrams[1]) < 5 || len(p.Diagrams[2]) < 1 {
			t.Fatalf("%d rings and %d cavities say little", len(p.Diagrams[1]), len(p.Diagrams[2]))
		}
		for dim := 1; dim <= 2; dim++ {
			if !slices.Equal(p.Diagrams[dim], plain.Diagrams[dim]) || len(p.Cocycles[dim]) != len(p.Diagrams[dim]) {
				t.Fatalf("modulo %d, dimension %d: %d cocycles of %d bars, which were %d", prime, dim, len(p.Cocycles[dim]), len(p.Diagrams[dim]), len(plain.Diagrams[dim]))
			}
			for i, c := range p.Cocycles[dim] {
				value := map[string]int{}
				for k, s := range c.Simplices {
					value[fmt.Sprint(s)] = c.Coefficients[k]
				}
				ends := math.Inf(1)
				for _, s := range all {
					if s.dim != dim+1 {
						continue
					}
					sum := 0
					for k := range s.name {
						face := append(slices.Clone(s.name[:k]), s.name[k+1:]...)
						sum += []int{1, prime - 1}[k%2] * value[fmt.Sprint(face)]
					}
					if sum%prime != 0 {
						ends = min(ends, s.value)
					}
				}
				if ends != p.Diagrams[dim][i].Death {
					t.Errorf("modulo %d, dimension %d: the cocycle of %v lasts until %v", prime, dim, p.Diagrams[dim][i], ends)
				}
			}
		}
	}
}

// distances returns those of rows as a matrix.
func distances(rows *screen.Rows, n int) *mat.Dense {
	d := mat.NewDense(n, n, nil)
	for i := range n {
		for j := range n {
			if i != j {
				d.Set(i, j, rows.Exact(i, j))
			}
		}
	}
	return d
}

// The same bits on any number of cores, also where edges are searched for and complexes are
// large, and nothing changes when all is moved.
func TestRipsSameBits(t *testing.T) {
	n, side := 2300, .06
	if testing.Short() {
		n, side = 200, .2
	}
	x := mat.DenseCopyOf(fixture.Uniform(5, n, 2))
	r := Rips{MaxDim: 2, Threshold: side, Prime: 3}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	want := rips(t, r, x)
	if len(want.Diagrams[1]) < 10 {
		t.Fatalf("%d rings say little", len(want.Diagrams[1]))
	}
	for _, procs := range []int{2, 7} {
		runtime.GOMAXPROCS(procs)
		if got := rips(t, r, x); !reflect.DeepEqual(got, want) {
			t.Errorf("on %d cores other bars", procs)
		}
	}
	rows, err := screen.New(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	given, err := mat32.DistancesFrom(distances(rows, n))
	if err != nil {
		t.Fatal(err)
	}
	if got := rips(t, r, given); !reflect.DeepEqual(got, want) {
		t.Error("by distances other bars")
	}
}

func TestRipsCancel(t *testing.T) {
	x := fixture.Normal(1, 250, 8) // takes minutes
	for _, r := range []Rips{{MaxDim: 3}, {MaxDim: 4, Cocycles: true}, {MaxDim: 5, Prime: 3}} {
		ctx, cancel := context.WithCancel(t.Context())
		asked := make(chan time.Time, 1)
		time.AfterFunc(60*time.Millisecond, func() { asked <- time.Now(); cancel() })
		_, err := r.Compute(ctx, x)
		if late := time.Since(<-asked); !errors.Is(err, context.Canceled) || late > 250*time.Millisecond {
			t.Errorf("%+v: %v after %v", r, err, late)
		}
	}
}

func TestRipsErrors(t *testing.T) {
	testenv.Unraced(t)
	x := polygon(8)
	for name, c := range map[string]struct {
		r Rips
		x mat.Matrix
		e any
	}{
		"negative dimension":  {Rips{MaxDim: -2}, x, new(*mat32.ParamError)},
		"negative threshold":  {Rips{Threshold: -1}, x, new(*mat32.ParamError)},
		"threshold NaN":       {Rips{Threshold: math.NaN()}, x, new(*mat32.ParamError)},
		"four is no prime":    {Rips{Prime: 4}, x, new(*mat32.ParamError)},
		"one is none":         {Rips{Prime: 1}, x, new(*mat32.ParamError)},
		"too large a prime":   {Rips{Prime: 65537}, x, new(*mat32.ParamError)},
		"too few births":      {Rips{Births: make([]float64, 7)}, x, new(*mat32.ShapeError)},
		"a birth at infinity": {Rips{Births: []float64{0, 0, 0, 0, 0, 0, 0, math.Inf(1)}}, x, new(*mat32.NotFiniteError)},
		"memory":              {Rips{MemoryLimit: 100}, x, new(*mat32.MemoryError)},
		"beyond the keys":     {Rips{MaxDim: 30, Threshold: math.Inf(1)}, fixture.Uniform(1, 300, 2), new(*mat32.ParamError)},
		"NaN":                 {Rips{}, mat.NewDense(2, 1, []float64{0, math.NaN()}), new(*mat32.NotFiniteError)},
	} {
		if _, err := c.r.Compute(t.Context(), c.x); err == nil || !errors.As(err, c.e) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// What is small, or all the same, has an answer.
	for n := 1; n <= 5; n++ {
		p := rips(t, Rips{MaxDim: 3}, mat.NewDense(n, 2, nil))
		if len(p.Diagrams[0]) != 1 || len(p.Diagrams[1])+len(p.Diagrams[2])+len(p.Diagrams[3]) > 0 {
			t.Errorf("%d copies of a point have the bars %v", n, p.Diagrams)
		}
	}
}

// Landmarks move no bar farther than they say.
func TestRipsLandmarks(t *testing.T) {
	x := polygon(128)
	x.Scale(3, x)
	full, some := rips(t, Rips{}, x), rips(t, Rips{Landmarks: 32, Cocycles: true}, x)
	if len(some.Notes) != 1 || len(some.Diagrams[0]) != 32 || len(some.Diagrams[1]) != 1 || some.Threshold > full.Threshold+1e-9 {
		t.Fatalf("%v, %d pieces, rings %v", some.Notes, len(some.Diagrams[0]), some.Diagrams[1])
	}
	step := 6 * math.Sin(math.Pi/32) // between landmarks, of which there is a row every four
	a, b := full.Diagrams[1][0], some.Diagrams[1][0]
	if math.Abs(b.Birth-step) > 1e-9 || b.Birth <= a.Birth || math.Abs(a.Death-b.Death) > 2*step {
		t.Errorf("all rows %v, landmarks %v, which are %v apart", a, b, step)
	}
	for _, s := range some.Cocycles[1][0].Simplices {
		if s[0]%4 != 0 || s[1]%4 != 0 || s[0] >= s[1] {
			t.Errorf("the cocycle is of %v, and every fourth row is a landmark", s)
		}
	}
	if p := rips(t, Rips{Landmarks: 500}, x); len(p.Notes) != 0 || !reflect.DeepEqual(p, full) {
		t.Error("more landmarks than rows are not all rows")
	}
	if p := rips(t, Rips{Landmarks: 5}, mat.NewDense(9, 1, []float64{1, 2, 1, 2, 1, 2, 1, 2, 1})); len(p.Diagrams[0]) != 2 {
		t.Errorf("two different rows: %v", p.Diagrams)
	}
}

// The forecast is the memory of the edges there are.
func TestRipsForecast(t *testing.T) {
	x := fixture.Uniform(2, 900, 2)
	rows, err := screen.New(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	edges := 0
	for i := range 900 {
		for j := range i {
			if rows.Exact(i, j) <= .1 {
				edges++
			}
		}
	}
	got, err := Rips{Threshold: .1}.Forecast(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	if want := float64(edges*edgeBytes + 64*900); math.Abs(float64(got-screen.Bytes(x))-want) > .1*want {
		t.Errorf("%d bytes are forecast for %d edges, want about %.0f", got, edges, want)
	}
	if more, err := (Rips{Threshold: .1, MaxDim: 2}).Forecast(t.Context(), x); err != nil || more <= got {
		t.Errorf("to collapse edges takes %d bytes, %v", more, err)
	}
}

// The bar counts that Ripser, GUDHI and Ripser++ print for the sphere of Ripser's benchmarks.
func TestRipsSphere192(t *testing.T) {
	testenv.Unraced(t)
	text, err := os.ReadFile("testdata/sphere_3_192.txt")
	if err != nil {
		t.Fatal(err)
	}
	var values []float64
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		for word := range strings.FieldsSeq(line) {
			v, err := strconv.ParseFloat(word, 64)
			if err != nil {
				t.Fatal(err)
			}
			values = append(values, v)
		}
	}
	p := rips(t, Rips{MaxDim: 2}, mat.NewDense(192, 3, values))
	for k, want := range []int{192, 53, 1} {
		if got := len(p.Diagrams[k]); got != want {
			t.Errorf("%d bars of dimension %d, want %d", got, k, want)
		}
	}
}
