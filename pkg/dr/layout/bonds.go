package layout

import (
	"context"
	"math"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
)

// Bond is a force between the points of pairs that fades with their distance in the map.
// With d = 1 + |y_i − y_j|² the loss of a pair is
//
//	Weight·d/(Offset + d)
//
// where Weight is positive, and the pair attracts, and
//
//	−Weight·Offset/(Offset + d)
//
// where it is negative, and the pair repels: 1/(1 + d) for an offset of 1 and a weight of
// −1. In both the gradient at y_i is
//
//	2·Weight·Offset/(Offset + d)²·(y_i − y_j).
//
// Those are the losses of PaCMAP (Y. Wang, H. Huang, C. Rudin and Y. Shaposhnik, 2021,
// Understanding how dimension reduction tools work). With a Reach, the gradient is
// multiplied by Reach/(2·√d), as in LocalMAP (Y. Wang, Y. Sun, H. Huang and C. Rudin,
// 2025, Dimension reduction with locally adjusted graphs), and the loss is, with r = |y_i
// − y_j|, what that is the gradient of:
//
//	Weight·Reach/2·2·Offset·∫₀ʳ t/((Offset+1+t²)²·√(1+t²)) dt.
type Bond struct {
	Pairs  *Pairs
	Weight float64 // negative for repulsion
	Offset float64 // above 0: how far a force reaches before it fades
	Reach  float64 // of LocalMAP, or 0
}

// Bonds are the forces on the points of a map.
type Bonds []Bond

// Gradient writes to dst the gradient of the loss at y, both as many points as there are
// pairs of × dim, row after row. Every point gathers what pulls at it, so that the bits
// are the same on any number of cores. It returns the error of a cancelled context, and
// dst is then undefined. Time O(pairs·dim).
func (b Bonds) Gradient(ctx context.Context, dst, y []float32, dim int) error {
	return par.BlocksWith(ctx, len(y)/dim, bondedPoints, func() float32 { return fetch(y) }, func(_ float32, lo, hi int) {
		b.gradient(dst[lo*dim:hi*dim], y, dim, lo, hi)
	})
}

// Descend writes to next where the points y are after a step of Adam against the gradient.
// The points of one step see the others as the step before left them; a point is moved as
// soon as what pulls at it is known, so that a step is one loop. It returns the error of a
// cancelled context, and next is then undefined.
func (b Bonds) Descend(ctx context.Context, next, y []float32, dim int, adam *Adam) error {
	rate := adam.next()
	type scratch struct {
		gradient [bondedPoints * 2]float32
		fetched  float32
	}
	return par.BlocksWith(ctx, len(y)/dim, bondedPoints, func() *scratch { return &scratch{fetched: fetch(y)} }, func(s *scratch, lo, hi int) {
		g := s.gradient[:]
		if dim > 2 {
			g = make([]float32, (hi-lo)*dim)
		}
		g = g[:(hi-lo)*dim]
		b.gradient(g, y, dim, lo, hi)
		adam.move(next, y, g, rate, lo*dim)
	})
}

// bondedPoints is how many points are one unit of work.
const bondedPoints = 256

// gradient writes to dst the gradient at the points from lo to hi.
func (b Bonds) gradient(dst, y []float32, dim, lo, hi int) {
	clear(dst)
	for _, bond := range b {
		if bond.Weight == 0 {
			continue
		}
		scale, offset := 2*bond.Weight*bond.Offset, bond.Offset+1
		if bond.Reach > 0 {
			scale *= bond.Reach / 2
		}
		p := bond.Pairs
		if dim == 2 {
			kernel.Bonds32(dst, y[2*lo:2*hi], y, p.start[lo:hi+1], p.others, float32(scale), float32(offset), bond.Reach > 0)
			continue
		}
		p.gather(dst, y, dim, lo, hi, float32(scale), float32(offset), bond.Reach > 0)
	}
}

// gather is kernel.Bonds32 in any number of dimensions: dst is that of the points from lo
// to hi.
func (p *Pairs) gather(dst, y []float32, dim, lo, hi int, scale, offset float32, near bool) {
	apart, sum := make([]float32, dim), make([]float32, dim)
	for i := lo; i < hi; i++ {
		clear(sum)
		at := y[i*dim : (i+1)*dim]
		for _, j := range p.others[p.start[i]:p.start[i+1]] {
			square := float32(0)
			for c, v := range y[int(j)*dim : int(j)*dim+dim] {
				apart[c] = at[c] - v
				square += apart[c] * apart[c]
			}
			s := offset + square
			s *= s
			if near {
				s *= float32(math.Sqrt(float64(1 + square)))
			}
			w := 1 / s
			for c, v := range apart {
				sum[c] += w * v
			}
		}
		for c, v := range sum {
			dst[(i-lo)*dim+c] += scale * v
		}
	}
}

// Loss returns the sum of the losses of all pairs at y.
func (b Bonds) Loss(ctx context.Context, y []float32, dim int) (float64, error) {
	return par.Sum(ctx, len(y)/dim, rowsPerBlock, func(lo, hi int) (sum float64) {
		for _, bond := range b {
			if bond.Weight == 0 {
				continue
			}
			for i := lo; i < hi; i++ {
				for _, j := range bond.Pairs.others[bond.Pairs.start[i]:bond.Pairs.start[i+1]] {
					if int(j) == i {
						continue // it fills up
					}
					square := 0.
					for c := range dim {
						d := float64(y[i*dim+c]) - float64(y[int(j)*dim+c])
						square += d * d
					}
					sum += bond.loss(square) / 2 // the pair is listed at both
				}
			}
		}
		return sum
	})
}

// loss is that of a pair at a squared distance.
func (b Bond) loss(square float64) float64 {
	d := 1 + square
	switch {
	case b.Reach > 0:
		// With u = √d the integrand is du/(Offset + u²)², from 1 on.
		root := math.Sqrt(b.Offset)
		primitive := func(u float64) float64 {
			return (u/(b.Offset+u*u) + math.Atan(u/root)/root) / (2 * b.Offset)
		}
		return b.Weight * b.Reach * b.Offset * (primitive(math.Sqrt(d)) - primitive(1))
	case b.Weight > 0:
		return b.Weight * d / (b.Offset + d)
	}
	return -b.Weight * b.Offset / (b.Offset + d)
}
