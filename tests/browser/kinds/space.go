package kinds

import (
	"context"
	"fmt"
	"math"

	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/hyperbolic"
	"github.com/flatland-go/flatland/pkg/topology"
	"github.com/flatland-go/flatland/pkg/viz"
	"gonum.org/v1/gonum/mat"
)

func landscape() *viz.Chart {
	return viz.Landscape(must(topology.NewLandscape(circle().Diagrams[1], 0))).Titled("Rings of a noisy circle")
}

// poincare is a tree with three branches at every node.
func poincare() *viz.Chart {
	b := must(datasets.BalancedTree.Graph(3, 4))
	g := must(affinity.FromEdges(b.Nodes, b.Edges, b.Weights))
	return viz.Poincare(must(hyperbolic.Sarkar{Scale: 1}.Embed(context.Background(), g)), viz.Links{}).Titled("Threefold branches")
}

// roll is a Swiss roll, coloured along it.
func roll() *viz.Chart {
	const n = 1500
	x, along := mat.NewDense(n, 3, nil), make([]float64, n)
	for i := range n {
		along[i] = 1.5 * math.Pi * (1 + 2*math.Mod(float64(i)*0.618034, 1))
		x.SetRow(i, []float64{along[i] * math.Cos(along[i]), 21 * math.Mod(float64(i)*0.754878, 1), along[i] * math.Sin(along[i])})
	}
	return viz.Scatter3D(x, viz.Points{Values: along, ValueName: "angle"}).Titled("Swiss roll")
}

// mesh is that of a torus.
func mesh() *viz.Chart {
	const around, along = 12, 28
	x, values := mat.NewDense(around*along, 3, nil), make([]float64, around*along)
	var edges [][2]int
	for i := range along {
		for j := range around {
			k, u, v := i*around+j, 2*math.Pi*float64(i)/along, 2*math.Pi*float64(j)/around
			x.SetRow(k, []float64{(3 + math.Cos(v)) * math.Cos(u), (3 + math.Cos(v)) * math.Sin(u), math.Sin(v)})
			values[k] = math.Sin(v)
			edges = append(edges, [2]int{k, i*around + (j+1)%around}, [2]int{k, (i+1)%along*around + j})
		}
	}
	return viz.Network3D(x, viz.Links{Edges: edges, Nodes: viz.Points{Values: values, ValueName: "height"}}).Titled("A torus")
}

// orbits are two ways through Lorenz's system from nearly one place.
func orbits() *viz.Chart {
	var all []viz.Trajectory
	for s := range 2 {
		p := [3]float64{1 + 0.01*float64(s), 1, 20}
		at := mat.NewDense(2000, 3, nil)
		for i := range 2000 {
			const h = 0.008
			p = [3]float64{p[0] + h*10*(p[1]-p[0]), p[1] + h*(p[0]*(28-p[2])-p[1]), p[2] + h*(p[0]*p[1]-8.0/3*p[2])}
			at.SetRow(i, p[:])
		}
		all = append(all, viz.Trajectory{Name: fmt.Sprintf("start %d", s+1), At: at})
	}
	return viz.Trajectories(viz.Courses{}, all...).Titled("Lorenz's system")
}

// pendulums come to rest, from several heights.
func pendulums() *viz.Chart {
	var all []viz.Trajectory
	for s := range 4 {
		angle, speed := 0.6*float64(s+1), 0.0
		at := mat.NewDense(300, 2, nil)
		for i := range 300 {
			const h = 0.05
			speed -= h * (math.Sin(angle) + 0.15*speed)
			angle += h * speed
			at.SetRow(i, []float64{angle, speed})
		}
		all = append(all, viz.Trajectory{Name: fmt.Sprintf("from %.1f", 0.6*float64(s+1)), At: at})
	}
	return viz.Trajectories(viz.Courses{}, all...).Titled("Pendulums")
}
