package dr

import (
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/internal/mds"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// markov is a random walk that looks the same backwards, as a whole matrix: of the
// probabilities p, sym is root·p·root⁻¹.
type markov struct {
	sym  *mat.Dense // symmetric
	root []float64  // of the shares of the stationary distribution, but for a factor
}

// markovOf writes out a walk between rows.
func markovOf(ctx context.Context, o *affinity.DiffusionOperator) (*markov, error) {
	n := o.Dim()
	c := &markov{sym: mat.NewDense(n, n, nil), root: make([]float64, n)}
	for i, d := range o.Degrees() {
		c.root[i] = math.Sqrt(d)
	}
	return c, overRows(ctx, n, func(i int) {
		columns, steps := o.Row(i)
		row := c.sym.RawRowView(i)
		for k, j := range columns {
			row[j] = steps[k] * c.root[i] / c.root[j]
		}
	})
}

// probabilities returns p of a symmetric matrix.
func (c *markov) probabilities(ctx context.Context, sym *mat.Dense) (*mat.Dense, error) {
	n, _ := sym.Dims()
	return sym, overRows(ctx, n, func(i int) {
		row := sym.RawRowView(i)
		for j := range row {
			row[j] *= c.root[j] / c.root[i]
		}
	})
}

// entropies returns the von Neumann entropies of 1, 2, …, longest steps: those of the
// singular values of p, which are the roots of the eigenvalues of p·pᵀ.
func (c *markov) entropies(ctx context.Context, longest int) ([]float64, error) {
	n := len(c.root)
	p, err := c.probabilities(ctx, mat.DenseCopyOf(c.sym))
	if err != nil {
		return nil, err
	}
	square := mat.NewDense(n, n, nil)
	if err := kernel.Syrk64(ctx, blas.NoTrans, 1, p.RawMatrix(), 0, square.RawMatrix()); err != nil {
		return nil, err
	}
	values, err := linalg.EigenvaluesSym(ctx, mat.NewSymDense(n, square.RawMatrix().Data))
	if err != nil {
		return nil, err
	}
	for i, v := range values {
		values[i] = math.Sqrt(max(v, 0))
	}
	return affinity.EntropyCurve(values, longest)
}

// power returns the probabilities after t ≥ 1 steps. It uses up c.
func (c *markov) power(ctx context.Context, t int) (*mat.Dense, error) {
	n := len(c.root)
	base, spare := c.sym, mat.NewDense(n, n, nil)
	var result *mat.Dense
	for {
		if t%2 == 1 {
			if result == nil {
				result = mat.DenseCopyOf(base)
			} else {
				if err := kernel.Gemm64(ctx, blas.NoTrans, blas.NoTrans, 1, result.RawMatrix(), base.RawMatrix(), 0, spare.RawMatrix()); err != nil {
					return nil, err
				}
				result, spare = spare, result
			}
		}
		if t /= 2; t == 0 {
			return c.probabilities(ctx, result)
		}
		if err := kernel.Syrk64(ctx, blas.NoTrans, 1, base.RawMatrix(), 0, spare.RawMatrix()); err != nil {
			return nil, err
		}
		base, spare = spare, base
	}
}

// rowDistances returns the distances between the rows of x, two or more, which it centres.
// It is an error if all are equal.
func rowDistances(ctx context.Context, method string, x *mat.Dense) (*dissimilarities, error) {
	n, _ := x.Dims()
	weights := slices.Repeat([]float64{1 / float64(n)}, n)
	mean, err := weightedSum(ctx, x, weights)
	if err != nil {
		return nil, failed(method, err)
	}
	if err := overRows(ctx, n, func(i int) { kernel.Axpy64(-1, mean, x.RawRowView(i)) }); err != nil {
		return nil, failed(method, err)
	}
	products := mat.NewDense(n, n, nil)
	if err := kernel.Syrk64(ctx, blas.NoTrans, 1, x.RawMatrix(), 0, products.RawMatrix()); err != nil {
		return nil, failed(method, err)
	}
	norms := make([]float64, n)
	for i := range norms {
		norms[i] = products.At(i, i)
	}
	pairs, err := mds.Condense(ctx, n, func(i int, after []float64) {
		row := products.RawRowView(i)
		for t := range after {
			j := i + 1 + t
			// What products leave of small distances is rounding.
			size := norms[i] + norms[j]
			s := size - 2*row[j]
			if s < 1e-6*size {
				s = kernel.SquaredDistance64(x.RawRowView(i), x.RawRowView(j))
			}
			after[t] = math.Sqrt(s)
		}
	})
	if err != nil {
		return nil, failed(method, err)
	}
	d := &dissimilarities{method: method, n: n, pairs: pairs, unit: 1, most: slices.Max(pairs)}
	if d.most == 0 {
		return nil, &mat32.DegenerateError{Method: method, Reason: "all rows end alike: there are no distances to keep"}
	}
	return d, nil
}

// landmarkVectors is how many singular vectors of the walk tell which rows walk alike.
const landmarkVectors = 100

// land makes landmarks of rows that walk alike, and returns the walk between these.
//
// Rows are compared by where one step leads in the leading singular vectors of the walk
// (those of its symmetric form), and clustered.
func (m *PHATEModel) land(ctx context.Context, o *affinity.DiffusionOperator, p PHATE) (*markov, error) {
	const batch = 10000
	n := o.Dim()
	degrees := o.Degrees()
	start := make([]int, n+1)
	for i := range n {
		columns, _ := o.Row(i)
		start[i+1] = start[i] + len(columns)
	}
	indices, values := make([]int32, start[n]), make([]float64, start[n])
	err := overRows(ctx, n, func(i int) {
		columns, steps := o.Row(i)
		copy(indices[start[i]:], columns)
		for k, j := range columns {
			values[start[i]+k] = steps[k] * math.Sqrt(degrees[i]/degrees[j])
		}
	})
	if err != nil {
		return nil, err
	}
	sym, err := linalg.NewCSR(n, n, start, indices, values)
	if err != nil {
		return nil, err
	}
	f, err := linalg.RangeFinder{Rank: min(landmarkVectors, n), Iterations: 4, PowerOnly: true, Seed: p.Seed}.Factor(ctx, sym)
	if err != nil {
		return nil, err
	}
	seen := mat.NewDense(n, len(f.Values), nil)
	if err := o.Apply(ctx, seen, mat.DenseCopyOf(f.V.T())); err != nil {
		return nil, err
	}
	if m.labels, err = clusters(ctx, seen, p.Landmarks, batch, p.Seed); err != nil {
		return nil, err
	}
	return m.between(ctx, o)
}

// between returns the walk from landmarks to rows and back, and keeps the steps from
// rows to landmarks.
func (m *PHATEModel) between(ctx context.Context, o *affinity.DiffusionOperator) (*markov, error) {
	n := o.Dim()
	count := int(slices.Max(m.labels)) + 1
	steps := make([][]float64, n) // of every row, to the landmarks in places
	places := make([][]int32, n)
	err := par.BlocksWith(ctx, n, 64, func() []float64 { return make([]float64, count) }, func(sums []float64, lo, hi int) {
		for i := lo; i < hi; i++ {
			columns, probabilities := o.Row(i)
			places[i], steps[i] = gather(sums, m.labels, columns, probabilities)
		}
	})
	if err != nil {
		return nil, err
	}
	start := make([]int, n+1)
	for i := range n {
		start[i+1] = start[i] + len(places[i])
	}
	if m.steps, err = linalg.NewCSR(n, count, start, slices.Concat(places...), slices.Concat(steps...)); err != nil {
		return nil, err
	}
	back, err := m.steps.Transposed(ctx)
	if err != nil {
		return nil, err
	}
	c := &markov{sym: mat.NewDense(count, count, nil), root: make([]float64, count)}
	degrees := o.Degrees()
	for l := range count {
		rows, weights := back.Row(l)
		sum := 0.
		for k, i := range rows {
			sum += weights[k] * degrees[i]
		}
		c.root[l] = math.Sqrt(sum)
	}
	return c, overRows(ctx, count, func(l int) {
		row := c.sym.RawRowView(l)
		rows, weights := back.Row(l)
		for k, i := range rows {
			there := weights[k] * degrees[i]
			for t, to := range places[i] {
				row[to] += there * steps[i][t]
			}
		}
		for to := range row {
			row[to] /= c.root[l] * c.root[to]
		}
	})
}

// gather adds up values by the labels of their columns, and returns the labels that there
// are, rising, and the sums. sums is zero for every label, before and after.
func gather(sums []float64, labels []int32, columns []int32, values []float64) (places []int32, of []float64) {
	for k, j := range columns {
		l := labels[j]
		if sums[l] == 0 {
			places = append(places, l)
		}
		sums[l] += values[k]
	}
	slices.Sort(places)
	places = slices.Compact(places)
	of = make([]float64, len(places))
	for k, l := range places {
		of[k], sums[l] = sums[l], 0
	}
	return places, of
}
