package topology

import (
	"context"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

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
