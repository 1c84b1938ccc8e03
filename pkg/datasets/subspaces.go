package datasets

import (
	"fmt"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// UnionOfSubspaces draws rows from linear subspaces of several dimensions, each
// with a random orthonormal basis: the coordinates of a row in the basis of its
// class are independent and standard normal. The classes have equal numbers of
// rows. It is the model of subspace clustering, and tells whether an estimate of
// dimension is local.
//
// All subspaces go through the origin. Where the dimensions of any two of them do
// not exceed Dim together, they meet nowhere else, as they are drawn at random:
// then Truth.Geodesic is the straight distance within a subspace and the way
// through the origin, ‖a‖ + ‖b‖, between two. Otherwise it is nil.
//
// Source: Soltanolkotabi and Candès (2012), A geometric analysis of subspace
// clustering with outliers, whose random model it is, with normal coordinates.
type UnionOfSubspaces struct {
	// Rows is the number of samples. Zero means 1000.
	Rows int

	// Dim is the number of columns, at least that of any subspace. Zero means 30.
	Dim int

	// Dims holds the dimension of every subspace. Nil means 2, 5 and 10.
	Dims []int

	// Seed chooses the subspaces and the sample.
	Seed uint64
}

// Resolve returns the options with the defaults filled in, or a
// *mat32.ParamError for the first that is out of its range.
func (g UnionOfSubspaces) Resolve() (UnionOfSubspaces, error) {
	o := options{generator: "datasets.UnionOfSubspaces"}
	check(&o, "Rows", &g.Rows, standardRows, 1, mostRows)
	check(&o, "Dim", &g.Dim, 30, 1, mostDims)
	if g.Dims == nil {
		g.Dims = []int{2, 5, 10}
	}
	if len(g.Dims) == 0 {
		o.refuse("Dims", "empty", "a dimension for every subspace, or nil")
	}
	for _, d := range g.Dims {
		if d < 1 || d > g.Dim {
			o.refuse("Dims", d, fmt.Sprintf("1 ≤ each of Dims ≤ Dim = %d", g.Dim))
		}
	}
	return g, o.err
}

// Generate returns a Rows × Dim sample with the subspace of every row as label,
// whose Truth holds Dimensions, or Dimension where all are the same, Bases, Clean
// and, where it is known, Geodesic. The error is a *mat32.ParamError or
// *mat32.MemoryError. It costs O(Rows·Dim·d) for subspaces of d dimensions.
func (g UnionOfSubspaces) Generate() (*Dataset, error) {
	g, err := g.Resolve()
	if err != nil {
		return nil, err
	}
	vectors := 0
	for _, d := range g.Dims {
		vectors += d
	}
	if err := mat32.CheckMemory("datasets.UnionOfSubspaces", 8*int64(2*g.Rows+vectors)*int64(g.Dim+1), 0, "ask for fewer Rows or dimensions"); err != nil {
		return nil, err
	}
	classes := len(g.Dims)
	bases := make([]*mat.Dense, classes)
	names := make([]string, classes)
	for k, d := range g.Dims {
		bases[k] = basis(d, g.Dim, g.Seed, fmt.Sprintf("subspaces/%d", k))
		names[k] = fmt.Sprintf("%d: dimension %d", k+1, d)
	}
	labels := deal(g.Rows, classes, g.Seed, "subspaces/labels")
	clean := mat.NewDense(g.Rows, g.Dim, nil)
	dims := make([]int, g.Rows)
	eachRow(g.Rows, g.Seed, "subspaces", func(i int, s *rng.Stream) {
		k := labels[i]
		dims[i] = g.Dims[k]
		row := clean.RawRowView(i)
		for j := range g.Dims[k] {
			floats.AddScaled(row, s.Normal(), bases[k].RawRowView(j))
		}
	})
	truth := Truth{Clean: clean, Bases: bases}
	sorted := slices.Sorted(slices.Values(g.Dims))
	if sorted[0] == sorted[classes-1] {
		truth.Dimension = sorted[0]
	} else {
		truth.Dimensions = dims
	}
	if classes == 1 || sorted[classes-1]+sorted[classes-2] <= g.Dim {
		home := slices.Clone(labels)
		truth.Geodesic = func(i, j int) float64 {
			a, b := clean.RawRowView(i), clean.RawRowView(j)
			if home[i] == home[j] {
				return floats.Distance(a, b, 2)
			}
			return floats.Norm(a, 2) + floats.Norm(b, 2)
		}
	}
	return &Dataset{
		Name:     "union of subspaces",
		X:        mat.DenseCopyOf(clean),
		Labels:   labels,
		Names:    names,
		Features: axes(g.Dim),
		Source:   "generated; Soltanolkotabi and Candès (2012)",
		Notes:    []string{fmt.Sprintf("seed %d", g.Seed)},
		Truth:    truth,
	}, nil
}
