package dr

import (
	"context"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/pkg/watch"
)

// band is how many rows are centred at once.
const band = 1024

// directions is what is known of the principal components of n rows.
type directions struct {
	components *mat.Dense // k × d, orthonormal rows
	scatter    []float64  // k sums of squares along them, largest first
	total      float64    // the sum of squares of all centred values
}

// decompose returns the first k principal components. Where squares overflow the
// total is +Inf, and where nothing varies it is 0; there are no components then.
//
// Eigenvalues of a product of the data with itself are sums of squares, of which
// rounding hides all below ε of the largest: standard deviations below √ε. Where
// one of the k components is among them, the rows are taken to what is at right
// angles to the components seen clearly, and decomposed there by themselves: a
// space of few dimensions. Columns that do not vary are components of their own.
func decompose(ctx context.Context, c *centered, k int) (*directions, error) {
	dim, d := float64(max(c.n, c.d)), len(c.columns)
	inside := min(k, d)
	s := &directions{components: mat.NewDense(k, c.d, nil), scatter: make([]float64, k)}
	found := mat.NewDense(inside, d, nil)
	stage := watch.Start(ctx, "PCA: decomposition", k)
	p := scatter{centered: c}
	for at := 0; at < inside; {
		gram, err := p.gram(ctx)
		if err != nil {
			return nil, err
		}
		if !finite(gram.RawSymmetric().Data) {
			s.total = math.Inf(1)
			return s, nil
		}
		r, want := gram.SymmetricDim(), inside-at
		most := want
		if most > r/2 {
			most = r // which costs no more
		}
		values, vectors, err := linalg.EigenSymRange(ctx, gram, 0, most)
		if err != nil {
			return nil, err
		}
		seen := 0
		for seen < want && values[seen] > values[0]*dim*0x1p-52 {
			seen++
		}
		if at == 0 && values[0] <= 0 {
			return s, nil
		}
		if at > 0 && values[0] <= s.scatter[0]*dim*dim*0x1p-104 {
			seen = want // nothing but rounding is left
		}
		seen = max(seen, 1)
		if err := p.take(ctx, found.Slice(at, at+seen, 0, d).(*mat.Dense), vectors.Slice(0, seen, 0, r).(*mat.Dense)); err != nil {
			return nil, err
		}
		for _, v := range values[:seen] {
			// Rounding may leave the square of nothing slightly below zero.
			s.scatter[at] = max(v, 0)
			s.total += s.scatter[at]
			at++
		}
		stage.Add(seen)
		if at == inside {
			for _, v := range values[seen:] {
				s.total += max(v, 0)
			}
			break
		}
		if most < r {
			_, vectors, err = linalg.EigenSymRange(ctx, gram, seen, r)
		} else {
			vectors = vectors.Slice(seen, r, 0, r).(*mat.Dense)
		}
		if err == nil {
			err = p.restrict(ctx, vectors)
		}
		if err != nil {
			return nil, err
		}
	}
	if p.whole != nil {
		if err := linalg.Orthonormalize(ctx, found); err != nil {
			return nil, err
		}
	}
	s.components = c.spread(found, k)
	stage.Add(k - inside)
	return s, nil
}

// decomposing is the forecast of decompose for n × d rows in bytes, beside them.
func decomposing(n, d, k int) int64 {
	rows, columns, small := int64(n), int64(d), int64(min(n, d))
	need := 8*(2*int64(k)*columns+6*small*small+columns*min(rows, int64(together(d)))) + packed(rows*columns)
	if n <= d {
		need += 8 * rows * columns
	}
	return need
}

// packed is how many bytes a product of matrices packs of so many values, at most.
func packed(values int64) int64 { return min(16*values, 6<<20) }

