package intrinsic

import (
	"context"
	"fmt"
	"math"
	"sync"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/screen"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
	"github.com/flatland-go/flatland/pkg/watch"
)

// Separability measures the dimension by which one row can be told from others with a
// plane: n = −1 − log₂ P, where P is the share of ordered pairs of rows with
// ⟨x−y, y⟩ ≥ δ (Sutton, Zhou, Wang, Gorban, Higham and Tyukin, 2024, Stealth edits to
// large language models). Rows are centred first. Data uniform in the unit ball of d
// dimensions have n = d at δ = 0. The larger it is, the more selective is an edit, or
// an attack, that a single row triggers.
//
// It is no dimension of a surface: it looks at all pairs, and at those far apart.
//
// The cost is O(n²·d), memory 12·n·d bytes and 8·n for each of at most 16 goroutines.
type Separability struct {
	// Margin is δ, 0 or more, in squared units of the data. Larger values take pairs
	// for separable that hardly are not, and make n larger. Default 0.
	Margin float64

	// MemoryLimit in bytes refuses data that would need more. Default GOMEMLIMIT,
	// or 4 GiB.
	MemoryLimit int64
}

const separability = "intrinsic.Separability"

// Resolve returns the options, or a *mat32.ParamError or *mat32.ShapeError, for a
// matrix of n rows and d columns.
func (s Separability) Resolve(n, d int) (Separability, error) {
	switch {
	case n < 4:
		return s, &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: "at least 4 rows for Separability"}
	case !(s.Margin >= 0 && s.Margin <= math.MaxFloat64):
		return s, &mat32.ParamError{Method: separability, Param: "Margin", Value: s.Margin, Want: "0 ≤ Margin"}
	case s.MemoryLimit < 0:
		return s, &mat32.ParamError{Method: separability, Param: "MemoryLimit", Value: s.MemoryLimit, Want: "0 or more bytes"}
	}
	return s, nil
}

// Estimate returns the dimension of the rows of x (n × d). Rows that equal an
// earlier one are left out. Scale is the root mean square distance of all pairs;
// Local is nil.
//
// The standard error is that of P as a mean over ordered pairs of independent rows, by
// the spread over rows of how often they are on either side.
//
// Errors: those of mat32.Check and Resolve; *mat32.RowsNeededError for distances;
// *mat32.MemoryError; *mat32.DegenerateError where too few rows are distinct, or every
// row is separable from all others, which bounds the dimension from below, as it says;
// and one that wraps ctx.Err().
func (s Separability) Estimate(ctx context.Context, x mat.Matrix) (measure.Dimension, error) {
	fail := func(err error) (measure.Dimension, error) { return measure.Dimension{}, err }
	s, err := beginRows(ctx, separability, s, x)
	if err != nil {
		return fail(err)
	}
	n, d := x.Dims()
	need := 20*int64(n)*int64(d) + 8*(pairParts+1)*int64(n) + screen.Bytes(x)
	if err := mat32.CheckMemory(separability, need, s.MemoryLimit, "use fewer rows"); err != nil {
		return fail(err)
	}
	c, rows, err := cloudOf(ctx, separability, x)
	if err != nil {
		return fail(err)
	}
	m := len(rows)
	c.center()
	caught, err := c.caught(ctx, s.Margin/c.unit/c.unit)
	if err != nil {
		return fail(fmt.Errorf("%s: %w", separability, err))
	}
	var all float64
	shares := make([]float64, m)
	for i, v := range caught {
		all += float64(v) / 2
		shares[i] = float64(v) / float64(2*(m-1))
	}
	size := float64(m)
	of := size * (size - 1)
	if all == 0 {
		return fail(&mat32.DegenerateError{Method: separability,
			Reason: fmt.Sprintf("all %d rows are separable from each other: the dimension is above %.3g, and more rows are needed to tell", m, math.Log2(of)-1)})
	}
	p := all / of
	// A pair counts half for each of its two orders, of which hardly ever both are caught.
	two := p / 2 * (1 - 2*min(p, .5))
	one := max(0, (spread(shares)*(size-1)-two)/(size-2))
	value := -1 - math.Log2(p)
	if value <= 0 {
		return fail(&mat32.DegenerateError{Method: separability,
			Reason: fmt.Sprintf("%.0f %% of the pairs are not separable, more than of points on a line: −1 − log₂ P is %.3g", 100*p, value)})
	}
	return measure.Dimension{
		Method:  "Separability",
		Value:   value,
		StdErr:  math.Sqrt((4*(size-2)*one+2*two)/of) / (p * math.Ln2),
		Scale:   c.scale(),
		Rows:    m,
		Removed: n - m,
		Convention: fmt.Sprintf("−1 − log₂ P(⟨x−y, y⟩ ≥ %.4g) over ordered pairs, centred, duplicates removed, standard error: spread over rows and pairs",
			s.Margin),
	}, nil
}

// caught returns in how many of the ordered pairs that a point is in ⟨x−y, y⟩ ≥ margin.
// Products in float32 tell, but for those in doubt.
func (c *cloud) caught(ctx context.Context, margin float64) ([]int32, error) {
	const block, stretch = 32, 1024
	n, d := c.points.Rows, c.points.Cols
	fast := make([]float32, n*d)
	for i, v := range c.points.Data {
		fast[i] = float32(v)
	}
	point := func(i int) []float64 { return c.points.Data[i*d : (i+1)*d] }
	norms := make([]float64, n)
	longest := 0.
	for i := range norms {
		norms[i] = kernel.Dot64(point(i), point(i))
		longest = max(longest, norms[i])
	}
	relative := 2*kernel.DotError32(d) + 8*0x1p-24
	all := make([]int32, n)
	var adding sync.Mutex
	stage := watch.Start(ctx, "separability", n)
	parts := max(1, min(pairParts, (n+block-1)/block))
	err := par.Blocks(ctx, parts, 1, func(part, _ int) {
		counts, dots := make([]int32, n), make([]float32, stretch)
		for from := part * block; from < n; from += parts * block {
			to := min(from+block, n)
			for lo := from; lo < n && ctx.Err() == nil; lo += stretch {
				hi := min(lo+stretch, n)
				for i := from; i < to; i++ {
					start := max(lo, i+1)
					if start >= hi {
						continue
					}
					some := dots[:hi-start]
					kernel.Dots32(some, fast[i*d:(i+1)*d], fast[start*d:hi*d])
					own := norms[i] + margin
					doubt := relative*math.Sqrt(norms[i])*math.Sqrt(longest) + 0x1p-100
					for t, v := range some {
						j := start + t
						other, dot := norms[j]+margin, float64(v)
						if math.Abs(dot-own) <= doubt || math.Abs(dot-other) <= doubt {
							dot = kernel.Dot64(point(i), point(j))
						}
						if dot >= own {
							counts[i]++
							counts[j]++
						}
						if dot >= other {
							counts[i]++
							counts[j]++
						}
					}
				}
			}
			stage.Add(to - from)
		}
		adding.Lock()
		defer adding.Unlock()
		for i, v := range counts {
			all[i] += v
		}
	})
	return all, err
}
