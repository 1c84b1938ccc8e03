package intrinsic

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/line"
	"github.com/flatland-go/flatland/internal/screen"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// KNN estimates the dimension from the length of the graph of the k nearest neighbours
// in samples of the rows: with edges raised to the power γ it grows as n^((d−γ)/d)
// (Costa and Hero, 2004, Geodesic entropic graphs for dimension and entropy estimation
// in manifold learning; Carter, Raich and Hero, 2010, On local intrinsic dimension
// estimation and its applications). The estimate is γ/(1−m) with m the slope of the
// logarithm of the length over that of the number of rows.
//
// Samples are drawn without replacement, from a fifth of the rows up. scikit-dimension
// draws 3 to 6 rows with replacement, once, where a row is its own neighbour, and is
// noise.
//
// The cost is Repeats times that of n/size searches for neighbours for every size, each
// O(size²·d); memory that of the largest, about 12·n·d + 24·n·k bytes.
type KNN struct {
	// Neighbors is k. Default 5. Larger values give a smaller error at a larger
	// scale. 1 ≤ Neighbors < From.
	Neighbors int

	// Power is γ. Default 1. Larger values give long edges more weight.
	// 0 < Power ≤ 100.
	Power float64

	// From and To are the least and the largest number of rows in a sample. Larger
	// ones look at a smaller scale. Default a fifth of the rows, at least 6, and all
	// rows. 2 ≤ From < To ≤ n.
	From, To int

	// Sizes is how many sizes of samples there are, evenly spaced from From to To.
	// Default 5, or as many as there are. Larger values take more time and err
	// less. 2 ≤ Sizes ≤ To − From + 1.
	Sizes int

	// Repeats is how often the rows are dealt to samples of each size. Default 5.
	// Larger values take more time and leave less to chance. 1 ≤ Repeats ≤ 10000.
	Repeats int

	// Whole takes the whole number from 1 to the number of columns whose power comes
	// nearest to the lengths by least squares, as Carter, Raich and Hero do.
	Whole bool

	// Seed draws the samples.
	Seed uint64

	// MemoryLimit in bytes refuses data that would need more. Default GOMEMLIMIT,
	// or 4 GiB.
	MemoryLimit int64
}

const knnGraph = "intrinsic.KNN"

// Resolve returns the options with defaults filled in, or a *mat32.ParamError or
// *mat32.ShapeError, for a matrix of n rows and d columns.
func (k KNN) Resolve(n, d int) (KNN, error) {
	fail := func(param string, value any, want string) error {
		return &mat32.ParamError{Method: knnGraph, Param: param, Value: value, Want: want}
	}
	if n < 12 {
		return k, &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: "at least 12 rows for KNN"}
	}
	if k.Power == 0 {
		k.Power = 1
	}
	if k.Repeats == 0 {
		k.Repeats = 5
	}
	size, err := line.Sizes{From: k.From, To: k.To, Count: k.Sizes}.Resolve(n, fail)
	if err != nil {
		return k, err
	}
	k.From, k.To, k.Sizes = size.From, size.To, size.Count
	if k.Neighbors == 0 {
		k.Neighbors = max(1, min(5, k.From-1))
	}
	switch {
	case !(k.Power > 0 && k.Power <= 100):
		return k, fail("Power", k.Power, "0 < Power ≤ 100")
	case k.Neighbors < 1 || k.Neighbors >= k.From:
		return k, fail("Neighbors", k.Neighbors, fmt.Sprintf("1 ≤ Neighbors < From = %d", k.From))
	case k.Repeats < 1 || k.Repeats > 10000:
		return k, fail("Repeats", k.Repeats, "1 ≤ Repeats ≤ 10000")
	case k.MemoryLimit < 0:
		return k, fail("MemoryLimit", k.MemoryLimit, "0 or more bytes")
	}
	return k, nil
}

// Estimate returns the dimension of the rows of x (n × d), or of rows at the distances
// that x holds as a mat32.Distances, whose number then stands for the columns. Rows
// that equal an earlier one, or are at distance zero from it, are left out. Scale is the
// mean length of the edges between all rows of a sample of To; Local is nil.
//
// The standard error comes from the spread of samples of one size that have no row in
// common. It takes the lengths at the sizes for independent, which they are not, and so
// is too large rather than too small. It is NaN where no size fits twice.
//
// Errors: those of mat32.Check and Resolve; *mat32.MemoryError; *mat32.DegenerateError
// where fewer than To rows are distinct that were asked for, or the length grows as fast
// as the number of rows, as on a lattice; and one that wraps ctx.Err().
func (k KNN) Estimate(ctx context.Context, x mat.Matrix) (measure.Dimension, error) {
	asked := k
	k, err := begin(ctx, knnGraph, k, x)
	if err != nil {
		return measure.Dimension{}, err
	}
	n, d := x.Dims()
	need := 12*int64(n)*int64(d) + int64(n)*(100+24*int64(k.Neighbors)) + 2*screen.Bytes(x)
	if err := mat32.CheckMemory(knnGraph, need, k.MemoryLimit, "use fewer rows"); err != nil {
		return measure.Dimension{}, err
	}
	rows, err := distinctRows(ctx, knnGraph, x)
	if err != nil {
		return measure.Dimension{}, err
	}
	if len(rows) < n {
		if k, err = forDistinct(knnGraph, asked, len(rows), x); err != nil {
			return measure.Dimension{}, err
		}
	}
	search := "slope"
	if k.Whole {
		search = "whole number by least squares"
	}
	of := graphLength{"KNN", k.Power, line.Sizes{From: k.From, To: k.To, Count: k.Sizes}, k.Seed, k.Repeats, func(ctx context.Context, x mat.Matrix) ([]float64, error) {
		graph, err := neighbors.Exact{Neighbors: k.Neighbors, MemoryLimit: k.MemoryLimit}.Graph(ctx, x)
		if err != nil {
			return nil, err
		}
		return graph.Distances, nil
	}}
	found, g, err := of.dimension(ctx, x, rows, fmt.Sprintf("%s, k = %d, γ = %.4g, samples %d times without replacement", search, k.Neighbors, k.Power, k.Repeats))
	if err == nil && k.Whole {
		found.Value = g.whole(k.Power, d)
	}
	return found, err
}

// whole returns the m from 1 to most for which c·size^((m−γ)/m) comes nearest to the
// lengths for the best c.
func (g *growth) whole(power float64, most int) float64 {
	best, least := 1, math.Inf(1)
	for m := 1; m <= most; m++ {
		var xy, xx, yy float64
		for s, size := range g.sizes {
			x := math.Pow(float64(size)/float64(g.sizes[0]), (float64(m)-power)/float64(m))
			y := g.lengths[s] / g.lengths[0]
			xy, xx, yy = xy+x*y, xx+x*x, yy+y*y
		}
		if residual := yy - xy*xy/xx; residual < least {
			best, least = m, residual
		}
	}
	return float64(best)
}
