package screen

import (
	"math"

	"github.com/flatland-go/flatland/internal/kernel"
)

// ruler measures exact distances between rows of a and rows of b, which are in
// the same unit. It is the scratch of one goroutine.
type ruler struct {
	a, b       *Rows
	bufA, bufB []float64
	last       int32 // the row of a that is held
	held       []float64
}

func newRuler(a, b *Rows) *ruler {
	return &ruler{a: a, b: b, bufA: make([]float64, a.d), bufB: make([]float64, b.d), last: -1}
}

func (m *ruler) exact(i, j int32) float64 {
	d := m.a.d
	var square float64
	switch {
	case m.a.x32 != nil && m.b.x32 != nil:
		square = kernel.SquaredDistanceMixed(m.a.x32[int(i)*d:][:d], m.b.x32[int(j)*d:][:d])
	case m.a.x64 != nil && m.b.x64 != nil:
		square = kernel.SquaredDistance64(m.a.x64[int(i)*m.a.stride:][:d], m.b.x64[int(j)*m.b.stride:][:d])
	default:
		if i != m.last {
			m.last, m.held = i, m.a.row(m.bufA, int(i))
		}
		square = kernel.SquaredDistance64(m.held, m.b.row(m.bufB, int(j)))
	}
	return math.Sqrt(square) * m.a.unit
}
