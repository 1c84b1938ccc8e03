package mds

import (
	"context"
	"math"

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
	err := par.BlocksWith(ctx, p.n, stripRows, func() *tile { return newTile(p.k) }, func(t *tile, lo, hi int) {
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
	here   []float64 // the point of the row
}

func newTile(k int) *tile { return &tile{here: make([]float64, k)} }

// row adds the pairs of row i with rows begin … end−1 in strip lo.
func (t *tile) row(p *pass, x coordinates, lo, i, begin, end int) {
	offset := after(p.n, i) - i - 1
	targets := p.targets[offset+begin : offset+end]
	values := t.values[:len(targets)]
	for c := range p.k {
		column := x.along(c)
		here := column[i]
		column = column[begin:end]
		column = column[:len(values)]
		if c == 0 {
			for j, v := range column {
				d := v - here
				values[j] = d * d
			}
			continue
		}
		for j, v := range column {
			d := v - here
			values[j] += d * d
		}
	}
	// Two sums each, so that an addition need not wait for the one before.
	var stress, squares [2]float64
	if p.weights == nil {
		for j, delta := range targets {
			s := values[j]
			d := math.Sqrt(s)
			e := d - delta
			squares[j&1] += s
			stress[j&1] += e * e
			if s > 0 {
				values[j] = delta / d
			}
		}
	} else {
		weights := p.weights[offset+begin : offset+end]
		weights = weights[:len(targets)]
		for j, delta := range targets {
			s, w := values[j], weights[j]
			d := math.Sqrt(s)
			e := d - delta
			squares[j&1] += w * s
			stress[j&1] += w * e * e
			if s > 0 {
				values[j] = w * delta / d
			}
		}
	}
	t.stress += stress[0] + stress[1]
	t.squares += squares[0] + squares[1]
	if t.sums == nil {
		return
	}
	rows := p.n - lo
	for c := range p.k {
		column := x.along(c)
		here := column[i]
		column = column[begin:end]
		sums := t.sums[c*rows : (c+1)*rows]
		others := sums[begin-lo : end-lo]
		column, others = column[:len(values)], others[:len(values)]
		own := 0.
		for j, r := range values {
			v := r * (here - column[j])
			own += v
			others[j] -= v
		}
		sums[i-lo] += own
	}
}
