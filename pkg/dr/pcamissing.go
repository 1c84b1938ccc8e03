package dr

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// Missing is what PCA does about values that are NaN.
type Missing string

// EM fits probabilistic PCA to the values that there are, by expectation and
// maximisation: noise of one variance in all directions beyond the components, and
// values that are missing whatever they would have been. Without missing values
// that is PCA. Every round takes O(s·k² + (n + d)·k³) for s values, memory is
// about 24·n·d + 8·(d + 256)·(k + 1)² + 48·min(n, d)² bytes. The notes of the
// embedding say how many rounds it took.
//
// Sources: M. Tipping and C. Bishop (1999), Probabilistic principal component
// analysis; A. Ilin and T. Raiko (2010), Practical approaches to principal component
// analysis in the presence of missing values.
const EM Missing = "EM"

// leastShare of the variance is the least that noise may have: less of it makes the
// rows exact, and expectation has nothing left to weigh.
const leastShare = 1e-12

func (p PCA) fitMissing(ctx context.Context, x mat.Matrix) (*PCAModel, error) {
	const method = "dr.PCA"
	n, d, missing, err := checkMissing(ctx, method, x)
	if err != nil {
		return nil, err
	}
	if n < 2 {
		return nil, fmt.Errorf("%s: %w", method, &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: "at least 2 rows"})
	}
	p, err = p.Resolve(n, d)
	if err != nil {
		return nil, err
	}
	if missing == 0 {
		q := p
		q.Missing = ""
		m, err := q.Fit(ctx, x)
		if err != nil {
			return nil, err
		}
		m.options = p
		m.embedding.Options = p.String()
		m.embedding.Notes = append(m.embedding.Notes, "no value is missing")
		return m, nil
	}
	k := p.Components
	need := 8*(2*int64(n)*int64(d)+int64(n)*int64(k)+int64(d+1+roundRows)*int64(k+1)*int64(k+1)) + decomposing(n, d, k)
	if err := mat32.CheckMemory(method, need, p.MemoryLimit, "reduce Components, rows or columns"); err != nil {
		return nil, err
	}
	l, y, err := startLatent(ctx, x, k)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	if l == nil {
		return nil, &mat32.DegenerateError{Method: method, Reason: "the values of every column are equal, or the variance leaves the range of float64: there is no direction of variance"}
	}
	stage := watch.Start(ctx, "PCA: expectation and maximisation", p.Rounds)
	last, rise, rounds, floor := math.Inf(-1), math.Inf(1), 0, leastShare*l.noise
	for _, v := range l.w.RawMatrix().Data {
		floor += leastShare * v * v / float64(d)
	}
	for rounds < p.Rounds && rise >= p.Tolerance {
		now, err := l.round(ctx, y, floor)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", method, err)
		}
		rise, last = (now-last)/float64(n*d-missing), now
		rounds++
		stage.Add(1)
	}
	m, err := l.model(ctx, p, n)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	if !finite(m.variance) || !finite(m.mean) || !finite([]float64{m.total}) {
		return nil, &mat32.DegenerateError{Method: method, Reason: "the variance exceeds the largest float64: rescale the data"}
	}
	m.embedding, err = m.transformMissing(ctx, x)
	if err != nil {
		return nil, err
	}
	notes := []string{fmt.Sprintf("%d of %d values are missing: %d rounds of EM", missing, n*d, rounds)}
	if rise >= p.Tolerance {
		notes = append(notes, fmt.Sprintf("no convergence: the last round raised the log-likelihood by %.3g a value", rise))
	}
	if l.noise <= floor {
		notes = append(notes, "no noise is left beyond the components: fewer of them would do")
	}
	m.embedding.Notes = notes
	return m, nil
}

// checkMissing is checkRows for rows with values that are NaN, and counts these.
func checkMissing(ctx context.Context, method string, x mat.Matrix) (n, d, missing int, err error) {
	if err := mat32.CheckRows(method, x); err != nil {
		return 0, 0, 0, err
	}
	if err := ctx.Err(); err != nil {
		return 0, 0, 0, fmt.Errorf("%s: %w", method, err)
	}
	if !hasRows(x) {
		return 0, 0, 0, fmt.Errorf("%s: %w", method, mat32.ErrEmpty)
	}
	n, d = x.Dims()
	const block = 256
	counts, bad := make([]int, (n+block-1)/block), make([]*mat32.NotFiniteError, (n+block-1)/block)
	err = par.BlocksWith(ctx, n, block, func() []float64 { return make([]float64, d) }, func(buf []float64, lo, hi int) {
		for i := lo; i < hi; i++ {
			for j, v := range mat32.Row(buf, i, x) {
				if math.IsNaN(v) {
					counts[lo/block]++
				} else if math.IsInf(v, 0) && bad[lo/block] == nil {
					bad[lo/block] = &mat32.NotFiniteError{Row: i, Col: j, Value: v}
				}
			}
		}
	})
	for b, c := range counts {
		missing += c
		if err == nil && bad[b] != nil {
			err = bad[b]
		}
	}
	if err != nil {
		err = fmt.Errorf("%s: %w", method, err)
	}
	return n, d, missing, err
}

// hasRows reports whether x is not empty; an empty one is known by its check alone.
func hasRows(x mat.Matrix) bool {
	switch m := x.(type) {
	case nil:
		return false
	case *mat.Dense:
		if m == nil {
			return false
		}
	case *mat32.Dense:
		if m == nil {
			return false
		}
	case *mat32.CSR:
		if m == nil {
			return false
		}
	}
	n, d := x.Dims()
	return n > 0 && d > 0
}
