package transport

import (
	"context"
	"math"
	"slices"

	"github.com/flatland-go/flatland/internal/kernel"
)

// Entropic solves problems of transport whose plan pays for what it leaves to chance: the
// cost is that of the plan that is least for cost less scale times entropy. A small scale
// comes near the cheapest plan, slowly; at a large one goods from everywhere go everywhere.
// It keeps its memory.
//
// Source: M. Cuturi (2013), Sinkhorn distances: lightspeed computation of optimal transport;
// where costs differ by more than mostScales, in logarithms, so that no scale is too small, as
// G. Peyré and M. Cuturi (2019), Computational Optimal Transport, section 4.4, describe.
type Entropic struct {
	// Scale is in units of costs. Sweeps is the most that are made, and Tolerance the
	// distance of the sums of the plan from supply, at which they end.
	Scale     float64
	Sweeps    int
	Tolerance float64

	f, g, a, b []float64
	factors    []float64
}

// mostScales is up to how many scales costs may differ for sums of products: the factors of
// rows and of columns then lie within about exp(±2·mostScales), amounts apart.
const mostScales = 150

// look is how many sweeps lie between two looks at the sums.
const look = 10

// Cost returns the cost of the plan that carries supply to demand, of one sum, for
// len(supply) × len(demand) finite costs of a unit, row after row, and whether its sums came
// within Tolerance. Errors: ctx.Err(). A sweep costs O(sources·sinks) products, or exponentials
// in logarithms.
func (e *Entropic) Cost(ctx context.Context, supply, demand, cost []float64) (sum float64, settled bool, err error) {
	if len(cost) > 0 && (slices.Max(cost)-slices.Min(cost))/e.Scale <= mostScales {
		return e.byProducts(ctx, supply, demand, cost)
	}
	return e.byLogarithms(ctx, supply, demand, cost)
}

// byProducts multiplies the rows and the columns of exp(−cost/scale) in turn.
func (e *Entropic) byProducts(ctx context.Context, supply, demand, cost []float64) (sum float64, settled bool, err error) {
	m, k := len(supply), len(demand)
	e.f, e.g, e.b, e.factors = reuse(e.f, m), reuse(e.g, k), reuse(e.b, k), reuse(e.factors, m*k)
	least := slices.Min(cost)
	for i, c := range cost {
		e.factors[i] = math.Exp((least - c) / e.Scale)
	}
	row := func(i int) []float64 { return e.factors[i*k : (i+1)*k] }
	for j := range e.g {
		e.g[j] = 1
	}
	for sweep := 1; ; sweep++ {
		if sweep%look == 0 && ctx.Err() != nil {
			return 0, false, ctx.Err()
		}
		clear(e.b)
		for i, s := range supply {
			e.f[i] = s / kernel.Dot64(row(i), e.g)
			kernel.Axpy64(e.f[i], row(i), e.b)
		}
		for j, d := range demand {
			e.g[j] = d / e.b[j]
		}
		if sweep%look != 0 && sweep < e.Sweeps {
			continue
		}
		off := 0.
		for i, s := range supply {
			out := e.f[i]*kernel.Dot64(row(i), e.g) - s
			off += out * out
		}
		if settled = math.Sqrt(off) <= e.Tolerance; settled || sweep >= e.Sweeps {
			for i, f := range e.f {
				for j, v := range row(i) {
					sum += f * v * e.g[j] * cost[i*k+j]
				}
			}
			return sum, settled, nil
		}
	}
}

// byLogarithms is byProducts in logarithms.
func (e *Entropic) byLogarithms(ctx context.Context, supply, demand, cost []float64) (sum float64, settled bool, err error) {
	m, k := len(supply), len(demand)
	e.f, e.g, e.a, e.b = reuse(e.f, m), reuse(e.g, k), reuse(e.a, m), reuse(e.b, k)
	for i, s := range supply {
		e.a[i] = math.Log(s)
	}
	for j, d := range demand {
		e.b[j] = math.Log(d)
	}
	for sweep := 1; ; sweep++ {
		if sweep%look == 0 && ctx.Err() != nil {
			return 0, false, ctx.Err()
		}
		for i := range m {
			row := cost[i*k : (i+1)*k]
			e.f[i] = e.a[i] - logSum(k, func(j int) float64 { return e.g[j] - row[j]/e.Scale })
		}
		for j := range k {
			e.g[j] = e.b[j] - logSum(m, func(i int) float64 { return e.f[i] - cost[i*k+j]/e.Scale })
		}
		if sweep%look != 0 && sweep < e.Sweeps {
			continue
		}
		off := 0.
		sum = 0
		for i, s := range supply {
			out := 0.
			for j, c := range cost[i*k : (i+1)*k] {
				amount := math.Exp(e.f[i] + e.g[j] - c/e.Scale)
				out += amount
				sum += amount * c
			}
			off += (out - s) * (out - s)
		}
		if settled = math.Sqrt(off) <= e.Tolerance; settled || sweep >= e.Sweeps {
			return sum, settled, nil
		}
	}
}

// logSum is the logarithm of the sum of exponentials.
func logSum(n int, of func(i int) float64) float64 {
	most := math.Inf(-1)
	for i := range n {
		most = max(most, of(i))
	}
	if math.IsInf(most, -1) {
		return most
	}
	sum := 0.
	for i := range n {
		sum += math.Exp(of(i) - most)
	}
	return most + math.Log(sum)
}
