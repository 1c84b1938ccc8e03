package linalg

import (
	"cmp"
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
)

// division finds the eigenvectors of a tridiagonal matrix by divide and conquer.
// Without one off-diagonal pair the matrix falls into two; what the pair adds to
// the eigenvalues of the halves are the roots of a secular equation, and the
// vectors are those of the halves times a matrix, which is where nearly all of
// the work lies. Eigenvalues that the pair hardly changes are left out of it.
//
// Cuppen, 1981, A divide and conquer method for the symmetric tridiagonal
// eigenproblem; Gu and Eisenstat, 1995, A divide-and-conquer algorithm for the
// symmetric tridiagonal eigenproblem, for vectors that are orthogonal however
// close the eigenvalues are.
type division struct {
	d, e    []float64
	order   []int          // of each piece: where its values are, smallest first
	vectors blas64.General // row i is that of d[i]; each piece has its own square on the diagonal
	halves  blas64.General // scratch: the vectors of the halves
	u       blas64.General // scratch: their combinations
}

// leaf is the order below which a matrix is not divided.
const leaf = 32

// divide replaces d by the eigenvalues of the tridiagonal matrix of d and e,
// which it destroys. The eigenvector of d[order[i]], the i-th smallest, is row
// order[i] of vectors for from ≤ i < to; the other rows are scratch. All of
// vectors must be 0 at first, and u and halves have its shape.
func divide(ctx context.Context, d, e []float64, vectors, halves, u blas64.General, from, to int) (order []int, err error) {
	n := len(d)
	s := &division{d: d, e: e, order: make([]int, n), vectors: vectors, halves: halves, u: u}
	// Levels of pieces, the whole first.
	levels := [][]int{{0, n}}
	for {
		cuts := levels[len(levels)-1]
		if (n+len(cuts)-2)/(len(cuts)-1) <= leaf {
			break
		}
		finer := []int{0}
		for i := 1; i < len(cuts); i++ {
			finer = append(finer, (cuts[i-1]+cuts[i])/2, cuts[i])
		}
		levels = append(levels, finer)
	}
	finest := levels[len(levels)-1]
	for _, m := range finest[1 : len(finest)-1] {
		pair := math.Abs(e[m-1])
		d[m-1] -= pair
		d[m] -= pair
	}
	var failed error
	errs := make([]error, len(finest)-1)
	err = par.Blocks(ctx, len(errs), 1, func(i, _ int) { errs[i] = s.solve(finest[i], finest[i+1]) })
	if err != nil {
		return nil, err
	}
	for _, err := range errs {
		failed = cmp.Or(failed, err)
	}
	if failed != nil {
		return nil, failed
	}
	for l := len(levels) - 2; l >= 0; l-- {
		cuts, middles := levels[l], levels[l+1]
		errs := make([]error, len(cuts)-1)
		first, last := 0, n
		if l == 0 {
			first, last = from, to
		}
		err := par.Blocks(ctx, len(errs), 1, func(i, _ int) {
			errs[i] = s.merge(ctx, cuts[i], middles[2*i+1], cuts[i+1], first, last)
		})
		for _, e := range errs {
			err = cmp.Or(err, e)
		}
		if err != nil {
			return nil, err
		}
	}
	return s.order, nil
}

// solve finds the eigenvectors of the piece lo … hi−1 by themselves.
func (s *division) solve(lo, hi int) error {
	t := tridiagonal{diagonal: s.d[lo:hi], off: make([]float64, hi-lo)}
	copy(t.off, s.e[lo:hi-1])
	for i := lo; i < hi; i++ {
		s.vectors.Data[i*s.vectors.Stride+i] = 1
	}
	err := t.diagonalize(func(i int, c, sin float64) {
		kernel.Rot64(row(s.vectors, lo+i)[lo:hi], row(s.vectors, lo+i+1)[lo:hi], c, -sin)
	})
	s.sort(lo, hi)
	return err
}

// sort puts the places of lo … hi−1 in the order of their values.
func (s *division) sort(lo, hi int) {
	order := s.order[lo:hi]
	for i := range order {
		order[i] = lo + i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Or(cmp.Compare(s.d[a], s.d[b]), a-b) })
}

