package datasets

import (
	"fmt"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// LowRankGaussianMixture draws rows from normal distributions around the origin, each of
// which fills a subspace of few dimensions: a row of class k is Uₖᵀ·a + Sigma·e, with an
// orthonormal basis Uₖ (Rank × Dim) and standard normal a and e. Subspaces are orthogonal
// to each other where Dim has room for all of them, as the theory of the model asks, and
// drawn one by one otherwise. The classes have equal shares.
//
// It is the model on which training a denoiser is the same as clustering by subspaces, and on
// which the rows that this needs grow in proportion to Rank.
//
// Source: P. Wang, H. Zhang, Z. Zhang, S. Chen, Y. Ma and Q. Qu (2024), Diffusion models learn
// low-dimensional distributions via subspace clustering.
type LowRankGaussianMixture struct {
	// Rows is the number of samples. Zero means 1000.
	Rows int

	// Dim is the number of columns, at least Rank. Zero means 48.
	Dim int

	// Classes is the number of subspaces. Zero means 2.
	Classes int

	// Rank is the dimension of every subspace. Zero means 6, or Dim where that is less.
	Rank int

	// Sigma is the standard deviation of the noise in every column. Zero means none.
	Sigma float64

	// Seed chooses the subspaces and the sample.
	Seed uint64
}

// Resolve returns the options with the defaults filled in, or a
// *mat32.ParamError for the first that is out of its range.
func (g LowRankGaussianMixture) Resolve() (LowRankGaussianMixture, error) {
	o := options{generator: "datasets.LowRankGaussianMixture"}
	check(&o, "Rows", &g.Rows, standardRows, 1, mostRows)
	check(&o, "Dim", &g.Dim, 48, 1, mostDims)
	check(&o, "Classes", &g.Classes, 2, 1, mostDims)
	check(&o, "Rank", &g.Rank, min(6, g.Dim), 1, g.Dim)
	check(&o, "Sigma", &g.Sigma, 0, smallest, largest)
	return g, o.err
}

// Generate returns a Rows × Dim sample with the subspace of every row as label, whose Truth
// holds Dimension, Bases, Clean (the rows without noise), Latent (their coordinates in the
// basis of their class) and Weights. The error is a *mat32.ParamError or *mat32.MemoryError. It
// costs O(Rows·Dim·Rank + Dim·Rank²·Classes²).
func (g LowRankGaussianMixture) Generate() (*Dataset, error) {
	g, err := g.Resolve()
	if err != nil {
		return nil, err
	}
	const method = "datasets.LowRankGaussianMixture"
	// Both factors are below 2⁵⁴: a float64 tells whether their product fits.
	values := float64(2*g.Rows+g.Classes*g.Rank) * float64(g.Dim+g.Rank)
	if err := mat32.CheckMemory(method, int64(min(8*values, 1<<62)), 0, "ask for fewer Rows, Classes or dimensions"); err != nil {
		return nil, err
	}
	bases := make([]*mat.Dense, g.Classes)
	if g.Classes*g.Rank <= g.Dim {
		all := basis(g.Classes*g.Rank, g.Dim, g.Seed, "low rank/subspaces")
		for k := range bases {
			bases[k] = mat.DenseCopyOf(all.Slice(k*g.Rank, (k+1)*g.Rank, 0, g.Dim))
		}
	} else {
		for k := range bases {
			bases[k] = basis(g.Rank, g.Dim, g.Seed, fmt.Sprintf("low rank/subspaces/%d", k))
		}
	}
	labels := deal(g.Rows, g.Classes, g.Seed, "low rank/labels")
	latent, clean := mat.NewDense(g.Rows, g.Rank, nil), mat.NewDense(g.Rows, g.Dim, nil)
	x := mat.NewDense(g.Rows, g.Dim, nil)
	eachRow(g.Rows, g.Seed, "low rank", func(i int, s *rng.Stream) {
		z, row := latent.RawRowView(i), clean.RawRowView(i)
		for j := range z {
			z[j] = s.Normal()
			for c, v := range bases[labels[i]].RawRowView(j) {
				row[c] += z[j] * v
			}
		}
		to := x.RawRowView(i)
		copy(to, row)
		if g.Sigma > 0 {
			for c := range to {
				to[c] += g.Sigma * s.Normal()
			}
		}
	})
	return &Dataset{
		Name:     "low-rank gaussian mixture",
		X:        x,
		Labels:   labels,
		Names:    numbered(g.Classes),
		Features: axes(g.Dim),
		Source:   "generated; Wang, Zhang, Zhang, Chen, Ma and Qu (2024)",
		Notes:    []string{fmt.Sprintf("rank %d, sigma %v, seed %d", g.Rank, g.Sigma, g.Seed)},
		Truth: Truth{Dimension: g.Rank, Bases: bases, Clean: clean, Latent: latent, Coordinates: axes(g.Rank),
			Weights: slices.Repeat([]float64{1 / float64(g.Classes)}, g.Classes)},
	}, nil
}
