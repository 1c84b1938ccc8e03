package layout

import (
	"context"
	"math"

	"github.com/flatland-go/flatland/internal/par"
)

// Student computes the gradient and the value of t-SNE's objective over all
// pairs: the Kullback-Leibler divergence of similarities q in the map, which are those
// of Repulsion, from given similarities p.
//
// Source: L. van der Maaten and G. Hinton (2008), Visualizing data using t-SNE,
// equations 4 and 5. It has scratch memory: one goroutine uses it at a time, and
// it uses every core.
type Student struct {
	n, dim         int
	freedom        float64
	p              []float32 // n × n, symmetric, sum 1, zero diagonal
	mass           float64   // Σp as stored
	self           float64   // Σ p·log p
	attract, repel []float64
	norm           []float64 // Σ over a row of w
}

// rowsPerBlock cuts the rows of the map: small enough for seven cores at a few
// hundred rows, and for a cancel to be heard at many thousands.
const rowsPerBlock = 16

// NewStudent returns the objective for similarities p, n × n row after row,
// symmetric with a zero diagonal and sum 1, of points in dim dimensions, by the kernel
// of that many degrees of freedom. It borrows p.
func NewStudent(ctx context.Context, p []float32, n, dim int, freedom float64) (*Student, error) {
	s := &Student{n: n, dim: dim, freedom: freedom, p: p,
		attract: make([]float64, n*dim), repel: make([]float64, n*dim), norm: make([]float64, n)}
	var err error
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

// Gradient writes to dst the gradient at y, both n × dim row after row, with the
// attraction multiplied by exaggeration, and without the constant factor 4 of
// the paper, which learning rates are usually given without.
func (s *Student) Gradient(ctx context.Context, dst, y []float64, exaggeration float64) error {
	forces := s.forces
	if s.dim == 2 && s.freedom == 1 {
		forces = s.forces2
	}
	if err := par.Blocks(ctx, s.n, rowsPerBlock, func(lo, hi int) { forces(y, lo, hi) }); err != nil {
		return err
	}
	z := 0.
	for _, v := range s.norm {
		z += v
	}
	for i := range dst {
		dst[i] = exaggeration*s.attract[i] - s.repel[i]/z
	}
	return nil
}

// forces2 is forces in two dimensions by the kernel of t-SNE, with everything in
// registers.
func (s *Student) forces2(y []float64, lo, hi int) {
	n := s.n
	y = y[:2*n]
	for i := lo; i < hi; i++ {
		p := s.p[i*n : (i+1)*n]
		yx, yy := y[2*i], y[2*i+1]
		var ax, ay, rx, ry, norm float64
		for j, pj := range p {
			dx, dy := yx-y[2*j], yy-y[2*j+1]
			w := 1 / (1 + dx*dx + dy*dy)
			norm += w
			a := float64(pj) * w
			ax += a * dx
			ay += a * dy
			w *= w
			rx += w * dx
			ry += w * dy
		}
		s.norm[i] = norm - 1 // the row itself, at distance 0
		s.attract[2*i], s.attract[2*i+1] = ax, ay
		s.repel[2*i], s.repel[2*i+1] = rx, ry
	}
}

func (s *Student) forces(y []float64, lo, hi int) {
	n, dim := s.n, s.dim
	diff := make([]float64, dim)
	for i := lo; i < hi; i++ {
		p := s.p[i*n : (i+1)*n]
		yi := y[i*dim : (i+1)*dim]
		attract, repel := s.attract[i*dim:(i+1)*dim], s.repel[i*dim:(i+1)*dim]
		clear(attract)
		clear(repel)
		norm := 0.
		for j, pj := range p {
			square := 0.
			for c, v := range yi {
				diff[c] = v - y[j*dim+c]
				square += diff[c] * diff[c]
			}
			w, u := weight(square, s.freedom)
			norm += w
			a := float64(pj) * u
			for c, v := range diff {
				attract[c] += a * v
				repel[c] += w * u * v
			}
		}
		s.norm[i] = norm - 1
	}
}

// Glance is Divergence.
func (s *Student) Glance(ctx context.Context, y []float64) (float64, error) {
	return s.Divergence(ctx, y)
}

// Descend computes the gradient at y and moves y one step of d against it. The error is ctx.Err(), and y is where it was.
func (s *Student) Descend(ctx context.Context, d *Descent, gradient, y []float64, exaggeration float64) error {
	if err := s.Gradient(ctx, gradient, y, exaggeration); err != nil {
		return err
	}
	d.Move(ctx, y, gradient)
	return nil
}

// Divergence returns the Kullback-Leibler divergence at y, without exaggeration:
// Σ p·log(p/q) over ordered pairs, in nats.
func (s *Student) Divergence(ctx context.Context, y []float64) (float64, error) {
	n, dim := s.n, s.dim
	attraction := make([]float64, n)
	err := par.Blocks(ctx, n, rowsPerBlock, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			norm, sum := -1., 0. // the row itself is at distance 0
			for j, p := range s.p[i*n : (i+1)*n] {
				far := square(y[i*dim:(i+1)*dim], y[j*dim:(j+1)*dim])
				w, _ := weight(far, s.freedom)
				norm += w
				sum += s.freedom * float64(p) * math.Log1p(far/s.freedom)
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

func square(a, b []float64) (sum float64) {
	for c, v := range a {
		d := v - b[c]
		sum += d * d
	}
	return sum
}
