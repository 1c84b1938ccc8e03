package layout

import (
	"context"
	"math"

	"github.com/flatland-go/flatland/internal/par"
)

// Points of a map are gathered in strips of grid rows. Each strip has memory of its
// own for the rows that its points reach, so that what they add there comes in one
// order on any number of cores.
const (
	stripRows = 8
	tileRows  = stripRows + reach - 1
)

// frame is where a map lies: its lowest corner and its extent.
type frame struct{ low, extent [2]float64 }

// cell returns the first of the four nodes along an axis that a point reaches, and
// where between the middle two it lies, from 0 to 1.
func (b *frame) cell(axis int, v, spacing float64) (int, float64) {
	u := (v - b.low[axis]) / spacing
	c := int(u)
	return c, u - float64(c)
}

// enclose returns the frame of y; its extent is NaN, or infinite, where y is not
// finite.
func (p *Interpolation) enclose(ctx context.Context, y []float64) (frame, error) {
	blocks := (p.n + pointsBlock - 1) / pointsBlock
	parts := make([][2][2]float64, blocks)
	err := par.Blocks(ctx, p.n, pointsBlock, func(lo, hi int) {
		part := &parts[lo/pointsBlock]
		for c := range p.dim {
			low, high := math.Inf(1), math.Inf(-1)
			for i := lo*p.dim + c; i < hi*p.dim; i += p.dim {
				low, high = min(low, y[i]), max(high, y[i])
			}
			part[c] = [2]float64{low, high}
		}
	})
	b := frame{}
	for c := range p.dim {
		low, high := math.Inf(1), math.Inf(-1)
		for _, part := range parts {
			low, high = min(low, part[c][0]), max(high, part[c][1])
		}
		b.low[c], b.extent[c] = low, high-low
	}
	return b, err
}

// strips holds the points by strip, in the order of their indices.
type strips struct {
	count  int
	order  []int32
	starts []int32 // of strips in order, then its length
	cells  []int16 // strip of each point
	places []int32 // of each block's points in each strip
}

const pointsBlock = 4096

func (s *strips) points(strip int) []int32 { return s.order[s.starts[strip]:s.starts[strip+1]] }

// sort gathers the points of y.
func (s *strips) sort(ctx context.Context, p *Interpolation, b frame, y []float64) error {
	blocks := (p.n + pointsBlock - 1) / pointsBlock
	s.count = (nodesOf(p.grid.height) + stripRows - 1) / stripRows
	if s.order == nil {
		s.order, s.cells = make([]int32, p.n), make([]int16, p.n)
	}
	if len(s.starts) != s.count+1 {
		s.starts, s.places = make([]int32, s.count+1), make([]int32, blocks*s.count)
	}
	err := par.Blocks(ctx, p.n, pointsBlock, func(lo, hi int) {
		counts := s.places[lo/pointsBlock*s.count:][:s.count]
		clear(counts)
		for i := lo; i < hi; i++ {
			c, _ := b.cell(0, y[i*p.dim], p.grid.spacing)
			s.cells[i] = int16(c / stripRows)
			counts[c/stripRows]++
		}
	})
	if err != nil {
		return err
	}
	at := int32(0)
	for strip := range s.count {
		s.starts[strip] = at
		for block := range blocks {
			c := &s.places[block*s.count+strip]
			at, *c = at+*c, at
		}
	}
	s.starts[s.count] = at
	return par.Blocks(ctx, p.n, pointsBlock, func(lo, hi int) {
		places := s.places[lo/pointsBlock*s.count:][:s.count]
		for i := lo; i < hi; i++ {
			at := &places[s.cells[i]]
			s.order[*at] = int32(i)
			*at++
		}
	})
}
