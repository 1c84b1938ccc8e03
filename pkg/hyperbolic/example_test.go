package hyperbolic_test

import (
	"context"
	"fmt"
	"log"

	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/hyperbolic"
)

func karateGraph() *affinity.Sparse {
	k := datasets.Karate()
	g, err := affinity.FromEdges(k.Nodes, k.Edges, k.Weights)
	if err != nil {
		log.Fatal(err)
	}
	return g
}

func balancedTree() *affinity.Sparse {
	t, err := datasets.BalancedTree.Graph(2, 5)
	if err != nil {
		log.Fatal(err)
	}
	g, err := affinity.FromEdges(t.Nodes, t.Edges, t.Weights)
	if err != nil {
		log.Fatal(err)
	}
	return g
}

func ExampleDelta() {
	h, err := hyperbolic.Delta{}.Compute(context.Background(), karateGraph())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(h)
	// Output:
	// δ-hyperbolicity  1
	//   relative    0.4  (2δ/diameter, from 0 for a tree to 1)
	//   mean        0.1604  over 46376 quadruples
	//   diameter    5
	//   rows        34
	//   distances   shortest ways
	//   convention  four points, (S₁ − S₂)/2
}

func ExampleBasePointDelta() {
	s, err := hyperbolic.BasePointDelta(context.Background(), karateGraph(), 0)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(s)
	// Output:
	// base-point δ  1.000
	//   rows        34
	//   convention  Gromov products at row 0, shortest ways distances; no more than δ, and
	//               no less than half of it
}

func ExampleSarkar() {
	e, err := hyperbolic.Sarkar{}.Embed(context.Background(), balancedTree())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(e)
	// Output:
	// Sarkar (scale 14.2, 199 bits)
	//   points     63 in the Poincaré ball of dimension 2
	//   scale      14.23
	//   farthest   4.919 from the centre, in the space 70.02
	//   precision  199 bits
	//   note       56 of 63 points are nearer to the rim than float64 can tell: the matrix shows where they point, Distances and Point know where they are
}

func ExampleMDS() {
	e, err := hyperbolic.MDS{Components: 3}.Embed(context.Background(), balancedTree())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(e)
	// Output:
	// hyperbolic MDS (scale 1)
	//   points     63 in the Poincaré ball of dimension 3
	//   scale      1
	//   farthest   5.026 from the centre, in the space 5.026
	//   precision  53 bits
}

func ExampleDistortion() {
	ctx, tree := context.Background(), balancedTree()
	e, err := hyperbolic.Sarkar{}.Embed(ctx, tree)
	if err != nil {
		log.Fatal(err)
	}
	s, err := hyperbolic.Distortion(ctx, tree, e)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(s)
	// Output:
	// distortion     average 0.01486, worst 1.018
	//   expansion    1
	//   contraction  1.018
	//   rescaled     0.00194 by 1.015
	//   rows         63
	//   convention   mean of |d′ − d|/d, from 0; worst is expansion · contraction, from 1
}

func ExampleMeanAveragePrecision() {
	ctx, tree := context.Background(), balancedTree()
	e, err := hyperbolic.Sarkar{}.Embed(ctx, tree)
	if err != nil {
		log.Fatal(err)
	}
	s, err := hyperbolic.MeanAveragePrecision(ctx, tree, e)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(s)
	// Output:
	// mean average precision  1.000
	//   rows        63
	//   convention  of linked nodes by hyperbolic distance, ties against it, each node
	//               once; from 0 to 1, all linked nodes are nearest
}

func ExamplePoincare() {
	p := hyperbolic.Poincare{}
	x, y, m := []float64{.9, 0}, []float64{0, .9}, make([]float64, 2)
	p.Midpoint(m, x, y)
	fmt.Printf("%.3f apart, halfway at %.3f, %.3f from the centre\n", p.Distance(x, y), m, p.FromCenter(m))
	// Output:
	// 5.201 apart, halfway at [0.291 0.291], 0.874 from the centre
}

func ExampleCapacity() {
	for _, m := range []hyperbolic.Model{hyperbolic.PoincareBall, hyperbolic.Lorentz, hyperbolic.KleinBall, hyperbolic.HalfSpace} {
		fmt.Printf("%-20s %.2f\n", m, hyperbolic.Capacity(m))
	}
	// Output:
	// Poincaré ball        37.92
	// Lorentz hyperboloid  18.36
	// Klein ball           19.06
	// half-space           744.94
}
