package geometry

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// InnerProduct is a scalar product of directions, aᵀ·C⁻¹·b: the usual one after Whitening.
type InnerProduct struct {
	// Whitening, d × r, takes rows to where the product is the usual one: it is a root of
	// the inverse of the covariance.
	Whitening *mat.Dense

	// Notes says where the vocabulary spans fewer than d directions: the product sees only
	// what of a direction lies in these.
	Notes []string
}

// CausalInner returns the causal inner product of the rows of a vocabulary (n × d), such as
// those of an unembedding matrix: that of the inverse of their covariance. Under it concepts
// that can vary freely of each other are at right angles, where the usual product shows
// the skew of the vocabulary instead.
//
// Directions of less than max(n, d)·2⁻⁵² of the largest singular value count as not
// spanned. Time about 8·n·d·min(n, d) operations, memory 40·n·d bytes. Errors: those of
// mat32.CheckRows and mat32.Check; *mat32.ShapeError for fewer than 2 rows;
// *mat32.DegenerateError where all rows are equal, or the inverse is beyond float64;
// *mat32.MemoryError; and one that wraps ctx.Err().
//
// Source: K. Park, Y. Choe and V. Veitch (2024), The linear representation hypothesis and the
// geometry of large language models.
func CausalInner(ctx context.Context, vocabulary mat.Matrix) (*InnerProduct, error) {
	const method = "geometry.CausalInner"
	a, unit, err := varied(ctx, method, 2, 5, vocabulary)
	if err != nil {
		return nil, err
	}
	n, d := a.Dims()
	var values []float64
	var v mat.Matrix // of which the columns are directions
	if n >= d {
		var right *mat.Dense
		if _, values, right, err = linalg.SVD(ctx, a); err == nil {
			v = right.T()
		}
	} else {
		v, values, _, err = linalg.SVD(ctx, mat.DenseCopyOf(a.T()))
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	rank := 0
	for rank < len(values) && values[rank] > float64(max(n, d))*0x1p-52*values[0] {
		rank++
	}
	p := &InnerProduct{Whitening: mat.NewDense(d, rank, nil)}
	for j := range d {
		for k := range rank {
			w := v.At(j, k) / values[k] * math.Sqrt(float64(n-1)) / unit
			if w-w != 0 {
				return nil, beyond(method)
			}
			p.Whitening.Set(j, k, w)
		}
	}
	if rank < d {
		p.Notes = append(p.Notes, fmt.Sprintf("the vocabulary spans %d of %d directions: the product sees no others", rank, d))
	}
	return p, nil
}

// Whiten returns the rows of x (n × d) where the product is the usual one, n × r. Errors:
// those of mat32.CheckRows and mat32.Check; *mat32.ShapeError where x has other columns than
// the vocabulary; *mat32.DegenerateError where a value is beyond float64; and one that wraps
// ctx.Err().
func (p *InnerProduct) Whiten(ctx context.Context, x mat.Matrix) (*mat.Dense, error) {
	const method = "geometry.InnerProduct"
	if err := check(ctx, method, 1, 2, x); err != nil {
		return nil, err
	}
	n, columns := x.Dims()
	d, rank := p.Whitening.Dims()
	if columns != d {
		return nil, fmt.Errorf("%s: %w", method, &mat32.ShapeError{What: "x", Rows: n, Cols: columns, Want: fmt.Sprintf("%d columns, as the vocabulary has", d)})
	}
	rows, unit, err := copyInUnits(ctx, x)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	white := mat.NewDense(n, rank, nil)
	if err := kernel.Gemm64(ctx, blas.NoTrans, blas.NoTrans, 1, rows.RawMatrix(), p.Whitening.RawMatrix(), 0, white.RawMatrix()); err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	for i, v := range white.RawMatrix().Data {
		if v *= unit; v-v != 0 {
			return nil, beyond(method)
		}
		white.RawMatrix().Data[i] = v
	}
	return white, nil
}

// Cosines returns the cosines of the angles between the rows of directions (k × d) under the
// product, k × k: near 0 for concepts that vary freely of each other. Those of a direction
// of which the product sees nothing are 0. Errors are those of Whiten.
func (p *InnerProduct) Cosines(ctx context.Context, directions mat.Matrix) (*mat.SymDense, error) {
	white, err := p.Whiten(ctx, directions)
	if err != nil {
		return nil, err
	}
	k, _ := white.Dims()
	for i := range k {
		normalize(white.RawRowView(i))
	}
	cosines := mat.NewSymDense(k, nil)
	for i := range k {
		for j := i; j < k; j++ {
			c := kernel.Dot64(white.RawRowView(i), white.RawRowView(j))
			cosines.SetSym(i, j, max(-1, min(1, c)))
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	return cosines, nil
}
