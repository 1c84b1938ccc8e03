package similarity

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/subspace"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// Superposition is one representation laid on another: Scale·x·Rotation + Offset.
type Superposition struct {
	Moved    *mat.Dense // n × q: x where it is nearest to y
	Rotation *mat.Dense // p × q: orthonormal rows where p ≤ q, columns where p ≥ q
	Scale    float64
	Offset   []float64 // q values
	Residual float64   // the root of the summed squares of Moved less y
	Share    float64   // Residual² as a share of the squares of y less its mean
}

// String returns a small table.
func (s *Superposition) String() string {
	n, q := s.Moved.Dims()
	p, _ := s.Rotation.Dims()
	return fmt.Sprintf("superposition of %d × %d on %d × %d\n  scale     %.4g\n  residual  %.4g\n  share     %.4g of the squares of y", n, p, n, q, s.Scale, s.Residual, s.Share)
}

// Superimpose moves x to where it is nearest to y by least squares: by a shift, a rotation,
// and, unless Form is Euclidean or SquaredEuclidean, a scale. Where x is the wider, it is
// projected on as many of its directions as y has columns. Time, memory and errors are those
// of Compare, without its shortcut for representations wider than n.
func (p Procrustes) Superimpose(ctx context.Context, x, y mat.Matrix) (*Superposition, error) {
	const method = "similarity.Procrustes"
	if _, err := p.Resolve(0, 0); err != nil {
		return nil, err
	}
	if err := checkShapes(ctx, method, x, y, false, p.MemoryLimit); err != nil {
		return nil, err
	}
	b, err := both(ctx, method, 2, x, y)
	if err != nil {
		return nil, err
	}
	found, err := subspace.Procrustes{Proper: p.Proper && b.p == b.q, Scaled: !p.Form.sized()}.Align(ctx, b.x, b.y)
	if err != nil {
		return nil, within(method, err)
	}
	// found.Scale relates the units of the pair.
	s := &Superposition{Rotation: found.Turn, Scale: 1, Moved: mat.NewDense(b.n, b.q, nil), Offset: make([]float64, b.q)}
	unit := max(b.unitX, b.unitY)
	scaleX, scaleY := b.unitX/unit, b.unitY/unit
	if !p.Form.sized() {
		s.Scale = found.Scale * (b.unitY / b.unitX)
		scaleX = found.Scale * scaleY
	}
	if err := kernel.Gemm64(ctx, blas.NoTrans, blas.NoTrans, scaleX, b.x.RawMatrix(), s.Rotation.RawMatrix(), 0, s.Moved.RawMatrix()); err != nil {
		return nil, within(method, err)
	}
	means, from := columnMeans(y), columnMeans(x)
	squares, err := par.Sum(ctx, b.n, 256, func(lo, hi int) (sum float64) {
		for i := lo; i < hi; i++ {
			for j, v := range s.Moved.RawRowView(i) {
				gap := v - scaleY*b.y.At(i, j)
				sum += gap * gap
				s.Moved.Set(i, j, v*unit+means[j])
			}
		}
		return sum
	})
	if err != nil {
		return nil, within(method, err)
	}
	for j := range s.Offset {
		s.Offset[j] = means[j]
		for i, m := range from {
			s.Offset[j] -= s.Scale * m * s.Rotation.At(i, j)
		}
	}
	norm := scaleY * subspace.Norm(b.y)
	s.Residual, s.Share = math.Sqrt(squares)*unit, squares/norm/norm
	for _, v := range append([]float64{s.Scale, s.Residual, s.Share}, s.Offset...) {
		if v-v != 0 {
			return nil, &mat32.DegenerateError{Method: method, Reason: "the superposition is beyond the range of float64"}
		}
	}
	for _, v := range s.Moved.RawMatrix().Data {
		if v-v != 0 {
			return nil, &mat32.DegenerateError{Method: method, Reason: "the superposition is beyond the range of float64"}
		}
	}
	return s, nil
}

// columnMeans returns the mean of every column.
func columnMeans(x mat.Matrix) []float64 {
	n, d := x.Dims()
	mean, buffer := make([]float64, d), make([]float64, d)
	for i := range n {
		for j, v := range mat32.Row(buffer, i, x) {
			mean[j] += v / float64(n)
		}
	}
	return mean
}

// crossProduct writes aᵀb to c.
func crossProduct(ctx context.Context, c, a, b *mat.Dense) error {
	return kernel.Gemm64(ctx, blas.Trans, blas.NoTrans, 1, a.RawMatrix(), b.RawMatrix(), 0, c.RawMatrix())
}
