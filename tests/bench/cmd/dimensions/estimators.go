package main

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/intrinsic"
	"github.com/flatland-go/flatland/pkg/measure"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// mostNeighbors is what the estimators look at.
const mostNeighbors = 100

type estimator interface {
	Estimate(context.Context, mat.Matrix) (measure.Dimension, error)
}

// column is an estimator, with the name that the others' results have it by.
type column struct {
	name string
	of   func(*neighbors.Graph) estimator

	// slack is what theirs is known to be away from its own definition; nil for
	// nothing.
	slack func(theirs values) float64
}

// Those of scikit-dimension, by its defaults.
var scikitDimension = []column{
	{name: "TwoNN", of: func(g *neighbors.Graph) estimator { return intrinsic.TwoNN{Graph: g} }},
	{name: "MLE", of: func(g *neighbors.Graph) estimator { return intrinsic.MLE{Graph: g} }},
	{name: "MLE mean", of: func(g *neighbors.Graph) estimator { return intrinsic.MLE{Aggregate: intrinsic.Mean, Graph: g} }},
	{name: "MOM", of: func(g *neighbors.Graph) estimator { return intrinsic.MOM{Graph: g} }},
	{name: "MADA", of: func(g *neighbors.Graph) estimator { return intrinsic.MADA{Graph: g} }},
	{name: "TLE", of: func(g *neighbors.Graph) estimator { return intrinsic.TLE{Graph: g} }},
	{name: "CorrInt", of: func(g *neighbors.Graph) estimator { return intrinsic.CorrelationDimension{Graph: g} }},
	{name: "MiND", of: func(g *neighbors.Graph) estimator { return intrinsic.MiND{Graph: g} }, slack: stalled},
	{name: "FisherS", of: func(*neighbors.Graph) estimator { return intrinsic.FisherS{} }},
	{name: "ESS", of: func(g *neighbors.Graph) estimator { return intrinsic.ESS{Graph: g} }},
}

// Those of GeoMLE's authors, who do not say how many neighbours MLE looks at: these fit what they find.
var geoMLE = []column{
	{name: "MLE", of: func(g *neighbors.Graph) estimator {
		return intrinsic.MLE{Neighbors: 20, AverageFrom: 10, Unbiased: true, Aggregate: intrinsic.Mean, Graph: g}
	}},
	{name: "GeoMLE", of: func(*neighbors.Graph) estimator { return intrinsic.GeoMLE{} }, slack: others},
	{name: "MiND", of: func(g *neighbors.Graph) estimator { return intrinsic.MiND{Integer: true, Graph: g} }, slack: others},
	{name: "DANCo", of: func(g *neighbors.Graph) estimator { return intrinsic.DANCo{Integer: true, Graph: g} }, slack: others},
}

// stalled is for a search that ends at the whole number where it began.
func stalled(theirs values) float64 {
	if math.Abs(theirs.mean-math.Round(theirs.mean)) < 1e-3 {
		return .5
	}
	return 0
}

// others is for options of the authors that are not known: their figures are shown, and hold nobody.
func others(values) float64 { return math.Inf(1) }
