package neighbors

import (
	"github.com/flatland-go/flatland/internal/kernel"
)

// points are rows that can be compared fast.
type points interface {
	count() int
	comparer() comparer // for one goroutine
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
	// v < limit or v < limits of the position, and the v.
	below(a, from int, limit float32, limits []float32) (at []int32, v []float32)
}

// vectors are points whose fast distance is the squared Euclidean one.
type vectors struct {
	m    int // values of each
	data []float32
}

func (v *vectors) count() int { return len(v.data) / v.m }

func (v *vectors) comparer() comparer { return &products{vectors: v, way: make([]float32, v.m)} }

func (v *vectors) row(i int32) []float32 { return v.data[int(i)*v.m : (int(i)+1)*v.m] }

// products compares vectors by dot products. Those taken are counted from the
// first of them: they are near to each other, so that an offset that they share
// costs no digits.
type products struct {
	*vectors
	way []float32 // from a to b

	tile        kernel.Tile32
	taken       []float32 // the vectors
	norms       []float32
	first, last int       // positions whose products are known
	dots        []float32 // of these with all
	at          []int32
	v           []float32

	touched float32
}

const (
	strip = 48 // points that are multiplied with all at once
	ahead = 64 // points that are fetched together
)

func (p *products) side(dst []float32, a, b int32, rows []int32) {
	copy(p.way, p.row(b))
	kernel.Axpy32(-1, p.row(a), p.way)
	kernel.DotsTo32(dst, p.way, p.data, rows)
}

func (p *products) take(rows []int32) {
	n, m := len(rows), p.m
	p.taken, p.norms, p.at, p.v = grown(p.taken, n*m), grown(p.norms, n), grown(p.at, n), grown(p.v, n)
	origin := p.row(rows[0])
	for k, i := range rows {
		if k%ahead == 0 {
			p.touch(rows[k:min(k+ahead, n)])
		}
		row := p.taken[k*m : (k+1)*m]
		copy(row, p.row(i))
		kernel.Axpy32(-1, origin, row)
		p.norms[k] = kernel.Dot32(row, row)
	}
	p.tile.SetB(p.taken, m)
	p.first, p.last = 0, 0
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
	n := len(p.norms)
	if a >= p.last || a < p.first {
		p.first, p.last = a, min(a+strip, n)
		p.tile.SetA(p.taken[p.first*p.m:p.last*p.m], p.m)
		p.dots = grown(p.dots, (p.last-p.first)*n)
		p.tile.Mul(p.dots, n)
	}
	dots := p.dots[(a-p.first)*n:][:n]
	found := kernel.Below32(p.at, p.v, dots[from:], p.norms[from:], limits[from:], p.norms[a], limit)
	at := p.at[:found]
	for k := range at {
		at[k] += int32(from)
	}
	return at, p.v[:found]
}

// grown returns s with n values, whatever they are.
func grown[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n, n+n/4)
	}
	return s[:n]
}

// spaced are the points of a space, by the fast distance of its metric.
type spaced struct {
	space
	n int
}

func (s *spaced) count() int { return s.n }

func (s *spaced) comparer() comparer { return &measures32{spaced: s} }

// measures32 compares one point with others.
type measures32 struct {
	*spaced
	taken []int32
	at    []int32
	v     []float32
}

func (m *measures32) side(dst []float32, a, b int32, rows []int32) {
	m.fast(dst, a, rows)
	m.v = grown(m.v, len(rows))
	m.fast(m.v, b, rows)
	for k, v := range m.v {
		dst[k] -= v
	}
}

func (m *measures32) take(rows []int32) { m.taken = rows }

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
