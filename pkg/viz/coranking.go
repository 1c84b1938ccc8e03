package viz

import (
	"errors"
	"fmt"
	"math"
	"reflect"

	"github.com/flatland-go/flatland/pkg/mat32"
	"gonum.org/v1/gonum/mat"
)

// A CoRanked result has a co-ranking matrix, as *quality.Ranks has: for ranks up to k, how many pairs of rows have one rank in the data
// and another in the embedding. Reach is the largest k there is.
type CoRanked interface {
	CoRanking(k int) *mat.Dense
	Reach() int
}

// coRankingSide is how many cells a co-ranking matrix has along a side, at most.
const coRankingSide = 128

// CoRanking draws the co-ranking matrix of an embedding, with logarithmic colours: down the rank of a row's neighbour in the data, across
// its rank on the map. All that a perfect map has lies on the diagonal; right of it is what was pushed away, left of it what intruded. The
// block of the k nearest, whose share is Q_NX(k), is marked; a k of zero marks none.
//
//	r, err := quality.Rank{Neighbors: 100}.Compare(ctx, x, y)
//	viz.CoRanking(r, 15)
//
// Of more than 128 ranks a cell counts the pairs of a square of ranks, and the caption says so.
//
// What is wrong with the arguments is the chart's error: [mat32.ErrEmpty] without a result or with one that has no pair, and a
// [*mat32.ParamError] for a k that is negative or beyond the result's. It costs O(n·k + k²) for the result's largest k.
//
// Source: J. Lee and M. Verleysen (2009), Quality assessment of dimensionality reduction: rank-based criteria.
func CoRanking(r CoRanked, k int) *Chart {
	const from = "viz.CoRanking"
	if v := reflect.ValueOf(r); !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil() || r.Reach() < 1 {
		return &Chart{err: fmt.Errorf("%s: %w", from, mat32.ErrEmpty)}
	}
	reach := r.Reach()
	if k < 0 || k > reach {
		return &Chart{err: param(from, "k", k, fmt.Sprintf("0 for no mark, to %d, the largest neighbourhood compared", reach))}
	}
	q := r.CoRanking(reach)
	side := (reach + coRankingSide - 1) / coRankingSide
	n := (reach + side - 1) / side
	f := &surface{what: "coranking", rows: n, columns: n, cells: make([]float64, n*n), square: true}
	inside, pairs := 0.0, 0.0
	for i := range reach {
		for j := range reach {
			v := q.At(i, j)
			f.cells[i/side*n+j/side] += v
			pairs += v
			if i < k && j < k {
				inside += v
			}
		}
	}
	if pairs == 0 {
		return &Chart{err: fmt.Errorf("%s: %w", from, errors.Join(mat32.ErrEmpty, errors.New("no pair has a rank in both")))}
	}
	for i, v := range f.cells {
		if v == 0 {
			f.cells[i] = math.NaN()
		}
	}
	e := f.reach()
	f.colors = &scale{name: "pairs of rows", low: e.low, high: e.high, log: true}
	end := float64(n*side) + 0.5
	f.x = span{Axis: Axis{Name: "rank on the map", whole: true}, low: 0.5, high: end}
	f.y = span{Axis: Axis{Name: "rank in the data", whole: true}, low: end, high: 0.5}
	f.said = fmt.Sprintf("Co-ranking matrix of ranks up to %d: %.0f pairs of rows", reach, pairs)
	f.source = captionOf(r)
	if side > 1 {
		f.source = withMore(f.source, fmt.Sprintf("a cell is %d × %d ranks", side, side))
	}
	if k > 0 {
		to := float64(k) + 0.5
		f.over = []curve{{name: fmt.Sprintf("the %d nearest", k), at: [][2]float64{{0.5, to}, {to, to}, {to, 0.5}}, tint: coRankingMark}}
		f.source = withMore(f.source, fmt.Sprintf("%.0f pairs are among the %d nearest of both", inside, k))
	}
	return &Chart{fig: f}
}

// coRankingMark is the colour of the block: one that viridis has not.
const coRankingMark tint = 3

// captionOf returns what a result says of itself.
func captionOf(of any) string {
	if c, ok := of.(interface{ Caption() string }); ok {
		return c.Caption()
	}
	return ""
}

// withMore returns the parts of a caption in one line.
func withMore(caption, more string) string {
	if caption == "" || more == "" {
		return caption + more
	}
	return caption + " · " + more
}
