package similarity

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
)

// CCGP is the cross-condition generalisation performance: how well a linear decoder of a
// variable, trained on the rows of all contexts but one, reads it in that one. 1 is
// abstract: the variable is coded as it is elsewhere; ½ is chance, below that elsewhere
// misleads. The decoder is Fisher's linear discriminant, which has one answer; the paper's
// is a support vector machine.
//
// Score takes O(contexts·(n·d² + d³)) operations; memory 8·(3·n·d + 3·d²) bytes. Errors are
// those of ParallelismScore, and *mat32.ParamError and *mat32.MemoryError; a context whose
// means are the same is no error.
//
// Source: S. Bernardi, M. Benna, M. Rigotti, J. Munuera, S. Fusi and C. Salzman (2020), The
// geometry of abstraction in the hippocampus and prefrontal cortex.
type CCGP struct {
	// Shrinkage is how much of the covariance within values, 0 to 1, is made the same in
	// all directions. Default 0.1. Larger values trust directions of little variance
	// less; 1 compares distances from the means.
	Shrinkage float64
}

const ccgpMethod = "similarity.CCGP"

// Resolve returns the options with defaults filled in, or a *mat32.ParamError, whatever n
// and d are.
func (c CCGP) Resolve(n, d int) (CCGP, error) {
	if c.Shrinkage == 0 {
		c.Shrinkage = .1
	}
	if !(c.Shrinkage >= 1e-6 && c.Shrinkage <= 1) {
		return c, &mat32.ParamError{Method: ccgpMethod, Param: "Shrinkage", Value: c.Shrinkage, Want: "1e-06 ≤ Shrinkage ≤ 1, or 0 for 0.1"}
	}
	return c, nil
}

// Score returns the mean over the contexts of the share of their rows, of both values
// alike, that are read correctly. The variable has two values; both, and contexts, are
// labels of the rows of x.
func (c CCGP) Score(ctx context.Context, x mat.Matrix, variable, contexts []int) (measure.Score, error) {
	crossed, err := newCrossed(ctx, ccgpMethod, x, variable, contexts)
	if err != nil {
		return measure.Score{}, err
	}
	if c, err = c.Resolve(crossed.n, crossed.d); err != nil {
		return measure.Score{}, err
	}
	n, d := int64(crossed.n), int64(crossed.d)
	if err := mat32.CheckMemory(ccgpMethod, 8*(3*n*d+3*d*d), 0, "use fewer columns, such as principal components"); err != nil {
		return measure.Score{}, err
	}
	value := 0.
	for out := range crossed.contexts {
		share, err := c.read(ctx, crossed, out)
		if err != nil {
			return measure.Score{}, fmt.Errorf("%s: %w", ccgpMethod, err)
		}
		value += share / float64(len(crossed.contexts))
	}
	return finite(ccgpMethod, measure.Score{Name: "CCGP", Value: value, Rows: crossed.n,
		Convention: fmt.Sprintf("mean balanced accuracy of a linear discriminant, shrinkage %v, each of %d contexts left out; 1 is abstract, 1/2 chance", c.Shrinkage, len(crossed.contexts))})
}

// read trains on all contexts but out and returns the accuracy there.
func (c CCGP) read(ctx context.Context, s *crossed, out int) (float64, error) {
	var means [2][]float64
	rows := 0
	for v := range means {
		means[v] = make([]float64, s.d)
		size := 0
		for at, r := range s.rows {
			if at == out {
				continue
			}
			size += len(r[v])
			for _, i := range r[v] {
				kernel.Axpy64(1, s.x.RawRowView(int(i)), means[v])
			}
		}
		kernel.Scal64(1/float64(size), means[v])
		rows += size
	}
	// What is left of every row less the mean of its value, and the covariance of that.
	left := mat.NewDense(rows, s.d, nil)
	k := 0
	for v, mean := range means {
		for at, r := range s.rows {
			if at == out {
				continue
			}
			for _, i := range r[v] {
				row := left.RawRowView(k)
				copy(row, s.x.RawRowView(int(i)))
				kernel.Axpy64(-1, mean, row)
				k++
			}
		}
	}
	within := mat.NewDense(s.d, s.d, nil)
	if err := kernel.Syrk64(ctx, blas.Trans, 1/float64(rows), left.RawMatrix(), 0, within.RawMatrix()); err != nil {
		return 0, err
	}
	even := 0.
	for j := range s.d {
		even += within.At(j, j) / float64(s.d)
	}
	if even == 0 {
		even = 1 // every value is one point: directions are alike
	}
	covariance := mat.NewSymDense(s.d, nil)
	for i := range s.d {
		for j := i; j < s.d; j++ {
			covariance.SetSym(i, j, (1-c.Shrinkage)*within.At(i, j)/even)
		}
		covariance.SetSym(i, i, covariance.At(i, i)+c.Shrinkage)
	}
	factor, err := linalg.NewCholesky(ctx, covariance)
	if err != nil {
		return 0, err
	}
	weights := mat.NewDense(s.d, 1, nil)
	middle := make([]float64, s.d)
	for j := range s.d {
		weights.Set(j, 0, means[1][j]-means[0][j])
		middle[j] = means[1][j]/2 + means[0][j]/2
	}
	if err := factor.Solve(ctx, weights); err != nil {
		return 0, err
	}
	w := weights.RawMatrix().Data
	threshold := kernel.Dot64(w, middle)
	share := 0.
	for v, rows := range s.rows[out] {
		for _, i := range rows {
			switch at := kernel.Dot64(w, s.x.RawRowView(int(i))); {
			case at == threshold: // it says nothing
				share += .25 / float64(len(rows))
			case (at > threshold) == (v == 1):
				share += .5 / float64(len(rows))
			}
		}
	}
	return share, nil
}