// kinds of vectors of the halves: zero in the right half, in neither, in the
// left.
const (
	left = iota
	both
	right
	kinds
)

// merge joins the pieces lo … mid−1 and mid … hi−1. Only the vectors of the from-th
// to the last but to-th smallest eigenvalue are needed.
func (s *division) merge(ctx context.Context, lo, mid, hi, from, to int) error {
	n := hi - lo
	z := make([]float64, n)
	pair := s.e[mid-1]
	biggest, zMax := 0., 0.
	for i := range z {
		if lo+i < mid {
			z[i] = row(s.vectors, lo+i)[mid-1]
		} else {
			z[i] = math.Copysign(1, pair) * row(s.vectors, lo+i)[mid]
		}
		z[i] *= math.Sqrt2 / 2 // so that Σz² = 1
		biggest = max(biggest, math.Abs(s.d[lo+i]))
		zMax = max(zMax, math.Abs(z[i]))
	}
	rho := 2 * math.Abs(pair)
	kept, kind := s.deflate(lo, mid, hi, z, rho, 8*0x1p-53*max(biggest, rho*zMax))
	// The vectors that stay as they are go to the end, the others are copied away.
	k := len(kept)
	gone := make([]int, 0, n-k)
	isKept := make([]bool, n)
	for _, i := range kept {
		isKept[i-lo] = true
	}
	for i := lo; i < hi; i++ {
		if !isKept[i-lo] {
			gone = append(gone, i)
		}
	}
	eq := secular{make([]float64, k), make([]float64, k), rho}
	zKept := make([]float64, k)
	var count [kinds]int
	for i, p := range kept {
		eq.d[i], zKept[i], eq.zz[i] = s.d[p], z[p-lo], z[p-lo]*z[p-lo]
		count[kind[p-lo]]++
	}
	place := make([]int, k) // of a kept vector among those of its kind, left first
	next := [kinds]int{0, count[left], count[left] + count[both]}
	for i, p := range kept {
		place[i] = next[kind[p-lo]]
		next[kind[p-lo]]++
	}
	source := make([]int, n) // of the rows of halves
	for i, p := range kept {
		source[place[i]] = p
	}
	copy(source[k:], gone)
	const rows = 64
	err := par.Blocks(ctx, n, rows, func(a, b int) {
		for r := a; r < b; r++ {
			copy(row(s.halves, lo+r)[lo:hi], row(s.vectors, source[r])[lo:hi])
		}
	})
	if err != nil {
		return err
	}
	goneValues := make([]float64, len(gone))
	for i, p := range gone {
		goneValues[i] = s.d[p]
	}
	copy(s.d[lo+k:hi], goneValues)
	err = par.Blocks(ctx, k, 16, func(a, b int) {
		for i := a; i < b; i++ {
			s.d[lo+i] = eq.root(i, row(s.u, lo+i)[lo:lo+k])
		}
	})
	if err != nil {
		return err
	}
	s.sort(lo, hi)
	// Rows first … last−1 of the combinations are needed, which are neighbours.
	first, last := k, 0
	for i, p := range s.order[lo:hi] {
		if p < lo+k && i >= from && i < to {
			first, last = min(first, p-lo), max(last, p-lo+1)
		}
	}
	if first < last {
		if err := s.combine(ctx, lo, k, first, last, eq.d, zKept, place); err != nil {
			return err
		}
		cut := lo + count[left] + count[both]
		u, h, v := s.u, s.halves, s.vectors
		err := kernel.Gemm64(ctx, blas.NoTrans, blas.NoTrans, 1, part(u, lo+first, lo+last, lo, cut), part(h, lo, cut, lo, mid),
			0, part(v, lo+first, lo+last, lo, mid))
		if err != nil {
			return err
		}
		cut = lo + count[left]
		err = kernel.Gemm64(ctx, blas.NoTrans, blas.NoTrans, 1, part(u, lo+first, lo+last, cut, lo+k), part(h, cut, lo+k, mid, hi),
			0, part(v, lo+first, lo+last, mid, hi))
		if err != nil {
			return err
		}
	}
	return par.Blocks(ctx, n-k, rows, func(a, b int) {
		for r := lo + k + a; r < lo+k+b; r++ {
			copy(row(s.vectors, r)[lo:hi], row(s.halves, r)[lo:hi])
		}
	})
}

