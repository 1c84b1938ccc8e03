package neighbors

import (
	"context"
	"math"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
)

// points are rows that can be compared fast.
type points interface {
	count() int
	comparer() comparer // for one goroutine

	// numbered returns the points with other numbers: number k stands for what
	// order[k] stood for. It is asked of points that have their first numbers.
	numbered(ctx context.Context, order []int32) (points, error)
}

// comparer is what one goroutine compares points with.
type comparer interface {
	// side writes how much nearer the points listed are to b than to a, on any
	// scale that increases with it.
	side(dst []float32, a, b int32, rows []int32)

	// take takes points to be compared with each other, at least one.
	take(rows []int32)

	// below returns at which positions among the points taken, from the given one
	// on, are those at a fast distance v from the point at position a with
	// v < limit or v < limits of the position, and the v. Limits have room for
	// spare more, whatever they are.
	below(a, from int, limit float32, limits []float32) (at []int32, v []float32)

	// sure reports whether distances of about limit from the point at position a have
	// some three digits.
	sure(a int, limit float32) bool

	// nearest returns the same of the points taken that are nearest to the one at
	// position a, few of them and some more, in the order of their positions; the one
	// at a is among them.
	nearest(a, few int) (at []int32, v []float32)
}

// vectors are points whose fast distance is the squared Euclidean one.
type vectors struct {
	m    int // values of each
	data []float32
	at   []int32 // where in data each is; nil where that is its number
}

func (v *vectors) count() int { return len(v.data) / v.m }

// numbered moves vectors of few values, so that those whose numbers are near lie
// near each other.
func (v *vectors) numbered(ctx context.Context, order []int32) (points, error) {
	const few = 256
	if v.m > few {
		return &vectors{v.m, v.data, order}, nil
	}
	moved := make([]float32, len(v.data))
	err := par.Blocks(ctx, len(order), rowBlock, func(lo, hi int) {
		for k := lo; k < hi; k++ {
			copy(moved[k*v.m:(k+1)*v.m], v.row(order[k]))
		}
	})
	return &vectors{m: v.m, data: moved}, err
}

func (v *vectors) comparer() comparer { return &products{vectors: v, way: make([]float32, v.m)} }

func (v *vectors) row(i int32) []float32 {
	if v.at != nil {
		i = v.at[i]
	}
	return v.data[int(i)*v.m : (int(i)+1)*v.m]
}

// products compares vectors by dot products. Those taken are counted from the
// first of them: they are near to each other, so that an offset that they share
// costs no digits.
type products struct {
	*vectors
	way []float32 // from a to b

	tile        kernel.Tile32
	taken       []float32 // the vectors
	norms       []float32
	first, last int // positions whose products are known
	from        int // with those from this one on
	dots        []float32
	at          []int32
	v           []float32

	guess   float32 // a distance that few points have from one
	places  []int32
	touched float32
}

const (
	strip = 48 // points that are multiplied with all at once
	ahead = 64 // points that are fetched together
	spare = 16 // points beyond the last, infinitely far, so that scans end with whole vectors
)

func (p *products) side(dst []float32, a, b int32, rows []int32) {
	kernel.Difference32(p.way, p.row(b), p.row(a))
	p.places = placesOf(p.places, p.vectors.at, rows)
	kernel.DotsTo32(dst, p.way, p.data, p.places)
}

func (p *products) take(rows []int32) {
	n, m := len(rows), p.m
	p.taken, p.norms, p.at, p.v = grown(p.taken, n*m), grown(p.norms, n+spare), grown(p.at, n+spare), grown(p.v, n+spare)
	for k := n; k < n+spare; k++ {
		p.norms[k] = float32(math.Inf(1))
	}
	origin := p.row(rows[0])
	for k, i := range rows {
		if k%ahead == 0 {
			p.touch(rows[k:min(k+ahead, n)])
		}
		p.norms[k] = kernel.Difference32(p.taken[k*m:(k+1)*m], p.row(i), origin)
	}
	p.tile.SetB(p.taken, m)
	p.first, p.last = 0, 0
	p.guess = max(p.norms[n-1], 0x1p-126)
}

// touch reads from vectors all over the memory, one after the other without
// waiting, so that they are on their way to the cache together.
func (p *products) touch(rows []int32) {
	const line = 16 // values
	var sum float32
	for _, i := range rows {
		row := p.row(i)
		for k := 0; k < len(row); k += line {
			sum += row[k]
		}
		sum += row[len(row)-1]
	}
	p.touched = sum // lest the compiler leave it out
}

