package dr

import (
	"cmp"
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// filtered is what remains of rows with outliers.
type filtered struct {
	weights    []float64 // of the rows, from 0 to 1
	kept       float64   // their sum
	mean       []float64
	components *mat.Dense
	variance   []float64 // weighted sums of squares along the components
	total      float64   // and of all centred values
	rounds     int       // in which rows lost weight
	stopped    bool      // before no component had variance to explain
}

// filter takes weight from rows until none of the components has more variance
// than the middle of the rows explains.
func (p RobustPCA) filter(ctx context.Context, x mat.Matrix, stage *watch.Stage) (*filtered, error) {
	n, d := x.Dims()
	f := &filtered{weights: make([]float64, n)}
	for i := range f.weights {
		f.weights[i] = 1
	}
	rows := mat.NewDense(n, d, nil) // √weight·(row − mean)
	scores := mat.NewDense(p.Components, n, nil)
	for {
		if err := f.center(ctx, rows, x); err != nil {
			return nil, err
		}
		if f.total == 0 && f.rounds == 0 {
			return nil, &mat32.DegenerateError{Method: robustPCA.method, Reason: "all rows are equal, or nearly: there is no direction of variance"}
		}
		if math.IsInf(f.total, 0) || math.IsNaN(f.total) {
			return nil, linalg.ErrNotFinite
		}
		if err := p.directions(ctx, f, rows); err != nil {
			return nil, err
		}
		lost, err := p.judge(ctx, f, rows, scores)
		if err != nil {
			return nil, err
		}
		if lost == nil {
			return f, nil
		}
		left := 0.
		for i, w := range f.weights {
			left += w * (1 - lost[i])
		}
		// Outliers are at most a share of the rows, and for each of them about one other
		// loses its weight: beyond that these are no outliers.
		if f.rounds == p.MaxRounds || left < (1-3*p.Contamination)*float64(n) {
			f.stopped = true
			return f, nil
		}
		for i := range f.weights {
			f.weights[i] *= 1 - lost[i]
		}
		f.rounds++
		if stage != nil {
			stage.Add(1)
		}
	}
}

// center finds the mean by the weights, and writes the rows relative to it.
func (f *filtered) center(ctx context.Context, rows *mat.Dense, x mat.Matrix) error {
	const block = 256
	n, d := x.Dims()
	f.kept = 0
	for _, w := range f.weights {
		f.kept += w
	}
	f.mean = make([]float64, d)
	// The second time takes out what rounding left of the first.
	for range 2 {
		parts := mat.NewDense((n+block-1)/block, d, nil)
		err := par.BlocksWith(ctx, n, block, func() []float64 { return make([]float64, d) }, func(buf []float64, lo, hi int) {
			part := parts.RawRowView(lo / block)
			for i := lo; i < hi; i++ {
				w := f.weights[i] / f.kept
				for j, v := range mat32.Row(buf, i, x) {
					part[j] += w * (v - f.mean[j])
				}
			}
		})
		if err != nil {
			return err
		}
		for b := range (n + block - 1) / block {
			kernel.Axpy64(1, parts.RawRowView(b), f.mean)
		}
	}
	var err error
	f.total, err = par.Sum(ctx, n, block, func(lo, hi int) (sum float64) {
		for i := lo; i < hi; i++ {
			row, root := rows.RawRowView(i), math.Sqrt(f.weights[i])
			for j, v := range mat32.Row(row, i, x) {
				row[j] = root * (v - f.mean[j])
			}
			sum += kernel.Dot64(row, row)
		}
		return sum
	})
	return err
}

// directions finds the components of the weighted rows.
func (p RobustPCA) directions(ctx context.Context, f *filtered, rows *mat.Dense) error {
	n, d := rows.Dims()
	k := p.Components
	if p.randomized(n, d) {
		factors, err := linalg.RangeFinder{Rank: k, Seed: p.Seed}.Factor(ctx, linalg.Rows64{X: rows})
		if err != nil {
			return err
		}
		factors = padded(factors, k)
		f.components, f.variance = factors.V, factors.Values
		for c, v := range f.variance {
			f.variance[c] = v * v
		}
		return linalg.Orthonormalize(ctx, f.components)
	}
	transpose, small := blas.Trans, d
	if n < d {
		transpose, small = blas.NoTrans, n
	}
	products := mat.NewSymDense(small, nil)
	if err := addProducts(ctx, products, transpose, rows); err != nil {
		return err
	}
	if !finite(products.RawSymmetric().Data) {
		return linalg.ErrNotFinite
	}
	values, vectors, err := linalg.EigenSymRange(ctx, products, 0, k)
	if err != nil {
		return err
	}
	f.variance = slices.Clone(values[:k])
	for c, v := range f.variance {
		f.variance[c] = max(v, 0) // rounding may leave less than nothing
	}
	f.components = vectors
	if n < d {
		f.components = mat.NewDense(k, d, nil)
		if err := multiply(ctx, f.components, vectors, blas.NoTrans, rows, blas.NoTrans); err != nil {
			return err
		}
		return linalg.Orthonormalize(ctx, f.components)
	}
	return nil
}

// judge returns the share of its weight that every row is to lose, nil where no
// component has variance to explain.
func (p RobustPCA) judge(ctx context.Context, f *filtered, rows, scores *mat.Dense) ([]float64, error) {
	n, _ := rows.Dims()
	err := multiply(ctx, scores, f.components, blas.NoTrans, rows, blas.Trans)
	if err != nil {
		return nil, err
	}
	// What a sample of Gaussian rows may have, relative to the variance of their middle:
	// more variance; the squares where their tail begins, and where all of them end; and
	// the weight beyond two and a half standard deviations.
	const far, beyond = 2.5 * 2.5, .01242
	epsilon := p.Contamination
	excess := 1 + epsilon*math.Log(1/epsilon) + 4*math.Sqrt(2/f.kept)
	tail, end := 2*math.Log(1/epsilon), 4*math.Log(float64(n)+1)
	crowd := 1.3*beyond*f.kept + 4*math.Sqrt(beyond*f.kept) + 4
	limits, ends := make([]float64, p.Components), make([]float64, p.Components)
	noise := f.variance[0] * float64(max(n, len(f.mean))) * 0x1p-50
	err = par.Blocks(ctx, p.Components, 1, func(c, _ int) {
		squares := scores.RawRowView(c)
		middle := middleVariance(squares, f.weights, f.kept, epsilon)
		if f.variance[c] <= noise || middle == 0 {
			return
		}
		most, outside := 0., 0.
		for i, s := range squares {
			if w := f.weights[i]; w > 0 {
				most = max(most, s)
				if s > far*middle {
					outside += w
				}
			}
		}
		if most > tail*middle && (f.variance[c]/f.kept > excess*middle || outside > crowd) {
			limits[c], ends[c] = tail*middle, min(most, end*middle)
		}
	})
	if err != nil {
		return nil, err
	}
	var lost []float64
	for c, limit := range limits {
		if limit == 0 {
			continue
		}
		if lost == nil {
			lost = make([]float64, n)
		}
		for i, s := range scores.RawRowView(c) {
			if s > limit && f.weights[i] > 0 {
				lost[i] = max(lost[i], min(s/ends[c], 1))
			}
		}
	}
	return lost, nil
}

// middleVariance turns the coordinates of weighted rows, which are multiplied by the
// roots of their weights, into squared distances from their median, and returns the
// variance that Gaussian rows with the same middle have: the mean of the smallest
// squares, of all but a share of 2·epsilon of the weight, over what it is for a
// variance of 1.
func middleVariance(scores, weights []float64, kept, epsilon float64) float64 {
	order := make([]int, 0, len(scores))
	for i, w := range weights {
		if w > 0 {
			scores[i] /= math.Sqrt(w)
			order = append(order, i)
		}
	}
	byScore := func(a, b int) int { return cmp.Or(cmp.Compare(scores[a], scores[b]), a-b) }
	slices.SortFunc(order, byScore)
	median, sum := 0., 0.
	for _, i := range order {
		if sum += weights[i]; sum >= kept/2 {
			median = scores[i]
			break
		}
	}
	for _, i := range order {
		scores[i] = (scores[i] - median) * (scores[i] - median)
	}
	slices.SortFunc(order, byScore)
	left := (1 - 2*epsilon) * kept
	sum = 0
	for _, i := range order {
		w := min(weights[i], left)
		sum += w * scores[i]
		if left -= w; left <= 0 {
			break
		}
	}
	edge := math.Sqrt2 * math.Erfinv(1-2*epsilon)
	density := math.Exp(-edge*edge/2) / math.Sqrt(2*math.Pi)
	return sum / kept / (1 - 2*epsilon - 2*edge*density)
}
