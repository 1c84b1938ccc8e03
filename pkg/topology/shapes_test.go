package topology_test

import (
	"context"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/topology"
)

// spread returns rows of a sample, each the farthest from those before it.
func spread(x *mat.Dense, count int) *mat.Dense {
	n, d := x.Dims()
	far := make([]float64, n)
	for i := range far {
		far[i] = math.Inf(1)
	}
	y := mat.NewDense(count, d, nil)
	next := 0
	for k := range count {
		y.SetRow(k, x.RawRowView(next))
		best := -1.
		last := next
		for i := range n {
			far[i] = min(far[i], mat.Norm(sub(x.RowView(i), x.RowView(last)), 2))
			if far[i] > best {
				best, next = far[i], i
			}
		}
	}
	return y
}

// Shapes have the Betti numbers that their generators tell: as many bars of every dimension
// are long, and the next is far shorter. The Klein bottle loses a ring and its cavity modulo 3,
// where a torus does not.
func TestShapesHaveTheirBettiNumbers(t *testing.T) {
	testenv.Unraced(t)
	for _, c := range []struct {
		g     datasets.Generator
		rows  int
		most  int // dimension of homology looked at
		prime int
		betti []int // where it is not that of the generator
	}{
		{g: datasets.Sphere{}, rows: 60, most: 2},
		{g: datasets.WedgedSpheres{}, rows: 110, most: 2},
		{g: datasets.WedgedSpheres{Dim: 1, Spheres: 3}, rows: 90, most: 1},
		{g: datasets.PinchedTorus{Tube: 1.4}, rows: 150, most: 1},
		{g: datasets.FigureEight{}, rows: 60, most: 1},
		{g: datasets.Annuli{Hole: .7}, rows: 150, most: 1},
		{g: datasets.Annuli{Apart: 1.5, Hole: .7}, rows: 150, most: 1},
		{g: datasets.LinkedRings{Rings: 3}, rows: 120, most: 1},
		{g: datasets.Moebius{}, rows: 100, most: 1},
		{g: datasets.Torus{Flat: true, Tube: 2}, rows: 150, most: 1},
		{g: datasets.Torus{Flat: true, Tube: 2}, rows: 150, most: 1, prime: 3},
		{g: datasets.KleinBottle{Rows: 2000, Radius: 3, Tube: 1}, rows: 400, most: 1},
		{g: datasets.KleinBottle{Rows: 2000, Radius: 3, Tube: 1}, rows: 400, most: 1, prime: 3, betti: []int{1, 1, 0}},
	} {
		d, err := c.g.Generate()
		if err != nil {
			t.Fatal(err)
		}
		betti := d.Truth.Betti
		if c.betti != nil {
			betti = c.betti
		}
		p, err := topology.Rips{MaxDim: c.most, Prime: c.prime}.Compute(context.Background(), spread(d.X, c.rows))
		if err != nil {
			t.Fatal(err)
		}
		for dim, bars := range p.Diagrams {
			length := func(k int) float64 { // of the k-th longest, from 1
				if k == 0 {
					return math.Inf(1)
				}
				long := bars.Longest(k)
				if len(long) < k {
					return 0
				}
				return long[k-1].Length()
			}
			// Where there is none, none is as long as the rows are apart.
			least := length(betti[dim])
			if betti[dim] == 0 {
				least = 2 * p.Diagrams[0].Finite().Longest(1)[0].Length()
			}
			if next := length(betti[dim] + 1); next > .6*least {
				t.Errorf("%s modulo %d, dimension %d: %d bars are longer than %.3g, the next has %.3g", d.Name, p.Prime, dim, betti[dim], least, next)
			}
		}
	}
}

// Both Klein bottles are a square whose sides are joined, one pair of them turned over; the
// crossed one is joined in two lines more. Modulo an odd prime they differ.
func TestGridsHaveTheBettiNumbersOfKleinBottles(t *testing.T) {
	const around, across = 12, 24
	for _, crossed := range []bool{false, true} {
		// Nodes are numbered by u and v; v = 0 and v = ½ are one where it is crossed.
		node := func(u, v int) int {
			if u == around { // the place of the first with the tube turned over
				u, v = 0, across-v
			}
			v %= across
			if crossed && v == across/2 {
				v = 0
			}
			return u*across + v
		}
		const nodes = around * across
		near := make([][]int, nodes)
		link := func(i, j int) { near[i], near[j] = append(near[i], j), append(near[j], i) }
		for u := range around {
			for v := range across {
				link(node(u, v), node(u+1, v))
				link(node(u, v), node(u, v+1))
			}
		}
		var rows []int
		for i := range near {
			if near[i] != nil {
				rows = append(rows, i)
			}
		}
		var pairs []float64
		for k, i := range rows {
			steps := make([]float64, nodes)
			queue := []int{i}
			for len(queue) > 0 {
				at := queue[0]
				queue = queue[1:]
				for _, j := range near[at] {
					if steps[j] == 0 && j != i {
						steps[j] = steps[at] + 1
						queue = append(queue, j)
					}
				}
			}
			for _, j := range rows[k+1:] {
				pairs = append(pairs, steps[j])
			}
		}
		d, err := mat32.NewDistances(len(rows), pairs)
		if err != nil {
			t.Fatal(err)
		}
		for _, prime := range []int{2, 3} {
			p, err := topology.Rips{MaxDim: 2, Threshold: 2, Prime: prime}.Compute(context.Background(), d)
			if err != nil {
				t.Fatal(err)
			}
			bottle, err := datasets.KleinBottle{Rows: 1, Crossed: crossed}.Generate()
			if err != nil {
				t.Fatal(err)
			}
			want := bottle.Truth.Betti
			if prime == 3 && !crossed {
				want = []int{1, 1, 0}
			}
			for dim, bars := range p.Diagrams {
				if got := bars.At(2); got != want[dim] {
					t.Errorf("crossed %v, modulo %d: Betti number %d is %d, want %d", crossed, prime, dim, got, want[dim])
				}
			}
		}
	}
}
