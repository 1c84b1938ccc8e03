package linalg

import (
	"context"
	"math"
	"sync/atomic"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
)

// tridiagonal is QᵀAQ for the product Q of Householder reflections.
type tridiagonal struct {
	diagonal []float64
	off      []float64      // off[i] couples i and i+1; the last is 0
	reflect  blas64.General // row k holds the reflection that cleared column k, in its columns from k+1 on
}

const (
	panel     = 32 // columns that are reduced before the rest of the matrix hears of them
	wideBlock = 64 // reflections that are applied to the eigenvectors at once
)

// tridiagonalize reduces a, of which it reads the upper triangle and which it
// destroys. Half of its 4n³/3 operations are the products of the remaining
// matrix with one vector each, which wait for memory; the other half are matrix
// products (Dongarra, Sorensen and Hammarling, 1989, Block reduction of matrices
// to condensed forms for eigenvalue computations).
func tridiagonalize(ctx context.Context, a blas64.General) (*tridiagonal, error) {
	n := a.Rows
	t := &tridiagonal{diagonal: make([]float64, n), off: make([]float64, n), reflect: borrowZero(n, n)}
	// The reflections of a panel and what they do to the matrix, in both orders:
	// A ← A − VᵀW − WᵀV is one product of [V; W] with [W; V].
	vw, wv := newGeneral(2*panel, n), newGeneral(2*panel, n)
	s := newSymv(n)
	c := par.NewCrew(s.parts(n))
	defer c.Dismiss()
	for lo := 0; lo < n; lo += panel {
		hi := min(lo+panel, n)
		if err := t.panel(ctx, c, s, a, wv, lo, hi); err != nil {
			return nil, err
		}
		if hi == n {
			break
		}
		for p := range panel {
			v, w := row(t.reflect, lo+p)[hi:], row(wv, p)[hi:]
			copy(row(vw, p)[hi:], v)
			copy(row(vw, panel+p)[hi:], w)
			copy(row(wv, panel+p)[hi:], v)
		}
		update(ctx, c, part(a, hi, n, hi, n), part(vw, 0, 2*panel, hi, n), part(wv, 0, 2*panel, hi, n))
	}
	return t, ctx.Err()
}

// update subtracts xᵀy, which must be symmetric, from the upper triangle of a, by a
// crew, which must not wait for other goroutines: the products are so small that they
// start none.
func update(ctx context.Context, c *par.Crew, a, x, y blas64.General) {
	const rows, cols = 120, 136
	n := a.Rows
	var corners [][2]int
	for i := 0; i < n; i += rows {
		for j := i; j < n; j += cols {
			corners = append(corners, [2]int{i, j})
		}
	}
	var next atomic.Int32
	c.Run(min(len(corners), par.MaxParts), func(int) {
		for k := int(next.Add(1)) - 1; k < len(corners); k = int(next.Add(1)) - 1 {
			top, left := corners[k][0], corners[k][1]
			bottom, right := min(top+rows, n), min(left+cols, n)
			// Whether it was cancelled, the caller asks.
			_ = kernel.Gemm64(ctx, blas.Trans, blas.NoTrans, -1, part(x, 0, x.Rows, top, bottom), part(y, 0, y.Rows, left, right),
				1, part(a, top, bottom, left, right))
		}
	})
}

// panel reduces the columns lo … hi−1 and leaves row p of w with what their
// reflections do to the rest of a.
func (t *tridiagonal) panel(ctx context.Context, c *par.Crew, s *symv, a, w blas64.General, lo, hi int) error {
	n := a.Rows
	var vv, wv [panel]float64
	for k := lo; k < hi; k++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		x := row(a, k)[k:]
		for p := range k - lo {
			vp, wp := row(t.reflect, lo+p)[k:], row(w, p)[k:]
			kernel.Axpy64(-vp[0], wp, x)
			kernel.Axpy64(-wp[0], vp, x)
		}
		t.diagonal[k] = x[0]
		if k == n-1 {
			break
		}
		from := k + 1
		v, y := row(t.reflect, k)[from:], row(w, k-lo)[from:]
		copy(v, x[1:])
		t.off[k] = householder(v)
		if v[0] == 0 {
			clear(y) // nothing to clear
			continue
		}
		// A ← HAH with H = I − vvᵀ, |v|² = 2: w = Av − ½(vᵀAv)v, A ← A − vwᵀ − wvᵀ.
		s.mul(c, a, v, y, k-lo, func(p int) {
			vv[p] = kernel.Dot64(row(t.reflect, lo+p)[from:], v)
			wv[p] = kernel.Dot64(row(w, p)[from:], v)
		})
		for p := range k - lo {
			kernel.Axpy64(-wv[p], row(t.reflect, lo+p)[from:], y)
			kernel.Axpy64(-vv[p], row(w, p)[from:], y)
		}
		kernel.Axpy64(-kernel.Dot64(v, y)/2, v, y)
	}
	return nil
}

// symv multiplies symmetric matrices with vectors, reading the upper triangle.
type symv struct {
	sums blas64.General // a row for each part
}

func newSymv(n int) *symv {
	s := &symv{}
	s.sums = newGeneral(s.parts(n), n)
	return s
}

// parts is into how many bands of rows a matrix of order m is cut.
func (*symv) parts(m int) int { return max(1, min(m/96, par.MaxParts-8)) }

// begin is the first row of part p of m rows: all parts are about as large.
func (*symv) begin(p, parts, m int) int {
	if p == parts {
		return m
	}
	return int(float64(m)*(1-math.Sqrt(1-float64(p)/float64(parts)))) &^ 3
}

// mul writes to y the product of the last len(x) rows and columns of a with x. It
// also calls each for 0 … others−1.
func (s *symv) mul(c *par.Crew, a blas64.General, x, y []float64, others int, each func(int)) {
	const extra = 8 // parts for the calls of each
	m, first := len(x), a.Rows-len(x)
	parts := s.parts(m)
	c.Run(parts+extra, func(p int) {
		if p >= parts {
			for q := p - parts; q < others; q += extra {
				each(q)
			}
			return
		}
		lo, hi := s.begin(p, parts, m), s.begin(p+1, parts, m)
		sum := row(s.sums, p)[lo:m]
		clear(sum)
		for i := lo; i < hi; i++ {
			right := row(a, first+i)[first+i:]
			sum[i-lo] += right[0]*x[i] + kernel.DotAxpy64(x[i], right[1:], x[i+1:], sum[i-lo+1:])
		}
	})
	copy(y, row(s.sums, 0)[:m])
	for p := 1; p < parts; p++ {
		lo := s.begin(p, parts, m)
		kernel.Axpy64(1, row(s.sums, p)[lo:m], y[lo:])
	}
}

// backTransform turns eigenvectors of the tridiagonal matrix, the rows of z,
// into those of the matrix it came from.
func (t *tridiagonal) backTransform(ctx context.Context, z blas64.General) error {
	n := t.reflect.Rows
	for lo := (n - 1) / wideBlock * wideBlock; lo >= 0; lo -= wideBlock {
		v := part(t.reflect, lo, min(lo+wideBlock, n), lo, n)
		if err := reflectRows(ctx, v, part(z, 0, z.Rows, lo, n), false); err != nil {
			return err
		}
	}
	return nil
}
