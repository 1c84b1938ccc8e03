package viz

import (
	"context"
	"image/color"
	"math"
	"slices"
	"sync"

	"github.com/flatland-go/flatland/internal/par"
)

// A weave is how densely strands cover the pixels of a square, and whose they mostly are.
type weave struct {
	side   int
	hues   int
	cover  []uint32 // how much of strands is in each pixel, in 255ths
	strong []uint8  // the hue that has most of it
	ranks  []uint32 // the cover of pixels that have any, in order
}

// coverUnit is the weight of a strand that crosses a pixel.
const coverUnit = 255

// weave draws the strands on a square of side × side pixels. The first half of strand i has hue a, the second b, of the given number of hues.
// Weights are whole numbers, so that their sums are the same in whatever order cores add them. Time O(length of all strands in pixels),
// memory 4·hues·side² bytes for each core.
func (s *strands) weave(side, hues int, hue func(i int) (a, b int)) *weave {
	var parts [][]uint32
	var mu sync.Mutex
	fresh := func() []uint32 {
		c := make([]uint32, hues*side*side)
		mu.Lock()
		parts = append(parts, c)
		mu.Unlock()
		return c
	}
	must(par.BlocksWith(context.Background(), len(s.ends), edgeBlock, fresh, func(c []uint32, lo, hi int) {
		for i := lo; i < hi; i++ {
			p := s.at[s.from[i]:s.from[i+1]]
			a, b := hue(i)
			for k := 1; k < len(p); k++ {
				h := a
				if 2*k > len(p) {
					h = b
				}
				if len(p) == 2 && a != b { // too short to have a middle
					middle := knot{(p[0][0] + p[1][0]) / 2, (p[0][1] + p[1][1]) / 2}
					trace(c[a*side*side:(a+1)*side*side], side, p[0], middle)
					trace(c[b*side*side:(b+1)*side*side], side, middle, p[1])
					continue
				}
				trace(c[h*side*side:(h+1)*side*side], side, p[k-1], p[k])
			}
		}
	}))
	w := &weave{side: side, hues: hues, cover: make([]uint32, side*side), strong: make([]uint8, side*side)}
	must(par.Blocks(context.Background(), side, 16, func(lo, hi int) {
		for at := lo * side; at < hi*side; at++ {
			most := uint32(0)
			for h := range hues {
				sum := uint32(0)
				for _, c := range parts {
					sum += c[h*side*side+at]
				}
				if sum > most {
					most, w.strong[at] = sum, uint8(h)
				}
				w.cover[at] += sum
			}
		}
	}))
	for _, c := range w.cover {
		if c > 0 {
			w.ranks = append(w.ranks, c)
		}
	}
	slices.Sort(w.ranks)
	return w
}

// trace adds the weight of a straight line to the pixels it runs through, shared at every step between those that are nearest.
func trace(c []uint32, side int, a, b knot) {
	dx, dy := (b[0]-a[0])*float32(side), (b[1]-a[1])*float32(side)
	length := norm(knot{dx, dy})
	steps := int(length) + 1
	weight := coverUnit * length / float32(steps)
	for k := range steps {
		t := (float32(k) + 0.5) / float32(steps)
		x, y := a[0]*float32(side)+t*dx-0.5, a[1]*float32(side)+t*dy-0.5
		j, i := int(math.Floor(float64(x))), int(math.Floor(float64(y)))
		u, v := x-float32(j), y-float32(i)
		for r, across := range [2]float32{1 - v, v} {
			for q, along := range [2]float32{1 - u, u} {
				if i, j := i+r, j+q; i >= 0 && j >= 0 && i < side && j < side {
					c[i*side+j] += uint32(weight*across*along + 0.5)
				}
			}
		}
	}
}

// levels returns how strongly each pixel is inked, in the given number of steps above none, and the hue of each. A pixel's rank among those covered
// counts half, so that both the thin and the thick show, and the logarithm of its cover half.
func (w *weave) levels(steps int) []uint8 {
	if len(w.ranks) == 0 {
		return make([]uint8, w.side*w.side)
	}
	top := math.Log1p(float64(w.ranks[(len(w.ranks)-1)*995/1000]) / coverUnit)
	l := make([]uint8, len(w.cover))
	for at, c := range w.cover {
		if c < coverUnit/6 {
			continue
		}
		rank, _ := slices.BinarySearch(w.ranks, c)
		share := float64(rank) / float64(len(w.ranks))
		strength := 0.5*share + 0.5*math.Min(1, math.Log1p(float64(c)/coverUnit)/top)
		strength *= math.Min(1, float64(c)/coverUnit*1.5)
		l[at] = uint8(math.Round(strength * float64(steps)))
	}
	return l
}

// coarse returns the weave with blocks of pixels in place of one.
func (w *weave) coarse(by int) *weave {
	if by == 1 {
		return w
	}
	side := (w.side + by - 1) / by
	small := &weave{side: side, hues: w.hues, cover: make([]uint32, side*side), strong: make([]uint8, side*side)}
	votes := make([]uint32, w.hues)
	for i := range side {
		for j := range side {
			clear(votes)
			at := i*side + j
			for r := i * by; r < min(w.side, (i+1)*by); r++ {
				for q := j * by; q < min(w.side, (j+1)*by); q++ {
					c := w.cover[r*w.side+q]
					small.cover[at] += c
					votes[w.strong[r*w.side+q]] += c
				}
			}
			small.strong[at] = uint8(slices.Index(votes, slices.Max(votes)))
			if small.cover[at] /= uint32(by * by); small.cover[at] > 0 {
				small.ranks = append(small.ranks, small.cover[at])
			}
		}
	}
	slices.Sort(small.ranks)
	return small
}

// faintest is how much of its colour the faintest strand has.
const faintest = 0.16

// inked returns the colour of a level of a hue on paper.
func inked(t *theme, hue color.RGBA, level uint8, steps int) color.RGBA {
	if level == 0 {
		return color.RGBA{}
	}
	return blend(t.paper, hue, faintest+(1-faintest)*float64(level)/float64(steps))
}
