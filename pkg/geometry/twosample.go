package geometry

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/resample"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
	"github.com/flatland-go/flatland/pkg/watch"
)

// TwoSample is how far two clouds are from being draws of one distribution.
type TwoSample struct {
	Score measure.Score

	// PValue is the share of the random partings of all rows into two clouds of the same
	// sizes that score as high, this one among them: small where the clouds differ by more
	// than chance. It is 1 where no permutations were asked for.
	PValue float64

	// Null holds the scores of these partings.
	Null []float64

	// Witness says for every row of x and then of y which cloud is denser there: above 0
	// it is x, below 0 y, in the unit of the score where this is a mean over rows.
	Witness []float64
}

// String returns the table of the score, and the p-value.
func (t *TwoSample) String() string {
	s := t.Score.String()
	if len(t.Null) > 0 {
		s += fmt.Sprintf("\n  %-11s %.4g (%d permutations)", "p-value", t.PValue, len(t.Null))
	}
	return s
}

// mostPermutations bounds what is kept and multiplied at once.
const mostPermutations = 10000

// resolvePermutations checks how many there are.
func resolvePermutations(method string, permutations int) error {
	if permutations < 0 || permutations > mostPermutations {
		return &mat32.ParamError{Method: method, Param: "Permutations", Value: permutations, Want: fmt.Sprintf("0 ≤ Permutations ≤ %d", mostPermutations)}
	}
	return nil
}

// bytesOfSums is what sums take.
func bytesOfSums(rows, permutations int) int64 {
	return bytesOfPairs(rows, rows) + 8*int64(rows)*int64(permutations+4) + 8*pairRows*int64(permutations+1)
}

// sums are those of a symmetric function of two rows over all pairs of different rows of
// two clouds, as they were given and for random partings of all rows.
type sums struct {
	within []float64 // of pairs in the first cloud; the given parting is the first
	rows   []float64 // of the rows in the first cloud
	all    float64   // over all ordered pairs
	toX    []float64 // of every row with those of x
	toY    []float64
}

// sums applies f to rows of squared distances between near rows and adds up what it makes of
// them: O((n + m)²·(d + permutations)/2) operations.
func (c *clouds) sums(ctx context.Context, seed uint64, permutations int, f func(row []float64)) (*sums, error) {
	n := c.n + c.m
	s := &sums{within: make([]float64, permutations+1), rows: make([]float64, permutations+1), toX: make([]float64, n), toY: make([]float64, n)}
	members := mat.NewDense(n, permutations+1, nil) // 1 where a row is in the first cloud
	for i := range c.n {
		members.Set(i, 0, 1)
	}
	order := make([]int, n)
	for p := range permutations {
		if p%64 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		resample.Permutation(seed, "geometry: two samples", p, order)
		for _, i := range order[:c.n] {
			members.Set(i, p+1, 1)
		}
	}
	stage := watch.Start(ctx, "pairs of rows", n)
	tile := make([]float64, min(n, pairRows)*min(n, pairCols))
	products := mat.NewDense(min(n, pairRows), permutations+1, nil)
	for top := 0; top < n; top += pairRows {
		bottom := min(top+pairRows, n)
		products.Zero()
		into := products.Slice(0, bottom-top, 0, permutations+1).(*mat.Dense)
		for left := top; left < n; left += pairCols {
			right := min(left+pairCols, n)
			width := right - left
			if err := c.distances(ctx, tile, top, bottom, left, right); err != nil {
				return nil, err
			}
			// What is left of the diagonal has been counted from the other side.
			err := par.Blocks(ctx, bottom-top, 4, func(lo, hi int) {
				for i := lo; i < hi; i++ {
					row := tile[i*width : (i+1)*width]
					from := min(max(0, top+i+1-left), width)
					clear(row[:from])
					f(row[from:])
					own := min(max(c.n-left, from), width) // columns of x
					s.toX[top+i] += added(row[from:own])
					s.toY[top+i] += added(row[own:])
				}
			})
			if err != nil {
				return nil, err
			}
			err = par.Blocks(ctx, width, 64, func(lo, hi int) {
				for i := range bottom - top {
					to := s.toX
					if top+i >= c.n {
						to = s.toY
					}
					kernel.Axpy64(1, tile[i*width+lo:i*width+hi], to[left+lo:left+hi])
				}
			})
			if err != nil {
				return nil, err
			}
			if permutations > 0 {
				part := mat.NewDense(bottom-top, width, tile[:(bottom-top)*width])
				of := members.Slice(left, right, 0, permutations+1).(*mat.Dense)
				if err := kernel.Gemm64(ctx, blas.NoTrans, blas.NoTrans, 1, part.RawMatrix(), of.RawMatrix(), 1, into.RawMatrix()); err != nil {
					return nil, err
				}
			}
		}
		for i := top; i < bottom; i++ {
			for p, v := range into.RawRowView(i - top) {
				s.within[p] += 2 * v * members.At(i, p)
			}
		}
		stage.Add(bottom - top)
	}
	s.within[0] = 0
	for i := range n {
		both := s.toX[i] + s.toY[i]
		s.all += both
		for p, in := range members.RawRowView(i) {
			s.rows[p] += in * both
		}
		if i < c.n {
			s.within[0] += s.toX[i]
		}
	}
	return s, ctx.Err()
}

