// Package fft transforms many columns at once: each instruction of a transform
// works on eight of them.
package fft

import (
	"fmt"
	"math"

	"github.com/flatland-go/flatland/internal/kernel"
)

// Lanes is how many columns a transform takes.
const Lanes = kernel.Lanes

// Columns are Lanes columns of complex values, row by row, the real parts apart.
type Columns struct{ Re, Im []float32 }

// NewColumns returns n rows of zeros.
func NewColumns(n int) *Columns {
	return &Columns{Re: make([]float32, Lanes*n), Im: make([]float32, Lanes*n)}
}

// Plan holds what transforms of one length share. It does not change.
//
// Source: P. N. Swarztrauber (1984), FFT algorithms for vector computers, for the
// order of Stockham in mixed radices.
type Plan struct {
	n      int
	passes []pass
}

type pass struct {
	radix, run int
	twiddles   []float32
}

// NewPlan plans transforms of length n, which has no prime factors but 2, 3 and 5.
func NewPlan(n int) *Plan {
	p := &Plan{n: n}
	rows := 1 // of one transform of those that are left to do side by side
	for left := n; left > 1; {
		radix := 0
		for _, r := range [...]int{5, 3, 4, 2} {
			if left%r == 0 {
				radix = r
				break
			}
		}
		if radix == 0 {
			panic(fmt.Sprintf("fft: length %d has prime factors above 5", n))
		}
		s := pass{radix: radix, run: Lanes * rows}
		for g := range left / radix {
			for k := 1; k < radix; k++ {
				sin, cos := math.Sincos(-2 * math.Pi * float64(g*k%left) / float64(left))
				s.twiddles = append(s.twiddles, float32(cos), float32(sin))
			}
		}
		p.passes = append(p.passes, s)
		left /= radix
		rows *= radix
	}
	return p
}

// Len is the length.
func (p *Plan) Len() int { return p.n }

// Forward replaces the columns of x, which have the length of the plan, by
// Σ_j exp(−2πi·j·k/n)·x_j. Scratch is as long; x and scratch may trade memory.
func (p *Plan) Forward(x, scratch *Columns) {
	for _, s := range p.passes {
		kernel.Fourier32(s.radix, scratch.Re, scratch.Im, x.Re, x.Im, s.twiddles, s.run)
		*x, *scratch = *scratch, *x
	}
}

// Inverse is Forward with +2πi; after both, values are n times what they were.
func (p *Plan) Inverse(x, scratch *Columns) {
	x.Re, x.Im = x.Im, x.Re
	p.Forward(x, scratch)
	x.Re, x.Im = x.Im, x.Re
}

// Length returns the least even length of at least n that a Plan can have.
func Length(n int) int {
	best := math.MaxInt
	for five := 1; five < best; five *= 5 {
		for three := five; three < best; three *= 3 {
			length := 2 * three
			for length < n {
				length *= 2
			}
			best = min(best, length)
		}
	}
	return best
}
