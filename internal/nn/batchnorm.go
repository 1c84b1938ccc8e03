package nn

import (
	"context"
	"math"

	"gonum.org/v1/gonum/blas/blas32"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/rng"
)

// BatchNorm gives every column of a batch mean 0 and variance 1, and then, unless
// Plain, a scale and a mean that are learned: first all scales, then all means
// (S. Ioffe and C. Szegedy, 2015, Batch normalization: accelerating deep network
// training by reducing internal covariate shift). With Rectify, what is negative
// then becomes zero: a layer of its own would only read and write it once more.
//
// It keeps a running mean of the moments of the batches, by which single rows are
// mapped later; so a *BatchNorm belongs to one net.
type BatchNorm struct {
	Views          int // equal parts of the batch, one below the other, each normalised by itself; 0 is 1
	Plain, Rectify bool

	mean, variance []float64
	weight         float64   // of all batches in these
	last           []float32 // of every view, the means and then the inverse deviations
}

const (
	// batchNormEpsilon is added to variances, so that a constant column gives
	// zeros.
	batchNormEpsilon = 1e-5

	// batchNormMomentum is the weight of the last batch in the running moments.
	batchNormMomentum = 0.1

	columnsAtOnce = 128 // of a block
	rowsAtOnce    = 64  // summed in float32
)

func (b *BatchNorm) shape(in int) (out, parameters int) {
	if b.Plain {
		return in, 0
	}
	return in, 2 * in
}

func (b *BatchNorm) begin(values []float32, in int, _ *rng.Stream) {
	for i := range len(values) / 2 {
		values[i] = 1
	}
	b.Views = max(b.Views, 1)
	b.mean, b.variance, b.weight = make([]float64, in), make([]float64, in), 0
	b.last = make([]float32, 2*in*b.Views)
}

// Running returns what the layer makes of a column's value v once trained, before
// it is rectified: scale·v + shift, by the moments of the batches so far.
func (b *BatchNorm) Running(values []float32) (scale, shift []float64) {
	d := len(b.mean)
	scale, shift = make([]float64, d), make([]float64, d)
	for j := range d {
		scale[j] = 1 / math.Sqrt(b.variance[j]/b.weight+batchNormEpsilon)
		shift[j] = -scale[j] * b.mean[j] / b.weight
		if !b.Plain {
			gamma, beta := float64(values[j]), float64(values[d+j])
			scale[j], shift[j] = gamma*scale[j], gamma*shift[j]+beta
		}
	}
	return scale, shift
}

// block is part of the columns of one view.
type block struct {
	top, rows, left, width int
	mean, inverse          []float32 // of the columns
	*sums
}

// row returns the part of row i of the view that is in the block.
func (k block) row(x blas32.General, i int) []float32 {
	return x.Data[(k.top+i)*x.Stride+k.left:][:k.width]
}

// blocks calls f for all blocks of x; those of one view lie side by side in
// memory, and are wide so that rows are read in long pieces.
func (b *BatchNorm) blocks(ctx context.Context, x blas32.General, f func(view int, k block)) error {
	across, rows := (x.Cols+columnsAtOnce-1)/columnsAtOnce, x.Rows/b.Views
	return par.BlocksWith(ctx, across*b.Views, 1, func() *sums { return new(sums) }, func(s *sums, at, _ int) {
		view, left := at/across, at%across*columnsAtOnce
		width := min(columnsAtOnce, x.Cols-left)
		last := b.last[2*x.Cols*view:]
		f(view, block{view * rows, rows, left, width, last[left:][:width], last[x.Cols+left:][:width], s})
	})
}

// sums adds up columns: float32 over a few rows, float64 over all.
type sums struct {
	part, part2 [columnsAtOnce]float32
	all, all2   [columnsAtOnce]float64
}

// sum returns the two sums, for every column, of what add adds up for rows
// [from, to).
func (k block) sum(add func(from, to int, part, part2 []float32)) (all, all2 []float64) {
	k.all, k.all2 = [columnsAtOnce]float64{}, [columnsAtOnce]float64{}
	for from := 0; from < k.rows; from += rowsAtOnce {
		k.part, k.part2 = [columnsAtOnce]float32{}, [columnsAtOnce]float32{}
		add(from, min(from+rowsAtOnce, k.rows), k.part[:k.width], k.part2[:k.width])
		for j := range k.width {
			k.all[j] += float64(k.part[j])
			k.all2[j] += float64(k.part2[j])
		}
	}
	return k.all[:k.width], k.all2[:k.width]
}

