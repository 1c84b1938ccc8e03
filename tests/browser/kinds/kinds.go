// Package kinds holds one chart at least of every kind that pkg/viz makes, with what a reader of a paper would find in it, and what a
// reader of the page may do with it.
//
// tests/browser draws each from the page that Chart.Save writes, tests/lab in a notebook.
package kinds

import "github.com/flatland-go/flatland/pkg/viz"

// A Kind is a chart and what is to be seen of it. Name and Chart are all that a row needs.
type Kind struct {
	Name   string // the function of pkg/viz that makes it, and what is special: "Scatter values"
	Chart  func() *viz.Chart
	Says   string // part of what is said of some place under the pointer; empty: anything
	Mute   bool   // nothing is said of any place
	Gray   bool   // it has no colours
	Slides bool   // it has a slider
}

// All returns the table of kinds.
func All() []Kind {
	return []Kind{
		{Name: "Scatter", Chart: func() *viz.Chart { y, p := Rings(); return viz.Scatter(y, p).Titled("Four rings") }, Says: "row "},
		{Name: "Scatter values", Chart: func() *viz.Chart { return RingsByHeight().Titled("Four rings by height") }, Says: "height: "},
		{Name: "Lines", Chart: estimates, Says: "neighbours: "},
		{Name: "Lines long", Chart: losses, Says: "training: "},
		{Name: "Dimensions", Chart: dimensions, Says: "Gride"},
		{Name: "Bars", Chart: trust, Says: "trustworthiness: "},
		{Name: "Bars horizontal", Chart: times, Says: "Isomap"},
		{Name: "Heatmap", Chart: correlations, Says: "correlation: "},
		{Name: "Heatmap large", Chart: func() *viz.Chart { return distances(300) }, Says: "distance: "},
		{Name: "Heatmap table", Chart: table, Says: "digits: "},
		{Name: "Grid", Chart: several, Says: "row "},
		{Name: "Grid lines", Chart: severalLines, Says: "neighbours: "},
		{Name: "Grid mixed", Chart: mixed, Says: "row "},
		{Name: "Images", Chart: pictures, Says: "row ", Gray: true},
		{Name: "Barcode", Chart: func() *viz.Chart { return viz.Barcode(circle()).Titled("A noisy circle") }, Says: "birth: "},
		{Name: "PersistenceDiagram", Chart: func() *viz.Chart { return viz.PersistenceDiagram(circle()).Titled("A noisy circle") }, Says: "birth: "},
		{Name: "Network", Chart: func() *viz.Chart { return karate().Titled("Curvature of the karate club") }, Says: "row "},
		{Name: "Connectivity", Chart: friends, Says: "row "},
		{Name: "Dendrogram", Chart: clusters},
		{Name: "Scree", Chart: scree, Says: "up to here: "},
		{Name: "Spectra", Chart: spectra, Says: "place: "},
		{Name: "Biplot", Chart: biplot, Says: "row "},
		{Name: "Loadings", Chart: loadings, Says: "weight: "},
		{Name: "Shepard", Chart: shepard, Says: "pairs of rows: "},
		{Name: "CoRanking", Chart: coRanking, Says: "rank on the map: "},
		{Name: "RankCurves", Chart: rankCurves, Says: "PCA"},
		{Name: "RankScores", Chart: rankScores, Says: "continuity: "},
		{Name: "LocalDimension", Chart: localDimension, Says: "local dimension"},
		{Name: "Density", Chart: density, Says: "rows in sparser places, %: "},
		{Name: "Diagnostic", Chart: diagnostic, Says: "row "},
		{Name: "Confusion", Chart: confusion, Says: "share of the row: "},
		{Name: "Probes", Chart: probes, Says: "layer: "},
		{Name: "Network disk", Chart: func() *viz.Chart { return tree().Titled("A tree in Poincaré's disk") }, Says: "radius: "},
		{Name: "Ordered", Chart: ordered, Says: "distance: "},
		{Name: "Betti", Chart: func() *viz.Chart { return viz.Betti(circle()).Titled("A noisy circle") }, Says: "H"},
		{Name: "Landscape", Chart: landscape},
		{Name: "Poincare", Chart: poincare, Says: "radius: "},
		{Name: "Connectivity length", Chart: friendsByLength, Says: "row "},
		{Name: "Dendrogram horizontal", Chart: upperClusters, Says: "height: "},
		{Name: "Ordered table", Chart: orderedTable, Says: "expression: "},
		{Name: "Landscape band", Chart: meanLandscape, Says: "mean"},
		{Name: "Barcode band", Chart: func() *viz.Chart {
			return viz.Barcode(circle(), doubt{0.3}).Titled("A noisy circle, and what may be noise")
		}, Says: "birth: "},
		{Name: "PersistenceDiagram band", Chart: func() *viz.Chart {
			return viz.PersistenceDiagram(circle(), doubt{0.3}).Titled("A noisy circle, and what may be noise")
		}, Says: "birth: "},
		{Name: "PhasePortrait", Chart: oscillator, Says: "speed: "},
		{Name: "Scatter3D", Chart: roll, Says: "row "},
		{Name: "Network3D", Chart: mesh, Says: "row "},
		{Name: "Trajectories", Chart: orbits},
		{Name: "Trajectories plane", Chart: pendulums},
		{Name: "Animation", Chart: growing, Says: "row ", Slides: true},
		{Name: "Animation sweep", Chart: swept, Says: "row ", Slides: true},
		{Name: "Displacement", Chart: moved, Says: "row ", Slides: true},
		{Name: "Displacement lengths", Chart: movedFar, Says: "displacement: ", Slides: true},
	}
}
