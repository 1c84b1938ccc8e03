package affinity

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// Entropic weighs rows as t-SNE does: what a row gives to its nearest neighbours is
// Gaussian, of the width at which their perplexity is the one asked for, and sums to
// 1; two rows weigh the sum of what either gives to the other, over 2n, so that all
// weights sum to 1. No row weighs itself.
//
// Rows of which more neighbours tie at the smallest distance, such as duplicates,
// than the perplexity asks for give these the same weight, and others nothing.
//
// Time that of the neighbours (see neighbors.Auto) and some 6 exponentials a
// neighbour, memory about 60·n·Neighbors bytes.
//
// Source: L. van der Maaten and G. Hinton (2008), Visualizing data using t-SNE.
type Entropic struct {
	// Perplexity is the smooth number of neighbours that every row has: larger
	// values keep a larger scale. Default 30, or (n−1)/3 where that is less.
	Perplexity float64

	// Perplexities, when given, are several: weights are the mean of those by each of
	// them, of small and of large scale. Perplexity is then ignored.
	Perplexities []float64

	// Bandwidth, when given, is the standard deviation of the Gaussians of all rows, in
	// the unit of distance: larger values look further. What a row gives still sums to 1.
	// Perplexity then counts neighbours only, and there may not be Perplexities.
	Bandwidth float64

	// Neighbors is the number of other rows that a row gives weight to. Larger
	// values lose less of the far weights, which are small. Default three times the
	// (largest) perplexity, and at most n−1.
	Neighbors int

	// Metric says how rows are compared. Default Euclidean. It is ignored where x
	// is a mat32.Distances.
	Metric neighbors.Metric

	// Graph, when given, is a graph of the rows of x by Metric, with Neighbors or
	// more neighbours, that is used instead of a new one.
	Graph *neighbors.Graph

	// MemoryLimit in bytes refuses data whose weights would not fit. Default
	// GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

// Resolve returns the options with defaults filled in, or a *mat32.ParamError,
// for a matrix of n rows and d columns.
func (e Entropic) Resolve(n, d int) (Entropic, error) {
	const method = "affinity.Entropic"
	if e.Perplexity == 0 {
		e.Perplexity = max(1, min(30, float64(n-1)/3))
	}
	if n >= 2 && !(e.Perplexity >= 1 && e.Perplexity <= float64(n-1)) {
		return e, &mat32.ParamError{Method: method, Param: "Perplexity", Value: e.Perplexity, Want: fmt.Sprintf("1 ≤ Perplexity ≤ n−1 = %d", n-1)}
	}
	largest := e.Perplexity
	if e.Perplexities != nil {
		largest = 0
		for _, p := range e.Perplexities {
			if !(p >= 1 && p <= float64(n-1)) {
				return e, &mat32.ParamError{Method: method, Param: "Perplexities", Value: p, Want: fmt.Sprintf("from 1 to n−1 = %d each", n-1)}
			}
			largest = max(largest, p)
		}
	}
	switch {
	case e.Perplexities != nil && (len(e.Perplexities) == 0 || e.Bandwidth != 0):
		return e, &mat32.ParamError{Method: method, Param: "Perplexities", Value: e.Perplexities, Want: "one or more, and no Bandwidth"}
	case !(e.Bandwidth >= 0) || math.IsInf(e.Bandwidth, 1):
		return e, &mat32.ParamError{Method: method, Param: "Bandwidth", Value: e.Bandwidth, Want: "a finite number above 0, or 0 for that of the perplexity"}
	}
	if err := checkNeighbors(method, n, d, &e.Metric, &e.Neighbors, int(math.Ceil(3*largest)), e.MemoryLimit); err != nil {
		return e, err
	}
	if float64(e.Neighbors) < largest && e.Bandwidth == 0 {
		return e, &mat32.ParamError{Method: method, Param: "Neighbors", Value: e.Neighbors, Want: fmt.Sprintf("at least Perplexity = %g", largest)}
	}
	return e, nil
}

// scales are what the weights of a row are of: perplexities, or a bandwidth.
func (e Entropic) scales() string {
	switch {
	case e.Bandwidth > 0:
		return fmt.Sprintf("bandwidth %g", e.Bandwidth)
	case e.Perplexities != nil:
		return fmt.Sprintf("perplexities %g", e.Perplexities)
	}
	return fmt.Sprintf("perplexity %g", e.Perplexity)
}

// String returns the options in one line, as captions and tables show them.
func (e Entropic) String() string {
	return fmt.Sprintf("%s of %d neighbours", e.scales(), e.Neighbors)
}

// Weigh returns the weights of the rows of x (n × d), or of the rows whose distances
// x holds; Scales are the standard deviations of the Gaussians, 0 for rows that weigh
// their neighbours evenly, whom no width makes differ. Errors: those of mat32.Check,
// Resolve and Graph.CheckMetric, *mat32.MemoryError, those of the metric, and one
// that wraps ctx.Err().
func (e Entropic) Weigh(ctx context.Context, x mat.Matrix) (*Sparse, error) {
	const method = "affinity.Entropic"
	if err := mat32.CheckContext(ctx, x); err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	n, d := x.Dims()
	e, err := e.Resolve(n, d)
	if err != nil {
		return nil, err
	}
	g, err := graphOf(ctx, method, x, e.Graph, e.Neighbors, e.Metric, e.MemoryLimit)
	if err != nil {
		return nil, err
	}
	scales, tied := make([]float64, n), make([]bool, n)
	bad := make([]error, n)
	one, err := directRows(ctx, n, nearest(g, e.Neighbors), func(dst []float64, i int, _ []int32, distances []float64) {
		unit := distances[len(distances)-1] // whose square need not be a float64
		for k, v := range distances {
			dst[k] = 0
			if unit > 0 {
				dst[k] = (v / unit) * (v / unit)
			}
		}
		switch {
		case e.Bandwidth > 0:
			bad[i] = gaussianShares(dst, dst, e.Bandwidth/unit)
			scales[i] = e.Bandwidth
		case e.Perplexities != nil:
			tied[i], bad[i] = meanShares(dst, e.Perplexities)
		default:
			precision, reached, err := Perplexity(dst, dst, e.Perplexity)
			if precision > 0 {
				scales[i] = unit / math.Sqrt(2*precision)
			}
			tied[i], bad[i] = tiesAt(reached, e.Perplexity), err
		}
	})
	if e.Perplexities != nil {
		scales = nil // there are several
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	ties := 0
	for i, err := range bad {
		if err != nil {
			return nil, mat32.Rename(method, err)
		}
		if tied[i] {
			ties++
		}
	}
	share := 1 / (2 * float64(n))
	s, err := one.symmetric(ctx, 0, func(forth, back float64) float64 { return (forth + back) * share })
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	var notes []string
	if ties > 0 {
		notes = append(notes, fmt.Sprintf("%d rows have a larger perplexity than %s: more of their neighbours tie", ties, strings.TrimPrefix(e.scales(), "perplexity ")))
	}
	return s.finish(g, e.String(), scales, notes...), nil
}

// tiesAt reports that more neighbours tie than a perplexity asks for.
func tiesAt(reached, perplexity float64) bool { return reached > perplexity+0.01 }

// meanShares replaces squared distances by the mean of their weights by perplexities, and
// reports whether more neighbours tie than one of them asks for.
func meanShares(squares []float64, perplexities []float64) (tied bool, err error) {
	one, mean := make([]float64, len(squares)), make([]float64, len(squares))
	for _, p := range perplexities {
		_, reached, err := Perplexity(one, squares, p)
		if err != nil {
			return tied, err
		}
		tied = tied || tiesAt(reached, p)
		for k, v := range one {
			mean[k] += v / float64(len(perplexities))
		}
	}
	copy(squares, mean)
	return tied, nil
}

// gaussianShares writes Gaussian weights of squared distances, of sum 1. Those of a row
// whose neighbours are all far are not lost: only differences matter.
func gaussianShares(dst, squares []float64, bandwidth float64) error {
	least := slices.Min(squares)
	sum := 0.
	for k, s := range squares {
		if !(s >= 0) || math.IsInf(s, 1) {
			return &mat32.ParamError{Method: "affinity.Entropic", Param: fmt.Sprintf("squared[%d]", k), Value: s, Want: "a finite distance of 0 or more"}
		}
		dst[k] = 1
		if s > least {
			r := math.Sqrt(s-least) / bandwidth
			dst[k] = math.Exp(-r * r / 2)
		}
		sum += dst[k]
	}
	for k := range dst {
		dst[k] /= sum
	}
	return nil
}