func (b *BatchNorm) forward(ctx context.Context, values []float32, x, y blas32.General) error {
	d := x.Cols
	moments := make([][]float64, 2*b.Views) // means and variances of every view
	for i := range moments {
		moments[i] = make([]float64, d)
	}
	err := b.blocks(ctx, x, func(view int, k block) {
		n := float64(k.rows)
		total, _ := k.sum(func(from, to int, part, _ []float32) {
			for i := from; i < to; i++ {
				kernel.Axpy32(1, k.row(x, i), part)
			}
		})
		for j, t := range total {
			k.mean[j] = float32(t / n)
			moments[2*view][k.left+j] = t / n
		}
		total, _ = k.sum(func(from, to int, part, _ []float32) {
			m := k.mean[:len(part)]
			for i := from; i < to; i++ {
				for j, v := range k.row(x, i)[:len(part)] {
					v -= m[j]
					part[j] += v * v
				}
			}
		})
		var scales, shifts [columnsAtOnce]float32
		for j, t := range total {
			k.inverse[j] = float32(1 / math.Sqrt(t/n+batchNormEpsilon))
			moments[2*view+1][k.left+j] = t / max(n-1, 1) // of the population, of which a batch is a sample
			scales[j] = k.inverse[j]
			if !b.Plain {
				scales[j], shifts[j] = k.inverse[j]*values[k.left+j], values[d+k.left+j]
			}
		}
		least := float32(math.Inf(-1))
		if b.Rectify {
			least = 0
		}
		m := k.mean
		scale, shift := scales[:len(m)], shifts[:len(m)]
		for i := range k.rows {
			from, to := k.row(x, i)[:len(m)], k.row(y, i)[:len(m)]
			for j, c := range m {
				to[j] = max((from[j]-c)*scale[j]+shift[j], least)
			}
		}
	})
	for v := range b.Views {
		b.weight += batchNormMomentum * (1 - b.weight)
		for j := range d {
			b.mean[j] += batchNormMomentum * (moments[2*v][j] - b.mean[j])
			b.variance[j] += batchNormMomentum * (moments[2*v+1][j] - b.variance[j])
		}
	}
	return err
}

// With u the normalised column and g the gradient by it, that by x is
// (g − mean(g) − u·mean(g·u))/σ.
func (b *BatchNorm) backward(ctx context.Context, values, slopes []float32, x, y, dy, dx blas32.General) error {
	d := x.Cols
	learned := make([][]float64, 2*b.Views) // the gradients by means and scales, of every view
	for i := range learned {
		learned[i] = make([]float64, d)
	}
	err := b.blocks(ctx, x, func(view int, k block) {
		n := float64(k.rows)
		total, total2 := k.sum(func(from, to int, part, part2 []float32) {
			part2, m := part2[:len(part)], k.mean[:len(part)]
			for i := from; i < to; i++ {
				x, by := k.row(x, i)[:len(part)], k.row(dy, i)[:len(part)]
				if b.Rectify {
					rectify(by, k.row(y, i))
				}
				for j, g := range by {
					part[j] += g
					part2[j] += g * (x[j] - m[j])
				}
			}
		})
		var firsts, seconds, scales [columnsAtOnce]float32
		for j, t := range total {
			u := total2[j] * float64(k.inverse[j])
			learned[2*view][k.left+j], learned[2*view+1][k.left+j] = t, u
			firsts[j], seconds[j] = float32(t/n), float32(u/n)*k.inverse[j]
			scales[j] = k.inverse[j]
			if !b.Plain {
				scales[j] *= values[k.left+j]
			}
		}
		m := k.mean
		first, second, scale := firsts[:len(m)], seconds[:len(m)], scales[:len(m)]
		for i := range k.rows {
			from, to, by := k.row(x, i)[:len(m)], k.row(dx, i)[:len(m)], k.row(dy, i)[:len(m)]
			for j, c := range m {
				to[j] = scale[j] * (by[j] - first[j] - (from[j]-c)*second[j])
			}
		}
	})
	if b.Plain {
		return err
	}
	for v := range b.Views {
		for j := range d {
			slopes[j] += float32(learned[2*v+1][j])
			slopes[d+j] += float32(learned[2*v][j])
		}
	}
	return err
}

// rectify clears what is in g where y, which is not negative, is zero. A branch
// would be taken at random.
func rectify(g, y []float32) {
	g = g[:len(y)]
	for j, v := range y {
		mask := -int32(math.Float32bits(v)) >> 31
		g[j] = math.Float32frombits(math.Float32bits(g[j]) & uint32(mask))
	}
}
