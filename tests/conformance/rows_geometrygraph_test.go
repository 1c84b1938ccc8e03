package conformance

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/geometry"
	"github.com/flatland-go/flatland/pkg/quality"
)

// withinOverBetween returns by how much edges within groups are curved more than those between.
func withinOverBetween(edges func(ctx context.Context, g *affinity.Sparse) (*geometry.EdgeCurvature, error)) func(ctx context.Context, s sample) (float64, error) {
	return func(ctx context.Context, s sample) (float64, error) {
		c, err := edges(ctx, s.x.(*affinity.Sparse))
		if err != nil {
			return 0, err
		}
		var sums, counts [2]float64
		for k, e := range c.Edges {
			side := 0
			if s.labels[e[0]] == s.labels[e[1]] {
				side = 1
			}
			sums[side] += c.Values[k]
			counts[side]++
		}
		return sums[1]/counts[1] - sums[0]/counts[0], nil
	}
}

func grouped(seed uint64) sample { return blocks(seed, .5, .03) }

var groupsShuffled = control{says: "the labels are shuffled", on: func(seed uint64) sample { return shuffledLabels(grouped(seed)) }}

var geometryGraphRows = []row{{
	method: "geometry.OllivierRicci",
	source: "2009, Ricci curvature of Markov chains on metric spaces",
	golden: golden{form: "closed forms of families of graphs", test: "geometry.TestCurvatureInClosedForm"},
	claim: claim{
		says: "edges between inner nodes of a tree, of degrees a and b, are curved by 1/a + 1/b − 1",
		on:   grown,
		measure: func(ctx context.Context, s sample) (off float64, err error) {
			g := s.x.(*affinity.Sparse)
			c, err := geometry.OllivierRicci{}.Edges(ctx, g)
			if err != nil {
				return 0, err
			}
			for k, e := range c.Edges {
				from, _ := g.Row(e[0])
				to, _ := g.Row(e[1])
				if a, b := float64(len(from)), float64(len(to)); min(a, b) > 1 {
					off = max(off, math.Abs(c.Values[k]-(1/a+1/b-1)))
				}
			}
			return off, nil
		},
		to: 1e-9,
	},
	control: control{says: "the graph is a grid", on: latticed},
	variants: []variant{
		{name: "lengths", of: always(geometry.OllivierRicci{}), given: graphOf, spoiled: noGraph, least: 1, constant: true, long: [2]int{3000, 5}},
		{name: "limit", of: always(geometry.OllivierRicci{Limit: true}), given: graphOf, spoiled: noGraph, least: 1, constant: true, long: [2]int{3000, 5}},
		{name: "product plan", of: always(geometry.OllivierRicci{Plan: geometry.ProductPlan}), given: graphOf, spoiled: noGraph, least: 1, constant: true, long: [2]int{3000, 5}},
	},
	exact: map[string]any{"Alpha": geometry.OllivierRicci{Alpha: geometry.Zero}, "Exponent": geometry.OllivierRicci{Exponent: geometry.Zero}},
	refused: map[string][]any{
		"Alpha":          {geometry.OllivierRicci{Alpha: 1}},
		"Plan":           {geometry.OllivierRicci{Plan: "whatever"}, geometry.OllivierRicci{Plan: geometry.ProductPlan, Limit: true}},
		"Regularization": {geometry.OllivierRicci{Regularization: 1e-10}},
		"Base":           {geometry.OllivierRicci{Base: 1}},
		"Exponent":       {geometry.OllivierRicci{Exponent: 101}},
	},
}, {
	method: "geometry.Forman",
	source: "2018, Comparative analysis of two discretizations of Ricci curvature",
	golden: golden{form: "the published values of small graphs and of the karate club", test: "geometry.TestFormanOfPublishedGraphs"},
	claim: claim{
		says: "edges between communities are curved less than those within, by 5 and more",
		on:   grouped, measure: withinOverBetween(geometry.Forman{}.Edges), from: 5, to: math.Inf(1),
	},
	control: groupsShuffled,
	variants: []variant{
		{name: "triangles", of: always(geometry.Forman{}), given: graphOf, spoiled: noWayBack, least: 1, constant: true, long: [2]int{20000, 5}},
		{name: "edges only", of: always(geometry.Forman{Cells: geometry.EdgesOnly}), given: graphOf, spoiled: noWayBack, least: 1, constant: true, long: [2]int{20000, 5}},
	},
	refused: map[string][]any{"Cells": {geometry.Forman{Cells: "squares"}}},
}, {
	method: "geometry.BalancedForman",
	source: "2022, Understanding over-squashing and bottlenecks on graphs via curvature",
	golden: golden{form: "the table of the paper: cycles, complete graphs, grids, trees", test: "geometry.TestBalancedFormanInClosedForm"},
	claim: claim{
		says: "edges between communities are curved less than those within, by half and more",
		on:   grouped, measure: withinOverBetween(geometry.BalancedForman), from: .5, to: math.Inf(1),
	},
	control: groupsShuffled,
	variants: []variant{{name: "graph of rows", derived: true, least: 1, constant: true, long: [2]int{10000, 5},
		call: func(ctx context.Context, x mat.Matrix) (any, error) {
			return geometry.BalancedForman(ctx, graphOf("", x)[0].(*affinity.Sparse))
		}}},
}, {
	method: "geometry.RicciFlow",
	source: "2019, Community detection on networks with Ricci flow",
	golden: golden{form: "the published lengths of the karate club", test: "geometry.TestFlowOfTheKarateClub"},
	claim: claim{
		says: "what it cuts a graph of three blocks into are the blocks",
		on:   grouped,
		measure: func(ctx context.Context, s sample) (float64, error) {
			m, err := geometry.RicciFlow{}.Compute(ctx, s.x.(*affinity.Sparse))
			if err != nil {
				return 0, err
			}
			return value(quality.AdjustedRand(s.labels, m.Communities().Labels))
		},
		from: .9, to: 1,
	},
	control: control{says: "edges do not heed the blocks", on: func(seed uint64) sample { return blocks(seed, .2, .2) }},
	variants: []variant{
		{name: "2 iterations", of: always(geometry.RicciFlow{Iterations: 2}), given: graphOf, spoiled: noWayBack, least: 1, constant: true, long: [2]int{3000, 5}},
		{name: "surgery", of: always(geometry.RicciFlow{Iterations: 2, SurgeryEvery: 1, SurgeryLength: 1.2}), given: graphOf, spoiled: noWayBack, least: 1, constant: true, long: [2]int{3000, 5}},
	},
	exact: map[string]any{"Tolerance": geometry.RicciFlow{Tolerance: geometry.Zero}},
	refused: map[string][]any{
		"Step":          {geometry.RicciFlow{Step: 1.1}},
		"SurgeryLength": {geometry.RicciFlow{SurgeryLength: 1}},
	},
}}
