package quality

import (
	"context"
	"fmt"
	"math"

	"github.com/flatland-go/flatland/internal/isotonic"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/measure"
)

// RawStress returns Σ(δ−d)² over all pairs of rows, each once, δ in the data and d in
// the embedding: 0 when they are equal. It has the square of their unit. Where pairs
// were drawn it is what these tell of all. It is +Inf, with a note, where it exceeds
// float64.
func (a *DistanceAgreement) RawStress() measure.Score {
	all := float64(a.All)
	s := a.score("raw stress", all*a.RMS.Value*a.RMS.Value, 2*all*a.RMS.Value*a.RMS.StdErr, "Σ(δ−d)² over all pairs, each once; depends on the unit of both")
	return finite(s)
}

// NormalizedStress returns √(Σ(δ−d)²/Σδ²): 0 when both distances are equal. It is what
// ZADU calls stress. A larger or smaller embedding has another: compare methods by
// Stress1 or NonmetricStress.
func (a *DistanceAgreement) NormalizedStress() measure.Score {
	return a.sampled("normalised stress", a.Normalized, "√(Σ(δ−d)²/Σδ²), over the distances δ of the data, as they are")
}

// KruskalStress returns Kruskal's stress-1 with the distances of the data for the
// disparities, √(Σ(δ−d)²/Σd²). It depends on the unit of the embedding; Stress1 is at
// the best.
func (a *DistanceAgreement) KruskalStress() measure.Score {
	return a.sampled("metric stress-1", a.Kruskal, "√(Σ(δ−d)²/Σd²), over the distances d of the embedding, as they are")
}

// NonmetricStress returns Kruskal's stress-1 with disparities d̂ that only keep the
// order of the distances of the data, √(Σ(d−d̂)²/Σd²): 0 when both have the same order.
// They are the isotonic regression of d on δ; equal δ are taken in the order of d, as
// by Kruskal's primary approach. It depends on the unit of neither. Where pairs were
// drawn it is a little too small, by about half its standard error: fewer are fitted
// better.
func (a *DistanceAgreement) NonmetricStress() measure.Score {
	return a.sampled("non-metric stress-1", a.Nonmetric, "√(Σ(d−d̂)²/Σd²), d̂ the isotonic regression of d on δ, ties by the primary approach")
}

// SammonStress returns Σ((δ−d)²/δ)/Σδ, in which small distances count as large ones do
// (Sammon, 1969, A nonlinear mapping for data structure analysis). It depends on the
// unit of the embedding. Pairs at distance 0 in the data, for which it is not defined,
// are left out; a note says how many. It is +Inf, with a note, where it exceeds float64.
func (a *DistanceAgreement) SammonStress() measure.Score {
	root := a.SammonRoot
	s := a.sampled("Sammon stress", Sampled{root.Value * root.Value, 2 * root.Value * root.StdErr}, "Σ((δ−d)²/δ)/Σδ over pairs apart in the data, each once")
	if a.Coincident > 0 {
		s.Notes = append(s.Notes, fmt.Sprintf("%d pairs at distance 0 in the data were left out", a.Coincident))
	}
	return finite(s)
}

// ResidualVariance returns 1 − r² of Pearson's r: the share of the variance of the
// distances that a line leaves (Tenenbaum, de Silva and Langford, 2000, A global
// geometric framework for nonlinear dimensionality reduction). It does not tell
// distances that agree from such that oppose.
func (a *DistanceAgreement) ResidualVariance() measure.Score {
	return a.score("residual variance", (1-a.R)*(1+a.R), 2*math.Abs(a.R)*a.RErr, "1−r² of the distances over pairs of rows")
}

// Kendall returns Kendall's τ-b of the two distances of a pair: how many pairs of pairs
// are in the same order in both, less those in opposite orders, over √((N−t)(N−u)) of
// the N there are, t with equal distances in the data and u in the embedding (Kendall,
// 1945, The treatment of ties in ranking problems). Outliers weigh no more in it than
// other pairs.
func (a *DistanceAgreement) Kendall() measure.Score {
	return a.sampled("Kendall correlation of distances", a.Tau, "τ-b over pairs of rows")
}

