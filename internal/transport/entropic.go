package transport

import (
	"context"
	"math"
)

// Entropic solves problems of transport whose plan pays for what it leaves to chance: the
// cost is that of the plan that is least for cost less scale times entropy. A small scale
// comes near the cheapest plan, slowly; at a large one goods from everywhere go everywhere.
// It keeps its memory.
//
// Source: M. Cuturi (2013), Sinkhorn distances: lightspeed computation of optimal transport;
// in logarithms, so that no scale is too small, as G. Peyré and M. Cuturi (2019),
// Computational Optimal Transport, section 4.4, describe.
type Entropic struct {
	// Scale is in units of costs. Sweeps is the most that are made, and Tolerance the
	// distance of the sums of the plan from supply, at which they end.
	Scale     float64
	Sweeps    int
	Tolerance float64

	f, g, a, b []float64
}

// Cost returns the cost of the plan that carries supply to demand, of one sum, for
// len(supply) × len(demand) finite costs of a unit, row after row, and whether its sums came
// within Tolerance. Errors: ctx.Err(). A sweep costs O(sources·sinks) exponentials.
func (e *Entropic) Cost(ctx context.Context, supply, demand, cost []float64) (sum float64, settled bool, err error) {
	m, k := len(supply), len(demand)
	e.f, e.g, e.a, e.b = reuse(e.f, m), reuse(e.g, k), reuse(e.a, m), reuse(e.b, k)
	for i, s := range supply {
		e.a[i] = math.Log(s)
	}
	for j, d := range demand {
		e.b[j] = math.Log(d)
	}
	const look = 10 // sweeps between two looks at the sums
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
