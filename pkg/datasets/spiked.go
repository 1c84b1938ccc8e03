package datasets

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// SpikedCovariance draws normal rows whose covariance has a few large
// eigenvalues, the spikes, in random orthonormal directions, and Sigma² in all
// others:
//
//	Σ = Sigma²·I + Σₖ (Spikes[k] − Sigma²)·vₖvₖᵀ.
//
// It is what decides whether a method knows how many principal components there
// are. With γ = Dim/Rows, a spike ℓ in units of Sigma² shows in the sample only if
// ℓ > 1 + √γ; its sample eigenvalue is then near ℓ·(1 + γ/(ℓ−1)), while those of
// the noise fill [(1−√γ)², (1+√γ)²].
//
// Sources: Johnstone (2001), On the distribution of the largest eigenvalue in
// principal components analysis; Baik, Ben Arous and Péché (2005), Phase
// transition of the largest eigenvalue for nonnull complex sample covariance
// matrices; Baik and Silverstein (2006), Eigenvalues of large sample covariance
// matrices of spiked population models.
type SpikedCovariance struct {
	// Rows is the number of samples. Zero means 1000.
	Rows int

	// Dim is the number of columns, at least that of the spikes. Zero means 200.
	Dim int

	// Spikes holds the population's eigenvalues above the noise, each larger than
	// Sigma². Nil means 20, 10 and 5 times Sigma².
	Spikes []float64

	// Sigma is the standard deviation of the noise. Zero means 1.
	Sigma float64

	// Seed chooses the directions and the sample.
	Seed uint64
}

// Resolve returns the options with the defaults filled in, or a
// *mat32.ParamError for the first that is out of its range.
func (g SpikedCovariance) Resolve() (SpikedCovariance, error) {
	o := options{generator: "datasets.SpikedCovariance"}
	check(&o, "Rows", &g.Rows, standardRows, 1, mostRows)
	check(&o, "Dim", &g.Dim, 200, 1, mostDims)
	check(&o, "Sigma", &g.Sigma, 1, smallest, largest)
	noise := g.Sigma * g.Sigma
	if g.Spikes == nil {
		g.Spikes = []float64{20 * noise, 10 * noise, 5 * noise}
	}
	for _, l := range g.Spikes {
		if !(l > noise && l <= largest*largest) {
			o.refuse("Spikes", l, fmt.Sprintf("Sigma² = %v < each of Spikes ≤ %v", noise, largest*largest))
		}
	}
	if g.Dim < len(g.Spikes) {
		o.refuse("Dim", g.Dim, fmt.Sprintf("at least the number of Spikes, %d", len(g.Spikes)))
	}
	return g, o.err
}

// Generate returns a Rows × Dim sample whose Truth holds Dimension (the number of
// spikes), Spectrum (all Dim eigenvalues of Σ), Bases (the vₖ, those of the
// largest spikes first), Clean (the rows without the part of variance Sigma²),
// Latent (their coordinates along the vₖ) and Geodesic, which is the straight
// distance between clean rows. With no spikes (an empty slice that is not nil)
// the rows are noise. The error is a *mat32.ParamError or *mat32.MemoryError. It
// costs O(Rows·Dim·(spikes + 1)).
func (g SpikedCovariance) Generate() (*Dataset, error) {
	g, err := g.Resolve()
	if err != nil {
		return nil, err
	}
	spikes := slices.Clone(g.Spikes)
	slices.SortFunc(spikes, func(a, b float64) int { return cmp.Compare(b, a) })
	k := len(spikes)
	if err := mat32.CheckMemory("datasets.SpikedCovariance", 8*int64(2*g.Rows+k+1)*int64(g.Dim+k), 0, "ask for fewer Rows or dimensions"); err != nil {
		return nil, err
	}
	noise := g.Sigma * g.Sigma
	truth := Truth{Dimension: k, Spectrum: slices.Repeat([]float64{noise}, g.Dim)}
	copy(truth.Spectrum, spikes)
	x := mat.NewDense(g.Rows, g.Dim, nil)
	if k > 0 {
		v := basis(k, g.Dim, g.Seed, "spiked/directions")
		latent := mat.NewDense(g.Rows, k, nil)
		eachRow(g.Rows, g.Seed, "spiked", func(i int, s *rng.Stream) {
			row := latent.RawRowView(i)
			for j := range row {
				row[j] = math.Sqrt(spikes[j]-noise) * s.Normal()
			}
		})
		truth.Latent, truth.Coordinates, truth.Bases = latent, axes(k), []*mat.Dense{v}
		truth.Clean = span(latent, v)
		truth.Geodesic = func(i, j int) float64 {
			return floats.Distance(latent.RawRowView(i), latent.RawRowView(j), 2)
		}
		x.Copy(truth.Clean)
	}
	eachRow(g.Rows, g.Seed, "spiked/noise", func(i int, s *rng.Stream) {
		row := x.RawRowView(i)
		for j := range row {
			row[j] += g.Sigma * s.Normal()
		}
	})
	return &Dataset{
		Name:     "spiked covariance",
		X:        x,
		Features: axes(g.Dim),
		Source:   "generated; Johnstone (2001)",
		Notes:    []string{fmt.Sprintf("spikes %v, sigma %v, seed %d", spikes, g.Sigma, g.Seed)},
		Truth:    truth,
	}, nil
}