func (p *products) below(a, from int, limit float32, limits []float32) ([]int32, []float32) {
	dots, norms := p.products(a, from)
	found := kernel.Below32(p.at, p.v, dots, norms, limits[from:][:len(dots)], p.norms[a], limit)
	at := p.at[:found]
	for k := range at {
		at[k] += int32(from)
	}
	return at, p.v[:found]
}

// sure knows that products cannot tell what is lost between two norms.
func (p *products) sure(a int, limit float32) bool { return p.norms[a] <= 0x1p10*limit }

// products returns the products of the point at position a with those from the given
// one on, and their norms, so many that scans end with whole vectors.
func (p *products) products(a, from int) (dots, norms []float32) {
	n := len(p.norms) - spare
	stride := n + spare
	if a >= p.last || a < p.first || from < p.from {
		p.first, p.last, p.from = a, min(a+strip, n), from
		p.tile.SetA(p.taken[p.first*p.m:p.last*p.m], p.m)
		p.dots = grown(p.dots, (p.last-p.first)*stride)
		p.tile.MulFrom(from, p.dots, stride)
	}
	to := from + (n-from+spare-1)/spare*spare
	return p.dots[(a-p.first)*stride:][from:to], p.norms[from:to]
}

// nearest finds a distance that so many points have, by counting: the one for the
// point before is a good guess.
func (p *products) nearest(a, few int) ([]int32, []float32) {
	const (
		counts = 24
		step   = 1.25
	)
	dots, norms := p.products(a, 0)
	limit, low, high := p.guess, float32(0), float32(math.Inf(1))
	for range counts {
		found := kernel.CountBelow32(dots, norms, p.norms[a], limit)
		if found < few {
			low = limit
		} else {
			high = limit
			if found <= few+few/2 {
				p.guess = limit
				break
			}
		}
		switch {
		case math.IsInf(float64(high), 1):
			limit = low * step
		case low == 0:
			limit = high / step
		default:
			limit = low + (high-low)/2
		}
	}
	found := kernel.Below32(p.at, p.v, dots, norms, nil, p.norms[a], high)
	return p.at[:found], p.v[:found]
}

// spaced are the points of a space, by the fast distance of its metric.
type spaced struct {
	space
	n  int
	at []int32 // which row each is; nil where that is its number
}

func (s *spaced) numbered(_ context.Context, order []int32) (points, error) {
	return &spaced{s.space, s.n, order}, nil
}

// placesOf returns what at holds for rows, in the memory of dst, or rows where at is nil.
func placesOf(dst, at, rows []int32) []int32 {
	if at == nil {
		return rows
	}
	dst = grown(dst, len(rows))
	for k, i := range rows {
		dst[k] = at[i]
	}
	return dst
}

func (s *spaced) count() int { return s.n }

func (s *spaced) comparer() comparer { return &measures32{spaced: s} }

// measures32 compares one point with others.
type measures32 struct {
	*spaced
	taken []int32 // rows
	pair  []int32
	to    []int32
	at    []int32
	v     []float32
}

func (m *measures32) side(dst []float32, a, b int32, rows []int32) {
	m.pair = placesOf(m.pair, m.spaced.at, []int32{a, b})
	m.to = placesOf(m.to, m.spaced.at, rows)
	m.v = grown(m.v, len(rows))
	m.fast(dst, m.pair[0], m.to)
	m.fast(m.v, m.pair[1], m.to)
	for k, v := range m.v {
		dst[k] -= v
	}
}

func (m *measures32) take(rows []int32) {
	m.to = placesOf(m.to, m.spaced.at, rows)
	m.taken = m.to
}

func (m *measures32) below(a, from int, limit float32, limits []float32) ([]int32, []float32) {
	n := len(m.taken) - from
	m.at, m.v = grown(m.at, n), grown(m.v, n)
	if n == 0 {
		return nil, nil
	}
	m.fast(m.v, m.taken[a], m.taken[from:])
	found := 0
	for k, v := range m.v {
		if v < limit || v < limits[from+k] {
			m.at[found], m.v[found] = int32(from+k), v
			found++
		}
	}
	return m.at[:found], m.v[:found]
}

func (m *measures32) sure(int, float32) bool { return true }

// nearest returns all that are at a finite distance: to count them costs as much as
// to measure them.
func (m *measures32) nearest(a, _ int) ([]int32, []float32) {
	n := len(m.taken)
	m.at, m.v = grown(m.at, n), grown(m.v, n)
	m.fast(m.v, m.taken[a], m.taken)
	found := 0
	for k, v := range m.v {
		if v < float32(math.Inf(1)) {
			m.at[found], m.v[found] = int32(k), v
			found++
		}
	}
	return m.at[:found], m.v[:found]
}