// spread returns components of the columns that vary as components of all, followed
// by the axes of the others up to k.
func (c *centered) spread(found *mat.Dense, k int) *mat.Dense {
	all := mat.NewDense(k, c.d, nil)
	inside, _ := found.Dims()
	for i := range inside {
		row := all.RawRowView(i)
		for t, v := range found.RawRowView(i) {
			row[c.columns[t]] = v
		}
	}
	t := 0
	for j := 0; j < c.d && inside < k; j++ {
		if t < len(c.columns) && c.columns[t] == j {
			t++
			continue
		}
		all.Set(inside, j, 1)
		inside++
	}
	return all
}

// scatter is the products of the centred rows with each other, or where these are more,
// of the columns, restricted to a space.
type scatter struct {
	*centered
	basis *mat.Dense // r orthonormal rows that span the space; nil is all of it
	whole *mat.Dense // the centred rows, where it is their products
}

// gram returns the products, r × r.
func (p *scatter) gram(ctx context.Context) (*mat.SymDense, error) {
	d := len(p.columns)
	if p.n <= d {
		if p.whole == nil {
			p.whole = mat.NewDense(p.n, d, nil)
			if err := p.rows(ctx, p.whole, 0); err != nil {
				return nil, err
			}
			p.kept = p.whole
		}
		image := p.whole
		if p.basis != nil {
			r, _ := p.basis.Dims()
			image = mat.NewDense(r, d, nil)
			if err := multiply(ctx, image, p.basis, blas.NoTrans, p.whole, blas.NoTrans); err != nil {
				return nil, err
			}
		}
		r, _ := image.Dims()
		gram := mat.NewSymDense(r, nil)
		return gram, addProducts(ctx, gram, blas.NoTrans, image)
	}
	size := min(p.n, together(d))
	part := p.kept
	if part == nil {
		part = borrow(size, d)
		if size == p.n {
			if err := p.rows(ctx, part, 0); err != nil {
				return nil, err
			}
			p.kept = part
		}
	}
	r, image := d, part
	if p.basis != nil {
		r, _ = p.basis.Dims()
		image = mat.NewDense(size, r, nil)
	}
	gram := mat.NewSymDense(r, nil)
	for lo := 0; lo < p.n; lo += size {
		n := min(size, p.n-lo)
		rows, turned := part.Slice(0, n, 0, d).(*mat.Dense), image.Slice(0, n, 0, r).(*mat.Dense)
		if size < p.n {
			if err := p.rows(ctx, rows, lo); err != nil {
				return nil, err
			}
		}
		if p.basis != nil {
			if err := multiply(ctx, turned, rows, blas.NoTrans, p.basis, blas.Trans); err != nil {
				return nil, err
			}
		}
		if err := addProducts(ctx, gram, blas.Trans, turned); err != nil {
			return nil, err
		}
	}
	if part != p.kept {
		release(part)
	}
	return gram, nil
}

// take writes the components that belong to eigenvectors of gram to dst; those of
// products of rows are as long as the standard deviation.
func (p *scatter) take(ctx context.Context, dst, vectors *mat.Dense) error {
	if p.basis != nil {
		k, _ := vectors.Dims()
		_, side := p.basis.Dims()
		turned := mat.NewDense(k, side, nil)
		if err := multiply(ctx, turned, vectors, blas.NoTrans, p.basis, blas.NoTrans); err != nil {
			return err
		}
		vectors = turned
	}
	if p.whole == nil {
		dst.Copy(vectors)
		return nil
	}
	return multiply(ctx, dst, vectors, blas.NoTrans, p.whole, blas.NoTrans)
}

// restrict keeps the space that eigenvectors of gram span.
func (p *scatter) restrict(ctx context.Context, vectors *mat.Dense) error {
	if p.basis == nil {
		p.basis = mat.DenseCopyOf(vectors)
		return nil
	}
	r, _ := vectors.Dims()
	_, side := p.basis.Dims()
	turned := mat.NewDense(r, side, nil)
	err := multiply(ctx, turned, vectors, blas.NoTrans, p.basis, blas.NoTrans)
	p.basis = turned
	return err
}
