package layout

import (
	"context"
	"math"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/manifold"
)

// GeodesicStudent is Student for points of a manifold: similarities in the map are
// 1/(1 + d²) of the geodesic distance d, divided by their sum. The gradient at a point is
// the sum of the logarithms of all others, by what Student multiplies differences by.
//
// Source: A. Bergsson and S. Hauberg (2022), Visualizing Riemannian data with Rie-SNE. It
// has scratch memory: one goroutine uses it at a time, and it uses every core.
type GeodesicStudent struct {
	space          manifold.Manifold
	n, dim         int       // dim: ambient numbers of a point
	p              []float32 // n × n, symmetric, sum 1, zero diagonal
	mass           float64   // Σp as stored
	self           float64   // Σ p·log p
	attract, repel []float64
	norm           []float64 // Σ over a row of 1/(1+d²)
}

// NewGeodesicStudent returns the objective for similarities p, n × n row after row,
// symmetric with a zero diagonal and sum 1, of points of space. It borrows p. The error is
// that of space.Resolve, or of ctx.
func NewGeodesicStudent(ctx context.Context, p []float32, n int, space manifold.Manifold) (*GeodesicStudent, error) {
	space, err := space.Resolve()
	if err != nil {
		return nil, err
	}
	dim := space.Ambient()
	s := &GeodesicStudent{space: space, n: n, dim: dim, p: p,
		attract: make([]float64, n*dim), repel: make([]float64, n*dim), norm: make([]float64, n)}
	s.mass, err = par.Sum(ctx, n, rowsPerBlock, func(lo, hi int) (sum float64) {
		for _, v := range p[lo*n : hi*n] {
			sum += float64(v)
		}
		return sum
	})
	if err != nil {
		return nil, err
	}
	s.self, err = par.Sum(ctx, n, rowsPerBlock, func(lo, hi int) (sum float64) {
		for _, v := range p[lo*n : hi*n] {
			if v > 0 {
				sum += float64(v) * math.Log(float64(v))
			}
		}
		return sum
	})
	return s, err
}

// Gradient writes to dst the Riemannian gradient at y, both n points row after row, with
// the attraction multiplied by exaggeration, and without the factor 4, as Student does.
func (s *GeodesicStudent) Gradient(ctx context.Context, dst, y []float64, exaggeration float64) error {
	scratch := func() []float64 { return make([]float64, s.dim) }
	forces := s.quick(y)
	if forces == nil {
		forces = s.forces
	}
	if err := par.BlocksWith(ctx, s.n, rowsPerBlock, scratch, func(v []float64, lo, hi int) { forces(v, y, lo, hi) }); err != nil {
		return err
	}
	z := 0.
	for _, v := range s.norm {
		z += v
	}
	for i := range dst {
		dst[i] = s.repel[i]/z - exaggeration*s.attract[i]
	}
	return nil
}

func (s *GeodesicStudent) forces(v, y []float64, lo, hi int) {
	n, dim := s.n, s.dim
	for i := lo; i < hi; i++ {
		at := y[i*dim : (i+1)*dim]
		attract, repel := s.attract[i*dim:(i+1)*dim], s.repel[i*dim:(i+1)*dim]
		clear(attract)
		clear(repel)
		norm := 0.
		for j, p := range s.p[i*n : (i+1)*n] {
			if j == i {
				continue
			}
			d := s.space.Log(v, at, y[j*dim:(j+1)*dim])
			w := 1 / (1 + d*d)
			norm += w
			a, r := float64(p)*w, w*w
			for c, l := range v {
				attract[c] += a * l
				repel[c] += r * l
			}
		}
		s.norm[i] = norm
	}
}

// Divergence returns the Kullback-Leibler divergence at y, without exaggeration: Σ
// p·log(p/q) over ordered pairs, in nats.
func (s *GeodesicStudent) Divergence(ctx context.Context, y []float64) (float64, error) {
	n, dim := s.n, s.dim
	attraction := make([]float64, n)
	err := par.Blocks(ctx, n, rowsPerBlock, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			norm, sum := 0., 0.
			for j, p := range s.p[i*n : (i+1)*n] {
				if j == i {
					continue
				}
				d := s.space.Distance(y[i*dim:(i+1)*dim], y[j*dim:(j+1)*dim])
				norm += 1 / (1 + d*d)
				sum += float64(p) * math.Log1p(d*d)
			}
			s.norm[i], attraction[i] = norm, sum
		}
	})
	if err != nil {
		return 0, err
	}
	var z, sum float64
	for i, v := range s.norm {
		z += v
		sum += attraction[i]
	}
	return s.self + sum + s.mass*math.Log(z), nil
}
