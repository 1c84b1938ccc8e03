package similarity

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/rankcorr"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// GeoTopo takes from a dissimilarity matrix what is noise and what is far: distances below
// a lower quantile l of all become 0, those above an upper quantile u become 1, and between
// them they grow evenly. With l = 0 and u = 1 it is geometry alone, with l = u a graph of
// who is near whom: topology. Between them the summary keeps what tells regions of a brain,
// or layers of a network, apart, and sheds what differs from one animal to the next
// (B. Lin and N. Kriegeskorte, 2024, The topology and geometry of neural representations).
//
// Quantiles are those of the distances of one matrix, by linear interpolation.
type GeoTopo struct {
	// Lower is l, a share of the distances. Default 0: none is made 0. Larger values take
	// more for noise.
	Lower float64

	// Upper is u, at least Lower. Default 1: none is cut off. Smaller values leave less of
	// the geometry.
	Upper float64

	// Geodesic replaces distances by lengths of shortest paths, of steps between rows
	// whose transformed distance is below 1. Rows without a path between them get the
	// longest length that there is, or 1 where there is none.
	Geodesic bool
}

// Resolve returns the options with defaults filled in, or a *mat32.ParamError.
func (g GeoTopo) Resolve(n, d int) (GeoTopo, error) {
	if g.Upper == 0 {
		g.Upper = 1
	}
	refuse := func(param string, value float64, want string) (GeoTopo, error) {
		return g, &mat32.ParamError{Method: "similarity.GeoTopo", Param: param, Value: value, Want: want}
	}
	if !(g.Upper > 0 && g.Upper <= 1) {
		return refuse("Upper", g.Upper, "0 < Upper ≤ 1, or 0 for 1")
	}
	if !(g.Lower >= 0 && g.Lower <= g.Upper) {
		return refuse("Lower", g.Lower, fmt.Sprintf("0 ≤ Lower ≤ Upper = %v", g.Upper))
	}
	return g, nil
}

// Of returns the transformed distances, all in [0, 1] but for lengths of paths. Errors:
// *mat32.ParamError by Resolve, *mat32.ShapeError where d has fewer than 2 rows, and one
// that wraps ctx.Err(). Time O(n²), or O(n³) for Geodesic; memory 16·n² bytes.
func (g GeoTopo) Of(ctx context.Context, d *mat32.Distances) (*mat32.Distances, error) {
	n := 0
	if d != nil {
		n, _ = d.Dims()
	}
	if n < 2 {
		return nil, &mat32.ShapeError{What: "distances", Rows: n, Cols: n, Want: "at least 2 rows for similarity.GeoTopo"}
	}
	pairs, err := g.transformed(ctx, n, d.Condensed())
	if err != nil {
		return nil, err
	}
	return mat32.NewDistances(n, pairs)
}

// transformed returns what becomes of condensed distances, in memory of its own.
func (g GeoTopo) transformed(ctx context.Context, n int, pairs []float64) ([]float64, error) {
	g, err := g.Resolve(n, n)
	if err != nil {
		return nil, err
	}
	order, err := rankcorr.NewSorter(len(pairs)).Sort(ctx, pairs)
	if err != nil {
		return nil, fmt.Errorf("similarity.GeoTopo: %w", err)
	}
	at := func(share float64) float64 {
		place := share * float64(len(pairs)-1)
		below := int(place)
		low, high := pairs[order[below]], pairs[order[min(below+1, len(pairs)-1)]]
		return low + (place-float64(below))*(high-low)
	}
	lower, upper := at(g.Lower), at(g.Upper)
	out := make([]float64, len(pairs))
	for t, v := range pairs {
		switch {
		case v > upper:
			out[t] = 1
		case v > lower:
			out[t] = min(1, (v-lower)/(upper-lower))
		}
	}
	if !g.Geodesic {
		return out, nil
	}
	if err := shortest(ctx, n, out); err != nil {
		return nil, fmt.Errorf("similarity.GeoTopo: %w", err)
	}
	return out, nil
}

// shortest replaces condensed distances by lengths of paths of steps below 1, by the
// algorithm of R. Floyd (1962), Algorithm 97: shortest path.
func shortest(ctx context.Context, n int, pairs []float64) error {
	paths := make([]float64, n*n)
	place := func(i, j int) int { return i*(2*n-i-1)/2 + j - i - 1 }
	for i := range n {
		for j := i + 1; j < n; j++ {
			v := pairs[place(i, j)]
			if v >= 1 {
				v = math.Inf(1)
			}
			paths[i*n+j], paths[j*n+i] = v, v
		}
	}
	for over := range n {
		from := slices.Clone(paths[over*n : (over+1)*n])
		err := par.Blocks(ctx, n, 64, func(lo, hi int) {
			for i := lo; i < hi; i++ {
				to, row := paths[i*n+over], paths[i*n:(i+1)*n]
				if i == over || math.IsInf(to, 1) {
					continue
				}
				for j, v := range from {
					row[j] = min(row[j], to+v)
				}
			}
		})
		if err != nil {
			return err
		}
	}
	longest := 0.
	for i := range n {
		for j := i + 1; j < n; j++ {
			if v := paths[i*n+j]; !math.IsInf(v, 1) {
				longest = max(longest, v)
			}
		}
	}
	if longest == 0 {
		longest = 1
	}
	for i := range n {
		for j := i + 1; j < n; j++ {
			pairs[place(i, j)] = min(paths[i*n+j], paths[j*n+i], longest)
		}
	}
	return nil
}