func (a *DistanceAgreement) sampled(name string, v Sampled, convention string) measure.Score {
	return a.score(name, v.Value, v.StdErr, convention)
}

// finite notes a value beyond float64.
func finite(s measure.Score) measure.Score {
	if math.IsInf(s.Value, 0) {
		s.StdErr = 0
		s.Notes = append(s.Notes, "it exceeds float64: rescale the embedding")
	}
	return s
}

// sammon returns (δ−d)²/δ in the unit in which δ is x, times the square of ratio.
func sammon(x, original, embedded, ratio float64) float64 {
	miss := ratio - embedded/original*ratio
	return x * miss * miss
}

// ShepardPoint is a point of the curve of Shepard's diagram: pairs of rows at about
// the same distance in the data.
type ShepardPoint struct {
	Original float64 // the mean of their distances in the data
	Embedded float64 // the mean of those in the embedding
	Spread   float64 // the standard deviation of these
	Fitted   float64 // the mean of their isotonic regression on those in the data
	Pairs    int     // how many they are
}

// shepardPoints is how many points a curve has, where there are as many pairs.
const shepardPoints = 100

// regress fills in non-metric stress and Shepard's curve, given the order of the
// distances of the data, equal ones by those of the embedding.
func (p *pairDistances) regress(ctx context.Context, a *DistanceAgreement, order []uint32, ux, uy unit) error {
	fitted := make([]float64, len(order))
	err := par.Blocks(ctx, len(order), pairsAtOnce, func(lo, hi int) {
		for i, t := range order[lo:hi] {
			fitted[lo+i] = uy.of(p.embedded[t])
		}
	})
	if err != nil {
		return err
	}
	if err := isotonic.Fit(ctx, fitted, fitted, nil); err != nil {
		return err
	}
	sums, err := p.sums(ctx, func(s *[sumsAtOnce]float64, lo, hi int) {
		for i, t := range order[lo:hi] {
			y := uy.of(p.embedded[t])
			s[0] += (y - fitted[lo+i]) * (y - fitted[lo+i])
			s[1] += y * y
		}
	})
	if err != nil {
		return err
	}
	a.Nonmetric.Value = math.Sqrt(sums[0] / sums[1])
	m := float64(a.Pairs)
	if a.Pairs < a.All && sums[0] > 0 {
		// What a pair changes in the regression changes the least sum of squares no further.
		spread, err := p.sums(ctx, func(s *[sumsAtOnce]float64, lo, hi int) {
			for i, t := range order[lo:hi] {
				y := uy.of(p.embedded[t])
				v := m * ((y-fitted[lo+i])*(y-fitted[lo+i])/sums[0] - y*y/sums[1])
				s[0] += v * v
			}
		})
		if err != nil {
			return err
		}
		a.Nonmetric.err(math.Sqrt(spread[0]) / m / 2)
	}
	a.Shepard = make([]ShepardPoint, min(shepardPoints, a.Pairs))
	return par.Blocks(ctx, len(a.Shepard), 1, func(b, _ int) {
		bound := func(b int) int { return int(int64(b) * int64(len(order)) / int64(len(a.Shepard))) }
		lo, hi := bound(b), bound(b+1)
		var x, y, fit, square float64
		for i, t := range order[lo:hi] {
			x += ux.of(p.original[t])
			y += uy.of(p.embedded[t])
			fit += fitted[lo+i]
		}
		count := float64(hi - lo)
		x, y, fit = x/count, y/count, fit/count
		for _, t := range order[lo:hi] {
			off := uy.of(p.embedded[t]) - y
			square += off * off
		}
		a.Shepard[b] = ShepardPoint{Original: math.Ldexp(x, ux.exp), Embedded: math.Ldexp(y, uy.exp),
			Spread: math.Ldexp(math.Sqrt(square/count), uy.exp), Fitted: math.Ldexp(fit, uy.exp), Pairs: hi - lo}
	})
}
