package quality

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"sync"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/screen"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
	"github.com/flatland-go/flatland/pkg/watch"
)

// RankCurve compares neighbourhoods of every size at once: QNX, RNX and LCMC for all
// k, and the numbers that sum them up, which depend on no choice of k (Lee, Renard,
// Bernard, Dupont and Verleysen, 2013, Type 1 and 2 mixtures of Kullback–Leibler
// divergences as cost functions in dimensionality reduction based on similarity
// preservation).
//
// A pair of rows is common to the k nearest of both spaces from k = the larger of its
// two ranks on: the curves are sums of a histogram of these, which a pass over blocks
// of rows fills. Ranks are those of exact distances, ties by index.
//
// Time O(n²·(d + log n)), memory 16·n bytes for the result and 80·n for each core: no
// n × n array. For a few neighbourhoods, Rank is much faster.
type RankCurve struct {
	// MemoryLimit in bytes refuses data that would need more. Default
	// GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

// Resolve returns the options with defaults filled in, or a *mat32.ParamError
// or *mat32.ShapeError, for a matrix of n rows and d columns.
func (c RankCurve) Resolve(n, d int) (RankCurve, error) {
	if n < 3 {
		return c, &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: "at least 3 rows for curves of ranks"}
	}
	if c.MemoryLimit < 0 {
		return c, &mat32.ParamError{Method: "quality.RankCurve", Param: "MemoryLimit", Value: c.MemoryLimit, Want: "0 or more bytes"}
	}
	return c, nil
}

// RankCurves holds how many neighbours two spaces have in common, for all sizes of a
// neighbourhood.
type RankCurves struct {
	N int // rows

	// Common[k−1], for k from 1 to n−1, is the number of pairs of rows (i, j) such that
	// j is among the k nearest of i in both spaces.
	Common []int64

	// Areas[i] is the area under the curve of row i, as AUC is under that of all.
	Areas []float64
}

