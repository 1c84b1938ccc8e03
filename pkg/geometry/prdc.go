package geometry

import (
	"context"
	"fmt"
	"math"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/screen"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
	"github.com/flatland-go/flatland/pkg/watch"
)

// PRDC says how well the cloud y covers the cloud x, and x it: precision, recall, density
// and coverage. Around every row is a ball that reaches to its nearest rows of the same
// cloud; what counts is which rows of the other cloud are in which balls.
//
// In many dimensions balls around an outer cloud hold all of an inner one, and not the
// other way: precision and recall then tell which of the two is larger, and not how far they
// are from each other. Their symmetric versions, each the lesser of two that err to
// opposite sides, are low in both cases.
//
// Compare takes x, the reference (real data, say), and y (generated data, a reconstruction)
// of the same columns, and any numbers of rows. Balls are closed, as their source has it: a
// row on the rim counts. (The package prdc leaves the rim out, so that rows with as many
// copies as Neighbors cover nothing.) Distances are exact. Time that of the neighbours in
// either cloud, and n·m·d for the pairs; memory 8·(n + m)·(2·d + 1) bytes and 4 MB.
//
// Errors: *mat32.ParamError; *mat32.MemoryError; those of mat32.CheckRows and mat32.Check;
// *mat32.ShapeError where columns differ; and one that wraps ctx.Err().
//
// Sources: T. Kynkäänniemi, T. Karras, S. Laine, J. Lehtinen and T. Aila (2019), Improved
// precision and recall metric for assessing generative models; density and coverage, M.
// Naeem, S. Oh, Y. Uh, Y. Choi and J. Yoo (2020), Reliable fidelity and diversity metrics
// for generative models; symmetric, M. Khayatkhoei and W. AbdAlmageed (2023), Emergent
// asymmetry of precision and recall for measuring fidelity and diversity of generative
// models in high dimensions.
type PRDC struct {
	// Neighbors is how many other rows of its cloud a ball reaches: 1 to one less than the
	// rows of the smaller cloud. Default 5. Larger ones forgive more.
	Neighbors int

	// MemoryLimit in bytes refuses data that would need more. Default GOMEMLIMIT, or
	// 4 GiB where that is not set.
	MemoryLimit int64
}

const prdcMethod = "geometry.PRDC"

// Resolve returns the options with defaults filled in, or a *mat32.ParamError, for n rows in
// the smaller cloud, whatever d is.
func (p PRDC) Resolve(n, d int) (PRDC, error) {
	if p.Neighbors == 0 {
		p.Neighbors = 5
	}
	if p.Neighbors < 1 || p.Neighbors > n-1 {
		return p, &mat32.ParamError{Method: prdcMethod, Param: "Neighbors", Value: p.Neighbors, Want: fmt.Sprintf("1 ≤ Neighbors ≤ %d, the rows of the smaller cloud less one", n-1)}
	}
	return p, limited(prdcMethod, p.MemoryLimit)
}

// limited checks a MemoryLimit.
func limited(method string, limit int64) error {
	if limit < 0 {
		return &mat32.ParamError{Method: method, Param: "MemoryLimit", Value: limit, Want: "MemoryLimit ≥ 0"}
	}
	return nil
}

// Fidelity is what PRDC measures of a cloud y against the reference x. All but Density lie
// between 0 and 1, and 1 is best. PerRow is there where the number is a mean over rows.
type Fidelity struct {
	Precision           measure.Score // rows of y in any ball of x
	Recall              measure.Score // rows of x in any ball of y
	Density             measure.Score // balls of x that a row of y is in, over Neighbors: about 1 for equal clouds, more where y keeps to dense parts of x
	Coverage            measure.Score // rows of x whose ball holds a row of y
	ComplementPrecision measure.Score // rows of y whose ball holds a row of x
	SymmetricPrecision  measure.Score // the lesser of precision and complement precision
	SymmetricRecall     measure.Score // the lesser of recall and coverage
}

// All returns the seven scores.
func (f *Fidelity) All() []measure.Score {
	return []measure.Score{f.Precision, f.Recall, f.Density, f.Coverage, f.ComplementPrecision, f.SymmetricPrecision, f.SymmetricRecall}
}

// String returns a table of the scores.
func (f *Fidelity) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d rows against %d, k = %d", len(f.Precision.PerRow), len(f.Recall.PerRow), f.Precision.Neighbors)
	for _, s := range f.All() {
		fmt.Fprintf(&b, "\n  %-21s %.4f", s.Name, s.Value)
	}
	return b.String()
}

