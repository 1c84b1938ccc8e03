package neighbors

import (
	"fmt"
	"math"
)

// Hubness says how unevenly rows are the neighbours of others: in high dimension
// a few, the hubs, are near to very many, and many, the antihubs, to none.
// Radovanović, Nanopoulos and Ivanović, 2010, Hubs in space: popular nearest
// neighbors in high-dimensional data; the Robin Hood index for it is that of
// Feldbauer, Leodolter, Plant and Flexer, 2018, Fast approximate hubness reduction
// for large high-dimensional data.
type Hubness struct {
	Neighbors int   // k
	Counts    []int // N_k: of every row, how many rows have it among their k nearest

	// Skewness is that of the counts, their third central moment over the third
	// power of their standard deviation. Above 1.4 is a common mark of hubs. It is
	// 0 where all counts are equal.
	Skewness float64

	// RobinHood is the share of all places in neighbour lists that would have to
	// change hands for every row to be in k of them: 0 to 1.
	RobinHood float64

	Antihubs float64 // share of rows that are nobody's neighbour
	Hubs     float64 // share of rows with N_k ≥ 2k
	OfHubs   float64 // share of all places in neighbour lists that are taken by hubs
}

// Hubness measures how unevenly rows are neighbours; Cut the graph first for
// another k than its K. Time O(n·K).
func (g *Graph) Hubness() (*Hubness, error) {
	if err := g.sound("neighbors.Graph.Hubness"); err != nil {
		return nil, err
	}
	h := &Hubness{Neighbors: g.K, Counts: make([]int, g.N)}
	for _, j := range g.Indices {
		h.Counts[j]++
	}
	n, k := float64(g.N), float64(g.K) // k is the mean of the counts
	var second, third float64
	for _, c := range h.Counts {
		d := float64(c) - k
		second += d * d
		third += d * d * d
		h.RobinHood += math.Abs(d)
		if c == 0 {
			h.Antihubs++
		}
		if c >= 2*g.K {
			h.Hubs++
			h.OfHubs += float64(c)
		}
	}
	if second > 0 {
		h.Skewness = third / n / math.Pow(second/n, 1.5)
	}
	h.RobinHood /= 2 * n * k
	h.Antihubs /= n
	h.Hubs /= n
	h.OfHubs /= n * k
	return h, nil
}

// String returns a small table.
func (h *Hubness) String() string {
	most := 0
	for _, c := range h.Counts {
		most = max(most, c)
	}
	return fmt.Sprintf("hubness of %d rows, %d neighbours each\n"+
		"  skewness      %.3f\n"+
		"  Robin Hood    %.3f\n"+
		"  antihubs      %.1f %% of rows\n"+
		"  hubs          %.1f %% of rows, in %.1f %% of places\n"+
		"  largest N_k   %d",
		len(h.Counts), h.Neighbors, h.Skewness, h.RobinHood, 100*h.Antihubs, 100*h.Hubs, 100*h.OfHubs, most)
}
