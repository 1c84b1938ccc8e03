package datasets

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// GaussianMixture draws rows from normal clouds with weights, centres and
// covariances, given or drawn: the class of a row is drawn by Weights, its place
// from the normal distribution of that class. Blobs is the special case of round
// clouds with equal numbers of rows.
//
// A drawn covariance has the eigenvalues Spread²·Condition^(−j/(d−1)), j from 0 to
// d − 1, in directions of its own, uniform among all orthonormal ones.
//
// Source: McLachlan and Peel (2000), Finite Mixture Models.
type GaussianMixture struct {
	// Rows is the number of samples. Zero means 1000.
	Rows int

	// Classes is the number of clouds. Zero means 3, or as many as Weights, Centers
	// or Covariances has.
	Classes int

	// Dim is the number of columns. Zero means 2, or as many as Centers or
	// Covariances has.
	Dim int

	// Weights holds a share for every class; all are positive, and count in
	// proportion to their sum. Nil means equal shares.
	Weights []float64

	// Centers holds a centre in every row. Nil means that they are drawn.
	Centers mat.Matrix

	// Box is half the side of the box [−Box, Box] in which the centres are drawn;
	// it is ignored when Centers is given. Zero means 10.
	Box float64

	// Covariances holds a covariance, which must be positive definite, for every
	// class. Nil means that they are drawn.
	Covariances []mat.Symmetric

	// Spread is the standard deviation of a drawn cloud in its longest direction.
	// It is ignored when Covariances is given. Zero means 1.
	Spread float64

	// Condition is the ratio of the largest to the smallest variance of a drawn
	// cloud. It is ignored when Covariances is given, and in one dimension. Zero
	// means 10; 1 means round clouds.
	Condition float64

	// Seed chooses the sample, and what is drawn of centres and covariances.
	Seed uint64
}

// Resolve returns the options with the defaults filled in, or a
// *mat32.ParamError for the first that is out of its range or does not fit the
// others; Centers that hold NaN or infinities are a *mat32.NotFiniteError, empty
// ones mat32.ErrEmpty.
func (g GaussianMixture) Resolve() (GaussianMixture, error) {
	o := options{generator: "datasets.GaussianMixture"}
	classes, dim := 0, 0
	fit := func(param string, have int, want *int, what string) {
		if *want == 0 {
			*want = have
		}
		if have != *want || have == 0 {
			o.refuse(param, fmt.Sprintf("for %d %s", have, what), fmt.Sprintf("as many as the others have, %d", *want))
		}
	}
	if g.Weights != nil {
		fit("Weights", len(g.Weights), &classes, "classes")
		for _, w := range g.Weights {
			if !(w >= smallest && w <= largest) {
				o.refuse("Weights", w, fmt.Sprintf("%v ≤ each of Weights ≤ %v", smallest, largest))
			}
		}
	}
	if g.Centers != nil {
		if err := mat32.CheckFloat32(g.Centers); err != nil {
			return g, fmt.Errorf("%s: Centers: %w", o.generator, err)
		}
		rows, cols := g.Centers.Dims()
		fit("Centers", rows, &classes, "classes")
		fit("Centers", cols, &dim, "columns")
	}
	if g.Covariances != nil {
		fit("Covariances", len(g.Covariances), &classes, "classes")
		for k, c := range g.Covariances {
			if c == nil {
				o.refuse("Covariances", fmt.Sprintf("nil for class %d", k), "a symmetric matrix")
				continue
			}
			fit("Covariances", c.SymmetricDim(), &dim, "columns")
		}
	}
	if g.Classes != 0 && classes != 0 && g.Classes != classes {
		o.refuse("Classes", g.Classes, fmt.Sprintf("0 or the %d that are given", classes))
	}
	if g.Dim != 0 && dim != 0 && g.Dim != dim {
		o.refuse("Dim", g.Dim, fmt.Sprintf("0 or the %d columns that are given", dim))
	}
	if classes == 0 {
		classes = 3
	}
	if dim == 0 {
		dim = 2
	}
	check(&o, "Rows", &g.Rows, standardRows, 1, mostRows)
	check(&o, "Classes", &g.Classes, classes, 1, mostDims)
	check(&o, "Dim", &g.Dim, dim, 1, mostDims)
	check(&o, "Box", &g.Box, 10, smallest, largest)
	check(&o, "Spread", &g.Spread, 1, smallest, largest)
	check(&o, "Condition", &g.Condition, 10, 1, largest)
	return g, o.err
}

