package quality

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
	"github.com/flatland-go/flatland/pkg/watch"
)

const density = "quality.DensityPreservation"

// DensityPreservation compares densities: whether rows that are crowded in the data are
// in an embedding. The density of a row is the sum over all rows, itself included, of
// exp(−(δ/δ₀)²/σ), δ₀ the largest distance, as a share of that of all rows, so that
// neither the units nor the scale of the embedding matter (Moor, Horn, Rieck and
// Borgwardt, 2020, Topological autoencoders).
//
// Time O(n²·d), memory 8·n·d bytes for the data and the embedding each, and 32 MB, or 256·n
// where that is more: no n × n array.
type DensityPreservation struct {
	// Sigma is σ, the width of the kernel. Default 0.1. Larger values look at the
	// arrangement of the whole, smaller ones at details, down to 0.01 and less.
	Sigma float64

	// MemoryLimit in bytes refuses data that would need more. Default GOMEMLIMIT, or
	// 4 GiB.
	MemoryLimit int64
}

// Resolve returns the options with defaults filled in, or a *mat32.ParamError or
// *mat32.ShapeError, for a matrix of n rows and d columns.
func (p DensityPreservation) Resolve(n, d int) (DensityPreservation, error) {
	if n < 3 {
		return p, &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: "at least 3 rows for densities to differ"}
	}
	if p.Sigma == 0 {
		p.Sigma = .1
	}
	const least, most = 1e-12, 1e12
	if !(p.Sigma >= least && p.Sigma <= most) {
		return p, &mat32.ParamError{Method: density, Param: "Sigma", Value: p.Sigma, Want: fmt.Sprintf("0, or %g ≤ Sigma ≤ %g", least, most)}
	}
	if p.MemoryLimit < 0 {
		return p, &mat32.ParamError{Method: density, Param: "MemoryLimit", Value: p.MemoryLimit, Want: "0 or more bytes"}
	}
	return p, nil
}

// DensityAgreement holds the densities of the rows. The scores with their conventions are
// its methods.
type DensityAgreement struct {
	Sigma    float64
	Original []float64 // of every row in the data; they sum to 1
	Embedded []float64 // and in the embedding
}

// String returns one line: the scores.
func (a *DensityAgreement) String() string {
	return fmt.Sprintf("densities of %d rows at σ = %g: KL = %.6f, DTM = %.6f", len(a.Original), a.Sigma, a.KL().Value, a.DTM().Value)
}

// KL returns the Kullback-Leibler divergence of the densities of the embedding, q, from
// those of the data, p: Σp·log(p/q), 0 when they are the same. PerRow is n·p·log(p/q):
// above 0 where a row is less crowded than it should be.
func (a *DensityAgreement) KL() measure.Score {
	return a.score("density KL divergence", "Σp·log(p/q), p of the data, q of the embedding; a distance, 0 is same", func(p, q float64) float64 { return p * math.Log(p/q) })
}

// DTM returns Σ|p−q|, from 0 for the same densities to 2. ZADU calls it distance to a
// measure, of which the densities are a smooth form (Chazal, Cohen-Steiner and Mérigot,
// 2011, Geometric inference for probability measures); it is not their distance.
func (a *DensityAgreement) DTM() measure.Score {
	return a.score("density difference (DTM)", "Σ|p−q|, p of the data, q of the embedding; a distance, 0 is same", func(p, q float64) float64 { return math.Abs(p - q) })
}

func (a *DensityAgreement) score(name, convention string, f func(p, q float64) float64) measure.Score {
	n := float64(len(a.Original))
	s := measure.Score{Name: name, Rows: len(a.Original), PerRow: make([]float64, len(a.Original)), Convention: convention}
	for i, p := range a.Original {
		v := f(p, a.Embedded[i])
		s.Value += v
		s.PerRow[i] = n * v
	}
	return s
}

// Compare measures the densities of the rows of the data x (n × d) and of the embedding
// y (n rows). Either may be a mat32.Distances, which then holds the distances. Errors:
// those of mat32.Check and Resolve, naming x or y; *mat32.ShapeError when y has another
// number of rows; *mat32.MemoryError; *mat32.DegenerateError when all rows of x or of y
// are equal; and one that wraps ctx.Err().
func (p DensityPreservation) Compare(ctx context.Context, x, y mat.Matrix) (*DensityAgreement, error) {
	n, d, err := checkBoth(ctx, density, x, y)
	if err != nil {
		return nil, err
	}
	if p, err = p.Resolve(n, d); err != nil {
		return nil, err
	}
	_, k := y.Dims()
	need := 32*int64(n) + 8*int64(n)*int64(gapsAtOnce(n))
	for m, of := range []mat.Matrix{x, y} {
		if _, given := of.(*mat32.Distances); !given {
			need += 8 * int64(n) * int64([]int{d, k}[m])
		}
	}
	if err := mat32.CheckMemory(density, need, p.MemoryLimit, "give fewer rows"); err != nil {
		return nil, err
	}
	a := &DensityAgreement{Sigma: p.Sigma}
	for _, side := range []struct {
		name string
		mat.Matrix
		to *[]float64
	}{{"x", x, &a.Original}, {"y", y, &a.Embedded}} {
		g, err := gapsOf(ctx, density, side.name, side.Matrix)
		if err != nil {
			return nil, err
		}
		if *side.to, err = g.densities(ctx, p.Sigma); err != nil {
			return nil, fmt.Errorf("%s: %w", density, err)
		}
	}
	return a, nil
}

// densities returns those of the rows.
func (g *gaps) densities(ctx context.Context, sigma float64) ([]float64, error) {
	stage := watch.Start(ctx, "density preservation", 2*g.n)
	found := make([]float64, g.n)
	err := g.each(ctx, func(distances []float64, i int) {
		for _, v := range distances {
			found[i] = max(found[i], v)
		}
		stage.Add(1)
	})
	if err != nil {
		return nil, err
	}
	most := 0.
	for _, v := range found {
		most = max(most, v)
	}
	err = g.each(ctx, func(distances []float64, i int) {
		sum := 0.
		for _, v := range distances {
			v /= most
			sum += math.Exp(-v * v / sigma)
		}
		found[i] = sum
		stage.Add(1)
	})
	if err != nil {
		return nil, err
	}
	sum, err := par.Sum(ctx, g.n, 1024, func(lo, hi int) (sum float64) {
		for _, v := range found[lo:hi] {
			sum += v
		}
		return sum
	})
	for i := range found {
		found[i] /= sum
	}
	return found, err
}
