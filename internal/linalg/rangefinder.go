package linalg

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
)

// RangeFinder finds the leading singular vectors of a matrix from its products
// with random blocks (Halko, Martinsson and Tropp, 2011, Finding structure with
// randomness: probabilistic algorithms for constructing approximate matrix
// decompositions).
//
// It keeps the block of every power iteration and takes the best of all of them, a
// block Krylov method (Musco and Musco, 2015, Randomized block Krylov methods for
// stronger and faster approximate singular value decomposition): as many products
// as the power method takes, and a fraction of its error. Every block is
// orthonormalised by Cholesky QR.
type RangeFinder struct {
	Rank int // how many singular values; 0 means 1, more than the matrix has means all

	// Oversample is how many more columns the random blocks have; 0 means 10. More
	// of them cost time and help where singular values fall slowly.
	Oversample int

	// Iterations is how often a block is multiplied with AᵀA; 0 means 3, and −1
	// none. More of them cost time and bring the singular values nearer to the
	// exact ones.
	Iterations int

	// Width is how many columns a block has; 0 means Rank + Oversample. Narrower ones
	// get more out of as many products of columns, where Iterations is raised to
	// match, as long as no singular value occurs more often than that. Ignored with
	// PowerOnly.
	Width int

	// PowerOnly keeps the last block only: less memory, larger errors.
	PowerOnly bool

	Seed uint64
}

// Factors is a truncated singular value decomposition A ≈ U·diag(Values)·V.
type Factors struct {
	U      *mat.Dense // rows × rank, orthonormal columns
	Values []float64  // falling
	V      *mat.Dense // rank × cols, orthonormal rows, whose largest entry is positive
}

// Resolve returns f with its defaults filled in for an n × d matrix.
func (f RangeFinder) Resolve(n, d int) (RangeFinder, error) {
	if f.Rank == 0 {
		f.Rank = 1
	}
	if f.Oversample == 0 {
		f.Oversample = 10
	}
	if f.Iterations == 0 {
		f.Iterations = 3
	}
	f.Rank = min(f.Rank, n, d)
	for _, c := range []struct {
		name       string
		value, low int
	}{{"rows", n, 1}, {"columns", d, 1}, {"Rank", f.Rank, 1}, {"Oversample", f.Oversample, 1}, {"Iterations", f.Iterations, -1}} {
		if c.value < c.low {
			return f, &InputError{What: "linalg.RangeFinder: " + c.name, Reason: fmt.Sprintf("%d, want %d or more", c.value, c.low)}
		}
	}
	return f, nil
}

// Factor returns the leading singular triplets of a. With l = Rank + Oversample
// and q iterations it multiplies a or its transpose 2q + 1 times with l columns,
// and takes 8·(n + d)·(q+1)·l bytes; with PowerOnly 8·(n + d)·2l. Errors: *InputError,
// those of the products, ErrNotFinite where they overflow, and ctx.Err(). The result
// has the same bits on any number of cores.
func (f RangeFinder) Factor(ctx context.Context, a Rectangular) (*Factors, error) {
	n, d := a.Dims()
	f, err := f.Resolve(n, d)
	if err != nil {
		return nil, err
	}
	wide := n < d
	if wide {
		a, n, d = transposed{a}, d, n
	}
	u, values, v, err := f.tall(ctx, a, n, d)
	if err != nil {
		return nil, err
	}
	if wide {
		u, v = v, u
	}
	pointPairs(u, v)
	return &Factors{U: u, Values: values, V: mat.DenseCopyOf(v.T())}, nil
}

