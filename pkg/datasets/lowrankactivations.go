package datasets

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/rng"
)

// LowRankActivations draws rows as the outputs of an attention layer look: sums of few of many
// sparse features, which an anisotropic output map then brings to Dim columns, most of them along
// Rank directions. What is left of the others is Noise. Dictionaries that begin anywhere lie mostly
// outside of these directions, and their features die.
//
// Source: J. Wang, X. Ge, W. Shu, Z. He and X. Qiu (2025), Attention layers add into
// low-dimensional residual subspaces.
type LowRankActivations struct {
	// Rows is the number of samples. Zero means 1000.
	Rows int

	// Dim is the number of columns. Zero means 64.
	Dim int

	// Rank is the number of directions that rows fill, at most Dim. Zero means 16.
	Rank int

	// Features is the number of sparse features. Zero means 2·Rank.
	Features int

	// Active is how many features a row has on average, at most Features. Zero means 3.
	Active float64

	// Decay is the power that the sizes of the directions fall by: direction k has k^−Decay. Zero
	// means 0.3.
	Decay float64

	// Noise is the standard deviation of every column beside them, where rows have mean square 1.
	// Zero means 0.001.
	Noise float64

	// Seed chooses the features, the directions and the sample.
	Seed uint64
}

// Resolve returns the options with the defaults filled in, or a *mat32.ParamError for the
// first that is out of its range.
func (g LowRankActivations) Resolve() (LowRankActivations, error) {
	o := options{generator: "datasets.LowRankActivations"}
	check(&o, "Rows", &g.Rows, standardRows, 1, mostRows)
	check(&o, "Dim", &g.Dim, 64, 1, 1<<14)
	check(&o, "Rank", &g.Rank, min(16, max(g.Dim, 1)), 1, max(g.Dim, 1))
	check(&o, "Features", &g.Features, 2*max(g.Rank, 1), 1, 1<<16)
	check(&o, "Active", &g.Active, min(3, float64(max(g.Features, 1))), smallest, float64(max(g.Features, 1)))
	check(&o, "Decay", &g.Decay, .3, smallest, 10)
	check(&o, "Noise", &g.Noise, .001, smallest, 1e3)
	return g, o.err
}

// Generate returns a sample. Truth.Latent holds how much every row has of each feature,
// Truth.Clean the rows without noise, Truth.Bases the directions and Truth.Centers those of the
// features, as rows of length 1. The error is a *mat32.ParamError or *mat32.MemoryError. It costs
// O(Rows·Dim·Active + Dim·Rank·(Rank + Features)).
func (g LowRankActivations) Generate() (*Dataset, error) {
	g, err := g.Resolve()
	if err != nil {
		return nil, err
	}
	if err := checkMemory("datasets.LowRankActivations", g.Rows, 2*g.Dim+g.Features); err != nil {
		return nil, err
	}
	if err := checkMemory("datasets.LowRankActivations", g.Dim+g.Features, 2*g.Rank+g.Dim); err != nil {
		return nil, err
	}
	directions := basis(g.Rank, g.Dim, g.Seed, "lowrankactivations/directions")
	features := mat.NewDense(g.Features, g.Dim, nil)
	s := rng.New(g.Seed, "lowrankactivations/features", 0)
	for f := range g.Features {
		row := features.RawRowView(f)
		for k := range g.Rank {
			size := s.Normal() * math.Pow(float64(k+1), -g.Decay)
			for j, v := range directions.RawRowView(k) {
				row[j] += size * v
			}
		}
		length := mat.Norm(features.RowView(f), 2)
		for j := range row {
			row[j] /= length
		}
	}
	// A feature is there with this probability, and then of a size even in [0, 2·mean].
	p := g.Active / float64(g.Features)
	mean := math.Sqrt(3 * float64(g.Dim) / (4 * g.Active)) // the expected square of a row is about Dim
	x, clean, latent := mat.NewDense(g.Rows, g.Dim, nil), mat.NewDense(g.Rows, g.Dim, nil), mat.NewDense(g.Rows, g.Features, nil)
	eachRow(g.Rows, g.Seed, "lowrankactivations", func(i int, s *rng.Stream) {
		row, whole, parts := x.RawRowView(i), clean.RawRowView(i), latent.RawRowView(i)
		for f := range parts {
			if there := s.Float64() < p; !there {
				continue
			}
			parts[f] = 2 * mean * s.Float64()
			for j, v := range features.RawRowView(f) {
				whole[j] += parts[f] * v
			}
		}
		for j, v := range whole {
			row[j] = v + g.Noise*s.Normal()
		}
	})
	names := make([]string, g.Features)
	for f := range names {
		names[f] = fmt.Sprintf("feature %d", f+1)
	}
	columns := make([]string, g.Dim)
	for j := range columns {
		columns[j] = fmt.Sprintf("column %d", j+1)
	}
	return &Dataset{
		Name:     "low-rank activations",
		X:        x,
		Features: columns,
		Source:   "generated; after Wang, Ge, Shu, He and Qiu (2025)",
		Notes:    []string{fmt.Sprintf("%d features, %.4g a row, along %d directions, noise %.4g, seed %d", g.Features, g.Active, g.Rank, g.Noise, g.Seed)},
		Truth:    Truth{Latent: latent, Coordinates: names, Clean: clean, Centers: features, Bases: []*mat.Dense{directions}, Dimension: g.Rank},
	}, nil
}
