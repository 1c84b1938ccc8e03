package viz

import (
	"context"
	"math"
	"sync"

	"github.com/flatland-go/flatland/internal/par"
)

// strands are the edges of a graph as lines through points of the unit square.
type strands struct {
	ends [][2]int32
	from []int  // where the points of each begin in at, and at last where all end
	at   []knot // from the first end to the second
}

// knot is a point of a strand.
type knot = [2]float32

// How finely strands are cut, as a share of the square's side, and how many points all of them may have: more are cut more coarsely.
const (
	strandStep = 1. / 110
	mostPoints = 6_000_000
)

// edgeBlock is how many strands are moved at once.
const edgeBlock = 4096

// newStrands lays straight strands from end to end.
func newStrands(x, y []float64, ends [][2]int32) *strands {
	s := &strands{ends: ends, from: make([]int, len(ends)+1)}
	length := 0.0
	for _, e := range ends {
		length += math.Hypot(x[e[0]]-x[e[1]], y[e[0]]-y[e[1]])
	}
	step := math.Max(strandStep, length/mostPoints)
	for i, e := range ends {
		pieces := math.Hypot(x[e[0]]-x[e[1]], y[e[0]]-y[e[1]]) / step
		s.from[i+1] = s.from[i] + max(1, int(math.Ceil(pieces))) + 1
	}
	s.at = make([]knot, s.from[len(ends)])
	must(par.Blocks(context.Background(), len(ends), edgeBlock, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			a, b := ends[i][0], ends[i][1]
			p := s.at[s.from[i]:s.from[i+1]]
			for k := range p {
				t := float64(k) / float64(len(p)-1)
				p[k] = knot{float32(x[a] + t*(x[b]-x[a])), float32(y[a] + t*(y[b]-y[a]))}
			}
		}
	}))
	return s
}

// must is for loops that nobody cancels.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

// The bundling: the side of the grid on which density is known; the width of the first kernel, as a share of the square's side, and by what
// it shrinks; how often strands move; and how far from the straight line a strand may run in its middle, as a share of its length.
const (
	bundleGrid   = 320
	bundleWidth  = 0.028
	bundleShrink = 0.84
	bundleRounds = 12
	bundleBend   = 0.3
)

// bundle draws strands together that run side by side, by ascending the density of all of them with a kernel that narrows (C. Hurter,
// O. Ersoy and A. Telea, Graph Bundling by Kernel Density Estimation, 2012). A step is that of mean shift, the squared width of the kernel times
// the gradient of the density's logarithm, which does not overshoot; after it strands are smoothed. Ends stay, and a strand does not leave the
// neighbourhood of its straight line, so that short ones, of which neighbour graphs are full, stay nearly straight.
//
// The density is counted in whole numbers, whose sum is the same in whatever order cores add them. Time O(rounds · (points + grid²)).
func (s *strands) bundle() {
	width := bundleWidth
	for range bundleRounds {
		pull := s.density().ascent(width)
		must(par.Blocks(context.Background(), len(s.ends), edgeBlock, func(lo, hi int) {
			for i := lo; i < hi; i++ {
				move(s.at[s.from[i]:s.from[i+1]], pull)
			}
		}))
		width *= bundleShrink
	}
}

// move takes the inner points of a strand a step along the pull, smooths the strand, and holds it near its straight line.
func move(p []knot, pull []knot) {
	last := len(p) - 1
	if last < 2 {
		return
	}
	for k := 1; k < last; k++ {
		d := between(pull, p[k])
		p[k][0] += d[0]
		p[k][1] += d[1]
	}
	before := p[0]
	for k := 1; k < last; k++ {
		here := p[k]
		p[k] = knot{(before[0] + 2*here[0] + p[k+1][0]) / 4, (before[1] + 2*here[1] + p[k+1][1]) / 4}
		before = here
	}
	a, along := p[0], knot{p[last][0] - p[0][0], p[last][1] - p[0][1]}
	length := norm(along)
	for k := 1; k < last; k++ {
		t := float32(k) / float32(last)
		straight := knot{a[0] + t*along[0], a[1] + t*along[1]}
		off := knot{p[k][0] - straight[0], p[k][1] - straight[1]}
		if far, reach := norm(off), 4*t*(1-t)*bundleBend*length; far > reach {
			by := reach / far
			p[k] = knot{straight[0] + by*off[0], straight[1] + by*off[1]}
		}
	}
}

