package screen

import (
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/rng"
)

// Reduced holds rows of fewer columns: the coordinates along leading principal
// directions, largest variance first. Distances between them come near those of
// the rows, in units of their own, from below.
type Reduced struct {
	N, M int
	Data []float32 // N × M

	scale float64 // at most this many units make a unit of distance
	norms []float32
	slack []float64

	frame frame
	along []float32 // directions, rounded
}

const (
	sampled    = 2048 // rows that tell the directions
	asked      = 64   // of them, whose neighbours tell how many directions pay
	fewestRows = 4096 // that reduction can pay for
	fewestCols = 48
	mostCols   = 128 // of the reduced rows
)

// Reduced returns the rows in fewer columns, or nil where that would gain nothing:
// few columns, few rows, or a spectrum that does not fall. Its memory is at most a
// quarter of the rows' in float32. It is made once and kept, and must not be written to.
func (r *Rows) Reduced(ctx context.Context) (*Reduced, error) {
	if r.given != nil || r.n < fewestRows || r.d < fewestCols {
		return nil, nil
	}
	r.reducing.Lock()
	defer r.reducing.Unlock()
	if r.tried {
		return r.reduced, nil
	}
	p, err := r.principal(ctx, min(mostCols, r.d/2))
	if err != nil {
		return nil, err
	}
	m, err := p.choose(ctx, 15, r.n)
	if err != nil {
		return nil, err
	}
	if m > 0 {
		if r.reduced, err = r.project(ctx, p.directions.Slice(0, m, 0, r.d).(*mat.Dense)); err != nil {
			r.reduced = nil
			return nil, err
		}
	}
	r.tried = true
	return r.reduced, nil
}

// Release lets go of what Reduced returned, which the next one makes again.
func (r *Rows) Release() {
	r.reducing.Lock()
	defer r.reducing.Unlock()
	r.reduced, r.tried = nil, false
}

// principal are the leading principal directions of a sample of the rows.
type principal struct {
	d          int
	directions *mat.Dense // orthonormal rows
	sample     []float32  // rows, centred and scaled
	coords     []float32  // of the sample along the directions
}

// principal finds p directions by iterating on a block (Halko, Martinsson and
// Tropp, 2011, Finding structure with randomness).
func (r *Rows) principal(ctx context.Context, p int) (*principal, error) {
	n := min(r.n, sampled)
	s := &principal{d: r.d, sample: make([]float32, n*r.d), coords: make([]float32, n*p), directions: mat.NewDense(p, r.d, nil)}
	err := par.BlocksWith(ctx, n, 16, func() []float64 { return make([]float64, r.d) }, func(buf []float64, lo, hi int) {
		for t := lo; t < hi; t++ {
			dst := s.sample[t*r.d : (t+1)*r.d]
			for j, v := range r.row(buf, t*r.n/n) {
				dst[j] = float32((v - r.center[j]) * r.fit)
			}
		}
	})
	if err != nil {
		return nil, err
	}
	q := s.directions.RawMatrix()
	for i := range p {
		random := rng.New(0, "screen/directions", i)
		for j := range r.d {
			q.Data[i*r.d+j] = random.Normal()
		}
	}
	block := make([]float32, p*r.d)
	x := blas32.General{Rows: n, Cols: r.d, Stride: r.d, Data: s.sample}
	b := blas32.General{Rows: p, Cols: r.d, Stride: r.d, Data: block}
	c := blas32.General{Rows: n, Cols: p, Stride: p, Data: s.coords}
	const steps = 3
	for step := range steps {
		for t, v := range q.Data {
			block[t] = float32(v)
		}
		if err := kernel.Gemm32(ctx, blas.NoTrans, blas.Trans, 1, x, b, 0, c); err != nil {
			return nil, err
		}
		if step == steps-1 {
			break
		}
		if err := kernel.Gemm32(ctx, blas.Trans, blas.NoTrans, 1, c, x, 0, b); err != nil {
			return nil, err
		}
		for t, v := range block {
			q.Data[t] = float64(v)
		}
		if err := linalg.Orthonormalize(ctx, s.directions); err != nil {
			return nil, err
		}
	}
	return s, s.rotate(ctx)
}

// rotate turns the directions within their span to those of largest variance.
func (s *principal) rotate(ctx context.Context) error {
	p, _ := s.directions.Dims()
	n := len(s.coords) / p
	wide := make([]float64, len(s.coords))
	for t, v := range s.coords {
		wide[t] = float64(v)
	}
	gram := blas64.General{Rows: p, Cols: p, Stride: p, Data: make([]float64, p*p)}
	c := blas64.General{Rows: n, Cols: p, Stride: p, Data: wide}
	if err := kernel.Syrk64(ctx, blas.Trans, 1, c, 0, gram); err != nil {
		return err
	}
	_, turn, err := linalg.EigenSym(ctx, mat.NewSymDense(p, gram.Data))
	if err != nil {
		return err
	}
	turned := mat.NewDense(p, s.d, nil)
	if err := kernel.Gemm64(ctx, blas.NoTrans, blas.NoTrans, 1, turn.RawMatrix(), s.directions.RawMatrix(), 0, turned.RawMatrix()); err != nil {
		return err
	}
	s.directions = turned
	moved := make([]float64, len(wide))
	if err := kernel.Gemm64(ctx, blas.NoTrans, blas.Trans, 1, c, turn.RawMatrix(), 0,
		blas64.General{Rows: n, Cols: p, Stride: p, Data: moved}); err != nil {
		return err
	}
	for t, v := range moved {
		s.coords[t] = float32(v)
	}
	return nil
}

