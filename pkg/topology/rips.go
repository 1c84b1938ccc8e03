package topology

import (
	"context"
	"fmt"
	"math"
	"math/bits"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// OnlyPieces, as MaxDim, asks for dimension 0 alone, whose default is another.
const OnlyPieces = -1

// homology returns the dimension that a MaxDim, which is resolved, stands for.
func homology(maxDim int) int { return max(maxDim, 0) }

// mostHomology is far beyond what can be computed where there is any.
const (
	mostHomology = 1000
	wantHomology = "1 ≤ MaxDim ≤ 1000, or OnlyPieces"
)

// Rips computes the persistent homology of the Vietoris-Rips filtration of points: at every
// scale, each set of them whose pairwise distances are at most that scale is a simplex.
// Scales are lengths of edges, not radii of balls.
//
// It is computed as cohomology (V. de Silva, D. Morozov and M. Vejdemo-Johansson, 2011,
// Dualities in persistent (co)homology) with the ideas that U. Bauer (2021, Ripser:
// efficient computation of Vietoris-Rips persistence barcodes) put together: columns are
// implicit, pairs that are apparent are never put into a matrix, and what was paired in one
// dimension is cleared in the next.
type Rips struct {
	// MaxDim is the largest dimension of homology: 0 pieces, 1 rings, 2 cavities. Each costs
	// about as many times more as a point has neighbours. Default 1; OnlyPieces is 0.
	MaxDim int

	// Threshold is the largest scale, in the unit of the distances. Smaller ones cost far
	// less. Default the enclosing radius, beyond which nothing happens: where one point is
	// joined to all others. +Inf looks at every distance.
	Threshold float64

	// Prime is the field of coefficients: the integers modulo a prime, up to 65521. Twisted
	// shapes look otherwise by other primes. Default 2, which is fastest.
	Prime int

	// Births holds the scale at which each point appears, from when on it has edges. Default
	// nil: all are there at 0.
	Births []float64

	// Cocycles asks for a representative of every class from dimension 1 on. It rules out the
	// collapse of edges, which makes dimension 3 and those above fast. Default false.
	Cocycles bool

	// Landmarks is the number of points that stand for all, for clouds too large to compute in
	// full: each the farthest from those before. Larger ones cost more and see more: scales
	// are off by at most twice how far the others are from them, which Notes say. Default 0:
	// every row counts.
	Landmarks int

	// Sparse makes the filtration sparse: every scale is off by a factor of at most 1+Sparse.
	// Larger ones are faster: edges and simplices of points that are close to others come to
	// an end soon, so that there are O(n) of them where dimensions are low, at any threshold,
	// after O(n²) distances. Default 0: exact. It does not go with Births.
	Sparse float64

	// MemoryLimit in bytes refuses data whose edges would not fit. Default GOMEMLIMIT, or
	// 4 GiB.
	MemoryLimit int64
}

const maxPrime = 65521

// Resolve returns the options with defaults filled in but for the threshold, which takes the
// distances, or a *mat32.ParamError, for a matrix of n rows and d columns.
func (r Rips) Resolve(n, d int) (Rips, error) {
	const method = "topology.Rips"
	if r.MaxDim == 0 {
		r.MaxDim = 1
	}
	if r.Prime == 0 {
		r.Prime = 2
	}
	switch {
	case r.MaxDim < OnlyPieces || r.MaxDim > mostHomology:
		return r, &mat32.ParamError{Method: method, Param: "MaxDim", Value: r.MaxDim, Want: wantHomology}
	case !(r.Threshold >= 0):
		return r, &mat32.ParamError{Method: method, Param: "Threshold", Value: r.Threshold, Want: "a distance, 0 or more"}
	case r.Prime > maxPrime || !prime(r.Prime):
		return r, &mat32.ParamError{Method: method, Param: "Prime", Value: r.Prime, Want: fmt.Sprintf("a prime up to %d", maxPrime)}
	case !(r.Sparse >= 0) || math.IsInf(r.Sparse, 1):
		return r, &mat32.ParamError{Method: method, Param: "Sparse", Value: r.Sparse, Want: "a finite number, 0 or more"}
	case r.Sparse > 0 && r.Births != nil:
		return r, &mat32.ParamError{Method: method, Param: "Sparse", Value: r.Sparse, Want: "0 where points have Births"}
	case r.Landmarks < 0:
		return r, &mat32.ParamError{Method: method, Param: "Landmarks", Value: r.Landmarks, Want: "0 or more"}
	case r.MemoryLimit < 0:
		return r, &mat32.ParamError{Method: method, Param: "MemoryLimit", Value: r.MemoryLimit, Want: "0 or more bytes"}
	case r.Births != nil && len(r.Births) != n:
		return r, fmt.Errorf("%s: %w", method, &mat32.ShapeError{What: "Births", Rows: len(r.Births), Cols: 1, Want: fmt.Sprintf("one for each of %d rows", n)})
	}
	for i, b := range r.Births {
		if b-b != 0 {
			return r, fmt.Errorf("%s: Births: %w", method, &mat32.NotFiniteError{Row: i, Value: b})
		}
	}
	return r, nil
}

// prime reports whether p is one.
func prime(p int) bool {
	for q := 2; q*q <= p; q++ {
		if p%q == 0 {
			return false
		}
	}
	return p > 1
}

// Compute returns the persistent homology of the rows of x (n × d) by Euclidean distance,
// or of the rows whose distances x holds. Scales are exact distances in float64.
//
// Time O(m·k) for m edges and k neighbours of a point within the threshold, where the shape is
// simple, and O(m·k^MaxDim) at worst before the reduction, whose time no formula tells;
// memory is what Forecast returns. Errors: those of mat32.Check and Resolve,
// *mat32.MemoryError, *mat32.DegenerateError where distances exceed float64, and one that
// wraps ctx.Err().
func (r Rips) Compute(ctx context.Context, x mat.Matrix) (*Persistence, error) {
	const method = "topology.Rips"
	cloud, r, err := r.cloud(ctx, x)
	if err != nil {
		return nil, err
	}
	found, err := cloud.find(ctx, method)
	if err != nil {
		return nil, mat32.Rename(method, err)
	}
	f, err := cloud.complex(ctx, found)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	p, err := f.persistence(ctx, homology(r.MaxDim), r.Prime, r.Cocycles)
	if err != nil {
		return nil, mat32.Rename(method, err)
	}
	p.Threshold, p.Notes = cloud.threshold, cloud.notes
	if math.IsInf(p.Threshold, 1) {
		p.Threshold = f.last()
	}
	p.Filtration = fmt.Sprintf("Vietoris-Rips of %d points up to %.6g", f.n, p.Threshold)
	if cloud.sparse > 0 {
		p.Notes = append(p.Notes, cloud.factor())
	}
	for _, list := range p.Cocycles {
		for _, c := range list {
			for _, simplex := range c.Simplices {
				for k, v := range simplex {
					simplex[k] = cloud.row(v)
				}
			}
		}
	}
	return p, nil
}

// persistence returns the persistent homology of dimensions 0 to most.
func (f *flag) persistence(ctx context.Context, most, prime int, cocycles bool) (*Persistence, error) {
	p := &Persistence{Prime: prime, Rows: f.n, Diagrams: make([]Diagram, most+1)}
	stage := watch.Start(ctx, "persistence", most+1)
	var joins []bool
	p.Diagrams[0], joins = f.pieces()
	stage.Add(1)
	if f.gone == nil && !cocycles && f.collapses(most) {
		var err error
		if f, err = f.collapse(ctx); err != nil {
			return nil, err
		}
		_, joins = f.pieces()
	}
	h := newCohomology(f, prime)
	if h.cocycles = cocycles; cocycles {
		p.Cocycles = make([][]Cocycle, most+1)
	}
	for dim := 1; dim <= most; dim++ {
		if !h.fits(dim) {
			return nil, &mat32.ParamError{Param: "MaxDim", Value: most,
				Want: fmt.Sprintf("MaxDim ≤ %d: with %d rows and %d edges the simplices beyond do not fit %d bits", dim-1, f.n, len(f.ends), 64-bits.Len(uint(prime-2)))}
		}
		bars, representatives, err := h.diagram(ctx, dim, joins)
		if err != nil {
			return nil, err
		}
		p.Diagrams[dim] = bars
		if cocycles {
			p.Cocycles[dim] = representatives
		}
		stage.Add(1)
	}
	return p, nil
}

// ripsOf returns the persistent homology of n points whose distances are given in condensed
// form (see mat32.NewDistances), in dimensions 0 to most, up to a threshold, or to the
// enclosing radius where that is 0. It checks nothing, and is meant for many small clouds.
func ripsOf(ctx context.Context, n int, condensed []float64, most int, threshold float64) ([]Diagram, error) {
	length := func(i, j int) float64 {
		i, j = min(i, j), max(i, j)
		return condensed[i*(2*n-i-1)/2+j-i-1]
	}
	if threshold == 0 {
		threshold = math.Inf(1)
		for i := range n {
			threshold = min(threshold, farthest(n, i, threshold, length))
		}
	}
	spans := make([]span, 0, len(condensed))
	for i := range n {
		for j := range i {
			if v := length(i, j); v <= threshold {
				spans = append(spans, span{v, ends{uint32(i), uint32(j)}})
			}
		}
	}
	p, err := newFlag(n, nil, spans).persistence(ctx, most, 2, false)
	if err != nil {
		return nil, err
	}
	return p.Diagrams, nil
}