func norm(v knot) float32 { return float32(math.Sqrt(float64(v[0]*v[0] + v[1]*v[1]))) }

// landform is a number for every cell of the bundling grid.
type landform []float64

// density counts the points of strands in every cell.
func (s *strands) density() landform {
	total := make([]uint32, bundleGrid*bundleGrid)
	var parts [][]uint32
	var mu sync.Mutex
	count := func() []uint32 {
		c := make([]uint32, len(total))
		mu.Lock()
		parts = append(parts, c)
		mu.Unlock()
		return c
	}
	must(par.BlocksWith(context.Background(), len(s.at), 1<<16, count, func(c []uint32, lo, hi int) {
		for _, p := range s.at[lo:hi] {
			c[bin(p[1])*bundleGrid+bin(p[0])]++
		}
	}))
	f := make(landform, len(total))
	for i := range f {
		for _, c := range parts {
			total[i] += c[i]
		}
		f[i] = float64(total[i])
	}
	return f
}

// bin is the row or column of the grid that a coordinate is in.
func bin(v float32) int { return min(bundleGrid-1, max(0, int(v*bundleGrid))) }

// ascent smooths the density by three box filters, which together are nearly a Gaussian kernel of the given width, and returns the step of mean shift
// in the middle of every cell.
func (f landform) ascent(width float64) []knot {
	sigma := width * bundleGrid
	radius := max(1, int(math.Round((math.Sqrt(4*sigma*sigma+1)-1)/2)))
	g := make(landform, len(f))
	for range 3 {
		must(par.Blocks(context.Background(), bundleGrid, 32, func(lo, hi int) {
			for i := lo; i < hi; i++ {
				box(g[i*bundleGrid:], f[i*bundleGrid:], 1, radius)
			}
		}))
		must(par.Blocks(context.Background(), bundleGrid, 32, func(lo, hi int) {
			for j := lo; j < hi; j++ {
				box(f[j:], g[j:], bundleGrid, radius)
			}
		}))
	}
	steps := make([]knot, len(f))
	at := func(i, j int) float64 {
		return f[min(bundleGrid-1, max(0, i))*bundleGrid+min(bundleGrid-1, max(0, j))]
	}
	variance := float64((2*radius+1)*(2*radius+1)-1) / 4 // of three boxes, in cells
	most := 1.5 * math.Sqrt(variance)
	for i := range bundleGrid {
		for j := range bundleGrid {
			here := at(i, j)
			if here == 0 {
				continue
			}
			dx, dy := variance*(at(i, j+1)-at(i, j-1))/(2*here), variance*(at(i+1, j)-at(i-1, j))/(2*here)
			if far := math.Hypot(dx, dy); far > most {
				dx, dy = dx*most/far, dy*most/far
			}
			steps[i*bundleGrid+j] = knot{float32(dx / bundleGrid), float32(dy / bundleGrid)}
		}
	}
	return steps
}

// box sets dst to the means of 2·radius + 1 numbers of src, every stride-th, of which there are as many as the grid has columns; beyond the ends there
// is nothing.
func box(dst, src landform, stride, radius int) {
	sum := 0.0
	for k := 0; k < min(radius, bundleGrid); k++ {
		sum += src[k*stride]
	}
	scale := 1 / float64(2*radius+1)
	for k := range bundleGrid {
		if enter := k + radius; enter < bundleGrid {
			sum += src[enter*stride]
		}
		if leave := k - radius - 1; leave >= 0 {
			sum -= src[leave*stride]
		}
		dst[k*stride] = math.Max(0, sum) * scale
	}
}

// between interpolates the steps at a point.
func between(steps []knot, p knot) knot {
	const last = bundleGrid - 1
	u := min(last, max(0, p[0]*bundleGrid-0.5))
	v := min(last, max(0, p[1]*bundleGrid-0.5))
	j, i := min(last-1, int(u)), min(last-1, int(v))
	u, v = u-float32(j), v-float32(i)
	a := steps[i*bundleGrid+j : i*bundleGrid+j+2]
	b := steps[(i+1)*bundleGrid+j : (i+1)*bundleGrid+j+2]
	var d knot
	for k := range d {
		top := a[0][k] + u*(a[1][k]-a[0][k])
		d[k] = top + v*(b[0][k]+u*(b[1][k]-b[0][k])-top)
	}
	return d
}
