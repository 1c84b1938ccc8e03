package layout

import (
	"context"
	"math"

	"github.com/flatland-go/flatland/internal/fft"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// Interpolation computes the repulsion of all pairs in linear time, for maps of one
// or two dimensions.
//
// All of it is one potential: with Φ(y) = Σ_j w(y − y_j), Z is Σ_i Φ(y_i) − n, and
// the forces are −½·∇Φ, whatever the degrees of freedom. Cubic B-splines spread the
// points on the nodes of a grid, fast Fourier transforms convolve the grid with w,
// and the same splines read Φ and its gradient between the nodes. The transform of w
// makes good for what splines smooth: the potential of a point on a node is w
// at all nodes. What remains is least for points far from each other and largest for
// a point and itself; that is taken away.
//
// Nodes are 0.4·min(1, √α) apart, nearer where the map is less than 20 wide. Forces err
// by about 2 % of their root mean square on the sparsest maps of t-SNE, a point to
// three units of area, by less on denser ones, and at random: from point to point, and
// as points move. Z errs by less than 0.1 %. No axis has more than 2048 nodes, or 32 768
// in one dimension: on maps wider than 800, or 13 000, they lie farther apart, and
// points nearer to each other than nodes repel each other less than they should.
//
// Time O(n) + O(g·log g) an iteration and memory 6·n + 36·g bytes, where g, the number
// of nodes, is the area of the box around the map over the square of their distance;
// g counts 16 times in one dimension. Forces and Z of points that are not finite are
// NaN.
//
// Sources: G. Linderman, M. Rachh, J. Hoskins, S. Steinerberger and Y. Kluger (2019),
// Fast interpolation-based t-SNE for improved visualization of single-cell RNA-seq
// data, for the grid; U. Essmann, L. Perera, M. Berkowitz, T. Darden, H. Lee and L.
// Pedersen (1995), A smooth particle mesh Ewald method, for one potential read by
// splines.
type Interpolation struct {
	n, dim  int
	freedom float64
	spacing float64 // of nodes, for α = 1
	most    int     // nodes along an axis

	// MemoryLimit in bytes refuses maps too wide for the grid to fit. Default GOMEMLIMIT, or
	// 4 GiB.
	MemoryLimit int64

	grid   grid
	fields *fft.Convolution   // for grid
	far    float64            // what w on the grid lacks
	alone  [parts][parts]pull // of a point on itself, by its place in a cell
	nodes  []float32          // charges, then potential less that of far
	tiles  []float64          // charges of the points of each strip
	strips strips
}

const (
	nodeSpacing = 0.4
	leastNodes  = 50 // along the wider side, about
	// A point's spline reaches four nodes on each axis.
	reach = 4

	// What repeats is longer than twice the nodes: w has a kink half-way, and what makes
	// good for splines carries that some nodes far, 0.27 of it from each to the next.
	hem = 8
)

// grid is the shape of a grid. It changes in steps, so that most iterations need no
// new transform of w.
type grid struct {
	spacing       float64
	height, width int // of what repeats, in nodes; 1 where a map has no such axis
}

// nodesOf returns how many nodes along an axis may hold charges, of those that repeat.
func nodesOf(period int) int { return max(1, (period-hem)/2) }

// NewInterpolation returns the repulsion of n points in dim dimensions, 1 or 2, for
// so many degrees of freedom.
func NewInterpolation(n, dim int, freedom float64) *Interpolation {
	most := 1 << 11
	if dim == 1 {
		most = 1 << 15
	}
	return &Interpolation{n: n, dim: dim, freedom: freedom, spacing: nodeSpacing, most: most}
}

// choose returns the grid for a frame.
func (p *Interpolation) choose(b frame) grid {
	widest := max(b.extent[0], b.extent[1])
	coarsest := p.spacing * min(1, math.Sqrt(p.freedom))
	steps := math.Floor(2 * math.Log2(widest/(leastNodes*coarsest)))
	g := grid{spacing: coarsest * math.Exp2(min(steps, 0)/2), width: 1}
	g.spacing = max(g.spacing, widest/float64(p.most-reach))
	period := func(extent float64) int {
		return fft.Length(2*(int(extent/g.spacing)+reach) + hem)
	}
	g.height = period(b.extent[0])
	if p.dim == 2 {
		g.width = period(b.extent[1])
	}
	return g
}

// Forces implements Repulsion.
func (p *Interpolation) Forces(ctx context.Context, dst, y []float64) (z float64, err error) {
	b, err := p.enclose(ctx, y)
	if err != nil {
		return 0, err
	}
	n := float64(p.n)
	switch widest := max(b.extent[0], b.extent[1]); {
	case math.IsNaN(widest) || math.IsInf(widest, 0):
		for i := range dst {
			dst[i] = math.NaN()
		}
		return math.NaN(), nil
	case widest < 1e-100: // of which the square is nothing
		clear(dst)
		return n * (n - 1), nil
	}
	if err := p.prepare(ctx, p.choose(b)); err != nil {
		return 0, err
	}
	if err := p.strips.sort(ctx, p, b, y); err != nil {
		return 0, err
	}
	if err := p.spread(ctx, b, y); err != nil {
		return 0, err
	}
	if err := p.fields.Apply(ctx, p.nodes); err != nil {
		return 0, err
	}
	potential, err := p.read(ctx, b, dst, y)
	return potential + n*(n-1)*p.far, err
}

// prepare makes the field of a grid, unless it is the last one's.
func (p *Interpolation) prepare(ctx context.Context, g grid) error {
	if g == p.grid {
		return nil
	}
	p.grid = grid{}
	rows, cols := nodesOf(g.height), nodesOf(g.width)
	if err := mat32.CheckMemory("layout.Interpolation", 36*int64(rows)*int64(cols), p.MemoryLimit, "the map is wide for a grid: use a tree"); err != nil {
		return err
	}
	// Less w, whose sum is known, than the small differences that make forces would
	// leave float32 no digits for these on a small map.
	less := func(squared float64) float64 { // 1 − w
		if p.freedom == 1 {
			return 1 / (1 + 1/squared)
		}
		return -math.Expm1(-p.freedom * math.Log1p(squared/p.freedom))
	}
	squared := func(i, j int) float64 {
		u, v := g.spacing*float64(i), g.spacing*float64(j)
		return u*u + v*v
	}
	middle := less(squared(rows/2, cols/2))
	at := func(i, j int) float64 { return middle - less(squared(i, j)) }
	fields, err := fft.NewConvolution(ctx, rows, cols, g.height, g.width, at, goodFor(g.height), goodFor(g.width))
	if err != nil {
		return err
	}
	stride := fft.Width(cols)
	p.nodes = make([]float32, rows*stride)
	p.tiles = make([]float64, (rows+stripRows-1)/stripRows*tileRows*stride)
	p.nodes[0] = 1
	if err := fields.Apply(ctx, p.nodes); err != nil {
		return err
	}
	var near [reach][reach]float64 // w on the grid, once for each of the sides
	for i := range min(reach, rows) {
		for j := range min(reach, cols) {
			near[i][j] = float64(p.nodes[i*stride+j])
			if i > 0 {
				near[i][j] *= 2
			}
			if j > 0 {
				near[i][j] *= 2
			}
		}
	}
	p.alone = [parts][parts]pull{}
	for i := range parts {
		var v, h spline
		v.cubic((float64(i) + 0.5) / parts)
		for j := range parts {
			if h.cubic((float64(j) + 0.5) / parts); p.dim == 1 {
				h = spline{weight: [reach]float64{1}}
			}
			p.alone[i][j] = alone(&v, &h, &near)
		}
	}
	p.fields, p.far, p.grid = fields, 1-middle, g
	return nil
}

// goodFor returns, for each frequency, one over the square of the transform of cubic
// B-splines at the nodes; along an axis that is not there, 1.
func goodFor(period int) []float64 {
	f := make([]float64, period/2+1)
	for k := range f {
		v := (2 + math.Cos(2*math.Pi*float64(k)/float64(period))) / 3
		f[k] = 1 / (v * v)
	}
	return f
}

// spline holds how much each of the four nodes from a cell's first on has of a point
// in it, and how that grows with the point's place.
type spline struct{ weight, slope [reach]float64 }

// cubic sets s to the spline of a point at t, 0 ≤ t ≤ 1, of its cell.
func (s *spline) cubic(t float64) {
	u, tt := 1-t, t*t
	uu := u * u
	s.weight = [reach]float64{uu * u / 6, 2./3 - tt*(1-t/2), 2./3 - uu*(1-u/2), tt * t / 6}
	s.slope = [reach]float64{-uu / 2, t * (1.5*t - 2), u * (2 - 1.5*u), tt / 2}
}

// itself returns the products of weights of nodes 0 … 3 apart, and how these grow.
func (s *spline) itself() (product, growth [reach]float64) {
	for apart := range reach {
		for k := apart; k < reach; k++ {
			product[apart] += s.weight[k] * s.weight[k-apart]
			growth[apart] += s.slope[k]*s.weight[k-apart] + s.weight[k]*s.slope[k-apart]
		}
	}
	return product, growth
}

// pull is a potential and how it grows along both axes, in nodes.
type pull struct{ potential, down, right float32 }

// parts is how many parts of a cell are told apart where that matters little.
const parts = 32

// alone returns what a point reads of its own charge.
func alone(v, h *spline, near *[reach][reach]float64) pull {
	var potential, down, right float64
	pv, gv := v.itself()
	ph, gh := h.itself()
	for i := range reach {
		for j := range reach {
			potential += near[i][j] * pv[i] * ph[j]
			// Only the point that reads moves, not its charge: half of the growth.
			down += near[i][j] * gv[i] * ph[j] / 2
			right += near[i][j] * pv[i] * gh[j] / 2
		}
	}
	return pull{float32(potential), float32(down), float32(right)}
}

// spread sets nodes to the charges of the points.
func (p *Interpolation) spread(ctx context.Context, b frame, y []float64) error {
	rows, stride := nodesOf(p.grid.height), fft.Width(nodesOf(p.grid.width))
	tile := tileRows * stride
	err := par.Blocks(ctx, p.strips.count, 1, func(s, _ int) {
		to := p.tiles[s*tile:][:tile]
		clear(to)
		var v, h spline
		for _, i := range p.strips.points(s) {
			c, t := b.cell(0, y[int(i)*p.dim], p.grid.spacing)
			v.cubic(t)
			at := to[(c-s*stripRows)*stride:]
			if p.dim == 1 {
				for k, w := range v.weight {
					at[k*stride] += w
				}
				continue
			}
			c, t = b.cell(1, y[2*i+1], p.grid.spacing)
			h.cubic(t)
			for k, w := range v.weight {
				row := (*[reach]float64)(at[k*stride+c:])
				row[0] += w * h.weight[0]
				row[1] += w * h.weight[1]
				row[2] += w * h.weight[2]
				row[3] += w * h.weight[3]
			}
		}
	})
	if err != nil {
		return err
	}
	return par.Blocks(ctx, rows, stripRows, func(lo, hi int) {
		s := lo / stripRows
		for i := lo; i < hi; i++ {
			row := p.nodes[i*stride:][:stride]
			for j, v := range p.tiles[s*tile+(i-lo)*stride:][:stride] {
				row[j] = float32(v)
			}
			// The strip before reaches into this one.
			if k := i - lo + stripRows; s > 0 && k < tileRows {
				for j, v := range p.tiles[(s-1)*tile+k*stride:][:stride] {
					row[j] = float32(v + p.tiles[s*tile+(i-lo)*stride+j])
				}
			}
		}
	})
}

// read writes the forces to dst and returns the sum of the potentials, without those
// of points on themselves.
func (p *Interpolation) read(ctx context.Context, b frame, dst, y []float64) (float64, error) {
	stride := fft.Width(nodesOf(p.grid.width))
	scale := -0.5 / p.grid.spacing
	return par.Sum(ctx, p.n, pointsBlock/4, func(lo, hi int) float64 {
		sum := 0.
		var v, h spline
		for _, i := range p.strips.order[lo:hi] {
			c, t := b.cell(0, y[int(i)*p.dim], p.grid.spacing)
			v.cubic(t)
			at := p.nodes[c*stride:]
			if p.dim == 1 {
				var phi, slope float64
				for k, w := range v.weight {
					u := float64(at[k*stride])
					phi += w * u
					slope += v.slope[k] * u
				}
				own := &p.alone[int(t*parts)][0]
				sum += phi - float64(own.potential)
				dst[i] = scale * (slope - float64(own.down))
				continue
			}
			row := int(t * parts)
			c, t = b.cell(1, y[2*i+1], p.grid.spacing)
			h.cubic(t)
			own := &p.alone[row][int(t*parts)]
			phi, down, right := -float64(own.potential), -float64(own.down), -float64(own.right)
			for k, w := range v.weight {
				row := (*[reach]float32)(at[k*stride+c:])
				a, b, c, d := float64(row[0]), float64(row[1]), float64(row[2]), float64(row[3])
				u := (h.weight[0]*a + h.weight[1]*b) + (h.weight[2]*c + h.weight[3]*d)
				phi += w * u
				down += v.slope[k] * u
				right += w * ((h.slope[0]*a + h.slope[1]*b) + (h.slope[2]*c + h.slope[3]*d))
			}
			sum += phi
			dst[2*i], dst[2*i+1] = scale*down, scale*right
		}
		return sum
	})
}
