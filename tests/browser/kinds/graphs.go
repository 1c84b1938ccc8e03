package kinds

import (
	"context"
	"fmt"
	"math"

	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/neighbors"
	"github.com/flatland-go/flatland/pkg/topology"
	"github.com/flatland-go/flatland/pkg/viz"
	"gonum.org/v1/gonum/mat"
)

// friendsByLength are neighbours among irises, straight.
func friendsByLength() *viz.Chart {
	d := datasets.Iris()
	g := must(neighbors.Exact{Neighbors: 8}.Graph(context.Background(), d.X))
	return viz.Connectivity(petals(d), g, viz.Points{}, viz.Straight, viz.ByLength).Titled("How far neighbours are on the map")
}

// upperClusters are the uppermost branches of penguins, from left to right.
func upperClusters() *viz.Chart {
	d := datasets.Penguins()
	tree := must(topology.SingleLinkage{}.Fit(context.Background(), d.X))
	n, _ := d.X.Dims()
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("%s %d", d.Names[d.Labels[i]], i)
	}
	return viz.Dendrogram(tree, viz.Branches{Names: names, Horizontal: true, Leaves: 22}).Titled("The uppermost branches of penguins")
}

// orderedTable has rows and columns of hidden sorts.
func orderedTable() *viz.Chart {
	const n, d = 30, 12
	x, names := mat.NewDense(n, d, nil), make([]string, n)
	for i := range n {
		names[i] = fmt.Sprint("sample ", i)
		for j := range d {
			x.Set(i, j, math.Sin(1.3*float64(i*7%5))*math.Cos(1.7*float64(j*5%4))+0.2*wave(i*d+j))
		}
	}
	return viz.Ordered(x, viz.Cells{Rows: names, Down: "sample", Across: "gene", Name: "expression"}).Titled("Samples and genes")
}

// oscillator is van der Pol's, with two ways into its cycle.
func oscillator() *viz.Chart {
	f := func(x, y float64) (dx, dy float64) { return y, (1-x*x)*y - x }
	way := func(x, y float64) mat.Matrix {
		const n, step = 700, 0.02
		m := mat.NewDense(n, 2, nil)
		for i := range n {
			m.SetRow(i, []float64{x, y})
			dx, dy := f(x, y)
			dx, dy = f(x+step/2*dx, y+step/2*dy)
			x, y = x+step*dx, y+step*dy
		}
		return m
	}
	return viz.PhasePortrait(f, viz.Flow{
		Trajectories: []mat.Matrix{way(0.1, 0.1), way(-3.5, 3)}, Names: []string{"from inside", "from outside"}, Fixed: [][2]float64{{0, 0}}, Nullclines: true,
	}).Axes(viz.Axis{Name: "x", Min: -4, Max: 4}, viz.Axis{Name: "velocity", Min: -4, Max: 4}).Titled("Van der Pol's oscillator")
}

// doubt is a confidence band, as topology.Band is one.
type doubt struct{ length float64 }

func (d doubt) Margin() (length, level float64) { return d.length, 0.95 }

// meanLandscape is the mean of the landscapes of several noisy circles, with its band.
func meanLandscape() *viz.Chart {
	var of []*topology.Landscape
	for k := range 12 {
		const n = 60
		x := mat.NewDense(n, 2, nil)
		for i := range n {
			angle, radius := 2*math.Pi*float64(i)/n+0.4*wave(n*k+i), 1+0.2*wave(3*(n*k+i)+1)
			x.SetRow(i, []float64{radius * math.Cos(angle), radius * math.Sin(angle)})
		}
		p := must(topology.Rips{}.Compute(context.Background(), x))
		of = append(of, must(topology.NewLandscape(p.Diagrams[1], 0)))
	}
	return viz.Landscape(must(topology.LandscapeBand{}.Around(context.Background(), of))).Titled("Twelve noisy circles")
}
