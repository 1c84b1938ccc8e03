package dr

import (
	"context"
	"errors"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/pkg/mat32"
)

const (
	// wholeBottom is the largest order that is decomposed whole.
	wholeBottom = 400

	// denseSpeed is how much faster products of a dense factorisation are than those
	// along a skyline.
	denseSpeed = 6
)

// bottom returns the eigenvectors of the k smallest eigenvalues, rising, of a symmetric
// positive semidefinite matrix whose rows sum to zero, but that of the constant, as
// columns. It decomposes small matrices whole, solves equations with a factorisation that
// fits the memory, and else iterates, which the notes tell.
func bottom(ctx context.Context, method string, a *linalg.CSR, k int, used, limit int64) (vectors *mat.Dense, values []float64, notes []string, err error) {
	n := a.Dim()
	trace := 0.
	for _, v := range a.Diagonal() {
		trace += v
	}
	if n <= wholeBottom {
		s := mat.NewSymDense(n, nil)
		for i := range n {
			for j := range i + 1 {
				s.SetSym(i, j, trace/float64(n)) // the constant last no more
			}
			columns, row := a.Row(i)
			for at, j := range columns {
				if int(j) <= i {
					s.SetSym(i, int(j), s.At(i, int(j))+row[at])
				}
			}
		}
		_, rows, err := linalg.EigenSymRange(ctx, s, n-k, n)
		if err != nil {
			return nil, nil, nil, err
		}
		vectors = mat.NewDense(n, k, nil)
		for c := range k {
			vectors.SetCol(c, rows.RawRowView(k-1-c))
		}
	} else if vectors, notes, err = invertedBottom(ctx, method, a, k, trace/float64(n), used, limit); err != nil {
		return nil, nil, nil, err
	}
	// What the form is of each: of more digits than the decomposition has.
	image := mat.NewDense(n, k, nil)
	if err := a.Apply(ctx, image, vectors); err != nil {
		return nil, nil, nil, err
	}
	values = make([]float64, k)
	for i := range n {
		for c := range values {
			values[c] += vectors.At(i, c) * image.At(i, c)
		}
	}
	turn := mat.DenseCopyOf(vectors.T())
	scaleRows(turn, orientation(turn))
	for c := range values {
		values[c] = max(values[c], 0)
	}
	return mat.DenseCopyOf(turn.T()), values, notes, nil
}

// invertedBottom is bottom for matrices that are too large to be decomposed.
func invertedBottom(ctx context.Context, method string, a *linalg.CSR, k int, size float64, used, limit int64) (*mat.Dense, []string, error) {
	n := a.Dim()
	sky := linalg.NewSkyline(a)
	fits := func(bytes int64) bool { return mat32.CheckMemory(method, used+bytes, limit, "") == nil }
	cube := float64(n) * float64(n) * float64(n) / 3
	solve := (func(ctx context.Context, b *mat.Dense) error)(nil)
	for shift := 1e-11 * size; solve == nil; shift *= 100 {
		if shift > size {
			return nil, nil, &mat32.DegenerateError{Method: method, Reason: "the equations of the map have no positive definite factor: rescale the data"}
		}
		var err error
		skyFits, denseFits := fits(8*int64(sky.Entries())), fits(16*int64(n)*int64(n))
		switch {
		case skyFits && (!denseFits || sky.Operations() < cube/denseSpeed):
			if err = sky.Factor(ctx, shift); err == nil {
				solve = sky.SolveRows
			}
		case denseFits:
			var c *linalg.Cholesky
			if c, err = denseFactor(ctx, a, shift); err == nil {
				solve = func(ctx context.Context, b *mat.Dense) error {
					columns := mat.DenseCopyOf(b.T())
					if err := c.Solve(ctx, columns); err != nil {
						return err
					}
					b.Copy(columns.T())
					return nil
				}
			}
		default:
			return iteratedBottom(ctx, a, k)
		}
		var definite *linalg.NotPositiveError
		if err != nil && !errors.As(err, &definite) {
			return nil, nil, err
		}
	}
	rows, residual, err := linalg.Inverted{N: n, Pairs: k, Solve: solve}.Find(ctx)
	if err != nil {
		return nil, nil, err
	}
	var notes []string
	if residual > 1e-5 {
		notes = append(notes, fmt.Sprintf("the eigenvectors of the map have a residual of %.2g", residual))
	}
	return mat.DenseCopyOf(rows.T()), notes, nil
}

// denseFactor factors a with shift added to its diagonal, as if it had no zeros.
func denseFactor(ctx context.Context, a *linalg.CSR, shift float64) (*linalg.Cholesky, error) {
	n := a.Dim()
	s := mat.NewSymDense(n, nil)
	raw := s.RawSymmetric()
	err := overRows(ctx, n, func(i int) {
		columns, values := a.Row(i)
		for at, j := range columns {
			raw.Data[i*raw.Stride+int(j)] = values[at]
		}
		raw.Data[i*raw.Stride+i] += shift
	})
	if err != nil {
		return nil, err
	}
	return linalg.NewCholesky(ctx, s)
}

// iteratedBottom is bottom where no factorisation fits the memory.
func iteratedBottom(ctx context.Context, a *linalg.CSR, k int) (*mat.Dense, []string, error) {
	n := a.Dim()
	half, err := linalg.NewIncompleteCholesky(ctx, a)
	if err != nil {
		return nil, nil, err
	}
	ones := mat.NewDense(n, 1, nil)
	for i := range n {
		ones.Set(i, 0, 1)
	}
	pairs, err := linalg.Extremal{Pairs: k, Solver: linalg.LOBPCG, Tolerance: 1e-10, MaxProducts: 1000, Deflate: ones, Preconditioner: half}.Solve(ctx, a)
	if pairs == nil || ctx.Err() != nil {
		return nil, nil, err
	}
	worst := 0.
	for _, r := range pairs.Residuals {
		worst = max(worst, r)
	}
	return pairs.Vectors, []string{fmt.Sprintf("no factorisation fits the memory: the eigenvectors are those of an iteration that left a residual of %.2g, beside eigenvalues of %.2g and more", worst, pairs.Values[0])}, nil
}