// deflate returns the places whose eigenvalues the pair changes by more than
// about tol, in the order of their values, and the kind of each vector of the
// piece. Of two values that nearly agree it turns their vectors so that the pair
// meets only one (Dongarra and Sorensen, 1987, A fully parallel algorithm for the
// symmetric eigenvalue problem).
func (s *division) deflate(lo, mid, hi int, z []float64, rho, tol float64) (kept []int, kind []uint8) {
	kind = make([]uint8, hi-lo)
	for i := mid - lo; i < len(kind); i++ {
		kind[i] = right
	}
	both2 := func(p, q int) {
		if kind[p-lo] != kind[q-lo] {
			kind[p-lo], kind[q-lo] = both, both
		}
	}
	last := -1 // the largest that may yet be turned away
	for _, p := range s.merged(lo, mid, hi) {
		if rho*math.Abs(z[p-lo]) <= tol {
			continue
		}
		if last >= 0 {
			zl, zp := z[last-lo], z[p-lo]
			length := math.Hypot(zl, zp)
			cos, sin := zp/length, zl/length
			if gap := s.d[p] - s.d[last]; math.Abs(gap*cos*sin) <= tol {
				z[p-lo], z[last-lo] = length, 0
				// last ← cos·last − sin·p, p ← cos·p + sin·last.
				kernel.Rot64(row(s.vectors, last)[lo:hi], row(s.vectors, p)[lo:hi], cos, -sin)
				low, high := s.d[last], s.d[p]
				s.d[last] = low*cos*cos + high*sin*sin
				s.d[p] = low*sin*sin + high*cos*cos
				both2(last, p)
			} else {
				kept = append(kept, last)
			}
		}
		last = p
	}
	if last >= 0 {
		kept = append(kept, last)
	}
	return kept, kind
}

// merged returns the places of two pieces in the order of their values.
func (s *division) merged(lo, mid, hi int) []int {
	order := make([]int, 0, hi-lo)
	i, j := lo, mid
	for i < mid && j < hi {
		if s.d[s.order[j]] < s.d[s.order[i]] {
			order = append(order, s.order[j])
			j++
		} else {
			order = append(order, s.order[i])
			i++
		}
	}
	order = append(order, s.order[i:mid]...)
	return append(order, s.order[j:hi]...)
}

// combine turns rows first … last−1 of u, which hold the gaps d − λ of k roots,
// into the eigenvectors of diag(d) + ρ·z·zᵀ, with their entries put in place. To
// be orthogonal they are those of another z, very near, of which the roots as
// they are have no error.
func (s *division) combine(ctx context.Context, lo, k, first, last int, d, z []float64, place []int) error {
	exact := make([]float64, k)
	err := par.Blocks(ctx, k, 64, func(a, b int) {
		// Löwner's formula: z_j² ∝ Π_i (λ_i − d_j) / Π_{i≠j} (d_i − d_j).
		product := exact[a:b]
		for j := range product {
			product[j] = -row(s.u, lo+a+j)[lo+a+j]
		}
		for i := range k {
			gaps, di := row(s.u, lo+i)[lo+a:lo+b], d[i]
			for j, g := range gaps {
				if i != a+j {
					product[j] *= g / (d[a+j] - di)
				}
			}
		}
		for j, p := range product {
			product[j] = math.Copysign(math.Sqrt(math.Abs(p)), z[a+j])
		}
	})
	if err != nil {
		return err
	}
	return par.BlocksWith(ctx, last-first, 16, func() []float64 { return make([]float64, k) }, func(v []float64, a, b int) {
		for i := first + a; i < first+b; i++ {
			out := row(s.u, lo+i)[lo : lo+k]
			for j, g := range out {
				v[j] = exact[j] / g
			}
			length := math.Sqrt(kernel.Dot64(v, v))
			for j, x := range v {
				out[place[j]] = x / length
			}
		}
	})
}