// Generate returns a Rows × Dim sample with Labels and Names ("1", "2", …),
// whose Truth holds Dimension (Dim), Centers, Covariances and Weights, which sum
// to 1. The error is one of Resolve, a *mat32.ParamError for a covariance that is
// not positive definite, or a *mat32.MemoryError. It costs O(Rows·Dim² +
// Classes·Dim³).
func (g GaussianMixture) Generate() (*Dataset, error) {
	const method = "datasets.GaussianMixture"
	g, err := g.Resolve()
	if err != nil {
		return nil, err
	}
	classes, dim := int64(g.Classes), int64(g.Dim)
	if values := float64(g.Rows)*float64(dim+2) + 3*float64(classes)*float64(dim)*float64(dim); values < 0x1p58 {
		err = mat32.CheckMemory(method, 8*int64(values), 0, "ask for fewer Rows, Classes or dimensions")
	} else {
		err = mat32.CheckMemory(method, math.MaxInt64, 0, "ask for fewer Rows, Classes or dimensions")
	}
	if err != nil {
		return nil, err
	}
	truth := Truth{Dimension: g.Dim, Weights: g.weights(), Covariances: make([]*mat.SymDense, g.Classes)}
	if g.Centers != nil {
		truth.Centers = mat.DenseCopyOf(g.Centers)
	} else {
		truth.Centers = inBox(g.Classes, g.Dim, g.Box, g.Seed, "mixture/centers")
	}
	roots := make([]*mat.Dense, g.Classes) // Lᵀ for a covariance L·Lᵀ
	for k := range roots {
		if g.Covariances == nil {
			roots[k] = g.root(k)
			truth.Covariances[k] = mat.NewSymDense(g.Dim, nil)
			truth.Covariances[k].SymOuterK(1, roots[k].T())
			continue
		}
		c := mat.NewSymDense(g.Dim, nil)
		c.CopySym(g.Covariances[k])
		truth.Covariances[k] = c
		var chol mat.Cholesky
		if err := mat32.CheckFloat32(c); err != nil {
			return nil, fmt.Errorf("%s: Covariances[%d]: %w", method, k, err)
		}
		if !chol.Factorize(c) {
			return nil, &mat32.ParamError{Method: method, Param: "Covariances", Value: fmt.Sprintf("not positive definite for class %d", k),
				Want: "positive definite matrices"}
		}
		var upper mat.TriDense
		chol.UTo(&upper)
		roots[k] = mat.DenseCopyOf(&upper)
	}
	upTo := make([]float64, g.Classes)
	cumulate(upTo, truth.Weights)
	labels := make([]int, g.Rows)
	x := mat.NewDense(g.Rows, g.Dim, nil)
	eachRow(g.Rows, g.Seed, "mixture", func(i int, s *rng.Stream) {
		k := choose(upTo, s)
		labels[i] = k
		row := x.RawRowView(i)
		copy(row, truth.Centers.RawRowView(k))
		for j := range g.Dim {
			z := s.Normal()
			for l, r := range roots[k].RawRowView(j) {
				row[l] += z * r
			}
		}
	})
	notes := fmt.Sprintf("condition %v, seed %d", g.Condition, g.Seed)
	if g.Covariances != nil {
		notes = fmt.Sprintf("given covariances, seed %d", g.Seed)
	}
	return &Dataset{
		Name:     "gaussian mixture",
		X:        x,
		Labels:   labels,
		Names:    numbered(g.Classes),
		Features: axes(g.Dim),
		Source:   "generated; McLachlan and Peel (2000)",
		Notes:    []string{notes},
		Truth:    truth,
	}, nil
}

func (g GaussianMixture) weights() []float64 {
	weights := slices.Clone(g.Weights)
	if weights == nil {
		weights = slices.Repeat([]float64{1}, g.Classes)
	}
	sum := 0.
	for _, w := range weights {
		sum += w
	}
	for k := range weights {
		weights[k] /= sum
	}
	return weights
}

// root draws Lᵀ of class k: orthonormal rows, each as long as the standard
// deviation in its direction.
func (g GaussianMixture) root(k int) *mat.Dense {
	v := basis(g.Dim, g.Dim, g.Seed, fmt.Sprintf("mixture/axes/%d", k))
	for j := range g.Dim {
		length := g.Spread
		if g.Dim > 1 {
			length *= math.Pow(g.Condition, -float64(j)/float64(2*(g.Dim-1)))
		}
		row := v.RawRowView(j)
		for l := range row {
			row[l] *= length
		}
	}
	return v
}
