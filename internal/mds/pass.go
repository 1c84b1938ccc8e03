package mds

import (
	"context"
	"math"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
)

// Strips of stripRows rows are what one goroutine takes, with the pairs to all rows
// that follow; it goes through them by tiles of tileColumns columns, whose
// coordinates and sums stay in the nearest cache.
const (
	stripRows   = 64
	tileColumns = 512
)

// pass goes once over all pairs for the distances between points, their stress, and
// the numerator of the Guttman transform, B(X)·X.
//
// Every pair is met once and adds to the sums of both its points. The strips have
// sums of their own, which are added in the order of the strips: 4·n²·k/stripRows
// bytes.
type pass struct {
	n, k             int
	targets, weights []float64
	parts            []float64 // of strip s: k columns of n − lo sums
	totals           []totals
}

type totals struct {
	stress  float64 // Σ w·(d − δ)²
	squares float64 // Σ w·d²
	falling float64 // what no iteration raises: the stress, unless its targets change
}

func newPass(n, k int, targets, weights []float64) *pass {
	return &pass{n: n, k: k, targets: targets, weights: weights, totals: make([]totals, (n+stripRows-1)/stripRows)}
}

// part returns where the sums of strip s begin.
func (p *pass) part(s int) int { return p.k * (s*p.n - stripRows*s*(s-1)/2) }

// run returns the totals of x, and fills to with B(X)·X unless it is nil.
func (p *pass) run(ctx context.Context, x coordinates, to *coordinates) (totals, error) {
	if to != nil && p.parts == nil {
		p.parts = make([]float64, p.part(len(p.totals)))
	}
	err := par.BlocksWith(ctx, p.n, stripRows, func() *tile { return new(tile) }, func(t *tile, lo, hi int) {
		t.totals, t.sums = totals{}, nil
		if to != nil {
			s := lo / stripRows
			t.sums = p.parts[p.part(s) : p.part(s)+p.k*(p.n-lo)]
			clear(t.sums)
		}
		for from := lo; from < p.n && ctx.Err() == nil; from += tileColumns {
			for i := lo; i < hi; i++ {
				if begin, end := max(i+1, from), min(from+tileColumns, p.n); begin < end {
					t.row(p, x, lo, i, begin, end)
				}
			}
		}
		p.totals[lo/stripRows] = t.totals
	})
	if err != nil {
		return totals{}, err
	}
	var sum totals
	for _, t := range p.totals {
		sum.stress += t.stress
		sum.squares += t.squares
	}
	sum.falling = sum.stress
	if to != nil {
		err = par.Blocks(ctx, p.n, 4*stripRows, func(lo, hi int) {
			for c := range p.k {
				column := to.along(c)[lo:hi]
				clear(column)
				for s := 0; s*stripRows < hi; s++ {
					first := s * stripRows
					from := max(lo, first)
					for i, v := range p.parts[p.part(s)+c*(p.n-first):][from-first : hi-first] {
						column[from-lo+i] += v
					}
				}
			}
		})
	}
	return sum, err
}

// tile is the scratch of one goroutine.
type tile struct {
	totals
	sums   []float64 // of the strip; nil where only totals are wanted
	values [tileColumns]float64
}

// row adds the pairs of row i with rows begin … end−1 in strip lo.
func (t *tile) row(p *pass, x coordinates, lo, i, begin, end int) {
	offset := after(p.n, i) - i - 1
	targets := p.targets[offset+begin : offset+end]
	values := t.values[:len(targets)]
	clear(values)
	for c := range p.k {
		column := x.along(c)
		kernel.AddSquares64(values, column[begin:end], column[i])
	}
	var stress, squares float64
	if p.weights == nil {
		stress, squares = kernel.Ratios64(values, targets)
	} else {
		stress, squares = weightedRatios(values, targets, p.weights[offset+begin:offset+end])
	}
	t.stress += stress
	t.squares += squares
	if t.sums == nil {
		return
	}
	rows := p.n - lo
	for c := range p.k {
		column := x.along(c)
		sums := t.sums[c*rows : (c+1)*rows]
		sums[i-lo] += kernel.Pull64(sums[begin-lo:end-lo], values, column[begin:end], column[i])
	}
}

// weightedRatios is kernel.Ratios64 with a weight for every pair.
func weightedRatios(values, targets, weights []float64) (stress, squares float64) {
	targets, weights = targets[:len(values)], weights[:len(values)]
	for j, s := range values {
		w, d := weights[j], math.Sqrt(s)
		e := d - targets[j]
		squares += w * s
		stress += w * e * e
		if s != 0 {
			values[j] = w * targets[j] / d
		}
	}
	return stress, squares
}
