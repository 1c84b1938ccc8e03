package fft

import (
	"context"
	"slices"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
)

// Convolution convolves real grids of rows × columns with an even kernel, in
// float32, on all cores; results have the same bits on any number of them.
//
// Two columns travel as one of complex values, only rows that hold something are
// read, and only those that are wanted are written: of the 2·M·log M butterflies
// of complex transforms there and back over the padded grid, three in eight are done.
// Memory is 16 bytes a value of grids that are padded to twice their sides.
type Convolution struct {
	rows, width int // of grids
	y, x        *Plan
	weights     []float32 // of the kernel: bands of Lanes frequencies along y, by frequency along x
	bands       []float32 // of grids
}

// group is how many columns of a grid travel together: as real and imaginary part
// of Lanes complex ones.
const group = 2 * Lanes

// Width returns how many values a row of a grid of so many columns takes: those
// beyond them are zero going in, and mean nothing coming out.
func Width(cols int) int { return (cols + group - 1) / group * group }

// NewConvolution returns the convolution of grids of rows × cols that repeat every
// height × length values, both a Length or 1, with at(i, j), the kernel at offset
// (±i, ±j). The kernel's transform is multiplied by filterY[|k|]·filterX[|l|], as
// long as half the height and length, plus one. At is called from all cores.
func NewConvolution(ctx context.Context, rows, cols, height, length int, at func(i, j int) float64, filterY, filterX []float64) (*Convolution, error) {
	c := &Convolution{rows: height, width: Width(length), y: NewPlan(height), x: NewPlan(length)}
	grid := make([]float32, height*c.width)
	err := par.Blocks(ctx, height/2+1, 1, func(i, _ int) {
		row := grid[i*c.width:][:length]
		for j := range length/2 + 1 {
			row[j] = float32(at(i, j))
			row[(length-j)%length] = row[j]
		}
		copy(grid[(height-i)%height*c.width:][:length], row)
	})
	if err != nil {
		return nil, err
	}
	bands := height/2/Lanes + 1
	c.bands = make([]float32, bands*2*Lanes*c.width)
	if err := c.down(ctx, grid); err != nil {
		return nil, err
	}
	c.weights = make([]float32, bands*Lanes*length)
	err = par.BlocksWith(ctx, bands, 1, c.newScratch, func(s *scratch, b, _ int) {
		c.load(s, b)
		c.x.Forward(s.columns, s.spare)
		to := c.weights[b*Lanes*length:]
		for l := range length {
			fx := filterX[min(l, length-l)] / (float64(height) * float64(length))
			for r := range Lanes {
				if k := Lanes*b + r; k <= height/2 {
					to[Lanes*l+r] = float32(float64(s.columns.Re[Lanes*l+r]) * fx * filterY[k])
				}
			}
		}
	})
	if err != nil {
		return nil, err
	}
	c.rows, c.width = rows, Width(cols)
	c.bands = make([]float32, bands*2*Lanes*c.width)
	return c, nil
}

// scratch is the memory of one goroutine.
type scratch struct {
	columns, spare *Columns
	re, im         [Lanes * group]float32 // Lanes rows of a group
}

func (c *Convolution) newScratch() *scratch {
	n := max(c.x.n, c.y.n)
	return &scratch{columns: NewColumns(n), spare: NewColumns(n)}
}

// size makes the columns n rows long.
func (s *scratch) size(n int) {
	for _, c := range []*Columns{s.columns, s.spare} {
		c.Re, c.Im = c.Re[:Lanes*n], c.Im[:Lanes*n]
	}
}

var ones = slices.Repeat([]float32{1}, group)

// Apply replaces a grid, rows of Width(cols) values, by its convolution.
func (c *Convolution) Apply(ctx context.Context, grid []float32) error {
	if err := c.down(ctx, grid); err != nil {
		return err
	}
	if err := par.BlocksWith(ctx, len(c.bands)/(2*Lanes*c.width), 1, c.newScratch, c.across); err != nil {
		return err
	}
	return c.up(ctx, grid)
}

// band returns the real or imaginary parts of Lanes frequencies along y, by column.
func (c *Convolution) band(b, part int) []float32 {
	n := Lanes * c.width
	return c.bands[(2*b+part)*n:][:n]
}

