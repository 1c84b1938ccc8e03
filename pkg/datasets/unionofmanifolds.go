package datasets

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// UnionOfManifolds draws rows from closed curves, sheets and bodies that wind around the
// origin of one sphere. Each coordinate tⱼ of a manifold, a share of a turn, goes round at
// constant speed along
//
//	Σₕ (cos 2πh·tⱼ · uₕⱼ + sin 2πh·tⱼ · vₕⱼ)/√(H·d),   h = 1 … H = Harmonics,
//
// in directions that are orthonormal within the manifold and random between manifolds; a
// manifold of d dimensions is the sum of d such curves. All rows have length 1, and every
// manifold has the origin as its mean and spans 2·H·d dimensions, so that neither centres nor
// linear subspaces of its own dimension tell one from another. The classes have equal shares.
//
// Source: it is made after the unions of curved manifolds that T. Ding, S. Tong, K. Chan, X. Dai,
// Y. Ma and B. Haeffele (2023), Unsupervised manifold linearizing and clustering, set out to part.
type UnionOfManifolds struct {
	// Rows is the number of samples. Zero means 1000.
	Rows int

	// Dim is the number of columns, at least 2·Harmonics times the largest of Dims. Zero
	// means 20.
	Dim int

	// Dims holds the dimension of every manifold. Nil means 1, 1 and 2.
	Dims []int

	// Harmonics is in how many ways a coordinate turns at once. Larger values curve more.
	// Zero means 2.
	Harmonics int

	// Seed chooses the manifolds and the sample.
	Seed uint64
}

// Resolve returns the options with the defaults filled in, or a
// *mat32.ParamError for the first that is out of its range.
func (g UnionOfManifolds) Resolve() (UnionOfManifolds, error) {
	o := options{generator: "datasets.UnionOfManifolds"}
	check(&o, "Rows", &g.Rows, standardRows, 1, mostRows)
	check(&o, "Dim", &g.Dim, 20, 2, mostDims)
	check(&o, "Harmonics", &g.Harmonics, 2, 1, mostDims)
	if g.Dims == nil {
		g.Dims = []int{1, 1, 2}
	}
	if len(g.Dims) == 0 {
		o.refuse("Dims", "empty", "a dimension for every manifold, or nil")
	}
	for _, d := range g.Dims {
		if d < 1 || d > g.Dim/(2*max(g.Harmonics, 1)) {
			o.refuse("Dims", d, fmt.Sprintf("1 ≤ each of Dims ≤ Dim/(2·Harmonics) = %d", g.Dim/(2*max(g.Harmonics, 1))))
		}
	}
	return g, o.err
}

// Generate returns a Rows × Dim sample with the manifold of every row as label, whose Truth
// holds Dimensions, or Dimension where all are the same, Clean, Latent (the shares of a turn,
// 0 in the columns that a manifold does not have) and Bases, of the linear span of every
// manifold. The error is a *mat32.ParamError or *mat32.MemoryError. It costs
// O(Rows·Dim·Harmonics·d).
func (g UnionOfManifolds) Generate() (*Dataset, error) {
	g, err := g.Resolve()
	if err != nil {
		return nil, err
	}
	vectors := 0
	for _, d := range g.Dims {
		vectors += 2 * g.Harmonics * d
	}
	most := slices.Max(g.Dims)
	if err := mat32.CheckMemory("datasets.UnionOfManifolds", 8*int64(2*g.Rows+vectors)*int64(g.Dim+most), 0, "ask for fewer Rows or dimensions"); err != nil {
		return nil, err
	}
	classes := len(g.Dims)
	bases, names := make([]*mat.Dense, classes), make([]string, classes)
	for k, d := range g.Dims {
		bases[k] = basis(2*g.Harmonics*d, g.Dim, g.Seed, fmt.Sprintf("manifolds/%d", k))
		names[k] = fmt.Sprintf("%d: dimension %d", k+1, d)
	}
	labels := deal(g.Rows, classes, g.Seed, "manifolds/labels")
	clean, latent := mat.NewDense(g.Rows, g.Dim, nil), mat.NewDense(g.Rows, most, nil)
	dims := make([]int, g.Rows)
	eachRow(g.Rows, g.Seed, "manifolds", func(i int, s *rng.Stream) {
		k := labels[i]
		dims[i] = g.Dims[k]
		row, t := clean.RawRowView(i), latent.RawRowView(i)
		size := 1 / math.Sqrt(float64(g.Harmonics*dims[i]))
		for j := range dims[i] {
			t[j] = s.Float64()
			for h := range g.Harmonics {
				sin, cos := math.Sincos(2 * math.Pi * float64(h+1) * t[j])
				at := 2 * (j*g.Harmonics + h)
				floats.AddScaled(row, size*cos, bases[k].RawRowView(at))
				floats.AddScaled(row, size*sin, bases[k].RawRowView(at+1))
			}
		}
	})
	truth := Truth{Clean: clean, Bases: bases, Latent: latent, Coordinates: turns(most)}
	if slices.Min(g.Dims) == most {
		truth.Dimension = most
	} else {
		truth.Dimensions = dims
	}
	return &Dataset{
		Name:     "union of manifolds",
		X:        mat.DenseCopyOf(clean),
		Labels:   labels,
		Names:    names,
		Features: axes(g.Dim),
		Source:   "generated; after Ding, Tong, Chan, Dai, Ma and Haeffele (2023)",
		Notes:    []string{fmt.Sprintf("%d harmonics, seed %d", g.Harmonics, g.Seed)},
		Truth:    truth,
	}, nil
}

// turns names the coordinates of a closed shape.
func turns(n int) []string {
	names := make([]string, n)
	for j := range names {
		names[j] = fmt.Sprintf("turn %d", j+1)
	}
	return names
}
