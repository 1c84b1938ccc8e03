package dr

import (
	"cmp"
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/mds"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// FunctorialMDS clusters the rows at every scale and lays them out by metric
// multidimensional scaling of the scales at which they meet: δᵢⱼ is the least scale at
// which rows i and j share a cluster, and the map lowers the raw stress Σ (dᵢⱼ − δᵢⱼ)².
//
// A clustering at every scale is a functor where it respects maps that bring no two rows
// farther apart: what they map from one cluster is in one cluster. MaximalLinkage, whose
// clusters are the maximal simplices of the Vietoris-Rips complex, gives metric MDS, and
// SingleLinkage, whose clusters are its pieces, one that gathers what chains of near rows
// connect, of whatever shape; every other functor that leaves two points at their distance
// lies between them. Both respect every such map; RobustLinkage those alone that keep
// different rows apart, since it counts rows.
//
//	               any map   one to one
//	SingleLinkage     ×          ×
//	MaximalLinkage    ×          ×
//	RobustLinkage                ×
//
// δ moves no farther than the distances do, and the root of the least stress no farther
// than δ in Euclidean norm: FunctorialMDSModel.StressBound.
//
// Time that of neighbors.MST, which MaximalLinkage spares, and O(n²·Components) an iteration
// of SMACOF; memory 4·n² bytes and n²·Components/16. A mat32.Distances given as x is
// clustered as it is.
//
// Sources: D. Shiebler (2021), Functorial manifold learning, where it is single and maximal
// linkage scaling; K. Chaudhuri and S. Dasgupta (2010), Rates of convergence for the cluster
// tree, for RobustLinkage (with α = 1, and the symmetric reach of R. Campello, D. Moulavi
// and J. Sander, 2013).
type FunctorialMDS struct {
	// Linkage says when rows share a cluster: SingleLinkage, MaximalLinkage or
	// RobustLinkage. Default SingleLinkage.
	Linkage Linkage

	// Neighbors is the number of other rows that must be within a scale of a row before it
	// joins any: larger values keep stray rows from linking clusters. Ignored unless Linkage
	// is RobustLinkage. Default 5, or n−1.
	Neighbors int

	// Components is the number of dimensions of the map, at most n−1. Default 2, or 1
	// of two rows.
	Components int

	// Iterations is the largest number of iterations; more of them lower the stress further.
	// Default 300.
	Iterations int

	// Tolerance ends the iterations when one lowers the stress by less, relative to the
	// sum of the squared distances of the map. Larger values end earlier; the constant
	// Zero goes on while the stress falls. Default 1e-6.
	Tolerance float64

	// Start is where the points begin: FromClassical, FromRandom or From(y). Default
	// FromClassical.
	Start Start

	// Seed of FromRandom, and of dimensions that a classical start lacks.
	Seed uint64

	// MemoryLimit in bytes refuses data whose distances would not fit. Default
	// GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

// Linkage says at which scale rows share a cluster.
type Linkage string

const (
	// SingleLinkage joins rows that a chain of steps no longer than the scale connects.
	SingleLinkage Linkage = "single"

	// MaximalLinkage joins rows that are all within the scale of each other, in clusters that
	// overlap: two rows meet at their distance.
	MaximalLinkage Linkage = "maximal"

	// RobustLinkage is SingleLinkage of the rows that have enough others within the scale.
	RobustLinkage Linkage = "robust"
)

// Resolve returns the options with defaults filled in for n × d data, or an error that
// names the option and its range.
func (f FunctorialMDS) Resolve(n, d int) (FunctorialMDS, error) {
	const method = "dr.FunctorialMDS"
	f.Linkage = cmp.Or(f.Linkage, SingleLinkage)
	if err := majorizing(method, n, d, &f.Components, &f.Iterations, &f.Tolerance, &f.Start, f.MemoryLimit); err != nil {
		return f, err
	}
	switch f.Linkage {
	case SingleLinkage, MaximalLinkage:
		if f.Neighbors < 0 {
			return f, &mat32.ParamError{Method: method, Param: "Neighbors", Value: f.Neighbors, Want: "0 or more"}
		}
		f.Neighbors = 0
		return f, nil
	case RobustLinkage:
		if f.Neighbors == 0 {
			f.Neighbors = min(5, n-1)
		}
		return f, checkRange(method, "Neighbors", f.Neighbors, 1, n-1, "n−1")
	}
	return f, &mat32.ParamError{Method: method, Param: "Linkage", Value: string(f.Linkage), Want: "SingleLinkage, MaximalLinkage or RobustLinkage"}
}

// String returns the options in one line, as captions and tables show them.
func (f FunctorialMDS) String() string {
	s := fmt.Sprintf("%s linkage", f.Linkage)
	if f.Linkage == RobustLinkage {
		s += fmt.Sprintf(" of %d neighbours", f.Neighbors)
	}
	return s + fmt.Sprintf(", %d iterations, tolerance %.4g, start %v, seed %d", f.Iterations, f.Tolerance, f.Start, f.Seed)
}

// Fit makes a map of the rows of x (n × d), or of what lies at the distances that x
// holds. Errors: those of mat32.Check and Resolve, *mat32.DegenerateError where all rows
// are equal or distances exceed float64, *mat32.MemoryError, and one that wraps ctx.Err();
// a cancel during the iterations also returns the model so far, its embedding marked
// Partial and without a stress.
func (f FunctorialMDS) Fit(ctx context.Context, x mat.Matrix) (*FunctorialMDSModel, error) {
	const method = "dr.FunctorialMDS"
	n, cols, err := checkData(ctx, method, x, 1)
	if err != nil {
		return nil, err
	}
	if f, err = f.Resolve(n, cols); err != nil {
		return nil, err
	}
	need := int64(n)*int64(n)*int64(f.Components)/16 + 8*int64(n)*60*int64(f.Components+8) + pairsMemory(x)
	if f.Linkage != MaximalLinkage {
		need += 4 * int64(n) * int64(n)
	}
	if err := mat32.CheckMemory(method, need, f.MemoryLimit, "it holds all pairs: use fewer rows"); err != nil {
		return nil, err
	}
	meets, err := f.meets(ctx, method, x)
	if err != nil {
		return nil, err
	}
	d, err := dissimilaritiesOf(ctx, method, meets)
	if err != nil {
		return nil, err
	}
	start := d.place(f.Start, f.Components, f.Seed)
	l, err := mds.SMACOF{Dim: f.Components, Iterations: f.Iterations, Tolerance: f.Tolerance, Start: start, Seed: f.Seed}.Place(ctx, n, d.pairs)
	model := new(FunctorialMDSModel)
	err = model.stressed(d, l, err, Embedding{Method: "functorial MDS", Options: f.String(), Dim: cols, Loss: "stress-1"})
	if model.embedding == nil {
		return nil, err
	}
	return model, err
}

// meets returns what metric MDS is to scale: x itself, or the scales at which chains connect
// its rows.
func (f FunctorialMDS) meets(ctx context.Context, method string, x mat.Matrix) (mat.Matrix, error) {
	if f.Linkage == MaximalLinkage {
		return x, nil
	}
	tree, err := neighbors.MST{Core: f.Neighbors, MemoryLimit: f.MemoryLimit}.Fit(ctx, x)
	if err != nil {
		return nil, mat32.Rename(method, err)
	}
	u, err := tree.Ultrametric(ctx, f.MemoryLimit)
	if err != nil {
		return nil, mat32.Rename(method, err)
	}
	return u, nil
}

// Embed returns the map of the rows of x: Fit(ctx, x) and its embedding. When cancelled
// during the iterations it returns the map so far, marked Partial, with the error.
func (f FunctorialMDS) Embed(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	model, err := f.Fit(ctx, x)
	if model == nil {
		return nil, err
	}
	return model.embedding, err
}

// FunctorialMDSModel is fitted by FunctorialMDS. It is the map of the rows it was given,
// which is 8·n·Components bytes; stress has no formula for others.
type FunctorialMDSModel struct {
	stressModel[FunctorialMDS]
}

// StressBound returns how far the root of the least raw stress may lie from that of the same
// rows when no distance between two of them changes by more than noise: noise·√(n(n−1)/2).
// It holds as well for the stress of a map with two sets of distances, and so for what is
// attained from such a map on: √Stress of a fit that starts From the map of another is at
// most that of the other and StressBound.
func (m *FunctorialMDSModel) StressBound(noise float64) float64 {
	n := float64(m.embedding.Rows)
	return math.Abs(noise) * math.Sqrt(n*(n-1)/2)
}

const functorialMDSKind = "dr.FunctorialMDSModel"

func (FunctorialMDS) kind() string { return functorialMDSKind }
