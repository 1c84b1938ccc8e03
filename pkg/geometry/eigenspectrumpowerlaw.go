package geometry

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/subspace"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
	"github.com/flatland-go/flatland/pkg/spectrum"
)

// PowerLaw is a line through the logarithms of eigenvalues and of their places.
type PowerLaw struct {
	Exponent measure.Score // α of λⱼ ∝ j^−α, with its standard error
	R2       float64       // the share of the variance of ln λ that the line explains: 1 is a power law
	From, To int           // the places that were fitted, from 1
	Values   []float64     // the eigenvalues of the covariance over the largest, falling
}

// String returns a table.
func (p *PowerLaw) String() string {
	return fmt.Sprintf("%s\n  R²          %.4f", p.Exponent, p.R2)
}

// EigenspectrumPowerLaw fits a power law to the eigenvalues of the covariance of the rows of x
// (n × d), by fit, and says how well one fits. Point clouds of features of language models have
// one, whose slope is steepest in the middle layers, where isotropic noise has none.
//
// Time O(n·d·m + m³) for m = min(n, d), memory 8·(n·d + 2·m²) bytes. Errors: those of
// mat32.CheckRows and mat32.Check, *mat32.ShapeError below 3 rows, *mat32.ParamError of
// fit, *mat32.DegenerateError where fewer than 2 eigenvalues are not zero,
// *mat32.MemoryError, and one that wraps ctx.Err().
//
// Sources: Y. Li, E. Michaud, D. Baek, J. Engels, X. Sun and M. Tegmark (2024), The geometry of
// concepts: sparse autoencoder feature structure; the fit is spectrum.AlphaReQ.
func EigenspectrumPowerLaw(ctx context.Context, x mat.Matrix, fit spectrum.AlphaReQ) (*PowerLaw, error) {
	const method = "geometry.EigenspectrumPowerLaw"
	a, _, err := varied(ctx, method, 3, 1, x)
	if err != nil {
		return nil, err
	}
	values, err := subspace.Moments(ctx, a)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	n, _ := a.Dims()
	return powerLaw(method, n, values, fit)
}

func powerLaw(method string, n int, values []float64, fit spectrum.AlphaReQ) (*PowerLaw, error) {
	p := &PowerLaw{Values: make([]float64, len(values))}
	kept := 0
	for j, v := range values {
		p.Values[j] = v / values[0]
		if p.Values[j] > 1e-12 {
			kept++
		}
	}
	var err error
	if p.Exponent, err = fit.Exponent(p.Values); err == nil {
		fit, err = fit.Resolve(0, kept)
	}
	if err != nil {
		return nil, mat32.Rename(method, err)
	}
	p.Exponent.Name, p.Exponent.Rows = "power law", n
	p.From, p.To, p.R2 = fit.From, fit.To, 1
	// Of a line through m points, R² follows from the slope and its standard error.
	if m := float64(fit.To - fit.From + 1); m > 2 {
		slope, off := p.Exponent.Value*p.Exponent.Value, p.Exponent.StdErr*p.Exponent.StdErr*(m-2)
		p.R2 = 0
		if slope+off > 0 {
			p.R2 = slope / (slope + off)
		}
	}
	return p, nil
}

// Line returns the ends of the line: places of eigenvalues, from 1, and what the law says there, in
// the unit of Values. By least squares of logarithms it passes through their means.
func (p *PowerLaw) Line() (places, values []float64) {
	var at, mean float64
	for j := p.From; j <= p.To; j++ {
		count := float64(j - p.From + 1)
		at += (math.Log(float64(j)) - at) / count
		mean += (math.Log(p.Values[j-1]) - mean) / count
	}
	for _, j := range []int{p.From, p.To} {
		x := float64(j)
		places, values = append(places, x), append(values, math.Exp(mean-p.Exponent.Value*(math.Log(x)-at)))
	}
	return places, values
}
