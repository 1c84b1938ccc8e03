package similarity

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/kmeans"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/internal/subspace"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// AnchorRule is how anchors are chosen among rows.
type AnchorRule int

const (
	RandomAnchors   AnchorRule = iota // uniformly, without replacement
	FarthestAnchors                   // the first drawn, then always the row farthest from all chosen (T. Gonzalez, 1985, Clustering to minimize the maximum intercluster distance)
	KMeansAnchors                     // the row nearest to each centre of k-means
)

// String returns the name.
func (r AnchorRule) String() string { return name(int(r), "random", "farthest", "k-means") }

// Anchors chooses rows to which others are compared, for Relative.
type Anchors struct {
	// Rule says how. Default RandomAnchors, as published.
	Rule AnchorRule

	// Count is how many, at most n. Default 300, or n where there are fewer rows. More
	// tell more, and cost time.
	Count int

	// Seed draws what is drawn.
	Seed uint64
}

const (
	anchoring       = "similarity.Anchors"
	standardAnchors = 300
)

// Resolve returns the options with defaults filled in, or a *mat32.ParamError, for a matrix
// of n rows and d columns.
func (a Anchors) Resolve(n, d int) (Anchors, error) {
	if a.Count == 0 {
		a.Count = min(standardAnchors, n)
	}
	if a.Rule < RandomAnchors || a.Rule > KMeansAnchors {
		return a, &mat32.ParamError{Method: anchoring, Param: "Rule", Value: a.Rule, Want: "one of RandomAnchors, FarthestAnchors and KMeansAnchors"}
	}
	if a.Count < 1 || a.Count > n {
		return a, &mat32.ParamError{Method: anchoring, Param: "Count", Value: a.Count, Want: fmt.Sprintf("1 ≤ Count ≤ n = %d", n)}
	}
	return a, nil
}

// Choose returns the indices of the anchors among the rows of x (n × d), in ascending order:
// fewer than Count where the rule finds fewer different rows. Errors: those of
// mat32.CheckRows, mat32.Check and Resolve, and one that wraps ctx.Err(). Time O(n) for
// RandomAnchors, O(n·d·Count) for FarthestAnchors, and as much an iteration for
// KMeansAnchors; memory 8·n·d bytes.
func (a Anchors) Choose(ctx context.Context, x mat.Matrix) ([]int, error) {
	if err := mat32.CheckRows(anchoring, x); err != nil {
		return nil, err
	}
	if err := mat32.CheckContext(ctx, x); err != nil {
		return nil, fmt.Errorf("%s: %w", anchoring, err)
	}
	n, d := x.Dims()
	a, err := a.Resolve(n, d)
	if err != nil {
		return nil, err
	}
	draw := rng.New(a.Seed, anchoring, 0)
	var chosen []int
	switch a.Rule {
	case RandomAnchors:
		chosen = make([]int, n)
		for i := range chosen {
			chosen[i] = i
		}
		draw.Shuffle(n, func(i, j int) { chosen[i], chosen[j] = chosen[j], chosen[i] })
		chosen = chosen[:a.Count]
	default:
		var rows *mat.Dense
		if rows, _, err = subspace.Centered(ctx, x); err != nil {
			break
		}
		if a.Rule == FarthestAnchors {
			chosen, err = farthest(ctx, rows, a.Count, draw.IntN(n))
		} else {
			chosen, err = nearestToCenters(ctx, rows, a.Count, a.Seed)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", anchoring, err)
	}
	slices.Sort(chosen)
	return chosen, nil
}

// farthest chooses up to count rows, each the farthest from those before, the first of
// equals, until all rows are among them.
func farthest(ctx context.Context, rows *mat.Dense, count, first int) ([]int, error) {
	n, _ := rows.Dims()
	apart := make([]float64, n) // squared distance from the nearest that is chosen
	for i := range apart {
		apart[i] = math.Inf(1)
	}
	var chosen []int
	for next := first; len(chosen) < count && apart[next] > 0; {
		chosen = append(chosen, next)
		from := rows.RawRowView(next)
		err := par.Blocks(ctx, n, 512, func(lo, hi int) {
			for i := lo; i < hi; i++ {
				apart[i] = min(apart[i], kernel.SquaredDistance64(from, rows.RawRowView(i)))
			}
		})
		if err != nil {
			return nil, err
		}
		for i, v := range apart {
			if v > apart[next] {
				next = i
			}
		}
	}
	return chosen, nil
}

// nearestToCenters returns the row nearest to each centre among the rows that belong to it.
func nearestToCenters(ctx context.Context, rows *mat.Dense, count int, seed uint64) ([]int, error) {
	n, d := rows.Dims()
	x := blas32.General{Rows: n, Cols: d, Stride: d, Data: mat32.Convert(rows).Data()}
	c, err := kmeans.KMeans{Clusters: count, Seed: seed}.Fit(ctx, x)
	if err != nil {
		return nil, err
	}
	best, at := make([]float32, c.Centers.Rows), make([]int, c.Centers.Rows)
	for k := range best {
		best[k], at[k] = float32(math.Inf(1)), -1
	}
	for i, k := range c.Labels {
		center := c.Centers.Data[int(k)*c.Centers.Stride : int(k)*c.Centers.Stride+d]
		if v := kernel.SquaredDistance32(x.Data[i*d:(i+1)*d], center); v < best[k] {
			best[k], at[k] = v, i
		}
	}
	return slices.DeleteFunc(at, func(i int) bool { return i < 0 }), nil
}