// Compare returns how y covers x.
func (p PRDC) Compare(ctx context.Context, x, y mat.Matrix) (*Fidelity, error) {
	n, m, d, err := checkClouds(ctx, prdcMethod, 1, x, y)
	if err != nil {
		return nil, err
	}
	if p, err = p.Resolve(min(n, m), d); err != nil {
		return nil, err
	}
	need := bytesOfClouds(n, m, d) + bytesOfPairs(n, m) + screen.Bytes(x) + screen.Bytes(y) + 12*int64(n+m)*int64(p.Neighbors+2)
	if err := mat32.CheckMemory(prdcMethod, need, p.MemoryLimit, "take fewer rows"); err != nil {
		return nil, err
	}
	b, err := newBalls(ctx, p.Neighbors, x, y)
	if err == nil {
		err = b.meet(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", prdcMethod, err)
	}
	score := func(name, convention string, each []float64) measure.Score {
		s := measure.Score{Name: name, Rows: len(each), Neighbors: p.Neighbors, PerRow: each, Convention: convention}
		for _, v := range each {
			s.Value += v
		}
		s.Value /= float64(len(each))
		return s
	}
	density := make([]float64, m)
	for j, c := range b.count {
		density[j] = float64(c) / float64(p.Neighbors)
	}
	f := &Fidelity{
		Precision:           score("precision", "rows of y in a closed ball of x; 1 is best", ones(b.count)),
		Recall:              score("recall", "rows of x in a closed ball of y; 1 is best", ones(b.recalled)),
		Density:             score("density", "closed balls of x around a row of y, over k; 1 is that of equal clouds", density),
		Coverage:            score("coverage", "rows of x whose closed ball holds a row of y; 1 is best", ones(b.covered)),
		ComplementPrecision: score("complement precision", "rows of y whose closed ball holds a row of x; 1 is best", ones(b.holds)),
	}
	lesser := func(name string, a, b measure.Score) measure.Score {
		if b.Value < a.Value {
			a.Value = b.Value
		}
		return measure.Score{Name: name, Value: a.Value, Rows: a.Rows, Neighbors: p.Neighbors,
			Convention: fmt.Sprintf("the lesser of %s and %s; 1 is best", a.Name, b.Name)}
	}
	f.SymmetricPrecision = lesser("symmetric precision", f.Precision, f.ComplementPrecision)
	f.SymmetricRecall = lesser("symmetric recall", f.Recall, f.Coverage)
	return f, nil
}

// ones returns 1 where there is any.
func ones(counts []int32) []float64 {
	v := make([]float64, len(counts))
	for i, c := range counts {
		if c > 0 {
			v[i] = 1
		}
	}
	return v
}

// balls are those of two clouds, and what they hold.
type balls struct {
	*clouds
	radius []float64 // of the ball around every row, of x and then of y

	count    []int32 // balls of x that a row of y is in
	covered  []int32 // of a row of x: tiles in which its ball holds a row of y
	recalled []int32 // tiles in which it is in a ball of y
	holds    []int32 // of a row of y: rows of x in its ball

	exact func(i, j int) float64 // between row i of x and row j of y
}

func newBalls(ctx context.Context, k int, x, y mat.Matrix) (*balls, error) {
	c, err := newClouds(ctx, x, y)
	if err != nil {
		return nil, err
	}
	b := &balls{clouds: c, radius: make([]float64, 0, c.n+c.m), count: make([]int32, c.m), covered: make([]int32, c.n), recalled: make([]int32, c.n), holds: make([]int32, c.m)}
	var own *screen.Rows
	for _, cloud := range []mat.Matrix{x, y} {
		rows, err := screen.New(ctx, cloud)
		if err != nil {
			return nil, err
		}
		if own == nil {
			own = rows
		}
		n, _ := rows.Dims()
		indices, distances := make([]int32, n*k), make([]float64, n*k)
		if err := rows.Nearest(ctx, k, indices, distances); err != nil {
			return nil, err
		}
		for i := range n {
			b.radius = append(b.radius, distances[(i+1)*k-1])
		}
	}
	q, err := own.Ask(ctx, y)
	if err != nil {
		return nil, err
	}
	b.exact = func(i, j int) float64 { return q.Exact(j, i) }
	return b, nil
}

// meet looks at all pairs of a row of x and one of y.
func (b *balls) meet(ctx context.Context) error {
	stage := watch.Start(ctx, "balls: rows", b.n)
	tile := make([]float64, min(b.n, pairRows)*min(b.m, pairCols))
	limits := make([]float64, b.n+b.m) // squares of the radii, of near rows
	for i, r := range b.radius {
		r /= b.unit // infinite where all rows are equal, which are in all balls
		limits[i] = r * r
		if b.unit == 0 {
			limits[i] = math.Inf(1)
		}
	}
	slack := b.rounding()
	for top := 0; top < b.n; top += pairRows {
		bottom := min(top+pairRows, b.n)
		for left := 0; left < b.m; left += pairCols {
			right := min(left+pairCols, b.m)
			if err := b.distances(ctx, tile, top, bottom, b.n+left, b.n+right); err != nil {
				return err
			}
			const columns = 64
			width := right - left
			flags := make([][2][pairRows]bool, (width+columns-1)/columns)
			err := par.Blocks(ctx, width, columns, func(lo, hi int) {
				covered, recalled := &flags[lo/columns][0], &flags[lo/columns][1]
				for i := top; i < bottom; i++ {
					row, own := tile[(i-top)*width:(i-top+1)*width], limits[i]
					for t := lo; t < hi; t++ {
						j := left + t
						other := limits[b.n+j]
						v := row[t]
						if v > own+slack && v > other+slack {
							continue
						}
						inX, inY := v < own-slack, v < other-slack
						if !inX && v <= own+slack || !inY && v <= other+slack {
							dist := b.exact(i, j)
							inX, inY = dist <= b.radius[i], dist <= b.radius[b.n+j]
						}
						if inX {
							b.count[j]++
							covered[i-top] = true
						}
						if inY {
							b.holds[j]++
							recalled[i-top] = true
						}
					}
				}
			})
			if err != nil {
				return err
			}
			for _, f := range flags {
				for i := range bottom - top {
					if f[0][i] {
						b.covered[top+i]++
					}
					if f[1][i] {
						b.recalled[top+i]++
					}
				}
			}
		}
		stage.Add(bottom - top)
	}
	return nil
}