// choose returns the number of directions that makes the search of the k nearest of
// n rows cheapest, or 0 where all columns do. What few directions let through
// has to be measured: how much that is shows among the rows sampled.
func (s *principal) choose(ctx context.Context, k, n int) (int, error) {
	const step = 8 // directions
	p, _ := s.directions.Dims()
	rows := len(s.coords) / p
	passed := make([][]int, asked)
	err := par.Blocks(ctx, asked, 1, func(a, _ int) {
		far := make([]float32, rows)
		t := a * rows / asked
		kernel.SquaredDistances32(far, s.sample[t*s.d:(t+1)*s.d], s.sample)
		slices.Sort(far)
		limit := far[max(1, min(rows-1, (k*rows+n/2)/n))] // the row itself is first
		own := s.coords[t*p : (t+1)*p]
		count := make([]int, p/step+1)
		for j := range rows {
			other := s.coords[j*p : (j+1)*p]
			var sum float32
			for c := 0; c+step <= p; c += step {
				if sum += kernel.SquaredDistance32(own[c:c+step], other[c:c+step]); sum > limit {
					break
				}
				count[c/step+1]++
			}
		}
		passed[a] = count
	})
	if err != nil {
		return 0, err
	}
	// Cycles for a pair.
	product := func(m int) float64 { return 0.075*float64(m) + 1 }
	measure := 2 * (80 + 0.7*float64(s.d))
	best, least := 0, 0.7*product(s.d)
	for b := 1; b < len(passed[0]); b++ {
		others := -asked // without the rows themselves
		for _, count := range passed {
			others += count[b]
		}
		if cost := product(step*b) + float64(others)/float64(asked*rows)*measure; cost < least {
			best, least = step*b, cost
		}
	}
	return best, nil
}

// project returns the rows along orthonormal directions.
func (r *Rows) project(ctx context.Context, directions *mat.Dense) (*Reduced, error) {
	m, d := directions.Dims()
	along := make([]float32, m*d)
	for i := range m {
		for j, v := range directions.RawRowView(i) {
			along[i*d+j] = float32(v)
		}
	}
	// What the rounded directions may stretch: the root of the largest sum of a
	// row of their products.
	most := 0.
	for i := range m {
		sum := 0.
		for j := range m {
			sum += math.Abs(kernel.DotMixed(along[i*d:(i+1)*d], along[j*d:(j+1)*d]))
		}
		most = max(most, sum)
	}
	stretch := math.Sqrt(most) * (1 + 0x1p-40)
	p := &Reduced{M: m, scale: r.fit * stretch, frame: frame{r.center, r.fit}, along: along}
	return p.of(ctx, r)
}

// of returns other rows along the directions of p.
func (p *Reduced) of(ctx context.Context, r *Rows) (*Reduced, error) {
	const block = 128
	m, d := p.M, r.d
	stretch := p.scale / p.frame.scale
	rounding := math.Sqrt(float64(m)) * kernel.DotError32(d) * stretch
	p = &Reduced{N: r.n, M: m, Data: make([]float32, r.n*m), norms: make([]float32, r.n), slack: make([]float64, r.n),
		scale: p.scale, frame: p.frame, along: p.along}
	type scratch struct {
		tile  kernel.Tile32
		panel panel
		buf   []float64
		rows  []int32
	}
	err := par.BlocksWith(ctx, r.n, block, func() *scratch {
		s := &scratch{buf: make([]float64, d)}
		s.tile.SetB(p.along, d)
		return s
	}, func(s *scratch, lo, hi int) {
		s.rows = s.rows[:0]
		for i := lo; i < hi; i++ {
			s.rows = append(s.rows, int32(i))
		}
		s.panel.fill(r, s.rows, p.frame, s.buf)
		s.tile.SetA(s.panel.data, d)
		s.tile.Mul(p.Data[lo*m:hi*m], m)
		for i := lo; i < hi; i++ {
			row := s.panel.data[(i-lo)*d : (i-lo+1)*d]
			norm := math.Sqrt(kernel.DotMixed(row, row))
			p.slack[i] = stretch*s.panel.slack[i-lo] + rounding*norm + math.Sqrt(float64(m))*underflow(d)
			own := p.Data[i*m : (i+1)*m]
			p.norms[i] = lowered(kernel.DotMixed(own, own), m)
		}
	})
	return p, err
}

// fill makes a panel of rows.
func (p *Reduced) fill(dst *panel, rows []int32) {
	dst.rows = rows
	dst.data = sized(dst.data, len(rows)*p.M)
	dst.norms = sized(dst.norms, len(rows))
	dst.slack = sized(dst.slack, len(rows))
	dst.most = 0
	for k, i := range rows {
		copy(dst.data[k*p.M:(k+1)*p.M], p.Data[int(i)*p.M:])
		dst.norms[k], dst.slack[k] = p.norms[i], p.slack[i]
		dst.most = max(dst.most, p.slack[i])
	}
}