// added returns the sum of values, four at a time.
func added(values []float64) float64 {
	var a, b, c, d float64
	for ; len(values) >= 4; values = values[4:] {
		a += values[0]
		b += values[1]
		c += values[2]
		d += values[3]
	}
	for _, v := range values {
		a += v
	}
	return a + b + (c + d)
}

// parting returns the sums over ordered pairs of different rows of parting p: both in the
// first cloud, both in the second, and one in each.
func (s *sums) parting(p int) (xx, yy, xy float64) {
	xx = s.within[p]
	xy = s.rows[p] - xx
	return xx, s.all - 2*s.rows[p] + xx, xy
}

// contrast returns E f(x, x′) + E f(y, y′) − 2·E f(x, y) for parting p; same is what f is
// of a row with itself, which counts unless apart.
func (c *clouds) contrast(s *sums, p int, same float64, apart bool) float64 {
	n, m := float64(c.n), float64(c.m)
	xx, yy, xy := s.parting(p)
	if apart {
		return xx/(n*(n-1)) + yy/(m*(m-1)) - 2*xy/(n*m)
	}
	return xx/(n*n) + same/n + yy/(m*m) + same/m - 2*xy/(n*m)
}

// twoSample returns the contrasts of all partings, times unit, and the witness of the rows.
func (c *clouds) twoSample(s *sums, same float64, apart bool, unit float64) *TwoSample {
	t := &TwoSample{Null: make([]float64, len(s.within)-1), Witness: make([]float64, c.n+c.m)}
	value := func(p int) float64 {
		v := c.contrast(s, p, same, apart)
		if !apart {
			v = max(v, 0) // which it is but for rounding
		}
		return v * unit
	}
	t.Score.Value = value(0)
	rounding := 1e-13 * unit * (math.Abs(s.all)/float64(c.n+c.m)/float64(c.n+c.m) + math.Abs(same))
	for p := range t.Null {
		t.Null[p] = value(p + 1)
		if math.Abs(t.Null[p]-t.Score.Value) <= rounding { // the same clouds, or their names exchanged
			t.Null[p] = t.Score.Value
		}
	}
	t.PValue = resample.PValue(t.Score.Value, t.Null)
	n, m := float64(c.n), float64(c.m)
	for i := range t.Witness {
		x, y := s.toX[i], s.toY[i]
		fewX, fewY := n, m
		switch {
		case i < c.n && apart:
			fewX--
		case i < c.n:
			x += same
		case apart:
			fewY--
		default:
			y += same
		}
		t.Witness[i] = (x/fewX - y/fewY) * unit
	}
	return t
}
