package intrinsic

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
)

// askedEstimator is an estimator as Profile asks it.
type askedEstimator struct {
	name string
	when when
	near bool                                         // looks at nothing but distances to near rows
	of   func(p Profile, n, k int) dimensionEstimator // for n distinct rows and k neighbours of each
}

type dimensionEstimator interface {
	Estimate(ctx context.Context, x mat.Matrix) (measure.Dimension, error)
}

// when is when an estimator is asked.
type when int

const (
	ever      when = iota
	named          // where With names it, for it takes long or asks for something else
	onLattice      // where all values are whole numbers, and distances equal
)

// asked lists the estimators that Profile knows. Those that look at neighbours are given
// the graph of the k found.
var asked = []askedEstimator{
	{"TwoNN", ever, true, func(p Profile, n, k int) dimensionEstimator {
		return TwoNN{Graph: p.Graph, MemoryLimit: p.MemoryLimit}
	}},
	{"BIDE", ever, true, func(p Profile, n, k int) dimensionEstimator {
		return BIDE{Neighbors: min(10, k), Overlap: true, Graph: p.Graph, MemoryLimit: p.MemoryLimit}
	}},
	{"ABIDE", ever, true, func(p Profile, n, k int) dimensionEstimator {
		return ABIDE{Neighbors: min(99, k), Overlap: true, Graph: p.Graph, MemoryLimit: p.MemoryLimit}
	}},
	{"MLE", ever, true, func(p Profile, n, k int) dimensionEstimator {
		return MLE{Neighbors: min(20, k), Graph: p.Graph, MemoryLimit: p.MemoryLimit}
	}},
	{"CDF", ever, true, func(p Profile, n, k int) dimensionEstimator {
		return CDF{Neighbors: min(20, k), Graph: p.Graph, MemoryLimit: p.MemoryLimit}
	}},
	{"MADA", ever, true, func(p Profile, n, k int) dimensionEstimator {
		return MADA{Neighbors: min(20, k), Graph: p.Graph, MemoryLimit: p.MemoryLimit}
	}},
	{"TLE", ever, true, func(p Profile, n, k int) dimensionEstimator {
		return TLE{Neighbors: min(20, k), Graph: p.Graph, MemoryLimit: p.MemoryLimit}
	}},
	{"MiND", ever, true, func(p Profile, n, k int) dimensionEstimator {
		return MiND{Neighbors: min(20, k-1), Graph: p.Graph, MemoryLimit: p.MemoryLimit}
	}},
	{"CorrelationDimension", ever, true, func(p Profile, n, k int) dimensionEstimator {
		return CorrelationDimension{OuterNeighbors: min(20, k), Graph: p.Graph, MemoryLimit: p.MemoryLimit}
	}},
	{"MOM", ever, true, func(p Profile, n, k int) dimensionEstimator {
		return MOM{Neighbors: min(100, k), Graph: p.Graph, MemoryLimit: p.MemoryLimit}
	}},
	{"ESS", ever, false, func(p Profile, n, k int) dimensionEstimator {
		return ESS{Neighbors: min(100, k), Graph: p.Graph, MemoryLimit: p.MemoryLimit}
	}},
	{"ABID", ever, false, func(p Profile, n, k int) dimensionEstimator {
		return ABID{Neighbors: min(100, k), Graph: p.Graph, MemoryLimit: p.MemoryLimit}
	}},
	{"LocalPCA", ever, false, func(p Profile, n, k int) dimensionEstimator {
		return LocalPCA{Neighbors: min(100, k), Graph: p.Graph, MemoryLimit: p.MemoryLimit}
	}},
	{"FisherS", ever, false, func(p Profile, n, k int) dimensionEstimator {
		return FisherS{MemoryLimit: p.MemoryLimit}
	}},
	{"BoxCounting", ever, false, func(p Profile, n, k int) dimensionEstimator {
		return BoxCounting{MemoryLimit: p.MemoryLimit}
	}},
	{"I3D", onLattice, false, func(p Profile, n, k int) dimensionEstimator {
		return I3D{Overlap: true, MemoryLimit: p.MemoryLimit}
	}},
	{"GeoMLE", named, false, func(p Profile, n, k int) dimensionEstimator {
		e := GeoMLE{Neighbors: min(55, (n-1)/2), Seed: p.Seed, MemoryLimit: p.MemoryLimit}
		if e.reach(n) <= k { // else it seeks its own
			e.Graph = p.Graph
		}
		return e
	}},
	{"DANCo", named, false, func(p Profile, n, k int) dimensionEstimator {
		return DANCo{Neighbors: min(10, k-1), Seed: p.Seed, Graph: p.Graph, MemoryLimit: p.MemoryLimit}
	}},
	{"MiNDKL", named, false, func(p Profile, n, k int) dimensionEstimator {
		return MiNDKL{Neighbors: min(10, k-1), Seed: p.Seed, Graph: p.Graph, MemoryLimit: p.MemoryLimit}
	}},
	{"Hidalgo", named, false, func(p Profile, n, k int) dimensionEstimator {
		return Hidalgo{Neighbors: min(3, k), Seed: p.Seed, Graph: p.Graph, MemoryLimit: p.MemoryLimit}
	}},
	{"KNN", named, false, func(p Profile, n, k int) dimensionEstimator {
		return KNN{Seed: p.Seed, MemoryLimit: p.MemoryLimit}
	}},
	{"MSTDimension", named, false, func(p Profile, n, k int) dimensionEstimator {
		return MSTDimension{Seed: p.Seed, MemoryLimit: p.MemoryLimit}
	}},
	{"ScoreID", named, false, func(p Profile, n, k int) dimensionEstimator {
		return ScoreID{Seed: p.Seed, MemoryLimit: p.MemoryLimit}
	}},
	{"Separability", named, false, func(p Profile, n, k int) dimensionEstimator {
		return Separability{MemoryLimit: p.MemoryLimit}
	}},
}

// geoReach is how many neighbours GeoMLE chooses from by default.
const geoReach = 133

// wholeNumbers reports whether x holds rows of whole numbers.
func wholeNumbers(x mat.Matrix) bool {
	if _, ok := x.(*mat32.Distances); ok {
		return false
	}
	n, d := x.Dims()
	row := make([]float64, d)
	for i := range n {
		for _, v := range mat32.Row(row, i, x) {
			if v != math.Trunc(v) {
				return false
			}
		}
	}
	return true
}