// tall factors a matrix with at least as many rows as columns; both sides come
// as columns.
func (f RangeFinder) tall(ctx context.Context, a Rectangular, n, d int) (u *mat.Dense, values []float64, v *mat.Dense, err error) {
	width := min(f.Rank+f.Oversample, d)
	block := width
	if f.Width > 0 && !f.PowerOnly {
		block = min(f.Width, width)
	}
	blocks := max(f.Iterations, 0, (width-1)/block) + 1
	room := min(block*blocks, d)
	if f.PowerOnly {
		room = width
	}
	// basis spans, on the side of the columns, what has been found; image is a
	// times it.
	basis, image := mat.NewDense(d, room, nil), mat.NewDense(n, room, nil)
	var w workspace
	x := columns(basis, 0, block)
	if err := fillNormal(ctx, x, f.Seed, "linalg/rangefinder"); err != nil {
		return nil, nil, nil, err
	}
	rank, err := orthonormalizeAgainst(ctx, &w, x)
	if err != nil {
		return nil, nil, nil, err
	}
	from, used := 0, rank
	for step := 1; ; step++ {
		x = columns(basis, from, used)
		y := columns(image, from, used)
		if err := a.Mul(ctx, y, x); err != nil {
			return nil, nil, nil, err
		}
		if step == blocks || used == d {
			break
		}
		// Columns of unit length stay in the range of float32 rows.
		unit, next := w.block(n, used-from), w.block(d, used-from)
		unit.Copy(y)
		if err := unitColumns(ctx, unit); err != nil {
			return nil, nil, nil, err
		}
		if err := a.MulTrans(ctx, next, unit); err != nil {
			return nil, nil, nil, err
		}
		w.release(unit)
		kept := columns(basis, 0, used)
		if f.PowerOnly {
			kept = nil
		}
		rank, err := orthonormalizeAgainst(ctx, &w, next, kept)
		if err != nil {
			return nil, nil, nil, err
		}
		if rank == 0 {
			break // the basis holds the whole range
		}
		if f.PowerOnly {
			from, used = 0, 0
		} else {
			from = used
		}
		used = from + rank
		columns(basis, from, used).Copy(columns(next, 0, rank))
		w.release(next)
	}
	basis, image = columns(basis, 0, used), columns(image, 0, used)
	exponent := 0
	// The leading directions of all blocks, from their Gram matrix; the factors
	// come from the image of these itself, so that small singular values keep
	// their digits.
	if lead := min(width, used); lead < used {
		gram, err := inner(ctx, image, image)
		if err == nil && !inRange(gram) {
			if exponent, err = level(ctx, image); err == nil {
				gram, err = inner(ctx, image, image)
			}
		}
		if err != nil {
			return nil, nil, nil, err
		}
		_, rows, err := EigenSymRange(ctx, mat.NewSymDense(used, gram.RawMatrix().Data), 0, lead)
		if err != nil {
			return nil, nil, nil, err
		}
		turn := mat.DenseCopyOf(rows.T())
		shortBasis, shortImage := mat.NewDense(d, lead, nil), w.block(n, lead)
		if err := combine(ctx, shortBasis, 1, basis, turn, 0); err != nil {
			return nil, nil, nil, err
		}
		if err := combine(ctx, shortImage, 1, image, turn, 0); err != nil {
			return nil, nil, nil, err
		}
		basis, image = shortBasis, shortImage
	}
	left, values, right, err := SVD(ctx, image)
	if err != nil {
		return nil, nil, nil, err
	}
	for i, v := range values {
		if values[i] = math.Ldexp(v, exponent); math.IsInf(values[i], 0) {
			return nil, nil, nil, ErrNotFinite
		}
	}
	k := min(f.Rank, len(values))
	v = mat.NewDense(d, k, nil)
	if err := combine(ctx, v, 1, basis, mat.DenseCopyOf(right.Slice(0, k, 0, len(values)).T()), 0); err != nil {
		return nil, nil, nil, err
	}
	return mat.DenseCopyOf(columns(left, 0, k)), values[:k:k], v, nil
}

// inRange reports whether the squares on the diagonal of a Gram matrix are far
// from where numbers end.
func inRange(gram *mat.Dense) bool {
	most := 0.
	for i := range gram.RawMatrix().Rows {
		most = max(most, gram.At(i, i)) // which keeps NaN
	}
	return most > 0x1p-900 && most < 0x1p900
}

// level multiplies m by 2^−exponent, so that its largest value is between ½ and 1.
func level(ctx context.Context, m *mat.Dense) (exponent int, err error) {
	n, _ := m.Dims()
	most := 0.
	for i := range n {
		for _, v := range m.RawRowView(i) {
			most = max(most, math.Abs(v))
		}
	}
	if !(most <= math.MaxFloat64) {
		return 0, ErrNotFinite
	}
	_, exponent = math.Frexp(most)
	scale := newPower(-exponent)
	return exponent, par.Blocks(ctx, n, tallRows, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			row := m.RawRowView(i)
			for j, v := range row {
				row[j] = scale.times(v)
			}
		}
	})
}

// pointPairs turns pairs of columns so that the entry of largest magnitude of
// each column of v is positive.
func pointPairs(u, v *mat.Dense) {
	for j, negative := range downward(v) {
		if !negative {
			continue
		}
		for _, m := range []*mat.Dense{u, v} {
			n, _ := m.Dims()
			for i := range n {
				m.Set(i, j, -m.At(i, j))
			}
		}
	}
}
