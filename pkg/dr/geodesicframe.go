package dr

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// geodesicFrame holds distances from some rows to all, and is the operator of classical
// scaling of those rows: −½·J·δ²·J, where J takes the mean of a column from it. Nothing of
// it but the distances is held.
type geodesicFrame struct {
	sources   []int
	distances *mat32.Dense // of every source a row, in unit
	among     *mat32.Dense // the sources alone
	means     []float64    // of the squared distances of every source to all sources
	unit      float64      // a power of two
}

func square(v float32) float64 { return float64(v) * float64(v) }

func newGeodesicFrame(ctx context.Context, method string, ways *affinity.Geodesics, sources []int, h *neighbors.Neighborhoods) (*geodesicFrame, error) {
	n, count := h.N, len(sources)
	f := &geodesicFrame{sources: sources, unit: 1, distances: mat32.NewDense(count, n, nil), means: make([]float64, count)}
	if f.among = f.distances; count < n {
		f.among = mat32.NewDense(count, count, nil)
	}
	// No way is longer than n steps: float32 holds it.
	if largest := slices.Max(h.Distances); largest < 0x1p-60 || largest > 0x1p60 {
		f.unit = binary(largest)
	}
	beyond := make([]bool, count)
	err := ways.Each(ctx, sources, func(i int, distances []float64) {
		row := f.distances.Row(i)
		for j, d := range distances {
			row[j] = float32(d / f.unit)
			beyond[i] = beyond[i] || math.IsInf(d, 1)
		}
		if count < n {
			among := f.among.Row(i)
			for l, s := range sources {
				among[l] = row[s]
			}
			row = among
		}
		sum := 0.
		for _, d := range row {
			sum += square(d)
		}
		f.means[i] = sum / float64(count)
	})
	if err == nil && slices.Contains(beyond, true) {
		err = &mat32.DegenerateError{Method: method, Reason: "ways exceed the largest float64: rescale the data"}
	}
	return f, err
}

// scale fills m with the classical layout of the sources.
func (f *geodesicFrame) scale(ctx context.Context, m *frameModel[Isomap], k int) (notes []string, err error) {
	pairs, err := linalg.Extremal{Pairs: k, Largest: true, Tolerance: 1e-7, DenseLimit: 300}.Solve(ctx, f)
	var slow *linalg.ConvergenceError
	if errors.As(err, &slow) && pairs != nil && len(pairs.Values) == k {
		notes, err = append(notes, slow.Error()), nil
	}
	if err != nil {
		return nil, err
	}
	count := len(f.sources)
	m.points, m.values, m.means, m.unit = mat.NewDense(count, k, nil), pairs.Values, f.means, f.unit
	floor := 0x1p-21 * max(pairs.Values[0], 0) // what float32 leaves of nothing
	none := 0
	for c, v := range m.values {
		if !(v > floor) {
			m.values[c] = min(v, 0)
			none++
			continue
		}
		for i := range count {
			m.points.Set(i, c, pairs.Vectors.At(i, c)*math.Sqrt(v))
		}
	}
	if none > 0 {
		notes = append(notes, fmt.Sprintf("the last %d of %d eigenvalues are not positive: their coordinates are zero", none, k))
	}
	return append(notes, pairs.Notes...), nil
}

// A product goes through tiles of squares, which a goroutine writes out and multiplies.
const tileRows, tileColumns = 64, 256

// Dim returns the number of sources.
func (f *geodesicFrame) Dim() int { return len(f.sources) }

// Apply writes the product with x to dst.
func (f *geodesicFrame) Apply(ctx context.Context, dst, x *mat.Dense) error {
	n, b := x.Dims()
	y := mat.DenseCopyOf(x)
	if err := lessMeans(ctx, y); err != nil {
		return err
	}
	raw := y.RawMatrix()
	err := par.BlocksWith(ctx, n, tileRows, func() []float64 { return make([]float64, tileRows*tileColumns) }, func(tile []float64, lo, hi int) {
		to := dst.Slice(lo, hi, 0, b).(*mat.Dense).RawMatrix()
		for from := 0; from < n && ctx.Err() == nil; from += tileColumns {
			end := min(from+tileColumns, n)
			for i := lo; i < hi; i++ {
				row := tile[(i-lo)*tileColumns:][:end-from]
				for j, d := range f.among.Row(i)[from:end] {
					row[j] = square(d)
				}
			}
			beta := 1.
			if from == 0 {
				beta = 0
			}
			part := blas64.General{Rows: end - from, Cols: b, Stride: raw.Stride, Data: raw.Data[from*raw.Stride:]}
			// The one error is that of ctx, which par returns.
			_ = kernel.Gemm64(ctx, blas.NoTrans, blas.NoTrans, -.5, blas64.General{Rows: hi - lo, Cols: end - from, Stride: tileColumns, Data: tile}, part, beta, to)
		}
	})
	if err != nil {
		return err
	}
	return lessMeans(ctx, dst)
}

// judge returns what the map loses: of the scalar products of the sources, and of the
// order of magnitude of the distances from them.
func (f *geodesicFrame) judge(ctx context.Context, m *IsomapModel) (reconstruction, residual float64, err error) {
	count := len(f.sources)
	mean, length := 0., 0.
	for _, v := range f.means {
		mean += v / float64(count)
	}
	length = math.Sqrt(mean)
	z := m.embedding.Dense
	n, _ := z.Dims()
	type sums struct{ products, d, e, dd, de, ee float64 }
	parts := make([]sums, count)
	err = par.Blocks(ctx, count, 8, func(lo, hi int) {
		for i := lo; i < hi && ctx.Err() == nil; i++ {
			s := &parts[i]
			for j, d := range f.among.Row(i) {
				product := (f.means[i] + f.means[j] - mean - square(d)) / 2
				s.products += product * product
			}
			from := z.RawRowView(f.sources[i])
			for j, v := range f.distances.Row(i) {
				squares := 0.
				for c, w := range z.RawRowView(j) {
					difference := (w - from[c]) / f.unit
					squares += difference * difference
				}
				d, e := float64(v)-length, math.Sqrt(squares)-length // less, for the digits
				s.d += d
				s.e += e
				s.dd += d * d
				s.de += d * e
				s.ee += e * e
			}
		}
	})
	if err != nil {
		return 0, 0, err
	}
	var s sums
	for _, p := range parts {
		s = sums{s.products + p.products, s.d + p.d, s.e + p.e, s.dd + p.dd, s.de + p.de, s.ee + p.ee}
	}
	for _, v := range m.values {
		s.products -= max(v, 0) * max(v, 0)
	}
	pairs := float64(count) * float64(n)
	dd, de, ee := s.dd-s.d*s.d/pairs, s.de-s.d*s.e/pairs, s.ee-s.e*s.e/pairs
	residual = 1
	if dd > 0 && ee > 0 {
		residual = min(max(1-de*de/(dd*ee), 0), 1)
	}
	return math.Sqrt(max(s.products, 0)) / float64(count) * f.unit * f.unit, residual, nil
}
