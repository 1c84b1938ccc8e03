package layout

import (
	"context"
	"math"

	"github.com/flatland-go/flatland/internal/par"
)

// SparseStudent is Student for similarities of few pairs: an Attraction, and a
// Repulsion of all.
type SparseStudent struct {
	attraction     *Attraction
	repulsion      Repulsion
	attract, repel []float64
}

// NewSparseStudent returns the objective for similarities p, scaled to the sum 1, of
// points in dim dimensions by the kernel of that many degrees of freedom, which is also
// that of the repulsion. Errors are those of NewAttraction.
func NewSparseStudent(ctx context.Context, p Similarities, dim int, freedom float64, repulsion Repulsion) (*SparseStudent, error) {
	a, err := NewAttraction(ctx, p, dim, freedom)
	if err != nil {
		return nil, err
	}
	return &SparseStudent{attraction: a, repulsion: repulsion, attract: make([]float64, a.n*dim), repel: make([]float64, a.n*dim)}, nil
}

// Gradient is that of Student.
func (s *SparseStudent) Gradient(ctx context.Context, dst, y []float64, exaggeration float64) error {
	z, err := s.forces(ctx, y)
	if err != nil {
		return err
	}
	return par.Blocks(ctx, len(y), valuesPerBlock, func(lo, hi int) { s.combine(dst, lo, hi, exaggeration, z) })
}

// Descend computes the gradient at y and moves y one step of d against it.
func (s *SparseStudent) Descend(ctx context.Context, d *Descent, gradient, y []float64, exaggeration float64) error {
	z, err := s.forces(ctx, y)
	if err != nil {
		return err
	}
	d.move(ctx, y, gradient, func(lo, hi int) { s.combine(gradient, lo, hi, exaggeration, z) })
	return nil
}

// forces computes attraction and repulsion, and returns the sum that the latter is divided by.
func (s *SparseStudent) forces(ctx context.Context, y []float64) (z float64, err error) {
	var beside func()
	if tree, ok := s.repulsion.(*BarnesHut); ok {
		beside = func() { tree.Order(y) }
	}
	if err := s.attraction.Forces(ctx, s.attract, y, beside); err != nil {
		return 0, err
	}
	return s.repulsion.Forces(ctx, s.repel, y)
}

func (s *SparseStudent) combine(dst []float64, lo, hi int, exaggeration, z float64) {
	for i := lo; i < hi; i++ {
		dst[i] = exaggeration*s.attract[i] - s.repel[i]/z
	}
}

// mostPairs is the number of points whose pairs are all counted for a divergence.
const mostPairs = 100_000

// Glance is Divergence by the repulsion of the gradient, which is as exact as that and takes
// no longer: for who watches.
func (s *SparseStudent) Glance(ctx context.Context, y []float64) (float64, error) {
	return s.divergence(ctx, y, s.repulsion)
}

// Divergence is that of Student. Pairs without a similarity add nothing but to Z, which
// is the sum over all pairs of up to 100 000 points, and for more is found by BarnesHut at
// an angle of 0.1, which errs by less than a part in 1000: so does the divergence, in nats.
func (s *SparseStudent) Divergence(ctx context.Context, y []float64) (float64, error) {
	a, repulsion := s.attraction, s.repulsion
	if _, all := repulsion.(*Direct); !all {
		angle := 0.
		if a.n > mostPairs {
			angle = 0.1
		}
		repulsion = NewBarnesHut(a.n, a.dim, a.freedom, angle)
	}
	return s.divergence(ctx, y, repulsion)
}

func (s *SparseStudent) divergence(ctx context.Context, y []float64, repulsion Repulsion) (float64, error) {
	a := s.attraction
	z, err := repulsion.Forces(ctx, s.repel, y)
	if err != nil {
		return 0, err
	}
	sum, err := a.crossEntropy(ctx, y)
	return a.self + sum + a.mass*math.Log(z), err
}