// down transforms the columns of a grid.
func (c *Convolution) down(ctx context.Context, grid []float32) error {
	n := c.y.n
	return par.BlocksWith(ctx, c.width/group, 1, c.newScratch, func(s *scratch, g, _ int) {
		s.size(n)
		x := s.columns
		for i := range c.rows {
			from := grid[i*c.width+g*group:][:group]
			copy(x.Re[Lanes*i:][:Lanes], from)
			copy(x.Im[Lanes*i:][:Lanes], from[Lanes:])
		}
		clear(x.Re[Lanes*c.rows:])
		clear(x.Im[Lanes*c.rows:])
		c.y.Forward(x, s.spare)
		for b := 0; b <= n/2/Lanes; b++ {
			for r := range Lanes {
				k := Lanes*b + r
				if k > n/2 {
					clear(s.re[group*r:])
					clear(s.im[group*r:])
					break
				}
				// The transform of a real column has conjugate values at k and −k.
				m := (n - k) % n
				pr, pi := (*[Lanes]float32)(x.Re[Lanes*k:]), (*[Lanes]float32)(x.Im[Lanes*k:])
				qr, qi := (*[Lanes]float32)(x.Re[Lanes*m:]), (*[Lanes]float32)(x.Im[Lanes*m:])
				re, im := (*[group]float32)(s.re[group*r:]), (*[group]float32)(s.im[group*r:])
				for l := range Lanes {
					re[l], im[l] = 0.5*(pr[l]+qr[l]), 0.5*(pi[l]-qi[l])
					re[l+Lanes], im[l+Lanes] = 0.5*(pi[l]+qi[l]), 0.5*(qr[l]-pr[l])
				}
			}
			kernel.ToLanes32(c.band(b, 0)[Lanes*group*g:], s.re[:], group, ones)
			kernel.ToLanes32(c.band(b, 1)[Lanes*group*g:], s.im[:], group, ones)
		}
	})
}

// load fills the columns with a band, and zeros.
func (c *Convolution) load(s *scratch, b int) {
	s.size(c.x.n)
	n := copy(s.columns.Re, c.band(b, 0))
	copy(s.columns.Im, c.band(b, 1))
	clear(s.columns.Re[n:])
	clear(s.columns.Im[n:])
}

// across multiplies the rows of a band by the kernel, where it is a product.
func (c *Convolution) across(s *scratch, b, _ int) {
	c.load(s, b)
	c.x.Forward(s.columns, s.spare)
	re := s.columns.Re
	im, weights := s.columns.Im[:len(re)], c.weights[b*len(re):][:len(re)]
	for i, w := range weights {
		re[i] *= w
		im[i] *= w
	}
	c.x.Inverse(s.columns, s.spare)
	for part, from := range [][]float32{s.columns.Re, s.columns.Im} {
		to := c.band(b, part)
		clear(to[copy(to, from):])
	}
}

// up is the inverse of down.
func (c *Convolution) up(ctx context.Context, grid []float32) error {
	n := c.y.n
	return par.BlocksWith(ctx, c.width/group, 1, c.newScratch, func(s *scratch, g, _ int) {
		s.size(n)
		x := s.columns
		for b := 0; b <= n/2/Lanes; b++ {
			kernel.FromLanes32(s.re[:], group, group, c.band(b, 0)[Lanes*group*g:], ones)
			kernel.FromLanes32(s.im[:], group, group, c.band(b, 1)[Lanes*group*g:], ones)
			for r := range Lanes {
				k := Lanes*b + r
				if k > n/2 {
					break
				}
				m := (n - k) % n
				pr, pi := (*[Lanes]float32)(x.Re[Lanes*k:]), (*[Lanes]float32)(x.Im[Lanes*k:])
				qr, qi := (*[Lanes]float32)(x.Re[Lanes*m:]), (*[Lanes]float32)(x.Im[Lanes*m:])
				re, im := (*[group]float32)(s.re[group*r:]), (*[group]float32)(s.im[group*r:])
				for l := range Lanes {
					qr[l], qi[l] = re[l]+im[l+Lanes], re[l+Lanes]-im[l]
					pr[l], pi[l] = re[l]-im[l+Lanes], re[l+Lanes]+im[l]
				}
			}
		}
		c.y.Inverse(x, s.spare)
		for i := range c.rows {
			to := grid[i*c.width+g*group:][:group]
			copy(to, x.Re[Lanes*i:][:Lanes])
			copy(to[Lanes:], x.Im[Lanes*i:][:Lanes])
		}
	})
}
