package dr

import (
	"context"
	"math"
	"slices"
	"sort"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/affinity"
)

// alignment carries tangent vectors along weights: the symmetric block matrix whose block
// for two rows is their weight in the walk times the orthogonal matrix that takes one
// frame to the other, and the matrix of the determinants of these.
type alignment struct {
	vectors *linalg.CSR // n·dim × n·dim
	signs   *linalg.CSR // n × n: the weights, negative where frames are mirrored
}

// align finds the alignment of frames along the walk o.
func align(ctx context.Context, o *affinity.DiffusionOperator, t *tangents) (*alignment, error) {
	n, dim := o.Dim(), t.dim
	size := dim * dim
	start := make([]int, n+1)
	for i := range n {
		columns, _ := o.Row(i)
		start[i+1] = start[i] + len(columns)
	}
	turns := make([]float64, start[n]*size) // of row i and its k-th column: what takes that frame to its own
	mirrors := make([]bool, start[n])       // these with a determinant of −1
	type scratch struct {
		both, turn *mat.Dense
		svd        mat.SVD
		u, v       mat.Dense
	}
	fresh := func() *scratch { return &scratch{both: mat.NewDense(dim, dim, nil), turn: mat.NewDense(dim, dim, nil)} }
	err := par.BlocksWith(ctx, n, 32, fresh, func(s *scratch, lo, hi int) {
		for i := lo; i < hi && ctx.Err() == nil; i++ {
			columns, _ := o.Row(i)
			for k, j := range columns {
				if int(j) >= i { // the way back is its transpose
					to := turns[(start[i]+k)*size:][:size]
					a, b := t.frame(i), t.frame(int(j))
					for p := range dim {
						for q := range dim {
							s.both.Set(p, q, kernel.Dot64(a[p*t.d:(p+1)*t.d], b[q*t.d:(q+1)*t.d]))
						}
					}
					if int(j) == i || !s.svd.Factorize(s.both, mat.SVDFull) {
						for p := range dim {
							to[p*dim+p] = 1
						}
						continue
					}
					s.svd.UTo(&s.u)
					s.svd.VTo(&s.v)
					s.turn.Mul(&s.u, s.v.T())
					copy(to, s.turn.RawMatrix().Data)
					mirrors[start[i]+k] = mat.Det(s.turn) < 0
				}
			}
		}
	})
	if err != nil {
		return nil, err
	}
	degrees := o.Degrees()
	blocks := make([]int, n*dim+1)
	for i := range n {
		for p := range dim {
			blocks[i*dim+p+1] = blocks[i*dim+p] + dim*(start[i+1]-start[i])
		}
	}
	columnsOf, values := make([]int32, blocks[n*dim]), make([]float64, blocks[n*dim])
	indices, signs := make([]int32, start[n]), make([]float64, start[n])
	err = par.Blocks(ctx, n, 32, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			columns, steps := o.Row(i)
			for k, j := range columns {
				weight := steps[k] * math.Sqrt(degrees[i]) / math.Sqrt(degrees[j])
				at, back := start[i]+k, false
				if int(j) < i {
					others, otherSteps := o.Row(int(j))
					m := sort.Search(len(others), func(m int) bool { return int(others[m]) >= i })
					at, back = start[j]+m, true
					weight = otherSteps[m] * math.Sqrt(degrees[j]) / math.Sqrt(degrees[i]) // the same bits both ways
				}
				turn := turns[at*size : (at+1)*size]
				for p := range dim {
					for q := range dim {
						v := turn[p*dim+q]
						if back {
							v = turn[q*dim+p]
						}
						to := blocks[i*dim+p] + k*dim + q
						columnsOf[to], values[to] = j*int32(dim)+int32(q), weight*v
					}
				}
				indices[start[i]+k], signs[start[i]+k] = j, weight
				if mirrors[at] {
					signs[start[i]+k] = -weight
				}
			}
		}
	})
	if err != nil {
		return nil, err
	}
	a := new(alignment)
	if a.vectors, err = linalg.NewCSR(n*dim, n*dim, blocks, columnsOf, values); err != nil {
		return nil, err
	}
	a.signs, err = linalg.NewCSR(n, n, slices.Clone(start), indices, signs)
	return a, err
}
