package intrinsic

import (
	"context"
	"fmt"
	"math"
	"sync"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/screen"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
	"github.com/flatland-go/flatland/pkg/watch"
)

// FisherS estimates the dimension from how hard rows are to tell apart by a linear
// function: in high dimensions nearly every point is on its own side of a plane
// (Albergante, Bac and Zinovyev, 2019, Estimating the effective dimension of large
// biological datasets using Fisher separability analysis). Rows are centred, projected
// on their leading principal components, whitened and put on the unit sphere; the
// share p of pairs with ⟨x, y⟩ > α is compared with that of a uniform sphere, which
// gives a dimension for every α:
//
//	n = W(q/(2π·p²·α²·(1−α²)))/q,  q = −ln(1−α²),  W by Lambert.
//
// A share is of all n rows, as in scikit-dimension, though no row is compared with itself.
// The answer is the one at the α nearest to 0.9 of the largest with p above zero. As a
// sphere of dimension n is in n+1 columns, data on the surface of a sphere are found to
// have one more dimension than they do.
//
// It is global: the linear span counts, not the curved surface in it. The cost is
// O(n·d² + d³ + n²·m) for m components kept; memory 8·n·d + 8·d² + 12·n·m + 80·n bytes
// for each of at most 16 goroutines.
type FisherS struct {
	// Conditional is the ratio of the largest variance to that of the last
	// component kept, above 1. Default 10, as published. Larger values keep more
	// components.
	Conditional float64

	// MemoryLimit in bytes refuses data that would need more. Default GOMEMLIMIT,
	// or 4 GiB.
	MemoryLimit int64
}

const fisherS = "intrinsic.FisherS"

// fisherAlphas is how many α there are, from 0.60 in steps of 0.02.
const fisherAlphas = 20

func fisherAlpha(a int) float64 { return float64(60+2*a) / 100 }

// Resolve returns the options with defaults filled in, or a *mat32.ParamError or
// *mat32.ShapeError, for a matrix of n rows and d columns.
func (f FisherS) Resolve(n, d int) (FisherS, error) {
	if f.Conditional == 0 {
		f.Conditional = 10
	}
	switch {
	case n < 4:
		return f, &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: "at least 4 rows for FisherS"}
	case !(f.Conditional > 1 && f.Conditional <= math.MaxFloat64):
		return f, &mat32.ParamError{Method: fisherS, Param: "Conditional", Value: f.Conditional, Want: "1 < Conditional"}
	case f.MemoryLimit < 0:
		return f, &mat32.ParamError{Method: fisherS, Param: "MemoryLimit", Value: f.MemoryLimit, Want: "0 or more bytes"}
	}
	return f, nil
}

// Estimate returns the dimension of the rows of x (n × d). Rows that equal an
// earlier one are left out. Local holds the same for the share of rows that are not
// separable from each, NaN at rows left out and +Inf at those separable from all.
// Scale is the root mean square distance of all pairs.
//
// The standard error is that of the share p as a mean over pairs of independent rows,
// with the components and α as they are.
//
// Errors: those of mat32.Check and Resolve; *mat32.RowsNeededError for distances;
// *mat32.MemoryError; *mat32.DegenerateError where too few rows are distinct, or all
// are separable at the smallest α, as few rows of many dimensions are; and one that
// wraps ctx.Err().
func (f FisherS) Estimate(ctx context.Context, x mat.Matrix) (measure.Dimension, error) {
	f, err := beginRows(ctx, fisherS, f, x)
	if err != nil {
		return measure.Dimension{}, err
	}
	n, d := x.Dims()
	need := 20*int64(n)*int64(d) + 24*int64(d)*int64(d) + 80*(pairParts+1)*int64(n) + screen.Bytes(x)
	if err := mat32.CheckMemory(fisherS, need, f.MemoryLimit, "use fewer rows or columns"); err != nil {
		return measure.Dimension{}, err
	}
	c, rows, err := cloudOf(ctx, fisherS, x)
	if err != nil {
		return measure.Dimension{}, err
	}
	w, err := f.whiten(ctx, c)
	if err != nil {
		return measure.Dimension{}, fmt.Errorf("%s: %w", fisherS, err)
	}
	above, err := w.count(ctx)
	if err != nil {
		return measure.Dimension{}, fmt.Errorf("%s: %w", fisherS, err)
	}

	m := len(rows)
	totals := make([]float64, fisherAlphas)
	for i, c := range above {
		totals[i%fisherAlphas] += float64(c)
	}
	last := -1
	for a, t := range totals {
		if t > 0 {
			last = a
		}
	}
	if last < 0 {
		return measure.Dimension{}, &mat32.DegenerateError{Method: fisherS, Reason: fmt.Sprintf(
			"all %d rows are separable from each other by a linear function: their dimension in %d components is beyond what so few can tell", m, w.points.Cols)}
	}
	at := 0
	for a := range fisherAlphas {
		if math.Abs(fisherAlpha(a)-.9*fisherAlpha(last)) < math.Abs(fisherAlpha(at)-.9*fisherAlpha(last)) {
			at = a
		}
	}
	size := float64(m)
	p := totals[at] / (size * size)
	value := sphereDimension(p, fisherAlpha(at))
	local, shares := make([]float64, m), make([]float64, m)
	for i := range local {
		shares[i] = float64(above[i*fisherAlphas+at]) / size
		local[i] = sphereDimension(shares[i], fisherAlpha(at))
	}
	two := p * (1 - p)
	one := max(0, (spread(shares)*(size-1)-two)/(size-2))
	const step = 1e-5
	slope := (sphereDimension(p*(1+step), fisherAlpha(at)) - sphereDimension(p*(1-step), fisherAlpha(at))) / (2 * step * p)
	return measure.Dimension{
		Method:  "FisherS",
		Value:   value,
		StdErr:  math.Abs(slope) * math.Sqrt((4*(size-2)*one+2*two)/(size*(size-1))),
		Scale:   w.scale,
		Rows:    m,
		Removed: n - m,
		Local:   (&distinct{n: m, all: n, rows: rows}).everyRow(local),
		Convention: fmt.Sprintf("α = %.2f, %d components of variance above 1/%.4g of the largest, whitened, on the sphere, duplicates removed, standard error: spread over rows and pairs for given components",
			fisherAlpha(at), w.points.Cols, f.Conditional),
	}, nil
}