// Compare ranks all rows of the data x (n × d) and of their embedding y (n rows, any
// number of columns). Either may be a mat32.Distances, whose rows rank by the distances
// it holds. It reports the stage "ranks", a unit a row. Errors: those of mat32.Check and
// Resolve, naming x or y; *mat32.ShapeError when y has another number of rows;
// *mat32.MemoryError; *mat32.DegenerateError where distances may exceed float64; and
// one that wraps ctx.Err().
func (c RankCurve) Compare(ctx context.Context, x, y mat.Matrix) (*RankCurves, error) {
	const method = "quality.RankCurve"
	n, d, err := checkBoth(ctx, method, x, y)
	if err != nil {
		return nil, err
	}
	if c, err = c.Resolve(n, d); err != nil {
		return nil, err
	}
	need := screen.Bytes(x) + screen.Bytes(y) + int64(n)*(16+80*int64(runtime.GOMAXPROCS(0)))
	if err := mat32.CheckMemory(method, need, c.MemoryLimit, "reduce the number of rows"); err != nil {
		return nil, err
	}
	data, err := screened(ctx, method, "x", x)
	if err != nil {
		return nil, err
	}
	shown, err := screened(ctx, method, "y", y)
	if err != nil {
		return nil, err
	}
	type scratch struct {
		data, shown *screen.EveryRank
		r, s        []int32
		common      []int32 // of one row
		count       []int64 // of all its rows: whole numbers, the same in any order
	}
	all := &RankCurves{N: n, Common: make([]int64, n-1), Areas: make([]float64, n)}
	weights := all.weights()
	stage := watch.Start(ctx, "ranks", n)
	var crew []*scratch
	var hiring sync.Mutex
	hire := func() *scratch {
		hiring.Lock()
		defer hiring.Unlock()
		w := &scratch{data.EveryRank(), shown.EveryRank(), make([]int32, n), make([]int32, n), make([]int32, n-1), make([]int64, n-1)}
		crew = append(crew, w)
		return w
	}
	err = par.BlocksWith(ctx, n, 4, hire, func(w *scratch, lo, hi int) {
		for i := lo; i < hi && ctx.Err() == nil; i++ {
			w.data.From(i, w.r)
			w.shown.From(i, w.s)
			clear(w.common)
			for j, r := range w.r {
				if j != i {
					w.common[max(r, w.s[j])-1]++
				}
			}
			for k, more := range w.common {
				w.count[k] += int64(more)
			}
			all.Areas[i] = area(w.common, weights)
			stage.Add(1)
		}
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	common := int64(0)
	for k := range all.Common {
		for _, w := range crew {
			common += w.count[k]
		}
		all.Common[k] = common
	}
	return all, nil
}

// weights are those of every k in the area: 1/k over their sum.
func (c *RankCurves) weights() []float64 {
	w := make([]float64, c.N-2)
	var sum float64
	for k := range w {
		w[k] = 1 / float64(k+1)
		sum += w[k]
	}
	for k := range w {
		w[k] /= sum
	}
	return w
}

// QNX returns Q_NX for k = 1 … n−1, from index 0 on: the share of the k nearest
// neighbours that data and embedding have in common. The last is 1.
func (c *RankCurves) QNX() []float64 {
	return c.curve(c.N-1, func(q, _ float64) float64 { return q })
}

// RNX returns R_NX for k = 1 … n−2, from index 0 on: Q_NX on a scale on which a random
// arrangement scores 0 and a perfect one 1.
func (c *RankCurves) RNX() []float64 {
	others := float64(c.N - 1)
	return c.curve(c.N-2, func(q, k float64) float64 { return (others*q - k) / (others - k) })
}

// LCMC returns the local continuity meta-criterion for k = 1 … n−1, from index 0 on:
// Q_NX less what a random arrangement scores.
func (c *RankCurves) LCMC() []float64 {
	return c.curve(c.N-1, func(q, k float64) float64 { return q - k/float64(c.N-1) })
}

func (c *RankCurves) curve(n int, value func(q, k float64) float64) []float64 {
	all := make([]float64, n)
	for k := range all {
		all[k] = value(float64(c.Common[k])/float64(c.N)/float64(k+1), float64(k+1))
	}
	return all
}

// KMax returns the k of the highest LCMC, the smallest of several: where the local part
// of the curve ends and the global one begins.
func (c *RankCurves) KMax() int {
	best, most := 0, math.Inf(-1)
	// In whole numbers, so that equal ones are: k·n·(n−1)·LCMC is common·(n−1) − k²·n.
	for k, common := range c.Common {
		if v := (float64(common)*float64(c.N-1) - float64(k+1)*float64(k+1)*float64(c.N)) / float64(k+1); v > most {
			best, most = k+1, v
		}
	}
	return best
}

// AUC returns the area under R_NX over the logarithm of k, Σ(R_NX(k)/k) / Σ(1/k) for k
// from 1 to n−2: one number for all sizes, in which small ones weigh most. Random
// arrangements score 0, a perfect one 1. PerRow holds the same of every row.
func (c *RankCurves) AUC() measure.Score {
	s := measure.Score{Name: "AUC of R_NX", Rows: c.N, PerRow: append([]float64(nil), c.Areas...),
		Convention: "over ln k, weights 1/k for k = 1 … n−2, ties by index"}
	weights := c.weights()
	for k, v := range c.RNX() {
		s.Value += weights[k] * v
	}
	return s
}

// Local returns Q_local, the mean of Q_NX(k) up to KMax (Lee and Verleysen, 2010, Scale-
// independent quality criteria for dimensionality reduction): how well small
// neighbourhoods are kept.
func (c *RankCurves) Local() measure.Score {
	return c.mean("Q_local", "mean Q_NX(k) for k = 1 … K_max, that of the highest LCMC, ties by index", 0, c.KMax())
}

// Global returns Q_global, the mean of Q_NX(k) from KMax to n−1: how well the arrangement
// of the whole is kept.
func (c *RankCurves) Global() measure.Score {
	return c.mean("Q_global", "mean Q_NX(k) for k = K_max, that of the highest LCMC, … n−1, ties by index", c.KMax()-1, c.N-1)
}

// Mean returns the mean of Q_NX(k) for k from 1 to n−1.
func (c *RankCurves) Mean() measure.Score {
	return c.mean("mean Q_NX", "for k = 1 … n−1, ties by index", 0, c.N-1)
}

func (c *RankCurves) mean(name, convention string, lo, hi int) measure.Score {
	s := measure.Score{Name: name, Rows: c.N, Convention: convention}
	for _, q := range c.QNX()[lo:hi] {
		s.Value += q
	}
	s.Value /= float64(hi - lo)
	return s
}

// String returns a small table: the area, and the two means with where they part.
func (c *RankCurves) String() string {
	return fmt.Sprintf("curves of ranks of %d rows\n  AUC of R_NX  %.4f\n  Q_local      %.4f\n  Q_global     %.4f\n  K_max        %d",
		c.N, c.AUC().Value, c.Local().Value, c.Global().Value, c.KMax())
}
