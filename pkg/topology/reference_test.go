package topology

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// cell is one of a filtered complex: its faces are known by their place in the order.
type cell struct {
	value float64
	dim   int
	name  []int // vertices, ascending
}

// simplices returns those of dimension up to most of a Vietoris-Rips filtration, every face
// before its cofaces.
func simplices(x mat.Matrix, births []float64, most int, threshold float64) []cell {
	n, _ := x.Dims()
	var all []cell
	var grow func(c cell)
	grow = func(c cell) {
		all = append(all, c)
		if c.dim == most {
			return
		}
		for v := c.name[c.dim] + 1; v < n; v++ {
			value := c.value
			if births != nil {
				value = max(value, births[v])
			}
			for _, w := range c.name {
				value = max(value, x.At(v, w))
			}
			if value <= threshold {
				grow(cell{value, c.dim + 1, append(slices.Clone(c.name), v)})
			}
		}
	}
	for v := range n {
		value := 0.
		if births != nil {
			value = births[v]
		}
		grow(cell{value, 0, []int{v}})
	}
	slices.SortStableFunc(all, func(a, b cell) int {
		return cmp.Or(cmp.Compare(a.value, b.value), cmp.Compare(a.dim, b.dim))
	})
	return all
}

// reference returns persistent homology as its definition reads: the boundary matrix of all
// simplices, whose columns are reduced one after the other (H. Edelsbrunner, D. Letscher and
// A. Zomorodian, 2002, Topological persistence and simplification).
func reference(all []cell, most, prime int) []Diagram {
	place := map[string]int{}
	for i, c := range all {
		place[fmt.Sprint(c.name)] = i
	}
	columns := make([]map[int]int, len(all))
	low := make([]int, len(all)) // of the column, and then whose low it is
	owner := make([]int, len(all))
	for i := range owner {
		owner[i], low[i] = -1, -1
	}
	lowest := func(column map[int]int) int {
		l := -1
		for i := range column {
			l = max(l, i)
		}
		return l
	}
	inverse := func(a int) int {
		for b := 1; ; b++ {
			if a*b%prime == 1 {
				return b
			}
		}
	}
	for j, c := range all {
		column := map[int]int{}
		if c.dim > 0 {
			for k := range c.name {
				face := append(slices.Clone(c.name[:k]), c.name[k+1:]...)
				column[place[fmt.Sprint(face)]] = []int{1, prime - 1}[k%2]
			}
		}
		for l := lowest(column); l >= 0 && owner[l] >= 0; l = lowest(column) {
			other := columns[owner[l]]
			factor := (prime - column[l]*inverse(other[l])%prime) % prime
			for i, v := range other {
				if column[i] = (column[i] + factor*v) % prime; column[i] == 0 {
					delete(column, i)
				}
			}
		}
		columns[j] = column
		if l := lowest(column); l >= 0 {
			low[j], owner[l] = l, j
		}
	}
	diagrams := make([]Diagram, most+1)
	for i, c := range all {
		if c.dim > most || low[i] >= 0 {
			continue
		}
		b := Bar{c.value, math.Inf(1)}
		if owner[i] >= 0 {
			b.Death = all[owner[i]].value
		}
		if b.Birth < b.Death {
			diagrams[c.dim] = append(diagrams[c.dim], b)
		}
	}
	for _, d := range diagrams {
		d.Sort()
	}
	return diagrams
}

// projectivePlane returns the distances on a graph of a triangulated projective plane: the
// barycentric subdivision of its 6 vertices, whose flags are its simplices. Points joined are
// at distance 1, others at 2.
func projectivePlane(t *testing.T) *mat32.Distances {
	t.Helper()
	triangles := [][]int{{0, 1, 2}, {0, 2, 3}, {0, 3, 4}, {0, 4, 5}, {0, 1, 5}, {1, 2, 4}, {2, 3, 5}, {1, 3, 4}, {2, 4, 5}, {1, 3, 5}}
	var cells [][]int
	seen := map[string]bool{}
	for _, c := range triangles {
		for _, face := range [][]int{{c[0]}, {c[1]}, {c[2]}, {c[0], c[1]}, {c[0], c[2]}, {c[1], c[2]}, c} {
			if name := fmt.Sprint(face); !seen[name] {
				seen[name] = true
				cells = append(cells, face)
			}
		}
	}
	in := func(a, b []int) bool {
		for _, v := range a {
			if !slices.Contains(b, v) {
				return false
			}
		}
		return true
	}
	d := mat.NewDense(len(cells), len(cells), nil)
	for i, a := range cells {
		for j, b := range cells {
			if i != j {
				d.Set(i, j, 2)
				if in(a, b) || in(b, a) {
					d.Set(i, j, 1)
				}
			}
		}
	}
	x, err := mat32.DistancesFrom(d)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// Every barcode of small spaces of all kinds is that of the definition, to the last bit.
func TestRipsReference(t *testing.T) {
	testenv.Unraced(t)
	g := rand.New(rand.NewPCG(7, 11))
	for trial := range 120 {
		n, most := 2+g.IntN(13), 1+g.IntN(4)
		if n > 10 {
			most = min(most, 2)
		}
		pairs := make([]float64, n*(n-1)/2)
		kind := trial % 4
		for i := range pairs {
			switch kind {
			case 0: // no two alike
				pairs[i] = g.Float64()
			case 1: // hardly any that differ
				pairs[i] = float64(1 + g.IntN(3))
			case 2: // duplicates
				pairs[i] = float64(g.IntN(6))
			case 3: // as of a graph
				pairs[i] = float64(1 + g.IntN(2)*g.IntN(9))
			}
		}
		x, err := mat32.NewDistances(n, pairs)
		if err != nil {
			t.Fatal(err)
		}
		r := Rips{MaxDim: most, Prime: []int{2, 3, 5, 7}[g.IntN(4)], Threshold: math.Inf(1)}
		if g.IntN(2) == 0 {
			r.Threshold = pairs[g.IntN(len(pairs))]
			if r.Threshold == 0 {
				r.Threshold = .5
			}
		}
		if g.IntN(3) == 0 {
			for range n {
				r.Births = append(r.Births, min(float64(g.IntN(4))-1, r.Threshold))
			}
		}
		p, err := r.Compute(context.Background(), x)
		if err != nil {
			t.Fatal(err)
		}
		want := reference(simplices(x, r.Births, most+1, r.Threshold), most, r.Prime)
		for k, d := range p.Diagrams {
			if !slices.Equal(d, want[k]) {
				t.Fatalf("trial %d, %d points, modulo %d, dimension %d: %v, want %v", trial, n, r.Prime, k, d, want[k])
			}
		}
	}
}

// The second homology of the projective plane is there by coefficients modulo 2 alone.
func TestRipsTorsion(t *testing.T) {
	x := projectivePlane(t)
	for prime, want := range map[int][]int{2: {1, 1, 1}, 3: {1, 0, 0}, 65521: {1, 0, 0}} {
		p, err := Rips{MaxDim: 2, Prime: prime, Threshold: 1}.Compute(context.Background(), x)
		if err != nil {
			t.Fatal(err)
		}
		for k, d := range p.Diagrams {
			if got := d.At(1); got != want[k] {
				t.Errorf("modulo %d: Betti number %d is %d, want %d", prime, k, got, want[k])
			}
		}
	}
}