// sphereDimension returns the dimension of a uniform sphere of which the share p of
// pairs are not separable at α; +Inf for none.
func sphereDimension(p, alpha float64) float64 {
	if p == 0 {
		return math.Inf(1)
	}
	q := -math.Log1p(-alpha * alpha)
	return lambertW(q/(2*math.Pi*p*p*alpha*alpha*(1-alpha*alpha))) / q
}

// lambertW returns the w ≥ 0 with w·eʷ = z for z ≥ 0, by Halley's iteration
// (Corless, Gonnet, Hare, Jeffrey and Knuth, 1996, On the Lambert W function).
func lambertW(z float64) float64 {
	w := math.Log1p(z)
	if w > 3 {
		w -= math.Log(w)
	}
	for range 50 {
		// Over eʷ, so that nothing overflows.
		g := w - z*math.Exp(-w)
		next := w - g/(w+1-(w+2)*g/(2*w+2))
		if math.Abs(next-w) <= 1e-15*math.Abs(next) {
			return next
		}
		w = next
	}
	return w
}

// whitened are rows of unit length along principal components of equal variance.
type whitened struct {
	points blas64.General
	fast   []float32
	scale  float64
}

func (f FisherS) whiten(ctx context.Context, c *cloud) (*whitened, error) {
	c.center()
	a, err := c.inner(ctx)
	if err != nil {
		return nil, err
	}
	values, vectors, err := linalg.EigenSym(ctx, a)
	if err != nil {
		return nil, err
	}
	kept := 0
	for kept < len(values) && values[kept] > values[0]/f.Conditional {
		kept++
	}
	m, d := c.points.Rows, c.points.Cols
	w := &whitened{scale: c.scale(), fast: make([]float32, m*kept)}
	w.points = blas64.General{Rows: m, Cols: kept, Stride: kept, Data: make([]float64, m*kept)}
	v := vectors.RawMatrix()
	lead := blas64.General{Rows: kept, Cols: v.Cols, Stride: v.Stride, Data: v.Data}
	if m < d { // the eigenvectors of products of rows are the coordinates, but for length
		for i := range m {
			for j := range kept {
				w.points.Data[i*kept+j] = lead.Data[j*lead.Stride+i]
			}
		}
	} else {
		if err := kernel.Gemm64(ctx, blas.NoTrans, blas.Trans, 1, c.points, lead, 0, w.points); err != nil {
			return nil, err
		}
		for i := range m {
			for j := range kept {
				w.points.Data[i*kept+j] /= math.Sqrt(values[j])
			}
		}
	}
	for i := range m {
		point := w.points.Data[i*kept : (i+1)*kept]
		if norm := math.Sqrt(kernel.Dot64(point, point)); norm > 0 { // a row at the mean has no direction, and is separable
			kernel.Scal64(1/norm, point)
		}
		for j, v := range point {
			w.fast[i*kept+j] = float32(v)
		}
	}
	return w, nil
}

// count returns how many other rows are not separable from row i at every α, at
// i·fisherAlphas.
func (w *whitened) count(ctx context.Context) ([]int32, error) {
	const block, stretch = 32, 1024
	n, m := w.points.Rows, w.points.Cols
	doubt := float32(kernel.DotError32(m)) + 4*0x1p-24*float32(m+4)
	all := make([]int32, n*fisherAlphas)
	var adding sync.Mutex
	stage := watch.Start(ctx, "separability", n)
	parts := max(1, min(pairParts, (n+block-1)/block))
	err := par.Blocks(ctx, parts, 1, func(part, _ int) {
		counts, dots := make([]int32, len(all)), make([]float32, stretch)
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
					kernel.Dots32(some, w.fast[i*m:(i+1)*m], w.fast[start*m:hi*m])
					for j, v := range some {
						if v <= .6-doubt {
							continue
						}
						dot := float64(v)
						if place := float64(v-.6) * 50; math.Abs(place-math.Round(place)) <= 50*float64(doubt)+1e-5 {
							dot = kernel.Dot64(w.points.Data[i*m:(i+1)*m], w.points.Data[(start+j)*m:(start+j+1)*m])
						}
						a := -1
						for a+1 < fisherAlphas && dot > fisherAlpha(a+1) {
							a++
						}
						if a >= 0 {
							counts[i*fisherAlphas+a]++
							counts[(start+j)*fisherAlphas+a]++
						}
					}
				}
			}
			stage.Add(to - from)
		}
		adding.Lock()
		defer adding.Unlock()
		for i, c := range counts {
			all[i] += c
		}
	})
	for i := range n {
		own := all[i*fisherAlphas : (i+1)*fisherAlphas]
		for a := fisherAlphas - 2; a >= 0; a-- {
			own[a] += own[a+1]
		}
	}
	return all, err
}
